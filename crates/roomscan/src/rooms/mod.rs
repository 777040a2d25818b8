//! Rooms: a floor plan, walls, furniture that fits the kind of room, and further rooms behind the doors.

mod doors;
mod flat;
mod kind;
mod layout;
mod outline;
mod place;
mod plan;
mod programs;
mod shell;
mod windows;

pub use kind::RoomKind;
pub(crate) use layout::{Footprint, Layout};

use crate::dice::Dice;
use crate::math::{Pose, V3};
use crate::scene::Scene;
use plan::{Beyond, Opening, OpeningKind, Plan};

/// A furnished room before it is scanned.
pub(crate) struct Room {
    pub scene: Scene,
    pub layout: Layout,
    /// Rooms behind its open doors: each with its pose and its place on the floor. Their furniture is in `scene`.
    attached: Vec<(Layout, Pose, Footprint)>,
}

/// A model at its place.
#[derive(Clone, Copy)]
pub(crate) struct Placed {
    pub pose: Pose,
    pub size: V3,
    pub top: Option<f32>,
}

/// Tries to find a room that fits behind an open door.
const TRIES: usize = 6;

/// Generates a room that contains everything that its kind requires, and for some, rooms behind its open doors.
pub(crate) fn furnish(kind: RoomKind, d: &mut Dice) -> Room {
    let doors = match kind {
        RoomKind::Apartment => 1 + d.below(2),
        RoomKind::Hallway => d.below(3),
        _ => usize::from(d.chance(0.12)),
    };
    let (mut room, open) = one_room(kind, OpeningKind::OpenDoor, doors, [0.0; 2], d);
    for (wall, opening) in open {
        let wall = room.layout.plan.walls[wall].clone();
        for _ in 0..TRIES {
            let size = [opening.to - opening.from, opening.high];
            let behind = d.pick(kind.neighbours());
            let (other, theirs) = one_room(behind, OpeningKind::Doorway, 1, size, d);
            let Some((their_wall, theirs)) = theirs.first() else { continue };
            let their_wall = other.layout.plan.walls[*their_wall].clone();
            if room.attach((&wall, &opening), other, (&their_wall, theirs)) {
                break;
            }
        }
    }
    room
}

/// Generates rooms, each a little larger, until one contains everything that its kind requires. It has `doors` openings
/// to other rooms, of the given width and height or, if that is 0, of a usual one. Returns the walls that they are in.
fn one_room(
    kind: RoomKind,
    leading: OpeningKind,
    doors: usize,
    [wide, high]: [f32; 2],
    d: &mut Dice,
) -> (Room, Vec<(usize, Opening)>) {
    let mut attempt = 0;
    loop {
        let grow = 1.0 + 0.03 * attempt as f32;
        let size = kind.size(d).map(|side| (side * grow).min(10.0));
        let tall = d.either((0.25, 0.7), (0.4, 0.9));
        let height = d.between(2.25, 2.75) + if d.chance(tall.0) { d.between(0.1, tall.1) } else { 0.0 };
        let mut plan = Plan::draw(d, size, height);
        let mut open = Vec::new();
        for _ in 0..doors {
            let leading = if d.chance(0.3) { OpeningKind::Doorway } else { leading };
            let wide = if wide > 0.0 { wide } else { d.between(0.75, 1.1) };
            let high = if high > 0.0 { high } else { d.between(1.98, 2.12) };
            open.extend(plan.open_sized(d, leading, wide, [0.0, high], Beyond::Room));
        }
        let mut whole = open.len() == doors;
        let entry = match d.below(10) {
            0..4 => OpeningKind::OpenDoor,
            4 => OpeningKind::Doorway,
            _ => OpeningKind::Door,
        };
        whole &= plan.open(d, entry);
        for opening in kind.openings(d) {
            whole &= plan.open(d, opening);
        }
        let finish = shell::Finish::draw(d, kind.is_wet());
        let mut room = Room { scene: Scene::default(), layout: Layout::new(plan), attached: Vec::new() };
        shell::build(&mut room.scene, &room.layout.plan, &finish, d);
        whole &= programs::fill(kind, &mut room, d);
        // The largest rooms have space for everything, so the bound is never reached.
        attempt += 1;
        if whole || attempt > 60 {
            return (room, open);
        }
    }
}

impl Room {
    /// The room and those behind its doors, with their poses.
    pub fn spaces(&self) -> impl Iterator<Item = (&Layout, Pose)> {
        std::iter::once((&self.layout, Pose::IDENTITY)).chain(self.attached.iter().map(|(l, pose, _)| (l, *pose)))
    }
}
