//! Dropout.

use crate::functional;
use burn::module::Module;
use burn::tensor::{Distribution, Int, Tensor};

/// Drops values while training, see [`functional::dropout`]; elsewhere than on an autodiff device it changes nothing.
///
/// Which values are dropped follows from the device's random generator ([`burn::tensor::Device::seed`]), of which it takes one number a call.
#[derive(Module, Debug)]
pub struct PointDropout {
    /// Probability that a value is dropped.
    pub probability: f64,
}

impl PointDropout {
    /// # Panics
    /// If the probability is not in 0..1.
    pub fn new(probability: f64) -> Self {
        assert!((0.0..1.0).contains(&probability), "dropout: a probability of {probability}");
        PointDropout { probability }
    }

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
