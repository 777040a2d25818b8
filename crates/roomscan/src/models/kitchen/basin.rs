//! Sinks in and on worktops.

use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model, Ring};

/// A tap at (x, y) on a top at z = 0 that reaches forward by `reach`.
pub(in crate::models) fn tap(b: &mut Brush, d: &mut Dice, [x, y]: [f32; 2], reach: f32) {
    let metal = Material::metal(d);
    let metal = b.material(metal);
    let h = d.between(0.1, 0.32);
    b.cylinder(metal, [x, y, 0.0], 0.022, h);
    b.path(metal, &[[x, y, h], [x, y + reach, h - 0.01], [x, y + reach, h - 0.06]], 0.018);
}

/// The sink of a worktop, with a tap: one basin or two, sunk in. `half` is half the size of the hole; z = 0 is the top
/// of the slab.
pub(super) fn sunk(d: &mut Dice, [hx, hy]: [f32; 2], deep: f32) -> Model {
    Model::in_place("sink", d, |b, d| {
        let steel = d.chance(0.6);
        let skin = if steel { Material::metal(d) } else { Material::ceramic(d) };
        let skin = b.material(skin);
        let e = if steel { d.between(6.0, 20.0) } else { d.between(2.2, 6.0) };
        let count = if hx > 0.27 { 2 } else { 1 };
        let half = hx / count as f32;
        for i in 0..count {
            let x = (2.0 * i as f32 + 1.0 - count as f32) * half;
            let ring = |z: f32, s: f32| Ring::new([x, 0.0, z], [half * s, hy * s], e);
            // The rim is a little above the slab; the inside goes down from it.
            b.loft(skin, &[ring(-0.02, 1.08), ring(0.012, 1.08), ring(0.012, 0.95), ring(-deep, 0.86)], 28);
        }
        tap(b, d, [0.0, -hy * 1.04], hy * 0.8);
    })
}

/// A bowl that stands on the slab, whose top is z = 0.
pub(super) fn vessel(d: &mut Dice) -> Model {
    Model::in_place("sink", d, |b, d| {
        let skin = if d.chance(0.2) { Material::glass(d) } else { Material::ceramic(d) };
        let skin = b.material(skin);
        let (x, y, h) = (d.between(0.18, 0.28), d.between(0.16, 0.2), d.between(0.1, 0.16));
        let e = d.pick(&[2.0, 2.0, 4.0, 10.0]);
        let ring = |z: f32, s: f32| Ring::new([0.0, 0.0, z], [x * s, y * s], e);
        b.loft(skin, &[ring(0.0, 0.6), ring(h * 0.5, 0.9), ring(h, 1.0), ring(h, 0.88), ring(0.03, 0.5)], 28);
        let mut rear = b.inside(Pose::at([0.0, -y - 0.04, 0.08]));
        tap(&mut rear, d, [0.0, 0.0], 0.14);
    })
}
