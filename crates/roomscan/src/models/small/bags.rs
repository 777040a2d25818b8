//! Boxes, bags, suitcases, clothes and shoes.

use super::super::parts::SIDES;
use crate::dice::Dice;
use crate::math::{Pose, noise3};
use crate::scene::{Brush, Material, Model, Ring};
use std::f32::consts::TAU;

fn carton(b: &mut Brush, d: &mut Dice, [w, depth, h]: [f32; 3], open: bool) {
    let card = if d.chance(0.75) { Material::card(d) } else { Material::vivid(d) };
    let card = b.material(card);
    if !open {
        b.block(card, [0.0; 3], [w, depth, h]);
        return;
    }
    let (x, y) = (w / 2.0, depth / 2.0);
    b.block(card, [0.0; 3], [w, depth, h * d.between(0.1, 0.7)]);
    for s in SIDES {
        b.block(card, [s * x, 0.0, 0.0], [0.01, depth, h]);
        b.block(card, [0.0, s * y, 0.0], [w, 0.01, h]);
        let lean = d.between(-1.2, 1.2);
        let mut flap = b.inside(Pose::tilted([0.0, s * y, h], -s * lean));
        flap.cuboid(card, [-x, -0.005, 0.0], [x, 0.005, depth * 0.4]);
    }
}

/// A cardboard box, closed or open, or a stack of some, on the floor or a top.
pub(crate) fn cardboard_box(d: &mut Dice) -> Model {
    let count = d.pick(&[1, 1, 1, 1, 2, 3]);
    Model::new("box", d, |b, d| {
        let mut z = 0.0;
        for i in 0..count {
            let size = [d.between(0.18, 0.55), d.between(0.15, 0.42), d.between(0.1, 0.42)];
            let open = i + 1 == count && d.chance(0.3);
            let at = Pose::turned([d.between(-0.03, 0.03), d.between(-0.03, 0.03), z], d.between(-0.15, 0.15));
            carton(&mut b.inside(at), d, size, open);
            z += size[2];
        }
    })
}

/// A soft pile, such as "clothes" or a "bag": flat and wide, or high; a bag may have handles.
pub(crate) fn heap(name: &'static str, d: &mut Dice) -> Model {
    let (r, h) = (d.between(0.13, 0.36), d.between(0.07, 0.36));
    let (long, seed) = (d.between(0.6, 1.0), d.word());
    Model::new(name, d, |b, d| {
        let cloth = Material::fabric(d);
        let cloth = b.material(cloth);
        if name == "bag" && d.chance(0.5) {
            upright_bag(b, d, cloth);
            return;
        }
        let crisp = d.between(1.5, 3.0);
        b.sheet(cloth, [28, 12], |u, v| {
            let (s, c) = (u * TAU).sin_cos();
            let lump = 1.0 + 0.35 * noise3([c * crisp, s * crisp, v * 3.0], seed);
            let out = r * 0.85 * lump * (v * TAU / 4.0).sin();
            [c * out, s * out * long, (h * 0.9 * lump * (v * TAU / 4.0).cos()).max(0.0)]
        });
    })
}

/// A paper bag, a handbag or a sack.
fn upright_bag(b: &mut Brush, d: &mut Dice, m: u32) {
    let (x, y, h) = (d.between(0.12, 0.25), d.between(0.06, 0.14), d.between(0.22, 0.5));
    let e = d.pick(&[2.5, 5.0, 12.0]);
    let ring = |z: f32, s: f32, t: f32| Ring::new([0.0, 0.0, z], [x * s, y * t], e);
    b.loft(m, &[ring(0.0, 0.9, 0.9), ring(h * 0.5, 1.0, 1.0), ring(h, 0.9, d.between(0.2, 0.9))], 24);
    if d.chance(0.7) {
        let rise = h + d.between(0.05, 0.18);
        b.path(m, &[[-x * 0.5, 0.0, h], [-x * 0.3, 0.0, rise], [x * 0.3, 0.0, rise], [x * 0.5, 0.0, h]], 0.014);
    }
}

