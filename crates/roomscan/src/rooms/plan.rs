//! Floor plans: a rectangle or an L with its walls, doors and windows.

use crate::dice::Dice;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum OpeningKind {
    Door,
    /// A door that is open into the room.
    OpenDoor,
    /// Two sliding doors in the wall.
    Closet,
    Window,
}

/// A hole in a wall, from `from` to `to` along it and from `low` to `high` above the floor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    pub kind: OpeningKind,
    pub from: f32,
    pub to: f32,
    pub low: f32,
    pub high: f32,
}

/// A straight wall that starts at `start` and runs along `along`; `inward` points into the room.
#[derive(Clone, Debug)]
pub(crate) struct Wall {
    pub start: [f32; 2],
    pub along: [f32; 2],
    pub inward: [f32; 2],
    pub length: f32,
    pub openings: Vec<Opening>,
}

impl Wall {
    /// The point at `t` along the wall and `out` into the room.
    pub fn point(&self, t: f32, out: f32) -> [f32; 2] {
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
    pub size: [f32; 2],
    pub height: f32,
    /// The rectangle missing from an L: its lowest and highest corner.
    pub notch: Option<[[f32; 2]; 2]>,
    pub walls: Vec<Wall>,
}

impl Plan {
    /// Draws a plan of `size` metres. `l_shaped` removes a corner if both sides are long enough.
    pub fn draw(d: &mut Dice, size: [f32; 2], l_shaped: bool) -> Plan {
        let [x, y] = size;
        let height = d.between(2.3, 2.8);
        let (cut_x, cut_y) = (x * d.between(0.3, 0.45), y * d.between(0.25, 0.45));
        let corner = d.below(4);
        let mut corners = vec![[0.0, 0.0], [x, 0.0], [x, y], [0.0, y]];
        let mut notch = None;
        if l_shaped && x > 3.3 && y > 3.3 {
            // Remove the corner (x, y), then mirror the plan to move it to any of the four.
            corners = vec![[0.0, 0.0], [x, 0.0], [x, y - cut_y], [x - cut_x, y - cut_y], [x - cut_x, y], [0.0, y]];
            let (mut low, mut high) = ([x - cut_x, y - cut_y], [x, y]);
            for (axis, extent) in [(0, x), (1, y)] {
                if corner >> axis & 1 == 1 {
                    corners.iter_mut().for_each(|c| c[axis] = extent - c[axis]);
                    (low[axis], high[axis]) = (extent - high[axis], extent - low[axis]);
                    corners.reverse();
                }
            }
            notch = Some([low, high]);
        }
        let walls = (0..corners.len())
            .map(|i| {
                let (a, b) = (corners[i], corners[(i + 1) % corners.len()]);
                let span = [b[0] - a[0], b[1] - a[1]];
                let length = span[0].hypot(span[1]);
                let along = [span[0] / length, span[1] / length];
                Wall { start: a, along, inward: [-along[1], along[0]], length, openings: Vec::new() }
            })
            .collect();
        Plan { size, height, notch, walls }
    }

    /// Whether `p` is in the room and at least `margin` from its walls.
    pub fn contains(&self, p: [f32; 2], margin: f32) -> bool {
        let inside = (0..2).all(|a| p[a] >= margin && p[a] <= self.size[a] - margin);
        let cut =
            self.notch.is_some_and(|[low, high]| (0..2).all(|a| p[a] > low[a] - margin && p[a] < high[a] + margin));
        inside && !cut
    }

    /// Puts an opening somewhere in a wall. Returns false if no wall has space for it.
    pub fn open(&mut self, d: &mut Dice, kind: OpeningKind) -> bool {
        let (wide, low, high) = match kind {
            OpeningKind::Door | OpeningKind::OpenDoor => (d.between(0.78, 0.95), 0.0, d.between(1.98, 2.1)),
            OpeningKind::Closet => (d.between(1.3, 1.7), 0.0, d.between(2.0, 2.1)),
            OpeningKind::Window => (d.between(0.8, 1.7), d.between(0.75, 1.05), d.between(1.95, 2.2)),
        };
        for _ in 0..30 {
            let wall = d.below(self.walls.len());
            let wall = &mut self.walls[wall];
            let room = wall.length - wide - 0.5;
            if room <= 0.0 {
                continue;
            }
            let from = 0.25 + room * d.unit();
            let to = from + wide;
            if wall.openings.iter().all(|o| to + 0.3 < o.from || from > o.to + 0.3) {
                wall.openings.push(Opening { kind, from, to, low, high });
                wall.openings.sort_by(|a, b| a.from.total_cmp(&b.from));
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walls_close_and_face_inwards() {
        for stream in 0..40 {
            let mut d = Dice::new(5, stream);
            let plan = Plan::draw(&mut d, [4.0, 5.0], stream % 2 == 0);
            for (i, wall) in plan.walls.iter().enumerate() {
                let end = wall.point(wall.length, 0.0);
                let next = plan.walls[(i + 1) % plan.walls.len()].start;
                assert!((end[0] - next[0]).hypot(end[1] - next[1]) < 1e-4);
                let middle = wall.length / 2.0;
                assert!(plan.contains(wall.point(middle, 0.05), 0.01), "{wall:?}");
                assert!(!plan.contains(wall.point(middle, -0.05), 0.0), "{wall:?}");
            }
        }
    }
}
