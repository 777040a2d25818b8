//! Floor plans: an outline with its walls, doors and windows.

use super::outline::{self, Point, Shape};
use crate::dice::Dice;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum OpeningKind {
    Door,
    /// A door that is open into the room.
    OpenDoor,
    /// A door that was taken out, or an arch.
    Doorway,
    /// Two sliding doors in the wall.
    Closet,
    Window,
}

/// What is seen through an opening without a closed door.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Beyond {
    /// A piece of a corridor.
    Corridor,
    /// Another room, or nothing that was scanned.
    Room,
}

/// A hole in a wall, from `from` to `to` along it and from `low` to `high` above the floor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    pub kind: OpeningKind,
    pub from: f32,
    pub to: f32,
    pub low: f32,
    pub high: f32,
    pub beyond: Beyond,
}

/// A straight wall that starts at `start` and runs along `along`; `inward` points into the room.
#[derive(Clone, Debug)]
pub(crate) struct Wall {
    pub start: Point,
    pub along: Point,
    pub inward: Point,
    pub length: f32,
    /// In ascending order.
    pub openings: Vec<Opening>,
}

impl Wall {
    /// The point at `t` along the wall and `out` into the room.
    pub fn point(&self, t: f32, out: f32) -> Point {
        [
            self.start[0] + self.along[0] * t + self.inward[0] * out,
            self.start[1] + self.along[1] * t + self.inward[1] * out,
        ]
    }

    /// The rotation about z that turns local +y into the room.
    pub fn yaw(&self) -> f32 {
        (-self.inward[0]).atan2(self.inward[1])
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Size of the outline's bounding box, which begins at the origin.
    pub size: Point,
    pub height: f32,
    pub corners: Vec<Point>,
    /// Wall `i` runs from corner `i` to the next.
    pub walls: Vec<Wall>,
}

impl Plan {
    /// Draws a plan of `size` metres.
    pub fn draw(d: &mut Dice, size: Point, height: f32) -> Plan {
        let shape = Shape::draw(d, size);
        let corners = shape.outline(d, size);
        let walls = (0..corners.len())
            .map(|i| {
                let (a, b) = (corners[i], corners[(i + 1) % corners.len()]);
                let span = [b[0] - a[0], b[1] - a[1]];
                let length = span[0].hypot(span[1]);
                let along = [span[0] / length, span[1] / length];
                Wall { start: a, along, inward: [-along[1], along[0]], length, openings: Vec::new() }
            })
            .collect();
        Plan { size, height, corners, walls }
    }

    /// Whether `p` is in the room and at least `margin` from its walls.
    pub fn contains(&self, p: Point, margin: f32) -> bool {
        outline::contains(&self.corners, p, margin)
    }

    /// Area of the floor in m².
    pub fn area(&self) -> f32 {
        outline::area(&self.corners)
    }

    /// Whether the whole room is on one side of a wall.
    pub fn is_outer(&self, wall: usize) -> bool {
        let Wall { start, inward, .. } = self.walls[wall];
        self.corners.iter().all(|c| (c[0] - start[0]) * inward[0] + (c[1] - start[1]) * inward[1] > -1e-3)
    }

    /// Puts an opening of a usual size somewhere in a wall. Returns false if no wall has space for it.
    pub fn open(&mut self, d: &mut Dice, kind: OpeningKind) -> bool {
        let top = self.height - 0.12;
        let (wide, low, high) = match kind {
            OpeningKind::Door | OpeningKind::OpenDoor => {
                let double = d.chance(0.08);
                (if double { d.between(1.3, 1.7) } else { d.between(0.7, 1.0) }, 0.0, d.between(1.95, 2.15))
            }
            OpeningKind::Doorway => (d.between(0.8, 1.6), 0.0, d.between(2.0, 2.4)),
            OpeningKind::Closet => (d.between(1.2, 2.4), 0.0, d.between(2.0, 2.3)),
            OpeningKind::Window => match d.below(6) {
                // to the floor, as balcony doors and fronts of glass are
                0 => (d.between(0.8, d.either(2.6, 3.4)), d.between(0.05, 0.3), d.between(2.0, 2.3)),
                // a band below the ceiling
                1 => (d.between(0.5, 1.6), d.between(1.3, 1.6), d.between(1.9, 2.2)),
                _ => (d.between(0.6, d.either(2.0, 2.6)), d.between(0.7, 1.1), d.between(1.8, 2.2)),
            },
        };
        self.open_sized(d, kind, wide, [low, high.min(top)], Beyond::Corridor).is_some()
    }

    /// Puts an opening of a given width and range of heights somewhere in a wall, and returns the wall and the opening's
    /// place in it. Openings to other rooms are in outer walls only.
    pub fn open_sized(
        &mut self,
        d: &mut Dice,
        kind: OpeningKind,
        wide: f32,
        [low, high]: [f32; 2],
        beyond: Beyond,
    ) -> Option<(usize, Opening)> {
        for _ in 0..30 {
            let index = d.below(self.walls.len());
            let (place, outer) = (d.unit(), self.is_outer(index));
            let wall = &mut self.walls[index];
            let room = wall.length - wide - 0.3;
            if room <= 0.0 || beyond == Beyond::Room && !outer {
                continue;
            }
            let from = 0.15 + room * place;
            let to = from + wide;
            if wall.openings.iter().all(|o| to + 0.25 < o.from || from > o.to + 0.25) {
                let opening = Opening { kind, from, to, low, high, beyond };
                wall.openings.push(opening);
                wall.openings.sort_by(|a, b| a.from.total_cmp(&b.from));
                return Some((index, opening));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walls_close_and_face_inwards() {
        for stream in 0..60 {
            let mut d = Dice::new(5, stream);
            let plan = Plan::draw(&mut d, [4.0, 5.0], 2.5);
            for (i, wall) in plan.walls.iter().enumerate() {
                let end = wall.point(wall.length, 0.0);
                let next = plan.walls[(i + 1) % plan.walls.len()].start;
                assert!((end[0] - next[0]).hypot(end[1] - next[1]) < 1e-4);
                let middle = wall.length / 2.0;
                assert!(plan.contains(wall.point(middle, 0.05), 0.01), "{wall:?}");
                assert!(!plan.contains(wall.point(middle, -0.05), 0.0), "{wall:?}");
            }
            assert!((0..plan.walls.len()).filter(|i| plan.is_outer(*i)).count() >= 2, "{plan:?}");
        }
    }
}
