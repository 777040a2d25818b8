//! The protocols: which units are scored, and how numbers are computed from their counts.
//!
//! | id | input | equals |
//! |---|---|---|
//! | `pointnet2-v1` | tiles | the published whole-scene protocol of PointNet++, without the three defects of its code |
//! | `pointnet2-v1-compat` | tiles | what that code computes, defects included |
//! | `scannet-benchmark` | vertices | ScanNet's `BenchmarkScripts/3d_evaluation/evaluate_semantic_label.py` |
//! | `pointcept` | vertices | Pointcept's semantic segmentation tester (`intersection_and_union`) |
//! | `per-scene-mean` | tiles or vertices | the averaging of daveredrum/Pointnet2.ScanNet, `scripts/eval.py` |
//!
//! # pointnet2-v1
//!
//! From Qi et al. 2017, and `eval_whole_scene_one_epoch` in `scannet/train.py` of charlesq34/pointnet2.
//!
//! The units are the points sampled for each 1.5 m tile (with replacement, so a point may count more than once) that
//! lie in its core and have a true class. The published columns are
//!
//! - point accuracy ("pixel accuracy" in papers): correct / seen, pooled over all tiles;
//! - class point accuracy: mean over classes of correct / seen;
//! - voxel accuracy: each tile's core points, including unannotated ones, are put into 2 cm voxels; a voxel has the
//!   truth and the prediction of its first point in the order given; correct / seen over voxels with a true class;
//! - class voxel accuracy: the same, mean over classes;
//! - calibrated voxel accuracy: the mean of class voxel accuracies with fixed weights, by which the authors' code
//!   selects its best model. The weights are renormalised, as `numpy.average` does in their code.
//!
//! Voxel coordinates are `ceil((p − min) / 0.02)` in `f64`, with `min` over the tile's core points: the cells of the
//! authors' code, without collisions. (`floor` would be as good a grid; with `ceil`, results differ from theirs only by
//! the defects.) Classes absent from the truth are left out of class means, and the weights are renormalised over the
//! others. Point and voxel mIoU, macro precision, recall and F1 are computed from the same counts and classes; the
//! authors' code does not print them. They include predictions only where there is a true class.
//!
//! # pointnet2-v1-compat
//!
//! The same, with
//!
//! 1. voxel keys `x + y·n₀ + z·n₀·n₁`, `n = ceil((max − min) / 0.02)`, although each axis takes n + 1 values: different
//!    voxels can collide, and along an axis without extent all do. Arithmetic is `f64`: the whole-scene evaluation
//!    appends each scene's points to an empty `numpy.zeros` array, which converts them;
//! 2. class accuracies correct / (seen + 1e-6), averaged over all classes: an absent class counts as 0 (and class
//!    means are 0 if nothing was scored);
//! 3. tiles scored in batches of 32: a scene's tiles are put before those left over, at most one batch is scored per
//!    scene, and tiles left over after the last scene are never scored. So results depend on the order of the scenes
//!    and on where they end ([`Evaluator::end_scene`](crate::Evaluator::end_scene)).
//!
//! Only what that code prints is reported. Its labels are 0 for unannotated points and 1 to 20 for the classes, in the
//! order of the label set `pointnet-v1`.
//!
//! # scannet-benchmark
//!
//! The vertices of all scenes are pooled in one confusion matrix. Vertices without a true class are ignored; a
//! prediction of no class is a false negative of the true class and a false positive of none. The IoU of a class that
//! occurs in neither truth nor prediction is undefined and left out of the mean. The script prints IoU only; point
//! accuracy, class point accuracy, macro precision, recall and F1 are added here, over the classes present in the
//! truth. Its labels are NYU40 ids of the 20 classes in the order of the label set `scannet20`; all other ids are no
//! class.
//!
//! # pointcept
//!
//! The vertices of all scenes are pooled. mIoU and mAcc are means over the classes that occur in truth or prediction: a
//! class that is predicted but absent from the truth counts as 0. (The 1e-10 in their denominators is left out: it
//! changes no printed digit. Some versions of their tester also count classes that occur nowhere as 0 in the line for
//! the whole data set; if all classes occur, as in ScanNet's validation scenes, the two agree.) mAcc is
//! `class-point-accuracy`, allAcc is `point-accuracy`. Macro precision, recall and F1 are over the classes present in
//! the truth. Its labels are 0 to 19, as in `segment20`, and -1 for ignored vertices.
//!
//! # per-scene-mean
//!
//! Point and voxel accuracy are means over the scenes with a scored unit. The accuracy and IoU of a class are means
//! over the scenes whose truth has the class; class accuracy and mIoU are means of these over the classes that any
//! scene has. A small scene counts as much as a large one. Points and voxels are those of the tiles, as in
//! `pointnet2-v1`; the code named above also drops repeated points, keeps the margins and uses one voxel grid for a
//! scene. Its labels are those of `pointnet2-v1-compat`.
//!
//! # Groups of classes
//!
//! Where the label set has groups, as `scannet200` has head, common and tail, class point accuracy and point mIoU are
//! also averaged over the classes of each group, by the protocol's rule for absent classes. Their ids end with the name
//! of the group: `scannet-benchmark/point-miou/head`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{EvalError, MetricKind};

