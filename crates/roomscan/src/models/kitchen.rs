//! Worktops with sinks, wall cabinets, stoves and microwaves.

use super::storage::door_fronts;
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Material, Model, Pattern, Ring};

/// The sink of a worktop, with a tap. `half` is half the size of the hole; z = 0 is the top of the slab.
pub(crate) fn sink_basin(d: &mut Dice, half: [f32; 2], deep: f32) -> Model {
    let steel = d.chance(0.6);
    let e = if steel { 8.0 } else { 3.0 };
    Model::new("sink", [2.0 * half[0], 2.0 * half[1], 0.2], move |b, d| {
        let skin = if steel { Material::metal(d) } else { Material::ceramic(d) };
        let skin = b.material(skin);
        let [hx, hy] = half;
        let ring = |z: f32, s: f32| Ring::new([0.0, 0.0, z], [hx * s, hy * s], e);
        // The rim is a little above the slab; the inside goes down from it.
        b.loft(skin, &[ring(-0.02, 1.09), ring(0.012, 1.09), ring(0.012, 0.97), ring(-deep, 0.88)], 28);
        let metal = Material::metal(d);
        let tap = b.material(metal);
        b.cylinder(tap, [0.0, -hy * 1.02, 0.0], 0.025, 0.2);
        b.tube(tap, [0.0, -hy * 1.02, 0.2], [0.0, -hy * 0.2, 0.19], 0.022);
    })
}

/// A worktop on base cabinets, with or without a sink. All three are objects of their own, as in annotations.
pub(crate) fn counter(d: &mut Dice, w: f32, sink: bool, name: &'static str, below: &'static str) -> Model {
    let (depth, h) = (d.between(0.58, 0.66), d.between(0.86, 0.94));
    let half = [d.between(0.2, 0.3).min(w / 2.0 - 0.1), d.between(0.17, 0.2)];
    let at = d.between(-0.25, 0.25) * (w - 2.0 * half[0] - 0.15).max(0.0);
    let hole = [[at - half[0], -half[1] - 0.01], [at + half[0], half[1] - 0.01]];
    let upstand = d.chance(0.5);
    let slab = Model::new(name, [w, depth, h], move |b, d| {
        let stone = if d.chance(0.5) {
            let base = d.pick(&[[0.35, 0.33, 0.32], [0.72, 0.68, 0.62], [0.16, 0.16, 0.17], [0.55, 0.42, 0.33]]);
            Material::patterned(base, base.map(|c| (c + 0.25).min(1.0)), Pattern::Weave, 0.012, d.word())
        } else {
            Material::lacquer(d)
        };
        let stone = b.material(stone);
        let (x, y) = (w / 2.0, depth / 2.0);
        if sink {
            b.slab_with_hole(stone, [-x, -y, h - 0.04], [x, y + 0.02, h], hole);
        } else {
            b.cuboid(stone, [-x, -y, h - 0.04], [x, y + 0.02, h]);
        }
        if upstand {
            b.cuboid(stone, [-x, -y, h], [x, -y + 0.025, h + 0.1]);
        }
    })
    .with_top(h);
    let doors = ((w / 0.5).round() as usize).max(1);
    let base = Model::new(below, [w, depth, h], move |b, d| {
        let board = if d.chance(0.5) { Material::wood(d) } else { Material::lacquer(d) };
        let board = b.material(board);
        let x = w / 2.0;
        // Hollow below the hole, so that the camera sees the basin.
        b.cuboid(board, [-x, depth / 2.0 - 0.06, 0.1], [x, depth / 2.0 - 0.02, h - 0.04]);
        for s in [-1.0, 1.0] {
            b.block(board, [s * (x - 0.015), 0.0, 0.0], [0.03, depth - 0.06, h - 0.04]);
        }
        b.cuboid(board, [-x, depth / 2.0 - 0.12, 0.0], [x, depth / 2.0 - 0.09, 0.1]);
        door_fronts(b, d, board, [w, depth / 2.0], [0.11, h - 0.05], doors);
    });
    let mut model = slab.with_part(base, Pose::IDENTITY);
    if sink {
        let basin = sink_basin(d, half, 0.17);
        model = model.with_part(basin, Pose::at([at, -0.01, h]));
    }
    model
}

/// A cabinet above a counter; z = 0 is its underside.
pub(crate) fn wall_cabinet(d: &mut Dice, w: f32) -> Model {
    let (depth, h) = (d.between(0.32, 0.38), d.between(0.6, 0.8));
    let doors = ((w / 0.45).round() as usize).max(1);
    Model::new("kitchen cabinet", [w, depth, h], move |b, d| {
        let board = if d.chance(0.5) { Material::wood(d) } else { Material::lacquer(d) };
        let board = b.material(board);
        b.block(board, [0.0, -0.01, 0.0], [w, depth - 0.02, h]);
        door_fronts(b, d, board, [w, depth / 2.0], [0.0, h], doors);
    })
}

/// A stove, outside the twenty classes.
pub(crate) fn stove(d: &mut Dice) -> Model {
    let h = d.between(0.86, 0.93);
    Model::new("stove", [0.6, 0.62, h + 0.12], move |b, d| {
        let shell = Material::lacquer(d);
        let shell = b.material(shell);
        let black = Material::black(d);
        let black = b.material(black);
        b.block(shell, [0.0, 0.0, 0.0], [0.6, 0.6, h]);
        b.cuboid(shell, [-0.3, -0.31, h], [0.3, -0.25, h + 0.12]);
        b.cuboid(black, [-0.22, 0.3, 0.25], [0.22, 0.31, 0.62]);
        for (x, y) in [(-0.14, -0.1), (0.14, -0.1), (-0.14, 0.15), (0.14, 0.15)] {
            b.cylinder(black, [x, y, h], 0.09, 0.02);
        }
    })
}

/// A microwave, outside the twenty classes.
pub(crate) fn microwave(d: &mut Dice) -> Model {
    let (w, h) = (d.between(0.44, 0.52), d.between(0.26, 0.31));
    Model::new("microwave", [w, 0.36, h], move |b, d| {
        let shell = Material::lacquer(d);
        let shell = b.material(shell);
        let black = Material::black(d);
        let window = b.material(black.lossy(0.2));
        b.block(shell, [0.0, 0.0, 0.0], [w, 0.36, h]);
        b.cuboid(window, [-w / 2.0 + 0.03, 0.18, 0.04], [w * 0.2, 0.187, h - 0.04]);
    })
}
