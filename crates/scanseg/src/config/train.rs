//! The optimisation.

use super::check::{Checked, MOST_CROPS, MOST_EPOCHS, require, schedule as check_schedule};
use super::schedule::{self, StepSchedule};
use burn::tensor::FloatDType;
use segeval::MetricKind;
use serde::{Deserialize, Serialize};

/// The optimisation, with Adam.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct TrainConfig {
    /// Passes over the training scenes.
    pub epochs: u64,
    /// Crops in a batch.
    pub batch: usize,
    /// Crops of each scene in an epoch.
    pub crops_per_scene: usize,
    /// Learning rate.
    #[serde(deserialize_with = "schedule::learning_rate")]
    pub learning_rate: StepSchedule,
    /// Momentum of the batch normalisations: weight of the newest batch in the running statistics (one minus the
    /// authors' "decay").
    #[serde(deserialize_with = "schedule::norm_momentum")]
    pub norm_momentum: StepSchedule,
    /// Weight decay, added to the gradient.
    pub weight_decay: f64,
    /// Type of activations and their gradients; half precision needs a GPU.
    pub precision: Precision,
    /// Weight the loss of a point by 1 / ln(1.2 + share of its class), instead of 1.
    pub class_weights: bool,
    /// Epochs between evaluations on the validation split, which also follow the last epoch; 0 turns them off.
    pub evaluate_every: u64,
    /// The metric of the experiment's protocol that chooses the best checkpoint. Default: calibrated voxel accuracy, or
    /// class voxel accuracy for a label set without calibration weights.
    pub select_by: MetricName,
}

impl Default for TrainConfig {
    fn default() -> Self {
        TrainConfig {
            epochs: 201,
            batch: 32,
            crops_per_scene: 1,
            learning_rate: StepSchedule::LEARNING_RATE,
            norm_momentum: StepSchedule::NORM_MOMENTUM,
            weight_decay: 0.0,
            precision: Precision::F32,
            class_weights: true,
            evaluate_every: 5,
            select_by: MetricName(MetricKind::CalibratedVoxelAccuracy),
        }
    }
}

impl TrainConfig {
    /// Checks that all values make sense.
    pub(super) fn check(&self) -> Checked {
        require(
            (1..=MOST_EPOCHS).contains(&self.epochs),
            "train.epochs",
            self.epochs,
            "must be at least 1 and at most 4294967296",
        )?;
        require(
            (1..=MOST_CROPS).contains(&self.batch),
            "train.batch",
            self.batch,
            "must be at least 1 and at most 1048576",
        )?;
        require(
            (1..=MOST_CROPS).contains(&self.crops_per_scene),
            "train.crops_per_scene",
            self.crops_per_scene,
            "must be at least 1 and at most 1048576",
        )?;
        check_schedule(&self.learning_rate, "train.learning_rate")?;
        check_schedule(&self.norm_momentum, "train.norm_momentum")?;
        require(
            self.weight_decay.is_finite() && self.weight_decay >= 0.0,
            "train.weight_decay",
            self.weight_decay,
            "must be at least 0",
        )
    }
}

/// Type of activations and their gradients in training. Weights, statistics and sums are always `f32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits with the range of `f32`: NVIDIA GPUs since Ampere.
    Bf16,
    /// 16 bits with three more bits of precision; gradients are scaled to stay in its range.
    F16,
}

/// The spelling in configurations.
impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
            Precision::F16 => "f16",
        })
    }
}

impl Precision {
    pub(crate) fn dtype(self) -> FloatDType {
        match self {
            Precision::F32 => FloatDType::F32,
            Precision::Bf16 => FloatDType::BF16,
            Precision::F16 => FloatDType::F16,
        }
    }
}

/// A metric by the part of its id after the protocol, such as `calibrated-voxel-accuracy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct MetricName(pub MetricKind);

impl From<MetricName> for String {
    fn from(name: MetricName) -> String {
        name.0.id().into()
    }
}

impl TryFrom<String> for MetricName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        MetricKind::ALL.into_iter().find(|kind| kind.id() == name).map(MetricName).ok_or_else(|| {
            let known: Vec<_> = MetricKind::ALL.into_iter().map(MetricKind::id).collect();
            format!("no metric is called {name:?}; choose one of {}", known.join(", "))
        })
    }
}
