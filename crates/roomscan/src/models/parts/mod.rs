//! Parts that many models share.

mod cloth;
mod front;
mod goods;
mod legs;

pub(super) use cloth::{Drape, cushion};
pub(super) use front::{Front, front};
pub(super) use goods::{Goods, goods};
pub(super) use legs::Legs;

use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Ring};
use std::f32::consts::TAU;

pub(super) const SIDES: [f32; 2] = [-1.0, 1.0];
pub(super) const CORNERS: [[f32; 2]; 4] = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]];

/// Four bars around the rectangle `x` by `z`, from y = `y[0]` to `y[1]`.
pub(super) fn frame(b: &mut Brush, m: u32, x: [f32; 2], y: [f32; 2], z: [f32; 2], rim: f32) {
    b.cuboid(m, [x[0], y[0], z[0]], [x[1], y[1], z[0] + rim]);
    b.cuboid(m, [x[0], y[0], z[1] - rim], [x[1], y[1], z[1]]);
    b.cuboid(m, [x[0], y[0], z[0]], [x[0] + rim, y[1], z[1]]);
    b.cuboid(m, [x[1] - rim, y[0], z[0]], [x[1], y[1], z[1]]);
}

/// A star of `arms` feet with casters, or a round foot if `arms` is 0, up to height 0.1.
pub(super) fn star(b: &mut Brush, d: &mut Dice, m: u32, arms: usize, reach: f32) {
    let turn = d.unit();
    if arms == 0 {
        b.loft(m, &[Ring::circle([0.0; 3], reach), Ring::circle([0.0, 0.0, 0.03], reach * 0.95)], 20);
    }
    for i in 0..arms {
        let (s, c) = ((i as f32 / arms as f32 + turn) * TAU).sin_cos();
        b.tube(m, [0.0, 0.0, 0.11], [reach * c, reach * s, 0.08], 0.026);
        b.puff(m, [reach * c, reach * s, 0.035], [0.032, 0.032, 0.035], 2.0);
    }
}

/// A brush whose z runs along the wall's normal: x stays, local y goes up, local z comes forward, from `origin`.
pub(super) fn facing<'a>(b: &'a mut Brush, origin: [f32; 3]) -> Brush<'a> {
    b.inside(Pose { axes: [[-1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]], origin })
}
