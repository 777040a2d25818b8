//! How training crops and evaluation tiles are cut.

use super::check::{Checked, MOST_POINTS, metres, require, share};
use serde::{Deserialize, Serialize};

/// How training crops and evaluation tiles are cut: columns of the full height of the scene.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct CropConfig {
    /// Points drawn from a crop, with replacement.
    pub points: usize,
    /// Side of the column in metres.
    pub size: f32,
    /// Width of the margin around the column in metres; its points are taken too, for context.
    pub margin: f32,
    /// Random columns tried for a training crop; the last one is used in any case.
    pub tries: usize,
    /// Share of a training crop's points that must be annotated.
    pub min_annotated: f64,
    /// Share of the column's 31 × 31 × 62 cells that must be occupied.
    pub min_occupied: f64,
}

impl Default for CropConfig {
    fn default() -> Self {
        CropConfig { points: 8192, size: 1.5, margin: 0.2, tries: 10, min_annotated: 0.7, min_occupied: 0.02 }
    }
}

impl CropConfig {
    /// Checks that all values make sense.
    pub(super) fn check(&self) -> Checked {
        require(
            (1..=MOST_POINTS).contains(&self.points),
            "crop.points",
            self.points,
            "must be at least 1 and at most 16777216",
        )?;
        require(
            metres(self.size) && self.size > 0.0,
            "crop.size",
            self.size,
            "must be above 0 and at most 10000 metres",
        )?;
        require(metres(self.margin), "crop.margin", self.margin, "must be at least 0 and at most 10000 metres")?;
        require(self.tries > 0, "crop.tries", self.tries, "must be at least 1")?;
        share(self.min_annotated, "crop.min_annotated")?;
        share(self.min_occupied, "crop.min_occupied")
    }
}
