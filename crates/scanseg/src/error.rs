//! What can go wrong in an experiment.

use crate::checkpoint::CheckpointError;
use crate::config::{Config, ConfigError};
use crate::device::DeviceError;
use crate::run::RunError;
use crate::scene::SceneError;
use crate::weights::WeightsError;
use pointmodel::BoxError;
use scannet::{PreparedStore, Split};
use std::path::PathBuf;

/// Why an experiment fails. An error either shows its cause in its message or has it as its source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The network computes scores that mean nothing.
    #[error(
        "the network's scores are NaN or infinite, as its weights are too large or damaged; use another checkpoint or \
         train again"
    )]
    ScoresNotFinite,
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The run cannot be used.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The checkpoint cannot be used.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The weights cannot be read or written.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The device cannot be used.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The experiment cannot use a scene.
    #[error(transparent)]
    Scene(#[from] SceneError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Data(#[from] scannet::Error),
    /// The evaluation rejects its input.
    #[error(transparent)]
    Evaluation(#[from] segeval::EvalError),
    /// The network cannot take a batch.
    #[error(transparent)]
    Network(#[from] BoxError),
    /// Normals cannot be computed.
    #[error(transparent)]
    Points(#[from] pointops::PointError),
    /// What happened, and in which scene.
    #[error("scene {id}")]
    InScene {
        /// The scene.
        id: String,
        /// What happened.
        source: Box<Error>,
    },
    /// The validation split cannot be evaluated.
    #[error("the validation split cannot be evaluated")]
    Validation(#[source] Box<Error>),
    /// A training cannot start from the weights of another run.
    #[error(
        "cannot start from the weights of {} ({what}); train with its network and features: its config.toml has them, \
         and configs/any-scan.toml those of any-scan",
        run.display()
    )]
    StartsFromOther {
        /// Folder or name of the other run.
        run: PathBuf,
        /// What differs.
        what: String,
    },
    /// Statistics are to be kept that no training has made.
    #[error(
        "train.freeze_norms keeps the statistics of other weights; give a run with --start-from, or leave the key out"
    )]
    NothingToFreeze,
    /// There is nothing to train on.
    #[error("the store has no training scenes; preprocess scans of the train split: {}", .0.display())]
    NoTrainingScenes(PathBuf),
    /// No point of a split has a class.
    #[error(
        "no point of the {split} scenes has a class of {labels}; check the label values of the set and what it \
         ignores: {}",
        store.display()
    )]
    NothingAnnotated {
        /// The split.
        split: Split,
        /// The label set.
        labels: String,
        /// The store.
        store: PathBuf,
    },
    /// There is nothing to evaluate.
    #[error("the store has no scenes of the {split} split; choose another split: {}", dir.display())]
    NoScenes {
        /// The split.
        split: Split,
        /// The store.
        dir: PathBuf,
    },
    /// The loss is not a finite number.
    #[error(
        "the loss is {loss} at step {step}; start a new run with a lower train.learning_rate.start: {}",
        run.display()
    )]
    Diverged {
        /// The loss.
        loss: f64,
        /// The step.
        step: u64,
        /// The folder of the run.
        run: PathBuf,
    },
    /// The tensors for other programs cannot be written.
    #[error("the batch cannot be written as safetensors: {0}")]
    Export(String),
}

impl Error {
    pub(crate) fn nothing_annotated(split: Split, config: &Config, store: &PreparedStore) -> Self {
        let (labels, store) = (config.data.labels.name().to_owned(), store.dir().to_owned());
        Error::NothingAnnotated { split, labels, store }
    }

    pub(crate) fn in_scene(id: &str) -> impl FnOnce(Error) -> Error {
        let id = id.to_owned();
        move |source| match source {
            // it names the scene
            Error::Scene(_) => source,
            source => Error::InScene { id, source: Box::new(source) },
        }
    }
}

/// Results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
