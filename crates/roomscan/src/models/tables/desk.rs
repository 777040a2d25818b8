//! Desks, with what stands on them.

use super::super::parts::{Front, Goods, Legs, SIDES, front, goods};
use super::super::small;
use super::table::{any_table, support, top};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model};

/// A desk for a place at the wall: on panels, legs, trestles or drawers, L-shaped, with a hutch, with panels of a
/// cubicle, or high, often with a monitor. Some are the same as a table.
pub(crate) fn desk(d: &mut Dice) -> Model {
    let kind = d.below(12);
    let (w, depth) = (d.between(0.9, 1.8), d.between(0.5, 0.85));
    let h = if kind == 0 { d.between(0.85, 1.1) } else { d.between(0.69, 0.78) };
    let mut side = 0.0;
    let mut model = match kind {
        1 | 2 => any_table("desk", d, [w, depth, h]),
        3 => writing_desk(d),
        4 | 5 => {
            side = d.pick(&SIDES);
            Model::new("desk", d, |b, d| l_shaped(b, d, [w.max(1.3), depth, h], side))
        }
        6 => Model::new("desk", d, |b, d| {
            body(b, d, [w, depth, h]);
            cubicle(b, d, [w, depth]);
        })
        .with_top(h),
        7 => Model::new("desk", d, |b, d| {
            let m = body(b, d, [w, depth, h]);
            hutch(b, d, m, [w, depth, h]);
        })
        .with_top(h),
        0 => Model::new("desk", d, |b, d| {
            let (m, low) = top(b, d, [w, depth, h], 40.0, false);
            Legs::Posts.draw(b, m, [w / 2.0, depth / 2.0], low, 0.07);
        })
        .with_top(h),
        _ => Model::new("desk", d, |b, d| {
            body(b, d, [w, depth, h]);
        })
        .with_top(h),
    };
    let h = model.top.unwrap_or(h);
    if kind != 3 && d.chance(0.7) {
        let screens = 1 + d.below(2).min((w > 1.2) as usize);
        let spread = if screens == 2 { 0.3 } else { 0.0 };
        for i in 0..screens {
            let x = (i as f32 - 0.5 * (screens - 1) as f32) * 2.0 * spread + d.between(-0.1, 0.1);
            let turn = -0.4 * (x / 0.3) * spread + d.between(-0.15, 0.15);
            let at = Pose::turned([x, -depth * 0.22, h], turn);
            model = model.with_part(small::monitor(d), at);
        }
        let keys = Pose::turned([d.between(-0.15, 0.15), depth * 0.22, h], d.between(-0.15, 0.15));
        model = model.with_part(small::keyboard(d), keys);
    }
    if d.chance(0.35) {
        let x = d.pick(&SIDES) * (w / 2.0 - 0.16);
        model = model.with_part(small::desk_lamp(d), Pose::at([x, -depth * 0.25, h]));
    }
    if d.chance(0.25) {
        let at = Pose::at([d.pick(&SIDES) * w * d.between(0.2, 0.36), -0.05, 0.0]);
        model = model.with_part(small::computer_tower(d), at);
    }
    if side != 0.0 {
        // Things on the wing, because the top of an L is not its whole footprint.
        let x = side * (w.max(1.3) / 2.0 - 0.25);
        model = model.with_part(small::book_stack(d), Pose::at([x, depth / 2.0 + 0.3, h]));
    }
    model
}

/// Top, legs or panels, and drawers under it. Returns the material of the wood.
fn body(b: &mut Brush, d: &mut Dice, [w, depth, h]: [f32; 3]) -> u32 {
    let (m, low) = top(b, d, [w, depth, h], 40.0, false);
    let (x, y) = (w / 2.0, depth / 2.0);
    let drawers = d.below(3);
    match d.below(3) {
        0 => support(b, d, m, [w, depth], low, false),
        _ => Legs::Boards.draw(b, m, [x, y - 0.02], low, 0.045),
    }
    if d.chance(0.5) {
        let hang = d.between(0.2, 0.6);
        b.cuboid(m, [-x + 0.02, -y + 0.04, low - hang], [x - 0.02, -y + 0.07, low]);
    }
    for s in SIDES.into_iter().take(drawers) {
        let (wide, lift) = (d.between(0.34, 0.45), d.pick(&[0.0, 0.06, 0.35]));
        let cx = s * (x - wide / 2.0 - 0.03);
        b.block(m, [cx, -0.03, lift], [wide, depth - 0.1, low - lift]);
        let span = [[cx - wide / 2.0, cx + wide / 2.0], [lift, low]];
        let kind = d.pick(&[Front::Drawers, Front::Drawers, Front::Both, Front::Doors]);
        front(b, d, m, kind, span, y - 0.055, 0.45);
    }
    if drawers == 0 && d.chance(0.4) {
        b.block(m, [0.0, y - 0.2, low - 0.1], [w * 0.6, 0.36, 0.1]);
    }
    m
}

