//! Chairs for tables.

use super::super::parts::{CORNERS, Drape, Legs, SIDES, cushion, star};
use super::super::small;
use super::back::Back;
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model, Ring};
use std::f32::consts::TAU;

/// A chair: four legs with any back, a bent tube, a moulded shell, a folding chair, or padded all over.
pub(crate) fn chair(d: &mut Dice) -> Model {
    let kind = d.below(12);
    let model = Model::new("chair", d, |b, d| one(b, d, kind));
    used(model, d)
}

/// One chair of a kind in 0..12, the more common ones several times.
pub(super) fn one(b: &mut Brush, d: &mut Dice, kind: usize) {
    match kind {
        0..=5 => legged(b, d),
        6 | 7 => cantilever(b, d),
        8 | 9 => shell(b, d),
        10 => folding(b, d),
        _ => upholstered(b, d),
    }
}

/// Now and then something is on a chair: a cushion, a bag, or a coat over its back.
fn used(model: Model, d: &mut Dice) -> Model {
    match d.below(24) {
        0 => model.with_part(small::pillow(d, [0.19, 0.19, 0.05]), Pose::at([0.0, 0.0, 0.5])),
        1 => model.with_part(small::heap("bag", d), Pose::at([0.0, 0.0, 0.46])),
        2 | 3 => {
            let (half, top, seed) = (d.between(0.16, 0.24), model.size[2] + 0.015, d.word());
            let (front, rear) = (d.between(0.2, 0.4), d.between(0.3, 0.6));
            let coat = Model::in_place("clothes", d, |b, d| {
                let cloth = Material::fabric(d);
                let cloth = b.material(cloth);
                for (y, long) in [(-0.3, rear), (-0.18, front)] {
                    let z = [top - long, top];
                    let drape = Drape { from: [-half, y], to: [half, y], z, fold: 0.015, pitch: 0.15, waist: 0.0 };
                    drape.draw(b, cloth, seed);
                }
                b.cuboid(cloth, [-half, -0.3, top - 0.02], [half, -0.18, top]);
            });
            model.with_part(coat, Pose::IDENTITY)
        }
        _ => model,
    }
}

/// A chair of a classroom, with a board to write on at one side.
pub(crate) fn tablet_chair(d: &mut Dice) -> Model {
    Model::new("chair", d, |b, d| {
        if d.chance(0.5) {
            shell(b, d)
        } else {
            legged(b, d)
        }
        let board = Material::board(d);
        let board = b.material(board);
        let frame = Material::black(d);
        let frame = b.material(frame);
        let (side, z) = (if d.chance(0.8) { -1.0 } else { 1.0 }, d.between(0.62, 0.7));
        let (w, deep) = (d.between(0.12, 0.16), d.between(0.2, 0.3));
        b.disc(board, [side * (0.27 - w * 0.3), 0.12, z], [w, deep], 4.0, 0.03);
        b.path(frame, &[[side * 0.24, -0.1, 0.42], [side * 0.28, -0.1, z], [side * 0.25, 0.2, z]], 0.02);
    })
}

fn seat_slab(b: &mut Brush, d: &mut Dice, m: u32, half: [f32; 2], z: f32) {
    let [x, y] = half;
    match d.below(4) {
        0 => cushion(b, m, [-x, -y, z - 0.06], [x, y, z + 0.02], 6.0),
        1 => b.disc(m, [0.0, 0.0, z - 0.03], [x, y], d.between(2.5, 6.0), 0.035),
        _ => b.cuboid(m, [-x, -y, z - 0.03], [x, y, z + 0.01]),
    }
}

fn arms(b: &mut Brush, d: &mut Dice, m: u32, [x, y]: [f32; 2], seat: f32) {
    let (rise, thick) = (d.between(0.17, 0.25), d.between(0.03, 0.05));
    let closed = d.chance(0.3);
    for s in SIDES {
        b.block(m, [s * x, 0.0, seat + rise - 0.03], [thick + 0.01, 2.0 * y, 0.035]);
        b.block(m, [s * x, y * 0.85, seat - 0.04], [thick, thick, rise + 0.02]);
        if closed {
            b.block(m, [s * x, 0.0, seat], [0.025, 2.0 * y, rise]);
        }
    }
}

