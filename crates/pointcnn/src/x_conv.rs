//! The X-convolution.

use crate::dense::{Dense, norm};
use crate::geometry::Neighbors;
use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Int, Tensor};
use pointmodel::Counts;
use pointtensor::functional;
use pointtensor::layer::PointNorm;

/// The X-convolution (Li et al. 2018, algorithm 1): a matrix learned from the positions of a center's neighbours weighs
/// and permutes their features, and a separable convolution turns them into the features of the center.
#[derive(Module, Debug)]
pub struct XConv {
    /// Two layers that make features of a neighbour's position.
    pub lift: Vec<Dense>,
    /// First step of the transformation: the positions of all neighbours to K² values.
    pub transform: Dense,
    /// Second step: weights of a depthwise 1×K convolution of the K×K matrix, `[k, k · k]`.
    pub mix: Param<Tensor<2>>,
    /// Its normalisation, after ELU.
    pub mix_norm: PointNorm,
    /// Third step: another one, `[k, k · k]`.
    pub last_mix: Param<Tensor<2>>,
    /// Its normalisation, without activation.
    pub last_norm: PointNorm,
    /// Depthwise weights of the lifted positions, `[k, multiplier · lift channels]`.
    pub depthwise: Param<Tensor<2>>,
    /// Depthwise weights of the neighbours' features, `[k, multiplier · channels]`, if they have any.
    pub depthwise_features: Option<Param<Tensor<2>>>,
    /// The pointwise part of the separable convolution. Its input is, for each depthwise weight, all channels of the
    /// lifted positions; then the same of the features.
    pub pointwise: Dense,
    /// Two layers on the center's own coordinates, whose result comes first; only in the encoder's last layer.
    pub global: Vec<Dense>,
}

/// Configuration of [`XConv`].
#[derive(Config, Debug)]
pub struct XConvConfig {
    /// Neighbours K of a center.
    pub neighbors: usize,
    /// Channels of the neighbours' features, 0 if they have none.
    pub features: usize,
    /// Channels of the features made of the neighbours' positions.
    pub lift: usize,
    /// Depth multiplier of the separable convolution.
    pub multiplier: usize,
    /// Channels of the result without the global part.
    pub channels: usize,
    /// Channels of the global part, which sees the center's own coordinates; 0 for none.
    #[config(default = 0)]
    pub global: usize,
    /// Distribution of the initial weights; the authors use Glorot's.
    #[config(default = "Initializer::XavierNormal { gain: 1.0 }")]
    pub initializer: Initializer,
}

impl XConvConfig {
    /// Initialises the weights from the device's random generator.
    pub fn init(&self, device: &Device) -> XConv {
        let (k, lift, multiplier) = (self.neighbors, self.lift, self.multiplier);
        let inputs = lift + self.features;
        let dense = |inputs, outputs| Dense::init(inputs, outputs, &self.initializer, device);
        // Glorot's fans are those of the convolutions' kernels
        let weight = |shape, fan_in, fan_out| self.initializer.init_with(shape, Some(fan_in), Some(fan_out), device);
        let mix = || weight([k, k * k], k * k, k * k);
        let depthwise = |channels| weight([k, multiplier * channels], k * inputs, k * multiplier);
        let global = if self.global > 0 { vec![3, self.global, self.global] } else { Vec::new() };
        XConv {
            lift: vec![dense(3, lift), dense(lift, lift)],
            transform: Dense { weight: weight([3 * k, k * k], 3 * k, k * k * k), norm: norm(k * k, device) },
            mix: mix(),
            mix_norm: norm(k * k, device),
            last_mix: mix(),
            last_norm: norm(k * k, device),
            depthwise: depthwise(lift),
            depthwise_features: (self.features > 0).then(|| depthwise(self.features)),
            pointwise: dense(multiplier * inputs, self.channels),
            global: global.windows(2).map(|channels| dense(channels[0], channels[1])).collect(),
        }
    }
}

