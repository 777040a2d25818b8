//! Things on tops and on the floor.

use crate::dice::Dice;
use crate::math::{Pose, noise3};
use crate::scene::{Material, Model, Pattern, Ring};
use std::f32::consts::TAU;

/// A pillow with its middle at the origin.
pub(crate) fn pillow(d: &mut Dice, half: [f32; 3]) -> Model {
    let soft = d.between(2.4, 3.8);
    Model::in_place("pillow", d, |b, d| {
        let cloth = Material::linen(d);
        let cloth = b.material(cloth);
        b.puff(cloth, [0.0; 3], half, soft);
    })
}

/// A stack of books, or some that lie side by side, on a top.
pub(crate) fn book_stack(d: &mut Dice) -> Model {
    let n = 1 + d.below(7);
    Model::new("books", d, |b, d| {
        let mut z = 0.0;
        for _ in 0..n {
            let cover = Material::vivid(d);
            let cover = b.material(cover);
            let (thick, turn) = (d.between(0.015, 0.055), d.between(-0.3, 0.3));
            let size = [d.between(0.16, 0.3), d.between(0.12, 0.22), thick];
            b.inside(Pose::turned([0.0, 0.0, z], turn)).block(cover, [0.0; 3], size);
            z += thick;
        }
    })
}

/// Sheets of paper, loose or stacked, on a top.
pub(crate) fn paper_stack(d: &mut Dice) -> Model {
    Model::new("papers", d, |b, d| {
        for i in 0..1 + d.below(5) {
            let sheet = Material::patterned([d.between(0.75, 0.95); 3], [0.4; 3], Pattern::Print, 0.02, d.word());
            let sheet = b.material(sheet);
            let at = [d.between(-0.15, 0.15), d.between(-0.1, 0.1), 0.004 * i as f32];
            let high = if d.chance(0.3) { d.between(0.02, 0.1) } else { 0.006 };
            b.inside(Pose::turned(at, d.between(-0.5, 0.5))).block(sheet, [0.0; 3], [0.3, 0.21, high]);
        }
    })
}

/// Bottles, on a top or the floor.
pub(crate) fn bottles(d: &mut Dice) -> Model {
    Model::new("bottle", d, |b, d| {
        for i in 0..1 + d.below(4) {
            let m = if d.chance(0.3) { Material::glass(d) } else { Material::vivid(d) };
            let m = b.material(m);
            let (x, y) = (0.1 * i as f32, d.between(-0.05, 0.05));
            let (r, h) = (d.between(0.028, 0.05), d.between(0.15, 0.34));
            let ring = |z: f32, s: f32| Ring::circle([x, y, z], r * s);
            b.loft(m, &[ring(0.0, 1.0), ring(h * 0.65, 1.0), ring(h * 0.8, 0.45), ring(h, 0.4)], 14);
        }
    })
}

/// Cables and plugs on the floor, which nobody annotates.
pub(crate) fn cables(d: &mut Dice) -> Model {
    let seed = d.word();
    Model::new("cable", d, |b, d| {
        let m = if d.chance(0.6) { Material::black(d) } else { Material::ceramic(d) };
        let m = b.material(m);
        let (long, curl) = (d.between(0.4, 1.2), d.between(0.1, 0.3));
        let points: Vec<_> = (0..=24)
            .map(|i| {
                let t = i as f32 / 24.0;
                [
                    long * (t - 0.5) + curl * noise3([t * 5.0, 1.0, 0.0], seed),
                    curl * noise3([t * 5.0, 7.0, 0.0], seed),
                    0.014,
                ]
            })
            .collect();
        b.path(m, &points, 0.013);
        b.block(m, [0.0, 0.0, 0.0], [d.between(0.15, 0.35), 0.06, 0.045]);
    })
    .unnamed()
}

/// A thin rug, round or rectangular, outside the twenty classes.
pub(crate) fn rug(d: &mut Dice, w: f32, depth: f32) -> Model {
    let round = d.chance(0.2);
    let name = if w < 0.95 { "floor mat" } else { "rug" };
    let thick = d.between(0.012, 0.03);
    Model::new(name, d, |b, d| {
        let mut cloth = Material::fabric(d);
        cloth.size = cloth.size.max(d.between(0.05, 0.2));
        let cloth = b.material(cloth);
        let e = if round { 2.0 } else { 40.0 };
        b.disc(cloth, [0.0; 3], [w / 2.0, depth / 2.0], e, thick);
    })
}

/// Small clutter without a name, such as bottles, cups, tools and paper.
pub(crate) fn odds_and_ends(d: &mut Dice) -> Model {
    let n = 1 + d.below(4);
    Model::new("object", d, |b, d| {
        for _ in 0..n {
            let m = if d.chance(0.3) { Material::ceramic(d) } else { Material::vivid(d) };
            let m = b.material(m);
            let foot = [d.between(-0.09, 0.09), d.between(-0.09, 0.09), 0.0];
            match d.below(4) {
                0 => b.cylinder(m, foot, d.between(0.03, 0.05), d.between(0.08, 0.25)),
                1 => b.block(m, foot, [d.between(0.08, 0.2), d.between(0.06, 0.12), d.between(0.03, 0.16)]),
                2 => {
                    let (s, c) = (d.unit() * TAU).sin_cos();
                    let at = [foot[0], foot[1], 0.018];
                    b.tube(m, at, [at[0] + 0.2 * c, at[1] + 0.2 * s, 0.018], 0.018);
                }
                _ => b.puff(m, [foot[0], foot[1], 0.05], [0.06, 0.05, 0.05], 2.5),
            }
        }
    })
    .unnamed()
}
