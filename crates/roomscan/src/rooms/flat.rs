//! Rooms that are seen through the doors of another.

use super::doors::WALL;
use super::plan::{Opening, Wall};
use super::{Footprint, Room};
use crate::math::Pose;
use crate::scene::{NO_OBJECT, Scene};
use std::f32::consts::PI;

impl Room {
    /// Puts `other` behind the wall of an opening, so that its own opening, `theirs`, meets it. Returns false, and adds
    /// nothing, if it would overlap with a room that is there already.
    pub(super) fn attach(&mut self, ours: (&Wall, &Opening), other: Room, theirs: (&Wall, &Opening)) -> bool {
        let middle = |o: &Opening| (o.from + o.to) / 2.0;
        let at = ours.0.point(middle(ours.1), -WALL);
        let from = theirs.0.point(middle(theirs.1), 0.0);
        let yaw = ours.0.yaw() + PI - theirs.0.yaw();
        let moved = Pose::turned([0.0; 3], yaw).apply([from[0], from[1], 0.0]);
        let pose = Pose::turned([at[0] - moved[0], at[1] - moved[1], 0.0], yaw);
        let zone = zone(&other, &pose, yaw);
        if self.attached.iter().any(|(.., taken)| taken.meets(&zone)) {
            return false;
        }
        append(&mut self.scene, other.scene, &pose);
        self.attached.push((other.layout, pose, zone));
        true
    }
}

/// The bounding box of a room at its place.
fn zone(room: &Room, pose: &Pose, yaw: f32) -> Footprint {
    let [x, y] = room.layout.plan.size;
    let center = pose.apply([x / 2.0, y / 2.0, 0.0]);
    Footprint { center: [center[0], center[1]], half: [x / 2.0, y / 2.0], yaw, height: [0.0, 9.0] }
}

fn append(scene: &mut Scene, other: Scene, pose: &Pose) {
    let (objects, materials) = (scene.objects.len() as u32, scene.materials.len() as u32);
    scene.objects.extend(other.objects);
    scene.materials.extend(other.materials.into_iter().map(|mut material| {
        material.pose = pose.then(&material.pose);
        material
    }));
    scene.triangles.extend(other.triangles.into_iter().map(|mut t| {
        t.corners = t.corners.map(|p| pose.apply(p));
        t.material += materials;
        if t.object != NO_OBJECT {
            t.object += objects;
        }
        t
    }));
}

#[cfg(test)]
mod tests {
    use crate::dice::Dice;
    use crate::rooms::{RoomKind, furnish};

    #[test]
    fn rooms_of_a_flat_do_not_overlap() {
        let mut several = 0;
        for stream in 0..8 {
            let room = furnish(RoomKind::Apartment, &mut Dice::new(4, stream));
            several += usize::from(!room.attached.is_empty());
            // A point of one room's floor is in no other room.
            let spaces: Vec<_> = room.spaces().collect();
            for (i, (layout, pose)) in spaces.iter().enumerate() {
                let [x, y] = layout.plan.size;
                for k in 0..400 {
                    let p = [x * (k % 20) as f32 / 20.0, y * (k / 20) as f32 / 20.0];
                    if !layout.plan.contains(p, 0.05) {
                        continue;
                    }
                    let p = pose.apply([p[0], p[1], 0.0]);
                    for (j, (other, pose)) in spaces.iter().enumerate() {
                        let q = pose.unapply(p);
                        assert!(i == j || !other.plan.contains([q[0], q[1]], 0.0), "{stream}: {p:?}");
                    }
                }
            }
        }
        assert!(several >= 5, "{several} of 8 have more than one room");
    }
}
