//! Objects on walls and at windows: pictures, boards, mirrors, curtains, radiators.

use crate::dice::Dice;
use crate::math::noise3;
use crate::scene::{Material, Model, Pattern};
use std::f32::consts::TAU;

/// A framed picture or a poster; z = 0 is its lower edge.
pub(crate) fn picture(d: &mut Dice) -> Model {
    let (w, h) = (d.between(0.35, 1.0), d.between(0.35, 0.85));
    let framed = d.chance(0.8);
    let deep = if framed { d.between(0.025, 0.05) } else { 0.012 };
    let name = if framed { "picture" } else { "poster" };
    Model::new(name, [w, 2.0 * deep, h], move |b, d| {
        let paint = Material::patterned(
            [d.between(0.1, 0.9), d.between(0.1, 0.9), d.between(0.1, 0.9)],
            [d.between(0.1, 0.9), d.between(0.1, 0.9), d.between(0.1, 0.9)],
            Pattern::Painting,
            d.between(0.08, 0.25),
            d.word(),
        );
        let paint = b.material(paint);
        let x = w / 2.0;
        // The footprint is centered at y = 0, so the back, at the wall, is at y = -deep.
        let (back, front) = (-deep, 0.0);
        if !framed {
            b.cuboid(paint, [-x, back, 0.0], [x, front, h]);
            return;
        }
        let wood = if d.chance(0.5) { Material::wood(d) } else { Material::black(d) };
        let wood = b.material(wood);
        let rim = d.between(0.03, 0.06);
        b.cuboid(paint, [-x + rim, back, rim], [x - rim, front - 0.012, h - rim]);
        b.cuboid(wood, [-x, back, 0.0], [x, front, rim]);
        b.cuboid(wood, [-x, back, h - rim], [x, front, h]);
        b.cuboid(wood, [-x, back, rim], [-x + rim, front, h - rim]);
        b.cuboid(wood, [x - rim, back, rim], [x, front, h - rim]);
    })
}

/// A curtain panel beside or in front of a window; z = 0 is its lower hem.
pub(crate) fn curtain(d: &mut Dice, w: f32, h: f32) -> Model {
    let (fold, seed) = (d.between(0.03, 0.05), d.word());
    let pitch = d.between(0.13, 0.2);
    Model::new("curtain", [w, 0.12, h], move |b, d| {
        let cloth = Material::fabric(d);
        let cloth = b.material(cloth);
        let waves = (w / pitch).round().max(1.0);
        b.sheet(cloth, [waves as usize * 8, 10], move |u, v| {
            let gather = 1.0 - 0.12 * (v * TAU / 2.0).sin();
            let sway = 0.015 * noise3([u * 4.0, v * 3.0, 0.0], seed);
            [(u - 0.5) * w * gather, fold * (u * waves * TAU).sin() + sway, h * (1.0 - v)]
        });
    })
}

/// A whiteboard, outside the twenty classes.
pub(crate) fn whiteboard(d: &mut Dice) -> Model {
    let (w, h) = (d.between(1.2, 2.0), d.between(0.9, 1.15));
    Model::new("whiteboard", [w, 0.06, h], move |b, d| {
        let ink = Material::patterned([0.93; 3], [0.55, 0.6, 0.75], Pattern::Print, 0.09, d.word());
        let ink = b.material(ink);
        let metal = Material::metal(d);
        let rim = b.material(metal);
        let x = w / 2.0;
        b.cuboid(ink, [-x, -0.03, 0.0], [x, 0.0, h]);
        b.cuboid(rim, [-x, -0.03, -0.03], [x, 0.05, 0.0]);
    })
}

/// A mirror, outside the twenty classes. The sensor loses most of its glass.
pub(crate) fn mirror(d: &mut Dice) -> Model {
    let (w, h) = (d.between(0.45, 0.9), d.between(0.6, 0.95));
    Model::new("mirror", [w, 0.05, h], move |b, d| {
        let glass = b.material(Material::plain([0.62, 0.66, 0.68]).lossy(0.45));
        let wood = Material::wood(d);
        let rim = b.material(wood);
        let x = w / 2.0;
        b.cuboid(glass, [-x + 0.03, -0.025, 0.03], [x - 0.03, -0.005, h - 0.03]);
        for (low, high) in [
            ([-x, -0.025, 0.0], [x, 0.02, 0.035]),
            ([-x, -0.025, h - 0.035], [x, 0.02, h]),
            ([-x, -0.025, 0.0], [-x + 0.035, 0.02, h]),
            ([x - 0.035, -0.025, 0.0], [x, 0.02, h]),
        ] {
            b.cuboid(rim, low, high);
        }
    })
}

/// A television, on the wall or on a low cabinet, outside the twenty classes.
pub(crate) fn television(d: &mut Dice) -> Model {
    let w = d.between(0.8, 1.25);
    let h = w * 0.58;
    Model::new("tv", [w, 0.09, h + 0.06], move |b, d| {
        let black = Material::black(d);
        let shell = b.material(black);
        let screen = b.material(black.lossy(0.25));
        b.block(shell, [0.0, 0.0, 0.06], [w, 0.05, h]);
        b.cuboid(screen, [-w / 2.0 + 0.02, 0.02, 0.08], [w / 2.0 - 0.02, 0.027, h + 0.04]);
        b.block(shell, [0.0, 0.0, 0.0], [0.4, 0.09, 0.03]);
        b.block(shell, [0.0, 0.0, 0.0], [0.08, 0.04, 0.08]);
    })
}

/// A radiator with ribs.
pub(crate) fn radiator(d: &mut Dice) -> Model {
    let (w, h) = (d.between(0.6, 1.2), d.between(0.5, 0.65));
    Model::new("radiator", [w, 0.14, h], move |b, d| {
        let white = Material::ceramic(d);
        let white = b.material(white);
        let ribs = (w / 0.09).round().max(3.0) as usize;
        for i in 0..ribs {
            let x = -w / 2.0 + w * (i as f32 + 0.5) / ribs as f32;
            b.block(white, [x, 0.0, 0.1], [0.055, 0.13, h - 0.1]);
        }
        b.cuboid(white, [-w / 2.0, -0.03, 0.14], [w / 2.0, 0.04, 0.2]);
        b.cuboid(white, [-w / 2.0, -0.03, h - 0.1], [w / 2.0, 0.04, h - 0.04]);
    })
}

/// Open boards on a wall, outside the twenty classes; z = 0 is the lowest.
pub(crate) fn wall_shelf(d: &mut Dice) -> Model {
    let (w, boards) = (d.between(0.6, 1.1), 1 + d.below(2));
    Model::new("shelf", [w, 0.24, 0.3 * boards as f32], move |b, d| {
        let wood = Material::wood(d);
        let wood = b.material(wood);
        for i in 0..boards {
            let z = 0.3 * i as f32;
            b.block(wood, [0.0, 0.0, z], [w, 0.24, 0.035]);
            for _ in 0..2 + d.below(3) {
                let item = Material::vivid(d);
                let item = b.material(item);
                let x = d.between(-0.4, 0.4) * w;
                b.block(item, [x, 0.0, z + 0.035], [d.between(0.05, 0.15), 0.12, d.between(0.08, 0.2)]);
            }
        }
    })
}
