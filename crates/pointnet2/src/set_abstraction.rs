//! Set abstraction: features of a neighbourhood, seen from its center.

use crate::network::linear;
use crate::point_pyramid::{Groups, PointPyramid};
use burn::config::Config;
use burn::module::{Initializer, Module};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation::relu};
use pointmodel::Counts;
use pointtensor::functional;
use pointtensor::layer::{SharedMlp, SharedMlpConfig};
use serde::{Deserialize, Serialize};

/// How the features of a group's members become those of its center.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// The largest value of every channel.
    #[default]
    Max,
    /// The mean of every channel over the members. A point that a ball query repeats counts each time.
    Average,
}

/// The perceptron of one scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScaleShape {
    /// Channels of every layer of the shared perceptron.
    pub channels: Vec<usize>,
    /// Metres that relative positions are divided by, usually the radius of the groups; `None` keeps metres.
    pub radius: Option<f32>,
}

/// Configuration of [`SetAbstraction`].
#[derive(Config, Debug)]
pub struct SetAbstractionConfig {
    /// Channels of the features of the level below; 0 if there are only coordinates.
    pub in_channels: usize,
    /// The scales, one for each grouping of the level.
    pub scales: Vec<ScaleShape>,
    /// How the features of a group's members become those of its center.
    #[config(default = "Pooling::Max")]
    pub pooling: Pooling,
    /// Whether a linear map of the center's own features is added before the last ReLU (PointNeXt-S). Needs features.
    #[config(default = false)]
    pub residual: bool,
    /// Distribution of the initial weights; the authors use Xavier's.
    #[config(default = "Initializer::XavierUniform { gain: 1.0 }")]
    pub initializer: Initializer,
}

impl SetAbstractionConfig {
    /// One scale whose positions are in metres.
    pub fn single(in_channels: usize, channels: impl Into<Vec<usize>>) -> Self {
        SetAbstractionConfig::new(in_channels, vec![ScaleShape { channels: channels.into(), radius: None }])
    }

    /// Initialises the weights from the device's random generator.
    pub fn init(&self, device: &Device) -> SetAbstraction {
        let scale = |scale: &ScaleShape| AbstractionScale {
            mlp: SharedMlpConfig::new(3 + self.in_channels, scale.channels.clone())
                .with_initializer(self.initializer.clone())
                .with_last_relu(!self.residual)
                .init(device),
            pooling: self.pooling,
            position_scale: scale.radius.map_or(1.0, |radius| 1.0 / radius),
        };
        let scales: Vec<AbstractionScale> = self.scales.iter().map(scale).collect();
        let out_channels = scales.iter().map(|scale| scale.mlp.out_channels()).sum();
        let skip = LinearConfig::new(self.in_channels, out_channels).with_initializer(self.initializer.clone());
        SetAbstraction { scales, skip: self.residual.then(|| skip.init(device)) }
    }
}

/// Set abstraction with single-scale or multi-scale grouping (Qi et al. 2017b, section 3.3): for every scale a shared
/// perceptron on the coordinates relative to a group's center and the features of its members, then the maximum or mean
/// over them; the features of all scales are concatenated.
///
/// Inputs are (relative coordinate, features) at every scale. (The authors' multi-scale code puts the coordinate last,
/// which matters only if you load its weights.)
#[derive(Module, Debug)]
pub struct SetAbstraction {
    /// One for each grouping of the level, in its order.
    pub scales: Vec<AbstractionScale>,
    /// Maps a center's own features, to be added to the pooled ones before the ReLU (PointNeXt-S).
    pub skip: Option<Linear>,
}

/// One scale of a [`SetAbstraction`].
///
/// The first layer is applied to the points before they are grouped, see [`pointtensor::functional::group_linear`].
#[derive(Module, Debug)]
pub struct AbstractionScale {
    /// The shared perceptron; its input is (relative coordinate, features).
    pub mlp: SharedMlp,
    /// How the features of a group's members become those of its center.
    #[module(skip)]
    pub pooling: Pooling,
    /// Factor of relative positions in metres.
    pub position_scale: f32,
}

