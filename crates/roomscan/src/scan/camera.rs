//! The path of the camera.

use crate::dice::Dice;
use crate::math::{Pose, V3, add, cross, norm, scale, sub, unit};
use crate::rooms::{Layout, Room};
use std::f32::consts::TAU;

/// Pose of a camera at `eye` that looks at `target`: x right, y down, z forward, as usual for depth cameras.
fn look_at(eye: V3, target: V3) -> Pose {
    let forward = unit(sub(target, eye));
    let right = unit(cross(forward, [0.0, 0.0, 1.0]));
    Pose { axes: [right, cross(forward, right), forward], origin: eye }
}

/// Part of a room that is scanned.
struct Coverage {
    /// Where the person stands, and how far from there at most.
    from: V3,
    reach: f32,
    /// Direction of view and how far it turns to both sides.
    yaw: f32,
    turn: f32,
}

impl Coverage {
    /// Seven scans of ten (four in the second edition) cover everything, and all do that are to be `whole`. The others
    /// cover what is around one place, or are a look into a corner.
    fn draw(stands: &[V3], whole: bool, d: &mut Dice) -> Coverage {
        let (from, yaw) = (stands[d.below(stands.len())], d.between(0.0, TAU));
        let everything = d.either(7, 4);
        let (reach, turn) = match if whole { 0 } else { d.below(10) } {
            k if k < everything => (f32::MAX, TAU / 2.0),
            k if k < 9 => (d.between(0.8, d.either(2.0, 2.6)), TAU / 2.0),
            _ => (d.between(0.3, 0.8), d.between(0.6, 1.1)),
        };
        Coverage { from, reach, yaw, turn }
    }

    fn includes(&self, p: V3, beyond: f32) -> bool {
        let (x, y) = (p[0] - self.from[0], p[1] - self.from[1]);
        let aside = (y.atan2(x) - self.yaw + TAU * 1.5).rem_euclid(TAU) - TAU / 2.0;
        x.hypot(y) <= self.reach + beyond && (beyond == 0.0 || aside.abs() <= self.turn)
    }
}

/// Returns poses in free space, 1.2 to 1.7 m above the floor: `count` in the room, and half as many in each room behind
/// its doors. Half of them look around, half look at an object, as people do when they scan a room. Each pose is
/// followed by the nearest of those left.
pub(crate) fn path(room: &Room, count: usize, whole: bool, d: &mut Dice) -> Vec<Pose> {
    let spaces: Vec<Vec<V3>> = standing_points(room, (count / 4).max(4), d);
    let coverage = Coverage::draw(&spaces[0], whole, d);
    let covered = |stands: &[V3]| stands.iter().copied().filter(|p| coverage.includes(*p, 0.0)).collect::<Vec<_>>();
    // Few people scan the ceiling, and many, in the second edition, not even the upper half of doors.
    let highest = match d.unit() {
        luck if luck < d.either(0.3, 0.4) => 0.4,
        luck if luck > d.either(1.0, 0.75) => -0.6,
        _ => -0.35,
    };
    // How many look at objects for each that looks around.
    let at_objects = d.either(1, 2);
    // How steeply they look down at least, where nobody looks up.
    let slope = if highest < -0.5 { f32::tan(highest) } else { 0.0 };
    let mut poses = Vec::new();
    for (i, ((layout, pose), stands)) in room.spaces().zip(&spaces).enumerate() {
        let stands = covered(stands);
        if stands.is_empty() {
            continue;
        }
        let mut targets = object_centers(room);
        targets.retain(|p| {
            let q = pose.unapply(*p);
            // doors and windows are set back into the walls a little
            let within = (0..2).all(|a| q[a] > -0.3 && q[a] < layout.plan.size[a] + 0.3);
            within && coverage.includes(*p, 2.0)
        });
        d.shuffle(&mut targets);
        let count = if i == 0 { count } else { count / 2 };
        let turn = d.unit() * TAU;
        for i in 0..count {
            let stand = stands[i % stands.len()];
            let eye = [stand[0] + d.between(-0.12, 0.12), stand[1] + d.between(-0.12, 0.12), d.between(1.2, 1.7)];
            if i % (1 + at_objects) == 0 || targets.is_empty() {
                // The golden angle spreads any number of directions evenly.
                let around = (turn / TAU + i as f32 * 0.381_966).fract() * 2.0 - 1.0;
                let (s, c) = (coverage.yaw + around * coverage.turn).sin_cos();
                let pitch = d.between(-0.95, highest);
                poses.push(look_at(eye, add(eye, [c * pitch.cos(), s * pitch.cos(), pitch.sin()])));
            } else {
                poses.push(look_at_object(
                    eye,
                    targets[(i - i / (1 + at_objects) - 1) % targets.len()],
                    &stands,
                    slope,
                    d,
                ));
            }
        }
    }
    tour(poses)
}

