//! The network of a configuration.

use crate::CLASSES;
use crate::config::{Config, ModelKind};
use crate::random::{Purpose, generator};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Tensor};
use pointnet2::{LevelConfig, PointNet2Ssg, PointNet2SsgConfig, PointPyramid, PyramidSpec};
use rand::RngExt;

/// A network of any architecture that a configuration can name.
#[derive(Module, Debug)]
pub enum Network {
    /// PointNet++ with single-scale grouping.
    PointNet2Ssg(PointNet2Ssg),
}

fn ssg(config: &Config) -> PointNet2SsgConfig {
    let level = |l: &crate::config::LevelConfig| LevelConfig::new(l.points, l.radius, l.neighbors, l.channels.clone());
    let model = &config.model;
    PointNet2SsgConfig::new(
        config.data.channels(),
        CLASSES,
        model.levels.iter().map(level).collect(),
        model.propagation.clone(),
    )
    .with_head(model.head)
    .with_dropout(model.dropout)
    .with_momentum(config.train.norm_momentum.start)
}

impl Network {
    /// A network with initial weights drawn from the configuration's seed.
    pub fn new(config: &Config, device: &Device) -> Self {
        device.seed(generator(config.seed, Purpose::Weights, &[]).random());
        let network = match config.model.kind {
            ModelKind::PointNet2Ssg => Network::PointNet2Ssg(ssg(config).init(device)),
        };
        // burn draws parameters when they are first used and numbers them at random; drawn at once and numbered in order, two networks
        // of one configuration are the same, and so are the states of their optimisers
        network.materialize().map(&mut Numbering(0))
    }

    /// The geometry that the network of a configuration wants of its input.
    pub fn pyramid(config: &Config) -> PyramidSpec {
        match config.model.kind {
            ModelKind::PointNet2Ssg => ssg(config).pyramid(),
        }
    }

    /// Scores of every point for every class.
    ///
    /// # Shapes
    /// - `features`: `[clouds · points, channels]`, `None` without features
    /// - result: `[clouds · points, classes]`
    pub fn forward(&self, pyramid: &PointPyramid, features: Option<Tensor<2>>) -> Tensor<2> {
        match self {
            Network::PointNet2Ssg(network) => network.forward(pyramid, features),
        }
    }

    /// Number of learned parameters: weights and biases, not running statistics.
    pub fn learned_parameters(&self) -> usize {
        let mut count = Count(0);
        self.visit(&mut count);
        count.0
    }

    /// Sets the weight of the newest batch in the running statistics of all normalisations.
    pub fn set_momentum(&mut self, momentum: f64) {
        match self {
            Network::PointNet2Ssg(network) => network.set_momentum(momentum),
        }
    }
}

/// Counts the values of parameters that gradients reach.
struct Count(usize);

impl ModuleVisitor for Count {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if param.is_require_grad() {
            self.0 += param.shape().num_elements();
        }
    }
}

/// Numbers parameters in the order of their visit.
struct Numbering(u64);

impl ModuleMapper for Numbering {
    fn map_float<const D: usize>(&mut self, mut param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.0 += 1;
        param.id = ParamId::from(self.0);
        param
    }
}
