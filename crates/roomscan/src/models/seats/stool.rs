//! Seats without backs, and soft ones.

use super::super::parts::{CORNERS, Legs, cushion, star};
use super::back::Back;
use crate::dice::Dice;
use crate::math::noise3;
use crate::scene::{Brush, Material, Model, Ring};
use std::f32::consts::TAU;

/// A round, square or saddle seat of half width `r` at height `h`, on legs with rungs or on a column.
fn perch(b: &mut Brush, d: &mut Dice, r: f32, h: f32) -> [u32; 2] {
    let frame = Material::frame(d);
    let frame = b.material(frame);
    let cloth = Material::fabric(d);
    let top = if d.chance(0.5) { b.material(cloth) } else { frame };
    let e = d.pick(&[2.0_f32, 2.0, 6.0, 10.0]);
    if d.chance(0.5) {
        b.puff(top, [0.0, 0.0, h - 0.045], [r, r * 0.95, 0.05], e.min(6.0));
    } else {
        b.disc(top, [0.0, 0.0, h - 0.035], [r, r * 0.95], e, 0.035);
    }
    if d.chance(0.35) {
        b.cylinder(frame, [0.0, 0.0, 0.02], 0.03, h - 0.06);
        let arms = d.pick(&[0, 0, 4, 5]);
        star(b, d, frame, arms, r * 1.15);
        return [frame, top];
    }
    let legs = d.pick(&[Legs::Square, Legs::Splayed, Legs::Splayed, Legs::Round]);
    let half = if legs == Legs::Splayed { r * 1.1 } else { r * 0.85 };
    legs.draw(b, frame, [half; 2], h - 0.03, d.between(0.03, 0.045));
    for z in [h * 0.3, h * 0.55] {
        if d.chance(0.6) {
            let reach = half * if legs == Legs::Splayed { 1.0 - 0.28 * z / h } else { 1.0 } - 0.02;
            for i in 0..4 {
                let p = |k: usize| [CORNERS[k % 4][0] * reach, CORNERS[k % 4][1] * reach, z];
                b.tube(frame, p(i), p(i + 1), 0.015);
            }
        }
    }
    [frame, top]
}

/// A stool, for the open floor or under a table.
pub(crate) fn stool(d: &mut Dice) -> Model {
    let h = d.between(0.4, 0.55);
    let r = d.between(0.14, 0.21);
    Model::new("stool", d, |b, d| {
        perch(b, d, r, h);
    })
}

/// A high stool in front of a bar or an island, often with a low back.
pub(crate) fn bar_stool(d: &mut Dice) -> Model {
    let back = d.chance(0.5);
    let name = if back && d.chance(0.6) { "chair" } else { "stool" };
    Model::new(name, d, |b, d| {
        let (r, h) = (d.between(0.16, 0.22), d.between(0.6, 0.82));
        let both = perch(b, d, r, h);
        if back {
            let (rest, tilt) = (d.between(0.15, 0.42), d.between(0.0, 0.2));
            let style = d.pick(&Back::ALL);
            style.draw(b, d, both, r * 0.95, [-r * 0.85, h - 0.02], rest, tilt, 0.03);
        }
    })
}

/// A bench, at a wall, at the foot of a bed or at a table.
pub(crate) fn bench(d: &mut Dice) -> Model {
    Model::new("bench", d, |b, d| {
        let (w, depth, h) = (d.between(0.8, 1.7), d.between(0.3, 0.48), d.between(0.4, 0.5));
        let wood = Material::board(d);
        let wood = b.material(wood);
        let cloth = Material::fabric(d);
        let cloth = b.material(cloth);
        let (x, y) = (w / 2.0, depth / 2.0);
        if d.chance(0.25) {
            b.block(wood, [0.0, 0.0, 0.0], [w, depth, h - 0.05]);
        } else {
            d.pick(&Legs::TABLE).draw(b, wood, [x - 0.03, y - 0.02], h - 0.05, 0.05);
        }
        if d.chance(0.5) {
            cushion(b, cloth, [-x, -y, h - 0.1], [x, y, h], 7.0);
        }
        b.cuboid(wood, [-x, -y, h - 0.08], [x, y, h - 0.04]);
        if d.chance(0.25) {
            let style = d.pick(&[Back::Ladder, Back::Solid, Back::Spindles]);
            let rest = d.between(0.3, 0.5);
            style.draw(b, d, [wood, cloth], x, [-y + 0.03, h - 0.04], rest, 0.1, 0.05);
        }
    })
}

/// A sack of beads, for the open floor.
pub(crate) fn beanbag(d: &mut Dice) -> Model {
    Model::new("beanbag", d, |b, d| {
        let cloth = Material::fabric(d);
        let cloth = b.material(cloth);
        let (r, h, seed) = (d.between(0.35, 0.5), d.between(0.4, 0.8), d.word());
        let (lean, seat) = (d.between(0.2, 0.5), d.between(0.3, 0.6));
        b.sheet(cloth, [28, 14], |u, v| {
            let (s, c) = (u * TAU).sin_cos();
            let (t, out) = ((v * TAU / 4.0).cos().max(0.0), (v * TAU / 4.0).sin());
            let lump = 1.0 + 0.12 * noise3([c * 2.0, s * 2.0, v * 3.0], seed);
            let y = s * out.powf(0.7) * r * lump;
            // Higher at the back, hollow in front.
            let z = h * t.powf(0.6) * lump * (1.0 - seat * (0.5 + 0.5 * s) * out.min(1.0));
            [c * out.powf(0.7) * r * lump, y - lean * z * 0.4, z.max(0.0)]
        });
    })
}

/// A low seat without a back, which counts as other furniture: drum, cube, cushion on legs, or with a lid.
pub(crate) fn ottoman(d: &mut Dice) -> Model {
    Model::new("ottoman", d, |b, d| {
        let cloth = Material::fabric(d);
        let cloth = b.material(cloth);
        let feet = Material::frame(d);
        let feet = b.material(feet);
        let (x, h) = (d.between(0.2, 0.42), d.between(0.3, 0.48));
        let y = if d.chance(0.5) { x } else { d.between(0.2, 0.32) };
        let e = d.pick(&[2.0_f32, 5.0, 9.0]);
        let ring = |z: f32, s: f32| Ring::new([0.0, 0.0, z], [x * s, y * s], e);
        match d.below(4) {
            0 => b.loft(cloth, &[ring(0.0, 0.9), ring(h * 0.25, 1.0), ring(h * 0.75, 1.0), ring(h, 0.8)], 24),
            1 => {
                b.loft(cloth, &[ring(0.02, 0.97), ring(h - 0.1, 0.97)], 24);
                b.puff(cloth, [0.0, 0.0, h - 0.06], [x, y, 0.06], e.clamp(3.0, 7.0));
            }
            2 => {
                d.pick(&Legs::CHAIR).draw(b, feet, [x * 0.9, y * 0.9], h - 0.1, 0.04);
                b.puff(cloth, [0.0, 0.0, h - 0.08], [x, y, 0.08], e.clamp(3.0, 7.0));
            }
            _ => {
                b.loft(cloth, &[ring(0.03, 0.95), ring(h - 0.05, 0.95)], 24);
                b.disc(feet, [0.0, 0.0, h - 0.05], [x, y], e, 0.05);
            }
        }
    })
}
