//! Lamps, outside the twenty classes.

use crate::dice::Dice;
use crate::scene::{Brush, Material, Model, Ring};

fn ring(x: f32, y: f32, z: f32, r: f32) -> Ring {
    Ring::circle([x, y, z], r)
}

/// A shade of radius `r` around (x, y) from `z[0]` to `z[1]`: drum, cone, ball or a dish open to the top.
fn shade(b: &mut Brush, d: &mut Dice, [x, y]: [f32; 2], z: [f32; 2], r: f32) {
    let paper = if d.chance(0.5) {
        Material::plain([0.93, d.between(0.85, 0.92), d.between(0.6, 0.9)])
    } else {
        Material::fabric(d)
    };
    let paper = b.material(paper);
    let middle = (z[0] + z[1]) / 2.0;
    match d.below(4) {
        0 => b.puff(paper, [x, y, middle], [r, r, (z[1] - z[0]) / 2.0], 2.0),
        1 => b.loft(paper, &[ring(x, y, z[0], r), ring(x, y, z[1], r)], 18),
        2 => b.loft(paper, &[ring(x, y, middle, r * 0.3), ring(x, y, z[1], r), ring(x, y, z[1], r * 0.9)], 18),
        _ => b.loft(paper, &[ring(x, y, z[0], r), ring(x, y, z[1], r * 0.6)], 18),
    }
}

/// A lamp with a shade, on a nightstand or an end table.
pub(crate) fn table_lamp(d: &mut Dice) -> Model {
    let (r, h) = (d.between(0.09, 0.2), d.between(0.3, 0.68));
    Model::new("lamp", d, |b, d| {
        let body = if d.chance(0.4) { Material::frame(d) } else { Material::vivid(d) };
        let body = b.material(body);
        let at = |z: f32, r: f32| ring(0.0, 0.0, z, r);
        match d.below(3) {
            0 => b.loft(body, &[at(0.0, 0.08), at(0.05, 0.07), at(h * 0.35, 0.055), at(h * 0.6, 0.03)], 14),
            1 => {
                b.cylinder(body, [0.0; 3], 0.08, 0.025);
                b.cylinder(body, [0.0; 3], 0.018, h * 0.65);
            }
            _ => {
                let bulge = d.between(0.06, 0.12);
                b.puff(body, [0.0, 0.0, h * 0.28], [bulge, bulge, h * 0.28], 2.3);
            }
        }
        let low = h * d.between(0.5, 0.65);
        shade(b, d, [0.0, 0.0], [low, h], r);
    })
}

/// A lamp under the ceiling: flat, round, long, or hanging on a rod. It goes where its top touches the ceiling.
pub(crate) fn ceiling_lamp(d: &mut Dice) -> Model {
    let kind = d.below(4);
    Model::new("ceiling light", d, |b, d| {
        let frame = Material::frame(d);
        let frame = b.material(frame);
        match kind {
            0 => b.block(frame, [0.0; 3], [d.between(0.6, 1.3), d.between(0.15, 0.6), d.between(0.05, 0.1)]),
            1 => b.puff(frame, [0.0, 0.0, 0.06], [d.between(0.14, 0.25), d.between(0.14, 0.25), 0.06], 2.5),
            _ => {
                let (r, drop, high) = (d.between(0.1, 0.3), d.between(0.2, 0.7), d.between(0.12, 0.3));
                b.cylinder(frame, [0.0, 0.0, high * 0.8], 0.016, drop);
                shade(b, d, [0.0, 0.0], [0.0, high], r);
            }
        }
    })
}

/// A lamp with a joint, on a desk.
pub(crate) fn desk_lamp(d: &mut Dice) -> Model {
    let (h, reach) = (d.between(0.3, 0.6), d.between(0.08, 0.3));
    Model::new("lamp", d, |b, d| {
        let metal = Material::frame(d);
        let metal = b.material(metal);
        b.cylinder(metal, [0.0; 3], 0.08, 0.03);
        b.path(metal, &[[0.0, 0.0, 0.03], [0.0, -0.06, h], [0.0, reach, h - 0.04]], 0.018);
        let head = d.between(0.04, 0.08);
        b.tube(metal, [0.0, reach, h - 0.02], [0.0, reach + 0.05, h - 0.14], head);
    })
}

/// A lamp on the floor: with a shade, a dish that shines upwards, an arc, three legs, or a column of paper.
pub(crate) fn floor_lamp(d: &mut Dice) -> Model {
    let (r, h) = (d.between(0.13, 0.27), d.between(1.3, 1.9));
    Model::new("lamp", d, |b, d| {
        let metal = Material::frame(d);
        let metal = b.material(metal);
        match d.below(6) {
            0 => {
                // An arc over a sofa.
                let out = d.between(0.4, 0.9);
                b.cylinder(metal, [0.0; 3], 0.17, 0.04);
                let p = |t: f32| [0.0, out * t * t, h * (1.0 - (1.0 - t) * (1.0 - t)) - 0.15 * t.powi(4)];
                let points: Vec<_> = (0..=8).map(|i| p(i as f32 / 8.0)).collect();
                b.path(metal, &points, 0.018);
                shade(b, d, [0.0, out], [h - 0.4, h - 0.15], r);
            }
            1 => {
                for i in 0..3 {
                    let (s, c) = (i as f32 * 2.1).sin_cos();
                    b.tube(metal, [c * 0.27, s * 0.27, 0.0], [0.0, 0.0, h * 0.75], 0.018);
                }
                shade(b, d, [0.0, 0.0], [h * 0.75, h], r * 1.2);
            }
            2 => b.loft(metal, &[ring(0.0, 0.0, 0.0, r * 0.7), ring(0.0, 0.0, h * 0.8, r * 0.8)], 18),
            _ => {
                b.cylinder(metal, [0.0; 3], d.between(0.11, 0.16), 0.03);
                b.cylinder(metal, [0.0; 3], d.between(0.013, 0.025), h - 0.1);
                let low = h - d.between(0.18, 0.42);
                shade(b, d, [0.0, 0.0], [low, h], r);
            }
        }
    })
}