/// A named way to score; the [module page](crate::protocol) defines each. It is written as its id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Protocol {
    /// `pointnet2-v1`: the PointNet++ whole-scene protocol on sampled tiles.
    #[default]
    PointNet2V1,
    /// `pointnet2-v1-compat`: the same with the defects of the authors' code.
    PointNet2V1Compat,
    /// `scannet-benchmark`: the official benchmark script, over every vertex.
    ScanNetBenchmark,
    /// `pointcept`: every vertex, means over the classes that are true or predicted.
    Pointcept,
    /// `per-scene-mean`: accuracies averaged over scenes.
    PerSceneMean,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: [Self; 5] =
        [Self::PointNet2V1, Self::PointNet2V1Compat, Self::ScanNetBenchmark, Self::Pointcept, Self::PerSceneMean];

    /// All ids, for messages and help texts.
    pub fn ids() -> String {
        Self::ALL.map(Self::id).join(", ")
    }

    /// The id in all numbers of this protocol; it never changes.
    pub fn id(self) -> &'static str {
        match self {
            Self::PointNet2V1 => "pointnet2-v1",
            Self::PointNet2V1Compat => "pointnet2-v1-compat",
            Self::ScanNetBenchmark => "scannet-benchmark",
            Self::Pointcept => "pointcept",
            Self::PerSceneMean => "per-scene-mean",
        }
    }

    /// One line for help texts and below tables.
    pub fn summary(self) -> &'static str {
        match self {
            Self::PointNet2V1 => {
                "PointNet++ whole-scene protocol: sampled tile points and 2 cm voxels, absent classes left out"
            }
            Self::PointNet2V1Compat => {
                "PointNet++ authors' code, defects included: colliding voxels, absent classes as 0, last tiles unscored"
            }
            Self::ScanNetBenchmark => {
                "official ScanNet benchmark script: every vertex, one confusion matrix for all scenes"
            }
            Self::Pointcept => "Pointcept: every vertex, mean over classes that are true or predicted anywhere",
            Self::PerSceneMean => "accuracies of each scene, averaged over scenes",
        }
    }

    /// Whether it scores sampled points of tiles ([`Evaluator::add_tile`](crate::Evaluator::add_tile)).
    pub fn takes_tiles(self) -> bool {
        matches!(self, Self::PointNet2V1 | Self::PointNet2V1Compat | Self::PerSceneMean)
    }

    /// Whether it scores every vertex of a scene ([`Evaluator::add_scene`](crate::Evaluator::add_scene)).
    pub fn takes_vertices(self) -> bool {
        matches!(self, Self::ScanNetBenchmark | Self::Pointcept | Self::PerSceneMean)
    }

    /// Whether results depend on where scenes end.
    pub fn needs_scenes(self) -> bool {
        matches!(self, Self::PointNet2V1Compat | Self::PerSceneMean)
    }

    /// Whether its numbers are computed from the sum of the counts of all scenes, whatever their order. Only then can
    /// scenes be resampled, see [`bootstrap`](crate::bootstrap).
    pub fn pools_scenes(self) -> bool {
        !self.needs_scenes()
    }

    /// The numbers that it reports, in the order of the summary table.
    pub fn metrics(self) -> &'static [MetricKind] {
        use MetricKind::*;
        match self {
            Self::PointNet2V1 => &MetricKind::ALL,
            Self::PointNet2V1Compat => &[
                PointAccuracy,
                VoxelAccuracy,
                ClassPointAccuracy,
                ClassVoxelAccuracy,
                CalibratedVoxelAccuracy,
                MajorityPointAccuracy,
                MajorityVoxelAccuracy,
            ],
            Self::ScanNetBenchmark | Self::Pointcept => &[
                PointMiou,
                ClassPointAccuracy,
                PointAccuracy,
                MacroPrecision,
                MacroRecall,
                MacroF1,
                MajorityPointAccuracy,
            ],
            Self::PerSceneMean => &[
                PointAccuracy,
                VoxelAccuracy,
                ClassPointAccuracy,
                ClassVoxelAccuracy,
                PointMiou,
                VoxelMiou,
                MajorityPointAccuracy,
                MajorityVoxelAccuracy,
            ],
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl FromStr for Protocol {
    type Err = EvalError;

    fn from_str(id: &str) -> Result<Self, EvalError> {
        Self::ALL
            .into_iter()
            .find(|protocol| protocol.id() == id)
            .ok_or_else(|| EvalError::UnknownProtocol(id.to_owned()))
    }
}

impl TryFrom<String> for Protocol {
    type Error = EvalError;

    fn try_from(id: String) -> Result<Self, EvalError> {
        id.parse()
    }
}

impl From<Protocol> for String {
    fn from(protocol: Protocol) -> Self {
        protocol.id().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip() {
        for protocol in Protocol::ALL {
            assert_eq!(protocol.id().parse::<Protocol>().unwrap(), protocol);
            let json = serde_json::to_string(&protocol).unwrap();
            assert_eq!(json, format!("\"{protocol}\""));
            assert_eq!(serde_json::from_str::<Protocol>(&json).unwrap(), protocol);
            assert!(protocol.takes_tiles() || protocol.takes_vertices());
        }
        let message = "pointnet2".parse::<Protocol>().unwrap_err().to_string();
        assert!(Protocol::ALL.iter().all(|protocol| message.contains(protocol.id())));
    }
}
