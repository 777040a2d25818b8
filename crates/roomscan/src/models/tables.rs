//! Tables and desks.

use super::small;
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, Model, Ring};

fn top_material(d: &mut Dice) -> Material {
    if d.chance(0.7) { Material::wood(d) } else { Material::lacquer(d) }
}

fn four_legs(b: &mut Brush, material: u32, [w, depth, h]: [f32; 3], leg: f32) {
    let (x, y) = (w / 2.0 - leg / 2.0 - 0.02, depth / 2.0 - leg / 2.0 - 0.02);
    for (sx, sy) in [(-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)] {
        b.block(material, [sx * x, sy * y, 0.0], [leg, leg, h]);
    }
}

/// A rectangular table with four legs and an apron, or with two trestles.
fn rectangular(name: &'static str, d: &mut Dice, size: [f32; 3]) -> Model {
    let [w, depth, h] = size;
    let trestle = d.chance(0.25);
    let leg = d.between(0.045, 0.08);
    let thick = d.between(0.025, 0.05);
    let shelf = h < 0.55 && d.chance(0.4);
    Model::new(name, size, move |b, d| {
        let top = top_material(d);
        let top = b.material(top);
        b.cuboid(top, [-w / 2.0, -depth / 2.0, h - thick], [w / 2.0, depth / 2.0, h]);
        let under = if d.chance(0.6) { top } else { b.material(Material::plain([0.2; 3])) };
        if trestle {
            for s in [-1.0, 1.0] {
                b.block(under, [s * (w / 2.0 - 0.18), 0.0, 0.0], [0.06, depth * 0.75, 0.05]);
                b.block(under, [s * (w / 2.0 - 0.18), 0.0, 0.0], [0.07, 0.12, h - thick]);
            }
            b.cuboid(under, [-w / 2.0 + 0.18, -0.02, h * 0.35], [w / 2.0 - 0.18, 0.02, h * 0.35 + 0.08]);
        } else {
            four_legs(b, under, [w, depth, h - thick], leg);
            b.cuboid(
                under,
                [-w / 2.0 + 0.06, -depth / 2.0 + 0.06, h - thick - 0.06],
                [w / 2.0 - 0.06, depth / 2.0 - 0.06, h - thick],
            );
        }
        if shelf {
            b.cuboid(under, [-w / 2.0 + 0.05, -depth / 2.0 + 0.05, 0.13], [w / 2.0 - 0.05, depth / 2.0 - 0.05, 0.16]);
        }
    })
    .with_top(h)
}

/// A round table on a column.
fn round(name: &'static str, d: &mut Dice, diameter: f32, h: f32) -> Model {
    let column = d.between(0.04, 0.07);
    Model::new(name, [diameter, diameter, h], move |b, d| {
        let top = top_material(d);
        let top = b.material(top);
        let r = diameter / 2.0;
        b.loft(top, &[Ring::circle([0.0, 0.0, h - 0.035], r), Ring::circle([0.0, 0.0, h], r)], 32);
        b.cylinder(top, [0.0, 0.0, 0.03], column, h - 0.06);
        let foot = (r * 0.6).min(0.32);
        b.loft(top, &[Ring::circle([0.0; 3], foot), Ring::circle([0.0, 0.0, 0.05], foot * 0.8)], 20);
    })
    .with_top(h)
}

pub(crate) fn dining_table(d: &mut Dice) -> Model {
    let h = d.between(0.71, 0.78);
    if d.chance(0.35) {
        let diameter = d.between(0.9, 1.25);
        return round(d.pick(&["table", "dining table"]), d, diameter, h);
    }
    let size = [d.between(1.1, 1.8), d.between(0.75, 0.95), h];
    rectangular(d.pick(&["table", "dining table"]), d, size)
}

pub(crate) fn meeting_table(d: &mut Dice) -> Model {
    let size = [d.between(1.8, 2.6), d.between(0.95, 1.25), d.between(0.71, 0.77)];
    rectangular("table", d, size)
}

pub(crate) fn coffee_table(d: &mut Dice) -> Model {
    let h = d.between(0.38, 0.5);
    if d.chance(0.3) {
        let diameter = d.between(0.6, 0.95);
        return round("coffee table", d, diameter, h);
    }
    let size = [d.between(0.8, 1.2), d.between(0.5, 0.65), h];
    rectangular("coffee table", d, size)
}

pub(crate) fn end_table(d: &mut Dice) -> Model {
    let h = d.between(0.48, 0.62);
    if d.chance(0.4) {
        let diameter = d.between(0.4, 0.55);
        return round("end table", d, diameter, h);
    }
    let size = [d.between(0.4, 0.55), d.between(0.4, 0.55), h];
    rectangular("end table", d, size)
}

/// A desk for a place at the wall: side panels or legs, often a pedestal of drawers and a low back panel, objects on
/// top.
pub(crate) fn desk(d: &mut Dice) -> Model {
    let (w, depth, h) = (d.between(1.1, 1.65), d.between(0.6, 0.78), d.between(0.71, 0.77));
    let panels = d.chance(0.6);
    let drawers = d.below(3);
    let hutch = d.chance(0.15);
    let mut model = Model::new("desk", [w, depth, if hutch { 1.35 } else { h }], move |b, d| {
        let board = top_material(d);
        let board = b.material(board);
        let (x, y) = (w / 2.0, depth / 2.0);
        b.cuboid(board, [-x, -y, h - 0.035], [x, y, h]);
        if panels {
            for s in [-1.0, 1.0] {
                b.block(board, [s * (x - 0.025), 0.0, 0.0], [0.045, depth - 0.04, h - 0.03]);
            }
            b.cuboid(board, [-x, -y + 0.05, h - 0.4], [x, -y + 0.08, h - 0.03]);
        } else {
            four_legs(b, board, [w, depth, h - 0.03], 0.05);
        }
        for i in 0..drawers.min(2) {
            let s = if i == 0 { 1.0 } else { -1.0 };
            let cx = s * (x - 0.24);
            b.block(board, [cx, -0.03, 0.06], [0.4, depth - 0.1, h - 0.09]);
            let handle = b.material(Material::plain([0.25; 3]));
            for k in 0..3 {
                b.block(handle, [cx, y - 0.065, 0.18 + 0.2 * k as f32], [0.14, 0.025, 0.02]);
            }
        }
        if hutch {
            b.cuboid(board, [-x, -y, h], [x, -y + 0.03, 1.35]);
            b.cuboid(board, [-x, -y, 1.05], [x, -y + 0.28, 1.08]);
            b.cuboid(board, [-x, -y, 1.32], [x, -y + 0.28, 1.35]);
        }
    })
    .with_top(h);
    if d.chance(0.75) {
        let at = Pose::turned([d.between(-0.15, 0.15), -depth * 0.2, h], d.between(-0.2, 0.2));
        model = model.with_part(small::monitor(d), at);
        let keys = Pose::turned([at.origin[0], depth * 0.2, h], d.between(-0.15, 0.15));
        model = model.with_part(small::keyboard(d), keys);
    }
    if d.chance(0.4) {
        let side = d.pick(&[-1.0, 1.0]) * (w / 2.0 - 0.16);
        model = model.with_part(small::desk_lamp(d), Pose::at([side, -depth * 0.28, h]));
    }
    model
}
