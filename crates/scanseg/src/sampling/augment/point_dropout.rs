//! Crops of all densities, as the PointNet++ authors make them.

use super::Augment;
use crate::config::check::{Checked, share};
use crate::random::Generator;
use crate::sampling::Crop;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Replaces a share of a crop's points with its first point, without weight in the loss, so that the network sees crops
/// of all densities. As in the code of the PointNet++ authors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PointDropout {
    /// Largest share of the points; the share is drawn for every crop. Default 0.875, as the authors have it.
    pub most: f64,
}

impl Default for PointDropout {
    fn default() -> Self {
        PointDropout { most: 0.875 }
    }
}

impl Augment for PointDropout {
    fn check(&self) -> Checked {
        share(self.most, "augment.point-dropout.most")
    }

    fn change_crop(&self, crop: &mut Crop, rng: &mut Generator) {
        let share = rng.random::<f64>() * self.most;
        for point in 0..crop.weights.len() {
            if rng.random::<f64>() <= share {
                crop.repeat(0, point);
                crop.weights[point] = 0.0;
            }
        }
    }
}
