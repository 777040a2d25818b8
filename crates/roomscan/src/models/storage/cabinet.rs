//! Cabinets on the floor.

use super::super::parts::{Front, Goods, Legs, SIDES, front, goods};
use super::super::small;
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model};

/// A box of `size` on feet, a plinth or the floor, closed or open at the front, with a lid that may stand over. Returns
/// the height at which the front begins. A front of 2 cm fits before it.
pub(in crate::models) fn carcass(b: &mut Brush, d: &mut Dice, m: u32, [w, depth, h]: [f32; 3], open: bool) -> f32 {
    let lift = match d.below(4) {
        0 => 0.0,
        1 => d.between(0.1, 0.2).min(h * 0.3),
        _ => d.between(0.03, 0.1),
    };
    let (x, y) = (w / 2.0, depth / 2.0);
    if lift > 0.1 {
        d.pick(&[Legs::Square, Legs::Tapered, Legs::Splayed, Legs::Sled]).draw(b, m, [x, y - 0.02], lift, 0.045);
    } else if lift > 0.0 {
        b.block(m, [0.0, -0.03, 0.0], [w - 0.04, depth - 0.08, lift]);
    }
    if open {
        for s in SIDES {
            b.block(m, [s * (x - 0.015), 0.0, lift], [0.03, depth, h - lift]);
        }
        b.cuboid(m, [-x, -y, lift], [x, -y + 0.02, h]);
        b.cuboid(m, [-x, -y, lift], [x, y, lift + 0.03]);
        b.cuboid(m, [-x, -y, h - 0.03], [x, y, h]);
    } else {
        b.block(m, [0.0, -0.015, lift], [w, depth - 0.03, h - lift]);
    }
    let over = d.pick(&[0.0, 0.0, 0.02]);
    b.block(m, [0.0, 0.0, h - d.between(0.02, 0.045)], [w + 2.0 * over, depth, 0.02]);
    b.block(m, [0.0, 0.0, h - 0.02], [w + 2.0 * over, depth + over, 0.02]);
    lift
}

/// A cabinet at a wall, low (up to 1.3 m, with a top) or tall (up to 2.2 m): doors, drawers, sliding doors, glass, open
/// compartments, or a long credenza.
pub(crate) fn cabinet(d: &mut Dice, tall: bool) -> Model {
    let kind = d.below(12);
    let size = if tall {
        let narrow = d.chance(0.3);
        let w = if narrow { d.between(0.4, 0.7) } else { d.between(0.75, 2.2) };
        [w, d.between(0.35, 0.65), d.between(d.either(1.5, 1.7), 2.2)]
    } else {
        let w = match kind {
            0 | 1 => d.between(1.3, 2.0),
            2 => d.between(0.3, 0.6),
            _ => d.between(0.6, 1.4),
        };
        [w, d.between(0.32, 0.55), if kind < 2 { d.between(0.4, 0.8) } else { d.between(0.65, 1.3) }]
    };
    let [w, depth, h] = size;
    let model = Model::new("cabinet", d, |b, d| {
        let m = Material::board(d);
        let m = b.material(m);
        let face = if d.chance(0.25) { b.material(Material::board(d)) } else { m };
        let open = d.chance(0.25);
        let lift = carcass(b, d, m, size, open);
        let (x, y) = (w / 2.0, depth / 2.0);
        let z = [lift + 0.01, h - 0.03];
        let each = d.between(0.38, 0.65);
        let kinds =
            [Front::Doors, Front::Doors, Front::Doors, Front::Both, Front::Drawers, Front::Sliding, Front::Glass];
        let kind = d.pick(&kinds);
        let kind = if tall && kind == Front::Drawers { Front::Doors } else { kind };
        if !open {
            front(b, d, face, kind, [[-x, x], z], y, if kind == Front::Sliding { w / 2.0 } else { each });
            return;
        }
        // Some compartments are open; the others have doors or drawers.
        let split = d.between(0.3, 0.7);
        if d.chance(0.5) {
            let at = z[0] + (z[1] - z[0]) * split;
            b.cuboid(m, [-x, -y, at - 0.03], [x, y, at]);
            let closed = if tall || d.chance(0.6) { [z[0], at - 0.03] } else { [at, z[1]] };
            let free = if closed[0] == z[0] { [at, z[1]] } else { [z[0], at - 0.03] };
            front(b, d, face, kind, [[-x, x], closed], y, each);
            compartments(b, d, m, [[-x, x], free], [-y, y]);
        } else {
            let at = -x + w * split;
            b.cuboid(m, [at - 0.03, -y, z[0]], [at, y, z[1]]);
            front(b, d, face, kind, [[-x, at - 0.03], z], y, each);
            compartments(b, d, m, [[at, x], z], [-y, y]);
        }
    });
    if !tall {
        return model.with_top(h);
    }
    // Things on top of a wardrobe.
    let (count, span) = (d.pick(d.either(&[0, 0, 0, 1, 2], &[0, 0, 1, 2, 2])), w / 2.0 - 0.25);
    (0..count).fold(model, |model, i| {
        let x = span.max(0.0) * if i == 0 { -d.unit() } else { d.unit() };
        let thing = if d.chance(0.7) { small::cardboard_box(d) } else { small::heap("bag", d) };
        model.with_part(thing, Pose::at([x, 0.0, h]))
    })
}