fn legged(b: &mut Brush, d: &mut Dice) {
    let (x, y) = (d.between(0.19, 0.27), d.between(0.19, 0.27));
    let seat = d.between(0.42, 0.49);
    let high = d.chance(0.2);
    let rest = if high { d.between(0.55, 0.72) } else { d.between(0.3, 0.54) };
    let thick = d.between(0.03, 0.05);
    let wood = Material::frame(d);
    let wood = b.material(wood);
    let cloth = Material::fabric(d);
    let cloth = b.material(cloth);
    let top = if d.chance(0.5) { cloth } else { wood };
    d.pick(&Legs::CHAIR).draw(b, wood, [x, y], seat - 0.02, thick);
    seat_slab(b, d, top, [x, y], seat);
    if d.chance(0.35) {
        let z = seat * d.between(0.3, 0.6);
        for s in SIDES {
            b.block(wood, [s * (x - 0.03), 0.0, z], [0.03, 2.0 * y - 0.06, 0.03]);
        }
    }
    let tilt = d.between(0.02, 0.25);
    let posts = if d.chance(0.8) { thick.max(0.035) } else { 0.0 };
    let half = x * d.between(0.8, 1.0);
    d.pick(&Back::ALL).draw(b, d, [wood, cloth], half, [-y + 0.02, seat], rest, tilt, posts);
    if d.chance(0.3) {
        arms(b, d, wood, [x + 0.01, y], seat);
    }
}

/// One bent tube as frame, without rear legs.
fn cantilever(b: &mut Brush, d: &mut Dice) {
    let (x, y) = (d.between(0.21, 0.28), d.between(0.21, 0.26));
    let (seat, rest) = (d.between(0.42, 0.48), d.between(0.32, 0.52));
    let tube = Material::frame(d);
    let tube = b.material(tube);
    let cloth = Material::fabric(d);
    let cloth = b.material(cloth);
    let r = d.between(0.014, 0.02);
    let arms = d.chance(0.5);
    let tilt = d.between(0.08, 0.25);
    for s in SIDES {
        let p = |t: f32, z: f32| [s * x, t * y, z];
        b.path(tube, &[p(-1.0, r), p(1.0, r), p(1.0, seat), p(-1.0, seat)], r);
        if arms {
            b.path(tube, &[p(1.0, seat), p(0.9, seat + 0.2), p(-1.0, seat + 0.2)], r);
            b.block(cloth, [s * x, 0.0, seat + 0.2], [0.045, 1.5 * y, 0.025]);
        }
    }
    b.tube(tube, [-x, -y, r], [x, -y, r], r);
    seat_slab(b, d, cloth, [x - 0.01, y], seat);
    let style = d.pick(&[Back::Padded, Back::Solid, Back::Frame]);
    style.draw(b, d, [cloth; 2], x - 0.01, [-y + 0.02, seat], rest, tilt, 2.0 * r);
}

