//! Cabinets, bookshelves, refrigerators.

use super::small;
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model, Pattern};

fn board(d: &mut Dice) -> Material {
    if d.chance(0.6) { Material::wood(d) } else { Material::lacquer(d) }
}

/// Doors with handles and gaps between them, on the front face at `y`.
pub(crate) fn door_fronts(b: &mut Brush, d: &mut Dice, front: u32, [w, y]: [f32; 2], [z0, z1]: [f32; 2], doors: usize) {
    let metal = Material::metal(d);
    let handle = b.material(metal);
    let each = w / doors as f32;
    for i in 0..doors {
        let cx = -w / 2.0 + each * (i as f32 + 0.5);
        b.cuboid(front, [cx - each / 2.0 + 0.012, y - 0.02, z0 + 0.012], [cx + each / 2.0 - 0.012, y, z1 - 0.012]);
        let side = if i % 2 == 0 { 1.0 } else { -1.0 };
        let hx = cx + side * (each / 2.0 - 0.06);
        let hz = (z0 + z1) / 2.0;
        b.block(handle, [hx, y + 0.012, hz - 0.07], [0.025, 0.03, 0.14]);
    }
}

/// A low or tall cabinet with doors.
pub(crate) fn cabinet(d: &mut Dice, tall: bool) -> Model {
    let size = if tall {
        [d.between(0.8, 1.4), d.between(0.42, 0.6), d.between(1.6, 2.1)]
    } else {
        [d.between(0.6, 1.3), d.between(0.38, 0.5), d.between(0.7, 1.15)]
    };
    let [w, depth, h] = size;
    let doors = ((w / 0.48).round() as usize).max(1);
    let plinth = d.between(0.04, 0.1);
    let drawer = !tall && d.chance(0.5);
    let model = Model::new("cabinet", size, move |b, d| {
        let body = board(d);
        let body = b.material(body);
        b.block(body, [0.0, -0.015, plinth], [w, depth - 0.03, h - plinth]);
        b.block(body, [0.0, -0.03, 0.0], [w - 0.06, depth - 0.08, plinth]);
        b.block(body, [0.0, 0.0, h - 0.03], [w, depth, 0.03]);
        let doors_top = if drawer { h - 0.25 } else { h - 0.04 };
        door_fronts(b, d, body, [w, depth / 2.0], [plinth + 0.01, doors_top], doors);
        if drawer {
            b.cuboid(body, [-w / 2.0 + 0.01, depth / 2.0 - 0.02, h - 0.23], [w / 2.0 - 0.01, depth / 2.0, h - 0.05]);
        }
    });
    if tall { model } else { model.with_top(h) }
}

/// A narrow metal cabinet with drawers.
pub(crate) fn file_cabinet(d: &mut Dice) -> Model {
    let drawers = 2 + d.below(3);
    let (w, depth, h) = (d.between(0.38, 0.48), d.between(0.45, 0.62), 0.06 + 0.31 * drawers as f32);
    Model::new("file cabinet", [w, depth, h], move |b, d| {
        let steel = Material::lacquer(d);
        let steel = b.material(steel);
        b.block(steel, [0.0, -0.015, 0.0], [w, depth - 0.03, h]);
        let handle = b.material(Material::plain([0.4; 3]));
        for i in 0..drawers {
            let z = 0.04 + 0.31 * i as f32;
            b.block(steel, [0.0, depth / 2.0 - 0.02, z], [w - 0.03, 0.03, 0.28]);
            b.block(handle, [0.0, depth / 2.0 + 0.005, z + 0.2], [0.13, 0.03, 0.025]);
        }
    })
    .with_top(h)
}

