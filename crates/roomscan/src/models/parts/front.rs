//! Fronts of cabinets, counters and dressers.

use super::frame;
use crate::dice::Dice;
use crate::scene::{Brush, Material};

/// What the front of a cabinet is divided into.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::models) enum Front {
    Doors,
    Drawers,
    /// Drawers above doors.
    Both,
    /// Overlapping panels.
    Sliding,
    /// Frames with panes, mostly lost by the sensor.
    Glass,
    /// Narrow doors with slits and a small lock.
    Lockers,
}

/// A handle on a front at `y`: a bar, a knob, or none (`kind` 0 to 3).
fn handle(b: &mut Brush, m: u32, kind: usize, [x, y, z]: [f32; 3], upright: bool) {
    match kind {
        0 if upright => b.block(m, [x, y + 0.012, z - 0.08], [0.025, 0.03, 0.16]),
        0 => b.block(m, [x, y + 0.012, z - 0.012], [0.16, 0.03, 0.025]),
        1 => b.block(m, [x, y + 0.012, z - 0.018], [0.036, 0.03, 0.036]),
        2 if upright => b.block(m, [x, y + 0.015, z - 0.2], [0.025, 0.035, 0.4]),
        2 => b.block(m, [x, y + 0.015, z - 0.012], [0.3, 0.035, 0.025]),
        _ => {}
    }
}

/// The front of a cabinet over `x` by `z`, about 2 cm thick, with its face at `y`. `each` is the width of a column.
pub(in crate::models) fn front(
    b: &mut Brush,
    d: &mut Dice,
    m: u32,
    kind: Front,
    [x, z]: [[f32; 2]; 2],
    y: f32,
    each: f32,
) {
    let grip = Material::metal(d);
    let grip = b.material(grip);
    let glass = Material::glass(d);
    let style = d.below(4);
    let wide = x[1] - x[0];
    let columns = ((wide / each).round() as usize).max(1);
    let each = wide / columns as f32;
    let (mut low, gap) = (z, d.between(0.004, 0.014));
    let mut drawers = [z[1]; 2];
    match kind {
        Front::Both => {
            low[1] = z[1] - d.between(0.14, 0.24).min((z[1] - z[0]) / 2.0);
            drawers = [low[1], z[1]];
        }
        Front::Drawers => drawers = z,
        _ => {}
    }
    let rows = (((drawers[1] - drawers[0]) / d.between(0.16, 0.32)).round() as usize).max(1);
    for i in 0..columns {
        let side = [x[0] + each * i as f32 + gap, x[0] + each * (i + 1) as f32 - gap];
        let middle = (side[0] + side[1]) / 2.0;
        let tall = low[1] - low[0];
        let side_of_handle = if i % 2 == 0 { side[1] - 0.05 } else { side[0] + 0.05 };
        let grip_z = if z[0] > 0.9 { low[0] + 0.12 } else { low[0] + tall * if tall < 1.0 { 0.75 } else { 0.55 } };
        match kind {
            Front::Doors | Front::Both => {
                b.cuboid(m, [side[0], y - 0.02, low[0] + gap], [side[1], y, low[1] - gap]);
                handle(b, grip, style, [side_of_handle, y, grip_z], true);
            }
            Front::Sliding => {
                let deep = y - if i % 2 == 0 { 0.0 } else { 0.024 };
                b.cuboid(m, [side[0] - 0.02, deep - 0.02, low[0]], [side[1] + 0.02, deep, low[1]]);
            }
            Front::Glass => {
                frame(b, m, side, [y - 0.02, y], [low[0] + gap, low[1] - gap], 0.05);
                let glass = b.material(glass);
                b.cuboid(glass, [side[0] + 0.05, y - 0.014, low[0] + 0.05], [side[1] - 0.05, y - 0.008, low[1] - 0.05]);
            }
            Front::Lockers => {
                let halves = if tall > 1.2 && style < 2 { 2 } else { 1 };
                for k in 0..halves {
                    let each = tall / halves as f32;
                    let z0 = low[0] + each * k as f32;
                    b.cuboid(m, [side[0], y - 0.02, z0 + gap], [side[1], y, z0 + each - gap]);
                    b.block(grip, [side[1] - 0.05, y + 0.01, z0 + each * 0.5], [0.03, 0.03, 0.07]);
                }
            }
            Front::Drawers => {}
        }
        if matches!(kind, Front::Drawers | Front::Both) {
            let high = (drawers[1] - drawers[0]) / rows as f32;
            for r in 0..rows {
                let z0 = drawers[0] + high * r as f32;
                b.cuboid(m, [side[0], y - 0.02, z0 + gap], [side[1], y, z0 + high - gap]);
                handle(b, grip, style, [middle, y, z0 + high * 0.6], false);
            }
        }
    }
}
