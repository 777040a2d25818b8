//! Colours that are missing, noisy or shifted. They are from −1 to 1 in each channel, where Pointcept has 0 to 255.

use super::{Augment, clipped_normal, happens};
use crate::config::check::{Checked, require, share};
use crate::random::Generator;
use crate::sampling::Crop;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Sets all colours of a crop to 0, a medium grey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColorDrop {
    /// How often a crop is changed. Default 0.2.
    pub probability: f64,
}

impl Default for ColorDrop {
    fn default() -> Self {
        ColorDrop { probability: 0.2 }
    }
}

impl Augment for ColorDrop {
    fn check(&self) -> Checked {
        share(self.probability, "augment.color-drop.probability")
    }

    fn needs_color(&self) -> bool {
        true
    }

    fn change_crop(&self, crop: &mut Crop, rng: &mut Generator) {
        if happens(self.probability, rng) {
            crop.input.map_colors(|_| [0.0; 3]);
        }
    }
}

/// Adds noise to the colour of every point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColorJitter {
    /// How often a crop is changed. Default 0.95.
    pub probability: f64,
    /// Standard deviation, of colours from −1 to 1. Default 0.01.
    pub sigma: f32,
    /// Largest change. Default 0.05.
    pub clip: f32,
}

impl Default for ColorJitter {
    fn default() -> Self {
        ColorJitter { probability: 0.95, sigma: 0.01, clip: 0.05 }
    }
}

impl Augment for ColorJitter {
    fn check(&self) -> Checked {
        share(self.probability, "augment.color-jitter.probability")?;
        within_colors(self.sigma, "augment.color-jitter.sigma")?;
        within_colors(self.clip, "augment.color-jitter.clip")
    }

    fn needs_color(&self) -> bool {
        true
    }

    fn change_crop(&self, crop: &mut Crop, rng: &mut Generator) {
        if happens(self.probability, rng) {
            crop.input.map_colors(|color| color.map(|v| in_range(v + clipped_normal(self.sigma, self.clip, rng))));
        }
    }
}

/// Adds a random value to each colour channel of a crop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColorTranslate {
    /// How often a crop is changed. Default 0.95.
    pub probability: f64,
    /// Largest change, of colours from −1 to 1. Default 0.1.
    pub most: f32,
}

impl Default for ColorTranslate {
    fn default() -> Self {
        ColorTranslate { probability: 0.95, most: 0.1 }
    }
}

impl Augment for ColorTranslate {
    fn check(&self) -> Checked {
        share(self.probability, "augment.color-translate.probability")?;
        within_colors(self.most, "augment.color-translate.most")
    }

    fn needs_color(&self) -> bool {
        true
    }

    fn change_crop(&self, crop: &mut Crop, rng: &mut Generator) {
        if happens(self.probability, rng) {
            let by = [0; 3].map(|_| rng.random_range(-self.most..=self.most));
            crop.input.map_colors(|color| std::array::from_fn(|c| in_range(color[c] + by[c])));
        }
    }
}

fn within_colors(value: f32, key: &'static str) -> Checked {
    require((0.0..=2.0).contains(&value), key, value, "must be between 0 and 2, since colours are from -1 to 1")
}

fn in_range(color: f32) -> f32 {
    color.clamp(-1.0, 1.0)
}
