//! Worktops on cabinets, islands, and wall cabinets.

use super::super::parts::{Front, Goods, Legs, SIDES, front, goods};
use super::basin::{sunk, vessel};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model};

/// A worktop on base cabinets at a wall, with or without a sink. All three are objects of their own, as in annotations.
/// Without a sink it may be a bar on panels or legs.
pub(crate) fn counter(d: &mut Dice, w: f32, sink: bool, name: &'static str, below: &'static str) -> Model {
    let bathroom = below == "bathroom vanity" || name == "bathroom counter";
    let depth = if bathroom { d.between(0.42, 0.62) } else { d.between(0.56, 0.72) };
    let h = if bathroom { d.between(0.74, 0.9) } else { d.between(0.84, 0.97) };
    let (x, y, thick) = (w / 2.0, depth / 2.0, d.between(0.03, 0.06));
    let bowl = sink && bathroom && d.chance(0.3);
    let double = if bathroom { 0.0 } else { 0.35 };
    let widest = if d.chance(double) { d.between(0.3, 0.42) } else { d.between(0.18, 0.27) };
    let half = [widest.min(x - 0.1).max(0.12), d.between(0.15, 0.2).min(y - 0.08)];
    let at = d.between(-0.3, 0.3) * (w - 2.0 * half[0] - 0.15).max(0.0);
    let hole = [[at - half[0], -half[1] - 0.01], [at + half[0], half[1] - 0.01]];
    let slab = Model::new(name, d, |b, d| {
        let stone = Material::stone(d);
        let stone = b.material(stone);
        let (low, high) = ([-x, -y, h - thick], [x, y + 0.02, h]);
        if sink && !bowl {
            b.slab_with_hole(stone, low, high, hole);
        } else {
            b.cuboid(stone, low, high);
        }
        let rise = match d.below(5) {
            0 | 1 => 0.0,
            2 | 3 => d.between(0.06, 0.15),
            _ => d.between(0.3, 0.5),
        };
        if rise > 0.0 {
            b.cuboid(stone, [-x, -y, h], [x, -y + 0.025, h + rise]);
        }
        if d.chance(0.15) {
            let s = d.pick(&SIDES);
            b.block(stone, [s * (x - 0.02), 0.0, 0.0], [0.04, depth, h]);
        }
    })
    .with_top(h);
    let bar = !sink && d.chance(0.25);
    let base = Model::new(below, d, |b, d| {
        let board = Material::board(d);
        let board = b.material(board);
        let front_y = y - if bar { d.between(0.15, 0.3) } else { 0.0 };
        let lift = if bathroom && d.chance(0.3) { d.between(0.2, 0.4) } else { 0.1 };
        let low = h - thick;
        // Hollow below the hole, so that the camera sees the basin.
        b.cuboid(board, [-x, front_y - 0.05, lift], [x, front_y - 0.02, low]);
        b.cuboid(board, [-x, -y, lift], [x, front_y - 0.03, lift + 0.03]);
        for s in SIDES {
            b.cuboid(
                board,
                [s * x - 0.015, -y, if lift > 0.1 { lift } else { 0.0 }],
                [s * x + 0.015, front_y - 0.03, low],
            );
        }
        if lift <= 0.1 {
            b.cuboid(board, [-x, front_y - 0.12, 0.0], [x, front_y - 0.09, 0.1]);
        }
        if !bar {
            fronts(b, d, board, [-x, x], [lift, low], front_y);
        }
    });
    let model = slab.with_part(base, Pose::IDENTITY);
    match (sink, bowl) {
        (false, _) => model,
        (_, true) => model.with_part(vessel(d), Pose::at([at, 0.02, h])),
        _ => {
            let deep = d.between(0.12, 0.2);
            model.with_part(sunk(d, half, deep), Pose::at([at, -0.01, h]))
        }
    }
}

