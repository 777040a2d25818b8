//! The non-local block.

use crate::clouds::{Clouds, select_rows};
use crate::error::{ConfigError, check_epsilon};
use crate::macs::{Macs, product};
use crate::projection::{LayerInit, Linear};
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use pointtensor::functional;
use pointtensor::layer::PointNorm;
use serde::{Deserialize, Serialize};

/// The affinity of a point i to a key j, normalised over the keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NonLocalAffinity {
    /// Softmax over the keys of `θ(x_i)ᵀ φ(x_j)`.
    #[default]
    EmbeddedGaussian,
    /// Softmax over the keys of `x_iᵀ x_j`, without θ and φ.
    Gaussian,
    /// `θ(x_i)ᵀ φ(x_j)`, divided by the number of keys.
    DotProduct,
    /// `ReLU(wᵀ [θ(x_i), φ(x_j)])`, divided by the number of keys.
    Concatenation,
}

/// Configuration of [`NonLocal`]. The number of channels is not part of it, so that one configuration serves several
/// layers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NonLocalConfig {
    /// How affinities are computed; embedded Gaussian by default.
    pub affinity: NonLocalAffinity,
    /// Number of channels of θ, φ and g; half of the block's channels by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inner: Option<usize>,
    /// Every `sub_sample`-th point of a cloud is a key; 1, and so every point, by default.
    pub sub_sample: usize,
    /// Distribution of the initial weights, not part of files; Xavier uniform by default. Biases start at 0.
    #[serde(skip)]
    pub initializer: Initializer,
    /// Added to the variance in the batch normalisation, not part of files; 1e-5 by default.
    #[serde(skip)]
    pub epsilon: f64,
}

impl Default for NonLocalConfig {
    fn default() -> Self {
        NonLocalConfig {
            affinity: NonLocalAffinity::default(),
            inner: None,
            sub_sample: 1,
            initializer: Initializer::XavierUniform { gain: 1.0 },
            epsilon: 1e-5,
        }
    }
}

impl NonLocalConfig {
    /// Sets [`Self::affinity`].
    pub fn with_affinity(self, affinity: NonLocalAffinity) -> Self {
        Self { affinity, ..self }
    }

    /// Sets [`Self::inner`].
    pub fn with_inner(self, inner: Option<usize>) -> Self {
        Self { inner, ..self }
    }

    /// Sets [`Self::sub_sample`].
    pub fn with_sub_sample(self, sub_sample: usize) -> Self {
        Self { sub_sample, ..self }
    }

    /// Sets [`Self::initializer`].
    pub fn with_initializer(self, initializer: Initializer) -> Self {
        Self { initializer, ..self }
    }

    /// Sets [`Self::epsilon`].
    pub fn with_epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// Checks that a block for features of `channels` can be built.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn validate(&self, channels: usize) -> Result<(), ConfigError> {
        match self {
            _ if channels == 0 => Err(ConfigError::NoChannels),
            Self { inner: Some(0), .. } => Err(ConfigError::NoInnerChannels),
            Self { sub_sample: 0, .. } => Err(ConfigError::NoKeys),
            _ => check_epsilon(self.epsilon),
        }
    }

    /// Builds a block for features of `channels`, with weights from the device's random generator. The scale γ of the
    /// batch normalisation is 0, so that the block starts as the identity. Its momentum is 0.1, see
    /// [`NonLocal::set_momentum`].
    ///
    /// # Panics
    /// With the message of [`Self::validate`] if that returns an error.
    pub fn init(&self, channels: usize, device: &Device) -> NonLocal {
        self.validate(channels).unwrap_or_else(|error| panic!("{error}"));
        let init = LayerInit { initializer: &self.initializer, epsilon: self.epsilon, device };
        let inner = self.inner.unwrap_or((channels / 2).max(1));
        let embedded = self.affinity != NonLocalAffinity::Gaussian;
        let mut norm = init.norm(channels);
        norm.gamma = Initializer::Zeros.init([channels], device);
        NonLocal {
            theta: embedded.then(|| init.linear(channels, inner)),
            phi: embedded.then(|| init.linear(channels, inner)),
            g: init.linear(channels, inner),
            pair: (self.affinity == NonLocalAffinity::Concatenation)
                .then(|| self.initializer.init_with([2 * inner, 1], Some(2 * inner), Some(1), device)),
            restore: init.linear(inner, channels),
            norm,
            affinity: self.affinity,
            sub_sample: self.sub_sample,
        }
    }
}

