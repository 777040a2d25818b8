//! Set abstraction: features of a neighbourhood, seen from its center.

use crate::counts::Counts;
use crate::pyramid::PointPyramid;
use burn::config::Config;
use burn::module::{Initializer, Module};
use burn::tensor::{Device, Tensor};
use pointtensor::functional;
use pointtensor::layer::{SharedMlp, SharedMlpConfig};

/// How the features of a group's members become those of its center.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The largest value of every channel.
    Max,
    /// The mean of every channel over the members, where a member that fills a place of a ball counts once a place.
    Average,
}

/// Configuration of [`SetAbstraction`].
#[derive(Config, Debug)]
pub struct SetAbstractionConfig {
    /// Channels of the features of the level below; 0 where there are only coordinates.
    pub in_channels: usize,
    /// Channels of every layer of the shared perceptron.
    pub channels: Vec<usize>,
    /// How the features of a group's members become those of its center.
    #[config(default = "Pooling::Max")]
    pub pooling: Pooling,
    /// Metres that relative positions are divided by, usually the radius of the groups; metres are kept if not given.
    pub radius: Option<f32>,
    /// Distribution of the initial weights; the authors use Xavier's.
    #[config(default = "Initializer::XavierUniform { gain: 1.0 }")]
    pub initializer: Initializer,
    /// Weight of the newest batch in the running statistics.
    #[config(default = 0.1)]
    pub momentum: f64,
}

impl SetAbstractionConfig {
    /// Initialises the weights from the device's random generator.
    pub fn init(&self, device: &Device) -> SetAbstraction {
        SetAbstraction {
            mlp: SharedMlpConfig::new(3 + self.in_channels, self.channels.clone())
                .with_initializer(self.initializer.clone())
                .with_momentum(self.momentum)
                .init(device),
            pooling: self.pooling,
            position_scale: self.radius.map_or(1.0, |radius| 1.0 / radius),
        }
    }
}

/// A shared perceptron on the coordinates relative to a group's center and the features of its members, then the maximum or mean
/// over them.
///
/// The first layer is applied to the points before they are grouped, see [`pointtensor::kernels::group`].
#[derive(Module, Debug)]
pub struct SetAbstraction {
    /// The shared perceptron; its input is (relative coordinate, features).
    pub mlp: SharedMlp,
    /// How the features of a group's members become those of its center.
    #[module(skip)]
    pub pooling: Pooling,
    /// What relative positions in metres are multiplied by.
    pub position_scale: f32,
}

impl SetAbstraction {
    /// Features of the centers of level `level` (from 1), from its first grouping.
    ///
    /// # Shapes
    /// - `features`: `[clouds · points below, in_channels]`, `None` if there are none
    /// - result: `[clouds · points, channels of the last layer]`
    pub fn forward(&self, pyramid: &PointPyramid, level: usize, features: Option<Tensor<2>>) -> Tensor<2> {
        self.forward_grouping(pyramid, level, 0, features)
    }

    /// [`Self::forward`] with another one of the level's groupings.
    pub fn forward_grouping(
        &self,
        pyramid: &PointPyramid,
        level: usize,
        grouping: usize,
        features: Option<Tensor<2>>,
    ) -> Tensor<2> {
        let (indices, neighbors) = &pyramid.groups[level - 1][grouping];
        let w = self.mlp.first_weight();
        let inputs = w.dims()[0];
        assert_eq!(
            features.as_ref().map_or(0, |f| f.dims()[1]),
            inputs - 3,
            "set abstraction: channels of the level below"
        );
        // dividing the weights of the position is dividing the positions
        let w = if self.position_scale == 1.0 { w } else { w.clone() * self.scales(inputs, &w.device()) };
        let (coord, centers) = (pyramid.coord(level - 1), pyramid.coord(level));
        let (indices, k, clouds) = (indices.clone(), *neighbors, pyramid.clouds);
        let grouped = match features {
            Some(features) => functional::group_linear([coord, centers], features, w, indices, k, clouds),
            None => {
                let [points, centers] = [coord, centers].map(|coord| functional::linear(coord, w.clone()));
                functional::group(points, centers, indices, k, clouds)
            }
        };
        // differences of coordinates need all their digits, so halves begin here
        let grouped = functional::of_type(grouped, pyramid.compute);
        match self.pooling {
            Pooling::Max => self.mlp.forward_projected_max(grouped, *neighbors),
            Pooling::Average => average(self.mlp.forward_projected(grouped), *neighbors),
        }
    }

    /// What the weights of each of so many inputs are multiplied with, `[inputs, 1]`.
    fn scales(&self, inputs: usize, device: &Device) -> Tensor<2> {
        let scales = (0..inputs).map(|input| if input < 3 { self.position_scale } else { 1.0 });
        functional::matrix(scales.collect(), 1, device)
    }

    /// Channels of the result.
    pub fn out_channels(&self) -> usize {
        self.mlp.out_channels()
    }

    /// Sets the weight of the newest batch in the running statistics.
    pub fn set_momentum(&mut self, momentum: f64) {
        self.mlp.set_momentum(momentum);
    }

    /// Learned parameters and multiply-accumulates for so many centers with so many members each.
    pub(crate) fn counts(&self, centers: usize, members: usize) -> Counts {
        Counts::of_mlp(&self.mlp, centers * members)
    }
}

/// Mean over each `k` consecutive rows.
fn average(x: Tensor<2>, k: usize) -> Tensor<2> {
    let [rows, channels] = x.dims();
    x.reshape([rows / k, k, channels]).mean_dim(1).reshape([rows / k, channels])
}
