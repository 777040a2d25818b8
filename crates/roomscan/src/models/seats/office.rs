//! Chairs that turn, on a star with casters.

use super::super::parts::{SIDES, cushion, star};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model};
use std::f32::consts::TAU;

/// An office chair: for tasks, with a high padded back, with a net, or a high one for drafting.
pub(crate) fn office_chair(d: &mut Dice) -> Model {
    Model::new("office chair", d, |b, d| {
        let kind = d.below(8);
        let (x, y) = (d.between(0.21, 0.27), d.between(0.2, 0.26));
        let seat = if kind == 0 { d.between(0.6, 0.75) } else { d.between(0.42, 0.54) };
        let rest = match kind {
            0..=2 => d.between(0.3, 0.45),
            3 | 4 => d.between(0.6, 0.8),
            _ => d.between(0.45, 0.62),
        };
        let plastic = if d.chance(0.8) { Material::black(d) } else { Material::frame(d) };
        let plastic = b.material(plastic);
        let cloth = if d.chance(0.5) { Material::black(d) } else { Material::fabric(d) };
        let cloth = b.material(cloth);
        let (arms, reach) = (4 + d.below(4).min(1), d.between(0.26, 0.32));
        star(b, d, plastic, arms, reach);
        b.cylinder(plastic, [0.0, 0.0, 0.08], d.between(0.025, 0.04), seat - 0.1);
        if kind == 0 {
            // A ring for the feet.
            for i in 0..12 {
                let p = |i: usize| {
                    let (s, c) = (i as f32 / 12.0 * TAU).sin_cos();
                    [0.2 * c, 0.2 * s, 0.3]
                };
                b.tube(plastic, p(i), p(i + 1), 0.015);
            }
            b.block(plastic, [0.0, 0.0, 0.29], [0.4, 0.03, 0.025]);
        }
        // A chair seldom looks straight ahead of its feet; the star is turned already.
        let thick = d.between(0.035, 0.07);
        let e = d.between(3.0, 6.0);
        cushion(b, cloth, [-x, -y, seat - thick], [x, y, seat + thick], e);
        let tilt = d.between(0.02, 0.28);
        let wide = x * d.between(0.8, 1.02);
        backrest(b, d, [plastic, cloth], wide, [-y + 0.02, seat], rest, tilt);
        if d.chance(0.65) {
            armrests(b, d, plastic, x + 0.03, seat);
        }
    })
}

fn backrest(
    b: &mut Brush,
    d: &mut Dice,
    [plastic, cloth]: [u32; 2],
    x: f32,
    [y, seat]: [f32; 2],
    rest: f32,
    tilt: f32,
) {
    let mut rear = b.inside(Pose::tilted([0.0, y, seat], tilt));
    rear.cuboid(plastic, [-0.04, -0.05, -0.04], [0.04, -0.02, rest * 0.6]);
    rear.cuboid(plastic, [-0.04, -0.03, -0.05], [0.04, 0.1, -0.02]);
    let low = rest * d.between(0.05, 0.35);
    match d.below(4) {
        // a curved net in a frame
        0 => rear.sheet(cloth, [10, 8], |u, v| {
            let (a, t) = (2.0 * u - 1.0, low + (rest - low) * v);
            [a * x * (1.0 - 0.15 * v), 0.05 * a * a - 0.06 * (v - 0.4) * (v - 0.4), t]
        }),
        1 if rest > 0.55 => {
            // two or three padded rolls
            let n = 2 + d.below(2);
            for i in 0..n {
                let each = (rest - low) / n as f32;
                let z = low + each * i as f32;
                cushion(&mut rear, cloth, [-x, -0.05, z], [x, 0.06, z + each], 3.5);
            }
        }
        _ => {
            let thick = d.between(0.03, 0.06);
            let e = d.between(3.0, 7.0);
            cushion(&mut rear, cloth, [-x, -thick, low], [x, thick, rest], e);
        }
    }
    if rest < 0.65 && d.chance(0.12) {
        cushion(&mut rear, cloth, [-0.14, -0.03, rest + 0.04], [0.14, 0.04, rest + 0.2], 4.0);
        rear.block(plastic, [0.0, -0.03, rest * 0.6], [0.05, 0.02, rest * 0.4 + 0.1]);
    }
}

fn armrests(b: &mut Brush, d: &mut Dice, plastic: u32, x: f32, seat: f32) {
    let (rise, long) = (d.between(0.16, 0.26), d.between(0.2, 0.32));
    let looped = d.chance(0.35);
    for s in SIDES {
        if looped {
            let p = |y: f32, z: f32| [s * x, y, seat + z];
            b.path(plastic, &[p(0.1, -0.03), p(0.16, rise), p(-0.12, rise), p(-0.14, 0.02)], 0.024);
        } else {
            b.block(plastic, [s * x, 0.0, seat + rise - 0.03], [0.075, long, 0.035]);
            b.block(plastic, [s * x, -0.02, seat - 0.03], [0.035, 0.06, rise]);
        }
        b.block(plastic, [s * (x - 0.06), 0.0, seat - 0.04], [0.16, 0.05, 0.025]);
    }
}
