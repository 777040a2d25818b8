//! Shelves, more or less full.

use super::super::parts::{CORNERS, Goods, SIDES, goods};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model};

/// A bookshelf at a wall: low, wide, narrow or up to 2.3 m high, with or without a back, in columns, or leaning as a
/// ladder; with books, boxes, binders, or half empty. Some annotators label the books as part of it, some as objects.
pub(crate) fn bookshelf(d: &mut Dice) -> Model {
    let kind = d.below(10);
    if kind == 0 {
        return leaning(d);
    }
    let w = match kind {
        1 => d.between(0.35, 0.6),
        2..=4 => d.between(1.3, 2.4),
        _ => d.between(0.6, 1.3),
    };
    let (depth, gap) = (d.between(0.22, 0.42), d.between(0.25, 0.4));
    let levels = if d.chance(0.25) { 2 + d.below(2) } else { 3 + d.below(5) };
    let h = (0.08 + gap * levels as f32).min(2.3);
    let clear = (h - 0.08) / levels as f32;
    let columns = if w > 1.2 || d.chance(0.15) { (w / d.between(0.35, 0.8)).round() as usize } else { 1 }.max(1);
    let (backless, apart) = (d.chance(0.3), d.chance(0.2));
    let (usual, fill) = (d.pick(&Goods::ALL[..6]), d.between(0.25, 0.98));
    let each = w / columns as f32;
    let mut cells = Vec::new();
    for i in 0..levels {
        for c in 0..columns {
            let kind = if d.chance(0.7) { usual } else { d.pick(&Goods::ALL) };
            cells.push((kind, [each * (c as f32 + 0.5) - w / 2.0, 0.0, 0.068 + clear * i as f32]));
        }
    }
    let inner = [each - 0.04, depth, clear - 0.02];
    let mut model = Model::new("bookshelf", d, |b, d| {
        let wood = Material::board(d);
        let wood = b.material(wood);
        let (x, y) = (w / 2.0, depth / 2.0);
        let t = d.between(0.02, 0.04);
        for c in 0..=columns {
            let px = (each * c as f32 - x).clamp(-x + t / 2.0, x - t / 2.0);
            b.block(wood, [px, 0.0, 0.0], [t, depth, h]);
        }
        if !backless {
            b.cuboid(wood, [-x, -y, 0.0], [x, -y + 0.02, h]);
        }
        for i in 0..=levels {
            let z = 0.05 + clear * i as f32;
            b.cuboid(wood, [-x, -y, z - t / 2.0], [x, y, z + t / 2.0]);
        }
        if !apart {
            for (kind, at) in &cells {
                goods(&mut b.inside(Pose::at(*at)), d, *kind, inner, 0.0, fill);
            }
        }
    });
    if apart {
        for (kind, at) in cells.into_iter().filter(|(kind, _)| *kind == Goods::Books) {
            let row = Model::in_place("books", d, |b, d| {
                goods(b, d, kind, inner, 0.0, fill.max(0.5));
                // One book is always there, so that the object is not empty.
                let cover = Material::vivid(d);
                let cover = b.material(cover);
                b.block(cover, [0.0; 3], [0.05, depth * 0.6, inner[2] * 0.7]);
            });
            model = model.with_part(row, Pose::at(at));
        }
    }
    if h < 1.3 { model.with_top(h) } else { model }
}

/// Boards between two ladders, deeper at the floor.
fn leaning(d: &mut Dice) -> Model {
    let (w, h, deep) = (d.between(0.5, 0.9), d.between(1.4, 1.95), d.between(0.35, 0.55));
    let levels = 4 + d.below(2);
    Model::new("bookshelf", d, |b, d| {
        let m = Material::frame(d);
        let m = b.material(m);
        for s in SIDES {
            b.tube(m, [s * w / 2.0, deep, 0.0], [s * w / 2.0, 0.05, h], 0.02);
            b.tube(m, [s * w / 2.0, 0.0, 0.0], [s * w / 2.0, 0.0, h * 0.97], 0.02);
        }
        for i in 0..levels {
            let z = h * (0.12 + 0.8 * i as f32 / levels as f32);
            let depth = (deep * (1.0 - z / h)).max(0.14) + 0.03;
            b.cuboid(m, [-w / 2.0, 0.0, z], [w / 2.0, depth, z + 0.03]);
            let kind = d.pick(&Goods::ALL);
            goods(&mut b.inside(Pose::at([0.0, depth / 2.0, 0.0])), d, kind, [w, depth, 0.3], z + 0.03, 0.5);
        }
    })
}

/// A rack of metal or wood with boxes, at a wall or in rows.
pub(crate) fn shelving(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(0.7, 1.9), d.between(0.32, 0.65), d.between(1.3, 2.2));
    let levels = 3 + d.below(4);
    Model::new("shelf", d, |b, d| {
        let m = Material::frame(d);
        let m = b.material(m);
        let (x, y) = (w / 2.0, depth / 2.0);
        for [sx, sy] in CORNERS {
            b.block(m, [sx * (x - 0.02), sy * (y - 0.02), 0.0], [0.04, 0.04, h]);
        }
        if d.chance(0.4) {
            b.tube(m, [-x, -y + 0.02, 0.1], [x, -y + 0.02, h - 0.1], 0.015);
            b.tube(m, [x, -y + 0.02, 0.1], [-x, -y + 0.02, h - 0.1], 0.015);
        }
        let clear = (h - 0.1) / levels as f32;
        for i in 0..=levels {
            b.block(m, [0.0, 0.0, 0.06 + clear * i as f32], [w, depth, 0.035]);
        }
        for i in 0..levels {
            let kind = d.pick(&[Goods::Boxes, Goods::Boxes, Goods::Mixed, Goods::Binders, Goods::Nothing]);
            let fill = d.between(0.3, 0.95);
            goods(b, d, kind, [w - 0.06, depth, clear - 0.03], 0.095 + clear * i as f32, fill);
        }
    })
}

fn board(b: &mut Brush, d: &mut Dice, m: u32, [w, depth, z]: [f32; 3]) {
    b.block(m, [0.0, 0.0, z], [w, depth, 0.035]);
    let kind = d.pick(&Goods::ALL);
    let fill = d.between(0.2, 0.8);
    goods(b, d, kind, [w, depth, 0.28], z + 0.035, fill);
}

/// Open boards on a wall, outside the twenty classes; z = 0 is the lowest.
pub(crate) fn wall_shelf(d: &mut Dice) -> Model {
    let (w, depth) = (d.between(0.5, 1.6), d.between(0.16, 0.3));
    let (boards, boxed) = (1 + d.below(3), d.chance(0.25));
    Model::new("shelf", d, |b, d| {
        let m = Material::board(d);
        let m = b.material(m);
        for i in 0..boards {
            board(b, d, m, [w, depth, 0.32 * i as f32]);
        }
        if boxed {
            b.block(m, [0.0, 0.0, 0.32 * boards as f32], [w, depth, 0.035]);
            for s in SIDES {
                b.block(m, [s * (w / 2.0 - 0.015), 0.0, 0.0], [0.03, depth, 0.32 * boards as f32 + 0.035]);
            }
        }
    })
}