/// Looks at an object, from the one of a few standing points whose distance is closest to 1.5 m.
fn look_at_object(eye: V3, target: V3, stands: &[V3], slope: f32, d: &mut Dice) -> Pose {
    let off = |p: &V3| ((p[0] - target[0]).hypot(p[1] - target[1]) - 1.5).abs();
    let best = (0..5).map(|_| stands[d.below(stands.len())]).min_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(eye);
    let eye = [best[0], best[1], eye[2]];
    // Do not look up at objects: high ones are in view anyway.
    let down = slope * (target[0] - eye[0]).hypot(target[1] - eye[1]);
    let target = [target[0], target[1], target[2].min(eye[2] + down.min(-0.35))];
    let near = sub(target, eye);
    // Do not look straight down, which would leave no up direction.
    let target = if near[0].hypot(near[1]) < 0.2 { add(target, [0.3, 0.1, 0.0]) } else { target };
    look_at(eye, target)
}

/// For the room and each room behind its doors, at most `count` places on the floor where somebody can stand, and at
/// least one.
pub(super) fn standing_points(room: &Room, count: usize, d: &mut Dice) -> Vec<Vec<V3>> {
    room.spaces()
        .map(|(layout, pose)| stand_in(layout, count, d).into_iter().map(|p| pose.apply(p)).collect())
        .collect()
}

fn stand_in(layout: &Layout, count: usize, d: &mut Dice) -> Vec<V3> {
    let plan = &layout.plan;
    let mut points: Vec<V3> = Vec::new();
    let mut tries = 0;
    while points.len() < count && tries < 4000 {
        tries += 1;
        let p = [d.unit() * plan.size[0], d.unit() * plan.size[1]];
        // In a crowded room, people squeeze through.
        let margin = if tries < 2000 { 0.3 } else { 0.12 };
        let blocked = layout.taken.iter().any(|z| {
            if z.height[1] < 0.9 || z.height[0] > 1.3 {
                return false;
            }
            let (s, c) = z.yaw.sin_cos();
            let (x, y) = (p[0] - z.center[0], p[1] - z.center[1]);
            (c * x + s * y).abs() < z.half[0] + margin && (c * y - s * x).abs() < z.half[1] + margin
        });
        if !blocked && plan.contains(p, margin + 0.05) {
            points.push([p[0], p[1], 0.0]);
        }
    }
    if points.is_empty() {
        points.push([plan.size[0] / 2.0, plan.size[1] / 2.0, 0.0]);
    }
    points
}

/// Centers of the bounding boxes of all objects except walls, floor and ceiling.
fn object_centers(room: &Room) -> Vec<V3> {
    let scene = &room.scene;
    let mut boxes = vec![([f32::MAX; 3], [f32::MIN; 3]); scene.objects.len()];
    for t in &scene.triangles {
        if let Some((low, high)) = boxes.get_mut(t.object as usize) {
            for p in t.corners {
                for a in 0..3 {
                    low[a] = low[a].min(p[a]);
                    high[a] = high[a].max(p[a]);
                }
            }
        }
    }
    let structure = ["wall", "floor", "ceiling"];
    (boxes.iter().zip(&scene.objects))
        .filter(|((low, high), name)| low[0] <= high[0] && !structure.contains(name))
        .map(|((low, high), _)| scale(add(*low, *high), 0.5))
        .collect()
}

/// Orders poses greedily by distance, so that poses that are close in time are close in space.
fn tour(mut poses: Vec<Pose>) -> Vec<Pose> {
    for i in 1..poses.len() {
        let from = poses[i - 1].origin;
        let next = (i..poses.len())
            .min_by(|&a, &b| norm(sub(poses[a].origin, from)).total_cmp(&norm(sub(poses[b].origin, from))))
            .unwrap_or(i);
        poses.swap(i, next);
    }
    poses
}

