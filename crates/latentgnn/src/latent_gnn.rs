//! The LatentGNN block.

use crate::clouds::Clouds;
use crate::error::{ConfigError, check_epsilon};
use crate::kernel::{LatentKernel, Source};
use crate::macs::Macs;
use crate::projection::{LayerInit, Projection};
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};
use pointtensor::functional::unit_rows;
use serde::{Deserialize, Serialize};

/// Configuration of [`LatentGnn`]. The number of channels is not part of it, so that one configuration serves several
/// layers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LatentGnnConfig {
    /// Number of latent nodes of each kernel; one kernel of 100 by default.
    pub latent_dims: Vec<usize>,
    /// Whether the ways from points to latent nodes and back share a channel reduction and a Ψ, which is normalised
    /// over the latent nodes. By default each way has its own: Ψ is normalised over the points on the way to the latent
    /// nodes, and over the latent nodes on the way back.
    pub symmetric: bool,
    /// Kernels work on `channels / channel_stride` channels; 4 by default.
    pub channel_stride: usize,
    /// Whether each kernel ends in a graph convolution: 1×1 projection, batch normalisation, ReLU. Off by default.
    pub graph_conv: bool,
    /// Distribution of the initial weights, not part of files; Xavier uniform by default, as in PointNet++. It matters
    /// little: every projection is followed by a batch normalisation, which removes the scale of the weights.
    #[serde(skip)]
    pub initializer: Initializer,
    /// Added to the variance in the batch normalisations, not part of files; 1e-5 by default.
    #[serde(skip)]
    pub epsilon: f64,
}

impl Default for LatentGnnConfig {
    fn default() -> Self {
        LatentGnnConfig {
            latent_dims: vec![100],
            symmetric: false,
            channel_stride: 4,
            graph_conv: false,
            initializer: Initializer::XavierUniform { gain: 1.0 },
            epsilon: 1e-5,
        }
    }
}

impl LatentGnnConfig {
    /// Sets [`Self::latent_dims`].
    pub fn with_latent_dims(self, latent_dims: Vec<usize>) -> Self {
        Self { latent_dims, ..self }
    }

    /// Sets [`Self::symmetric`].
    pub fn with_symmetric(self, symmetric: bool) -> Self {
        Self { symmetric, ..self }
    }

    /// Sets [`Self::channel_stride`].
    pub fn with_channel_stride(self, channel_stride: usize) -> Self {
        Self { channel_stride, ..self }
    }

    /// Sets [`Self::graph_conv`].
    pub fn with_graph_conv(self, graph_conv: bool) -> Self {
        Self { graph_conv, ..self }
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
        let stride = self.channel_stride;
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
        check_epsilon(self.epsilon)
    }

    /// Builds a block for features of `channels`, with weights from the device's random generator. λ is 0, so that the
    /// block starts as the identity. The momentum of its batch normalisations is 0.1, see [`LatentGnn::set_momentum`].
    ///
    /// # Panics
    /// With the message of [`Self::validate`] if that returns an error.
    pub fn init(&self, channels: usize, device: &Device) -> LatentGnn {
        self.validate(channels).unwrap_or_else(|error| panic!("{error}"));
        let init = LayerInit { initializer: &self.initializer, epsilon: self.epsilon, device };
        let reduced = channels / self.channel_stride;
        let kernel = |&latent: &usize| LatentKernel::new(reduced, latent, self.symmetric, self.graph_conv, &init);
        LatentGnn {
            reduce_to_latent: init.projection(channels, reduced),
            reduce_to_visible: (!self.symmetric).then(|| init.projection(channels, reduced)),
            kernels: self.latent_dims.iter().map(kernel).collect(),
            restore: init.projection(reduced * self.latent_dims.len(), channels),
            lambda: Initializer::Zeros.init([1], device),
        }
    }
}

