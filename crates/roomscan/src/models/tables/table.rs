//! Tables for people on chairs.

use super::super::parts::{Legs, SIDES, star};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model};
use std::f32::consts::TAU;

/// The outline of a top: the exponent of a superellipse.
pub(super) fn outline(d: &mut Dice) -> f32 {
    d.pick(&[40.0, 40.0, 40.0, 40.0, 6.0, 4.0, 2.0])
}

/// A top of `size` and the material of what is under it. Glass is partly lost by the sensor.
pub(super) fn top(b: &mut Brush, d: &mut Dice, [w, depth, h]: [f32; 3], e: f32, glass: bool) -> (u32, f32) {
    let m = if glass { Material::glass(d).lossy(d.between(0.1, 0.45)) } else { Material::board(d) };
    let m = b.material(m);
    let thick = if glass { 0.02 } else { d.between(0.022, 0.06) };
    if e > 20.0 {
        b.cuboid(m, [-w / 2.0, -depth / 2.0, h - thick], [w / 2.0, depth / 2.0, h]);
    } else {
        b.disc(m, [0.0, 0.0, h - thick], [w / 2.0, depth / 2.0], e, thick);
    }
    let under = if glass || d.chance(0.45) { b.material(Material::frame(d)) } else { m };
    (under, h - thick)
}

/// A column with a foot, or two of them under a long top.
pub(super) fn columns(b: &mut Brush, d: &mut Dice, m: u32, [w, depth]: [f32; 2], h: f32) {
    let count = if w > 1.7 * depth && w > 1.3 { 2 } else { 1 };
    let (r, kind) = (d.between(0.03, 0.08), d.below(4));
    let reach = (w.min(depth) / 2.0 * d.between(0.45, 0.75)).min(0.4);
    for i in 0..count {
        let x = if count == 2 { (i as f32 - 0.5) * w * 0.55 } else { 0.0 };
        let mut b = b.inside(Pose::at([x, 0.0, 0.0]));
        match kind {
            0 => star(&mut b, d, m, 0, reach),
            1 => {
                // four curved feet
                for k in 0..4 {
                    let (s, c) = ((k as f32 / 4.0 + 0.125) * TAU).sin_cos();
                    b.tube(m, [0.0, 0.0, 0.2], [c * reach, s * reach, 0.03], 0.03);
                }
            }
            2 => {
                b.block(m, [0.0, 0.0, 0.0], [2.0 * reach, 0.07, 0.05]);
                b.block(m, [0.0, 0.0, 0.0], [0.07, 2.0 * reach, 0.05]);
            }
            _ => b.block(m, [0.0, 0.0, 0.0], [reach, reach, h]),
        }
        b.cylinder(m, [0.0, 0.0, 0.0], r, h);
        b.block(m, [0.0, 0.0, h - 0.03], [reach, reach, 0.03]);
    }
}

/// Legs of any kind with or without an apron.
pub(super) fn support(b: &mut Brush, d: &mut Dice, m: u32, [w, depth]: [f32; 2], h: f32, round: bool) {
    let legs = d.pick(&Legs::TABLE);
    let inset = if round { 0.72 } else { d.between(0.85, 0.98) };
    let half = [w / 2.0 * inset, depth / 2.0 * inset];
    let thick = d.between(0.035, 0.09);
    legs.draw(b, m, half, h, thick);
    let framed = matches!(legs, Legs::Square | Legs::Round | Legs::Tapered);
    if framed && d.chance(0.6) {
        let apron = d.between(0.05, 0.12).min(h * 0.3);
        for s in SIDES {
            b.block(m, [s * (half[0] - thick / 2.0), 0.0, h - apron], [0.025, 2.0 * half[1] - thick, apron]);
            b.block(m, [0.0, s * (half[1] - thick / 2.0), h - apron], [2.0 * half[0] - thick, 0.025, apron]);
        }
    } else if matches!(legs, Legs::Posts | Legs::Crossed | Legs::Boards) {
        let (z, reach) = (h * d.between(0.25, 0.8), half[0] * 2.0 - 0.1);
        b.block(m, [0.0, 0.0, z], [reach * if legs == Legs::Posts { 0.72 } else { 1.0 }, 0.035, 0.08]);
    }
}

/// A table of `size`: any outline, on legs or columns.
pub(super) fn any_table(name: &'static str, d: &mut Dice, [w, depth, h]: [f32; 3]) -> Model {
    let e = outline(d);
    let depth = if e == 2.0 && w < 1.4 && d.chance(0.7) { w } else { depth };
    Model::new(name, d, |b, d| {
        let glass = d.chance(0.07);
        let (m, low) = top(b, d, [w, depth, h], e, glass);
        let column = if e < 5.0 { 0.6 } else { 0.15 };
        if d.chance(column) {
            columns(b, d, m, [w, depth], low);
        } else {
            support(b, d, m, [w, depth], low, e < 5.0);
        }
        if h > 0.6 && d.chance(0.08) {
            table_cloth(b, d, [w, depth, h], e);
        }
    })
    .with_top(h)
}