/// A moulded shell on legs, a sled, or a pedestal.
fn shell(b: &mut Brush, d: &mut Dice) {
    let (x, y) = (d.between(0.21, 0.26), d.between(0.2, 0.24));
    let (seat, rest) = (d.between(0.42, 0.48), d.between(0.32, 0.44));
    let plastic = Material::vivid(d);
    let plastic = b.material(plastic);
    let frame = Material::frame(d);
    let frame = b.material(frame);
    // A profile from the front edge over the seat up the back, which is hollow across.
    let (lean, bowl) = (d.between(0.08, 0.2), d.between(0.0, 0.14));
    let arms = if d.chance(0.35) { d.between(0.12, 0.22) } else { 0.0 };
    for inner in [0.0, 0.025] {
        b.sheet(plastic, [12, 16], |u, v| {
            let across = 2.0 * u - 1.0;
            let t = (v - 0.45).max(0.0) / 0.55;
            let floor = y - (v / 0.45).min(1.0) * 2.0 * y * 0.92;
            let curve = (t * 2.5).min(1.0);
            let edge = across * across;
            let up = rest * t + bowl * edge * (1.0 - t) * 0.6 + arms * edge.powi(3) * (1.0 - t) * (v * 2.0).min(1.0);
            let round = 1.0 - 0.25 * t * t * (1.0 - 0.3 * edge);
            [
                across * x * round,
                floor - lean * t * curve + bowl * edge * t * 0.8 + inner * curve,
                seat - inner * (1.0 - curve) + up,
            ]
        });
    }
    match d.below(4) {
        0 => {
            b.cylinder(frame, [0.0, 0.0, 0.03], 0.03, seat - 0.06);
            star(b, d, frame, 0, 0.2);
        }
        1 => {
            b.cylinder(frame, [0.0, 0.0, 0.05], 0.03, seat - 0.08);
            let arms = 4 + d.below(2);
            star(b, d, frame, arms, 0.26);
        }
        2 => Legs::Sled.draw(b, frame, [x, y], seat - 0.01, 0.03),
        _ => {
            for [sx, sy] in CORNERS {
                b.tube(frame, [sx * x, sy * y, 0.0], [sx * x * 0.6, sy * y * 0.6, seat - 0.02], 0.018);
            }
        }
    }
}

fn folding(b: &mut Brush, d: &mut Dice) {
    let (x, seat, back) = (d.between(0.2, 0.24), d.between(0.42, 0.46), d.between(0.75, 0.85));
    let frame = Material::frame(d);
    let frame = b.material(frame);
    let top = if d.chance(0.5) { frame } else { b.material(Material::fabric(d)) };
    let r = d.between(0.014, 0.02);
    for s in SIDES {
        b.tube(frame, [s * x, 0.22, 0.0], [s * x, -0.2, back], r);
        b.tube(frame, [s * (x - 0.03), -0.24, 0.0], [s * (x - 0.03), 0.16, seat], r);
    }
    b.cuboid(top, [-x + 0.03, -0.18, seat - 0.02], [x - 0.03, 0.2, seat + 0.01]);
    b.inside(Pose::tilted([0.0, -0.2, back], 0.42)).cuboid(top, [-x, -0.015, -0.2], [x, 0.015, 0.0]);
    b.tube(frame, [-x, 0.2, 0.05], [x, 0.2, 0.05], r);
}

/// Padded seat and back in one piece, on thin legs, often round.
fn upholstered(b: &mut Brush, d: &mut Dice) {
    let (x, y) = (d.between(0.22, 0.29), d.between(0.23, 0.28));
    let (seat, rest) = (d.between(0.43, 0.5), d.between(0.35, 0.6));
    let cloth = Material::fabric(d);
    let cloth = b.material(cloth);
    let wood = Material::frame(d);
    let wood = b.material(wood);
    d.pick(&Legs::CHAIR).draw(b, wood, [x * 0.95, y * 0.95], seat - 0.08, 0.035);
    cushion(b, cloth, [-x, -y, seat - 0.12], [x, y, seat + 0.02], 5.0);
    if d.chance(0.5) {
        Back::Padded.draw(b, d, [wood, cloth], x, [-y + 0.04, seat], rest, 0.12, 0.0);
        return;
    }
    // A back that runs around the seat as arms.
    let arm = rest * d.between(0.3, 0.6);
    for (scale, lift) in [(1.0, 0.0), (0.84, 0.02)] {
        b.sheet(cloth, [20, 4], |u, v| {
            let (s, c) = ((0.4 + 1.2 * u) * TAU / 2.0).sin_cos();
            let top = arm + (rest - arm) * (-c).max(0.0).powi(2) - lift;
            [s * x * scale, c * y * scale, seat - 0.1 + (top + 0.1) * v]
        });
    }
    let ring = |z: f32| Ring::new([0.0, 0.0, z], [x, y], 2.5);
    b.loft(cloth, &[ring(seat - 0.1), ring(seat - 0.02)], 24);
}
