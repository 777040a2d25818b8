//! The result of an evaluation.

use serde::{Deserialize, Serialize};

use crate::{ConfusionMatrix, EvalError, MetricKind, Protocol, Score};

/// Everything an evaluation found. Serialises to the same JSON for the same input, and back without loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// How it was scored.
    pub protocol: Protocol,
    /// The protocol's numbers, in the order of [`Protocol::metrics`]; metrics of voxels are missing when vertices were
    /// scored.
    pub scores: Vec<Score>,
    /// One entry a class, in class order.
    pub per_class: Vec<ClassScore>,
    /// The commonest class of the points' truth, by which the baseline answers.
    pub majority_class: Option<String>,
    /// How much was given and scored.
    pub counts: Counts,
    /// Points (or vertices) scored, pooled over scenes.
    pub point_confusion: ConfusionMatrix,
    /// Voxels scored, pooled over scenes; `None` when vertices were scored.
    pub voxel_confusion: Option<ConfusionMatrix>,
}

/// How much an evaluation was given, and how much of it counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Scenes given.
    pub scenes: u64,
    /// Tiles given; `None` when vertices were scored.
    pub tiles: Option<u64>,
    /// Tiles scored: fewer than given under `pointnet2-v1-compat`, which drops the last ones.
    pub tiles_scored: Option<u64>,
}

/// One class of an evaluation. Counts are pooled over scenes. Ratios are undefined (`None`) where the class does not occur;
/// under `per-scene-mean` accuracy and IoU are means over the scenes that have the class, and precision and F1 are undefined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassScore {
    /// Its name.
    pub name: String,
    /// Points of this class in the truth.
    pub points_seen: u64,
    /// Those of them predicted right.
    pub points_correct: u64,
    /// Recall of its points.
    pub point_accuracy: Option<f64>,
    /// Intersection over union of its points.
    pub point_iou: Option<f64>,
    /// Precision of its points.
    pub point_precision: Option<f64>,
    /// F1 of its points.
    pub point_f1: Option<f64>,
    /// Voxels of this class in the truth; `None` when vertices were scored.
    pub voxels_seen: Option<u64>,
    /// Those of them predicted right.
    pub voxels_correct: Option<u64>,
    /// Recall of its voxels.
    pub voxel_accuracy: Option<f64>,
    /// Intersection over union of its voxels.
    pub voxel_iou: Option<f64>,
}

impl Scores {
    /// A number as a fraction; `None` when it is undefined or not one of the protocol's.
    pub fn get(&self, metric: MetricKind) -> Option<f64> {
        self.scores.iter().find(|score| score.metric == metric).and_then(|score| score.value)
    }

    /// Correct / scored points.
    pub fn point_accuracy(&self) -> Option<f64> {
        self.get(MetricKind::PointAccuracy)
    }

    /// Correct / scored voxels.
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

    /// Class voxel accuracies averaged with fixed weights: the number by which PointNet++'s code selects models.
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

    /// Points (or vertices) scored.
    pub fn points(&self) -> u64 {
        self.point_confusion.total()
    }

    /// Voxels scored; `None` when vertices were scored.
    pub fn voxels(&self) -> Option<u64> {
        self.voxel_confusion.as_ref().map(ConfusionMatrix::total)
    }

    /// Class names, in class order.
    pub fn class_names(&self) -> Vec<&str> {
        self.per_class.iter().map(|class| class.name.as_str()).collect()
    }

    /// Indented JSON, the same bytes for the same scores.
    ///
    /// # Errors
    /// [`EvalError::Json`]; never for scores that an evaluator returned.
    pub fn to_json(&self) -> Result<String, EvalError> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// Scores from their JSON.
    ///
    /// # Errors
    /// [`EvalError::Json`] when it is not JSON of scores, or names a protocol or metric that this version does not know.
    pub fn from_json(json: &str) -> Result<Self, EvalError> {
        Ok(serde_json::from_str(json)?)
    }
}
