//! The network of a configuration.

use crate::checkpoint::weights;
use crate::config::{Architecture, Config, ModelConfig};
use crate::random::{Purpose, generator};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Tensor};
use pointnet2::{PointNet, PointNet2Msg, PointNet2Ssg, PointPyramid, PyramidSpec, Summary, orthogonality_loss};
use rand::RngExt;

/// A network of any architecture that a configuration can name.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)]
pub enum Network {
    /// PointNet++ with single-scale grouping.
    PointNet2Ssg(PointNet2Ssg),
    /// PointNet++ with multi-scale grouping.
    PointNet2Msg(PointNet2Msg),
    /// PointNet.
    PointNet(PointNet),
}

fn architecture(config: &Config) -> Architecture {
    let momentum = config.train.norm_momentum.start;
    config.model.architecture(config.data.channels(), momentum).expect("a configuration that was checked")
}

impl Network {
    /// A network with initial weights drawn from the configuration's seed: the same on every device.
    pub fn new(config: &Config, device: &Device) -> Self {
        if crate::device::is_cpu(device) {
            return Network::drawn(config, device);
        }
        // every device has a generator of its own; the processor's draws for all
        let weights = weights::collect(&Network::drawn(config, &Device::flex().autodiff()));
        weights::apply(Network::drawn(config, device), &weights).expect("two networks of one configuration")
    }

    /// Draws the weights from the device's generator.
    fn drawn(config: &Config, device: &Device) -> Self {
        device.seed(generator(config.seed, Purpose::Weights, &[]).random());
        let network = match architecture(config) {
            Architecture::SingleScale(config) => Network::PointNet2Ssg(config.init(device)),
            Architecture::MultiScale(config) => Network::PointNet2Msg(config.init(device)),
            Architecture::Plain(config) => Network::PointNet(config.init(device)),
        };
        // burn draws parameters when they are first used and numbers them at random; drawn at once and numbered in order, two networks
        // of one configuration are the same, and so are the states of their optimisers
        network.materialize().map(&mut Numbering(0))
    }

    /// The geometry that the network of a configuration wants of its input.
    pub fn pyramid(config: &Config) -> PyramidSpec {
        architecture(config).pyramid()
    }

    /// What every layer learns, computes and gives for one cloud of so many points.
    pub fn summary(&self, config: &Config, points: usize) -> Summary {
        let spec = Network::pyramid(config);
        match self {
            Network::PointNet2Ssg(network) => network.summary(&spec, points),
            Network::PointNet2Msg(network) => network.summary(&spec, points),
            Network::PointNet(network) => network.summary(points),
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
            Network::PointNet2Msg(network) => network.forward(pyramid, features),
            Network::PointNet(network) => network.forward(pyramid, features),
        }
    }

    /// Number of learned parameters: weights and biases, not running statistics.
    pub fn learned_parameters(&self) -> usize {
        let mut count = Count(0);
        self.visit(&mut count);
        count.0
    }

    /// [`Self::forward`], and what the architecture itself adds to the loss, `[1]`.
    pub(crate) fn forward_training(
        &self,
        config: &Config,
        pyramid: &PointPyramid,
        features: Option<Tensor<2>>,
    ) -> (Tensor<2>, Option<Tensor<1>>) {
        match (self, &config.model) {
            (Network::PointNet(network), ModelConfig::PointNet(model)) => {
                let out = network.forward_with_transform(pyramid, features);
                let added = out.feature_transform.map(|t| orthogonality_loss(t) * model.transform_loss);
                (out.logits, added)
            }
            _ => (self.forward(pyramid, features), None),
        }
    }

    /// Sets the weight of the newest batch in the running statistics of all normalisations.
    pub fn set_momentum(&mut self, momentum: f64) {
        match self {
            Network::PointNet2Ssg(network) => network.set_momentum(momentum),
            Network::PointNet2Msg(network) => network.set_momentum(momentum),
            Network::PointNet(network) => network.set_momentum(momentum),
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
