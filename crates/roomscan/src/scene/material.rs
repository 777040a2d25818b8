//! The colours of a surface, and how much of it a depth camera loses.

use crate::math::{Pose, V3, hash_unit, mix, noise3};

/// A gamma-encoded colour, with channels in 0..=1.
pub(crate) type Rgb = [f32; 3];

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pattern {
    Plain,
    /// Wood with long streaks along x.
    Grain,
    /// Floor boards along x.
    Planks,
    /// Square tiles with joints.
    Tiles,
    /// Stripes across x.
    Stripes,
    /// Squares of two colours.
    Check,
    /// Woven or speckled, with a fine contrast.
    Weave,
    /// Book spines: every few centimetres along x, a band of another colour.
    Books,
    /// A painting or poster, with blobs of several colours.
    Painting,
    /// Printed lines on a light ground.
    Print,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Material {
    pub base: Rgb,
    pub second: Rgb,
    pub pattern: Pattern,
    /// Size of the pattern in metres.
    pub size: f32,
    pub seed: u32,
    /// Fraction of the surface that the sensor loses, in blobs (glass, screens, chrome).
    pub dropout: f32,
    pub pose: Pose,
}

impl Material {
    pub fn plain(base: Rgb) -> Material {
        Material { base, second: base, pattern: Pattern::Plain, size: 0.1, seed: 0, dropout: 0.0, pose: Pose::IDENTITY }
    }

    pub fn patterned(base: Rgb, second: Rgb, pattern: Pattern, size: f32, seed: u32) -> Material {
        Material { second, pattern, size, seed, ..Material::plain(base) }
    }

    pub fn lossy(mut self, dropout: f32) -> Material {
        self.dropout = dropout;
        self
    }

    /// Colour at a point in room coordinates.
    pub fn color(&self, point: V3) -> Rgb {
        let p = self.pose.unapply(point);
        let s = self.size.max(1e-3);
        match self.pattern {
            Pattern::Plain => self.base,
            Pattern::Grain => {
                let v = noise3([p[0] / (s * 12.0), p[1] / s, p[2] / s], self.seed);
                let fine = noise3([p[0] / (s * 6.0), p[1] * 3.0 / s, p[2] * 3.0 / s], self.seed ^ 1);
                mix(self.base, self.second, (0.5 + 0.4 * v + 0.2 * fine).clamp(0.0, 1.0))
            }
            Pattern::Planks => {
                let row = (p[1] / s).floor();
                let along = p[0] / (s * 9.0) + hash_unit(row as i32, 0, 0, self.seed);
                let board = hash_unit(row as i32, along.floor() as i32, 1, self.seed);
                let joint = (p[1] / s - row) < 0.06 || (along - along.floor()) < 0.006;
                let grain = 0.2 * noise3([p[0] / (s * 5.0), p[1] * 4.0 / s, 0.0], self.seed);
                let t = (board * 0.8 + grain + if joint { 0.8 } else { 0.0 }).clamp(0.0, 1.0);
                mix(self.base, self.second, t)
            }
            Pattern::Tiles => {
                let cell = p.map(|v| (v / s).floor());
                let edge = (0..3).any(|a| {
                    let f = p[a] / s - cell[a];
                    // Along the face's normal the coordinate hardly changes, so that it must not make a joint.
                    f < 0.09 && (p[a] / s).abs() > 0.03
                });
                let shade = 0.25 * hash_unit(cell[0] as i32, cell[1] as i32, cell[2] as i32, self.seed);
                mix(self.base, self.second, if edge { 1.0 } else { shade })
            }
            Pattern::Stripes => {
                let t = (p[0] / s).rem_euclid(1.0);
                if t < 0.5 { self.base } else { self.second }
            }
            Pattern::Check => {
                let odd = p.iter().map(|v| (v / s + 0.01).floor() as i32).sum::<i32>().rem_euclid(2);
                if odd == 0 { self.base } else { self.second }
            }
            Pattern::Weave => mix(self.base, self.second, 0.3 + 0.3 * noise3(p.map(|v| v / s), self.seed)),
            Pattern::Books => {
                let band = (p[0] / s + 0.4 * noise3([0.0, 0.0, p[2] * 4.0], self.seed)).floor() as i32;
                let hue = |k: i32| hash_unit(band, (p[2] / 0.3).floor() as i32, k, self.seed);
                let light = 0.15 + 0.75 * hue(9);
                mix([light; 3], [hue(0), hue(1), hue(2)], 0.55)
            }
            Pattern::Painting => {
                let n = |k: u32| noise3(p.map(|v| v / s), self.seed ^ k);
                let t = 0.5 + 0.9 * n(7);
                let c = mix(self.base, self.second, t.clamp(0.0, 1.0));
                std::array::from_fn(|a| (0.75 * c[a] + 0.12 + 0.14 * n(a as u32 + 11)).clamp(0.02, 0.98))
            }
            Pattern::Print => {
                let line = (p[2] / s).rem_euclid(1.0) < 0.45
                    && noise3([p[0] * 30.0, 0.0, (p[2] / s).floor()], self.seed) > -0.2;
                if line { self.second } else { self.base }
            }
        }
    }
}
