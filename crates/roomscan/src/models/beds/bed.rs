//! Beds: a frame, a mattress, bedding, and loose pillows.

use super::super::{parts::SIDES, small};
use super::frames::{self, crib};
use crate::dice::Dice;
use crate::math::{Pose, noise3};
use crate::scene::{Brush, Material, Model};

/// A bed with its head at the wall (local -y), at most `widest` metres wide: single or double, with or without boards,
/// bunk, daybed, sleigh, crib; made or unmade.
pub(crate) fn bed(d: &mut Dice, widest: f32) -> Model {
    let kind = d.below(14);
    if kind == 0 {
        return Model::new("bed", d, crib);
    }
    let narrow = kind <= 3 || widest < 1.3;
    let w = if narrow { d.between(0.85, 1.1) } else { d.between(1.3, 2.0) }.min(widest);
    let (length, mattress) = (d.between(1.9, 2.15), d.between(0.32, 0.7));
    let thick = d.between(0.14, 0.32).min(mattress - 0.12);
    let upper = d.between(1.35, 1.6);
    let mut model = Model::new("bed", d, |b, d| {
        let frame = Material::board(d);
        let frame = b.material(frame);
        let base = mattress - thick;
        match kind {
            1 => frames::bunk(b, d, frame, [w, length, base], upper),
            2 | 3 => frames::daybed(b, d, frame, [w, length, base]),
            _ => frames::usual(b, d, frame, [w, length, base], mattress),
        }
        let inset = if kind <= 3 { 0.04 } else { 0.01 };
        bedding(b, d, [w - 2.0 * inset, length - 2.0 * inset], [base, mattress]);
        if kind == 1 {
            bedding(b, d, [w - 2.0 * inset, length - 2.0 * inset], [upper, upper + 0.15]);
        }
    });
    let rows = if d.chance(0.3) { 2 } else { 1 };
    let each = if w > 1.25 { 2 } else { 1 };
    for i in 0..rows * each {
        if d.chance(0.12) {
            continue;
        }
        let (row, column) = (i / each, i % each);
        let half = [d.between(0.24, 0.36), d.between(0.18, 0.26), d.between(0.06, 0.11)];
        let x = if each == 1 { 0.0 } else { (column as f32 - 0.5) * w * 0.48 } + d.between(-0.06, 0.06);
        let up = if d.chance(0.3) { d.between(0.7, 1.2) } else { d.between(-0.05, 0.35) };
        let y = -length / 2.0 + 0.28 + 0.22 * row as f32;
        let z = mattress + 0.05 + half[2] + half[1] * f32::sin(up).max(0.0) * 0.6;
        let pose = Pose::turned([x, y, z], d.between(-0.25, 0.25)).then(&Pose::tilted([0.0; 3], -up));
        model = model.with_part(small::pillow(d, half), pose);
    }
    if kind != 1 && d.chance(0.3) {
        let at =
            Pose::turned([d.between(-0.2, 0.2), length * d.between(0.0, 0.3), mattress + 0.02], d.between(-0.6, 0.6));
        let name = d.pick(&["clothes", "clothes", "bag"]);
        model = model.with_part(small::heap(name, d), at);
    }
    model
}

/// A mattress from `z[0]` to `z[1]` with its cover: smooth, or pushed together in thick folds.
fn bedding(b: &mut Brush, d: &mut Dice, [w, length]: [f32; 2], [base, top]: [f32; 2]) {
    let linen = Material::linen(d);
    let linen = b.material(linen);
    let cover = if d.chance(0.7) { Material::fabric(d) } else { Material::linen(d) };
    let cover = b.material(cover);
    let (x, y, seed) = (w / 2.0, length / 2.0, d.word());
    b.puff(linen, [0.0, 0.0, (base + top) / 2.0], [x, y, (top - base) / 2.0], 9.0);
    if d.chance(d.either(0.08, 0.03)) {
        return;
    }
    let unmade = d.chance(d.either(0.4, 0.6));
    let (rumple, lift) = if unmade { (d.between(0.04, 0.1), 0.06) } else { (d.between(0.008, 0.03), 0.03) };
    let from = -y + if unmade { d.between(0.3, 1.0) } else { d.between(0.0, 0.75) };
    let hang = if d.chance(0.3) { 0.02 } else { d.between(0.08, 0.35) }.min(top - 0.05);
    // Unmade, the cover lies askew and leaves a corner free.
    let (skew, shift) = if unmade { (d.between(-0.5, 0.5), d.between(-0.15, 0.15)) } else { (0.0, 0.0) };
    b.sheet(cover, [28, 28], |u, v| {
        let across = (2.0 * u - 1.0) * (x + hang) + shift * v;
        let start = from + skew * u;
        let along = start + v * (y + hang - start);
        let over = ((across.abs() - x).max(0.0) + (along - y).max(0.0)).min(hang);
        let wave = rumple * noise3([across * 5.0, along * 5.0, 0.0], seed)
            + 0.5 * rumple * noise3([across * 11.0, along * 11.0, 3.0], seed);
        let roll = if unmade { 0.08 * (1.0 - 6.0 * v).max(0.0) } else { 0.0 };
        let out = 0.025 + 0.3 * (wave + rumple);
        [across.clamp(-x - out, x + out), along.min(y + out), top + lift + wave + roll - over]
    });
    if unmade || d.chance(0.25) {
        // A rolled blanket at the foot or across the bed.
        let (py, r) = (d.between(-0.2, 0.9) * y * 0.85, d.between(0.06, 0.13));
        let turn = if unmade { d.between(-0.6, 0.6) } else { 0.0 };
        let long = x * if turn == 0.0 { 0.95 } else { d.between(0.4, 0.8) };
        let blanket = Material::fabric(d);
        let blanket = b.material(blanket);
        b.inside(Pose::turned([0.0, py, top + lift + r * 0.4], turn)).puff(blanket, [0.0; 3], [long, r * 2.0, r], 3.0);
    }
    for s in SIDES {
        // The cover's edge on the side towards the floor is thick.
        if unmade && d.chance(0.3) {
            b.puff(cover, [s * x * 0.8, d.between(-0.5, 0.5) * y, top + 0.06], [0.3, 0.35, 0.1], 2.5);
        }
    }
}
