//! Low tables, and narrow ones at a wall.

use super::super::parts::{Front, Goods, Legs, SIDES, front, goods};
use super::table::{any_table, columns, outline, support, top};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model};

/// A low table in front of a sofa: a slab, two levels, a box, drawers, a nest, glass.
pub(crate) fn coffee_table(d: &mut Dice) -> Model {
    let (w, h) = (d.between(0.6, 1.3), d.between(0.33, 0.52));
    let depth = if d.chance(0.25) { w } else { d.between(0.45, 0.75).min(w) };
    low_table("coffee table", d, [w, depth, h])
}

/// A small table beside a sofa or a bed.
pub(crate) fn end_table(d: &mut Dice) -> Model {
    let (w, h) = (d.between(0.35, 0.65), d.between(0.42, 0.68));
    let depth = if d.chance(0.5) { w } else { d.between(0.35, 0.6) };
    low_table("end table", d, [w, depth, h])
}

fn low_table(name: &'static str, d: &mut Dice, [w, depth, h]: [f32; 3]) -> Model {
    let name = if d.chance(0.2) { "table" } else { name };
    let kind = d.below(8);
    if kind < 3 {
        return any_table(name, d, [w, depth, h]);
    }
    Model::new(name, d, |b, d| match kind {
        3 | 4 => two_levels(b, d, [w, depth, h]),
        5 => {
            // A box, open at the front or with drawers.
            let board = Material::board(d);
            let board = b.material(board);
            let lift = d.pick(&[0.0, 0.05, 0.12]);
            if lift > 0.0 {
                Legs::Square.draw(b, board, [w / 2.0 - 0.02, depth / 2.0 - 0.02], lift, 0.05);
            }
            if d.chance(0.5) {
                b.block(board, [0.0, -0.02, lift], [w, depth - 0.04, h - lift]);
                front(b, d, board, Front::Drawers, [[-w / 2.0, w / 2.0], [lift, h - 0.03]], depth / 2.0, 0.6);
            } else {
                b.block(board, [0.0, 0.0, lift], [w, depth, 0.03]);
                b.block(board, [0.0, 0.0, h - 0.04], [w, depth, 0.04]);
                for s in SIDES {
                    b.block(board, [s * (w / 2.0 - 0.02), 0.0, lift], [0.04, depth, h - lift]);
                }
            }
        }
        6 => {
            // A nest: a lower table half out from under a higher one.
            for (scale, shift) in [(1.0, 0.0), (0.72, depth * d.between(0.3, 0.6))] {
                let mut b = b.inside(Pose::at([0.0, shift, 0.0]));
                let (m, low) =
                    top(&mut b, d, [w * scale, depth * scale, h * (0.72 + 0.28 * (scale - 0.72) / 0.28)], 40.0, false);
                Legs::Square.draw(&mut b, m, [w * scale / 2.0, depth * scale / 2.0], low, 0.04);
            }
        }
        _ => {
            // A massive block or drum.
            let m = if d.chance(0.7) { Material::board(d) } else { Material::fabric(d) };
            let m = b.material(m);
            let e = outline(d);
            b.disc(m, [0.0, 0.0, 0.0], [w / 2.0, depth / 2.0], e, h);
        }
    })
    .with_top(h)
}

fn two_levels(b: &mut Brush, d: &mut Dice, [w, depth, h]: [f32; 3]) {
    let glass = d.chance(0.2);
    let e = outline(d);
    let (m, low) = top(b, d, [w, depth, h], e, glass);
    let inset = if e < 5.0 { 0.7 } else { 0.95 };
    let legs = d.pick(&[Legs::Square, Legs::Round, Legs::Boards]);
    legs.draw(b, m, [w / 2.0 * inset, depth / 2.0 * inset], low, d.between(0.035, 0.07));
    let z = h * d.between(0.2, 0.5);
    b.disc(m, [0.0, 0.0, z], [w / 2.0 * inset, depth / 2.0 * inset], e.max(4.0), 0.03);
    if d.chance(0.4) {
        let kind = d.pick(&Goods::ALL);
        goods(b, d, kind, [w * 0.7, depth * 0.7, h - z], z + 0.03, 0.5);
    }
}

/// A narrow table at a wall, often with a board or drawers under its top.
pub(crate) fn console_table(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(0.7, 1.5), d.between(0.26, 0.42), d.between(0.7, 0.92));
    Model::new("table", d, |b, d| {
        let (m, low) = top(b, d, [w, depth, h], 40.0, false);
        match d.below(4) {
            0 => columns(b, d, m, [w, depth], low),
            1 => support(b, d, m, [w, depth], low, false),
            kind => {
                Legs::Square.draw(b, m, [w / 2.0, depth / 2.0], low, d.between(0.035, 0.06));
                let deep = d.between(0.1, 0.2);
                b.block(m, [0.0, -0.01, low - deep], [w - 0.03, depth - 0.04, deep]);
                front(b, d, m, Front::Drawers, [[-w / 2.0, w / 2.0], [low - deep, low]], depth / 2.0, 0.45);
                if kind == 2 {
                    b.block(m, [0.0, 0.0, 0.14], [w - 0.04, depth - 0.03, 0.03]);
                }
            }
        }
    })
    .with_top(h)
}
