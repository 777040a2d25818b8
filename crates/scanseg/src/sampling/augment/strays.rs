//! Points far from any surface.

use super::Augment;
use crate::config::check::{Checked, share};
use crate::random::Generator;
use crate::sampling::Crop;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// How far a stray may be moved along each axis, in metres.
const FARTHEST: f32 = 2.0;

/// Moves a share of a crop's points anywhere within 2 m along each axis. They have no weight in the loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Strays {
    /// Largest share of the points; the share is drawn for every crop. Default 0.002.
    pub most: f64,
}

impl Default for Strays {
    fn default() -> Self {
        Strays { most: 0.002 }
    }
}

impl Augment for Strays {
    fn check(&self) -> Checked {
        share(self.most, "augment.strays.most")
    }

    fn change_crop(&self, crop: &mut Crop, rng: &mut Generator) {
        let share = rng.random::<f64>() * self.most;
        let weights = &mut crop.weights;
        let mut point = 0;
        crop.input.map_coord(|p| {
            let moved = rng.random::<f64>() < share;
            if moved {
                weights[point] = 0.0;
            }
            point += 1;
            if moved { p.map(|v| v + rng.random_range(-FARTHEST..FARTHEST)) } else { p }
        });
    }
}
