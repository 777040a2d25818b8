//! Bins and baskets, which count as other furniture.

use super::super::parts::frame;
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model, Ring};

/// A trash can at a wall or a desk: open, round or square, with a bag, with a pedal or a swinging lid, on wheels, or a
/// row for recycling.
pub(crate) fn trash_can(d: &mut Dice) -> Model {
    let kind = d.below(10);
    let name = if kind == 0 || d.chance(0.12) { "recycling bin" } else { "trash can" };
    Model::new(name, d, |b, d| match kind {
        0 => {
            // A row of bins of one kind.
            let (w, depth, h) = (d.between(0.3, 0.45), d.between(0.3, 0.45), d.between(0.55, 0.95));
            let shared = Material::lacquer(d);
            for i in 0..2 + d.below(2) {
                let mut b = b.inside(Pose::at([(w + 0.02) * i as f32, 0.0, 0.0]));
                let m = if d.chance(0.5) { Material::vivid(d) } else { shared };
                let m = b.material(m);
                b.block(m, [0.0; 3], [w, depth, h]);
                let black = b.material(Material::black(d));
                b.block(black, [0.0, 0.02, h - 0.02], [w * 0.6, depth * 0.4, 0.025]);
            }
        }
        1 | 2 => lidded(b, d),
        3 => {
            // A large one on wheels.
            let m = Material::vivid(d);
            let m = b.material(m);
            let (x, y, h) = (d.between(0.22, 0.3), d.between(0.25, 0.34), d.between(0.8, 1.05));
            let ring = |z: f32, s: f32| Ring::new([0.0, 0.0, z], [x * s, y * s], 9.0);
            b.loft(m, &[ring(0.05, 0.8), ring(h - 0.06, 0.97), ring(h - 0.06, 1.05), ring(h, 1.05)], 24);
            b.tube(m, [-x, -y, 0.08], [x, -y, 0.08], 0.08);
        }
        _ => open(b, d),
    })
}

fn open(b: &mut Brush, d: &mut Dice) {
    let (x, h) = (d.between(0.1, 0.22), d.between(0.24, 0.7));
    let y = if d.chance(0.3) { x * d.between(0.5, 0.8) } else { x };
    let plastic = if d.chance(0.5) { Material::black(d) } else { Material::vivid(d) };
    let plastic = b.material(plastic);
    let e = d.pick(&[2.0, 2.0, 5.0, 9.0]);
    let taper = d.between(0.7, 1.0);
    let ring = |z: f32, s: f32| Ring::new([0.0, 0.0, z], [x * s, y * s], e);
    let fill = h * d.between(0.2, 0.95);
    b.loft(plastic, &[ring(0.0, taper), ring(h, 1.0), ring(h, 0.88), ring(fill, (taper + 0.8) / 2.0)], 20);
    if d.chance(0.4) {
        // The bag over its rim.
        let bag = if d.chance(0.5) { Material::ceramic(d) } else { Material::black(d) };
        let bag = b.material(bag);
        let low = h - d.between(0.06, 0.2).min(h * 0.5);
        b.loft(bag, &[ring(low, 1.08), ring(h + 0.01, 1.06), ring(h + 0.01, 0.9), ring(fill, 0.7)], 20);
    }
}

fn lidded(b: &mut Brush, d: &mut Dice) {
    let (x, h, e) = (d.between(0.12, 0.24), d.between(0.35, 0.8), d.pick(&[2.0, 6.0, 12.0]));
    let y = if e > 2.0 { x * d.between(0.6, 1.0) } else { x };
    let m = if d.chance(0.5) { Material::metal(d) } else { Material::vivid(d) };
    let m = b.material(m);
    let black = Material::black(d);
    let black = b.material(black);
    let ring = |z: f32, s: f32| Ring::new([0.0, 0.0, z], [x * s, y * s], e);
    b.loft(m, &[ring(0.0, 0.95), ring(h * 0.8, 1.0)], 24);
    let dome = d.between(0.02, 0.2) * h;
    b.loft(black, &[ring(h * 0.8, 1.02), ring(h - dome, 1.02), ring(h, if dome > 0.05 { 0.4 } else { 0.95 })], 24);
    b.block(black, [0.0, y + 0.02, 0.01], [0.1, 0.06, 0.025]);
}

/// A basket for laundry, at times full.
pub(crate) fn laundry_basket(d: &mut Dice) -> Model {
    Model::new("laundry basket", d, |b, d| {
        let m = if d.chance(0.5) { Material::card(d) } else { Material::vivid(d) };
        let m = b.material(m);
        let cloth = Material::linen(d);
        let cloth = b.material(cloth);
        let tall = d.chance(0.5);
        let (x, y) = (d.between(0.2, 0.3), d.between(0.16, 0.24));
        let h = if tall { d.between(0.5, 0.75) } else { d.between(0.25, 0.4) };
        if tall && d.chance(0.3) {
            // A sack in a folding frame.
            for s in [-1.0, 1.0] {
                b.tube(m, [s * x, -y, 0.0], [s * x, y, h], 0.018);
                b.tube(m, [s * x, y, 0.0], [s * x, -y, h], 0.018);
            }
            frame(b, m, [-x, x], [-y - 0.01, -y + 0.02], [h - 0.03, h], 0.03);
            b.cuboid(cloth, [-x + 0.02, -y, 0.1], [x - 0.02, y, h - 0.05]);
            return;
        }
        let e = d.pick(&[2.0, 4.0, 8.0]);
        let ring = |z: f32, s: f32| Ring::new([0.0, 0.0, z], [x * s, y * s], e);
        let fill = h * d.between(0.2, 0.9);
        b.loft(m, &[ring(0.0, 0.82), ring(h, 1.0), ring(h, 0.92), ring(fill, 0.85)], 24);
        if d.chance(0.6) {
            b.puff(cloth, [0.0, 0.0, h * 0.9], [x * 0.85, y * 0.85, h * d.between(0.1, 0.3)], 2.5);
        }
    })
}
