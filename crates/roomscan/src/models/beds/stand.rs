//! Nightstands and dressers, outside the twenty classes and easily mistaken for cabinets.

use super::super::{
    parts::{Front, Legs, SIDES, front},
    small,
    storage::carcass,
};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Material, Model};

/// A nightstand, beside the head of a bed, often with a lamp.
pub(crate) fn nightstand(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(0.35, 0.6), d.between(0.32, 0.48), d.between(0.42, 0.72));
    let mut model = Model::new("nightstand", d, |b, d| {
        let m = Material::board(d);
        let m = b.material(m);
        let (x, y) = (w / 2.0, depth / 2.0);
        let lift = d.pick(&[0.0_f32, 0.05, 0.15, 0.3]).min(h - 0.25);
        if lift > 0.1 {
            d.pick(&Legs::CHAIR).draw(b, m, [x, y - 0.02], lift, 0.04);
        }
        let open = d.chance(0.4);
        b.block(m, [0.0, 0.0, h - 0.03], [w + 0.02, depth, 0.03]);
        if open {
            for s in SIDES {
                b.block(m, [s * (x - 0.015), 0.0, lift], [0.03, depth - 0.02, h - lift - 0.02]);
            }
            b.block(m, [0.0, 0.0, lift], [w, depth - 0.02, 0.03]);
            b.cuboid(m, [-x, -y + 0.01, lift], [x, -y + 0.03, h]);
        } else {
            b.block(m, [0.0, -0.02, lift], [w, depth - 0.04, h - lift - 0.01]);
        }
        let from = if open { h - d.between(0.12, 0.2) } else { lift };
        let kind = if d.chance(0.8) { Front::Drawers } else { Front::Doors };
        b.block(m, [0.0, -0.02, from], [w, depth - 0.05, h - from - 0.02]);
        front(b, d, m, kind, [[-x, x], [from, h - 0.03]], y, 0.7);
    })
    .with_top(h);
    if d.chance(0.6) {
        model = model.with_part(small::table_lamp(d), Pose::at([d.between(-0.06, 0.06), -0.04, h]));
    }
    model
}

/// A dresser with rows of drawers, at a wall.
pub(crate) fn dresser(d: &mut Dice) -> Model {
    let tall = d.chance(0.3);
    let (w, h) =
        if tall { (d.between(0.6, 0.95), d.between(1.05, 1.4)) } else { (d.between(0.85, 1.8), d.between(0.7, 1.0)) };
    let depth = d.between(0.4, 0.55);
    Model::new("dresser", d, |b, d| {
        let m = Material::board(d);
        let m = b.material(m);
        let lift = carcass(b, d, m, [w, depth, h], false);
        let each = if tall { w } else { d.between(0.4, 0.8) };
        front(b, d, m, Front::Drawers, [[-w / 2.0, w / 2.0], [lift, h - 0.04]], depth / 2.0, each);
    })
    .with_top(h)
}