/// A cloth that hangs over the edges in folds.
fn table_cloth(b: &mut Brush, d: &mut Dice, [w, depth, h]: [f32; 3], e: f32) {
    let cloth = Material::fabric(d);
    let cloth = b.material(cloth);
    let (hang, folds) = (d.between(0.1, 0.5), d.between(9.0, 16.0).round());
    let power = 2.0 / e.min(12.0);
    b.sheet(cloth, [96, 5], |u, v| {
        let (s, c) = (u * TAU).sin_cos();
        let out = 1.02 + v * (0.03 + 0.03 * (u * folds * TAU).sin());
        let bend = |t: f32| t.signum() * t.abs().powf(power) * out;
        [bend(c) * w / 2.0, bend(s) * depth / 2.0, h + 0.006 - hang * v]
    });
    b.disc(cloth, [0.0, 0.0, h], [w / 2.0, depth / 2.0], e.min(12.0), 0.008);
}

/// A table for meals or work, from a small square one to a long one.
pub(crate) fn dining_table(d: &mut Dice) -> Model {
    let h = d.between(0.69, 0.79);
    let name = d.pick(&["table", "table", "dining table"]);
    match d.below(10) {
        0 | 1 => {
            let w = d.between(0.6, 0.95);
            any_table(name, d, [w, w, h])
        }
        2 => drop_leaf(name, d, h),
        3 => {
            let size = [d.between(1.7, 2.4), d.between(0.8, 1.1), h];
            any_table(name, d, size)
        }
        _ => {
            let size = [d.between(0.9, d.either(1.8, 1.7)), d.between(d.either(0.65, 0.6), 1.0), h];
            any_table(name, d, size)
        }
    }
}

/// A table whose sides hang down, one of them perhaps up.
fn drop_leaf(name: &'static str, d: &mut Dice, h: f32) -> Model {
    Model::new(name, d, |b, d| {
        let (w, depth, leaf) = (d.between(0.3, 0.6), d.between(0.7, 1.0), d.between(0.25, 0.45));
        let (m, low) = top(b, d, [w, depth, h], 40.0, false);
        Legs::Square.draw(b, m, [w / 2.0 - 0.02, depth / 2.0 - 0.04], low, 0.05);
        for s in SIDES {
            if d.chance(0.5) {
                b.block(m, [s * (w / 2.0 + 0.02), 0.0, h - leaf], [0.03, depth, leaf]);
            } else {
                b.block(m, [s * (w / 2.0 + leaf / 2.0), 0.0, h - 0.03], [leaf, depth, 0.03]);
            }
        }
    })
    .with_top(h)
}

/// A large table: one top, or several tables pushed together.
pub(crate) fn meeting_table(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(1.6, 3.2), d.between(0.9, 1.5), d.between(0.7, 0.78));
    if d.chance(0.7) {
        let w = if d.chance(0.15) { w.max(2.6) * 1.12 } else { w };
        return any_table("table", d, [w, depth, h]);
    }
    let count = 2 + d.below(2);
    let each = w / count as f32;
    Model::new("table", d, |b, d| {
        let legs = d.pick(&Legs::TABLE);
        let (m, low) = top(b, d, [w, depth, h], 40.0, false);
        for i in 0..count {
            let at = [(i as f32 + 0.5) * each - w / 2.0, 0.0, 0.0];
            legs.draw(&mut b.inside(Pose::at(at)), m, [each / 2.0 - 0.03, depth / 2.0 - 0.05], low, 0.05);
        }
    })
    .with_top(h)
}

/// A light table with legs of tubes, for the open or a wall.
pub(crate) fn folding_table(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(0.9, 1.9), d.between(0.55, 0.8), d.between(0.7, 0.76));
    Model::new("table", d, |b, d| {
        let plastic = Material::lacquer(d);
        let plastic = b.material(plastic);
        let steel = Material::metal(d);
        let steel = b.material(steel);
        b.disc(plastic, [0.0, 0.0, h - 0.04], [w / 2.0, depth / 2.0], 14.0, 0.04);
        d.pick(&[Legs::Sled, Legs::Crossed, Legs::Round]).draw(b, steel, [w * 0.4, depth * 0.42], h - 0.03, 0.035);
    })
    .with_top(h)
}
