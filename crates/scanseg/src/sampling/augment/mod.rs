//! Augmentations: changes to training crops, applied one after another.
//!
//! Each has its own stream of random numbers, so adding or removing one leaves the draws of the others alone.
//!
//! To add one: a file here with a struct of its parameters, which implements `Augment`, and in this file a variant of
//! [`Augmentation`] and a line in `Augmentation::numbered`.

mod augmenter;
mod color;
mod color_contrast;
mod drop_points;
mod elastic;
mod jitter;
mod mirror;
mod mix;
mod point_dropout;
#[cfg(test)]
mod reference;
mod rotate;
mod scale;
mod strays;
#[cfg(test)]
mod tests;
mod tilt;
mod warp;

pub(crate) use augmenter::Augmenter;
pub use color::{ColorDrop, ColorJitter, ColorTranslate};
pub use color_contrast::ColorContrast;
pub use drop_points::DropPoints;
pub use elastic::ElasticDistortion;
pub use jitter::Jitter;
pub use mirror::Mirror;
pub use mix::Mix;
pub use point_dropout::PointDropout;
pub use rotate::Rotate;
pub(crate) use rotate::rotate;
pub use scale::Scale;
pub use strays::Strays;
pub use tilt::Tilt;
pub use warp::Warp;

use super::Crop;
use crate::config::check::Checked;
use crate::random::Generator;
use rand::RngExt;
use scannet::Scene;
use serde::{Deserialize, Serialize};

/// One change to training crops. In TOML a table with its `kind`, such as `{ kind = "tilt", slope = 0.02 }`; parameters
/// that are left out have defaults.
///
/// Coordinates of a crop are relative to the middle of its column on the floor: that is what it is rotated, scaled and
/// mirrored about. Heights follow the points; normals and covariances follow where the whole crop is moved as one, and stay
/// where points are moved one by one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", expecting = "a table with a kind")]
pub enum Augmentation {
    /// Tilts the scene.
    Tilt(Tilt),
    /// Bends the crop smoothly.
    Warp(Warp),
    /// Moves some points far away.
    Strays(Strays),
    /// Replaces some points with the first one.
    PointDropout(PointDropout),
    /// Rotates the crop.
    Rotate(Rotate),
    /// Makes the crop larger or smaller.
    Scale(Scale),
    /// Mirrors the crop.
    Mirror(Mirror),
    /// Moves every point a little.
    Jitter(Jitter),
    /// Bends the crop by smooth noise.
    ElasticDistortion(ElasticDistortion),
    /// Stretches the colours to their full range.
    ColorContrast(ColorContrast),
    /// Takes the colours away.
    ColorDrop(ColorDrop),
    /// Changes the colour of every point a little.
    ColorJitter(ColorJitter),
    /// Changes the colours of all points alike.
    ColorTranslate(ColorTranslate),
    /// Replaces some points with others.
    DropPoints(DropPoints),
    /// Puts a crop of another scene into the crop.
    Mix(Mix),
}

impl Augmentation {
    /// The number of the kind and what it does. The numbers are part of every seed: a new kind gets a new one, and none
    /// ever changes.
    fn numbered(&self) -> (u64, &dyn Augment) {
        match self {
            Augmentation::Tilt(own) => (0, own),
            Augmentation::Warp(own) => (1, own),
            Augmentation::Strays(own) => (2, own),
            Augmentation::PointDropout(own) => (3, own),
            Augmentation::Rotate(own) => (4, own),
            Augmentation::Scale(own) => (5, own),
            Augmentation::Mirror(own) => (6, own),
            Augmentation::Jitter(own) => (7, own),
            Augmentation::ElasticDistortion(own) => (8, own),
            Augmentation::ColorContrast(own) => (9, own),
            Augmentation::ColorDrop(own) => (10, own),
            Augmentation::ColorJitter(own) => (11, own),
            Augmentation::ColorTranslate(own) => (12, own),
            Augmentation::DropPoints(own) => (13, own),
            Augmentation::Mix(own) => (14, own),
        }
    }

    /// Checks that the parameters make sense.
    pub(crate) fn check(&self) -> Checked {
        self.numbered().1.check()
    }

    /// Whether it changes colours and nothing else.
    pub(crate) fn needs_color(&self) -> bool {
        self.numbered().1.needs_color()
    }
}

/// What an augmentation does.
pub(crate) trait Augment {
    /// Checks that the parameters make sense.
    fn check(&self) -> Checked;

    /// Whether it changes colours and nothing else.
    fn needs_color(&self) -> bool {
        false
    }

    /// Whether it changes scenes.
    fn changes_scenes(&self) -> bool {
        false
    }

    /// Changes a scene before a crop is cut from it.
    fn change_scene(&self, _scene: &mut Scene, _rng: &mut Generator) {}

    /// Changes a crop.
    fn change_crop(&self, _crop: &mut Crop, _rng: &mut Generator) {}
}

/// Whether something of a probability happens.
fn happens(probability: f64, rng: &mut Generator) -> bool {
    rng.random::<f64>() < probability
}

/// A draw from a normal distribution of mean 0 and standard deviation 1.
fn normal(rng: &mut Generator) -> f32 {
    // above 0, so that the logarithm is finite
    let (distance, turn) = (1.0 - rng.random::<f64>(), rng.random_range(0.0..std::f64::consts::TAU));
    ((-2.0 * distance.ln()).sqrt() * turn.cos()) as f32
}

/// A draw from a normal distribution of mean 0, cut at `clip` on both sides.
fn clipped_normal(sigma: f32, clip: f32, rng: &mut Generator) -> f32 {
    (sigma * normal(rng)).clamp(-clip, clip)
}
