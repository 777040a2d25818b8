//! Parts of a building that stand out from its walls.

use super::super::parts::SIDES;
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Material, Model};

/// A fireplace with a mantel at a wall, at times with its chimney above it, outside the twenty classes.
pub(crate) fn fireplace(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(1.1, 1.9), d.between(0.2, 0.5), d.between(0.95, 1.3));
    Model::new("fireplace", d, |b, d| {
        let stone = Material::stone(d);
        let stone = b.material(stone);
        let soot = Material::black(d);
        let soot = b.material(soot);
        let (x, y) = (w / 2.0, depth / 2.0);
        let hole = x * d.between(0.45, 0.7);
        let high = h * d.between(0.55, 0.75);
        for s in SIDES {
            b.block(stone, [s * (x + hole) / 2.0, 0.0, 0.0], [x - hole, depth, h]);
        }
        b.cuboid(stone, [-hole, -y, high], [hole, y, h]);
        b.cuboid(soot, [-hole, -y, 0.0], [hole, -y + 0.05, high]);
        b.block(stone, [0.0, 0.03, h], [w + 0.12, depth + 0.08, 0.06]);
        if d.chance(0.4) {
            b.block(stone, [0.0, y + 0.18, 0.0], [w, 0.36, 0.06]);
        }
        if d.chance(0.3) {
            b.block(stone, [0.0, -0.05, h + 0.06], [w * 0.8, depth - 0.1, 2.3 - h]);
        }
    })
    .with_top(h + 0.06)
}

/// A partition on feet, straight or folded, in the open or at a wall, outside the twenty classes.
pub(crate) fn divider(d: &mut Dice) -> Model {
    let (panels, each, h) = (1 + d.below(4), d.between(0.45, 1.2), d.between(1.2, 1.9));
    let turn = if panels > 1 && each < 0.7 { d.between(0.2, 0.6) } else { 0.0 };
    let each = each.min(3.0 / panels as f32);
    Model::new("divider", d, |b, d| {
        let m = if d.chance(0.6) { Material::fabric(d) } else { Material::board(d) };
        let m = b.material(m);
        let frame = Material::frame(d);
        let frame = b.material(frame);
        let mut at = [0.0, 0.0];
        for i in 0..panels {
            let yaw = if i % 2 == 0 { turn } else { -turn };
            let mut panel = b.inside(Pose::turned([at[0], at[1], 0.0], yaw));
            panel.cuboid(m, [0.0, -0.02, 0.1], [each, 0.02, h]);
            for x in [0.0, each] {
                panel.block(frame, [x, 0.0, 0.0], [0.035, 0.045, h]);
                if turn == 0.0 {
                    panel.block(frame, [x, 0.0, 0.0], [0.05, 0.4, 0.03]);
                }
            }
            at = [at[0] + each * yaw.cos(), at[1] + each * yaw.sin()];
        }
    })
}
