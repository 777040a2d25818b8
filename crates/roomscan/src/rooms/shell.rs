//! The surfaces of floor, walls, ceiling, doors and windows.

use super::plan::{Opening, OpeningKind, Plan, Wall};
use crate::dice::Dice;
use crate::math::{Pose, V3};
use crate::scene::{Brush, Material, NO_OBJECT, Pattern, Scene};

/// How deep doors and window panes are set into the wall, in metres.
const RECESS: f32 = 0.09;

pub(crate) struct Finish {
    floor: Material,
    wall: Material,
    /// Height up to which walls are tiled, as in bathrooms.
    tiled: f32,
    ceiling: Material,
    trim: Material,
}

impl Finish {
    pub fn draw(d: &mut Dice, wet: bool) -> Finish {
        let seed = d.word();
        let floor = if wet || d.chance(0.15) {
            let base = d.pick(&[[0.78, 0.76, 0.72], [0.55, 0.53, 0.5], [0.85, 0.85, 0.84], [0.6, 0.5, 0.42]]);
            Material::patterned(base, base.map(|c| c * 0.7), Pattern::Tiles, d.pick(&[0.2, 0.3, 0.4]), seed)
        } else if d.chance(0.5) {
            let wood = Material::wood(d);
            Material::patterned(wood.base, wood.base.map(|c| c * 0.7), Pattern::Planks, d.between(0.09, 0.16), seed)
        } else {
            let base = d.pick(&[[0.52, 0.48, 0.43], [0.40, 0.40, 0.42], [0.62, 0.56, 0.48], [0.30, 0.33, 0.38]]);
            Material::patterned(base, base.map(|c| c * 1.25), Pattern::Weave, 0.015, seed)
        };
        let paint = d.pick(&[
            [0.88, 0.86, 0.81],
            [0.82, 0.80, 0.74],
            [0.90, 0.90, 0.89],
            [0.70, 0.75, 0.78],
            [0.84, 0.77, 0.62],
            [0.72, 0.76, 0.66],
        ]);
        let trim = if d.chance(0.6) { Material::plain([0.92, 0.91, 0.89]) } else { Material::wood(d) };
        Finish {
            floor,
            wall: Material::plain(paint),
            tiled: if wet { d.between(1.0, 2.2) } else { 0.0 },
            ceiling: Material::plain([0.93, 0.93, 0.92]),
            trim,
        }
    }
}

pub(crate) fn build(scene: &mut Scene, plan: &Plan, finish: &Finish, d: &mut Dice) {
    floor_and_ceiling(scene, plan, finish);
    for wall in &plan.walls {
        let start = [wall.start[0], wall.start[1], 0.0];
        let pose = Pose::turned(start, wall.yaw());
        // local x runs along the wall, y into the room
        wall_face(scene, pose, wall, plan.height, finish);
        for opening in &wall.openings {
            match opening.kind {
                OpeningKind::Window => window(scene, pose, opening, finish, d),
                _ => door(scene, pose, opening, finish, d),
            }
        }
    }
}

fn floor_and_ceiling(scene: &mut Scene, plan: &Plan, finish: &Finish) {
    let [x, y] = plan.size;
    // An L is two rectangles: one of full width beside the notch, and the rest next to it.
    let rects: Vec<[f32; 4]> = match plan.notch {
        None => vec![[0.0, 0.0, x, y]],
        Some([low, high]) => {
            let (y0, y1) = if low[1] <= 0.0 { (high[1], y) } else { (0.0, low[1]) };
            let (x0, x1) = if low[0] <= 0.0 { (high[0], x) } else { (0.0, low[0]) };
            vec![[0.0, y0, x, y1], [x0, low[1], x1, high[1]]]
        }
    };
    for (name, z, material) in [("floor", 0.0, finish.floor), ("ceiling", plan.height, finish.ceiling)] {
        let object = scene.object(name);
        let mut b = scene.brush(Pose::IDENTITY, object);
        let m = b.material(material);
        for [x0, y0, x1, y1] in &rects {
            b.quad(m, [[*x0, *y0, z], [*x1, *y0, z], [*x1, *y1, z], [*x0, *y1, z]]);
        }
    }
}

