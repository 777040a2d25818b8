//! Fewer distinct points.

use super::{Augment, happens};
use crate::config::check::{Checked, share};
use crate::random::Generator;
use crate::sampling::Crop;
use rand::RngExt;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

/// Removes random points. Since a crop has a fixed number of points, each is replaced by a random one of those that
/// stay, as a repeat that counts in the loss. As `RandomDropout` of Pointcept, where the number of points may change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DropPoints {
    /// Share of the points that are removed. Default 0.2; at least one point stays.
    pub share: f64,
    /// How often a crop is changed. Default 0.2.
    pub probability: f64,
}

impl Default for DropPoints {
    fn default() -> Self {
        DropPoints { share: 0.2, probability: 0.2 }
    }
}

impl Augment for DropPoints {
    fn check(&self) -> Checked {
        share(self.share, "augment.drop-points.share")?;
        share(self.probability, "augment.drop-points.probability")
    }

    fn change_crop(&self, crop: &mut Crop, rng: &mut Generator) {
        if !happens(self.probability, rng) {
            return;
        }
        let mut order: Vec<usize> = (0..crop.weights.len()).collect();
        order.shuffle(rng);
        let removed = (self.share * order.len() as f64).round() as usize;
        let (removed, kept) = order.split_at(removed.min(order.len() - 1));
        for &point in removed {
            crop.repeat(kept[rng.random_range(0..kept.len())], point);
        }
    }
}
