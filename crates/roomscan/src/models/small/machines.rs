//! Machines that stand on the floor.

use super::super::parts::facing;
use crate::dice::Dice;
use crate::scene::{Brush, Material, Model};

fn drum(b: &mut Brush, d: &mut Dice, [w, depth, h]: [f32; 3], z: f32) {
    let white = Material::ceramic(d);
    let white = b.material(white);
    let glass = Material::screen(d);
    let glass = b.material(glass);
    b.block(white, [0.0, -0.01, z], [w, depth - 0.02, h]);
    b.cuboid(glass, [-w * 0.1, depth / 2.0 - 0.02, z + h - 0.1], [w * 0.4, depth / 2.0 - 0.005, z + h - 0.04]);
    let mut front = facing(b, [0.0, depth / 2.0 - 0.03, z + h * 0.5]);
    let r = d.between(0.17, 0.22);
    front.cylinder(white, [0.0; 3], r, 0.05);
    front.cylinder(glass, [0.0, 0.0, 0.03], r * 0.75, 0.03);
}

/// A washing machine at a wall, which counts as other furniture; with a lid on top or a window, at times with a dryer
/// on it.
pub(crate) fn washing_machine(d: &mut Dice) -> Model {
    let size = [d.between(0.55, 0.7), d.between(0.52, 0.68), d.between(0.82, 1.0)];
    let kind = d.below(8);
    let model = Model::new("washing machine", d, |b, d| match kind {
        0 | 1 => {
            let [w, depth, h] = size;
            let white = Material::ceramic(d);
            let white = b.material(white);
            b.block(white, [0.0; 3], [w, depth, h - 0.02]);
            b.block(white, [0.0, 0.04, h - 0.02], [w * 0.8, depth * 0.75, 0.02]);
            b.block(white, [0.0, -depth / 2.0 + 0.06, h - 0.03], [w, 0.1, 0.15]);
        }
        _ => drum(b, d, size, 0.0),
    });
    if kind == 2 {
        let stacked = Model::new("clothes dryer", d, |b, d| drum(b, d, size, size[2]));
        return model.with_part(stacked, crate::math::Pose::IDENTITY);
    }
    if kind < 2 { model } else { model.with_top(size[2]) }
}

/// A clothes dryer, beside a washing machine.
pub(crate) fn dryer(d: &mut Dice) -> Model {
    let size = [d.between(0.56, 0.7), d.between(0.55, 0.68), d.between(0.83, 1.0)];
    Model::new("clothes dryer", d, |b, d| drum(b, d, size, 0.0)).with_top(size[2])
}

/// A printer: a large copier at a wall, or a small one for a top.
pub(crate) fn printer(d: &mut Dice, large: bool) -> Model {
    Model::new(if large { "copier" } else { "printer" }, d, |b, d| {
        let shell = if d.chance(0.7) { Material::lacquer(d) } else { Material::black(d) };
        let shell = b.material(shell);
        let black = Material::black(d);
        let black = b.material(black);
        if !large {
            let (w, depth, h) = (d.between(0.36, 0.5), d.between(0.3, 0.45), d.between(0.15, 0.4));
            b.block(shell, [0.0; 3], [w, depth, h * 0.8]);
            b.block(black, [0.0, 0.0, h * 0.8], [w * 0.95, depth * 0.9, h * 0.2]);
            b.block(shell, [0.0, depth / 2.0 + 0.05, h * 0.2], [w * 0.7, 0.12, 0.02]);
            return;
        }
        let (w, depth, h) = (d.between(0.55, 0.75), d.between(0.55, 0.7), d.between(0.95, 1.2));
        b.block(shell, [0.0, 0.0, 0.03], [w, depth, h - 0.25]);
        for z in [0.2, 0.38, 0.56] {
            b.block(black, [0.0, depth / 2.0 + 0.005, z * h], [w * 0.9, 0.02, 0.02]);
        }
        // A gap for the sheets, and the scanner above it.
        b.block(shell, [0.0, -depth * 0.2, h - 0.22], [w, depth * 0.6, 0.12]);
        b.block(shell, [0.0, 0.0, h - 0.12], [w, depth, 0.12]);
        b.block(black, [-w * 0.3, depth / 2.0, h - 0.08], [w * 0.35, 0.15, 0.06]);
        if d.chance(0.5) {
            b.block(shell, [w / 2.0 + 0.15, 0.0, h * 0.5], [0.3, depth * 0.5, 0.03]);
        }
    })
}

/// A water cooler with a bottle on it, at a wall.
pub(crate) fn water_cooler(d: &mut Dice) -> Model {
    Model::new("water cooler", d, |b, d| {
        let shell = Material::lacquer(d);
        let shell = b.material(shell);
        let (w, h) = (d.between(0.28, 0.36), d.between(0.85, 1.1));
        b.block(shell, [0.0, -0.02, 0.0], [w, w, h * 0.7]);
        b.block(shell, [0.0, -0.1, h * 0.7], [w, w - 0.16, h * 0.2]);
        b.block(shell, [0.0, -0.02, h * 0.9], [w, w, h * 0.1]);
        if d.chance(0.7) {
            let bottle = b.material(Material::glass(d));
            b.disc(bottle, [0.0, -0.02, h], [0.06, 0.06], 2.0, 0.06);
            b.disc(bottle, [0.0, -0.02, h + 0.06], [0.13, 0.13], 2.0, d.between(0.25, 0.36));
        }
    })
}
