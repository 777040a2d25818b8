//! Beds, nightstands and dressers.

use super::small;
use crate::dice::Dice;
use crate::math::{Pose, noise3};
use crate::scene::{Material, Model};

/// A bed with its head at the wall (local -y): pose or box, mattress, headboard, rumpled cover, pillows.
pub(crate) fn bed(d: &mut Dice, widest: f32) -> Model {
    let w = d.pick(&[0.95_f32, 1.05, 1.4, 1.6, 1.8]).min(widest);
    let length = d.between(1.95, 2.12);
    let mattress = d.between(0.45, 0.62);
    let head = d.between(0.85, 1.2);
    let (headboard, footboard, posts) = (d.chance(0.75), d.chance(0.25), d.chance(0.35));
    let rumple = d.between(0.01, 0.035);
    let seed = d.word();
    let mut model = Model::new("bed", [w, length, head], move |b, d| {
        let wood = Material::wood(d);
        let wood = b.material(wood);
        let cover = Material::fabric(d);
        let cover = b.material(cover);
        let linen = b.material(Material::plain([0.86, 0.85, 0.82]));
        let (x, y) = (w / 2.0, length / 2.0);
        let base = mattress - 0.22;
        if posts {
            b.cuboid(wood, [-x, -y, base - 0.14], [x, y, base]);
            for (sx, sy) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
                b.block(wood, [sx * (x - 0.04), sy * (y - 0.04), 0.0], [0.07, 0.07, base]);
            }
        } else {
            b.cuboid(wood, [-x, -y, 0.03], [x, y, base]);
        }
        b.puff(linen, [0.0, 0.0, (base + mattress) / 2.0], [x - 0.01, y - 0.02, (mattress - base) / 2.0], 9.0);
        // The cover hangs over both sides and the foot, and its height varies.
        let from = -y + d.between(0.35, 0.75);
        let hang = d.between(0.12, 0.3);
        b.sheet(cover, [24, 24], move |u, v| {
            let across = (2.0 * u - 1.0) * (x + hang);
            let along = from + v * (y + hang - from);
            let over = (across.abs() - x).max(0.0) + (along - y).max(0.0);
            let px = across.clamp(-x - 0.025, x + 0.025);
            let py = along.min(y + 0.02);
            let wave = rumple * noise3([across * 4.0, along * 4.0, 0.0], seed);
            [px, py, mattress + 0.03 + wave - over]
        });
        if headboard {
            b.cuboid(wood, [-x, -y, 0.05], [x, -y + 0.05, head]);
        }
        if footboard {
            b.cuboid(wood, [-x, y - 0.05, 0.05], [x, y, mattress + 0.08]);
        }
    });
    let pillows = if w > 1.3 { 2 } else { 1 };
    for i in 0..pillows {
        let cx = if pillows == 1 { 0.0 } else { (i as f32 - 0.5) * w * 0.48 };
        let pose = Pose::turned([cx, -length / 2.0 + 0.3, mattress + 0.07], d.between(-0.12, 0.12))
            .then(&Pose::tilted([0.0; 3], d.between(-0.25, 0.05)));
        model = model.with_part(small::pillow(d, [0.32, 0.21, 0.08]), pose);
    }
    if d.chance(0.35) {
        let at = Pose::turned([d.between(-0.2, 0.2), length * 0.2, mattress], d.between(-0.6, 0.6));
        model = model.with_part(small::heap("clothes", d), at);
    }
    model
}

/// A nightstand, outside the twenty classes.
pub(crate) fn nightstand(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(0.4, 0.52), d.between(0.36, 0.45), d.between(0.45, 0.62));
    let mut model = Model::new("nightstand", [w, depth, h], move |b, d| {
        let wood = Material::wood(d);
        let wood = b.material(wood);
        b.block(wood, [0.0, 0.0, 0.06], [w, depth, h - 0.06]);
        for s in [-1.0, 1.0] {
            b.block(wood, [s * (w / 2.0 - 0.03), 0.0, 0.0], [0.04, depth, 0.06]);
        }
        let front = b.material(Material::plain([0.3; 3]));
        for z in [h * 0.4, h * 0.75] {
            b.block(front, [0.0, depth / 2.0 + 0.008, z], [0.1, 0.02, 0.02]);
        }
    })
    .with_top(h);
    if d.chance(0.7) {
        model = model.with_part(small::table_lamp(d), Pose::at([d.between(-0.06, 0.06), -0.04, h]));
    }
    model
}

/// A dresser, outside the twenty classes and easily mistaken for a cabinet.
pub(crate) fn dresser(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(0.8, 1.4), d.between(0.42, 0.52), d.between(0.75, 1.1));
    let rows = 3 + d.below(2);
    Model::new("dresser", [w, depth, h], move |b, d| {
        let wood = Material::wood(d);
        let wood = b.material(wood);
        b.block(wood, [0.0, -0.01, 0.05], [w, depth - 0.02, h - 0.05]);
        b.block(wood, [0.0, 0.0, h - 0.03], [w + 0.02, depth, 0.03]);
        let knob = b.material(Material::plain([0.7, 0.6, 0.3]));
        let each = (h - 0.14) / rows as f32;
        for r in 0..rows {
            for s in [-1.0, 1.0] {
                let z = 0.08 + each * r as f32;
                b.block(wood, [s * w * 0.24, depth / 2.0 - 0.018, z], [w * 0.45, 0.03, each - 0.03]);
                b.block(knob, [s * w * 0.24, depth / 2.0 + 0.005, z + each * 0.45], [0.04, 0.03, 0.03]);
            }
        }
    })
    .with_top(h)
}
