//! Upholstered seats for one.

use super::super::parts::{CORNERS, SIDES, cushion, star};
use super::sofa::{Cover, block_of_seats};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model, Ring};
use std::f32::consts::TAU;

/// An armchair: club, wing, wooden frame with cushions, recliner, tub or swivel.
pub(crate) fn armchair(d: &mut Dice) -> Model {
    Model::new("armchair", d, |b, d| match d.below(8) {
        0..=2 => club(b, d),
        3 => wing(b, d),
        4 | 5 => framed(b, d),
        6 => recliner(b, d),
        _ => tub(b, d),
    })
}

fn club(b: &mut Brush, d: &mut Dice) {
    let cover = Cover::draw(b, d);
    let size = [d.between(0.68, 1.0), d.between(0.68, 0.92), d.between(0.7, 0.98)];
    let arm = if d.chance(0.15) { 0.0 } else { d.between(0.08, 0.2) };
    let seat = d.between(0.36, 0.46);
    block_of_seats(b, d, &cover, size, [arm; 2], seat, 1);
}

/// A high back with sides at the head.
fn wing(b: &mut Brush, d: &mut Dice) {
    let cover = Cover::draw(b, d);
    let (w, depth, back) = (d.between(0.68, 0.82), d.between(0.7, 0.85), d.between(0.98, 1.15));
    let (seat, arm) = (d.between(0.42, 0.48), 0.1);
    block_of_seats(b, d, &cover, [w, depth, back], [arm; 2], seat, 1);
    for s in SIDES {
        let x = s * (w / 2.0 - arm / 2.0);
        b.block(cover.cloth, [x, -depth / 2.0 + 0.17, seat + 0.15], [0.07, 0.26, back - seat - 0.2]);
    }
}

/// A frame of wood or tubes with loose cushions.
fn framed(b: &mut Brush, d: &mut Dice) {
    let wood = Material::frame(d);
    let wood = b.material(wood);
    let cloth = Material::fabric(d);
    let cloth = b.material(cloth);
    let (x, y, seat) = (d.between(0.29, 0.38), d.between(0.32, 0.4), d.between(0.36, 0.44));
    let (rest, t) = (d.between(0.4, 0.65), d.between(0.035, 0.055));
    let (tilt, rise) = (d.between(0.2, 0.45), d.between(0.16, 0.24));
    let sled = d.chance(0.3);
    for s in SIDES {
        let px = s * x;
        b.block(wood, [px, 0.0, seat + rise - 0.03], [t + 0.02, 2.0 * y, 0.035]);
        b.block(wood, [px, y - t, 0.0], [t, t, seat + rise - 0.02]);
        b.block(wood, [px, -y + t, 0.0], [t, t, seat + rise - 0.02]);
        b.block(wood, [px, 0.0, seat - 0.14], [t * 0.7, 2.0 * y - t, 0.06]);
        if sled {
            b.block(wood, [px, 0.0, 0.0], [t, 2.0 * y, 0.04]);
        }
    }
    b.block(wood, [0.0, y - t, seat - 0.14], [2.0 * x, 0.03, 0.06]);
    b.inside(Pose::tilted([0.0, 0.0, seat], 0.1)).block(
        wood,
        [0.0, 0.0, -0.12],
        [2.0 * x - 0.05, 2.0 * y - 0.08, 0.03],
    );
    let inner = x - t * 0.5;
    b.inside(Pose::tilted([0.0, 0.0, seat - 0.02], 0.1)).puff(cloth, [0.0; 3], [inner, y - 0.04, 0.07], 5.0);
    let mut back = b.inside(Pose::tilted([0.0, -y + 0.12, seat - 0.06], tilt));
    back.cuboid(wood, [-inner, -0.06, 0.0], [inner, -0.03, rest]);
    cushion(&mut back, cloth, [-inner, -0.04, 0.08], [inner, 0.1, rest + 0.04], 5.0);
}

/// A thick chair, half of the time with its foot rest up.
fn recliner(b: &mut Brush, d: &mut Dice) {
    let mut cover = Cover::draw(b, d);
    cover.round = true;
    let (w, depth, back) = (d.between(0.78, 1.0), d.between(0.85, 0.98), d.between(0.95, 1.1));
    let (arm, seat) = (d.between(0.16, 0.24), d.between(0.44, 0.5));
    block_of_seats(b, d, &cover, [w, depth, back], [arm; 2], seat, 1);
    let x = w / 2.0 - arm;
    if d.chance(0.5) {
        let out = d.between(0.2, 0.45);
        b.inside(Pose::tilted([0.0, depth / 2.0, seat - 0.12], -d.between(0.0, 0.3))).cuboid(
            cover.cloth,
            [-x, 0.0, 0.0],
            [x, out, 0.1],
        );
    } else {
        cushion(b, cover.cloth, [-x, depth / 2.0 - 0.08, 0.1], [x, depth / 2.0 + 0.06, seat - 0.06], 5.0);
    }
}

/// A round shell with a cushion inside, on feet, a plinth or a star.
fn tub(b: &mut Brush, d: &mut Dice) {
    let cloth = Material::fabric(d);
    let cloth = b.material(cloth);
    let frame = Material::frame(d);
    let frame = b.material(frame);
    let (x, y) = (d.between(0.32, 0.42), d.between(0.32, 0.4));
    let (seat, back) = (d.between(0.38, 0.46), d.between(0.66, 0.85));
    let (arm, thick) = (back - d.between(0.0, 0.2), d.between(0.06, 0.11));
    let low = match d.below(3) {
        0 => {
            b.cylinder(frame, [0.0, 0.0, 0.05], 0.035, 0.2);
            let arms = d.pick(&[0, 4, 5]);
            star(b, d, frame, arms, 0.3);
            0.22
        }
        1 => 0.04,
        _ => {
            for [sx, sy] in CORNERS {
                b.tube(frame, [sx * x * 0.75, sy * y * 0.75, 0.0], [sx * x * 0.6, sy * y * 0.6, 0.2], 0.022);
            }
            0.18
        }
    };
    let rim = |u: f32, inset: f32| {
        let (s, c) = ((0.25 + 1.5 * u) * TAU / 2.0).sin_cos();
        let top = arm + (back - arm) * (-c).max(0.0);
        ([s * (x - inset), c * (y - inset)], top)
    };
    for inset in [0.0, thick] {
        b.sheet(cloth, [24, 2], |u, v| {
            let ([px, py], top) = rim(u, inset);
            [px, py, low + (top - low) * v]
        });
    }
    b.sheet(cloth, [24, 2], |u, v| {
        let ([px, py], top) = rim(u, thick * v);
        [px, py, top + 0.02 * (v * TAU / 2.0).sin()]
    });
    let ring = |z: f32| Ring::new([0.0, 0.02, z], [x - thick * 0.6, y - thick * 0.5], 3.0);
    b.loft(cloth, &[ring(low), ring(seat - 0.08)], 24);
    b.puff(cloth, [0.0, 0.03, seat - 0.06], [x - thick, y - thick * 0.6, 0.07], 3.5);
}
