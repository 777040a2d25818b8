//! Doors: closed, open by any angle, with two leaves, sliding, of glass, or taken out.

use super::plan::{Beyond, Opening, OpeningKind};
use super::shell::{Finish, RECESS, casing, reveal};
use crate::dice::Dice;
use crate::math::Pose;
use crate::scene::{Brush, Material, NO_OBJECT, Scene};
use std::f32::consts::PI;

/// How deep a wall is where one can look through, in metres.
pub(super) const WALL: f32 = 0.14;
/// Doors wider than this have two leaves.
const ONE_LEAF: f32 = 1.2;

pub(super) fn door(scene: &mut Scene, pose: Pose, o: &Opening, finish: &Finish, d: &mut Dice) {
    let through = matches!(o.kind, OpeningKind::OpenDoor | OpeningKind::Doorway);
    if through {
        beyond(scene, pose, o, finish);
    }
    // An arch without casing is part of the wall.
    let bare = o.kind == OpeningKind::Doorway && d.chance(0.4);
    let name = match o.kind {
        OpeningKind::Closet => "closet door",
        OpeningKind::Doorway if bare => "wall",
        OpeningKind::Doorway => "doorframe",
        _ => "door",
    };
    let object = scene.object(name);
    let mut b = scene.brush(pose, object);
    let trim = b.material(if bare { finish.wall } else { finish.trim });
    reveal(&mut b, trim, o, if through { WALL } else { RECESS });
    if !bare {
        let (wide, proud) = (d.between(0.05, 0.12), d.between(0.012, 0.03));
        casing(&mut b, trim, o, wide, proud);
    }
    let leaf = Leaf::draw(d);
    match o.kind {
        OpeningKind::Doorway => {}
        OpeningKind::Closet => closet(&mut b, o, &leaf, d),
        OpeningKind::OpenDoor => {
            // from ajar to flat against the wall
            let swing = if d.chance(0.6) { d.between(1.3, 1.75) } else { d.between(0.25, 2.6) };
            leaves(&mut b, o, &leaf, 0.02, swing, d);
        }
        _ => leaves(&mut b, o, &leaf, -RECESS, 0.0, d),
    }
}

/// Part of a corridor, whose far wall nobody annotates, or the floor between two rooms.
fn beyond(scene: &mut Scene, pose: Pose, o: &Opening, finish: &Finish) {
    let floor = scene.objects.iter().rposition(|n| *n == "floor").map_or(NO_OBJECT, |i| i as u32);
    let (deep, aside) = if o.beyond == Beyond::Corridor { (1.3, 0.4) } else { (WALL, 0.0) };
    let (x0, x1) = (o.from - aside, o.to + aside);
    let mut b = scene.brush(pose, floor);
    let m = b.material(finish.floor);
    b.quad(m, [[x0, -deep, 0.0], [x1, -deep, 0.0], [x1, 0.0, 0.0], [x0, 0.0, 0.0]]);
    if o.beyond == Beyond::Corridor {
        let mut b = scene.brush(pose, NO_OBJECT);
        let m = b.material(finish.wall);
        b.quad(m, [[x0, -deep, 0.0], [x1, -deep, 0.0], [x1, -deep, 2.4], [x0, -deep, 2.4]]);
    }
}

/// What all leaves of a door look like.
struct Leaf {
    skin: Material,
    metal: Material,
    thick: f32,
    /// Ranges of heights with panels, as shares of the leaf's height.
    panels: &'static [(f32, f32)],
    /// Range of heights of a pane of glass.
    glass: Option<(f32, f32)>,
}

impl Leaf {
    fn draw(d: &mut Dice) -> Leaf {
        let skin = match d.below(4) {
            0 | 1 => Material::wood(d),
            2 => Material::plain([0.9, 0.89, 0.86]),
            _ => Material::paint(d),
        };
        let panels = d.pick::<&'static [(f32, f32)]>(&[
            &[],
            &[],
            &[(0.1, 0.43), (0.52, 0.93)],
            &[(0.1, 0.28), (0.36, 0.6), (0.66, 0.93)],
        ]);
        let glass = d.chance(0.2).then(|| if d.chance(0.5) { (0.45, 0.9) } else { (0.1, 0.92) });
        Leaf { skin, metal: Material::metal(d), thick: d.between(0.03, 0.05), panels, glass }
    }

    /// A leaf from x = 0 to `wide`, with its handle at the far side.
    fn build(&self, b: &mut Brush, wide: f32, high: f32, handle: bool) {
        let half = self.thick / 2.0;
        let skin = b.material(self.skin);
        let (low, top) = (0.01, high - 0.01);
        match self.glass {
            Some((z0, z1)) => {
                let (z0, z1, side) = (z0 * high, z1 * high, wide * 0.16);
                let glass = b.material(Material::plain([0.75, 0.8, 0.8]).lossy(0.5));
                b.cuboid(glass, [side, -0.005, z0], [wide - side, 0.005, z1]);
                b.cuboid(skin, [0.0, -half, low], [wide, half, z0]);
                b.cuboid(skin, [0.0, -half, z1], [wide, half, top]);
                b.cuboid(skin, [0.0, -half, z0], [side, half, z1]);
                b.cuboid(skin, [wide - side, -half, z0], [wide, half, z1]);
            }
            None => {
                b.cuboid(skin, [0.0, -half, low], [wide, half, top]);
                for (z0, z1) in self.panels {
                    for s in [-half, half] {
                        b.cuboid(skin, [0.14, s - 0.012, z0 * high], [wide - 0.14, s + 0.012, z1 * high]);
                    }
                }
            }
        }
        if handle {
            let metal = b.material(self.metal);
            for s in [-1.0, 1.0] {
                b.block(metal, [wide - 0.08, s * (half + 0.035), 0.98], [0.11, 0.03, 0.035]);
                b.block(metal, [wide - 0.05, s * (half + 0.015), 0.98], [0.035, 0.05, 0.035]);
            }
        }
    }
}

/// One or two leaves on hinges at depth `y`, open by `swing` radians.
fn leaves(b: &mut Brush, o: &Opening, leaf: &Leaf, y: f32, swing: f32, d: &mut Dice) {
    let (wide, left) = (o.to - o.from, d.chance(0.5));
    let (each, hinges) = if wide > ONE_LEAF { (wide / 2.0, vec![true, false]) } else { (wide, vec![left]) };
    // of two leaves, often only one is open
    let both = d.chance(0.4);
    for (i, at_from) in hinges.into_iter().enumerate() {
        let swing = if i == 0 || both { swing } else { 0.0 };
        let (x, yaw) = if at_from { (o.from, swing) } else { (o.to, PI - swing) };
        leaf.build(&mut b.inside(Pose::turned([x, y, 0.0], yaw)), each, o.high, true);
    }
}

/// Sliding doors, one before the other, or folding doors.
fn closet(b: &mut Brush, o: &Opening, leaf: &Leaf, d: &mut Dice) {
    let wide = o.to - o.from;
    let folding = d.chance(0.3);
    let count = if folding { 4 } else { 2 + usize::from(wide > 1.9) };
    let each = wide / count as f32;
    let bend = d.between(0.05, 0.5);
    for i in 0..count {
        let x = o.from + each * i as f32;
        let (y, yaw) = match (folding, i % 2) {
            (true, 0) => (-RECESS + 0.02, bend),
            (true, _) => (-RECESS + 0.02 + each * bend.sin(), -bend),
            (false, k) => (-RECESS + 0.02 + 0.04 * k as f32, 0.0),
        };
        leaf.build(&mut b.inside(Pose::turned([x, y, 0.0], yaw)), each, o.high, false);
    }
}
