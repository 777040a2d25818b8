//! Washbasins without a counter, and towels.

use super::super::kitchen::tap;
use super::super::parts::{Drape, SIDES};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Material, Model, Ring};

/// A washbasin at a wall: on a column, on half a column, hung with its pipes in sight, on legs, or a trough.
pub(crate) fn pedestal_sink(d: &mut Dice) -> Model {
    let kind = d.below(8);
    let trough = kind == 7;
    let (x, y) = (if trough { d.between(0.4, 0.7) } else { d.between(0.19, 0.33) }, d.between(0.17, 0.26));
    let h = d.between(0.78, 0.9);
    Model::new("sink", d, |b, d| {
        let white = Material::ceramic(d);
        let white = b.material(white);
        let metal = Material::metal(d);
        let metal = b.material(metal);
        let (e, deep) = (if trough { 12.0 } else { d.between(2.2, 9.0) }, d.between(0.12, 0.22));
        let shape = d.between(0.4, 0.95);
        let ring = |z: f32, s: f32, e: f32| Ring::new([0.0, 0.0, z], [x * s, y * s], e);
        b.loft(
            white,
            &[
                ring(h - deep, shape, e),
                ring(h - deep * 0.4, 0.95, e),
                ring(h, 1.0, e),
                ring(h, 0.86, e * 0.8),
                ring(h - deep * 0.8, 0.5, 2.2),
            ],
            28,
        );
        // the flat part at the wall
        b.cuboid(white, [-x * 0.9, -y - 0.05, h - deep * 0.6], [x * 0.9, -y * 0.7, h + 0.005]);
        match kind {
            0..=2 => {
                let (r, y0) = (d.between(0.07, 0.11), -y * 0.3);
                let foot = Ring::new([0.0, y0, 0.0], [r * 1.3, r * 1.2], 3.0);
                b.loft(
                    white,
                    &[
                        foot,
                        Ring::new([0.0, y0, 0.1], [r, r], 3.0),
                        Ring::new([0.0, y0, h - deep * 0.7], [r * 1.1, r], 3.0),
                    ],
                    16,
                );
            }
            3 => b.loft(white, &[0.35, h - deep * 0.7].map(|z| Ring::new([0.0, -y * 0.5, z], [0.1, 0.12], 3.0)), 16),
            4 => {
                for s in SIDES {
                    b.tube(metal, [s * x * 0.85, y * 0.7, 0.0], [s * x * 0.85, y * 0.7, h - 0.05], 0.018);
                    b.tube(metal, [s * x * 0.85, y * 0.7, h - 0.15], [s * x * 0.85, -y, h - 0.15], 0.018);
                }
            }
            _ => {
                b.path(
                    metal,
                    &[[0.0, 0.0, h - deep], [0.0, 0.0, h - 0.35], [0.0, -0.06, h - 0.38], [0.0, -y - 0.05, h - 0.34]],
                    0.025,
                );
            }
        }
        let taps = if trough { 2 } else { 1 };
        for i in 0..taps {
            let px = (i as f32 - 0.5 * (taps - 1) as f32) * x;
            tap(&mut b.inside(Pose::at([px, 0.0, h])), d, [0.0, -y * 0.85], y * 0.6);
        }
    })
}

/// A towel on a rail or a hook, hung 0.8 to 1.1 m high (its lower hem), outside the twenty classes.
pub(crate) fn towel(d: &mut Dice) -> Model {
    let (w, h) = (d.between(0.3, 0.7), d.between(0.4, 0.9));
    let (rail, seed) = (d.chance(0.7), d.word());
    Model::new("towel", d, |b, d| {
        let cloth = Material::linen(d);
        let cloth = b.material(cloth);
        if rail {
            let metal = Material::metal(d);
            let metal = b.material(metal);
            b.tube(metal, [-w / 2.0 - 0.06, 0.05, h], [w / 2.0 + 0.06, 0.05, h], 0.015);
            for (y, low) in [(0.02, d.between(0.0, 0.3) * h), (0.08, 0.0)] {
                let at =
                    Drape { from: [-w / 2.0, y], to: [w / 2.0, y], z: [low, h], fold: 0.012, pitch: 0.2, waist: 0.0 };
                at.draw(b, cloth, seed);
            }
            b.sheet(cloth, [2, 2], |u, v| [(u - 0.5) * w, 0.02 + 0.06 * v, h + 0.01]);
        } else {
            // Gathered at one point.
            for depth in [0.03, 0.1] {
                b.sheet(cloth, [14, 8], |u, v| {
                    let half = w * 0.3 * (0.15 + 0.85 * v.powf(0.6));
                    let fold = 0.025 * v * (u * 19.0).sin();
                    [(2.0 * u - 1.0) * half, depth * (0.4 + 0.6 * v) + fold, h * (1.0 - v)]
                });
            }
        }
    })
}