/// A bookshelf, more or less full. Some annotators label the books as part of it, some as objects of their own.
pub(crate) fn bookshelf(d: &mut Dice) -> Model {
    let (w, depth) = (d.between(0.7, 1.25), d.between(0.26, 0.36));
    let levels = 3 + d.below(4);
    let h = 0.08 + d.between(0.3, 0.37) * levels as f32;
    let apart = d.chance(0.25);
    let fill = d.between(0.45, 0.95);
    let clear = (h - 0.08) / levels as f32;
    let mut model = Model::new("bookshelf", [w, depth, h], move |b, d| {
        let wood = board(d);
        let wood = b.material(wood);
        let (x, y) = (w / 2.0, depth / 2.0);
        for s in [-1.0, 1.0] {
            b.block(wood, [s * (x - 0.018), 0.0, 0.0], [0.036, depth, h]);
        }
        b.cuboid(wood, [-x, -y, 0.0], [x, -y + 0.02, h]);
        for i in 0..=levels {
            let z = 0.05 + clear * i as f32;
            b.cuboid(wood, [-x, -y, z - 0.018], [x, y, z + 0.018]);
        }
        if !apart {
            for i in 0..levels {
                books(b, d, [w, depth, clear], 0.068 + clear * i as f32, fill);
            }
        }
    });
    if apart {
        for i in 0..levels {
            let row = Model::new("books", [w, depth, clear], move |b, d| books(b, d, [w, depth, clear], 0.0, fill));
            model = model.with_part(row, Pose::at([0.0, 0.0, 0.068 + clear * i as f32]));
        }
    }
    model
}

/// Rows of books of different heights and depths on one board.
fn books(b: &mut Brush, d: &mut Dice, [w, depth, clear]: [f32; 3], z: f32, fill: f32) {
    let spines = Material::patterned([0.5; 3], [0.2; 3], Pattern::Books, d.between(0.025, 0.045), d.word());
    let spines = b.material(spines);
    let (mut x, end) = (-w / 2.0 + 0.04, w / 2.0 - 0.05);
    while x < end {
        let run = d.between(0.06, 0.22).min(end - x);
        if d.chance(fill) && run > 0.02 {
            let tall = (clear - 0.06) * d.between(0.62, 0.98);
            let front = depth / 2.0 - d.between(0.02, 0.11);
            b.cuboid(spines, [x, -depth / 2.0 + 0.02, z], [x + run, front, z + tall]);
        }
        x += run + if d.chance(0.2) { 0.04 } else { 0.004 };
    }
}

/// A tall or a small refrigerator.
pub(crate) fn refrigerator(d: &mut Dice, small: bool) -> Model {
    let size = if small {
        [d.between(0.45, 0.52), d.between(0.48, 0.55), d.between(0.75, 0.9)]
    } else {
        [d.between(0.62, 0.88), d.between(0.65, 0.75), d.between(1.55, 1.85)]
    };
    let [w, depth, h] = size;
    let name = if small { "mini fridge" } else { "refrigerator" };
    let side_by_side = !small && w > 0.8;
    let split = d.between(0.6, 0.72);
    let model = Model::new(name, size, move |b, d| {
        let shell = d.pick(&[[0.92; 3], [0.90, 0.89, 0.85], [0.60, 0.61, 0.62], [0.14; 3]]);
        let shell = b.material(Material::plain(shell));
        let metal = Material::metal(d);
        let handle = b.material(metal);
        let y = depth / 2.0;
        b.block(shell, [0.0, -0.035, 0.0], [w, depth - 0.07, h]);
        let leaf = |b: &mut Brush, x0: f32, x1: f32, z0: f32, z1: f32| {
            b.cuboid(shell, [x0 + 0.006, y - 0.06, z0 + 0.01], [x1 - 0.006, y, z1 - 0.008]);
        };
        let x = w / 2.0;
        if side_by_side {
            leaf(b, -x, 0.0, 0.05, h);
            leaf(b, 0.0, x, 0.05, h);
            for s in [-1.0, 1.0] {
                b.block(handle, [s * 0.05, y + 0.025, h * 0.45], [0.03, 0.045, h * 0.3]);
            }
        } else {
            leaf(b, -x, x, 0.05, h * split);
            leaf(b, -x, x, h * split, h);
            b.block(handle, [-x + 0.06, y + 0.025, h * split - 0.35], [0.03, 0.045, 0.3]);
            b.block(handle, [-x + 0.06, y + 0.025, h * split + 0.06], [0.03, 0.045, 0.2]);
        }
    });
    if small { model.with_top(h) } else { model.with_part(small::cardboard_box(d), Pose::at([0.0, -0.1, h])) }
}