/// Fronts of several kinds side by side, at times with a gap for a machine, which has a smooth front.
fn fronts(b: &mut Brush, d: &mut Dice, m: u32, x: [f32; 2], z: [f32; 2], y: f32) {
    let each = d.between(0.35, 0.6);
    let mut at = x[0];
    let usual = d.pick(&[Front::Doors, Front::Both, Front::Drawers]);
    while at < x[1] - 0.05 {
        let end = if x[1] - at < 0.9 { x[1] } else { at + d.between(0.6, 1.0).min(x[1] - at - 0.25) };
        if (0.5..0.75).contains(&(end - at)) && d.chance(0.25) {
            let steel = if d.chance(0.5) { Material::metal(d) } else { Material::lacquer(d) };
            let steel = b.material(steel);
            b.cuboid(steel, [at + 0.01, y - 0.03, z[0]], [end - 0.01, y + 0.015, z[1] - 0.01]);
            b.cuboid(steel, [at + 0.05, y, z[1] - 0.14], [end - 0.05, y + 0.05, z[1] - 0.11]);
        } else {
            let kind = if d.chance(0.6) { usual } else { d.pick(&[Front::Doors, Front::Both, Front::Drawers]) };
            front(b, d, m, kind, [[at, end], z], y, each);
        }
        at = end;
    }
}

/// An island for the open floor, with fronts on one side and an overhang for bar stools on the other (+y).
pub(crate) fn island(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(1.1, 2.4), d.between(0.65, 1.1), d.between(0.86, 1.02));
    let over = d.between(0.0, 0.35).min(depth - 0.55);
    let name = d.pick(&["counter", "kitchen counter"]);
    let slab = Model::new(name, d, |b, d| {
        let stone = Material::stone(d);
        let stone = b.material(stone);
        b.block(stone, [0.0, 0.0, h - 0.045], [w, depth, 0.045]);
        if d.chance(0.2) {
            // A second level for the bar.
            b.block(stone, [0.0, depth / 2.0 - 0.15, h + 0.1], [w, 0.32, 0.04]);
            b.block(stone, [0.0, depth / 2.0 - over - 0.03, h], [w, 0.06, 0.1]);
        }
    })
    .with_top(h);
    let base = Model::new("kitchen cabinet", d, |b, d| {
        let m = Material::board(d);
        let m = b.material(m);
        let (x, low, high) = (w / 2.0 - 0.03, -depth / 2.0 + 0.02, depth / 2.0 - over - 0.02);
        if d.chance(0.15) {
            Legs::Square.draw(b, m, [x, depth / 2.0 - 0.02], h - 0.045, 0.08);
            b.cuboid(m, [-x, low, 0.2], [x, high, 0.24]);
            goods(b, d, Goods::Mixed, [2.0 * x, depth * 0.7, 0.5], 0.24, 0.6);
        } else {
            b.cuboid(m, [-x, low + 0.02, 0.08], [x, high, h - 0.045]);
            b.cuboid(m, [-x + 0.04, low + 0.08, 0.0], [x - 0.04, high - 0.04, 0.08]);
            let mut rear = b.inside(Pose::turned([0.0; 3], std::f32::consts::PI));
            fronts(&mut rear, d, m, [-x, x], [0.1, h - 0.05], -low);
        }
    });
    slab.with_part(base, Pose::IDENTITY)
}

