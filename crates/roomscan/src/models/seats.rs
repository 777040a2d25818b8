//! Chairs and sofas.

use super::small;
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model, Ring};
use std::f32::consts::TAU;

/// A chair with four legs, with or without arms, with a solid or slatted back.
pub(crate) fn chair(d: &mut Dice) -> Model {
    let (w, depth) = (d.between(0.40, 0.52), d.between(0.40, 0.52));
    let (seat, back) = (d.between(0.42, 0.48), d.between(0.80, 1.0));
    let leg = d.between(0.035, 0.05);
    let tilt = d.between(0.02, 0.2);
    let slats = d.below(4);
    let arms = d.chance(0.25);
    let padded = d.chance(0.4);
    Model::new("chair", [w, depth + 0.1, back], move |b, d| {
        let pose = if d.chance(0.6) { Material::wood(d) } else { Material::black(d) };
        let pose = b.material(pose);
        let cloth = Material::fabric(d);
        let top = if padded { b.material(cloth) } else { pose };
        let (x, y) = (w / 2.0, depth / 2.0);
        for (sx, sy) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
            b.block(pose, [sx * (x - leg / 2.0), sy * (y - leg / 2.0), 0.0], [leg, leg, seat]);
        }
        let thick = if padded { 0.07 } else { 0.04 };
        b.cuboid(top, [-x, -y, seat - 0.02], [x, y, seat - 0.02 + thick]);
        let rest = back - seat;
        let mut back = b.inside(Pose::tilted([0.0, -y + 0.02, seat], tilt));
        if slats < 2 {
            back.cuboid(top, [-x, -0.02, rest * 0.25], [x, 0.025, rest]);
        } else {
            for i in 0..=slats {
                let z = rest * (0.3 + 0.7 * i as f32 / slats as f32);
                back.cuboid(pose, [-x, -0.018, z - 0.07], [x, 0.018, z]);
            }
        }
        for s in [-1.0, 1.0] {
            back.cuboid(
                pose,
                [s * (x - leg / 2.0) - leg / 2.0, -0.02, -0.02],
                [s * (x - leg / 2.0) + leg / 2.0, 0.02, rest],
            );
        }
        if arms {
            for s in [-1.0, 1.0] {
                b.block(pose, [s * (x + 0.01), 0.0, seat + 0.18], [0.05, depth, 0.04]);
                b.block(pose, [s * (x + 0.01), y - 0.05, seat], [0.04, 0.04, 0.19]);
            }
        }
    })
}

/// A swivel chair on five arms with casters.
pub(crate) fn office_chair(d: &mut Dice) -> Model {
    let (w, seat, back) = (d.between(0.46, 0.54), d.between(0.43, 0.54), d.between(0.88, 1.15));
    let arms = d.chance(0.65);
    let tilt = d.between(0.05, 0.25);
    Model::new("office chair", [w + 0.12, w + 0.12, back], move |b, d| {
        let cloth = if d.chance(0.6) { Material::black(d) } else { Material::fabric(d) };
        let cloth = b.material(cloth);
        let plastic = Material::black(d);
        let plastic = b.material(plastic);
        let turn = d.unit();
        for i in 0..5 {
            let (s, c) = ((i as f32 / 5.0 + turn) * TAU).sin_cos();
            b.tube(plastic, [0.0, 0.0, 0.11], [0.29 * c, 0.29 * s, 0.08], 0.026);
            b.puff(plastic, [0.29 * c, 0.29 * s, 0.035], [0.032, 0.032, 0.035], 2.0);
        }
        b.cylinder(plastic, [0.0, 0.0, 0.08], 0.035, seat - 0.08);
        let h = w / 2.0;
        b.puff(cloth, [0.0, 0.0, seat], [h, h, 0.05], 4.0);
        let rest = back - seat;
        let mut rear = b.inside(Pose::tilted([0.0, -h + 0.03, seat], tilt));
        rear.cuboid(plastic, [-0.04, -0.03, -0.02], [0.04, 0.0, rest * 0.5]);
        let wide = h * 0.92;
        rear.inside(Pose::tilted([0.0, 0.0, rest * 0.6], TAU / 4.0)).puff(
            cloth,
            [0.0, 0.0, 0.0],
            [wide, rest * 0.4, 0.045],
            3.5,
        );
        if arms {
            for s in [-1.0, 1.0] {
                b.block(plastic, [s * (h + 0.03), 0.0, seat + 0.2], [0.07, 0.26, 0.035]);
                b.block(plastic, [s * (h + 0.03), 0.0, seat - 0.02], [0.035, 0.05, 0.23]);
            }
        }
    })
}

