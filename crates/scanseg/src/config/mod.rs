//! Experiments as TOML.
//!
//! The defaults are the classic recipe of the PointNet++ authors; a file names only what differs, and `--set a.b=c`
//! changes single keys. Unknown keys are errors. The resolved configuration, with every key, is stored with the run.

mod check;
mod labels;
mod model;
mod schedule;
mod source;

pub use labels::Labels;
pub use model::ModelConfig;
pub use schedule::StepSchedule;
pub use source::{ConfigError, Override};

use burn::tensor::FloatDType;
use pointmodel::NetworkShape;
use segeval::{MetricKind, Protocol};
use serde::{Deserialize, Serialize};

/// A whole experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct Config {
    /// Name of the experiment, for reports.
    pub name: String,
    /// Seed of everything random in the experiment.
    pub seed: u64,
    /// What is read from the scans.
    pub data: DataConfig,
    /// How training crops and evaluation tiles are cut.
    pub crop: CropConfig,
    /// How training crops are changed.
    pub augment: AugmentConfig,
    /// The network.
    pub model: ModelConfig,
    /// The optimisation.
    pub train: TrainConfig,
    /// The evaluation.
    pub evaluate: EvaluateConfig,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            name: "pointnet2-ssg".into(),
            seed: 1,
            data: DataConfig::default(),
            crop: CropConfig::default(),
            augment: AugmentConfig::default(),
            model: ModelConfig::default(),
            train: TrainConfig::default(),
            evaluate: EvaluateConfig::default(),
        }
    }
}

impl Config {
    /// What goes into the network and what comes out.
    pub(crate) fn shape(&self) -> NetworkShape {
        NetworkShape {
            points: self.crop.points,
            in_channels: self.data.channels(),
            outputs: self.data.labels.outputs(),
        }
    }
}

/// What is read from the scans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct DataConfig {
    /// The classes.
    pub labels: Labels,
    /// Features of a point besides its coordinates, in the order in which the network gets them.
    pub features: Vec<Feature>,
    /// Whether training and tile evaluation leave out vertices that belong to no annotated object, as the authors'
    /// preprocessing did. Prediction always labels every vertex.
    pub drop_unassigned: bool,
}

impl Default for DataConfig {
    fn default() -> Self {
        DataConfig { labels: Labels::default(), features: Vec::new(), drop_unassigned: true }
    }
}

impl DataConfig {
    /// Number of feature channels.
    pub fn channels(&self) -> usize {
        self.features.iter().map(|f| f.channels()).sum()
    }
}

/// A feature of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// Red, green and blue, scaled to −1..1.
    Color,
    /// Unit normal of the surface; it rotates with the crop.
    Normal,
    /// Height above the floor of the scene ([`pointops::vertical_extent`]), in metres.
    Height,
}

impl Feature {
    /// Number of channels.
    pub fn channels(self) -> usize {
        match self {
            Feature::Color | Feature::Normal => 3,
            Feature::Height => 1,
        }
    }
}

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

/// The evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct EvaluateConfig {
    /// How accuracy is counted, including when the best checkpoint is chosen.
    pub protocol: Protocol,
    /// Tiles in a batch.
    pub batch: usize,
    /// Tiles with a smaller share of their drawn points in the core are left out.
    pub min_core: f64,
}

impl Default for EvaluateConfig {
    fn default() -> Self {
        EvaluateConfig { protocol: Protocol::PointNet2V1, batch: 4, min_core: 0.01 }
    }
}
