//! What carries a mattress.

use super::super::parts::{CORNERS, Legs, SIDES, cushion, frame as bars};
use crate::dice::Dice;
use crate::scene::{Brush, Material};

/// A board at the head or the foot (`y`, 5 cm thick) from `low` to `high`: solid, padded, with bars, or arched.
fn board(b: &mut Brush, d: &mut Dice, m: u32, x: f32, y: f32, [low, high]: [f32; 2]) {
    let t = 0.025;
    match d.below(5) {
        0 => {
            let cloth = Material::fabric(d);
            let cloth = b.material(cloth);
            cushion(b, cloth, [-x, y - 0.05, low], [x, y + 0.05, high], 8.0);
        }
        1 => {
            bars(b, m, [-x, x], [y - t, y + t], [low, high], 0.05);
            let n = (2.0 * x / 0.16) as usize;
            for i in 1..n {
                b.block(m, [-x + 2.0 * x * i as f32 / n as f32, y, low], [0.03, 0.03, high - low]);
            }
        }
        2 => {
            // Lower at the sides.
            b.sheet(m, [16, 1], |u, v| {
                let across = 2.0 * u - 1.0;
                [across * x, y + t, low + (high - low) * (1.0 - 0.35 * across * across) * v]
            });
            b.sheet(m, [16, 1], |u, v| {
                let across = 2.0 * u - 1.0;
                [across * x, y - t, low + (high - low) * (1.0 - 0.35 * across * across) * v]
            });
        }
        _ => b.cuboid(m, [-x, y - t, low], [x, y + t, high]),
    }
}

/// A box, a frame on legs or nothing but a mattress, with or without boards.
pub(super) fn usual(b: &mut Brush, d: &mut Dice, m: u32, [w, length, base]: [f32; 3], mattress: f32) {
    let (x, y) = (w / 2.0, length / 2.0);
    match d.below(4) {
        0 => b.cuboid(m, [-x, -y, 0.03], [x, y, base]),
        1 => {
            // A base covered with cloth, on low feet.
            let cloth = Material::linen(d);
            let cloth = b.material(cloth);
            b.cuboid(cloth, [-x, -y, 0.06], [x, y, base]);
            Legs::Square.draw(b, m, [x - 0.03, y - 0.03], 0.08, 0.06);
        }
        2 => {
            // Drawers under the bed.
            b.cuboid(m, [-x + 0.02, -y, 0.02], [x - 0.02, y, base]);
            for s in SIDES {
                for py in [-y * 0.5, y * 0.5] {
                    b.block(m, [s * (x - 0.01), py, 0.05], [0.03, y - 0.06, base - 0.08]);
                }
            }
        }
        _ => {
            let deep = d.between(0.06, 0.16).min(base - 0.05);
            b.cuboid(m, [-x, -y, base - deep], [x, y, base]);
            d.pick(&[Legs::Square, Legs::Round, Legs::Tapered]).draw(b, m, [x - 0.01, y - 0.01], base - 0.02, 0.065);
        }
    }
    let wider = if d.chance(0.12) { 0.25 } else { 0.0 };
    if d.chance(d.either(0.75, 0.9)) {
        let high = if d.chance(d.either(0.45, 0.7)) { d.between(1.05, 1.45) } else { d.between(0.75, 1.15) };
        let low = if d.chance(0.5) { 0.03 } else { base };
        board(b, d, m, x + wider, -y - 0.02, [low, high.max(mattress + 0.12)]);
    }
    if d.chance(0.25) {
        let high = mattress + d.between(-0.05, 0.4);
        board(b, d, m, x, y + 0.02, [0.05, high]);
    }
}

/// Boards at both ends and one side.
pub(super) fn daybed(b: &mut Brush, d: &mut Dice, m: u32, [w, length, base]: [f32; 3]) {
    let (x, y) = (w / 2.0, length / 2.0);
    let (side, high) = (d.pick(&SIDES), base + d.between(0.35, 0.65));
    b.cuboid(m, [-x, -y, (base - 0.15).max(0.04)], [x, y, base]);
    board(b, d, m, x, -y - 0.01, [0.02, high]);
    let lower = high - d.between(0.0, 0.25);
    board(b, d, m, x, y + 0.01, [0.02, lower]);
    b.block(m, [side * x, 0.0, base - 0.1], [0.04, length, high - base + 0.1]);
}

/// A second bed at height `upper` with rails and a ladder.
pub(super) fn bunk(b: &mut Brush, d: &mut Dice, m: u32, [w, length, base]: [f32; 3], upper: f32) {
    let (x, y) = (w / 2.0, length / 2.0);
    let post = d.between(0.05, 0.09);
    for [sx, sy] in CORNERS {
        b.block(m, [sx * (x - post / 2.0), sy * (y - post / 2.0), 0.0], [post, post, upper + 0.4]);
    }
    for z in [base, upper] {
        b.cuboid(m, [-x, -y, z - 0.12], [x, y, z]);
    }
    for s in SIDES {
        for z in [upper + 0.2, upper + 0.34] {
            b.block(m, [s * (x - 0.02), -0.1 * y, z], [0.03, 1.7 * y, 0.05]);
            b.block(m, [0.0, s * (y - 0.02), z], [2.0 * x, 0.03, 0.05]);
        }
    }
    let side = d.pick(&SIDES);
    for py in [y - 0.5, y - 0.15] {
        b.block(m, [side * (x + 0.03), py, 0.0], [0.04, 0.04, upper + 0.3]);
    }
    for i in 1..6 {
        b.block(m, [side * (x + 0.03), y - 0.32, upper / 5.5 * i as f32], [0.04, 0.35, 0.04]);
    }
}

/// A bed for a baby: bars on four sides around a small mattress.
pub(super) fn crib(b: &mut Brush, d: &mut Dice) {
    let m = Material::board(d);
    let m = b.material(m);
    let linen = Material::linen(d);
    let linen = b.material(linen);
    let (x, y) = (d.between(0.33, 0.4), d.between(0.6, 0.72));
    let (high, floor) = (d.between(0.85, 1.05), d.between(0.25, 0.5));
    for [sx, sy] in CORNERS {
        b.block(m, [sx * x, sy * y, 0.0], [0.05, 0.05, high]);
    }
    b.cuboid(linen, [-x, -y, floor], [x, y, floor + 0.1]);
    for z in [floor - 0.05, high - 0.05] {
        for s in SIDES {
            b.block(m, [s * x, 0.0, z], [0.035, 2.0 * y, 0.05]);
            b.block(m, [0.0, s * y, z], [2.0 * x, 0.035, 0.05]);
        }
    }
    for s in SIDES {
        for i in 1..12 {
            b.block(m, [s * x, y * (i as f32 / 6.0 - 1.0), floor], [0.025, 0.025, high - floor]);
        }
        if d.chance(0.5) {
            b.block(m, [0.0, s * y, floor], [2.0 * x, 0.03, high - floor]);
        } else {
            for i in 1..6 {
                b.block(m, [x * (i as f32 / 3.0 - 1.0), s * y, floor], [0.025, 0.025, high - floor]);
            }
        }
    }
}
