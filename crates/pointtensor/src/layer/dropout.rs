//! Dropout.

use crate::functional;
use burn::module::Module;
use burn::tensor::{Distribution, Int, Tensor};

/// Dropout, see [`functional::dropout`]. Active on autodiff devices only.
///
/// Each call takes one number from the device's random generator ([`burn::tensor::Device::seed`]).
#[derive(Module, Debug)]
pub struct PointDropout {
    /// Probability that a value is dropped.
    pub probability: f64,
}

impl PointDropout {
    /// A layer that drops values with this probability.
    ///
    /// # Panics
    /// If the probability is not in `0..1`.
    pub fn new(probability: f64) -> Self {
        assert!((0.0..1.0).contains(&probability), "dropout: the probability {probability} must be in 0..1");
        PointDropout { probability }
    }

    /// Drops values on an autodiff device; returns `x` unchanged on others.
    ///
    /// # Shapes
    /// - `x` and result: `[rows, channels]`
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let device = x.device();
        if self.probability == 0.0 || !device.is_autodiff() {
            return x;
        }
        let seed = Tensor::<1, Int>::random([1], Distribution::Uniform(0.0, i32::MAX as f64), &device);
        functional::dropout(x, seed, self.probability)
    }
}
