//! LatentGNN and non-local blocks after the levels of a network.

use crate::counts::Counts;
use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use latentgnn::{ConfigError, LatentGnn, LatentGnnConfig, Macs, NonLocal, NonLocalConfig};

/// After what a block stands.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Place {
    /// After the set abstraction that makes this level, from 1. Both the next set abstraction and the feature propagation back to this
    /// level see what the block gives.
    Abstraction(usize),
    /// After the feature propagation back to this level, 0 for the input points.
    Propagation(usize),
}

impl Place {
    /// The place in words, for messages.
    pub(crate) fn words(&self) -> String {
        match self {
            Place::Abstraction(level) => format!("set abstraction {level}"),
            Place::Propagation(level) => format!("the feature propagation to level {level}"),
        }
    }
}

/// Configuration of a [`Block`].
///
/// The network sets `channels` and `momentum` itself, to those of the place where the block stands.
#[derive(Config, Debug)]
pub enum BlockConfig {
    /// By way of latent nodes; linear in the number of points.
    LatentGnn(LatentGnnConfig),
    /// All pairs of points; quadratic.
    NonLocal(NonLocalConfig),
}

impl BlockConfig {
    /// A LatentGNN block with kernels of so many latent nodes, and otherwise its defaults: asymmetric, a quarter of the channels.
    pub fn latent_gnn(latent_dims: impl IntoIterator<Item = usize>) -> Self {
        BlockConfig::LatentGnn(LatentGnnConfig::new(0).with_latent_dims(latent_dims.into_iter().collect()))
    }

    /// A non-local block with its defaults: embedded Gaussian, half of the channels, all points.
    pub fn non_local() -> Self {
        BlockConfig::NonLocal(NonLocalConfig::new(0))
    }

    /// The same block at other places.
    pub fn after(&self, places: impl IntoIterator<Item = Place>) -> Vec<PlacedBlock> {
        places.into_iter().map(|place| PlacedBlock::new(place, self.clone())).collect()
    }

    fn placed(&self, channels: usize, momentum: f64) -> Self {
        let mut config = self.clone();
        match &mut config {
            BlockConfig::LatentGnn(block) => (block.channels, block.momentum) = (channels, momentum),
            BlockConfig::NonLocal(block) => (block.channels, block.momentum) = (channels, momentum),
        }
        config
    }

    pub(crate) fn validate(&self, channels: usize, momentum: f64) -> Result<(), ConfigError> {
        match self.placed(channels, momentum) {
            BlockConfig::LatentGnn(block) => block.validate(),
            BlockConfig::NonLocal(block) => block.validate(),
        }
    }

    pub(crate) fn init(&self, channels: usize, momentum: f64, device: &Device) -> Block {
        match self.placed(channels, momentum) {
            BlockConfig::LatentGnn(block) => Block::LatentGnn(block.init(device)),
            BlockConfig::NonLocal(block) => Block::NonLocal(block.init(device)),
        }
    }
}

/// A block and its place in a network.
#[derive(Config, Debug)]
pub struct PlacedBlock {
    /// After what it stands.
    pub place: Place,
    /// What it is.
    pub block: BlockConfig,
}

/// Blocks whose counts over single-scale PointNet++ on 8192 points come closest to those that Zhang, Yan and He published for
/// ScanNet (ICML 2019). They do not say where their blocks stand nor how large they are; this was found by counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishedBlocks {
    /// "+ NL block": 0.7006M parameters (published 0.70M) and 33.6M multiply-accumulates of projections (published 31M), from a
    /// non-local block after each of the four set abstractions.
    NonLocal,
    /// "+ LatentGNN, 1 kernel": 0.307M (0.31M) and 15.2M without the products among latent nodes (15M), from one kernel of 100 latent
    /// nodes after the set abstractions 2 to 4.
    LatentGnn1,
    /// "+ LatentGNN, 3 kernels": 0.543M (0.54M) and 29.5M (30M), from three kernels of 80 latent nodes after the set abstractions
    /// 2 to 4.
    LatentGnn3,
}

impl PublishedBlocks {
    /// The blocks, for a network's configuration.
    pub fn config(self) -> Vec<PlacedBlock> {
        match self {
            PublishedBlocks::NonLocal => BlockConfig::non_local().after((1..=4).map(Place::Abstraction)),
            PublishedBlocks::LatentGnn1 => BlockConfig::latent_gnn([100]).after((2..=4).map(Place::Abstraction)),
            PublishedBlocks::LatentGnn3 => BlockConfig::latent_gnn([80; 3]).after((2..=4).map(Place::Abstraction)),
        }
    }

    /// What was published: multiply-accumulates ("FLOPs") and parameters, in millions.
    pub fn published(self) -> [f64; 2] {
        match self {
            PublishedBlocks::NonLocal => [31.0, 0.70],
            PublishedBlocks::LatentGnn1 => [15.0, 0.31],
            PublishedBlocks::LatentGnn3 => [30.0, 0.54],
        }
    }
}

/// A layer that adds to every point's features what it learns from all points of its cloud.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)]
pub enum Block {
    /// By way of latent nodes.
    LatentGnn(LatentGnn),
    /// All pairs of points.
    NonLocal(NonLocal),
}

impl Block {
    /// Applies the block to each of `clouds` equally large point sets.
    ///
    /// # Shapes
    /// - `x` and result: `[clouds · points, channels]`
    pub fn forward(&self, x: Tensor<2>, clouds: usize) -> Tensor<2> {
        let [rows, channels] = x.dims();
        let x = x.reshape([clouds, rows / clouds, channels]);
        let x = match self {
            Block::LatentGnn(block) => block.forward(x),
            Block::NonLocal(block) => block.forward(x),
        };
        x.reshape([rows, channels])
    }

    /// Sets the weight of the newest batch in the running statistics.
    pub fn set_momentum(&mut self, momentum: f64) {
        match self {
            Block::LatentGnn(block) => block.set_momentum(momentum),
            Block::NonLocal(block) => block.set_momentum(momentum),
        }
    }

    /// Channels of the features.
    pub fn channels(&self) -> usize {
        match self {
            Block::LatentGnn(block) => block.channels(),
            Block::NonLocal(block) => block.channels(),
        }
    }

    /// Learned values, and multiply-accumulates for one cloud of so many points, also by kind.
    pub(crate) fn counts(&self, points: usize) -> (Counts, Macs) {
        let (params, macs) = match self {
            Block::LatentGnn(block) => (block.learned_params(), block.macs(points)),
            Block::NonLocal(block) => (block.learned_params(), block.macs(points)),
        };
        (Counts { params, macs: macs.total() }, macs)
    }
}