/// A backpack at a wall or on the floor, standing or lying.
pub(crate) fn backpack(d: &mut Dice) -> Model {
    let (x, h, deep) = (d.between(0.13, 0.2), d.between(0.36, 0.6), d.between(0.07, 0.13));
    let lying = d.chance(0.3);
    Model::new("backpack", d, |b, d| {
        let cloth = if d.chance(0.5) { Material::black(d) } else { Material::vivid(d) };
        let cloth = b.material(cloth);
        let pose = if lying {
            Pose::tilted([0.0, h / 2.0, deep + 0.06], TAU / 4.0)
        } else {
            Pose::tilted([0.0; 3], d.between(0.0, 0.25))
        };
        let mut b = b.inside(pose);
        b.puff(cloth, [0.0, 0.0, h / 2.0], [x, deep, h / 2.0], d.between(2.5, 4.0));
        b.puff(cloth, [0.0, deep * 0.8, h * 0.35], [x * 0.75, deep * 0.6, h * 0.25], 3.5);
        for s in SIDES {
            b.path(
                cloth,
                &[
                    [s * x * 0.4, -deep, h * 0.85],
                    [s * x * 0.5, -deep - 0.04, h * 0.5],
                    [s * x * 0.6, -deep * 0.8, h * 0.1],
                ],
                0.02,
            );
        }
    })
}

/// A suitcase, standing or lying, hard or soft, with its handle out or not; it counts as other furniture.
pub(crate) fn suitcase(d: &mut Dice) -> Model {
    let (x, deep, h) = (d.between(0.17, 0.28), d.between(0.1, 0.17), d.between(0.48, 0.8));
    let lying = d.chance(0.3);
    Model::new("suitcase", d, |b, d| {
        let shell = if d.chance(0.4) { Material::black(d) } else { Material::vivid(d) };
        let shell = b.material(shell);
        let e = d.between(4.0, 10.0);
        let foot = if lying { 0.0 } else { 0.03 };
        let pose = if lying { Pose::tilted([0.0, h / 2.0, deep], TAU / 4.0) } else { Pose::IDENTITY };
        let mut b = b.inside(pose);
        let ring = |z: f32, s: f32| Ring::new([0.0, 0.0, z], [x * s, deep * s], e);
        b.loft(shell, &[ring(foot, 0.9), ring(foot + 0.03, 1.0), ring(h - 0.03, 1.0), ring(h, 0.9)], 24);
        if !lying && d.chance(0.4) {
            let top = h + d.between(0.2, 0.4);
            let p = |x: f32, z: f32| [x, -deep * 0.7, z];
            b.path(shell, &[p(-0.09, h), p(-0.09, top), p(0.09, top), p(0.09, h)], 0.016);
        }
    })
}

fn shoe(b: &mut Brush, m: u32, at: Pose, high: bool) {
    let mut b = b.inside(at);
    b.puff(m, [0.0, 0.04, 0.035], [0.045, 0.1, 0.04], 2.6);
    b.puff(m, [0.0, -0.07, 0.05], [0.042, 0.06, 0.06], 2.6);
    if high {
        b.cylinder(m, [0.0, -0.07, 0.05], 0.045, 0.2);
    }
}

/// A few pairs of shoes on the floor, at a wall.
pub(crate) fn shoes(d: &mut Dice) -> Model {
    let pairs = 1 + d.below(4);
    Model::new("shoes", d, |b, d| {
        for i in 0..pairs {
            let m = if d.chance(0.5) { Material::black(d) } else { Material::vivid(d) };
            let (m, high) = (b.material(m), d.chance(0.15));
            for s in SIDES {
                let at = [0.26 * i as f32 + 0.06 * s, d.between(-0.04, 0.04), 0.0];
                shoe(b, m, Pose::turned(at, d.between(-0.35, 0.35)), high);
            }
        }
    })
}

/// A low rack with shoes, at a wall.
pub(crate) fn shoe_rack(d: &mut Dice) -> Model {
    let (w, levels) = (d.between(0.5, 1.0), 2 + d.below(3));
    Model::new("shoe rack", d, |b, d| {
        let m = Material::frame(d);
        let m = b.material(m);
        for s in SIDES {
            b.block(m, [s * w / 2.0, 0.0, 0.0], [0.03, 0.28, 0.2 * levels as f32]);
        }
        for i in 0..levels {
            let z = 0.06 + 0.2 * i as f32;
            b.block(m, [0.0, 0.0, z], [w, 0.28, 0.025]);
            for k in 0..(w / 0.12) as usize {
                if d.chance(0.7) {
                    let colour = b.material(Material::vivid(d));
                    let at = Pose::at([-w / 2.0 + 0.08 + 0.12 * k as f32, 0.0, z + 0.025]);
                    shoe(b, colour, at, false);
                }
            }
        }
    })
}
