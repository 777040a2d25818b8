//! Toilets, washbasins, bathtubs, showers.

use crate::dice::Dice;
use crate::math::{Pose, noise3};
use crate::scene::{Material, Model, Pattern, Ring};
use std::f32::consts::TAU;

/// A bowl with an open or closed lid, and a tank at the wall.
pub(crate) fn toilet(d: &mut Dice) -> Model {
    let seat = d.between(0.38, 0.43);
    let tank = d.between(0.72, 0.82);
    let (w, depth) = (d.between(0.36, 0.42), d.between(0.66, 0.74));
    let open = d.chance(0.4);
    Model::new("toilet", [w + 0.06, depth, tank], move |b, d| {
        let white = Material::ceramic(d);
        let white = b.material(white);
        let (x, y) = (w / 2.0, depth / 2.0);
        let ring = |z: f32, sx: f32, sy: f32, cy: f32| Ring::new([0.0, cy, z], [x * sx, 0.24 * sy], 2.4);
        let bowl = y - 0.24;
        let shell = [
            ring(0.0, 0.62, 0.85, bowl - 0.08),
            ring(0.12, 0.55, 0.8, bowl - 0.06),
            ring(seat - 0.12, 0.9, 0.95, bowl - 0.01),
            ring(seat, 1.0, 1.0, bowl),
        ];
        if open {
            let mut rings = shell.to_vec();
            rings.extend([ring(seat, 0.68, 0.7, bowl), ring(seat - 0.16, 0.4, 0.4, bowl)]);
            b.loft(white, &rings, 28);
            b.inside(Pose::tilted([0.0, bowl - 0.22, seat], TAU * 0.27)).loft(
                white,
                &[Ring::new([0.0, 0.21, 0.0], [x, 0.21], 2.4), Ring::new([0.0, 0.21, 0.03], [x, 0.21], 2.4)],
                24,
            );
        } else {
            let mut rings = shell.to_vec();
            rings.extend([ring(seat + 0.03, 1.0, 1.0, bowl), ring(seat + 0.045, 0.85, 0.85, bowl)]);
            b.loft(white, &rings, 28);
        }
        b.cuboid(white, [-x * 0.5, -y + 0.02, 0.0], [x * 0.5, bowl - 0.1, seat - 0.05]);
        b.cuboid(white, [-x - 0.02, -y, seat - 0.04], [x + 0.02, -y + 0.18, tank - 0.03]);
        b.cuboid(white, [-x - 0.03, -y, tank - 0.03], [x + 0.03, -y + 0.19, tank]);
    })
}

/// A basin on a column, at the wall.
pub(crate) fn pedestal_sink(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(0.48, 0.62), d.between(0.42, 0.5), d.between(0.8, 0.88));
    Model::new("sink", [w, depth, h + 0.12], move |b, d| {
        let white = Material::ceramic(d);
        let white = b.material(white);
        let (x, y) = (w / 2.0, depth / 2.0);
        let ring = |z: f32, s: f32, e: f32| Ring::new([0.0, 0.0, z], [x * s, y * s], e);
        b.loft(
            white,
            &[
                ring(h - 0.2, 0.45, 2.5),
                ring(h - 0.08, 0.95, 4.0),
                ring(h, 1.0, 5.0),
                ring(h, 0.84, 3.0),
                ring(h - 0.13, 0.5, 2.2),
            ],
            28,
        );
        let foot = Ring::new([0.0, -y * 0.3, 0.0], [0.11, 0.1], 3.0);
        b.loft(white, &[foot, Ring::new([0.0, -y * 0.3, h - 0.15], [0.08, 0.08], 3.0)], 16);
        let metal = Material::metal(d);
        let tap = b.material(metal);
        b.cylinder(tap, [0.0, -y * 0.85, h], 0.025, 0.12);
        b.tube(tap, [0.0, -y * 0.85, h + 0.11], [0.0, -y * 0.3, h + 0.09], 0.022);
    })
}

/// A bathtub with its long side at the wall.
pub(crate) fn bathtub(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(1.45, 1.68), d.between(0.7, 0.8), d.between(0.42, 0.58));
    Model::new("bathtub", [w, depth, h], move |b, d| {
        let white = Material::ceramic(d);
        let white = b.material(white);
        let (x, y) = (w / 2.0, depth / 2.0);
        let ring = |z: f32, s: f32, t: f32, e: f32| Ring::new([0.0, 0.0, z], [x * s, y * t], e);
        b.loft(
            white,
            &[
                ring(0.0, 1.0, 1.0, 30.0),
                ring(h, 1.0, 1.0, 30.0),
                ring(h, 0.92, 0.83, 5.0),
                ring(h * 0.6, 0.88, 0.76, 4.0),
                ring(0.1, 0.78, 0.62, 3.0),
            ],
            48,
        );
    })
}

/// A curtain along the open side of a bathtub, partly or fully drawn, in the plane y = 0.
pub(crate) fn shower_curtain(d: &mut Dice, w: f32) -> Model {
    let (low, high) = (d.between(0.15, 0.3), d.between(1.85, 2.0));
    let drawn = d.between(0.55, 1.0);
    let (fold, seed) = (d.between(0.025, 0.045), d.word());
    let side = d.pick(&[-1.0, 1.0]);
    Model::new("shower curtain", [w, 0.1, high], move |b, d| {
        let base = d.pick(&[[0.92, 0.92, 0.90], [0.75, 0.85, 0.92], [0.9, 0.86, 0.76], [0.35, 0.5, 0.6]]);
        let pattern = d.pick(&[Pattern::Plain, Pattern::Stripes, Pattern::Check, Pattern::Painting]);
        let cloth = Material::patterned(base, [0.55, 0.6, 0.7], pattern, d.between(0.08, 0.2), d.word());
        let cloth = b.material(cloth);
        let wide = w * drawn;
        let waves = (wide / 0.16).round().max(2.0);
        let steps = (waves as usize) * 8;
        b.sheet(cloth, [steps, 8], move |u, v| {
            let x = side * (w / 2.0 - wide * u);
            let sway = 0.02 * noise3([u * 5.0, v * 2.0, 0.0], seed);
            [x, fold * (u * waves * TAU).sin() * (0.6 + 0.4 * v) + sway, low + (high - low) * (1.0 - v)]
        });
    })
}

/// A towel on a rail, outside the twenty classes.
pub(crate) fn towel(d: &mut Dice) -> Model {
    let (w, h) = (d.between(0.35, 0.6), d.between(0.5, 0.8));
    let seed = d.word();
    Model::new("towel", [w, 0.1, h], move |b, d| {
        let cloth = Material::fabric(d);
        let cloth = b.material(cloth);
        for y in [0.02, 0.08] {
            b.sheet(cloth, [10, 8], move |u, v| {
                [(u - 0.5) * w, y + 0.012 * noise3([u * 6.0, v * 2.0, y], seed), v * h]
            });
        }
        b.sheet(cloth, [10, 2], move |u, v| [(u - 0.5) * w, 0.02 + 0.06 * v, h]);
    })
}
