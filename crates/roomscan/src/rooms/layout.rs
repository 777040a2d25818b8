//! Places for furniture: footprints that neither overlap each other nor block doors.

use super::plan::{OpeningKind, Plan};
use crate::dice::Dice;
use crate::math::{Pose, V3};
use std::f32::consts::PI;

/// A rotated rectangle on the floor, with the range of heights that it occupies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Footprint {
    pub center: [f32; 2],
    pub half: [f32; 2],
    pub yaw: f32,
    pub height: [f32; 2],
}

impl Footprint {
    pub fn corners(&self) -> [[f32; 2]; 4] {
        let (s, c) = self.yaw.sin_cos();
        [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(|(u, v)| {
            let (x, y) = (u * self.half[0], v * self.half[1]);
            [self.center[0] + c * x - s * y, self.center[1] + s * x + c * y]
        })
    }

    /// Whether both overlap, by the separating axis theorem.
    pub fn meets(&self, other: &Footprint) -> bool {
        if self.height[0] >= other.height[1] || other.height[0] >= self.height[1] {
            return false;
        }
        let (a, b) = (self.corners(), other.corners());
        [self.yaw, self.yaw + PI / 2.0, other.yaw, other.yaw + PI / 2.0].iter().all(|turn| {
            let (s, c) = turn.sin_cos();
            let span = |points: &[[f32; 2]; 4]| {
                points.iter().map(|p| c * p[0] + s * p[1]).fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(v), h.max(v)))
            };
            let ((l0, h0), (l1, h1)) = (span(&a), span(&b));
            l0 < h1 - 1e-4 && l1 < h0 - 1e-4
        })
    }
}

/// The free and the occupied places of a room.
pub(crate) struct Layout {
    pub plan: Plan,
    /// Furniture, space to open doors, and what is behind the walls.
    pub taken: Vec<Footprint>,
    /// Places in front of windows, which furniture may not use but curtains may.
    pub windows: Vec<Footprint>,
    /// Area in m² that furniture on the floor takes.
    furniture: f32,
}

impl Layout {
    pub fn new(plan: Plan) -> Layout {
        let (mut taken, mut windows) = (Vec::new(), Vec::new());
        for wall in &plan.walls {
            // What is behind a wall is taken, so that nothing reaches around an inner corner.
            taken.push(Footprint {
                center: wall.point(wall.length / 2.0, -0.06),
                half: [wall.length / 2.0, 0.055],
                yaw: wall.yaw(),
                height: [0.0, 9.0],
            });
        }
        for wall in &plan.walls {
            for o in &wall.openings {
                let deep = match o.kind {
                    OpeningKind::Window => 0.16,
                    OpeningKind::Closet | OpeningKind::Doorway => 0.6,
                    // a leaf swings over this much
                    _ => (o.to - o.from).min(1.0) + 0.05,
                };
                let list = if o.kind == OpeningKind::Window { &mut windows } else { &mut taken };
                list.push(Footprint {
                    center: wall.point((o.from + o.to) / 2.0, deep / 2.0),
                    half: [(o.to - o.from) / 2.0 + 0.08, deep / 2.0],
                    yaw: wall.yaw(),
                    height: [(o.low - 0.06).max(0.0), o.high],
                });
            }
        }
        Layout { plan, taken, windows, furniture: 0.0 }
    }

    pub fn free(&self, zone: &Footprint) -> bool {
        zone.corners().iter().all(|c| self.plan.contains(*c, 0.004))
            && !self.taken.iter().chain(&self.windows).any(|t| t.meets(zone))
    }

    /// Share of the floor that furniture takes.
    pub fn furnished(&self) -> f32 {
        self.furniture / self.plan.area()
    }

    /// Finds a corner for a model, with its back (-y) and its left side (-x) at walls. `None` if none is free.
    pub fn in_a_corner(&mut self, d: &mut Dice, size: V3) -> Option<Pose> {
        let mut walls: Vec<usize> = (0..self.plan.walls.len()).collect();
        d.shuffle(&mut walls);
        walls.into_iter().find_map(|index| {
            let wall = &self.plan.walls[index];
            // a wall starts at the model's left
            let center = wall.point(0.015 + size[0] / 2.0, 0.012 + size[1] / 2.0);
            self.take(center, wall.yaw(), 0.0, size)
        })
    }

