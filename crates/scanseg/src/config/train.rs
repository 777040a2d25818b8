//! The optimisation.

use super::CropsPerScene;
use super::check::{Checked, MOST_CROPS, MOST_EPOCHS, require, share};
use super::schedule::{self, Schedule};
use segeval::MetricKind;
use serde::{Deserialize, Serialize};

/// The optimisation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct TrainConfig {
    /// Passes over the training scenes.
    pub epochs: u64,
    /// Crops in a batch.
    pub batch: usize,
    /// Crops of each scene in an epoch, or `"by-points"`.
    pub crops_per_scene: CropsPerScene,
    /// Learning rate.
    #[serde(deserialize_with = "schedule::learning_rate")]
    pub learning_rate: Schedule,
    /// Momentum of the batch normalisations: weight of the newest batch in the running statistics (one minus the
    /// authors' "decay").
    #[serde(deserialize_with = "schedule::norm_momentum")]
    pub norm_momentum: Schedule,
    /// Batch normalisations use the running statistics that the training started from, and keep them. For a training that
    /// starts from other weights and sees few scans, whose own statistics say little.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub freeze_norms: bool,
    /// The optimiser.
    pub optimizer: OptimizerConfig,
    /// Weight decay: this multiple of the weights is added to the gradient, or with AdamW taken from the weights
    /// themselves, times the learning rate.
    pub weight_decay: f64,
    /// Largest norm of all gradients together; they are scaled down to it. 0 turns this off.
    pub clip_norm: f64,
    /// Share of the target that is spread over all outputs (Szegedy et al. 2016, <https://arxiv.org/abs/1512.00567>).
    pub label_smoothing: f64,
    /// Weight of the Lovász-softmax loss, which is added to the cross entropy; 0 leaves it out. It approaches the mean
    /// IoU (Berman, Triki and Blaschko 2018, <https://arxiv.org/abs/1705.08790>).
    pub lovasz: f64,
    /// Evaluations and checkpoints use a moving average of the weights, `average · old + (1 − average) · new` after each
    /// step, where the first steps have `(1 + step) / (10 + step)` if that is less. 0 turns it off.
    pub average: f64,
    /// Weight the loss of a point by 1 / ln(1.2 + share of its class), instead of 1.
    pub class_weights: bool,
    /// Points that are annotated as none of the classes do not count in the loss, even if the label set has an output for
    /// them.
    pub ignore_unannotated: bool,
    /// Epochs between evaluations on the validation split, which also follow the last epoch; 0 turns them off.
    pub evaluate_every: u64,
    /// The metric of the experiment's protocol that chooses the best checkpoint. Default: calibrated voxel accuracy, or
    /// class voxel accuracy for a label set without calibration weights, or mIoU of points under protocols that score every
    /// vertex.
    pub select_by: MetricName,
}

impl Default for TrainConfig {
    fn default() -> Self {
        TrainConfig {
            epochs: 201,
            batch: 32,
            crops_per_scene: CropsPerScene::Number(1),
            learning_rate: Schedule::LEARNING_RATE,
            norm_momentum: Schedule::NORM_MOMENTUM,
            freeze_norms: false,
            optimizer: OptimizerConfig::default(),
            weight_decay: 0.0,
            clip_norm: 0.0,
            label_smoothing: 0.0,
            lovasz: 0.0,
            average: 0.0,
            class_weights: true,
            ignore_unannotated: false,
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
            !matches!(self.crops_per_scene, CropsPerScene::Number(n) if !(1..=MOST_CROPS).contains(&n)),
            "train.crops_per_scene",
            self.crops_per_scene,
            "must be at least 1 and at most 1048576, or \"by-points\"",
        )?;
        self.learning_rate.check("train.learning_rate")?;
        self.norm_momentum.check("train.norm_momentum")?;
        require(
            self.weight_decay.is_finite() && self.weight_decay >= 0.0,
            "train.weight_decay",
            self.weight_decay,
            "must be at least 0",
        )?;
        self.optimizer.check()?;
        require(
            self.clip_norm.is_finite() && self.clip_norm >= 0.0,
            "train.clip_norm",
            self.clip_norm,
            "must be at least 0; 0 turns it off",
        )?;
        require(
            (0.0..1.0).contains(&self.label_smoothing),
            "train.label_smoothing",
            self.label_smoothing,
            "must be at least 0 and below 1",
        )?;
        require((0.0..=100.0).contains(&self.lovasz), "train.lovasz", self.lovasz, "must be between 0 and 100")?;
        require((0.0..1.0).contains(&self.average), "train.average", self.average, "must be at least 0 and below 1")
    }
}

/// The optimiser, a table with the key `kind`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields, expecting = "a table with a kind")]
pub enum OptimizerConfig {
    /// Adam (Kingma and Ba 2015, <https://arxiv.org/abs/1412.6980>).
    Adam {
        /// Added to the root of the mean squared gradient; 1e-8 in the papers, PyTorch and TensorFlow.
        #[serde(default = "epsilon")]
        epsilon: f64,
    },
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019, <https://arxiv.org/abs/1711.05101>), which leaves out
    /// vectors: biases, and scales and shifts of normalisations.
    AdamW {
        /// As for Adam.
        #[serde(default = "epsilon")]
        epsilon: f64,
    },
    /// Stochastic gradient descent.
    Sgd {
        /// How much of the last update is kept.
        #[serde(default)]
        momentum: f64,
    },
}

fn epsilon() -> f64 {
    1e-8
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        OptimizerConfig::Adam { epsilon: epsilon() }
    }
}

impl OptimizerConfig {
    fn check(&self) -> Checked {
        match *self {
            OptimizerConfig::Adam { epsilon } | OptimizerConfig::AdamW { epsilon } => require(
                epsilon > 0.0 && epsilon <= 1.0,
                "train.optimizer.epsilon",
                epsilon,
                "must be above 0 and at most 1",
            ),
            OptimizerConfig::Sgd { momentum } => share(momentum, "train.optimizer.momentum"),
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
