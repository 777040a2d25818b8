//! The result of an evaluation.

use serde::{Deserialize, Serialize};

use crate::{ConfusionMatrix, EvalError, MetricKind, Protocol, Score};

/// The result of an evaluation. The same input gives the same JSON, which can be read back without loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// How it was scored.
    pub protocol: Protocol,
    /// Name of the label set; empty for `pointnet-v1` and `scannet20`, whose 20 classes are those of published numbers.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub labels: String,
    /// The protocol's numbers, in the order of [`Protocol::metrics`], without metrics of voxels if vertices were
    /// scored.
    pub scores: Vec<Score>,
    /// One entry per class, in class order.
    pub per_class: Vec<ClassScore>,
    /// One entry per group of classes; empty if the label set has no groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupScore>,
    /// The most frequent class in the truth of the points, which the baseline always predicts.
    pub majority_class: Option<String>,
    /// How much was given and scored.
    pub counts: Counts,
    /// Counts of points (or vertices), pooled over scenes.
    pub point_confusion: ConfusionMatrix,
    /// Counts of voxels, pooled over scenes; `None` if vertices were scored.
    pub voxel_confusion: Option<ConfusionMatrix>,
}

/// How much an evaluation was given, and how much of it was scored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Number of scenes given.
    pub scenes: u64,
    /// Number of tiles given; `None` if vertices were scored.
    pub tiles: Option<u64>,
    /// Number of tiles scored. Under `pointnet2-v1-compat`, which drops the last tiles, these can be fewer.
    pub tiles_scored: Option<u64>,
}

/// One class of an evaluation. Counts are pooled over scenes. Ratios are undefined (`None`) where the class does not
/// occur. Under `per-scene-mean`, accuracy and IoU are means over the scenes that have the class, and precision and F1
/// are undefined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassScore {
    /// Its name.
    pub name: String,
    /// Number of points of this class in the truth.
    pub points_seen: u64,
    /// Number of those that were predicted correctly.
    pub points_correct: u64,
    /// Recall of its points.
    pub point_accuracy: Option<f64>,
    /// Intersection over union of its points.
    pub point_iou: Option<f64>,
    /// Precision of its points.
    pub point_precision: Option<f64>,
    /// F1 of its points.
    pub point_f1: Option<f64>,
    /// Number of voxels of this class in the truth; `None` if vertices were scored.
    pub voxels_seen: Option<u64>,
    /// Number of those that were predicted correctly.
    pub voxels_correct: Option<u64>,
    /// Recall of its voxels.
    pub voxel_accuracy: Option<f64>,
    /// Intersection over union of its voxels.
    pub voxel_iou: Option<f64>,
}

/// A group of classes, such as ScanNet200's head, common and tail. Means follow the protocol's rule for absent classes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupScore {
    /// Its name.
    pub name: String,
    /// Number of its classes.
    pub classes: usize,
    /// Mean recall of the points of its classes.
    pub class_point_accuracy: Option<f64>,
    /// Mean intersection over union of the points of its classes.
    pub point_miou: Option<f64>,
}

impl Scores {
    /// A number as a fraction; `None` if it is undefined or the protocol does not have it.
    pub fn get(&self, metric: MetricKind) -> Option<f64> {
        self.scores.iter().find(|score| score.metric == metric).and_then(|score| score.value)
    }

    /// Overall accuracy of points.
    pub fn point_accuracy(&self) -> Option<f64> {
        self.get(MetricKind::PointAccuracy)
    }

    /// Overall accuracy of voxels.
    pub fn voxel_accuracy(&self) -> Option<f64> {
        self.get(MetricKind::VoxelAccuracy)
    }

    /// Mean class accuracy of points.
    pub fn class_point_accuracy(&self) -> Option<f64> {
        self.get(MetricKind::ClassPointAccuracy)
    }

    /// Mean class accuracy of voxels.
    pub fn class_voxel_accuracy(&self) -> Option<f64> {
        self.get(MetricKind::ClassVoxelAccuracy)
    }

    /// Mean class accuracy of voxels with fixed weights, by which PointNet++'s code selects models.
    pub fn calibrated_voxel_accuracy(&self) -> Option<f64> {
        self.get(MetricKind::CalibratedVoxelAccuracy)
    }

    /// Mean intersection over union of points.
    pub fn point_miou(&self) -> Option<f64> {
        self.get(MetricKind::PointMiou)
    }

    /// Mean intersection over union of voxels.
    pub fn voxel_miou(&self) -> Option<f64> {
        self.get(MetricKind::VoxelMiou)
    }

    /// Number of points (or vertices) scored.
    pub fn points(&self) -> u64 {
        self.point_confusion.total()
    }

    /// Number of voxels scored; `None` if vertices were scored.
    pub fn voxels(&self) -> Option<u64> {
        self.voxel_confusion.as_ref().map(ConfusionMatrix::total)
    }

    /// Names of the classes, in class order.
    pub fn class_names(&self) -> Vec<&str> {
        self.per_class.iter().map(|class| class.name.as_str()).collect()
    }

    /// Returns indented JSON, the same bytes for the same scores.
    ///
    /// # Errors
    /// [`EvalError::Json`], but never for scores that an evaluator returned.
    pub fn to_json(&self) -> Result<String, EvalError> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// Reads scores from their JSON.
    ///
    /// # Errors
    /// [`EvalError::Json`] if it is not the JSON of scores, or has a protocol or metric that this version does not
    /// know.
    pub fn from_json(json: &str) -> Result<Self, EvalError> {
        Ok(serde_json::from_str(json)?)
    }
}
