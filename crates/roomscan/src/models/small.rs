//! Small objects, most of them outside the twenty classes, and clutter without a name.

use crate::dice::Dice;
use crate::math::{Pose, noise3};
use crate::scene::{Material, Model, Pattern, Ring};
use std::f32::consts::TAU;

pub(crate) fn pillow(d: &mut Dice, half: [f32; 3]) -> Model {
    let soft = d.between(2.6, 3.6);
    Model::new("pillow", half.map(|h| 2.0 * h), move |b, d| {
        let cloth = if d.chance(0.5) { Material::plain([0.88, 0.87, 0.84]) } else { Material::fabric(d) };
        let cloth = b.material(cloth);
        b.puff(cloth, [0.0; 3], half, soft);
    })
}

pub(crate) fn monitor(d: &mut Dice) -> Model {
    let w = d.between(0.42, 0.62);
    let h = w * 0.6;
    Model::new("monitor", [w, 0.2, h + 0.12], move |b, d| {
        let black = Material::black(d);
        let shell = b.material(black);
        let screen = b.material(black.lossy(0.2));
        b.block(shell, [0.0, 0.0, 0.12], [w, 0.05, h]);
        b.cuboid(screen, [-w / 2.0 + 0.02, 0.02, 0.14], [w / 2.0 - 0.02, 0.028, h + 0.1]);
        b.block(shell, [0.0, -0.03, 0.0], [0.06, 0.04, 0.2]);
        b.loft(shell, &[Ring::circle([0.0; 3], 0.11), Ring::circle([0.0, 0.0, 0.02], 0.1)], 16);
    })
}

pub(crate) fn keyboard(_: &mut Dice) -> Model {
    Model::new("keyboard", [0.44, 0.15, 0.03], |b, d| {
        let keys = Material::patterned([0.12; 3], [0.3; 3], Pattern::Check, 0.02, d.word());
        let keys = b.material(keys);
        b.block(keys, [0.0; 3], [0.44, 0.15, 0.03]);
    })
}

fn shade(d: &mut Dice) -> Material {
    Material::plain([0.93, d.between(0.85, 0.92), d.between(0.68, 0.85)])
}

pub(crate) fn table_lamp(d: &mut Dice) -> Model {
    let (r, h) = (d.between(0.12, 0.17), d.between(0.4, 0.55));
    Model::new("lamp", [2.0 * r, 2.0 * r, h], move |b, d| {
        let body = Material::vivid(d);
        let body = b.material(body);
        let ring = |z: f32, r: f32| Ring::circle([0.0, 0.0, z], r);
        b.loft(body, &[ring(0.0, 0.08), ring(0.05, 0.07), ring(h * 0.35, 0.055), ring(h * 0.6, 0.03)], 14);
        let paper = shade(d);
        let paper = b.material(paper);
        b.loft(paper, &[ring(h * 0.55, r), ring(h, r * 0.7)], 18);
    })
}

pub(crate) fn desk_lamp(d: &mut Dice) -> Model {
    let h = d.between(0.35, 0.5);
    Model::new("lamp", [0.2, 0.3, h], move |b, d| {
        let metal = Material::black(d);
        let metal = b.material(metal);
        b.cylinder(metal, [0.0; 3], 0.08, 0.03);
        b.tube(metal, [0.0, 0.0, 0.03], [0.0, -0.06, h], 0.02);
        b.tube(metal, [0.0, -0.06, h], [0.0, 0.12, h - 0.05], 0.02);
        b.tube(metal, [0.0, 0.1, h - 0.02], [0.0, 0.16, h - 0.14], 0.06);
    })
}

pub(crate) fn floor_lamp(d: &mut Dice) -> Model {
    let (r, h) = (d.between(0.16, 0.24), d.between(1.45, 1.75));
    Model::new("lamp", [2.0 * r, 2.0 * r, h], move |b, d| {
        let metal = Material::black(d);
        let metal = b.material(metal);
        b.cylinder(metal, [0.0; 3], 0.14, 0.03);
        b.cylinder(metal, [0.0; 3], 0.022, h - 0.2);
        let paper = shade(d);
        let paper = b.material(paper);
        let ring = |z: f32, r: f32| Ring::circle([0.0, 0.0, z], r);
        b.loft(paper, &[ring(h - 0.32, r), ring(h, r * 0.65)], 18);
    })
}

