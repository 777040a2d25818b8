//! PointNeXt's inverted residual block.

use crate::point_pyramid::PointPyramid;
use crate::set_abstraction::{AbstractionScale, Pooling};
use burn::config::Config;
use burn::module::{Initializer, Module};
use burn::tensor::{Device, Tensor, activation::relu};
use pointmodel::Counts;
use pointtensor::layer::{SharedMlp, SharedMlpConfig};

/// Configuration of [`InvertedResidual`].
#[derive(Config, Debug)]
pub struct InvertedResidualConfig {
    /// Channels of the input and the result.
    pub channels: usize,
    /// Metres that relative positions are divided by: the radius of the groups.
    pub radius: f32,
    /// How many times more channels the hidden layer has.
    #[config(default = 4)]
    pub expansion: usize,
    /// Distribution of the initial weights.
    #[config(default = "crate::pointnext::pytorch()")]
    pub initializer: Initializer,
}

impl InvertedResidualConfig {
    /// Initialises the weights from the device's random generator.
    pub fn init(&self, device: &Device) -> InvertedResidual {
        let mlp = |inputs, channels| SharedMlpConfig::new(inputs, channels).with_initializer(self.initializer.clone());
        let channels = self.channels;
        InvertedResidual {
            aggregation: AbstractionScale {
                mlp: mlp(3 + channels, vec![channels]).init(device),
                pooling: Pooling::Max,
                position_scale: 1.0 / self.radius,
            },
            mlp: mlp(channels, vec![self.expansion * channels, channels]).with_last_relu(false).init(device),
        }
    }
}

/// The inverted residual block of PointNeXt (InvResMLP; Qian et al. 2022, <https://arxiv.org/abs/2206.04670>), within
/// one level: a layer on (relative coordinate, features) of the members of each group and their maximum, a layer that
/// widens the features and one that narrows them, and the sum with the block's input.
///
/// Each layer is a linear map, batch normalisation and ReLU; the last ReLU comes after the sum. As in a set
/// abstraction, the first map is applied to the points before they are grouped.
#[derive(Module, Debug)]
pub struct InvertedResidual {
    /// The layer on the members of a group, and the maximum over them.
    pub aggregation: AbstractionScale,
    /// The two layers after it.
    pub mlp: SharedMlp,
}

impl InvertedResidual {
    /// Returns the new features of the points of level `level` (from 1), grouped by [`PointPyramid::own_groups`].
    ///
    /// # Shapes
    /// - `features` and result: `[clouds · points, channels]`
    pub fn forward(&self, pyramid: &PointPyramid, level: usize, features: Tensor<2>) -> Tensor<2> {
        let groups = pyramid.own_groups(level).expect("a level with inverted residual blocks has groups of its own");
        let pooled = self.aggregation.forward(pyramid, [level, level], groups, Some(features.clone()));
        relu(self.mlp.forward(pooled) + features)
    }

    /// Sets the momentum of the batch normalisations.
    pub fn set_momentum(&mut self, momentum: f64) {
        self.aggregation.mlp.set_momentum(momentum);
        self.mlp.set_momentum(momentum);
    }

    /// Learned values and multiply-accumulates for `points` points whose groups have `members` members.
    pub(crate) fn counts(&self, points: usize, members: usize) -> Counts {
        Counts::of_mlp(&self.aggregation.mlp, points * members) + Counts::of_mlp(&self.mlp, points)
    }
}