/// An upholstered seat for one, which annotators call "armchair".
pub(crate) fn armchair(d: &mut Dice) -> Model {
    let (w, depth, back) = (d.between(0.7, 0.9), d.between(0.7, 0.85), d.between(0.75, 0.95));
    let arm = d.between(0.1, 0.16);
    Model::new("armchair", [w, depth, back], move |b, d| upholstery(b, d, [w, depth, back], arm, 0.42, 1))
}

/// A sofa with two or three seats, sometimes with a chaise or loose pillows.
pub(crate) fn sofa(d: &mut Dice) -> Model {
    let seats = 2 + d.below(2);
    let w = d.between(0.62, 0.72) * seats as f32 + 0.35;
    let (depth, back) = (d.between(0.82, 0.98), d.between(0.72, 0.92));
    let (arm, seat) = (d.between(0.12, 0.22), d.between(0.38, 0.46));
    let chaise = seats == 3 && d.chance(0.3);
    let name = if seats == 2 && d.chance(0.3) { "loveseat" } else { "couch" };
    let full = if chaise { depth + 0.6 } else { depth };
    let shift = -(full - depth) / 2.0;
    let mut model = Model::new(name, [w, full, back], move |b, d| {
        let cloth = b.scene.materials.len() as u32;
        upholstery(&mut b.inside(Pose::at([0.0, shift, 0.0])), d, [w, depth, back], arm, seat, seats);
        if chaise {
            let x = w / 2.0;
            b.cuboid(cloth, [x - 0.75, depth / 2.0 + shift - 0.05, 0.05], [x, full / 2.0, seat]);
        }
    });
    for i in 0..seats {
        if d.chance(0.4) {
            let x = (i as f32 - (seats as f32 - 1.0) / 2.0) * 0.62;
            let pose = Pose::turned([x, shift - depth / 2.0 + 0.33, seat + 0.19], d.between(-0.3, 0.3))
                .then(&Pose::tilted([0.0; 3], d.between(1.85, 2.15)));
            model = model.with_part(small::pillow(d, [0.21, 0.19, 0.07]), pose);
        }
    }
    model
}

/// A base, a back, two arms, and a row of seat and back cushions.
fn upholstery(b: &mut Brush, d: &mut Dice, [w, depth, back]: [f32; 3], arm: f32, seat: f32, seats: usize) {
    let cloth = Material::fabric(d);
    let cloth = b.material(cloth);
    let feet = Material::wood(d);
    let feet = b.material(feet);
    let (x, y) = (w / 2.0, depth / 2.0);
    let round = d.chance(0.4);
    b.cuboid(cloth, [-x, -y, 0.06], [x, y - 0.03, seat - 0.13]);
    for (sx, sy) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
        b.block(feet, [sx * (x - 0.05), sy * (y - 0.06), 0.0], [0.06, 0.06, 0.06]);
    }
    b.inside(Pose::tilted([0.0, -y + 0.12, 0.1], 0.1)).cuboid(
        cloth,
        [-x + arm * 0.5, -0.1, 0.0],
        [x - arm * 0.5, 0.06, back - 0.12],
    );
    let arm_top = seat + d.between(0.12, 0.24);
    for s in [-1.0, 1.0] {
        b.block(cloth, [s * (x - arm / 2.0), 0.0, 0.06], [arm, depth, arm_top - 0.06]);
        if round {
            b.tube(cloth, [s * (x - arm / 2.0), -y, arm_top], [s * (x - arm / 2.0), y, arm_top], arm * 0.55);
        }
    }
    let each = (w - 2.0 * arm) / seats as f32;
    for i in 0..seats {
        let cx = -x + arm + each * (i as f32 + 0.5);
        b.puff(cloth, [cx, 0.08, seat - 0.06], [each / 2.0, y - 0.1, 0.09], 5.0);
        b.inside(Pose::tilted([cx, -y + 0.25, seat + 0.22], 1.76)).puff(
            cloth,
            [0.0, 0.0, 0.0],
            [each / 2.0, (back - seat) * 0.52, 0.08],
            4.0,
        );
    }
}

/// A low round seat without a back, which counts as other furniture.
pub(crate) fn ottoman(d: &mut Dice) -> Model {
    let (r, h) = (d.between(0.22, 0.34), d.between(0.36, 0.46));
    let square = d.chance(0.5);
    Model::new("ottoman", [2.0 * r, 2.0 * r, h], move |b, d| {
        let cloth = Material::fabric(d);
        let cloth = b.material(cloth);
        let e = if square { 7.0 } else { 2.0 };
        let ring = |z: f32, s: f32| Ring::new([0.0, 0.0, z], [r * s, r * s], e);
        b.loft(cloth, &[ring(0.02, 0.95), ring(h * 0.5, 1.0), ring(h - 0.04, 1.0), ring(h, 0.85)], 24);
    })
}
