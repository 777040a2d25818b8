//! The LatentGNN block.

use crate::clouds::Clouds;
use crate::error::{ConfigError, check_norm};
use crate::kernel::{LatentKernel, Side};
use crate::macs::Macs;
use crate::projection::{Projection, Setting};
use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};
use pointtensor::functional::unit_rows;

/// Whether the ways from points to latent nodes and back have weights of their own.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum LatentMode {
    /// A channel reduction and a ψ for each way. The visible → latent map has length 1 over the points, the latent → visible map over
    /// the latent nodes.
    Asymmetric,
    /// One channel reduction and one ψ for both ways, with length 1 over the latent nodes.
    Symmetric,
}

/// Configuration of [`LatentGnn`].
#[derive(Config, Debug)]
pub struct LatentGnnConfig {
    /// Channels of the features.
    pub channels: usize,
    /// Number of latent nodes of every kernel.
    #[config(default = "vec![100]")]
    pub latent_dims: Vec<usize>,
    /// Whether the two ways between points and latent nodes share their weights.
    #[config(default = "LatentMode::Asymmetric")]
    pub mode: LatentMode,
    /// Kernels work on `channels / channel_stride` channels.
    #[config(default = 4)]
    pub channel_stride: usize,
    /// Whether every kernel ends in a graph convolution: 1×1 projection, batch normalisation, ReLU.
    #[config(default = false)]
    pub graph_conv: bool,
    /// Distribution of the initial weights. Every projection is followed by a batch normalisation, which takes the scale away again,
    /// so that it matters little; Xavier's is what the PointNet++ layers around the block start from.
    #[config(default = "Initializer::XavierUniform { gain: 1.0 }")]
    pub initializer: Initializer,
    /// Weight of the newest batch in the running statistics of the batch normalisations.
    #[config(default = 0.1)]
    pub momentum: f64,
    /// Added to the variance in the batch normalisations.
    #[config(default = 1e-5)]
    pub epsilon: f64,
}

impl LatentGnnConfig {
    /// Checks that a block can be built.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn validate(&self) -> Result<(), ConfigError> {
        let (channels, stride) = (self.channels, self.channel_stride);
        if channels == 0 {
            return Err(ConfigError::NoChannels);
        }
        if stride == 0 || !channels.is_multiple_of(stride) {
            return Err(ConfigError::ChannelStride { channels, stride });
        }
        if self.latent_dims.is_empty() {
            return Err(ConfigError::NoKernels);
        }
        if let Some(kernel) = self.latent_dims.iter().position(|&nodes| nodes == 0) {
            return Err(ConfigError::NoLatentNodes { kernel });
        }
        check_norm(self.momentum, self.epsilon)
    }

    /// Initialises the weights from the device's random generator; λ is 0, so that the block starts as the identity.
    ///
    /// # Panics
    /// With the message of [`Self::validate`], if that gives an error; check first what a user wrote.
    pub fn init(&self, device: &Device) -> LatentGnn {
        self.validate().unwrap_or_else(|error| panic!("{error}"));
        let setting =
            Setting { initializer: &self.initializer, momentum: self.momentum, epsilon: self.epsilon, device };
        let reduced = self.channels / self.channel_stride;
        let symmetric = self.mode == LatentMode::Symmetric;
        let kernel = |&latent: &usize| LatentKernel::new(reduced, latent, symmetric, self.graph_conv, &setting);
        LatentGnn {
            reduce_to_latent: setting.projection(self.channels, reduced),
            reduce_to_visible: (!symmetric).then(|| setting.projection(self.channels, reduced)),
            kernels: self.latent_dims.iter().map(kernel).collect(),
            restore: setting.projection(reduced * self.latent_dims.len(), self.channels),
            lambda: Initializer::Zeros.init([1], device),
        }
    }
}