/// Non-local block (Wang, Girshick, Gupta and He 2018, <https://arxiv.org/abs/1711.07971>): each point receives the
/// mean of `g(x_j)` over the keys j, weighted by its affinities to them, `x_i + batch norm(W Σ_j a(x_i, x_j) g(x_j))`.
///
/// Time and memory are quadratic in the number of points: the affinities of all points to all keys are formed. All
/// projections have biases, even W, whose bias the batch normalisation cancels. This is as in the public code, and
/// matches the published parameter counts.
///
/// # Sub-sampling
///
/// On a grid, keys are sub-sampled by pooling neighbouring pixels. Points that are next to each other in a point set
/// need not be close, so here the keys are every `sub_sample`-th point, starting with the first, without pooling.
/// Without sub-sampling, reordering the points reorders the result in the same way; with it, the order decides which
/// points are keys.
///
/// Copies of a point get the same result, but each copy counts as a key.
#[derive(Module, Debug)]
pub struct NonLocal {
    /// Embedding θ of the points, from `channels` to `inner` channels; none for [`NonLocalAffinity::Gaussian`].
    pub theta: Option<Linear>,
    /// Embedding φ of the keys, from `channels` to `inner` channels; none for [`NonLocalAffinity::Gaussian`].
    pub phi: Option<Linear>,
    /// Projection g of the keys to their values, from `channels` to `inner` channels.
    pub g: Linear,
    /// Weights w of [`NonLocalAffinity::Concatenation`], `[2 · inner, 1]`.
    pub pair: Option<Param<Tensor<2>>>,
    /// Projection W of the weighted means, from `inner` to `channels` channels.
    pub restore: Linear,
    /// Normalisation of the projected means.
    pub norm: PointNorm,
    /// How affinities are computed.
    #[module(skip)]
    pub affinity: NonLocalAffinity,
    /// Every `sub_sample`-th point is a key.
    pub sub_sample: usize,
}

