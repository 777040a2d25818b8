//! Feature propagation: from a coarse level back to the points it was made from.

use crate::point_pyramid::{Interpolation, PointPyramid};
use burn::config::Config;
use burn::module::{Initializer, Module};
use burn::tensor::{Device, Tensor};
use pointtensor::functional;
use pointtensor::layer::{SharedMlp, SharedMlpConfig};

/// Configuration of [`FeaturePropagation`].
#[derive(Config, Debug)]
pub struct FeaturePropagationConfig {
    /// Channels that the fine level has already; 0 if it has none.
    pub skip_channels: usize,
    /// Channels of the coarse level.
    pub coarse_channels: usize,
    /// Channels of every layer of the shared perceptron.
    pub channels: Vec<usize>,
    /// Distribution of the initial weights; the authors use Xavier's.
    #[config(default = "Initializer::XavierUniform { gain: 1.0 }")]
    pub initializer: Initializer,
}

impl FeaturePropagationConfig {
    /// Initialises the weights from the device's random generator.
    pub fn init(&self, device: &Device) -> FeaturePropagation {
        let inputs = self.skip_channels + self.coarse_channels;
        FeaturePropagation {
            mlp: SharedMlpConfig::new(inputs, self.channels.clone())
                .with_initializer(self.initializer.clone())
                .init(device),
            skip_channels: self.skip_channels,
        }
    }
}

/// A shared perceptron on the features of the fine points and those interpolated from their three nearest coarse
/// points.
///
/// Interpolation is linear, so the perceptron's first layer is applied to the few coarse points before it.
#[derive(Module, Debug)]
pub struct FeaturePropagation {
    /// The shared perceptron; its input is (features of the fine level, interpolated features).
    pub mlp: SharedMlp,
    /// Channels that the fine level has already.
    pub skip_channels: usize,
}

impl FeaturePropagation {
    /// Returns the features of the points of level `level - 1`, computed from those of level `level` (from 1).
    ///
    /// # Shapes
    /// - `skip`: `[clouds · fine points, skip_channels]`, `None` if that is 0
    /// - `coarse`: `[clouds · coarse points, coarse_channels]`
    /// - result: `[clouds · fine points, channels of the last layer]`
    pub fn forward(
        &self,
        pyramid: &PointPyramid,
        level: usize,
        skip: Option<Tensor<2>>,
        coarse: Tensor<2>,
    ) -> Tensor<2> {
        assert_eq!(
            skip.as_ref().map_or(0, |s| s.dims()[1]),
            self.skip_channels,
            "feature propagation: channels of the fine level"
        );
        let w = self.mlp.first_weight();
        let Interpolation { indices, weights } = pyramid.interpolation(level).clone();
        let clouds = pyramid.clouds();
        let fine = match skip {
            Some(skip) => functional::interpolate_linear(coarse, skip, w, indices, weights, clouds),
            None => functional::interpolate(functional::linear(coarse, w), indices, weights, clouds),
        };
        self.mlp.forward_projected(fine)
    }
}
