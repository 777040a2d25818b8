//! Solids made of triangles: boxes, lofts through rings (cylinders, cones, bowls and pillows), tubes and sheets.
//! Edges are sharp here; the fusion of the scan rounds them.

use super::{Material, Scene, Triangle};
use crate::math::{Pose, V3, add, cross, scale, sub, unit};
use std::f32::consts::TAU;

/// Adds surfaces to one object, in that object's coordinates.
pub(crate) struct Brush<'a> {
    pub scene: &'a mut Scene,
    pub pose: Pose,
    pub object: u32,
}

/// A horizontal superellipse. Exponent 2 gives an ellipse, 4 and more a rounded rectangle.
#[derive(Clone, Copy)]
pub(crate) struct Ring {
    pub center: V3,
    pub half: [f32; 2],
    pub exponent: f32,
}

impl Ring {
    pub fn new(center: V3, half: [f32; 2], exponent: f32) -> Ring {
        Ring { center, half, exponent }
    }

    pub fn circle(center: V3, radius: f32) -> Ring {
        Ring { center, half: [radius; 2], exponent: 2.0 }
    }

    fn point(&self, turn: f32) -> V3 {
        let (s, c) = (turn * TAU).sin_cos();
        let power = 2.0 / self.exponent;
        let bend = |v: f32| v.signum() * v.abs().powf(power);
        add(self.center, [self.half[0] * bend(c), self.half[1] * bend(s), 0.0])
    }
}

