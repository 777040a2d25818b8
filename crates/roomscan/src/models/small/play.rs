//! Music, sport and toys.

use super::super::parts::{Legs, SIDES, facing};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model, Ring};
use std::f32::consts::TAU;

/// A piano: upright or electric, at a wall with its keys to the front, or a small grand one for the open.
pub(crate) fn piano(d: &mut Dice) -> Model {
    let kind = d.below(6);
    Model::new("piano", d, |b, d| {
        let m = if d.chance(0.6) { Material::black(d) } else { Material::wood(d) };
        let m = b.material(m);
        let keys = b.material(Material::plain([0.88; 3]));
        let (w, key) = (d.between(1.3, 1.5), d.between(0.66, 0.74));
        let (x, h) = (w / 2.0, d.between(1.05, 1.3));
        match kind {
            0 => {
                // A curved body behind the keys, on three legs, often with its lid open.
                let long = d.between(0.9, 1.2);
                let half = long / 2.0;
                b.disc(m, [-0.12, -half, key], [x - 0.12, half], 2.8, 0.28);
                b.cuboid(m, [-x, -0.3, key], [x, 0.0, key + 0.26]);
                b.cuboid(m, [-x, 0.0, key - 0.05], [x, 0.2, key]);
                b.cuboid(keys, [-x + 0.06, 0.02, key], [x - 0.06, 0.18, key + 0.025]);
                for [px, py] in [[-x + 0.1, 0.0], [x - 0.1, 0.0], [-0.15, -long + 0.2]] {
                    b.cylinder(m, [px, py, 0.0], 0.05, key);
                }
                if d.chance(0.5) {
                    let lid = Pose {
                        axes: [[0.75, 0.0, 0.66], [0.0, 1.0, 0.0], [-0.66, 0.0, 0.75]],
                        origin: [-x, -half, key + 0.3],
                    };
                    b.inside(lid).disc(m, [x * 0.75, 0.0, 0.0], [x * 0.75, half], 3.0, 0.025);
                }
            }
            1 | 2 => {
                let legs = if d.chance(0.5) { Legs::Boards } else { Legs::Crossed };
                legs.draw(b, m, [x - 0.1, 0.14], key, 0.04);
                b.block(m, [0.0, 0.0, key], [w, 0.3, 0.12]);
                b.block(keys, [0.0, 0.08, key + 0.1], [w - 0.1, 0.14, 0.025]);
            }
            _ => {
                b.cuboid(m, [-x, -0.3, 0.0], [x, 0.0, h]);
                b.cuboid(m, [-x, 0.0, key - 0.1], [x, 0.26, key]);
                b.cuboid(keys, [-x + 0.06, 0.05, key], [x - 0.06, 0.2, key + 0.02]);
                for s in SIDES {
                    b.block(m, [s * (x - 0.03), 0.13, 0.0], [0.06, 0.26, key + 0.06]);
                }
            }
        }
    })
}

/// A ring of tubes of radius `r` around `c`, in the plane of x and z.
fn wheel(b: &mut Brush, m: u32, c: [f32; 3], r: f32, thick: f32) {
    let p = |i: usize| {
        let (s, k) = (i as f32 / 20.0 * TAU).sin_cos();
        [c[0] + r * k, c[1], c[2] + r * s]
    };
    for i in 0..20 {
        b.tube(m, p(i), p(i + 1), thick);
    }
    for i in 0..5 {
        b.tube(m, p(2 * i), p(2 * i + 10), 0.008);
    }
}

/// A bicycle along x, at a wall.
pub(crate) fn bicycle(d: &mut Dice) -> Model {
    Model::new("bicycle", d, |b, d| {
        let paint = Material::vivid(d);
        let paint = b.material(paint);
        let black = Material::black(d);
        let black = b.material(black);
        let size = d.between(0.75, 1.05);
        let (r, x) = (0.33 * size, 0.52 * size);
        for s in SIDES {
            wheel(b, black, [s * x, 0.0, r], r - 0.015, 0.022);
        }
        let (saddle, head, crank) =
            ([-0.22 * size, 0.0, 0.85 * size], [0.36 * size, 0.0, 0.82 * size], [-0.08 * size, 0.0, r]);
        let t = 0.02;
        b.path(paint, &[[-x, 0.0, r], crank, saddle, [-x, 0.0, r]], t);
        b.path(paint, &[saddle, head, crank], t);
        b.path(paint, &[[x, 0.0, r], head, [0.34 * size, 0.0, 0.98 * size]], t);
        b.tube(black, [0.36 * size, -0.28, 0.99 * size], [0.36 * size, 0.28, 0.99 * size], t);
        b.puff(black, [saddle[0], 0.0, saddle[2] + 0.06], [0.13, 0.07, 0.035], 2.5);
        b.tube(black, [crank[0] + 0.1, -0.12, r - 0.1], [crank[0] - 0.1, 0.12, r + 0.1], 0.016);
        if d.chance(0.3) {
            b.block(black, [x + 0.05, 0.0, 0.8 * size], [0.28, 0.34, 0.22]);
        }
    })
}

