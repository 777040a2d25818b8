//! The non-local block.

use crate::clouds::{Clouds, select_rows};
use crate::error::{ConfigError, check_norm};
use crate::macs::{Macs, product};
use crate::projection::{Linear, Setting};
use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use pointtensor::functional;
use pointtensor::layer::PointNorm;

/// How strongly a point listens to a key; the affinities of a point to all keys are normalised.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum NonLocalAffinity {
    /// Softmax over the keys of `θ(x_i)ᵀ φ(x_j)`.
    EmbeddedGaussian,
    /// Softmax over the keys of `x_iᵀ x_j`; without θ and φ.
    Gaussian,
    /// `θ(x_i)ᵀ φ(x_j)` divided by the number of keys.
    DotProduct,
    /// `ReLU(wᵀ [θ(x_i), φ(x_j)])` divided by the number of keys.
    Concatenation,
}

/// Configuration of [`NonLocal`].
#[derive(Config, Debug)]
pub struct NonLocalConfig {
    /// Channels of the features.
    pub channels: usize,
    /// Channels of θ, φ and g; half of `channels` if not given.
    pub inner: Option<usize>,
    /// How strongly a point listens to a key.
    #[config(default = "NonLocalAffinity::EmbeddedGaussian")]
    pub affinity: NonLocalAffinity,
    /// Every `sub_sample`-th point of a cloud is a key; 1 for all.
    #[config(default = 1)]
    pub sub_sample: usize,
    /// Distribution of the initial weights; biases start at 0.
    #[config(default = "Initializer::XavierUniform { gain: 1.0 }")]
    pub initializer: Initializer,
    /// Weight of the newest batch in the running statistics of the batch normalisation.
    #[config(default = 0.1)]
    pub momentum: f64,
    /// Added to the variance in the batch normalisation.
    #[config(default = 1e-5)]
    pub epsilon: f64,
}

impl NonLocalConfig {
    /// Checks that a block can be built.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn validate(&self) -> Result<(), ConfigError> {
        match self {
            Self { channels: 0, .. } => Err(ConfigError::NoChannels),
            Self { inner: Some(0), .. } => Err(ConfigError::NoInnerChannels),
            Self { sub_sample: 0, .. } => Err(ConfigError::NoKeys),
            _ => check_norm(self.momentum, self.epsilon),
        }
    }

    /// Initialises the weights from the device's random generator; γ of the batch normalisation is 0, so that the block starts as the
    /// identity.
    ///
    /// # Panics
    /// With the message of [`Self::validate`], if that gives an error; check first what a user wrote.
    pub fn init(&self, device: &Device) -> NonLocal {
        self.validate().unwrap_or_else(|error| panic!("{error}"));
        let setting =
            Setting { initializer: &self.initializer, momentum: self.momentum, epsilon: self.epsilon, device };
        let (channels, inner) = (self.channels, self.inner.unwrap_or((self.channels / 2).max(1)));
        let embedded = self.affinity != NonLocalAffinity::Gaussian;
        let mut norm = setting.norm(channels);
        norm.gamma = Initializer::Zeros.init([channels], device);
        NonLocal {
            theta: embedded.then(|| setting.linear(channels, inner)),
            phi: embedded.then(|| setting.linear(channels, inner)),
            g: setting.linear(channels, inner),
            pair: (self.affinity == NonLocalAffinity::Concatenation)
                .then(|| self.initializer.init_with([2 * inner, 1], Some(2 * inner), Some(1), device)),
            restore: setting.linear(inner, channels),
            norm,
            affinity: self.affinity,
            sub_sample: self.sub_sample,
        }
    }
}

