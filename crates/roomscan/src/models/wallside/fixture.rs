//! Heating, air and water at a wall, and hooks for clothes.

use super::super::parts::SIDES;
use crate::dice::Dice;
use crate::math::{Pose, noise3};
use crate::scene::{Material, Model};
use std::f32::consts::TAU;

/// A radiator at a wall: with ribs, flat, a long low convector, or of thin bars for towels.
pub(crate) fn radiator(d: &mut Dice) -> Model {
    let kind = d.below(6);
    Model::new("radiator", d, |b, d| {
        let white = if d.chance(0.85) { Material::ceramic(d) } else { Material::metal(d) };
        let white = b.material(white);
        let lift = d.between(0.05, 0.15);
        let (w, h, deep) = match kind {
            4 => (d.between(0.9, 2.2), d.between(0.22, 0.4), d.between(0.1, 0.24)),
            5 => (d.between(0.4, 0.6), d.between(0.9, 1.6), 0.06),
            _ => (d.between(0.45, 1.7), d.between(0.4, 0.75), d.between(0.06, 0.16)),
        };
        match kind {
            0 | 1 => {
                let ribs = (w / 0.09).round().max(3.0) as usize;
                for i in 0..ribs {
                    let x = -w / 2.0 + w * (i as f32 + 0.5) / ribs as f32;
                    b.block(white, [x, 0.0, lift], [0.055, deep, h]);
                }
                for z in [lift + 0.04, lift + h - 0.1] {
                    b.block(white, [0.0, 0.0, z], [w, deep * 0.5, 0.06]);
                }
            }
            5 => {
                for s in SIDES {
                    b.block(white, [s * w / 2.0, 0.0, lift], [0.035, 0.04, h]);
                }
                for i in 0..(h / 0.09) as usize {
                    b.tube(
                        white,
                        [-w / 2.0, 0.0, lift + 0.09 * i as f32],
                        [w / 2.0, 0.0, lift + 0.09 * i as f32],
                        0.016,
                    );
                }
            }
            _ => {
                let lift = if kind == 4 && d.chance(0.5) { 0.0 } else { lift };
                b.block(white, [0.0, 0.0, lift], [w, deep, h]);
                if kind == 2 {
                    for i in 0..(w / 0.07) as usize {
                        b.block(
                            white,
                            [-w / 2.0 + 0.035 + 0.07 * i as f32, deep / 2.0, lift + 0.03],
                            [0.035, 0.02, h - 0.06],
                        );
                    }
                }
            }
        }
        if kind != 4 {
            b.cylinder(white, [w / 2.0 + 0.04, -deep * 0.2, 0.0], 0.018, lift + 0.1);
            b.tube(white, [w / 2.0, -deep * 0.2, lift + 0.08], [w / 2.0 + 0.05, -deep * 0.2, lift + 0.08], 0.025);
        }
    })
}

/// A board with hooks, hung about 0.6 m high (its coats hang down to z = 0). The clothes are objects of their own.
pub(crate) fn coat_hooks(d: &mut Dice) -> Model {
    let (w, h, count) = (d.between(0.3, 1.1), d.between(0.9, 1.2), 1 + d.below(5));
    let mut model = Model::new("coat rack", d, |b, d| {
        let m = Material::frame(d);
        let m = b.material(m);
        b.block(m, [0.0, 0.012, h], [w, 0.025, 0.08]);
        for i in 0..count {
            let x = w * ((i as f32 + 0.5) / count as f32 - 0.5);
            b.path(m, &[[x, 0.02, h + 0.03], [x, 0.08, h + 0.02], [x, 0.1, h + 0.06]], 0.016);
        }
    });
    for i in 0..count {
        if d.chance(0.7) {
            let x = w * ((i as f32 + 0.5) / count as f32 - 0.5);
            model = model.with_part(coat(d, h), Pose::at([x, 0.05, 0.0]));
        }
    }
    model
}

/// A garment that hangs from a hook at height `h`.
fn coat(d: &mut Dice, h: f32) -> Model {
    let (half, low, deep, seed) = (d.between(0.12, 0.24), h * d.between(0.0, 0.5), d.between(0.05, 0.11), d.word());
    Model::in_place("clothes", d, |b, d| {
        let cloth = if d.chance(0.4) { Material::black(d) } else { Material::fabric(d) };
        let cloth = b.material(cloth);
        b.sheet(cloth, [24, 10], |u, v| {
            let (s, c) = (u * TAU).sin_cos();
            let open = 0.12 + 0.88 * (v * 3.0).min(1.0);
            let lump = open * (1.0 + 0.25 * noise3([c * 2.0, s * 2.0, v * 3.0], seed));
            [c * half * lump, deep + s * deep * lump, h + 0.05 - (h + 0.05 - low) * v]
        });
    })
}

/// A box high on a wall (about 2.1 m), or a lower one at a window, which blows air.
pub(crate) fn air_conditioner(d: &mut Dice) -> Model {
    let (w, deep, h) = (d.between(0.55, 1.1), d.between(0.17, 0.3), d.between(0.25, 0.4));
    Model::new("air conditioner", d, |b, d| {
        let white = Material::ceramic(d);
        let white = b.material(white);
        let black = Material::black(d);
        let black = b.material(black);
        b.block(white, [0.0, 0.0, 0.04], [w, deep, h - 0.04]);
        b.block(white, [0.0, -0.03, 0.0], [w, deep - 0.06, 0.04]);
        b.cuboid(black, [-w * 0.45, deep / 2.0 - 0.02, 0.03], [w * 0.45, deep / 2.0 + 0.004, 0.06]);
    })
}

/// Pipes that nobody annotates, `long` metres: upright (at a wall or in a corner, from the floor) or level along x (hung
/// under the ceiling).
pub(crate) fn pipes(d: &mut Dice, long: f32, upright: bool) -> Model {
    Model::new("pipe", d, |b, d| {
        let mut at = 0.0;
        for _ in 0..1 + d.below(3) {
            let m = if d.chance(0.5) { Material::ceramic(d) } else { Material::metal(d) };
            let m = b.material(m);
            let r = if d.chance(0.25) { d.between(0.06, 0.15) } else { d.between(0.02, 0.05) };
            at += r;
            let p = |t: f32| if upright { [at, 0.0, t] } else { [t - long / 2.0, at, r] };
            b.tube(m, p(0.0), p(long), r);
            at += r + d.between(0.01, 0.08);
        }
        if d.chance(0.3) {
            // a valve or a joint
            let m = Material::vivid(d);
            let m = b.material(m);
            let t = d.between(0.3, 0.7) * long;
            let p = if upright { [at * 0.3, 0.0, t] } else { [t - long / 2.0, at * 0.3, 0.05] };
            b.puff(m, p, [0.07; 3], 2.5);
        }
    })
    .unnamed()
}