impl XConv {
    /// Returns the features of the centers.
    ///
    /// # Shapes
    /// - `features`: those of the points, `[clouds · points, channels]`, `None` if they have none
    /// - `centers`: coordinates of the centers for the global part, `[clouds · centers, 3]`, `None` if there is none
    /// - result: `[clouds · centers, channels of the global part and the convolution]`
    pub fn forward(
        &self,
        neighbors: &Neighbors,
        features: Option<Tensor<2>>,
        centers: Option<Tensor<2>>,
        clouds: usize,
    ) -> Tensor<2> {
        let positions = neighbors.relative.clone();
        let [rows, columns] = positions.dims();
        assert_eq!(features.is_some(), self.depthwise_features.is_some(), "X-convolution: features and their weights");
        let each = positions.clone().reshape([rows * neighbors.k, columns / neighbors.k]);
        let lifted = self.lift.iter().fold(each, |x, layer| layer.forward(x));
        let transform = self.transformation(positions);
        let depthwise = |features, indices: &Tensor<1, Int>, weight: &Param<Tensor<2>>| {
            functional::x_conv(transform.clone(), features, indices.clone(), weight.val(), clouds)
        };
        let lifted = depthwise(lifted, &neighbors.own, &self.depthwise);
        let made = match features.zip(self.depthwise_features.as_ref()) {
            Some((features, weight)) => {
                self.pointwise.forward_pair([lifted, depthwise(features, &neighbors.indices, weight)])
            }
            None => self.pointwise.forward(lifted),
        };
        assert_eq!(centers.is_some(), !self.global.is_empty(), "X-convolution: centers and their layers");
        match centers {
            Some(centers) => {
                let global = self.global.iter().fold(centers, |x, layer| layer.forward(x));
                Tensor::cat(vec![global, made], 1)
            }
            None => made,
        }
    }

    /// The transformation of each center, `[centers, k · k]`, from its neighbours' positions, `[centers, k · 3]`.
    fn transformation(&self, positions: Tensor<2>) -> Tensor<2> {
        let x = self.transform.forward(positions);
        let x = self.mix_norm.forward_elu(functional::square_depthwise(x, self.mix.val()));
        self.last_norm.forward(functional::square_depthwise(x, self.last_mix.val()), false)
    }

    /// Channels of the result.
    pub fn out_channels(&self) -> usize {
        self.global.last().map_or(0, Dense::out_channels) + self.pointwise.out_channels()
    }

    pub(crate) fn norms_mut(&mut self) -> impl Iterator<Item = &mut PointNorm> {
        let dense = self.lift.iter_mut().chain([&mut self.transform, &mut self.pointwise]).chain(&mut self.global);
        dense.map(|dense| &mut dense.norm).chain([&mut self.mix_norm, &mut self.last_norm])
    }

    /// Learned values and multiply-accumulates for `centers` centers.
    pub(crate) fn counts(&self, centers: usize) -> Counts {
        let len = |weight: &Param<Tensor<2>>| weight.lazy_shape().num_elements();
        let [k, square] = self.mix.lazy_shape().dims();
        let multiplied = self.pointwise.weight.lazy_shape().dims::<2>()[0];
        let channels = |weight: &Param<Tensor<2>>| weight.lazy_shape().dims::<2>()[1];
        let multiplier = channels(&self.depthwise) / self.lift[0].out_channels();
        let own = Counts {
            params: 2 * len(&self.mix) + 4 * square + k * multiplied,
            // the two mixes, the transformation times the features, the depthwise part
            macs: (centers * k * (2 * square + k * multiplied / multiplier + multiplied)) as u64,
        };
        let lift = self.lift.iter().map(|dense| dense.counts(centers * k));
        let others = [&self.transform, &self.pointwise].into_iter().chain(&self.global);
        lift.chain(others.map(|dense| dense.counts(centers))).fold(own, |sum, counts| sum + counts)
    }
}