/// Non-local block (Wang, Girshick, Gupta and He 2018, <https://arxiv.org/abs/1711.07971>): every point takes the mean of
/// `g(x_j)` over the keys, weighted by its affinity to them, `x_i + batch norm(W Σ_j a(x_i, x_j) g(x_j))`.
///
/// Time and memory are quadratic in the number of points: the affinities of all points and keys are formed. All projections have
/// biases, also W, whose bias the batch normalisation takes away again: so has the public code, and so fit the published parameter
/// counts.
///
/// # Sub-sampling
///
/// On a grid, keys are sub-sampled by pooling neighbours. Neighbours in the order of a point set mean nothing, so here the keys are
/// every `sub_sample`-th point, beginning with the first, unpooled. Without sub-sampling the result follows any reordering of the
/// points; with it, the order decides which points are keys, and reordering can change the result.
///
/// Copies of a point get the same result as the point, but count as often as they stand in the cloud.
#[derive(Module, Debug)]
pub struct NonLocal {
    /// Embedding of the points that listen, `channels` to `inner`; none for [`NonLocalAffinity::Gaussian`].
    pub theta: Option<Linear>,
    /// Embedding of the keys, `channels` to `inner`; none for [`NonLocalAffinity::Gaussian`].
    pub phi: Option<Linear>,
    /// What keys say, `channels` to `inner`.
    pub g: Linear,
    /// Weights w of [`NonLocalAffinity::Concatenation`], `[2 · inner, 1]`.
    pub pair: Option<Param<Tensor<2>>>,
    /// Projection W of the result, `inner` to `channels`.
    pub restore: Linear,
    /// Normalisation of the result.
    pub norm: PointNorm,
    /// How strongly a point listens to a key.
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

    /// Applies the block to clouds of unequal size, padded to the same number of points.
    ///
    /// Padding changes nothing, whatever it holds: it is no key and takes no part in the statistics of the batch normalisation, and the
    /// result there is the input. A cloud none of whose keys is a point hears nothing. The mask is read back to the host.
    ///
    /// # Shapes
    /// - `x` and result: `[batch, points, channels]`
    /// - `mask`: `[batch, points]`, 1 for a point, 0 for padding
    pub fn forward_masked(&self, x: Tensor<3>, mask: Tensor<2>) -> Tensor<3> {
        let [batch, points, _] = x.dims();
        assert_eq!(mask.dims(), [batch, points], "NonLocal: mask and points");
        let clouds = Clouds::masked(mask, &x.device());
        self.augment(x, &clouds)
    }

    /// Channels of the input.
    pub fn channels(&self) -> usize {
        self.g.channels()[0]
    }

    /// Sets the weight of the newest batch in the running statistics of the batch normalisation.
    pub fn set_momentum(&mut self, momentum: f64) {
        self.norm.momentum = momentum;
    }

    /// Number of learned values: weights, biases, scales and shifts. burn's `num_params` also counts the running statistics.
    pub fn learned_params(&self) -> usize {
        let embeddings = self.theta.iter().chain(&self.phi).chain([&self.g, &self.restore]);
        let pair = self.pair.as_ref().map_or(0, |pair| pair.lazy_shape().num_elements());
        embeddings.map(Linear::learned).sum::<usize>() + pair + 2 * self.norm.channels()
    }

    /// Multiply-accumulates of one forward pass over one cloud of `points`.
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
        assert_eq!(x.dims()[2], self.channels(), "NonLocal: channels of the features and of the block");
        if clouds.is_empty() {
            return x;
        }
        // padding becomes 0 here, so that nothing it held can reach a product
        let points = clouds.to_clouds(clouds.to_rows(x.clone()));
        let keys = self.keys(points.clone());
        let mask = clouds.mask().map(|mask| self.keys(mask));
        let said = each_point(&self.g, keys.clone());
        let said = match &mask {
            Some(mask) => said * mask.clone(),
            None => said,
        };
        let heard = functional::product(self.affinities(points, keys, mask), said);
        let added = self.norm.forward(self.restore.forward(clouds.to_rows(heard)), false);
        x + clouds.to_clouds(added)
    }

    /// Normalised affinities, `[batch, points, keys]`. Those of padding among the keys are not 0 everywhere; what it says is.
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

/// A linear map on every point of every cloud.
fn each_point(linear: &Linear, x: Tensor<3>) -> Tensor<3> {
    let [batch, points, channels] = x.dims();
    linear.forward(x.reshape([batch * points, channels])).reshape([batch as i32, points as i32, -1])
}

/// A matrix product on every point of every cloud, to one channel.
fn product_each(x: Tensor<3>, weight: Tensor<2>) -> Tensor<3> {
    let [batch, points, channels] = x.dims();
    functional::linear(x.reshape([batch * points, channels]), weight).reshape([batch, points, 1])
}
