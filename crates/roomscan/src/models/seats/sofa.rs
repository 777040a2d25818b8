//! Sofas, and the block of cushions that they share with armchairs.

use super::super::{
    parts::{CORNERS, SIDES, cushion},
    small,
};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model};

/// Materials and shapes that are the same all over one piece.
#[derive(Clone, Copy)]
pub(super) struct Cover {
    pub cloth: u32,
    feet: u32,
    /// Height of the feet, 0 for none.
    lift: f32,
    /// Round arms.
    pub round: bool,
    /// Loose cushions at the back, or a smooth back.
    loose: bool,
    arm_rise: f32,
    soft: f32,
}

impl Cover {
    pub fn draw(b: &mut Brush, d: &mut Dice) -> Cover {
        let cloth = if d.chance(0.25) { Material::black(d) } else { Material::fabric(d) };
        let cloth = b.material(cloth);
        let feet = Material::frame(d);
        let feet = b.material(feet);
        let lift = d.pick(&[0.0, 0.05, 0.08, 0.14]);
        let arm_rise = d.between(0.08, 0.26);
        Cover { cloth, feet, lift, round: d.chance(0.35), loose: d.chance(0.7), arm_rise, soft: d.between(3.5, 7.0) }
    }
}

/// A base, a back, arms (0 for none) at its left and right, and a row of seat and back cushions.
pub(super) fn block_of_seats(
    b: &mut Brush,
    d: &mut Dice,
    cover: &Cover,
    [w, depth, back]: [f32; 3],
    arms: [f32; 2],
    seat: f32,
    seats: usize,
) {
    let Cover { cloth, lift, soft, .. } = *cover;
    let (x, y) = (w / 2.0, depth / 2.0);
    for [sx, sy] in CORNERS {
        if lift > 0.0 {
            b.block(cover.feet, [sx * (x - 0.06), sy * (y - 0.08), 0.0], [0.05, 0.05, lift]);
        }
    }
    b.cuboid(cloth, [-x, -y, lift], [x, y - 0.03, seat - 0.12]);
    let thick = d.between(0.1, 0.2);
    b.inside(Pose::tilted([0.0, -y + thick * 0.5 + 0.02, lift], 0.06)).cuboid(
        cloth,
        [-x + arms[0] * 0.5, -thick / 2.0, 0.0],
        [x - arms[1] * 0.5, thick / 2.0, back - lift - if cover.loose { 0.1 } else { 0.0 }],
    );
    let top = (seat + cover.arm_rise).min(back);
    for (s, arm) in SIDES.into_iter().zip(arms) {
        if arm > 0.0 {
            let px = s * (x - arm / 2.0);
            b.block(cloth, [px, 0.0, lift], [arm, depth, top - lift]);
            if cover.round {
                b.tube(cloth, [px, -y, top], [px, y, top], arm * 0.56);
            }
        }
    }
    let each = (w - arms[0] - arms[1]) / seats as f32;
    let rear = -y + thick;
    for i in 0..seats {
        let x0 = -x + arms[0] + each * i as f32;
        cushion(b, cloth, [x0, rear, seat - 0.16], [x0 + each, y, seat + 0.02], soft);
        if cover.loose {
            let rest = back - seat;
            let mut leaning = b.inside(Pose::tilted([0.0, rear + 0.06, seat], d.between(0.1, 0.25)));
            cushion(&mut leaning, cloth, [x0, -0.06, 0.0], [x0 + each, 0.1, rest], soft * 0.8);
        }
    }
}