/// A counter for visitors, free-standing or before a wall: a high front (+y) with a narrow top, and a lower top behind.
pub(crate) fn reception_counter(d: &mut Dice) -> Model {
    let (w, depth) = (d.between(1.4, 3.2), d.between(0.65, 0.95));
    let (high, low) = (d.between(1.02, 1.18), d.between(0.7, 0.78));
    let name = d.pick(&["counter", "counter", "desk"]);
    Model::new(name, d, |b, d| {
        let m = Material::board(d);
        let m = b.material(m);
        let stone = Material::stone(d);
        let stone = b.material(stone);
        let (x, y) = (w / 2.0, depth / 2.0);
        let round = d.chance(0.3);
        let inner = if round { y - 0.3 } else { y - 0.09 };
        if round {
            // The front bends backwards at both ends.
            let bend = d.between(0.1, 0.25);
            b.sheet(m, [24, 1], |u, v| {
                let across = 2.0 * u - 1.0;
                [across * x, y - 0.08 - bend * across * across, high * v]
            });
            for dy in [0.0, 0.28] {
                b.sheet(stone, [24, 1], |u, v| {
                    let across = 2.0 * u - 1.0;
                    [across * x, y - dy - bend * across * across, high - 0.04 + 0.04 * v]
                });
            }
            for z in [high - 0.04, high] {
                b.sheet(stone, [24, 1], |u, v| {
                    let across = 2.0 * u - 1.0;
                    [across * x, y - 0.28 * v - bend * across * across, z]
                });
            }
        } else {
            b.cuboid(m, [-x, y - 0.1, 0.0], [x, y - 0.06, high - 0.04]);
            b.cuboid(stone, [-x, y - 0.3, high - 0.04], [x, y, high]);
        }
        b.cuboid(stone, [-x, -y, low - 0.035], [x, inner, low]);
        for s in SIDES {
            b.cuboid(m, [s * x - 0.02, -y, 0.0], [s * x + 0.02, inner, if d.chance(0.5) { high - 0.04 } else { low }]);
        }
        if d.chance(0.5) {
            b.block(m, [x * 0.6, -0.1, 0.0], [0.4, depth * 0.5, low - 0.035]);
        }
    })
    .with_top(low)
}

/// A row of cabinets above a counter, hung about 1.4 m high; z = 0 is its underside. Some have open compartments or a
/// hood among them.
pub(crate) fn wall_cabinet(d: &mut Dice, w: f32) -> Model {
    let (depth, h) = (d.between(0.28, 0.42), if d.chance(0.25) { d.between(0.35, 0.5) } else { d.between(0.55, 1.0) });
    Model::new("kitchen cabinet", d, |b, d| {
        let m = Material::board(d);
        let m = b.material(m);
        let (x, y) = (w / 2.0, depth / 2.0);
        let open = d.chance(0.3);
        if open {
            let cut = x - w * d.between(0.2, 0.45);
            b.cuboid(m, [-x, -y, 0.0], [cut, y - 0.02, h]);
            front(b, d, m, Front::Doors, [[-x, cut], [0.0, h]], y, 0.45);
            b.cuboid(m, [cut, -y, 0.0], [x, -y + 0.02, h]);
            for z in [0.0, h / 2.0, h - 0.025] {
                b.cuboid(m, [cut, -y, z], [x, y - 0.02, z + 0.025]);
            }
            b.cuboid(m, [x - 0.025, -y, 0.0], [x, y - 0.02, h]);
            let mut inner = b.inside(Pose::at([(cut + x) / 2.0, -0.01, 0.0]));
            for z in [0.025, h / 2.0 + 0.025] {
                goods(&mut inner, d, Goods::Dishes, [x - cut, depth - 0.04, h / 2.0], z, 0.6);
            }
        } else {
            b.block(m, [0.0, -0.01, 0.0], [w, depth - 0.02, h]);
            let kind = d.pick(&[Front::Doors, Front::Doors, Front::Doors, Front::Glass, Front::Sliding]);
            let each = d.between(0.35, 0.6);
            front(b, d, m, kind, [[-x, x], [0.0, h]], y, if kind == Front::Sliding { w / 2.0 } else { each });
        }
    })
}

/// A cabinet for a bathroom or an entry that hangs at eye level; z = 0 is its underside.
pub(crate) fn hung_cabinet(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(0.3, 0.9), d.between(0.12, 0.3), d.between(0.45, 0.8));
    Model::new("cabinet", d, |b, d| {
        let m = Material::board(d);
        let m = b.material(m);
        b.block(m, [0.0, -0.01, 0.0], [w, depth - 0.02, h]);
        let kind = d.pick(&[Front::Doors, Front::Glass, Front::Doors]);
        front(b, d, m, kind, [[-w / 2.0, w / 2.0], [0.0, h]], depth / 2.0, 0.4);
    })
}