/// A wardrobe or a row of closets built into a wall, `w` metres wide and up to `h` high (the ceiling, or a soffit): all
/// that is seen is its front.
pub(crate) fn built_in_cabinet(d: &mut Dice, w: f32, h: f32) -> Model {
    let depth = d.between(0.1, 0.65);
    Model::new("cabinet", d, |b, d| {
        let m = Material::board(d);
        let m = b.material(m);
        let (x, y) = (w / 2.0, depth / 2.0);
        b.block(m, [0.0, -0.015, 0.0], [w, depth - 0.03, h]);
        let plinth = d.between(0.0, 0.1);
        let split = if h > 1.9 && d.chance(0.5) { h - d.between(0.3, 0.6) } else { h };
        let kind = d.pick(&[Front::Doors, Front::Doors, Front::Sliding, Front::Glass]);
        let each = if kind == Front::Sliding { d.between(0.8, 1.2) } else { d.between(0.4, 0.62) };
        front(b, d, m, kind, [[-x, x], [plinth, split]], y, each);
        if split < h {
            front(b, d, m, Front::Doors, [[-x, x], [split, h]], y, each);
        }
    })
}

/// Boards with things on them between x[0] and x[1], from z[0] to z[1].
pub(super) fn compartments(b: &mut Brush, d: &mut Dice, m: u32, [x, z]: [[f32; 2]; 2], y: [f32; 2]) {
    let levels = (((z[1] - z[0]) / d.between(0.26, 0.42)).round() as usize).max(1);
    let clear = (z[1] - z[0]) / levels as f32;
    let (w, depth) = (x[1] - x[0] - 0.04, y[1] - y[0]);
    let mut b = b.inside(Pose::at([(x[0] + x[1]) / 2.0, (y[0] + y[1]) / 2.0, 0.0]));
    let usual = d.pick(&Goods::ALL);
    for i in 0..levels {
        let level = z[0] + clear * i as f32;
        if i > 0 {
            b.block(m, [0.0, 0.0, level - 0.03], [w + 0.04, depth, 0.03]);
        }
        let kind = if d.chance(0.6) { usual } else { d.pick(&Goods::ALL) };
        let fill = d.between(0.2, 0.95);
        goods(&mut b, d, kind, [w, depth, clear - 0.03], level, fill);
    }
}

/// A metal cabinet with drawers for files, upright or lateral (as wide as a desk), with a top.
pub(crate) fn file_cabinet(d: &mut Dice) -> Model {
    let lateral = d.chance(0.4);
    let drawers = 2 + d.below(4).min(if lateral { 2 } else { 3 });
    let (w, depth) = if lateral {
        (d.between(0.75, 1.1), d.between(0.45, 0.5))
    } else {
        (d.between(0.36, 0.5), d.between(0.45, 0.72))
    };
    let each = d.between(0.28, 0.34);
    let h = 0.06 + each * drawers as f32;
    Model::new("file cabinet", d, |b, d| {
        let steel = Material::lacquer(d);
        let steel = b.material(steel);
        let grip = Material::metal(d);
        let grip = b.material(grip);
        b.block(steel, [0.0, -0.015, 0.0], [w, depth - 0.03, h]);
        for i in 0..drawers {
            let z = 0.04 + each * i as f32;
            b.block(steel, [0.0, depth / 2.0 - 0.02, z], [w - 0.03, 0.03, each - 0.02]);
            b.block(
                grip,
                [0.0, depth / 2.0 + 0.005, z + each * 0.65],
                [if lateral { w * 0.5 } else { 0.13 }, 0.03, 0.03],
            );
        }
    })
    .with_top(h)
}

/// A row of lockers, at a wall.
pub(crate) fn lockers(d: &mut Dice) -> Model {
    let columns = 2 + d.below(5);
    let (each, depth, h) = (d.between(0.28, 0.4), d.between(0.4, 0.52), d.between(1.6, 2.0));
    let w = each * columns as f32;
    Model::new("cabinet", d, |b, d| {
        let steel = Material::lacquer(d);
        let steel = b.material(steel);
        b.block(steel, [0.0, -0.015, 0.0], [w, depth - 0.03, h]);
        front(b, d, steel, Front::Lockers, [[-w / 2.0, w / 2.0], [0.08, h]], depth / 2.0, each);
    })
}

/// A cabinet with a slanted front, for a corner of the room: its back is at -y and its side at -x.
pub(crate) fn corner_cabinet(d: &mut Dice) -> Model {
    let (r, cut, h) = (d.between(0.6, 0.9), d.between(0.25, 0.4), d.between(0.8, 2.1));
    let model = Model::new("cabinet", d, |b, d| {
        let m = Material::board(d);
        let m = b.material(m);
        let outline = [[0.0, 0.0], [r, 0.0], [r, cut], [cut, r], [0.0, r]];
        for i in 0..5 {
            let ([ax, ay], [bx, by]) = (outline[i], outline[(i + 1) % 5]);
            b.quad(m, [[ax, ay, 0.0], [bx, by, 0.0], [bx, by, h], [ax, ay, h]]);
            b.triangle(m, [[0.0, 0.0, h], [ax, ay, h], [bx, by, h]]);
        }
        let middle = (r + cut) / 2.0;
        let wide = (r - cut) * std::f32::consts::SQRT_2;
        let mut slant = b.inside(Pose::turned([middle, middle, 0.0], -std::f32::consts::FRAC_PI_4));
        let kind = d.pick(&[Front::Doors, Front::Glass, Front::Drawers]);
        front(&mut slant, d, m, kind, [[-wide / 2.0, wide / 2.0], [0.06, h - 0.03]], 0.022, wide);
    });
    if h < 1.2 { model.with_top(h) } else { model }
}