/// A sofa with two to four seats: straight, with a chaise, around a corner, without arms, or a futon.
pub(crate) fn sofa(d: &mut Dice) -> Model {
    let seats = d.pick(&[2, 2, 3, 3, 3, 4]);
    let kind = d.below(10);
    let name = if seats == 2 && kind < 5 && d.chance(0.3) { "loveseat" } else { "couch" };
    let (each, depth) = (d.between(0.52, 0.75), d.between(0.75, 1.02));
    let (back, seat) = (d.between(0.62, 0.95), d.between(0.36, 0.46));
    let arm = if d.chance(0.5) { d.between(0.06, 0.14) } else { d.between(0.15, 0.3) };
    let arm = if kind == 6 || d.chance(0.06) { 0.0 } else { arm };
    let w = each * seats as f32 + 2.0 * arm;
    let side = d.pick(&SIDES);
    let mut model = Model::new(name, d, |b, d| match kind {
        7 => futon(b, d, [w.min(2.1), depth, back], seat),
        8 | 9 if seats > 2 => corner(b, d, [w, depth, back], arm, seat, seats, side),
        _ => {
            let cover = Cover::draw(b, d);
            block_of_seats(b, d, &cover, [w, depth, back], [arm; 2], seat, seats);
            if kind == 5 && seats > 2 {
                // The chaise: one seat as long as a bed.
                let (x0, x1) = (w / 2.0 - each - arm, w / 2.0);
                let (x0, x1) = if side > 0.0 { (x0, x1) } else { (-x1, -x0) };
                let out = depth / 2.0 + d.between(0.5, 0.8);
                b.cuboid(cover.cloth, [x0, depth / 2.0 - 0.1, cover.lift], [x1, out - 0.02, seat - 0.12]);
                cushion(b, cover.cloth, [x0, depth / 2.0 - 0.2, seat - 0.16], [x1, out, seat + 0.02], cover.soft);
            }
        }
    });
    let (many, size) = (d.chance(0.3), d.between(0.18, 0.24));
    for i in 0..seats {
        if d.chance(if many { 0.8 } else { 0.3 }) {
            let x = (i as f32 - (seats as f32 - 1.0) / 2.0) * each * 0.95;
            let pose = Pose::turned([x, -depth / 2.0 + 0.36, seat + size], d.between(-0.4, 0.4))
                .then(&Pose::tilted([0.0; 3], d.between(1.85, 2.2)));
            model = model.with_part(small::pillow(d, [size, size * 0.9, 0.07]), pose);
        }
    }
    model
}

/// Two rows of seats at a right angle; the second one comes forward at `side`.
fn corner(b: &mut Brush, d: &mut Dice, [w, depth, back]: [f32; 3], arm: f32, seat: f32, seats: usize, side: f32) {
    let cover = Cover::draw(b, d);
    let ends = if side > 0.0 { [arm, 0.0] } else { [0.0, arm] };
    block_of_seats(b, d, &cover, [w, depth, back], ends, seat, seats);
    let more = 1 + d.below(2);
    let long = more as f32 * d.between(0.6, 0.75) + arm;
    let ends = if side > 0.0 { [0.0, arm] } else { [arm, 0.0] };
    // Its back is at the side, so that its front looks to the other one.
    let at = [side * (w / 2.0 - depth / 2.0), depth / 2.0 + long / 2.0 - 0.02, 0.0];
    let mut turned = b.inside(Pose::turned(at, side * std::f32::consts::FRAC_PI_2));
    block_of_seats(&mut turned, d, &cover, [long, depth, back], ends, seat, more);
    // The back of the corner itself.
    let x = side * (w / 2.0 - 0.08);
    b.block(cover.cloth, [x, 0.0, cover.lift], [0.14, depth, back - 0.1 - cover.lift]);
}

/// A mattress on a frame, folded to a sofa.
fn futon(b: &mut Brush, d: &mut Dice, [w, depth, back]: [f32; 3], seat: f32) {
    let wood = Material::frame(d);
    let wood = b.material(wood);
    let cloth = Material::fabric(d);
    let cloth = b.material(cloth);
    let (x, y) = (w / 2.0, depth / 2.0);
    let thick = d.between(0.1, 0.18);
    for s in SIDES {
        for py in [-y + 0.05, y - 0.05] {
            b.block(wood, [s * x, py, 0.0], [0.06, 0.06, seat + 0.2]);
        }
        b.block(wood, [s * x, 0.0, seat + 0.17], [0.08, depth, 0.04]);
        b.block(wood, [s * x, 0.0, 0.15], [0.04, depth, 0.06]);
    }
    b.cuboid(wood, [-x, -y + 0.2, seat - thick - 0.05], [x, y - 0.05, seat - thick]);
    cushion(b, cloth, [-x + 0.03, -y + 0.2, seat - thick], [x - 0.03, y, seat], 8.0);
    let mut rear = b.inside(Pose::tilted([0.0, -y + 0.25, seat - 0.05], 0.3));
    rear.cuboid(wood, [-x, -thick * 0.6 - 0.03, 0.0], [x, -thick * 0.6, back - seat]);
    cushion(&mut rear, cloth, [-x + 0.03, -thick * 0.6, 0.0], [x - 0.03, thick * 0.4, back - seat + 0.05], 8.0);
}