/// LatentGNN (Zhang, Yan and He 2019, <https://arxiv.org/abs/1905.11634>): adds to every point's features what it learns from all
/// others, by way of a few latent nodes, `X + λ · (Ψ F Ψᵀ X W) W'`.
///
/// 1. X is reduced to `channels / channel_stride` channels (projection, batch normalisation) and scaled to length 1 point by point;
///    in asymmetric mode once for each way.
/// 2. Every kernel relates points to its latent nodes by Ψ = ReLU(batch norm(projection)), gathers Z = Ψᵀ X, lets the nodes exchange,
///    Z̃ = F Z where F is the row softmax of their cosine similarities, and gives back Ψ Z̃, optionally through a graph convolution.
///    The Ψ of [`LatentMode::Asymmetric`] and of [`LatentMode::Symmetric`] differ in what they are scaled by.
/// 3. The results of all kernels, side by side, are projected to `channels` (projection, batch normalisation), scaled by λ and added.
///
/// Time and memory are linear in the number of points: the affinity Ψ F Ψᵀ of all pairs is never formed.
///
/// # What was inferred
///
/// The paper leaves some of it open. The published parameter counts are met if W and W' are the two projections of steps 1 and 3 and
/// there is no other, if no projection has a bias, and if the normalisations have scales and shifts. The ReLU h of the paper's third
/// step is that of the graph convolution, and absent without it.
///
/// # What points do to each other
///
/// - Order: the result follows any reordering of the points.
/// - Padding: see [`Self::forward_masked`].
/// - Copies of a point get the same result as the point, but a point that stands in a cloud several times counts as often, in the
///   statistics of the batch normalisations and in the latent nodes. To let copies count once, mask all but one of each and give
///   its result to the others.
/// - Number: the length of a latent node's features grows with √points in asymmetric mode (Ψ has length 1 over the points) and with
///   the number of points in symmetric mode. Statistics of the batch take that out again; running statistics do not. So evaluate on
///   clouds of the size that the block was trained on.
#[derive(Module, Debug)]
pub struct LatentGnn {
    /// Channel reduction, of the visible → latent way or of both.
    pub reduce_to_latent: Projection,
    /// Channel reduction of the latent → visible way; none in symmetric mode.
    pub reduce_to_visible: Option<Projection>,
    /// The low-rank affinities.
    pub kernels: Vec<LatentKernel>,
    /// Projection of all kernels' results to the channels of the input.
    pub restore: Projection,
    /// Weight λ of what is added, `[1]`.
    pub lambda: Param<Tensor<1>>,
}

impl LatentGnn {
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
    /// Padding changes nothing, whatever it holds, not even NaN: it takes no part in the statistics of the batch normalisations and
    /// in the latent nodes, and the result there is the input. The mask is read back to the host.
    ///
    /// # Shapes
    /// - `x` and result: `[batch, points, channels]`
    /// - `mask`: `[batch, points]`, 1 for a point, 0 for padding
    pub fn forward_masked(&self, x: Tensor<3>, mask: Tensor<2>) -> Tensor<3> {
        let [batch, points, _] = x.dims();
        assert_eq!(mask.dims(), [batch, points], "LatentGnn: mask and points");
        let clouds = Clouds::masked(mask, &x.device());
        self.augment(x, &clouds)
    }

    /// Channels of the input.
    pub fn channels(&self) -> usize {
        self.restore.channels()[1]
    }

    /// Sets the weight of the newest batch in the running statistics of all batch normalisations.
    pub fn set_momentum(&mut self, momentum: f64) {
        let projections = std::iter::once(&mut self.reduce_to_latent).chain(&mut self.reduce_to_visible);
        for projection in projections.chain([&mut self.restore]) {
            projection.norm.momentum = momentum;
        }
        for kernel in &mut self.kernels {
            kernel.set_momentum(momentum);
        }
    }

    /// Number of learned values: weights, scales and shifts, λ. burn's `num_params` also counts the running statistics.
    pub fn learned_params(&self) -> usize {
        let projections: usize = self.projections().map(Projection::learned).sum();
        projections + self.kernels.iter().map(LatentKernel::learned).sum::<usize>() + 1
    }

    /// Multiply-accumulates of one forward pass over one cloud of `points`.
    pub fn macs(&self, points: usize) -> Macs {
        let projections = self.projections().map(|projection| projection.macs(points)).sum();
        let kernels: Macs = self.kernels.iter().map(|kernel| kernel.macs(points)).sum();
        kernels + Macs { projections, ..Macs::default() }
    }

    /// The projections outside the kernels.
    fn projections(&self) -> impl Iterator<Item = &Projection> {
        std::iter::once(&self.reduce_to_latent).chain(&self.reduce_to_visible).chain([&self.restore])
    }

    fn augment(&self, x: Tensor<3>, clouds: &Clouds) -> Tensor<3> {
        assert_eq!(x.dims()[2], self.channels(), "LatentGnn: channels of the features and of the block");
        if clouds.is_empty() {
            return x;
        }
        let added = self.restore.forward(self.context(clouds.to_rows(x.clone()), clouds), false);
        x + clouds.to_clouds(added * self.lambda.val().unsqueeze())
    }

    /// Results of all kernels side by side, `[rows, kernels · reduced]`.
    fn context(&self, x: Tensor<2>, clouds: &Clouds) -> Tensor<2> {
        let reduce = |projection: &Projection, x: Tensor<2>| unit_rows(projection.forward(x, false));
        let rows = reduce(&self.reduce_to_latent, x.clone());
        let target = self.reduce_to_visible.as_ref().map_or_else(|| rows.clone(), |projection| reduce(projection, x));
        let source = Side { places: clouds.to_places(rows.clone()), rows };
        let mut results: Vec<_> =
            self.kernels.iter().map(|kernel| kernel.forward(&source, target.clone(), clouds)).collect();
        if results.len() == 1 { results.remove(0) } else { Tensor::cat(results, 1) }
    }
}