/// The wall's face around its openings, and a skirting board.
fn wall_face(scene: &mut Scene, pose: Pose, wall: &Wall, height: f32, finish: &Finish) {
    let object = scene.object("wall");
    let mut b = scene.brush(pose, object);
    let paint = b.material(finish.wall);
    let tiles = Material::patterned([0.86, 0.87, 0.86], [0.66, 0.66, 0.65], Pattern::Tiles, 0.2, 77);
    let tiles = b.material(tiles);
    let trim = b.material(finish.trim);
    let face = |b: &mut Brush, x0: f32, x1: f32, z0: f32, z1: f32| {
        let split = finish.tiled.clamp(z0, z1);
        for (m, low, high) in [(tiles, z0, split), (paint, split, z1)] {
            if high - low > 1e-3 && x1 - x0 > 1e-3 {
                b.quad(m, [[x0, 0.0, low], [x0, 0.0, high], [x1, 0.0, high], [x1, 0.0, low]]);
            }
        }
    };
    let mut x = 0.0;
    for o in &wall.openings {
        face(&mut b, x, o.from, 0.0, height);
        face(&mut b, o.from, o.to, 0.0, o.low);
        face(&mut b, o.from, o.to, o.high, height);
        if finish.tiled == 0.0 && o.from - x > 0.2 {
            b.cuboid(trim, [x, 0.0, 0.0], [o.from - 0.09, 0.014, 0.08]);
        }
        x = o.to;
        if o.low > 0.0 && finish.tiled == 0.0 {
            b.cuboid(trim, [o.from, 0.0, 0.0], [o.to, 0.014, 0.08]);
        }
    }
    face(&mut b, x, wall.length, 0.0, height);
    if finish.tiled == 0.0 && wall.length - x > 0.2 {
        let from = if x > 0.0 { x + 0.09 } else { 0.0 };
        b.cuboid(trim, [from, 0.0, 0.0], [wall.length, 0.014, 0.08]);
    }
}

/// The four sides of an opening, from the wall's face back to y = `-deep`.
fn reveal(b: &mut Brush, m: u32, o: &Opening, deep: f32) {
    let p = |x: f32, y: f32, z: f32| -> V3 { [x, y, z] };
    let (x0, x1, z0, z1) = (o.from, o.to, o.low, o.high);
    for x in [x0, x1] {
        b.quad(m, [p(x, 0.0, z0), p(x, 0.0, z1), p(x, -deep, z1), p(x, -deep, z0)]);
    }
    b.quad(m, [p(x0, 0.0, z1), p(x1, 0.0, z1), p(x1, -deep, z1), p(x0, -deep, z1)]);
    if z0 > 0.0 {
        b.quad(m, [p(x0, 0.0, z0), p(x1, 0.0, z0), p(x1, -deep, z0), p(x0, -deep, z0)]);
    }
}

/// Casing around an opening, which stands out from the wall by `proud`.
fn casing(b: &mut Brush, m: u32, o: &Opening, wide: f32, proud: f32) {
    b.cuboid(m, [o.from - wide, 0.0, (o.low - wide).max(0.0)], [o.from, proud, o.high + wide]);
    b.cuboid(m, [o.to, 0.0, (o.low - wide).max(0.0)], [o.to + wide, proud, o.high + wide]);
    b.cuboid(m, [o.from, 0.0, o.high], [o.to, proud, o.high + wide]);
    if o.low > 0.0 {
        b.cuboid(m, [o.from - wide, 0.0, o.low - wide * 0.6], [o.to + wide, proud + 0.05, o.low]);
    }
}

