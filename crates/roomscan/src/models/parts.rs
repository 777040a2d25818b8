//! Parts that many models share: legs, frames, fronts of cabinets, cloth and the things on boards.

use crate::dice::Dice;
use crate::math::{Pose, noise3};
use crate::scene::{Brush, Material, Pattern, Ring};
use std::f32::consts::TAU;

pub(super) const SIDES: [f32; 2] = [-1.0, 1.0];
pub(super) const CORNERS: [[f32; 2]; 4] = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]];

/// The shape of the legs under a seat or a top.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Legs {
    Square,
    Round,
    /// Thinner at the floor.
    Tapered,
    /// Wider apart at the floor.
    Splayed,
    /// A closed frame at each end.
    Sled,
    /// Two bars that cross, at each end.
    Crossed,
    /// A board at each end.
    Boards,
    /// A post with a foot at each end.
    Posts,
}

impl Legs {
    pub const CHAIR: [Legs; 6] = [Legs::Square, Legs::Square, Legs::Round, Legs::Tapered, Legs::Splayed, Legs::Sled];
    pub const TABLE: [Legs; 10] = [
        Legs::Square,
        Legs::Square,
        Legs::Square,
        Legs::Round,
        Legs::Tapered,
        Legs::Splayed,
        Legs::Sled,
        Legs::Crossed,
        Legs::Boards,
        Legs::Posts,
    ];

    /// Draws legs from the floor to height `h` within ±`half`, about `thick` metres thick.
    pub fn draw(self, b: &mut Brush, m: u32, half: [f32; 2], h: f32, thick: f32) {
        let [x, y] = half.map(|v| v - thick / 2.0);
        let r = thick / 2.0;
        match self {
            Legs::Square | Legs::Round | Legs::Tapered | Legs::Splayed => {
                for [sx, sy] in CORNERS {
                    let (px, py) = (sx * x, sy * y);
                    match self {
                        Legs::Square => b.block(m, [px, py, 0.0], [thick, thick, h]),
                        Legs::Round => b.cylinder(m, [px, py, 0.0], r, h),
                        Legs::Tapered => {
                            let top = Ring::new([px, py, h], [r * 1.3; 2], 6.0);
                            b.loft(m, &[Ring::new([px, py, 0.0], [r * 0.75; 2], 6.0), top], 12);
                        }
                        _ => b.tube(m, [px, py, 0.0], [px * 0.72, py * 0.72, h], r),
                    }
                }
            }
            Legs::Sled | Legs::Crossed => {
                for s in SIDES {
                    let p = |t: f32, z: f32| [s * x, t * y, z];
                    if self == Legs::Sled {
                        b.path(m, &[p(-1.0, h), p(-1.0, r), p(1.0, r), p(1.0, h), p(-1.0, h - r)], r);
                    } else {
                        b.tube(m, p(-1.0, 0.0), p(1.0, h), r);
                        b.tube(m, p(1.0, 0.0), p(-1.0, h), r);
                    }
                }
            }
            Legs::Boards => {
                for s in SIDES {
                    b.block(m, [s * (half[0] - 0.02), 0.0, 0.0], [0.04, 2.0 * half[1], h]);
                }
            }
            Legs::Posts => {
                for s in SIDES {
                    let px = s * half[0] * 0.72;
                    b.block(m, [px, 0.0, 0.0], [thick + 0.02, half[1] * 1.8, 0.05]);
                    b.block(m, [px, 0.0, 0.0], [thick + 0.02, half[1] * 0.4, h]);
                    b.block(m, [px, 0.0, h - 0.05], [thick, half[1] * 1.6, 0.05]);
                }
            }
        }
    }
}

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

/// What the front of a cabinet is divided into.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Front {
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
pub(super) fn front(b: &mut Brush, d: &mut Dice, m: u32, kind: Front, [x, z]: [[f32; 2]; 2], y: f32, each: f32) {
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

/// Cloth that hangs from z = `z[1]` to `z[0]` along a line on the floor, in folds of ±`fold` metres every `pitch`
/// metres.
#[derive(Clone, Copy)]
pub(super) struct Drape {
    pub from: [f32; 2],
    pub to: [f32; 2],
    pub z: [f32; 2],
    pub fold: f32,
    pub pitch: f32,
    /// Share by which its waist is narrower than its head.
    pub waist: f32,
}

impl Drape {
    pub fn draw(&self, b: &mut Brush, m: u32, seed: u32) {
        let Drape { from, to, z, fold, pitch, waist } = *self;
        let along = [to[0] - from[0], to[1] - from[1]];
        let wide = along[0].hypot(along[1]).max(0.01);
        let normal = [-along[1] / wide, along[0] / wide];
        let waves = (wide / pitch).round().max(1.0);
        b.sheet(m, [waves as usize * 6, 10], move |u, v| {
            let pinch = 1.0 - waist * (v * TAU / 2.0).sin();
            let t = 0.5 + (u - 0.5) * pinch;
            let sway = 0.4 * fold * noise3([u * 4.0, v * 3.0, 0.0], seed);
            let phase = u * waves + 0.3 * noise3([u * waves * 0.5, v, 7.0], seed);
            let out = fold * (phase * TAU).sin() * (0.7 + 0.3 * v) + sway;
            [
                from[0] + along[0] * t + normal[0] * out,
                from[1] + along[1] * t + normal[1] * out,
                z[1] + (z[0] - z[1]) * v,
            ]
        });
    }
}

/// What stands on a board.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Goods {
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
pub(super) fn goods(b: &mut Brush, d: &mut Dice, kind: Goods, [w, depth, clear]: [f32; 3], z: f32, fill: f32) {
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

/// A soft slab with round sides, given as a box.
pub(super) fn cushion(b: &mut Brush, m: u32, low: [f32; 3], high: [f32; 3], exponent: f32) {
    let middle = [0, 1, 2].map(|a| (low[a] + high[a]) / 2.0);
    b.puff(m, middle, [0, 1, 2].map(|a| (high[a] - low[a]) / 2.0), exponent);
}

/// A brush whose z runs along the wall's normal: x stays, local y goes up, local z comes forward, from `origin`.
pub(super) fn facing<'a>(b: &'a mut Brush, origin: [f32; 3]) -> Brush<'a> {
    b.inside(Pose { axes: [[-1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]], origin })
}
