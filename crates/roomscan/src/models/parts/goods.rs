//! The things on boards.

use crate::dice::Dice;
use crate::scene::{Brush, Material, Pattern};

/// What stands on a board.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::models) enum Goods {
    Books,
    Binders,
    Boxes,
    Dishes,
    Mixed,
    Nothing,
}

impl Goods {
    pub const ALL: [Goods; 7] =
        [Goods::Books, Goods::Books, Goods::Binders, Goods::Boxes, Goods::Dishes, Goods::Mixed, Goods::Nothing];
}

/// Things on a board of `size` (width, depth, clear height) at height `z`, whose middle is at the origin. `fill` is the
/// share of the board that they take.
pub(in crate::models) fn goods(
    b: &mut Brush,
    d: &mut Dice,
    kind: Goods,
    [w, depth, clear]: [f32; 3],
    z: f32,
    fill: f32,
) {
    let kind = if kind == Goods::Mixed { d.pick(&Goods::ALL[..5]) } else { kind };
    if kind == Goods::Nothing {
        return;
    }
    let spines = Material::patterned([0.5; 3], [0.2; 3], Pattern::Books, d.between(0.025, 0.07), d.word());
    let spines = b.material(spines);
    let (mut x, end, back) = (-w / 2.0 + 0.04, w / 2.0 - 0.04, -depth / 2.0 + 0.02);
    while x < end {
        let (run, tall, front) = match kind {
            Goods::Books => (d.between(0.06, 0.22), d.between(0.55, 0.95), d.between(0.02, 0.12)),
            Goods::Binders => (d.between(0.16, 0.5), 0.9, d.between(0.01, 0.03)),
            Goods::Boxes => (d.between(0.2, 0.45), d.between(0.4, 0.95), d.between(0.0, 0.08)),
            _ => (d.between(0.08, 0.16), d.between(0.2, 0.6), 0.05),
        };
        let run = run.min(end - x);
        if d.chance(fill) && run > 0.04 {
            let (high, middle) = ((clear - 0.05).max(0.03) * tall, x + run / 2.0);
            let m = if matches!(kind, Goods::Books | Goods::Binders) {
                spines
            } else {
                let m = if d.chance(0.4) { Material::card(d) } else { Material::vivid(d) };
                b.material(m)
            };
            if kind == Goods::Dishes {
                b.cylinder(m, [middle, d.between(-0.3, 0.3) * (depth - run).max(0.0), z], run * 0.45, high);
            } else {
                b.cuboid(m, [x, back, z], [x + run, (depth / 2.0 - front).max(back + 0.05), z + high]);
            }
        }
        x += run + if d.chance(0.2) { 0.05 } else { 0.006 };
    }
}
