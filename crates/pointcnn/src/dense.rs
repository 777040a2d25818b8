//! PointCNN's dense layer.

use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};
use pointmodel::Counts;
use pointtensor::functional;
use pointtensor::layer::{PointNorm, PointNormConfig};

/// A linear map without bias, **ELU, then** batch normalisation: PointCNN's dense layers and the pointwise part of its
/// convolutions.
#[derive(Module, Debug)]
pub struct Dense {
    /// Weights, `[in_channels, out_channels]`.
    pub weight: Param<Tensor<2>>,
    /// The normalisation.
    pub norm: PointNorm,
}

impl Dense {
    /// A layer with weights from the device's random generator.
    pub fn init(inputs: usize, outputs: usize, initializer: &Initializer, device: &Device) -> Self {
        let weight = initializer.init_with([inputs, outputs], Some(inputs), Some(outputs), device);
        Dense { weight, norm: norm(outputs, device) }
    }

    /// Applies the layer.
    ///
    /// # Shapes
    /// - `x`: `[rows, in_channels]`
    /// - result: `[rows, out_channels]`
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.norm.forward_elu(functional::linear(x, self.weight.val()))
    }

    /// [`Self::forward`] of two inputs side by side.
    ///
    /// # Shapes
    /// - `x`: `[rows, channels]` each, which together are `in_channels`
    /// - result: `[rows, out_channels]`
    pub fn forward_pair(&self, x: [Tensor<2>; 2]) -> Tensor<2> {
        self.norm.forward_elu(functional::linear_pair(x, self.weight.val()))
    }

    /// Channels of the result.
    pub fn out_channels(&self) -> usize {
        self.norm.channels()
    }

    /// Learned values, and multiply-accumulates for `rows` rows.
    pub(crate) fn counts(&self, rows: usize) -> Counts {
        let weights = self.weight.lazy_shape().num_elements();
        Counts { params: weights + 2 * self.norm.channels(), macs: (rows * weights) as u64 }
    }
}

/// A normalisation with the authors' ε, the default of their framework; its momentum is 0.01.
pub(crate) fn norm(channels: usize, device: &Device) -> PointNorm {
    PointNormConfig::new(channels).with_epsilon(1e-3).with_momentum(0.01).init(device)
}
