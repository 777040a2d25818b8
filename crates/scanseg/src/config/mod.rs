//! Experiments as TOML.
//!
//! A file names what differs from the classic recipe of the PointNet++ authors, which are the defaults; `--set a.b=c` changes single
//! keys. Unknown keys are errors. The resolved configuration, with every key, is stored with the run.

mod check;
mod model;
mod source;

pub(crate) use model::Architecture;
pub use model::{
    Affinity, BlockConfig, BlockKind, LatentGnn, LevelConfig, ModelConfig, MultiScale, MultiScaleLevel, Neighbors,
    NonLocal, Plain, Pool, ScaleConfig, SingleScale,
};
pub use source::{ConfigError, Override};

use burn::tensor::FloatDType;
use segeval::{MetricKind, Protocol};
use serde::{Deserialize, Serialize};

/// A whole experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Name of the experiment, for reports.
    pub name: String,
    /// Where all randomness of the experiment starts from.
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

/// What is read from the scans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataConfig {
    /// Features of a point beside its coordinates, in the order the network gets them.
    pub features: Vec<Feature>,
    /// Whether training and tile evaluation leave out the vertices of no annotated object, as the authors' preparation did.
    /// Prediction always labels every vertex.
    pub drop_unassigned: bool,
}

impl Default for DataConfig {
    fn default() -> Self {
        DataConfig { features: Vec::new(), drop_unassigned: true }
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
    /// Unit normal of the surface; turned with the crop.
    Normal,
    /// Height above the lowest point of the scene, in metres.
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
#[serde(deny_unknown_fields, default)]
pub struct CropConfig {
    /// Points drawn from a crop, with replacement.
    pub points: usize,
    /// Side of the column in metres.
    pub size: f32,
    /// Points this far around the column are taken too and give context, in metres.
    pub margin: f32,
    /// Random columns tried for a training crop before the last is taken as it is.
    pub tries: usize,
    /// Share of a training crop's points that has to be annotated.
    pub min_annotated: f64,
    /// Share of the column's 31 × 31 × 62 cells that has to be occupied.
    pub min_occupied: f64,
}

impl Default for CropConfig {
    fn default() -> Self {
        CropConfig { points: 8192, size: 1.5, margin: 0.2, tries: 10, min_annotated: 0.7, min_occupied: 0.02 }
    }
}

/// How training crops are changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AugmentConfig {
    /// Turn every crop about the vertical by a random angle.
    pub rotate: bool,
    /// Largest share of a crop's points that is replaced by its first point; the share is drawn anew for every crop.
    pub point_dropout: f64,
}

impl Default for AugmentConfig {
    fn default() -> Self {
        AugmentConfig { rotate: true, point_dropout: 0.875 }
    }
}

/// A value that is multiplied by `decay` after every `every` training samples, down to `floor`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepSchedule {
    /// Value at the first sample.
    pub start: f64,
    /// Factor of each step.
    pub decay: f64,
    /// Training samples (crops) between steps.
    pub every: u64,
    /// Smallest value.
    pub floor: f64,
}

impl StepSchedule {
    /// The value after some training samples.
    pub fn at(&self, samples: u64) -> f64 {
        let steps = (samples / self.every.max(1)).min(i32::MAX as u64) as i32;
        (self.start * self.decay.powi(steps)).max(self.floor)
    }
}

/// The optimisation, with Adam.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Passes over the training scenes.
    pub epochs: u64,
    /// Crops in a batch.
    pub batch: usize,
    /// Crops of every scene and epoch.
    pub crops_per_scene: usize,
    /// Learning rate.
    pub learning_rate: StepSchedule,
    /// Weight of the newest batch in the running statistics of the batch normalisations (one minus the authors' "decay").
    pub norm_momentum: StepSchedule,
    /// Weight decay, added to the gradient.
    pub weight_decay: f64,
    /// Type of activations and their gradients; a half type needs a GPU.
    pub precision: Precision,
    /// Weight the loss of a point by 1 / ln(1.2 + share of its class), instead of 1.
    pub class_weights: bool,
    /// Epochs between evaluations of the validation split; 0 for none. The last epoch is always evaluated otherwise.
    pub evaluate_every: u64,
    /// The number, of the experiment's protocol, by which the best checkpoint is chosen.
    pub select_by: MetricName,
}

impl Default for TrainConfig {
    fn default() -> Self {
        TrainConfig {
            epochs: 201,
            batch: 32,
            crops_per_scene: 1,
            learning_rate: StepSchedule { start: 1e-3, decay: 0.7, every: 200_000, floor: 1e-5 },
            norm_momentum: StepSchedule { start: 0.5, decay: 0.5, every: 200_000, floor: 0.01 },
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
    /// 16 bits with the range of `f32`: NVIDIA GPUs from Ampere on.
    Bf16,
    /// 16 bits with three more digits; gradients are scaled so that they stay in its range.
    F16,
}

/// As configurations say it.
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

    /// What the loss is multiplied by before its gradients are computed: gradients of a mean over many points are below the smallest
    /// numbers of `f16`. A power of two, so that it changes no digit.
    pub(crate) fn loss_scale(self) -> f64 {
        match self {
            Precision::F16 => 4096.0,
            Precision::F32 | Precision::Bf16 => 1.0,
        }
    }
}

/// A metric by the part of its id behind the protocol, such as `calibrated-voxel-accuracy`.
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
            format!("no metric is called {name:?}; there are {}", known.join(", "))
        })
    }
}

/// The evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluateConfig {
    /// How accuracy is counted, also for the choice of the best checkpoint.
    pub protocol: Protocol,
    /// Tiles that go through the network together.
    pub batch: usize,
    /// Tiles of which a smaller share of the drawn points lies in the core are left out.
    pub min_core: f64,
}

impl Default for EvaluateConfig {
    fn default() -> Self {
        EvaluateConfig { protocol: Protocol::PointNet2V1, batch: 4, min_core: 0.01 }
    }
}
