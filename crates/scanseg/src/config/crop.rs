//! How training crops and evaluation tiles are cut.

use super::check::{Checked, MOST_POINTS, metres, require, share};
use serde::{Deserialize, Serialize};

/// How training crops and evaluation tiles are cut: columns of the full height of the scene.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct CropConfig {
    /// Points drawn from a crop.
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
    /// Side of the cells of which one random point each is kept before points are drawn, in metres; 0 keeps all. Where
    /// every vertex is labelled, the points of a column are dealt into pieces that have at most one point of a cell.
    pub voxel: f32,
    /// Whether points are drawn with replacement. Without it a column of fewer points gives all of them and repeats.
    pub replacement: bool,
    /// Whether the margin's points count in the loss.
    pub margin_counts: bool,
    /// Cuts training crops from blocks instead of random columns. Off by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<BlocksConfig>,
}

/// Training crops as the PointCNN authors prepare them. Two grids of columns of `crop.size`, the second shifted by half
/// of it along x and y, cut a scene into blocks. A crop is a random piece of a random block, after `crop.voxel` thinned
/// it; `crop.points` are drawn from the piece and all of them count in the loss. `margin`, `tries`, `min_annotated` and
/// `min_occupied` have no effect on these crops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct BlocksConfig {
    /// A block of fewer points is added to a neighbour that has at least this many, if there is one.
    pub merge_below: usize,
    /// Most points of a piece.
    pub piece: usize,
}

impl Default for BlocksConfig {
    fn default() -> Self {
        BlocksConfig { merge_below: 819, piece: 8192 }
    }
}

impl Default for CropConfig {
    fn default() -> Self {
        CropConfig {
            points: 8192,
            size: 1.5,
            margin: 0.2,
            tries: 10,
            min_annotated: 0.7,
            min_occupied: 0.02,
            voxel: 0.0,
            replacement: true,
            margin_counts: false,
            blocks: None,
        }
    }
}

impl CropConfig {
    /// Checks that all values make sense.
    pub(super) fn check(&self) -> Checked {
        let counts = |count: usize, key| {
            require((1..=MOST_POINTS).contains(&count), key, count, "must be at least 1 and at most 16777216")
        };
        counts(self.points, "crop.points")?;
        require(
            metres(self.size) && self.size > 0.0,
            "crop.size",
            self.size,
            "must be above 0 and at most 10000 metres",
        )?;
        require(metres(self.margin), "crop.margin", self.margin, "must be at least 0 and at most 10000 metres")?;
        require(self.tries > 0, "crop.tries", self.tries, "must be at least 1")?;
        share(self.min_annotated, "crop.min_annotated")?;
        share(self.min_occupied, "crop.min_occupied")?;
        require(
            self.voxel == 0.0 || (1e-3..=100.0).contains(&self.voxel),
            "crop.voxel",
            self.voxel,
            "must be 0, or between 0.001 and 100 metres",
        )?;
        match &self.blocks {
            Some(blocks) => {
                let most = "must be at most 16777216";
                require(blocks.merge_below <= MOST_POINTS, "crop.blocks.merge_below", blocks.merge_below, most)?;
                counts(blocks.piece, "crop.blocks.piece")
            }
            None => Ok(()),
        }
    }
}