/// LatentGNN block (Zhang, Yan and He 2019, <https://arxiv.org/abs/1905.11634>): adds to the features of each point
/// what it learns from all points of its cloud through a few latent nodes, `X + λ · (Ψ F Ψᵀ X W) W'`.
///
/// 1. X is reduced to `channels / channel_stride` channels (projection, batch normalisation), and each row is scaled to
///    length 1. If the block is not symmetric, each of the two ways has a reduction of its own.
/// 2. Each kernel computes Ψ = ReLU(batch norm(projection)), which relates points and latent nodes; gathers the points'
///    features, Z = Ψᵀ X; passes messages between the nodes, Z̃ = F Z, where F is the row softmax of their cosine
///    similarities; and returns Ψ Z̃ to the points, optionally through a graph convolution. How Ψ is normalised depends
///    on [`LatentGnnConfig::symmetric`].
/// 3. The concatenated results of all kernels are projected to `channels` (projection, batch normalisation), scaled by
///    λ and added.
///
/// Time and memory are linear in the number of points: the affinity Ψ F Ψᵀ of all pairs is never formed.
///
/// # What the paper leaves open
///
/// The published parameter counts match if W and W' are the projections of steps 1 and 3 and there are no others, if no
/// projection has a bias, and if the batch normalisations have scales and shifts. The ReLU h in the paper's third step
/// is that of the graph convolution, and absent without it.
///
/// # Properties
///
/// - Order: reordering the points reorders the result in the same way.
/// - Padding: see [`Self::forward_masked`].
/// - Duplicates: copies of a point get the same result, but each copy counts, in the statistics of the batch
///   normalisations and in the latent nodes. To count a point once, mask all copies but one and copy its result to the
///   others.
/// - Number of points: the length of a latent node's features grows with the number of points if the block is
///   symmetric, and with its square root otherwise. Batch statistics cancel this, running statistics do not. So
///   evaluate on clouds of the size that the block was trained on.
#[derive(Module, Debug)]
pub struct LatentGnn {
    /// Channel reduction on the way to the latent nodes, or on both ways if the block is symmetric.
    pub reduce_to_latent: Projection,
    /// Channel reduction on the way back to the points; none if the block is symmetric.
    pub reduce_to_visible: Option<Projection>,
    /// The low-rank affinities.
    pub kernels: Vec<LatentKernel>,
    /// Projection of the kernels' results to the channels of the features.
    pub restore: Projection,
    /// Weight λ of the added features, `[1]`.
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

    /// Applies the block to clouds of different sizes, padded to the same number of points.
    ///
    /// Padding has no influence, whatever its values, even NaN: the statistics of the batch normalisations and the
    /// latent nodes leave it out, and its result is its input. The mask is read back to the host.
    ///
    /// # Shapes
    /// - `x` and result: `[batch, points, channels]`
    /// - `mask`: `[batch, points]`, 1 for a point, 0 for padding
    pub fn forward_masked(&self, x: Tensor<3>, mask: Tensor<2>) -> Tensor<3> {
        let [batch, points, _] = x.dims();
        assert_eq!(mask.dims(), [batch, points], "LatentGnn: the mask must be [batch, points]");
        let clouds = Clouds::masked(mask, &x.device());
        self.augment(x, &clouds)
    }

    /// Number of channels of the features.
    pub fn channels(&self) -> usize {
        self.restore.channels()[1]
    }

    /// Sets the momentum of all batch normalisations: the weight of the newest batch in the running statistics.
    pub fn set_momentum(&mut self, momentum: f64) {
        let projections = std::iter::once(&mut self.reduce_to_latent).chain(&mut self.reduce_to_visible);
        for projection in projections.chain([&mut self.restore]) {
            projection.norm.momentum = momentum;
        }
        for kernel in &mut self.kernels {
            kernel.set_momentum(momentum);
        }
    }

    /// Number of learned parameters: weights, scales, shifts and λ, without the running statistics that burn's
    /// `num_params` also counts.
    pub fn learned_params(&self) -> usize {
        let projections: usize = self.projections().map(Projection::learned_params).sum();
        projections + self.kernels.iter().map(LatentKernel::learned_params).sum::<usize>() + 1
    }

    /// Number of multiply-accumulates of one forward pass over a cloud of `points`.
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
        assert_eq!(x.dims()[2], self.channels(), "LatentGnn: the features must have the channels of the block");
        if clouds.is_empty() {
            return x;
        }
        let added = self.restore.forward(self.context(clouds.to_rows(x.clone()), clouds), false);
        x + clouds.to_clouds(added * self.lambda.val().unsqueeze())
    }

    /// Concatenated results of all kernels, `[rows, kernels · reduced]`.
    fn context(&self, x: Tensor<2>, clouds: &Clouds) -> Tensor<2> {
        let reduce = |projection: &Projection, x: Tensor<2>| unit_rows(projection.forward(x, false));
        let rows = reduce(&self.reduce_to_latent, x.clone());
        let target = self.reduce_to_visible.as_ref().map_or_else(|| rows.clone(), |projection| reduce(projection, x));
        let source = Source { places: clouds.to_places(rows.clone()), rows };
        let mut results: Vec<_> =
            self.kernels.iter().map(|kernel| kernel.forward(&source, target.clone(), clouds)).collect();
        if results.len() == 1 { results.remove(0) } else { Tensor::cat(results, 1) }
    }
}