impl SetAbstraction {
    /// Returns the features of the centers of level `level` (from 1).
    ///
    /// # Shapes
    /// - `features`: `[clouds · points below, in_channels]`, `None` if there are none
    /// - result: `[clouds · points, channels of all scales]`
    pub fn forward(&self, pyramid: &PointPyramid, level: usize, features: Option<Tensor<2>>) -> Tensor<2> {
        let groups = pyramid.groups(level);
        assert_eq!(groups.len(), self.scales.len(), "groupings of the level and scales");
        let scales = self.scales.iter().zip(groups);
        let levels = [level - 1, level];
        let mut pooled: Vec<_> =
            scales.map(|(scale, groups)| scale.forward(pyramid, levels, groups, features.clone())).collect();
        let pooled = if pooled.len() == 1 { pooled.remove(0) } else { Tensor::cat(pooled, 1) };
        let Some(skip) = &self.skip else { return pooled };
        let features = features.expect("a residual set abstraction needs features");
        let own = linear(skip, centers_features(pyramid, level, features));
        relu(pooled + own)
    }

    /// Channels of the result.
    pub fn out_channels(&self) -> usize {
        self.scales.iter().map(|scale| scale.mlp.out_channels()).sum()
    }

    /// Sets the momentum of the batch normalisations.
    pub fn set_momentum(&mut self, momentum: f64) {
        self.scales.iter_mut().for_each(|scale| scale.mlp.set_momentum(momentum));
    }

    /// Learned values and multiply-accumulates for `centers` centers whose groups have `members[scale]` members.
    pub(crate) fn counts(&self, centers: usize, members: &[usize]) -> Counts {
        let counts = |(scale, members): (&AbstractionScale, &usize)| Counts::of_mlp(&scale.mlp, centers * members);
        let skip = self.skip.as_ref().map(|skip| Counts::of_linear(skip, centers));
        self.scales.iter().zip(members).map(counts).chain(skip).sum()
    }
}

impl AbstractionScale {
    /// Returns the features of the points of level `to`, whose groups are of points of level `from`.
    pub(crate) fn forward(
        &self,
        pyramid: &PointPyramid,
        [from, to]: [usize; 2],
        groups: &Groups,
        features: Option<Tensor<2>>,
    ) -> Tensor<2> {
        let w = self.mlp.first_weight();
        let inputs = w.dims()[0];
        assert_eq!(
            features.as_ref().map_or(0, |f| f.dims()[1]),
            inputs - 3,
            "set abstraction: channels of the level below"
        );
        // dividing the weights of the position is dividing the positions
        let w = if self.position_scale == 1.0 { w } else { w.clone() * self.input_scales(inputs, &w.device()) };
        let (coord, centers) = (pyramid.coord(from), pyramid.coord(to));
        let (indices, k, clouds) = (groups.indices.clone(), groups.members, pyramid.clouds());
        let grouped = match features {
            Some(features) => functional::group_linear([coord, centers], features, w, indices, k, clouds),
            None => {
                let [points, centers] = [coord, centers].map(|coord| functional::linear(coord, w.clone()));
                functional::group(points, centers, indices, k, clouds)
            }
        };
        match self.pooling {
            Pooling::Max => self.mlp.forward_projected_max(grouped, k),
            Pooling::Average => average(self.mlp.forward_projected(grouped), k),
        }
    }

    /// Factors of the weights of each input, `[inputs, 1]`.
    fn input_scales(&self, inputs: usize, device: &Device) -> Tensor<2> {
        let scales = (0..inputs).map(|input| if input < 3 { self.position_scale } else { 1.0 });
        functional::matrix(scales.collect(), 1, device)
    }
}

/// The features that the points of level `level` have on the level below.
fn centers_features(pyramid: &PointPyramid, level: usize, features: Tensor<2>) -> Tensor<2> {
    let kept = pyramid.kept(level).expect("the centers of a residual set abstraction are points of the level below");
    // rows times 1: unlike burn's, this gradient has the same bits at any number of threads and is fast on GPUs
    let weights = Tensor::ones([kept.dims()[0], 1], &features.device());
    functional::interpolate(features, kept, weights, pyramid.clouds())
}

/// Mean over each `k` consecutive rows.
fn average(x: Tensor<2>, k: usize) -> Tensor<2> {
    let [rows, channels] = x.dims();
    x.reshape([rows / k, k, channels]).mean_dim(1).reshape([rows / k, channels])
}
