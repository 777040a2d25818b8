//! How training crops are changed.

use super::check::{Checked, require, share};
use serde::{Deserialize, Serialize};

/// How training crops are changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct AugmentConfig {
    /// Largest slope of the floor: before a crop is cut, its scene is tilted in a random direction. Real scans reach 0.02.
    pub tilt: f32,
    /// How far a crop's points move, at most, in metres: it is bent smoothly, as where the frames of a scan disagree.
    pub warp: f32,
    /// Largest share of a crop's points to move anywhere within 2 m; the share is drawn for every crop. They have no weight
    /// in the loss.
    pub strays: f64,
    /// Rotate every crop about the vertical axis by a random angle.
    pub rotate: bool,
    /// Largest share of a crop's points to replace with its first point; the share is drawn for every crop.
    pub point_dropout: f64,
}

impl Default for AugmentConfig {
    fn default() -> Self {
        AugmentConfig { tilt: 0.0, warp: 0.0, strays: 0.0, rotate: true, point_dropout: 0.875 }
    }
}

impl AugmentConfig {
    /// Checks that all values make sense.
    pub(super) fn check(&self) -> Checked {
        require((0.0..=1.0).contains(&self.tilt), "augment.tilt", self.tilt, "must be a slope between 0 and 1")?;
        require((0.0..=1.0).contains(&self.warp), "augment.warp", self.warp, "must be between 0 and 1 metre")?;
        share(self.strays, "augment.strays")?;
        share(self.point_dropout, "augment.point_dropout")
    }
}