    /// Occupies the place of a model of `size` with its foot at height `z`, and returns the model's pose; `None` if the
    /// place is not free.
    pub fn take(&mut self, center: [f32; 2], yaw: f32, z: f32, size: V3) -> Option<Pose> {
        let zone = Footprint { center, half: [size[0] / 2.0, size[1] / 2.0], yaw, height: [z, z + size[2]] };
        self.free(&zone).then(|| {
            self.taken.push(zone);
            if z == 0.0 {
                self.furniture += size[0] * size[1];
            }
            Pose::turned([center[0], center[1], z], yaw)
        })
    }

    /// Finds a place with its back to a wall, at a distance in the range `gap`, such that `front` metres in front of it
    /// are free at the moment. `None` if none was found.
    pub fn against_wall(&mut self, d: &mut Dice, size: V3, z: f32, gap: [f32; 2], front: f32) -> Option<Pose> {
        let total: f32 = self.plan.walls.iter().map(|w| w.length).sum();
        for _ in 0..70 {
            let mut at = d.unit() * total;
            let mut index = 0;
            while index + 1 < self.plan.walls.len() && at > self.plan.walls[index].length {
                at -= self.plan.walls[index].length;
                index += 1;
            }
            let gap = d.between(gap[0], gap[1]);
            let wall = &self.plan.walls[index];
            let room = wall.length - size[0] - 0.03;
            if room < 0.0 {
                continue;
            }
            // Prefer corners, as people do.
            let t = match d.below(4) {
                0 => 0.015 + size[0] / 2.0 + gap,
                1 => wall.length - 0.015 - size[0] / 2.0 - gap,
                _ => 0.015 + size[0] / 2.0 + room * d.unit(),
            };
            let deep = size[1] + front;
            let yaw = wall.yaw();
            let with_front = Footprint {
                center: wall.point(t, gap + 0.006 + deep / 2.0),
                half: [size[0] / 2.0, deep / 2.0],
                yaw,
                height: [z, z + size[2]],
            };
            let center = wall.point(t, gap + 0.006 + size[1] / 2.0);
            if self.free(&with_front) {
                return self.take(center, yaw, z, size);
            }
        }
        None
    }

    /// Finds a place anywhere on the floor with a free `margin` on all sides. `None` if none was found.
    pub fn in_the_open(&mut self, d: &mut Dice, size: V3, margin: f32) -> Option<Pose> {
        for _ in 0..70 {
            let center = [d.unit() * self.plan.size[0], d.unit() * self.plan.size[1]];
            let yaw = d.below(4) as f32 * PI / 2.0 + if d.chance(0.5) { 0.0 } else { d.between(-0.4, 0.4) };
            let clear = Footprint {
                center,
                half: [size[0] / 2.0 + margin, size[1] / 2.0 + margin],
                yaw,
                height: [0.0, size[2]],
            };
            if self.free(&clear) {
                return self.take(center, yaw, 0.0, size);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_agrees_with_sampling() {
        let mut d = Dice::new(1, 0);
        for _ in 0..300 {
            let mut zone = || Footprint {
                center: [d.between(-1.0, 1.0), d.between(-1.0, 1.0)],
                half: [d.between(0.1, 0.8), d.between(0.1, 0.8)],
                yaw: d.between(-3.0, 3.0),
                height: [0.0, 1.0],
            };
            let (a, b) = (zone(), zone());
            let holds = |z: &Footprint, p: [f32; 2]| {
                let (s, c) = z.yaw.sin_cos();
                let (x, y) = (p[0] - z.center[0], p[1] - z.center[1]);
                (c * x + s * y).abs() < z.half[0] && (-s * x + c * y).abs() < z.half[1]
            };
            let sampled = (0..10_000).any(|i| {
                let p = [(i % 100) as f32 * 0.04 - 2.0, (i / 100) as f32 * 0.04 - 2.0];
                holds(&a, p) && holds(&b, p)
            });
            // Sampling may miss a thin overlap, but never finds one that does not exist.
            assert!(!sampled || a.meets(&b));
        }
    }
}
