//! Bathtubs.

use super::super::{kitchen::tap, parts::CORNERS};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model, Ring};

/// A bathtub with its long side at the wall: built in with a panel, with a ledge, on a corner, or free standing.
pub(crate) fn bathtub(d: &mut Dice) -> Model {
    let kind = d.below(10);
    let corner = kind == 9;
    let (x, y) = if corner {
        let r = d.between(0.6, 0.75);
        (r, r)
    } else {
        (d.between(0.7, 0.9), d.between(0.34, 0.43))
    };
    let h = d.between(0.38, 0.62);
    Model::new("bathtub", d, |b, d| {
        let white = Material::ceramic(d);
        let white = b.material(white);
        match kind {
            0 | 1 => free(b, d, white, [x, y, h]),
            9 => basin(b, white, [x, y], h, [0.85, 0.85], 2.6, 8.0),
            _ => {
                // The panel may be tiled or of wood.
                let panel = if d.chance(0.5) { white } else { b.material(Material::stone(d)) };
                b.cuboid(panel, [-x, y - 0.02, 0.0], [x, y, h - 0.03]);
                let rim = [d.between(0.88, 0.95), d.between(0.78, 0.88)];
                let e = d.between(3.0, 9.0);
                basin(b, white, [x, y], h, rim, e, 30.0);
                if kind < 5 {
                    // A ledge along the wall or at one end.
                    let deep = d.between(0.1, 0.3);
                    if kind < 4 {
                        b.cuboid(panel, [-x, -y - deep, 0.0], [x, -y, h]);
                    } else {
                        b.cuboid(panel, [x, -y, 0.0], [x + deep, y, h + d.between(0.0, 0.15)]);
                    }
                }
            }
        }
        if d.chance(0.7) {
            tap(&mut b.inside(Pose::at([x * d.between(-0.9, 0.9), -y + 0.02, h])), d, [0.0, 0.0], 0.1);
        }
    })
}

/// Outer walls with exponent `out`, a rim, and the hollow with exponent `e`.
fn basin(b: &mut Brush, m: u32, [x, y]: [f32; 2], h: f32, rim: [f32; 2], e: f32, out: f32) {
    let ring = |z: f32, s: f32, t: f32, e: f32| Ring::new([0.0, 0.0, z], [x * s, y * t], e);
    b.loft(
        m,
        &[
            ring(0.0, 1.0, 1.0, out),
            ring(h, 1.0, 1.0, out),
            ring(h, rim[0], rim[1], e),
            ring(h * 0.6, rim[0] * 0.96, rim[1] * 0.92, e),
            ring(0.1, rim[0] * 0.82, rim[1] * 0.74, e.min(4.0)),
        ],
        48,
    );
}

/// An oval tub, on feet or on the floor, often higher at its ends.
fn free(b: &mut Brush, d: &mut Dice, m: u32, [x, y, h]: [f32; 3]) {
    let lift = if d.chance(0.4) { d.between(0.08, 0.14) } else { 0.0 };
    let taper = d.between(0.65, 0.95);
    let ring = |z: f32, s: f32| Ring::new([0.0, 0.0, z], [x * s, y * s], 2.5);
    b.loft(
        m,
        &[
            ring(lift, taper),
            ring(h * 0.6, 0.95),
            ring(h, 1.0),
            ring(h + 0.02, 0.97),
            ring(h, 0.92),
            ring(lift + 0.06, taper * 0.8),
        ],
        40,
    );
    if lift > 0.0 {
        for [sx, sy] in CORNERS {
            b.block(m, [sx * x * 0.5, sy * y * 0.45, 0.0], [0.06, 0.06, lift + 0.03]);
        }
    }
}
