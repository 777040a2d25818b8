//! The protocols: which units are scored, and how the counts become numbers.
//!
//! | id | input | equals |
//! |---|---|---|
//! | `pointnet2-v1` | tiles | the published whole-scene protocol of PointNet++ (Qi et al. 2017; charlesq34/pointnet2, `scannet/train.py`, `eval_whole_scene_one_epoch`) without the three defects of its code |
//! | `pointnet2-v1-compat` | tiles | what that code computes, defects included |
//! | `scannet-benchmark` | vertices | ScanNet's `BenchmarkScripts/3d_evaluation/evaluate_semantic_label.py` |
//! | `pointcept` | vertices | Pointcept's semantic segmentation tester (`intersection_and_union`) |
//! | `per-scene-mean` | tiles or vertices | the averaging of daveredrum/Pointnet2.ScanNet, `scripts/eval.py` |
//!
//! # pointnet2-v1
//!
//! Units are the points drawn for each 1.5 m tile (with replacement, so a point may count more than once) that lie in
//! its core, and whose truth is a class. The published columns are
//!
//! - point accuracy (the papers' "pixel accuracy"): correct / seen, pooled over all tiles;
//! - class point accuracy: mean over classes of correct / seen;
//! - voxel accuracy: each tile's core points, unannotated ones included, are put into 2 cm voxels; a voxel has the truth
//!   and the prediction of its first point in the order given; correct / seen over voxels whose truth is a class;
//! - class voxel accuracy: the same, mean over classes;
//! - calibrated voxel accuracy: class voxel accuracies averaged with fixed weights, by which the authors' code selects
//!   its best model. Weights are renormalised (`numpy.average` does so in their code).
//!
//! Voxel coordinates are `ceil((p − min) / 0.02)` in `f64`, `min` over the tile's core points: the cells of the authors'
//! code, kept apart. (`floor` would be as good a grid; with `ceil`, results differ from theirs by the defects alone.)
//! Classes absent from the truth are left out of class means, and the weights renormalised over the others. Point and
//! voxel mIoU, macro precision, recall and F1 are computed from the same counts, with the same classes; the authors' code
//! does not print them. They take in predictions only where the truth is a class.
//!
//! # pointnet2-v1-compat
//!
//! As above, with
//!
//! 1. voxel keys `x + y·n₀ + z·n₀·n₁`, `n = ceil((max − min) / 0.02)`, although each axis takes n + 1 values: different
//!    voxels can collide, all of them along an axis of no extent. Arithmetic is `f64`: the whole-scene evaluation joins
//!    each scene's points to an empty `numpy.zeros` array, which makes them so, whatever they were read as;
//! 2. class accuracies correct / (seen + 1e-6), averaged over all classes: an absent class counts as 0 (and class
//!    means are 0 where nothing at all was scored);
//! 3. tiles scored in batches of 32: a scene's tiles are put before those left over, one batch at most is scored a scene,
//!    and what is left after the last scene is never scored. So results depend on the order of scenes and on where they
//!    end ([`Evaluator::end_scene`](crate::Evaluator::end_scene)).
//!
//! Only what that code prints is reported.
//!
//! # scannet-benchmark
//!
//! Vertices of all scenes pooled in one confusion matrix over the 20 classes. Truth that is no class is ignored; a
//! prediction that is no class is a false negative of the true class and nobody's false positive. IoU of a class is
//! undefined when it occurs in neither truth nor prediction, and is left out of the mean. The script prints IoU only; point
//! accuracy, class point accuracy, macro precision, recall and F1 are added here, over the classes present in the truth.
//!
//! # pointcept
//!
//! Vertices pooled. mIoU and mAcc are means over the classes whose union is not empty in the scenes evaluated: a class
//! predicted but absent from the truth counts as 0. (Their 1e-10 in denominators is left out: it changes no printed digit.
//! Some versions of their tester also count classes of empty union as 0 in the line over the whole data set; where every
//! class occurs, as in ScanNet's validation scenes, the two agree.) mAcc is `class-point-accuracy`, allAcc is
//! `point-accuracy`. Macro precision, recall and F1 are over the classes present in the truth.
//!
//! # per-scene-mean
//!
//! Point and voxel accuracy are means over scenes (those with a scored unit). A class's accuracy and IoU are means over
//! the scenes whose truth has the class; class accuracy and mIoU are means of these over the classes that any scene has. A
//! small scene weighs as much as a large one. Points and voxels are those of the tiles as in `pointnet2-v1`; the code named
//! above also drops repeated points, keeps the margins and lays one voxel grid over a scene.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{ClassSet, EvalError, MetricKind};

/// A named way to score; see the [module page](crate::protocol) for what each equals. The text form is its id.
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
    /// `pointcept`: every vertex, means over classes of non-empty union.
    Pointcept,
    /// `per-scene-mean`: accuracies averaged over scenes.
    PerSceneMean,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: [Self; 5] =
        [Self::PointNet2V1, Self::PointNet2V1Compat, Self::ScanNetBenchmark, Self::Pointcept, Self::PerSceneMean];

    /// The id that numbers of this protocol carry; it never changes.
    pub fn id(self) -> &'static str {
        match self {
            Self::PointNet2V1 => "pointnet2-v1",
            Self::PointNet2V1Compat => "pointnet2-v1-compat",
            Self::ScanNetBenchmark => "scannet-benchmark",
            Self::Pointcept => "pointcept",
            Self::PerSceneMean => "per-scene-mean",
        }
    }

    /// One line for a help text or the foot of a table.
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

    /// Whether it scores tiles of sampled points ([`Evaluator::add_tile`](crate::Evaluator::add_tile)).
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

    /// The class set that the protocol's own code uses: labels 0..=20 of PointNet++ for the tile protocols, NYU40 ids for
    /// `scannet-benchmark`, train ids 0..=19 for `pointcept`.
    pub fn class_set(self) -> ClassSet {
        match self {
            Self::PointNet2V1 | Self::PointNet2V1Compat | Self::PerSceneMean => ClassSet::pointnet2_v1(),
            Self::ScanNetBenchmark => ClassSet::scannet20_nyu40(),
            Self::Pointcept => ClassSet::scannet20_segment(),
        }
    }

    /// The numbers it reports, in the order of the summary table.
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