impl NonLocal {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x` and result: `[batch, points, channels]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, points, _] = x.dims();
        self.augment(x, &Clouds::full(batch, points))
    }

    /// Applies the block to clouds of different sizes, padded to the same number of points.
    ///
    /// Padding has no influence, whatever its values, even NaN: it is never a key, the statistics of the batch
    /// normalisation leave it out, and its result is its input. Where all keys of a cloud are padding, the weighted
    /// means are 0. The mask is read back to the host.
    ///
    /// # Shapes
    /// - `x` and result: `[batch, points, channels]`
    /// - `mask`: `[batch, points]`, 1 for a point, 0 for padding
    pub fn forward_masked(&self, x: Tensor<3>, mask: Tensor<2>) -> Tensor<3> {
        let [batch, points, _] = x.dims();
        assert_eq!(mask.dims(), [batch, points], "NonLocal: the mask must be [batch, points]");
        let clouds = Clouds::masked(mask, &x.device());
        self.augment(x, &clouds)
    }

    /// Number of channels of the features.
    pub fn channels(&self) -> usize {
        self.g.channels()[0]
    }

    /// Sets the momentum of the batch normalisation: the weight of the newest batch in the running statistics.
    pub fn set_momentum(&mut self, momentum: f64) {
        self.norm.momentum = momentum;
    }

    /// Number of learned parameters: weights, biases, scales and shifts, without the running statistics that burn's
    /// `num_params` also counts.
    pub fn learned_params(&self) -> usize {
        let embeddings = self.theta.iter().chain(&self.phi).chain([&self.g, &self.restore]);
        let pair = self.pair.as_ref().map_or(0, |pair| pair.lazy_shape().num_elements());
        embeddings.map(Linear::learned_params).sum::<usize>() + pair + 2 * self.norm.channels()
    }

    /// Number of multiply-accumulates of one forward pass over a cloud of `points`.
    pub fn macs(&self, points: usize) -> Macs {
        let keys = points.div_ceil(self.sub_sample);
        let [channels, inner] = self.g.channels();
        let similarity = match self.affinity {
            NonLocalAffinity::EmbeddedGaussian | NonLocalAffinity::DotProduct => product(points, inner, keys),
            NonLocalAffinity::Gaussian => product(points, channels, keys),
            NonLocalAffinity::Concatenation => product(points, inner, 1) + product(keys, inner, 1),
        };
        let of_points = self.theta.as_ref().map_or(0, |theta| theta.macs(points)) + self.restore.macs(points);
        let of_keys = self.phi.as_ref().map_or(0, |phi| phi.macs(keys)) + self.g.macs(keys);
        Macs { projections: of_points + of_keys, affinity: similarity + product(points, keys, inner), latent: 0 }
    }

    fn augment(&self, x: Tensor<3>, clouds: &Clouds) -> Tensor<3> {
        assert_eq!(x.dims()[2], self.channels(), "NonLocal: the features must have the channels of the block");
        if clouds.is_empty() {
            return x;
        }
        // set padding to 0, so that its values (which may be NaN) reach no product
        let points = clouds.to_clouds(clouds.to_rows(x.clone()));
        let keys = self.keys(points.clone());
        let mask = clouds.mask().map(|mask| self.keys(mask));
        let values = each_point(&self.g, keys.clone());
        let values = match &mask {
            Some(mask) => values * mask.clone(),
            None => values,
        };
        let means = functional::product(self.affinities(points, keys, mask), values);
        let added = self.norm.forward(self.restore.forward(clouds.to_rows(means)), false);
        x + clouds.to_clouds(added)
    }

    /// Normalised affinities, `[batch, points, keys]`. Affinities to padding need not be 0, because its values are.
    fn affinities(&self, points: Tensor<3>, keys: Tensor<3>, mask: Option<Tensor<3>>) -> Tensor<3> {
        let count = keys.dims()[1] as f64;
        let embed = |linear: &Option<Linear>, x: Tensor<3>| match linear {
            Some(linear) => each_point(linear, x),
            None => x,
        };
        let (theta, phi) = (embed(&self.theta, points), embed(&self.phi, keys));
        let similarity = match &self.pair {
            Some(weight) => {
                let [_, _, inner] = theta.dims();
                let weight = weight.val();
                let of_points = product_each(theta, weight.clone().slice([0..inner, 0..1]));
                let of_keys = product_each(phi, weight.slice([inner..2 * inner, 0..1]));
                activation::relu(of_points + of_keys.swap_dims(1, 2))
            }
            None => functional::product(theta, phi.swap_dims(1, 2)),
        };
        match self.affinity {
            NonLocalAffinity::EmbeddedGaussian | NonLocalAffinity::Gaussian => activation::softmax(
                match mask {
                    Some(mask) => similarity + ((mask - 1.0) * 1e30).swap_dims(1, 2),
                    None => similarity,
                },
                2,
            ),
            NonLocalAffinity::DotProduct | NonLocalAffinity::Concatenation => match mask {
                Some(mask) => similarity / mask.sum_dim(1).clamp_min(1.0),
                None => similarity / count,
            },
        }
    }

    /// The points of `x [batch, points, channels]` that are keys, `[batch, keys, channels]`.
    fn keys(&self, x: Tensor<3>) -> Tensor<3> {
        if self.sub_sample == 1 {
            return x;
        }
        let [batch, points, channels] = x.dims();
        let places =
            (0..batch).flat_map(|b| (0..points).step_by(self.sub_sample).map(move |p| (b * points + p) as i32));
        let places: Vec<i32> = places.collect();
        let (count, device) = (places.len(), x.device());
        let places = Tensor::<1, Int>::from_data(TensorData::new(places, [count]), &device);
        select_rows(x.reshape([batch * points, channels]), places, None, batch).reshape([
            batch,
            count / batch,
            channels,
        ])
    }
}

/// Applies a linear layer to every point of every cloud.
fn each_point(linear: &Linear, x: Tensor<3>) -> Tensor<3> {
    let [batch, points, channels] = x.dims();
    linear.forward(x.reshape([batch * points, channels])).reshape([batch as i32, points as i32, -1])
}

/// Multiplies the features of every point of every cloud by `weight [channels, 1]`.
fn product_each(x: Tensor<3>, weight: Tensor<2>) -> Tensor<3> {
    let [batch, points, channels] = x.dims();
    functional::linear(x.reshape([batch * points, channels]), weight).reshape([batch, points, 1])
}