fn door(scene: &mut Scene, pose: Pose, o: &Opening, finish: &Finish, d: &mut Dice) {
    let open = o.kind == OpeningKind::OpenDoor;
    if open {
        // Part of the corridor is seen through the door; nobody annotates its far wall.
        let floor = scene.objects.iter().position(|n| *n == "floor").map_or(NO_OBJECT, |i| i as u32);
        let mut b = scene.brush(pose, floor);
        let m = b.material(finish.floor);
        let (x0, x1) = (o.from - 0.4, o.to + 0.4);
        b.quad(m, [[x0, -1.3, 0.0], [x1, -1.3, 0.0], [x1, 0.0, 0.0], [x0, 0.0, 0.0]]);
        let mut b = scene.brush(pose, NO_OBJECT);
        let m = b.material(finish.wall);
        b.quad(m, [[x0, -1.3, 0.0], [x1, -1.3, 0.0], [x1, -1.3, 2.4], [x0, -1.3, 2.4]]);
    }
    let name = if o.kind == OpeningKind::Closet { "closet door" } else { "door" };
    let object = scene.object(name);
    let mut b = scene.brush(pose, object);
    let trim = b.material(finish.trim);
    reveal(&mut b, trim, o, if open { 0.14 } else { RECESS });
    casing(&mut b, trim, o, 0.07, 0.022);
    let leaf = if d.chance(0.5) { Material::wood(d) } else { Material::plain([0.9, 0.89, 0.86]) };
    let metal = Material::metal(d);
    if o.kind == OpeningKind::Closet {
        let middle = (o.from + o.to) / 2.0;
        let m = b.material(leaf);
        b.cuboid(m, [o.from, -RECESS, 0.0], [middle + 0.03, -RECESS + 0.04, o.high]);
        b.cuboid(m, [middle, -RECESS + 0.04, 0.0], [o.to, -RECESS + 0.08, o.high]);
        return;
    }
    let (hinge, toward) = if d.chance(0.5) { (o.from, 1.0) } else { (o.to, -1.0) };
    let wide = o.to - o.from;
    let leaf_pose = if open {
        let swing = d.between(1.35, 1.65);
        Pose::turned([hinge, 0.02, 0.0], if toward > 0.0 { swing } else { std::f32::consts::PI - swing })
    } else {
        Pose::turned([hinge, -RECESS, 0.0], if toward > 0.0 { 0.0 } else { std::f32::consts::PI })
    };
    let mut b = b.inside(leaf_pose);
    let (m, handle) = (b.material(leaf), b.material(metal));
    b.cuboid(m, [0.0, -0.022, 0.01], [wide, 0.022, o.high]);
    if d.chance(0.6) {
        for (z0, z1) in [(0.2, 0.9), (1.1, o.high - 0.15)] {
            for s in [-1.0, 1.0] {
                b.cuboid(m, [0.14, s * 0.022 - 0.012, z0], [wide - 0.14, s * 0.022 + 0.012, z1]);
            }
        }
    }
    for s in [-1.0, 1.0] {
        b.block(handle, [wide - 0.08, s * 0.055, 0.98], [0.11, 0.03, 0.035]);
        b.block(handle, [wide - 0.05, s * 0.035, 0.98], [0.035, 0.05, 0.035]);
    }
}

fn window(scene: &mut Scene, pose: Pose, o: &Opening, finish: &Finish, d: &mut Dice) {
    let object = scene.object("window");
    let mut b = scene.brush(pose, object);
    let trim = b.material(finish.trim);
    reveal(&mut b, trim, o, RECESS + 0.03);
    casing(&mut b, trim, o, 0.06, 0.022);
    let bright = d.between(0.75, 0.98);
    let glass = b.material(Material::plain([bright, bright, bright]).lossy(d.between(0.15, 0.45)));
    let y = -RECESS;
    b.quad(
        glass,
        [[o.from, y - 0.02, o.low], [o.to, y - 0.02, o.low], [o.to, y - 0.02, o.high], [o.from, y - 0.02, o.high]],
    );
    let bar = 0.05;
    let mut bars = vec![
        [o.from, o.from + bar, o.low, o.high],
        [o.to - bar, o.to, o.low, o.high],
        [o.from, o.to, o.low, o.low + bar],
        [o.from, o.to, o.high - bar, o.high],
    ];
    let middle = (o.from + o.to) / 2.0;
    if o.to - o.from > 1.1 || d.chance(0.3) {
        bars.push([middle - bar / 2.0, middle + bar / 2.0, o.low, o.high]);
    }
    if d.chance(0.5) {
        let z = (o.low + o.high) / 2.0;
        bars.push([o.from, o.to, z - bar / 2.0, z + bar / 2.0]);
    }
    for [x0, x1, z0, z1] in bars {
        b.cuboid(trim, [x0, y - 0.02, z0], [x1, y + 0.03, z1]);
    }
}
