//! 1×1 projections: the same linear layer for every point.

use crate::macs::product;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};
use pointtensor::functional;
use pointtensor::layer::{PointNorm, PointNormConfig};

/// How the layers of a block are initialised.
#[derive(Clone, Copy)]
pub(crate) struct LayerInit<'a> {
    pub initializer: &'a Initializer,
    pub epsilon: f64,
    pub device: &'a Device,
}

impl LayerInit<'_> {
    pub(crate) fn norm(&self, channels: usize) -> PointNorm {
        PointNormConfig::new(channels).with_epsilon(self.epsilon).init(self.device)
    }

    fn weight(&self, input: usize, output: usize) -> Param<Tensor<2>> {
        self.initializer.init_with([input, output], Some(input), Some(output), self.device)
    }

    pub(crate) fn projection(&self, input: usize, output: usize) -> Projection {
        Projection { weight: self.weight(input, output), norm: self.norm(output) }
    }

    pub(crate) fn linear(&self, input: usize, output: usize) -> Linear {
        Linear { weight: self.weight(input, output), bias: Initializer::Zeros.init([output], self.device) }
    }
}

/// A 1×1 projection without bias, followed by a batch normalisation.
#[derive(Module, Debug)]
pub struct Projection {
    /// Weights, `[in_channels, out_channels]`.
    pub weight: Param<Tensor<2>>,
    /// Normalisation of the output.
    pub norm: PointNorm,
}

impl Projection {
    /// Applies the projection and the normalisation, followed by a ReLU if `relu`.
    ///
    /// # Shapes
    /// - `x`: `[rows, in_channels]`
    /// - result: `[rows, out_channels]`
    pub fn forward(&self, x: Tensor<2>, relu: bool) -> Tensor<2> {
        self.norm.forward(functional::linear(x, self.weight.val()), relu)
    }

    /// Number of channels of the input and of the output.
    pub fn channels(&self) -> [usize; 2] {
        self.weight.lazy_shape().dims()
    }

    /// Number of learned parameters: weights, scales and shifts.
    pub(crate) fn learned_params(&self) -> usize {
        let [input, output] = self.channels();
        input * output + 2 * output
    }

    pub(crate) fn macs(&self, rows: usize) -> u64 {
        let [input, output] = self.channels();
        product(rows, input, output)
    }
}

/// A 1×1 projection with bias.
#[derive(Module, Debug)]
pub struct Linear {
    /// Weights, `[in_channels, out_channels]`.
    pub weight: Param<Tensor<2>>,
    /// Biases, `[out_channels]`.
    pub bias: Param<Tensor<1>>,
}

impl Linear {
    /// Applies the projection.
    ///
    /// # Shapes
    /// - `x`: `[rows, in_channels]`
    /// - result: `[rows, out_channels]`
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        functional::add_bias(functional::linear(x, self.weight.val()), self.bias.val())
    }

    /// Number of channels of the input and of the output.
    pub fn channels(&self) -> [usize; 2] {
        self.weight.lazy_shape().dims()
    }

    /// Number of learned parameters: weights and biases.
    pub(crate) fn learned_params(&self) -> usize {
        let [input, output] = self.channels();
        input * output + output
    }

    pub(crate) fn macs(&self, rows: usize) -> u64 {
        let [input, output] = self.channels();
        product(rows, input, output)
    }
}