fn l_shaped(b: &mut Brush, d: &mut Dice, size: [f32; 3], side: f32) {
    let [w, depth, h] = size;
    let m = body(b, d, size);
    let (long, wide) = (d.between(0.5, 1.0), d.between(0.45, 0.6));
    let (x0, x1) = (side * (w / 2.0 - wide), side * w / 2.0);
    let (x0, x1) = (x0.min(x1), x0.max(x1));
    let y = depth / 2.0;
    b.cuboid(m, [x0, y, h - 0.03], [x1, y + long, h]);
    if d.chance(0.5) {
        b.cuboid(m, [x0, y + long - 0.04, 0.0], [x1, y + long, h - 0.03]);
    } else {
        b.cuboid(m, [x0 + 0.03, y + long - 0.5, 0.03], [x1 - 0.03, y + long - 0.03, h - 0.03]);
    }
}

fn hutch(b: &mut Brush, d: &mut Dice, m: u32, [w, depth, h]: [f32; 3]) {
    let (x, y, deep) = (w / 2.0, depth / 2.0, d.between(0.22, 0.32));
    let top = h + d.between(0.5, 0.9);
    let clear = d.between(0.3, 0.45);
    if d.chance(0.7) {
        b.cuboid(m, [-x, -y, h], [x, -y + 0.03, top]);
    }
    for s in SIDES {
        b.block(m, [s * (x - 0.02), -y + deep / 2.0, h], [0.035, deep, top - h]);
    }
    for z in [h + clear, top - 0.03] {
        b.cuboid(m, [-x, -y, z], [x, -y + deep, z + 0.03]);
    }
    if d.chance(0.4) {
        front(b, d, m, Front::Doors, [[-x, x], [h + clear, top]], -y + deep, 0.5);
    } else {
        let mut shelf = b.inside(Pose::at([0.0, -y + deep / 2.0, 0.0]));
        let kind = d.pick(&Goods::ALL);
        goods(&mut shelf, d, kind, [w - 0.06, deep, top - h - clear], h + clear + 0.03, 0.6);
    }
}

/// Soft panels behind and beside the desk.
fn cubicle(b: &mut Brush, d: &mut Dice, [w, depth]: [f32; 2]) {
    let cloth = Material::fabric(d);
    let cloth = b.material(cloth);
    let (x, y, h) = (w / 2.0, depth / 2.0, d.between(1.1, 1.6));
    b.cuboid(cloth, [-x - 0.05, -y - 0.06, 0.03], [x + 0.05, -y, h]);
    for s in SIDES {
        if d.chance(0.6) {
            b.block(cloth, [s * (x + 0.03), d.between(0.0, 0.2), 0.03], [0.05, depth, h - 0.03]);
        }
    }
}

/// A small desk with thin legs, one row of drawers, and at times a row of boxes on top.
fn writing_desk(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(0.75, 1.2), d.between(0.42, 0.6), d.between(0.7, 0.78));
    Model::new("desk", d, |b, d| {
        let (m, low) = top(b, d, [w, depth, h], 40.0, false);
        let (x, y) = (w / 2.0, depth / 2.0);
        let legs = d.pick(&[Legs::Square, Legs::Tapered, Legs::Splayed]);
        legs.draw(b, m, [x - 0.01, y - 0.01], low, 0.045);
        b.block(m, [0.0, -0.02, low - 0.12], [w - 0.04, depth - 0.06, 0.12]);
        front(b, d, m, Front::Drawers, [[-x + 0.02, x - 0.02], [low - 0.12, low]], y - 0.02, 0.4);
        if d.chance(0.4) {
            let rise = d.between(0.12, 0.3);
            b.cuboid(m, [-x, -y, h], [x, -y + 0.2, h + rise]);
            front(b, d, m, Front::Drawers, [[-x, x], [h, h + rise]], -y + 0.215, 0.25);
        }
    })
    .with_top(h)
}

/// A desk of a classroom, for one or two pupils, with a box under the top.
pub(crate) fn school_desk(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.pick(&[0.6, 0.7, 1.2, 1.3]), d.between(0.45, 0.6), d.between(0.66, 0.76));
    Model::new("desk", d, |b, d| {
        let board = Material::board(d);
        let board = b.material(board);
        let frame = Material::frame(d);
        let frame = b.material(frame);
        let slope = d.pick(&[0.0, 0.0, 0.1]);
        let mut tilted = b.inside(Pose::tilted([0.0, -depth / 2.0, h - 0.02], -slope));
        tilted.cuboid(board, [-w / 2.0, 0.0, 0.0], [w / 2.0, depth, 0.025]);
        let legs = d.pick(&[Legs::Square, Legs::Round, Legs::Sled, Legs::Posts]);
        legs.draw(b, frame, [w / 2.0 - 0.03, depth / 2.0 - 0.03], h - 0.02 - slope * depth, 0.035);
        if d.chance(0.6) {
            b.block(frame, [0.0, -0.02, h - 0.16], [w - 0.12, depth - 0.12, 0.025]);
            b.cuboid(
                frame,
                [-w / 2.0 + 0.06, -depth / 2.0 + 0.05, h - 0.16],
                [w / 2.0 - 0.06, -depth / 2.0 + 0.08, h - 0.03],
            );
        }
    })
    .with_top(h)
}
