//! A multi-layer perceptron shared by all points.

use super::{PointNorm, PointNormConfig};
use crate::functional;
use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};

/// Configuration of [`SharedMlp`].
#[derive(Config, Debug)]
pub struct SharedMlpConfig {
    /// Channels of the input.
    pub in_channels: usize,
    /// Output channels of each layer.
    pub channels: Vec<usize>,
    /// Distribution of the initial weights; Xavier's in PointNet++.
    #[config(default = "Initializer::XavierUniform { gain: 1.0 }")]
    pub initializer: Initializer,
    /// Weight of the newest batch in the running statistics.
    #[config(default = 0.1)]
    pub momentum: f64,
    /// Whether ReLU follows the last layer. A residual branch leaves it to the sum.
    #[config(default = true)]
    pub last_relu: bool,
}

impl SharedMlpConfig {
    /// Creates the layers, with weights from the device's random generator.
    pub fn init(&self, device: &Device) -> SharedMlp {
        let inputs = std::iter::once(self.in_channels).chain(self.channels.iter().copied());
        let weight = |(input, &output)| self.initializer.init_with([input, output], Some(input), Some(output), device);
        SharedMlp {
            weights: inputs.zip(&self.channels).map(weight).collect(),
            norms: self
                .channels
                .iter()
                .map(|&c| PointNormConfig::new(c).with_momentum(self.momentum).init(device))
                .collect(),
            last_relu: self.last_relu,
        }
    }
}

/// Layers of linear map, batch normalisation and ReLU, the same for every point: the 1×1 convolutions of PointNet. The
/// last layer may have no ReLU.
///
/// The linear maps have no bias because the normalisation would remove it again.
#[derive(Module, Debug)]
pub struct SharedMlp {
    /// Weights of each layer, `[in_channels, out_channels]`.
    pub weights: Vec<Param<Tensor<2>>>,
    /// Normalisation of each layer.
    pub norms: Vec<PointNorm>,
    /// Whether ReLU follows the last layer.
    pub last_relu: bool,
}

impl SharedMlp {
    /// Number of output channels.
    pub fn out_channels(&self) -> usize {
        self.norms.last().map_or(0, PointNorm::channels)
    }

    /// Weights of the first layer, for callers that apply its linear map themselves, see [`Self::forward_projected`].
    pub fn first_weight(&self) -> Tensor<2> {
        self.weights[0].val()
    }

    /// Sets the weight of the newest batch in the running statistics.
    pub fn set_momentum(&mut self, momentum: f64) {
        for norm in &mut self.norms {
            norm.momentum = momentum;
        }
    }

    /// Applies all layers.
    ///
    /// # Shapes
    /// - `x`: `[rows, in_channels]`
    /// - result: `[rows, out_channels]`
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.forward_projected(functional::linear(x, self.first_weight()))
    }

    /// Applies all layers but the linear map of the first, which the caller has applied.
    ///
    /// # Shapes
    /// - `y`: `[rows, output channels of the first layer]`
    /// - result: `[rows, out_channels]`
    pub fn forward_projected(&self, y: Tensor<2>) -> Tensor<2> {
        let (y, last) = self.until_last(y);
        last.forward(y, self.last_relu)
    }

    /// [`Self::forward_projected`], then the maximum over each `k` consecutive rows.
    ///
    /// # Shapes
    /// - `y`: `[groups · k, output channels of the first layer]`
    /// - result: `[groups, out_channels]`
    pub fn forward_projected_max(&self, y: Tensor<2>, k: usize) -> Tensor<2> {
        let (y, last) = self.until_last(y);
        last.forward_max(y, self.last_relu, k)
    }

    /// Applies all layers up to the last linear map; also returns the last normalisation, which the caller applies.
    fn until_last(&self, mut y: Tensor<2>) -> (Tensor<2>, &PointNorm) {
        for (norm, w) in self.norms.iter().zip(&self.weights[1..]) {
            y = norm.forward_linear(y, w.val());
        }
        (y, self.norms.last().expect("a shared MLP has at least one layer"))
    }
}
