//! Refrigerators.

use super::super::{parts::SIDES, small};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model};

/// A refrigerator at a wall: tall with one or two doors, a freezer above or below, built in between panels; or a small
/// one with a top.
pub(crate) fn refrigerator(d: &mut Dice, small: bool) -> Model {
    let size = if small {
        [d.between(0.44, 0.56), d.between(0.45, 0.6), d.between(0.5, 0.95)]
    } else {
        [d.between(0.55, d.either(0.95, 1.1)), d.between(0.58, 0.8), d.between(d.either(1.45, 1.6), 2.0)]
    };
    let [w, _, h] = size;
    let built_in = !small && d.chance(d.either(0.2, 0.55));
    let name = if small && d.chance(0.7) { "mini fridge" } else { "refrigerator" };
    let model = Model::new(name, d, |b, d| draw(b, d, size, small));
    if small {
        return model.with_top(h);
    }
    let depth = model.size[1];
    if built_in {
        // The panels and the cupboard above it belong to a cabinet.
        let panels = Model::new("kitchen cabinet", d, |b, d| {
            let m = Material::board(d);
            let m = b.material(m);
            let (deep, top) = (depth * d.between(d.either(0.8, 0.88), 0.95), h + d.between(0.25, 0.5));
            let y = (depth - deep) / 2.0;
            for s in SIDES {
                b.block(m, [s * (w / 2.0 + 0.03), -y, 0.0], [0.035, deep, top]);
            }
            b.block(m, [0.0, -y, h + 0.03], [w + 0.06, deep, top - h - 0.03]);
        });
        let mut model = model.with_part(panels, Pose::IDENTITY);
        model.size[0] += 0.1;
        return model;
    }
    match d.below(3) {
        0 => model.with_part(small::cardboard_box(d), Pose::at([0.0, -0.1, h])),
        _ => model,
    }
}

fn draw(b: &mut Brush, d: &mut Dice, [w, depth, h]: [f32; 3], small: bool) {
    let shell = match d.below(5) {
        0..=2 => Material::lacquer(d),
        3 => Material::metal(d),
        _ => Material::ceramic(d),
    };
    let shell = b.material(shell);
    let metal = Material::metal(d);
    let metal = b.material(metal);
    let handle = if d.chance(0.3) { shell } else { metal };
    let (x, y) = (w / 2.0, depth / 2.0);
    b.block(shell, [0.0, -0.035, 0.02], [w, depth - 0.07, h - 0.02]);
    let kind = if small {
        d.below(2)
    } else if w > 0.78 {
        4 + d.below(2)
    } else {
        d.below(4)
    };
    let rows: &[f32] = match kind {
        0 => &[0.04, 1.0],
        1 => &[0.04, d.between(0.64, 0.76), 1.0],
        2 | 3 => &[0.04, d.between(0.3, 0.45), 1.0],
        4 => &[0.04, 1.0],
        _ => &[0.04, d.between(0.3, 0.42), 1.0],
    };
    let side = d.pick(&SIDES);
    let grip = d.chance(0.8);
    for (i, row) in rows.windows(2).enumerate() {
        let z = [row[0] * h, row[1] * h];
        // Two leaves side by side, but only one in the lower row of a French door.
        let double = kind == 4 || (kind == 5 && i == 1);
        let leaves: &[[f32; 2]] = if double { &[[-x, 0.0], [0.0, x]] } else { &[[-x, x]] };
        for (k, leaf) in leaves.iter().enumerate() {
            b.cuboid(shell, [leaf[0] + 0.006, y - 0.06, z[0] + 0.008], [leaf[1] - 0.006, y, z[1] - 0.008]);
            let px = if double { if k == 0 { -0.05 } else { 0.05 } } else { side * (x - 0.06) };
            let long = (z[1] - z[0]) * 0.5;
            if grip && kind == 5 && i == 0 {
                b.block(handle, [0.0, y + 0.025, z[1] - 0.1], [w * 0.7, 0.045, 0.03]);
            } else if grip {
                let low = if i + 1 == rows.len() - 1 && rows.len() > 2 { z[0] + 0.06 } else { z[1] - long - 0.06 };
                b.block(handle, [px, y + 0.025, low], [0.03, 0.045, long.min(0.6)]);
            }
        }
    }
}
