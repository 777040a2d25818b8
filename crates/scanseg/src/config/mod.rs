//! Experiments as TOML.
//!
//! An experiment has a network and a recipe, by default `classic`, that of the PointNet++ authors. A file names only what
//! differs from them, and `--set a.b=c` changes single keys. Unknown keys are errors. The resolved configuration, with
//! every key, is stored with the run.

mod augment;
pub(crate) mod check;
mod crop;
mod crops_per_scene;
mod data;
mod evaluate;
mod labels;
mod model;
mod recipe;
mod schedule;
mod source;
mod train;

pub use crate::sampling::augment::{self as augmentations, Augmentation};
pub use augment::AugmentConfig;
pub use crop::{BlocksConfig, CropConfig};
pub use crops_per_scene::CropsPerScene;
pub use data::{DataConfig, Feature};
pub use evaluate::{EvaluateConfig, Tiling};
pub use labels::Labels;
pub use model::ModelConfig;
pub use recipe::recipes;
pub use schedule::{CosineSchedule, Schedule, StepSchedule};
pub use source::{ConfigError, Override};
pub use train::{MetricName, OptimizerConfig, TrainConfig};

use pointmodel::NetworkShape;
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
    /// How training crops are changed: a list of augmentations, in the order in which they are applied.
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