/// A treadmill or a bicycle for exercise, in the open, facing +y.
pub(crate) fn exercise_machine(d: &mut Dice) -> Model {
    let run = d.chance(0.5);
    Model::new(if run { "treadmill" } else { "exercise bike" }, d, |b, d| {
        let m = Material::black(d);
        let m = b.material(m);
        let shell = Material::frame(d);
        let shell = b.material(shell);
        if run {
            let (x, y, h) = (d.between(0.32, 0.4), d.between(0.7, 0.9), d.between(1.15, 1.4));
            b.block(m, [0.0, 0.0, 0.03], [2.0 * x, 2.0 * y, 0.12]);
            b.block(shell, [0.0, y - 0.15, 0.12], [2.0 * x, 0.3, 0.12]);
            for s in SIDES {
                b.path(shell, &[[s * x, y - 0.1, 0.15], [s * x, y - 0.25, h - 0.15], [s * x, 0.1, h - 0.25]], 0.03);
            }
            b.inside(Pose::tilted([0.0, y - 0.25, h - 0.12], 0.5)).block(m, [0.0; 3], [2.0 * x, 0.08, 0.3]);
        } else {
            for y in [-0.45, 0.45] {
                b.block(m, [0.0, y, 0.0], [0.5, 0.08, 0.06]);
            }
            b.block(m, [0.0, 0.0, 0.03], [0.09, 0.9, 0.06]);
            b.puff(shell, [0.0, 0.12, 0.32], [0.06, 0.3, 0.26], 2.5);
            b.tube(m, [0.0, -0.2, 0.1], [0.0, -0.28, 0.85], 0.03);
            b.puff(m, [0.0, -0.3, 0.88], [0.12, 0.14, 0.05], 2.5);
            b.path(m, &[[0.0, 0.35, 0.4], [0.0, 0.3, 1.1], [0.0, 0.12, 1.18]], 0.03);
            b.tube(m, [-0.25, 0.15, 1.15], [0.25, 0.15, 1.15], 0.02);
        }
    })
}

/// A guitar on a stand or at a wall, or a case of one.
pub(crate) fn guitar(d: &mut Dice) -> Model {
    Model::new("guitar", d, |b, d| {
        let m = if d.chance(0.6) { Material::wood(d) } else { Material::vivid(d) };
        let m = b.material(m);
        let black = Material::black(d);
        let black = b.material(black);
        let (lean, thick) = (d.between(0.1, 0.25), d.between(0.045, 0.11));
        let mut up = b.inside(Pose::tilted([0.0, 0.0, 0.03], lean));
        let mut body = facing(&mut up, [0.0, 0.0, 0.0]);
        body.disc(m, [0.0, 0.2, 0.0], [0.19, 0.2], 2.2, thick);
        body.disc(m, [0.0, 0.42, 0.0], [0.14, 0.13], 2.2, thick);
        body.block(black, [0.0, 0.72, thick - 0.03], [0.055, 0.5, 0.03]);
        body.block(black, [0.0, 1.0, thick - 0.04], [0.08, 0.15, 0.03]);
        if d.chance(0.6) {
            for s in SIDES {
                b.tube(black, [s * 0.15, 0.2, 0.0], [0.0, -0.05, 0.35], 0.014);
            }
            b.tube(black, [0.0, -0.25, 0.0], [0.0, -0.05, 0.35], 0.014);
        }
    })
}

/// A large ball for exercise, in the open.
pub(crate) fn exercise_ball(d: &mut Dice) -> Model {
    let r = d.between(0.2, 0.38);
    Model::new("ball", d, |b, d| {
        let m = b.material(Material::vivid(d));
        b.puff(m, [0.0, 0.0, r * 0.97], [r, r, r * 0.97], 2.0);
    })
}

/// Toys on the floor: blocks, a ball, an animal.
pub(crate) fn toys(d: &mut Dice) -> Model {
    Model::new("toy", d, |b, d| {
        for _ in 0..3 + d.below(5) {
            let m = b.material(Material::vivid(d));
            let [x, y] = [d.between(-0.35, 0.35), d.between(-0.3, 0.3)];
            let s = d.between(0.05, 0.13);
            match d.below(3) {
                0 => b.block(m, [x, y, 0.0], [s * 1.5, s, s]),
                1 => b.puff(m, [x, y, s], [s; 3], 2.0),
                _ => {
                    b.puff(m, [x, y, s], [s * 0.8, s * 0.7, s], 2.2);
                    b.puff(m, [x, y + s * 0.2, 2.3 * s], [s * 0.6; 3], 2.0);
                    for k in SIDES {
                        b.puff(m, [x + k * s * 0.9, y + s * 0.4, s * 0.9], [s * 0.3, s * 0.5, s * 0.3], 2.0);
                        b.loft(
                            m,
                            &[
                                Ring::circle([x + k * s * 0.4, y, 2.7 * s], s * 0.2),
                                Ring::circle([x + k * s * 0.5, y, 3.1 * s], s * 0.1),
                            ],
                            8,
                        );
                    }
                }
            }
        }
    })
}
