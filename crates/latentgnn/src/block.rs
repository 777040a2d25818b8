//! A block of either kind.

use crate::{ConfigError, LatentGnn, LatentGnnConfig, Macs, NonLocal, NonLocalConfig};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

/// Configuration of a [`Block`], for networks that let a file choose: a table whose key `kind` is `latent-gnn` or
/// `non-local`.
///
/// The other keys are those of [`LatentGnnConfig`] or [`NonLocalConfig`]. Missing keys take their defaults; unknown
/// keys are errors.
///
/// ```
/// use latentgnn::{BlockConfig, LatentGnnConfig};
///
/// let config: BlockConfig = toml::from_str("kind = 'latent-gnn'\nlatent_dims = [40, 40, 40]")?;
/// assert_eq!(config, BlockConfig::LatentGnn(LatentGnnConfig::default().with_latent_dims(vec![40; 3])));
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum BlockConfig {
    /// A LatentGNN block: linear in the number of points.
    LatentGnn(LatentGnnConfig),
    /// A non-local block: quadratic in the number of points.
    NonLocal(NonLocalConfig),
}

impl BlockConfig {
    /// The kinds, as `kind` names them.
    pub const KINDS: [&'static str; 2] = ["latent-gnn", "non-local"];

    /// Checks that a block for features of `channels` can be built.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn validate(&self, channels: usize) -> Result<(), ConfigError> {
        match self {
            BlockConfig::LatentGnn(config) => config.validate(channels),
            BlockConfig::NonLocal(config) => config.validate(channels),
        }
    }

    /// Builds a block for features of `channels`, see [`LatentGnnConfig::init`] and [`NonLocalConfig::init`].
    ///
    /// # Panics
    /// With the message of [`Self::validate`] if that returns an error.
    pub fn init(&self, channels: usize, device: &Device) -> Block {
        match self {
            BlockConfig::LatentGnn(config) => Block::LatentGnn(config.init(channels, device)),
            BlockConfig::NonLocal(config) => Block::NonLocal(config.init(channels, device)),
        }
    }
}

/// A block of either kind.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)]
pub enum Block {
    /// A LatentGNN block.
    LatentGnn(LatentGnn),
    /// A non-local block.
    NonLocal(NonLocal),
}

impl Block {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x` and result: `[batch, points, channels]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        match self {
            Block::LatentGnn(block) => block.forward(x),
            Block::NonLocal(block) => block.forward(x),
        }
    }

    /// Number of channels of the features.
    pub fn channels(&self) -> usize {
        match self {
            Block::LatentGnn(block) => block.channels(),
            Block::NonLocal(block) => block.channels(),
        }
    }

    /// Sets the momentum of all batch normalisations: the weight of the newest batch in the running statistics.
    pub fn set_momentum(&mut self, momentum: f64) {
        match self {
            Block::LatentGnn(block) => block.set_momentum(momentum),
            Block::NonLocal(block) => block.set_momentum(momentum),
        }
    }

    /// Number of learned parameters, without the running statistics that burn's `num_params` also counts.
    pub fn learned_params(&self) -> usize {
        match self {
            Block::LatentGnn(block) => block.learned_params(),
            Block::NonLocal(block) => block.learned_params(),
        }
    }

    /// Number of multiply-accumulates of one forward pass over a cloud of `points`.
    pub fn macs(&self, points: usize) -> Macs {
        match self {
            Block::LatentGnn(block) => block.macs(points),
            Block::NonLocal(block) => block.macs(points),
        }
    }
}
