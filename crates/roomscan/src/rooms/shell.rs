//! The surfaces of floor, walls and ceiling.

use super::doors::door;
use super::outline;
use super::plan::{Opening, OpeningKind, Plan, Wall};
use super::windows::window;
use crate::dice::Dice;
use crate::math::{Pose, V3};
use crate::scene::{Brush, Material, Pattern, Scene};

/// How deep doors and window panes are set into the wall, in metres.
pub(super) const RECESS: f32 = 0.09;

/// The materials of a room.
pub(crate) struct Finish {
    pub floor: Material,
    pub wall: Material,
    /// A wall in another colour, as many rooms have.
    accent: Material,
    /// Height up to which walls are tiled, as in bathrooms.
    tiled: f32,
    ceiling: Material,
    pub trim: Material,
    /// Height of the skirting boards; 0 for none.
    skirting: f32,
}

impl Finish {
    pub fn draw(d: &mut Dice, wet: bool) -> Finish {
        let seed = d.word();
        let floor = if wet || d.chance(0.2) {
            let base = d.pick(&[[0.78, 0.76, 0.72], [0.55, 0.53, 0.5], [0.85, 0.85, 0.84], [0.6, 0.5, 0.42], [0.3; 3]]);
            Material::patterned(base, base.map(|c| c * 0.7), Pattern::Tiles, d.pick(&[0.1, 0.2, 0.3, 0.4, 0.6]), seed)
        } else if d.chance(0.5) {
            let wood = Material::wood(d);
            Material::patterned(wood.base, wood.base.map(|c| c * 0.7), Pattern::Planks, d.between(0.07, 0.2), seed)
        } else {
            let base = if d.chance(0.4) { Material::vivid(d).base } else { Material::paint(d).base.map(|c| c * 0.65) };
            Material::patterned(base, base.map(|c| c * 1.25), Pattern::Weave, 0.015, seed)
        };
        let wall = Material::paint(d);
        let accent = if d.chance(0.25) { Material::paint(d) } else { wall };
        let trim = if d.chance(0.6) { Material::plain([0.92, 0.91, 0.89]) } else { Material::wood(d) };
        Finish {
            floor,
            wall,
            accent,
            tiled: if wet { d.between(1.0, 2.4) } else { 0.0 },
            ceiling: if d.chance(0.85) { Material::plain([d.between(0.8, 0.95); 3]) } else { Material::paint(d) },
            trim,
            skirting: if wet || d.chance(0.2) { 0.0 } else { d.between(0.05, 0.13) },
        }
    }
}

pub(crate) fn build(scene: &mut Scene, plan: &Plan, finish: &Finish, d: &mut Dice) {
    floor_and_ceiling(scene, plan, finish);
    let accent = d.below(plan.walls.len());
    for (i, wall) in plan.walls.iter().enumerate() {
        let start = [wall.start[0], wall.start[1], 0.0];
        let pose = Pose::turned(start, wall.yaw());
        // local x runs along the wall, y into the room
        let paint = if i == accent { finish.accent } else { finish.wall };
        wall_face(scene, pose, wall, plan.height, finish, paint);
        for opening in &wall.openings {
            match opening.kind {
                OpeningKind::Window => window(scene, pose, opening, finish, d),
                _ => door(scene, pose, opening, finish, d),
            }
        }
    }
}

fn floor_and_ceiling(scene: &mut Scene, plan: &Plan, finish: &Finish) {
    let triangles = outline::triangles(&plan.corners);
    for (name, z, material) in [("floor", 0.0, finish.floor), ("ceiling", plan.height, finish.ceiling)] {
        let object = scene.object(name);
        let mut b = scene.brush(Pose::IDENTITY, object);
        let m = b.material(material);
        for corners in &triangles {
            b.triangle(m, corners.map(|[x, y]| [x, y, z]));
        }
    }
}

/// The wall's face around its openings, and a skirting board.
fn wall_face(scene: &mut Scene, pose: Pose, wall: &Wall, height: f32, finish: &Finish, paint: Material) {
    let object = scene.object("wall");
    let mut b = scene.brush(pose, object);
    let paint = b.material(paint);
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
    let skirt = |b: &mut Brush, x0: f32, x1: f32| {
        if finish.skirting > 0.0 && x1 - x0 > 0.05 {
            b.cuboid(trim, [x0, 0.0, 0.0], [x1, 0.014, finish.skirting]);
        }
    };
    let (mut x, mut skirt_from) = (0.0, 0.0);
    for o in &wall.openings {
        face(&mut b, x, o.from, 0.0, height);
        face(&mut b, o.from, o.to, 0.0, o.low);
        face(&mut b, o.from, o.to, o.high, height);
        x = o.to;
        if o.low <= finish.skirting {
            skirt(&mut b, skirt_from, o.from - 0.09);
            skirt_from = o.to + 0.09;
        }
    }
    face(&mut b, x, wall.length, 0.0, height);
    skirt(&mut b, skirt_from, wall.length);
}

/// The four sides of an opening, from the wall's face back to y = `-deep`.
pub(super) fn reveal(b: &mut Brush, m: u32, o: &Opening, deep: f32) {
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
pub(super) fn casing(b: &mut Brush, m: u32, o: &Opening, wide: f32, proud: f32) {
    b.cuboid(m, [o.from - wide, 0.0, (o.low - wide).max(0.0)], [o.from, proud, o.high + wide]);
    b.cuboid(m, [o.to, 0.0, (o.low - wide).max(0.0)], [o.to + wide, proud, o.high + wide]);
    b.cuboid(m, [o.from, 0.0, o.high], [o.to, proud, o.high + wide]);
    if o.low > 0.0 {
        b.cuboid(m, [o.from - wide, 0.0, o.low - wide * 0.6], [o.to + wide, proud + 0.05, o.low]);
    }
}
