//! Toilets.

use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Material, Model, Ring};
use std::f32::consts::TAU;

/// A toilet at a wall: with a tank close to the bowl, in one piece, hung on the wall, with a high tank, or flushed by a
/// pipe; its lid open or closed.
pub(crate) fn toilet(d: &mut Dice) -> Model {
    let kind = d.below(8);
    let hung = kind >= 6;
    let seat = d.between(0.37, 0.45);
    let (x, long) = (d.between(0.165, 0.21), d.between(0.19, 0.26));
    let (open, e) = (d.chance(0.4), d.between(2.0, 3.2));
    let deep = d.between(0.16, 0.22);
    Model::new("toilet", d, |b, d| {
        let white = Material::ceramic(d);
        let white = b.material(white);
        let lid = if d.chance(0.85) { white } else { b.material(Material::board(d)) };
        // The bowl's middle is at y = 0; the wall is behind its tank.
        let ring = |z: f32, sx: f32, sy: f32, cy: f32| Ring::new([0.0, cy, z], [x * sx, long * sy], e);
        let wall = -long - if hung { 0.08 } else { deep };
        let skirt = if hung { seat - d.between(0.24, 0.32) } else { 0.0 };
        let straight = d.chance(0.3);
        let waist = if straight { 0.9 } else { d.between(0.5, 0.65) };
        let mut rings = vec![
            ring(skirt, waist, 0.85, -0.08),
            ring(skirt + (seat - skirt) * 0.3, waist, 0.82, -0.06),
            ring(seat - 0.12, 0.92, 0.96, -0.01),
            ring(seat, 1.0, 1.0, 0.0),
        ];
        if open {
            rings.extend([ring(seat, 0.7, 0.72, 0.0), ring(seat - 0.15, 0.4, 0.4, 0.0)]);
            b.loft(white, &rings, 28);
            let rise = d.between(0.24, 0.28);
            b.inside(Pose::tilted([0.0, -long + 0.02, seat], TAU * rise)).loft(
                lid,
                &[0.0, 0.03].map(|z| Ring::new([0.0, long * 0.9, z], [x, long * 0.9], e)),
                24,
            );
        } else {
            b.loft(white, &rings, 28);
            b.loft(
                lid,
                &[ring(seat, 1.0, 1.0, 0.0), ring(seat + 0.03, 1.0, 1.0, 0.0), ring(seat + 0.045, 0.85, 0.85, 0.0)],
                28,
            );
        }
        // from the bowl to the wall
        b.cuboid(white, [-x * waist, wall, skirt], [x * waist, -0.1, seat - 0.05]);
        b.cuboid(white, [-x * 0.8, wall, seat - 0.1], [x * 0.8, -long * 0.6, seat]);
        let half = x * d.between(0.85, 1.2);
        let tank = |b: &mut crate::scene::Brush, low: f32, high: f32| {
            b.cuboid(white, [-half, wall, low], [half, wall + deep * 0.95, high - 0.03]);
            b.cuboid(white, [-half - 0.015, wall, high - 0.03], [half + 0.015, wall + deep, high]);
        };
        match kind {
            0..=3 => tank(b, seat - 0.04, d.between(0.68, 0.86)),
            4 => {
                let z = d.between(1.0, 1.7);
                tank(b, z, z + 0.32);
                b.tube(white, [0.0, wall + 0.06, seat], [0.0, wall + 0.06, z], 0.025);
            }
            5 => {
                let metal = Material::metal(d);
                let metal = b.material(metal);
                b.path(
                    metal,
                    &[[0.0, wall + 0.06, seat], [0.0, wall + 0.06, seat + 0.4], [0.12, wall + 0.03, seat + 0.4]],
                    0.025,
                );
            }
            // A plate for flushing; the tank is in the wall.
            6 => b.cuboid(white, [-0.12, wall - 0.01, 0.95], [0.12, wall + 0.015, 1.1]),
            _ => {}
        }
    })
}