/// A round or square trash can, often with a bag over its rim. It counts as other furniture.
pub(crate) fn trash_can(d: &mut Dice) -> Model {
    let (r, h) = (d.between(0.12, 0.2), d.between(0.28, 0.6));
    let square = d.chance(0.4);
    let name = if d.chance(0.8) { "trash can" } else { "recycling bin" };
    Model::new(name, [2.0 * r, 2.0 * r, h], move |b, d| {
        let plastic = if d.chance(0.6) { Material::black(d) } else { Material::vivid(d) };
        let plastic = b.material(plastic);
        let e = if square { 8.0 } else { 2.0 };
        let ring = |z: f32, s: f32| Ring::new([0.0, 0.0, z], [r * s, r * s], e);
        let fill = h * d.between(0.3, 0.8);
        b.loft(plastic, &[ring(0.0, 0.8), ring(h, 1.0), ring(h, 0.88), ring(fill, 0.8)], 20);
    })
}

pub(crate) fn washing_machine(d: &mut Dice) -> Model {
    let (w, depth, h) = (0.6, d.between(0.55, 0.62), d.between(0.84, 0.9));
    Model::new("washing machine", [w, depth, h], move |b, d| {
        let white = Material::ceramic(d);
        let white = b.material(white);
        b.block(white, [0.0, -0.01, 0.0], [w, depth - 0.02, h]);
        let glass = b.material(Material::plain([0.25, 0.27, 0.3]).lossy(0.2));
        let mut front = b.inside(Pose::tilted([0.0, depth / 2.0 - 0.03, h * 0.5], -TAU / 4.0));
        front.cylinder(white, [0.0; 3], 0.2, 0.05);
        front.cylinder(glass, [0.0, 0.0, 0.03], 0.14, 0.03);
    })
    .with_top(h)
}

pub(crate) fn suitcase(d: &mut Dice) -> Model {
    let (w, h) = (d.between(0.38, 0.5), d.between(0.55, 0.72));
    Model::new("suitcase", [w, 0.26, h], move |b, d| {
        let shell = Material::vivid(d);
        let shell = b.material(shell);
        b.loft(
            shell,
            &[0.03, 0.06, h - 0.03, h].map(|z| {
                let s = if z < 0.05 || z >= h { 0.9 } else { 1.0 };
                Ring::new([0.0, 0.0, z], [w / 2.0 * s, 0.13 * s], 6.0)
            }),
            24,
        );
    })
}

pub(crate) fn cardboard_box(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(0.25, 0.5), d.between(0.22, 0.4), d.between(0.15, 0.38));
    Model::new("box", [w, depth, h], move |b, d| {
        let card = Material::patterned([0.68, 0.53, 0.36], [0.5, 0.38, 0.25], Pattern::Weave, 0.2, d.word());
        let card = b.material(card);
        b.block(card, [0.0; 3], [w, depth, h]);
    })
}

/// A soft pile, such as "clothes" or a "bag".
pub(crate) fn heap(name: &'static str, d: &mut Dice) -> Model {
    let (r, h) = (d.between(0.17, 0.3), d.between(0.1, 0.26));
    let seed = d.word();
    Model::new(name, [2.0 * r, 2.0 * r, h], move |b, d| {
        let cloth = Material::fabric(d);
        let cloth = b.material(cloth);
        b.sheet(cloth, [24, 10], move |u, v| {
            let (s, c) = (u * TAU).sin_cos();
            let lump = 1.0 + 0.25 * noise3([c * 1.5, s * 1.5, v * 3.0], seed);
            let out = r * 0.85 * lump * (v * TAU / 4.0).sin();
            [c * out, s * out, h * 0.9 * lump * (v * TAU / 4.0).cos()]
        });
    })
}

