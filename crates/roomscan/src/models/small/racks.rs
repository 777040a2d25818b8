//! Racks for clothes, and carts.

use super::super::parts::{CORNERS, Drape, SIDES, star};
use crate::dice::Dice;
use crate::math::{Pose, noise3};
use crate::scene::{Material, Model};
use std::f32::consts::TAU;

/// A rail on feet, in the open or at a wall, mostly full of clothes, which are one object.
pub(crate) fn clothes_rack(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(0.8, 1.6), d.between(0.4, 0.55), d.between(1.35, 1.75));
    let model = Model::new("clothes rack", d, |b, d| {
        let m = Material::frame(d);
        let m = b.material(m);
        for s in SIDES {
            b.block(m, [s * w / 2.0, 0.0, 0.03], [0.04, depth, 0.04]);
            b.block(m, [s * w / 2.0, 0.0, 0.0], [0.035, 0.035, h]);
        }
        b.tube(m, [-w / 2.0, 0.0, h], [w / 2.0, 0.0, h], 0.017);
        if d.chance(0.5) {
            b.block(m, [0.0, 0.0, 0.15], [w, depth * 0.7, 0.025]);
        }
    });
    let fill = d.between(0.0, 1.2);
    if fill < 0.2 {
        return model;
    }
    let seed = d.word();
    let clothes = Model::in_place("clothes", d, |b, d| {
        let mut x = -w / 2.0 + 0.06;
        while x < w / 2.0 - 0.06 {
            if d.chance(fill) {
                let cloth = Material::fabric(d);
                let cloth = b.material(cloth);
                let (y, low) = (d.between(0.16, 0.26), h - d.between(0.5, 1.1));
                for side in [-0.02, 0.02] {
                    let drape = Drape {
                        from: [x + side, -y],
                        to: [x + side + d.between(-0.03, 0.03), y],
                        z: [low, h - 0.05],
                        fold: 0.012,
                        pitch: 0.2,
                        waist: 0.0,
                    };
                    drape.draw(b, cloth, seed);
                }
            }
            x += d.between(0.03, 0.09);
        }
        // One garment is always there, so that the object is not empty.
        let cloth = Material::fabric(d);
        let cloth = b.material(cloth);
        b.puff(cloth, [0.0, 0.0, h - 0.45], [0.04, 0.2, 0.4], 3.0);
    });
    model.with_part(clothes, Pose::IDENTITY)
}

/// A pole with hooks and coats, in a corner or at a wall.
pub(crate) fn coat_stand(d: &mut Dice) -> Model {
    let (h, count, seed) = (d.between(1.6, 1.9), d.below(5), d.word());
    let model = Model::new("coat rack", d, |b, d| {
        let m = Material::frame(d);
        let m = b.material(m);
        let feet = d.pick(&[0, 4]);
        star(b, d, m, feet, 0.24);
        b.cylinder(m, [0.0; 3], 0.024, h);
        for i in 0..6 {
            let (s, c) = (i as f32 / 6.0 * TAU).sin_cos();
            b.tube(m, [0.0, 0.0, h - 0.18], [0.14 * c, 0.14 * s, h - 0.06], 0.016);
        }
    });
    (0..count).fold(model, |model, i| {
        let (s, c) = ((i as f32 + 0.5) / 6.0 * TAU * 1.7).sin_cos();
        let coat = Model::in_place("clothes", d, |b, d| {
            let cloth = Material::fabric(d);
            let cloth = b.material(cloth);
            let (r, long) = (d.between(0.09, 0.16), d.between(0.5, 1.0));
            b.sheet(cloth, [20, 8], |u, v| {
                let (s, c) = (u * TAU).sin_cos();
                let out =
                    r * (0.2 + 0.8 * (v * 3.0).min(1.0)) * (1.0 + 0.25 * noise3([c * 2.0, s * 2.0, v * 3.0], seed));
                [c * out, s * out, h - 0.05 - long * v]
            });
        });
        model.with_part(coat, Pose::at([0.16 * c, 0.16 * s, 0.0]))
    })
}

/// A cart with two or three shelves on casters, in the open or at a wall.
pub(crate) fn cart(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(0.4, 0.9), d.between(0.35, 0.55), d.between(0.65, 1.05));
    Model::new("cart", d, |b, d| {
        let m = Material::frame(d);
        let m = b.material(m);
        let board = Material::board(d);
        let board = b.material(board);
        let levels = 2 + d.below(2);
        for [sx, sy] in CORNERS {
            b.block(m, [sx * (w / 2.0 - 0.02), sy * (depth / 2.0 - 0.02), 0.06], [0.035, 0.035, h - 0.06]);
            b.puff(m, [sx * (w / 2.0 - 0.03), sy * (depth / 2.0 - 0.03), 0.04], [0.03, 0.04, 0.04], 2.0);
        }
        for i in 0..levels {
            let z = 0.12 + (h - 0.15) * i as f32 / (levels - 1) as f32;
            b.block(board, [0.0, 0.0, z], [w, depth, 0.03]);
            if d.chance(0.5) {
                let thing = Material::vivid(d);
                let thing = b.material(thing);
                let size = [d.between(0.1, 0.5) * w, d.between(0.2, 0.7) * depth, d.between(0.08, 0.22)];
                b.block(thing, [d.between(-0.2, 0.2) * w, 0.0, z + 0.03], size);
            }
        }
        if d.chance(0.4) {
            b.path(
                m,
                &[
                    [w / 2.0, -depth * 0.4, h],
                    [w / 2.0 + 0.1, -depth * 0.4, h],
                    [w / 2.0 + 0.1, depth * 0.4, h],
                    [w / 2.0, depth * 0.4, h],
                ],
                0.016,
            );
        }
    })
}