/// Error of the tracked pose: a random walk, pulled back as by loop closure, of millimetres and 0.1 degrees in a good scan
/// and of centimetres in a bad one. In some scans, tracking was lost for a while, and a part of the poses is off by up to
/// 12 cm: walls are there twice. In the second edition that happens in most scans and several times in each.
pub(crate) struct Drift {
    strength: f32,
    shift: V3,
    turn: V3,
    /// Poses that are off, by how much, and after how many it is another way; 0 for never.
    lost: std::ops::Range<usize>,
    off: V3,
    every: usize,
    far: f32,
    steps: usize,
}

/// How much stronger the walk of the worst scan is than that of the best, in each edition.
const WORST: [f32; 2] = [5.0, 8.0];
/// How often tracking is lost in a scan.
const LOST: [f32; 2] = [0.4, 0.85];
/// How far off a lost pose is, in metres.
const OFF: [[f32; 2]; 2] = [[0.03, 0.12], [0.05, 0.2]];

impl Drift {
    pub fn new(noise: f32, poses: usize, d: &mut Dice) -> Drift {
        let [worst, often] = [WORST, LOST].map(|of| d.either(of[0], of[1]));
        let off = d.either(OFF[0], OFF[1]);
        let (luck, lost) = (d.unit(), d.chance(often));
        let (from, count) = (d.below(poses), (poses as f32 * d.between(0.1, 0.35)) as usize);
        let (yaw, far) = (d.between(0.0, TAU), d.between(off[0], off[1]) * noise.min(1.0));
        let (every, count) = if d.second() { (poses / (2 + d.below(5)), poses) } else { (0, count) };
        Drift {
            strength: noise * (1.0 + (worst - 1.0) * luck * luck),
            shift: [0.0; 3],
            turn: [0.0; 3],
            lost: if lost { from..from + count } else { 0..0 },
            off: [far * yaw.cos(), far * yaw.sin(), 0.2 * far * d.normal()],
            every,
            far,
            steps: 0,
        }
    }

    pub fn step(&mut self, pose: &Pose, d: &mut Dice) -> Pose {
        for a in 0..3 {
            self.shift[a] = 0.9 * self.shift[a] + 0.0018 * self.strength * d.normal();
            self.turn[a] = 0.9 * self.turn[a] + 0.0006 * self.strength * d.normal();
        }
        // Small rotations, r + w × r, made orthonormal again.
        let bend = |v: V3| add(v, cross(self.turn, v));
        let z = unit(bend(pose.axes[2]));
        let x = unit(sub(bend(pose.axes[0]), scale(z, crate::math::dot(bend(pose.axes[0]), z))));
        if self.every > 0 && self.steps.is_multiple_of(self.every) {
            self.off = [0.7, 0.7, 0.2].map(|share| share * self.far * d.normal());
        }
        let off = if self.lost.contains(&self.steps) { self.off } else { [0.0; 3] };
        self.steps += 1;
        Pose { axes: [x, cross(z, x), z], origin: add(pose.origin, add(self.shift, off)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::dot;

    #[test]
    fn cameras_are_right_handed_and_look_forward() {
        let f = look_at([1.0, 2.0, 1.5], [3.0, 1.0, 0.4]);
        let p = f.unapply([3.0, 1.0, 0.4]);
        assert!(p[0].abs() < 1e-5 && p[1].abs() < 1e-5 && p[2] > 2.0, "{p:?}");
        assert!(dot(cross(f.axes[0], f.axes[1]), f.axes[2]) > 0.999);
        assert!(f.axes[1][2] < 0.0, "y must point down");
    }

    #[test]
    fn drift_stays_small_and_rigid() {
        let mut d = Dice::new(1, 1);
        let pose = look_at([1.0, 1.0, 1.4], [2.0, 3.0, 0.5]);
        let mut lost = 0;
        for _ in 0..20 {
            let mut drift = Drift::new(1.0, 500, &mut d);
            lost += usize::from(!drift.lost.is_empty());
            for _ in 0..500 {
                let f = drift.step(&pose, &mut d);
                assert!(norm(sub(f.origin, pose.origin)) < 0.04 * WORST[0] + 0.13);
                assert!(dot(f.axes[0], f.axes[1]).abs() < 1e-4 && dot(f.axes[2], pose.axes[2]) > 0.998);
            }
        }
        assert!((3..15).contains(&lost), "{lost} of 20");
    }
}