impl Brush<'_> {
    /// Registers a material whose pattern is in the brush's coordinates.
    pub fn material(&mut self, mut material: Material) -> u32 {
        material.pose = self.pose;
        self.scene.materials.push(material);
        self.scene.materials.len() as u32 - 1
    }

    /// Returns a brush for the same object, with coordinates relative to this brush's.
    pub fn inside(&mut self, local: Pose) -> Brush<'_> {
        let pose = self.pose.then(&local);
        Brush { scene: self.scene, pose, object: self.object }
    }

    pub fn triangle(&mut self, material: u32, corners: [V3; 3]) {
        let corners = corners.map(|p| self.pose.apply(p));
        self.scene.triangles.push(Triangle { corners, object: self.object, material });
    }

    pub fn quad(&mut self, material: u32, [a, b, c, d]: [V3; 4]) {
        self.triangle(material, [a, b, c]);
        self.triangle(material, [a, c, d]);
    }

    /// A box from `low` to `high`.
    pub fn cuboid(&mut self, material: u32, low: V3, high: V3) {
        let p = |i: usize, j: usize, k: usize| [[low[0], high[0]][i], [low[1], high[1]][j], [low[2], high[2]][k]];
        self.quad(material, [p(0, 0, 1), p(1, 0, 1), p(1, 1, 1), p(0, 1, 1)]);
        self.quad(material, [p(0, 0, 0), p(0, 1, 0), p(1, 1, 0), p(1, 0, 0)]);
        self.quad(material, [p(0, 0, 0), p(1, 0, 0), p(1, 0, 1), p(0, 0, 1)]);
        self.quad(material, [p(0, 1, 0), p(0, 1, 1), p(1, 1, 1), p(1, 1, 0)]);
        self.quad(material, [p(0, 0, 0), p(0, 0, 1), p(0, 1, 1), p(0, 1, 0)]);
        self.quad(material, [p(1, 0, 0), p(1, 1, 0), p(1, 1, 1), p(1, 0, 1)]);
    }

    /// A box given by the middle of its foot and its size.
    pub fn block(&mut self, material: u32, foot: V3, size: V3) {
        let (x, y) = (size[0] / 2.0, size[1] / 2.0);
        self.cuboid(material, [foot[0] - x, foot[1] - y, foot[2]], [foot[0] + x, foot[1] + y, foot[2] + size[2]]);
    }

    /// A surface through `rings` with `sides` points each, closed at both ends.
    pub fn loft(&mut self, material: u32, rings: &[Ring], sides: usize) {
        let point = |r: &Ring, i: usize| r.point((i % sides) as f32 / sides as f32);
        for pair in rings.windows(2) {
            for i in 0..sides {
                let [a, b] = [point(&pair[0], i), point(&pair[0], i + 1)];
                let [d, c] = [point(&pair[1], i), point(&pair[1], i + 1)];
                self.quad(material, [a, b, c, d]);
            }
        }
        for ring in [rings.first(), rings.last()].into_iter().flatten() {
            for i in 0..sides {
                self.triangle(material, [ring.center, point(ring, i), point(ring, i + 1)]);
            }
        }
    }

    pub fn cylinder(&mut self, material: u32, foot: V3, radius: f32, height: f32) {
        let top = add(foot, [0.0, 0.0, height]);
        self.loft(material, &[Ring::circle(foot, radius), Ring::circle(top, radius)], 16);
    }

    /// A cushion: a loft with round sides.
    pub fn puff(&mut self, material: u32, center: V3, half: V3, exponent: f32) {
        let rings: Vec<Ring> = (0..=8)
            .map(|i| {
                let (s, c) = ((i as f32 / 8.0 - 0.5) * TAU / 2.0).sin_cos();
                let bulge = c.abs().powf(2.0 / exponent).max(0.02);
                let rise = s.signum() * s.abs().powf(2.0 / exponent);
                Ring::new(add(center, [0.0, 0.0, half[2] * rise]), [half[0] * bulge, half[1] * bulge], exponent)
            })
            .collect();
        self.loft(material, &rings, 20);
    }

    /// A round bar between two points.
    pub fn tube(&mut self, material: u32, from: V3, to: V3, radius: f32) {
        let axis = unit(sub(to, from));
        let aside = if axis[2].abs() < 0.9 { [0.0, 0.0, 1.0] } else { [1.0, 0.0, 0.0] };
        let u = unit(cross(axis, aside));
        let v = cross(axis, u);
        let rim = |c: V3, i: usize| {
            let (s, k) = (i as f32 / 8.0 * TAU).sin_cos();
            add(c, add(scale(u, radius * k), scale(v, radius * s)))
        };
        for i in 0..8 {
            self.quad(material, [rim(from, i), rim(from, i + 1), rim(to, i + 1), rim(to, i)]);
            self.triangle(material, [from, rim(from, i), rim(from, i + 1)]);
            self.triangle(material, [to, rim(to, i), rim(to, i + 1)]);
        }
    }

    /// A round bar along a polyline.
    pub fn path(&mut self, material: u32, points: &[V3], radius: f32) {
        for pair in points.windows(2) {
            self.tube(material, pair[0], pair[1], radius);
        }
    }

    /// A disc or a rounded slab: a ring of `half` and `exponent`, `thick` metres high, with its foot at `foot`.
    pub fn disc(&mut self, material: u32, foot: V3, half: [f32; 2], exponent: f32, thick: f32) {
        let top = Ring::new(add(foot, [0.0, 0.0, thick]), half, exponent);
        self.loft(material, &[Ring::new(foot, half, exponent), top], 32);
    }

    /// A surface through `point(u, v)`, with u and v in 0..=1 and the given numbers of steps.
    pub fn sheet(&mut self, material: u32, steps: [usize; 2], point: impl Fn(f32, f32) -> V3) {
        let at = |i: usize, j: usize| point(i as f32 / steps[0] as f32, j as f32 / steps[1] as f32);
        for i in 0..steps[0] {
            for j in 0..steps[1] {
                self.quad(material, [at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)]);
            }
        }
    }

    /// A horizontal slab with a rectangular hole from corner `hole[0]` to `hole[1]`, such as a worktop with a sink.
    pub fn slab_with_hole(&mut self, material: u32, low: V3, high: V3, hole: [[f32; 2]; 2]) {
        let [[hx0, hy0], [hx1, hy1]] = hole;
        self.cuboid(material, low, [hx0, high[1], high[2]]);
        self.cuboid(material, [hx1, low[1], low[2]], high);
        self.cuboid(material, [hx0, low[1], low[2]], [hx1, hy0, high[2]]);
        self.cuboid(material, [hx0, hy1, low[2]], [hx1, high[1], high[2]]);
    }
}
