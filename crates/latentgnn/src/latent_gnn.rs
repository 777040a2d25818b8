//! The LatentGNN block.

use crate::clouds::Clouds;
use crate::kernel::{LatentKernel, Source};
use crate::latent_gnn_config::Activation;
use crate::macs::Macs;
use crate::projection::Projection;
use burn::module::{Module, Param};
use burn::tensor::{Tensor, activation::relu};
use pointtensor::functional::unit_rows;

/// LatentGNN block (Zhang, Yan and He 2019, <https://arxiv.org/abs/1905.11634>): adds to the features of each point
/// what it learns from all points of its cloud through a few latent nodes, `X + λ · (Ψ F Ψᵀ X W) W'`.
///
/// 1. X is reduced to `channels / channel_stride` channels (projection, batch normalisation), and each row is scaled to
///    length 1. If the block is not symmetric, each of the two ways has a reduction of its own.
/// 2. Each kernel computes Ψ = ReLU(batch norm(projection)), which relates points and latent nodes; gathers the points'
///    features, Z = Ψᵀ X; passes messages between the nodes, Z̃ = F Z, where F is the row softmax of their cosine
///    similarities; and returns Ψ Z̃ to the points, optionally through a graph convolution. How Ψ is normalised depends
///    on [`LatentGnnConfig::symmetric`](crate::LatentGnnConfig::symmetric).
/// 3. The concatenated results of all kernels are projected to `channels` (projection, batch normalisation), scaled by
///    λ and added.
///
/// Built by [`LatentGnnConfig`](crate::LatentGnnConfig). Lengths are those of PyTorch's `normalize`: what is not longer
/// than 1e-12 is divided by 1e-12.
///
/// Time and memory are linear in the number of points: the affinity Ψ F Ψᵀ of all pairs is never formed.
///
/// # What the paper leaves open
///
/// The published parameter counts match if W and W' are the projections of steps 1 and 3 and there are no others, if no
/// projection has a bias, and if the batch normalisations have scales and shifts. Where the ReLU h of the paper's third
/// step is, [`Activation`] says.
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
    /// Weight λ of the added features, `[1]`; none without a residual connection.
    pub lambda: Option<Param<Tensor<1>>>,
    /// Where the ReLU is.
    #[module(skip)]
    pub activation: Activation,
}

impl LatentGnn {
    /// Applies the block.
    ///
    /// # Shapes
    /// - `x` and result: `[batch, points, channels]`
    ///
    /// # Panics
    /// If the features do not have the channels of the block.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, points, _] = x.dims();
        self.augment(x, &Clouds::full(batch, points))
    }

    /// Applies the block to clouds of different sizes, padded to the same number of points.
    ///
    /// Padding has no influence, whatever its values, even NaN: the statistics of the batch normalisations and the
    /// latent nodes leave it out, and its result is its input, or 0 without a residual connection. The mask is read
    /// back to the host.
    ///
    /// # Shapes
    /// - `x` and result: `[batch, points, channels]`
    /// - `mask`: `[batch, points]`, 1 for a point, 0 for padding
    ///
    /// # Panics
    /// If the features do not have the channels of the block, or the mask has another shape.
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
    /// With 0 they stay as they are, and are used in training too.
    pub fn set_momentum(&mut self, momentum: f64) {
        let projections = std::iter::once(&mut self.reduce_to_latent).chain(&mut self.reduce_to_visible);
        for projection in projections.chain([&mut self.restore]) {
            projection.norm.momentum = momentum;
        }
        for kernel in &mut self.kernels {
            kernel.set_momentum(momentum);
        }
    }

    /// Number of learned parameters: weights, scales, shifts and λ if there is one, without the running statistics that burn's
    /// `num_params` also counts.
    pub fn learned_params(&self) -> usize {
        let projections: usize = self.projections().map(Projection::learned_params).sum();
        projections
            + self.kernels.iter().map(LatentKernel::learned_params).sum::<usize>()
            + usize::from(self.lambda.is_some())
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
            return if self.lambda.is_some() { x } else { x.zeros_like() };
        }
        let context = self.restore.forward(self.context(clouds.to_rows(x.clone()), clouds), false);
        let context = if self.activation == Activation::Sum { relu(context) } else { context };
        match &self.lambda {
            Some(lambda) => x + clouds.to_clouds(context * lambda.val().unsqueeze()),
            None => clouds.to_clouds(context),
        }
    }

    /// Concatenated results of all kernels, `[rows, kernels · reduced]`.
    fn context(&self, x: Tensor<2>, clouds: &Clouds) -> Tensor<2> {
        let reduce = |projection: &Projection, x: Tensor<2>| unit_rows(projection.forward(x, false));
        let rows = reduce(&self.reduce_to_latent, x.clone());
        let target = self.reduce_to_visible.as_ref().map_or_else(|| rows.clone(), |projection| reduce(projection, x));
        let source = Source { places: clouds.to_places(rows.clone()), rows };
        let relu = self.activation == Activation::GraphConv;
        let mut results: Vec<_> =
            self.kernels.iter().map(|kernel| kernel.forward(&source, target.clone(), clouds, relu)).collect();
        if results.len() == 1 { results.remove(0) } else { Tensor::cat(results, 1) }
    }
}
