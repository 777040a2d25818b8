//! Plants, outside the twenty classes.

use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model, Ring};
use std::f32::consts::TAU;

/// A plant in a pot: a bush, a palm, a thin tree, or with leaves that hang down; tall for the floor, or small for a top.
pub(crate) fn plant(d: &mut Dice, tall: bool) -> Model {
    let h = if tall { d.between(0.6, 2.0) } else { d.between(0.18, 0.5) };
    let r = h * d.between(0.16, 0.38);
    let kind = d.below(4);
    Model::new("plant", d, |b, d| {
        let clay = match d.below(3) {
            0 => Material::plain([0.6, d.between(0.3, 0.5), 0.28]),
            1 => Material::ceramic(d),
            _ => Material::vivid(d),
        };
        let clay = b.material(clay);
        let leaf = Material::leaves(d);
        let leaf = b.material(leaf);
        let pot = if tall { d.between(0.12, 0.2) } else { d.between(0.05, 0.09) };
        let pot_high = pot * d.between(1.2, 2.4);
        let e = d.pick(&[2.0, 2.0, 9.0]);
        let ring = |z: f32, s: f32| Ring::new([0.0, 0.0, z], [pot * s; 2], e);
        b.loft(
            clay,
            &[ring(0.0, d.between(0.6, 1.0)), ring(pot_high, 1.0), ring(pot_high, 0.85), ring(pot_high * 0.9, 0.8)],
            16,
        );
        let stem = if tall { 0.02 } else { 0.012 };
        match kind {
            0 => {
                // Long leaves from one point, up and outwards.
                let trunk = pot_high + (h - pot_high) * if d.chance(0.5) { 0.45 } else { 0.05 };
                b.cylinder(leaf, [0.0; 3], stem, trunk);
                for i in 0..9 + d.below(8) {
                    let rise = d.between(0.3, 1.0);
                    blade(b, d, leaf, [i as f32 * 2.4, trunk, (h - trunk) * rise], r * (1.5 - rise), 0.0);
                }
            }
            1 => {
                // Leaves that hang over the pot.
                b.puff(leaf, [0.0, 0.0, pot_high + 0.03], [pot * 0.9, pot * 0.9, 0.08], 2.0);
                for i in 0..10 {
                    let rise = (h - pot_high) * d.between(0.2, 0.8);
                    blade(b, d, leaf, [i as f32 * 2.4, pot_high, rise], r * 1.2, pot_high * 0.8);
                }
            }
            _ => {
                b.cylinder(leaf, [0.0; 3], stem, h * 0.75);
                let thin = kind == 3;
                for i in 0..if thin { 18 } else { 14 } {
                    let (s, c) = ((i as f32 * 0.382 + d.unit() * 0.1) * TAU).sin_cos();
                    let low = if thin { 0.75 } else { 0.35 };
                    let (z, reach) = (h * d.between(low, 0.9), r * d.between(0.2, 0.75));
                    let size = r * d.between(0.22, 0.42);
                    let lean = Pose::turned([c * reach, s * reach, z.max(pot_high + 0.05)], d.between(0.0, TAU))
                        .then(&Pose::tilted([0.0; 3], d.between(-0.8, 0.8)));
                    b.inside(lean).puff(leaf, [0.0; 3], [size, size, size * d.between(0.25, 0.8)], 2.0);
                }
            }
        }
    })
}

/// A leaf from height `z` in direction `turn` that rises by `rise`, reaches out by `reach` and falls by `fall`.
fn blade(b: &mut Brush, d: &mut Dice, m: u32, [turn, z, rise]: [f32; 3], reach: f32, fall: f32) {
    let (s, c) = (turn + d.between(-0.3, 0.3)).sin_cos();
    let wide = (reach * d.between(0.1, 0.25)).max(0.025);
    let droop = d.between(0.2, 0.6) * rise + fall;
    b.sheet(m, [2, 8], |u, v| {
        let across = (u - 0.5) * 2.0 * wide * (v * TAU / 2.0).sin().max(0.1);
        let out = reach * v;
        let up = z + rise * (1.0 - (1.0 - v) * (1.0 - v)) - droop * v * v * v - 0.3 * across.abs();
        [c * out - s * across, s * out + c * across, up.max(0.01)]
    });
}
