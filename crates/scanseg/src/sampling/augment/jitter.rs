//! Noise of the sensor.

use super::{Augment, clipped_normal};
use crate::config::check::{Checked, require};
use crate::random::Generator;
use crate::sampling::Crop;
use serde::{Deserialize, Serialize};

/// Moves every point by noise of its own along each axis. Normals stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Jitter {
    /// Standard deviation in metres. Default 0.005.
    pub sigma: f32,
    /// Longest way along an axis in metres. Default 0.02.
    pub clip: f32,
}

impl Default for Jitter {
    fn default() -> Self {
        Jitter { sigma: 0.005, clip: 0.02 }
    }
}

impl Augment for Jitter {
    fn check(&self) -> Checked {
        let metre = "must be between 0 and 1 metre";
        require((0.0..=1.0).contains(&self.sigma), "augment.jitter.sigma", self.sigma, metre)?;
        require((0.0..=1.0).contains(&self.clip), "augment.jitter.clip", self.clip, metre)
    }

    fn change_crop(&self, crop: &mut Crop, rng: &mut Generator) {
        crop.input.map_coord(|p| p.map(|v| v + clipped_normal(self.sigma, self.clip, rng)));
    }
}