pub(crate) fn backpack(d: &mut Dice) -> Model {
    let (w, h) = (d.between(0.28, 0.36), d.between(0.4, 0.5));
    Model::new("backpack", [w, 0.24, h], move |b, d| {
        let cloth = if d.chance(0.5) { Material::black(d) } else { Material::vivid(d) };
        let cloth = b.material(cloth);
        b.puff(cloth, [0.0, 0.0, h / 2.0], [w / 2.0, 0.1, h / 2.0], 3.5);
        b.puff(cloth, [0.0, 0.08, h * 0.35], [w * 0.36, 0.06, h * 0.25], 3.5);
    })
}

/// A plant: pot, stem and a crown of leaves.
pub(crate) fn plant(d: &mut Dice, tall: bool) -> Model {
    let (r, h) = if tall { (d.between(0.2, 0.32), d.between(0.8, 1.4)) } else { (0.13, d.between(0.25, 0.4)) };
    Model::new("plant", [2.0 * r, 2.0 * r, h], move |b, d| {
        let clay = b.material(Material::plain([0.6, d.between(0.3, 0.6), 0.28]));
        let leaf =
            b.material(Material::patterned([0.16, 0.38, 0.14], [0.35, 0.52, 0.2], Pattern::Weave, 0.05, d.word()));
        let pot = r * 0.6;
        let pot_high = h * 0.28;
        let ring = |z: f32, r: f32| Ring::circle([0.0, 0.0, z], r);
        b.loft(clay, &[ring(0.0, pot * 0.7), ring(pot_high, pot)], 16);
        b.cylinder(leaf, [0.0; 3], 0.025, h * 0.7);
        for i in 0..9 {
            let (s, c) = ((i as f32 * 0.382 + d.unit() * 0.1) * TAU).sin_cos();
            let (z, reach) = (h * d.between(0.42, 0.88), r * d.between(0.35, 0.62));
            let size = r * d.between(0.28, 0.45);
            let lean = Pose::turned([c * reach, s * reach, z], d.between(0.0, TAU))
                .then(&Pose::tilted([0.0; 3], d.between(-0.6, 0.6)));
            b.inside(lean).puff(leaf, [0.0; 3], [size, size, size * 0.3], 2.0);
        }
    })
}

/// A stack of books on a top.
pub(crate) fn book_stack(d: &mut Dice) -> Model {
    let n = 1 + d.below(4);
    Model::new("books", [0.26, 0.2, 0.05 * n as f32], move |b, d| {
        for i in 0..n {
            let cover = Material::vivid(d);
            let cover = b.material(cover);
            let turn = d.between(-0.25, 0.25);
            b.inside(Pose::turned([0.0, 0.0, 0.045 * i as f32], turn)).block(cover, [0.0; 3], [0.24, 0.17, 0.045]);
        }
    })
}

/// A thin rug, outside the twenty classes.
pub(crate) fn rug(d: &mut Dice, w: f32, depth: f32) -> Model {
    let round = d.chance(0.2);
    let name = if w < 0.95 { "floor mat" } else { "rug" };
    Model::new(name, [w, depth, 0.015], move |b, d| {
        let mut cloth = Material::fabric(d);
        cloth.size = cloth.size.max(d.between(0.05, 0.2));
        let cloth = b.material(cloth);
        let e = if round { 2.0 } else { 40.0 };
        let ring = |z: f32| Ring::new([0.0, 0.0, z], [w / 2.0, depth / 2.0], e);
        b.loft(cloth, &[ring(0.0), ring(0.015)], 40);
    })
}

/// Small clutter without a name, such as bottles, cups and paper.
pub(crate) fn odds_and_ends(d: &mut Dice) -> Model {
    let n = 1 + d.below(3);
    Model::clutter([0.2, 0.2, 0.2], move |b, d| {
        for _ in 0..n {
            let m = if d.chance(0.3) { Material::ceramic(d) } else { Material::vivid(d) };
            let m = b.material(m);
            let foot = [d.between(-0.07, 0.07), d.between(-0.07, 0.07), 0.0];
            match d.below(3) {
                0 => b.cylinder(m, foot, d.between(0.03, 0.05), d.between(0.08, 0.22)),
                1 => b.block(m, foot, [d.between(0.08, 0.16), d.between(0.06, 0.12), d.between(0.03, 0.14)]),
                _ => b.puff(m, [foot[0], foot[1], 0.05], [0.06, 0.05, 0.05], 2.5),
            }
        }
    })
}
