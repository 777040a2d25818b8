//! Set abstraction: features of a neighbourhood, seen from its center.

use crate::pyramid::PointPyramid;
use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use pointtensor::functional;
use pointtensor::layer::{SharedMlp, SharedMlpConfig};

/// Configuration of [`SetAbstraction`].
#[derive(Config, Debug)]
pub struct SetAbstractionConfig {
    /// Channels of the features of the level below; 0 where there are only coordinates.
    pub in_channels: usize,
    /// Channels of every layer of the shared perceptron.
    pub channels: Vec<usize>,
    /// Weight of the newest batch in the running statistics.
    #[config(default = 0.1)]
    pub momentum: f64,
}

impl SetAbstractionConfig {
    /// Initialises the weights from the device's random generator.
    pub fn init(&self, device: &Device) -> SetAbstraction {
        SetAbstraction {
            mlp: SharedMlpConfig::new(3 + self.in_channels, self.channels.clone()).with_momentum(self.momentum).init(device),
        }
    }
}

/// A shared perceptron on the coordinates relative to a group's center and the features of its members, then the maximum over them.
///
/// The first layer is applied to the points before they are grouped, see [`pointtensor::kernels::group`].
#[derive(Module, Debug)]
pub struct SetAbstraction {
    /// The shared perceptron; its input is (relative coordinate, features).
    pub mlp: SharedMlp,
}

impl SetAbstraction {
    /// Features of the centers of level `level` (from 1).
    ///
    /// # Shapes
    /// - `features`: `[clouds · points below, in_channels]`, `None` if there are none
    /// - result: `[clouds · points, channels of the last layer]`
    pub fn forward(&self, pyramid: &PointPyramid, level: usize, features: Option<Tensor<2>>) -> Tensor<2> {
        let (indices, neighbors) = &pyramid.groups[level - 1];
        let w = self.mlp.first_weight();
        let of_coord = w.clone().slice([0..3]);
        let mut points = functional::linear(pyramid.coord(level - 1), of_coord.clone());
        if let Some(features) = features {
            let of_features = w.clone().slice([3..w.dims()[0]]);
            points = points + functional::linear(features, of_features);
        }
        let centers = functional::linear(pyramid.coord(level), of_coord);
        let grouped = functional::group(points, centers, indices.clone(), *neighbors, pyramid.clouds);
        self.mlp.forward_projected_max(grouped, *neighbors)
    }
}
