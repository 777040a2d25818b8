//! The operations as an extension of burn's backends.

use crate::generic;
use crate::kernels::bipartite::UnitLength;
use burn::backend::{
    Backend, TensorMetadata, backend_extension,
    tensor::{FloatTensor, IntTensor},
};

/// Point operations of a backend. A default is the generic form, made of the backend's other operations.
/// [`crate::functional`] has the same operations on [`burn::Tensor`].
///
/// Feature tensors have one row per point, `[rows, channels]`. Index tensors are `i32` and hold row numbers. The first
/// half is differentiable: `Autodiff<B>` implements the backward passes with the second half.
#[allow(clippy::too_many_arguments)]
#[backend_extension(Flex, Autodiff, Cube: cfg(feature = "cube"))]
pub trait PointBackend: Backend {
    /// `x [rows, ci] · w [ci, co]`.
    fn point_linear(x: FloatTensor<Self>, w: FloatTensor<Self>) -> FloatTensor<Self> {
        generic::linear::<Self>(x, w)
    }

    /// `(a [rows, ca], b [rows, cb]) · w [ca + cb, co]`.
    fn point_linear_pair(a: FloatTensor<Self>, b: FloatTensor<Self>, w: FloatTensor<Self>) -> FloatTensor<Self> {
        generic::linear_pair::<Self>(a, b, w)
    }

    /// `y [rows, c]` plus `bias [c]` in each row.
    fn point_add_bias(y: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        generic::add_bias::<Self>(y, bias)
    }

    /// Batch normalisation of `y [rows, c]` with the statistics of the batch, then ReLU if `relu`. Returns
    /// `(z, mean [c], biased variance [c])`.
    fn point_norm(
        y: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        generic::norm::<Self>(y, gamma, beta, epsilon, relu)
    }

    /// Batch normalisation of `elu(y [rows, c])` with the statistics of the batch. Returns `(z, mean [c], biased variance
    /// [c])`, with the statistics of `elu(y)`.
    fn point_elu_norm(
        y: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        generic::elu_norm::<Self>(y, gamma, beta, epsilon)
    }

    /// `relu(norm(y [rows, ci])) · w [ci, co]`. Returns `(product [rows, co], mean [ci], biased variance [ci])`.
    fn point_norm_relu_linear(
        y: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        w: FloatTensor<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        generic::norm_relu_linear::<Self>(y, gamma, beta, w, epsilon)
    }

    /// Maximum of `norm(y [groups · k, c])`, then ReLU if `relu`, over each `k` consecutive rows. Returns
    /// `(values [groups, c], members [groups, c], mean, biased variance)`, where a member is the position of the
    /// maximum in its group.
    fn point_norm_max(
        y: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
        k: usize,
    ) -> (FloatTensor<Self>, IntTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        generic::norm_max::<Self>(y, gamma, beta, epsilon, relu, k)
    }

    /// Gathers `points [n, c]` by `indices [m · k]` and subtracts `centers [m, c]`.
    fn point_group(
        points: FloatTensor<Self>,
        centers: FloatTensor<Self>,
        indices: IntTensor<Self>,
        k: usize,
        clouds: usize,
    ) -> FloatTensor<Self> {
        let _ = clouds;
        generic::group::<Self>(points, centers, indices, k)
    }

    /// First layer of a set abstraction with features: applies `w [3 + c, co]` to (coordinates relative to the group's
    /// center, features) of every group member, given `coord [n, 3]`, `centers [m, 3]`, `features [n, c]` and
    /// `indices [m · k]`. Returns `[m · k, co]`.
    fn point_group_linear(
        coord: FloatTensor<Self>,
        centers: FloatTensor<Self>,
        features: FloatTensor<Self>,
        w: FloatTensor<Self>,
        indices: IntTensor<Self>,
        k: usize,
        clouds: usize,
    ) -> FloatTensor<Self> {
        let (of_coord, of_features) = generic::split::<Self>(w, 3);
        let points = Self::point_linear(coord, of_coord.clone());
        let projected = Self::point_linear(features, of_features);
        let centers = Self::point_linear(centers, of_coord);
        Self::point_group(Self::float_add(points, projected), centers, indices, k, clouds)
    }

    /// First layer of a feature propagation: applies `w [s + c, co]` to (`skip [m, s]`, interpolated `coarse [n, c]`),
    /// given the `indices [m · k]` and `weights [m, k]` of the interpolation. Returns `[m, co]`.
    fn point_interpolate_linear(
        coarse: FloatTensor<Self>,
        skip: FloatTensor<Self>,
        w: FloatTensor<Self>,
        indices: IntTensor<Self>,
        weights: FloatTensor<Self>,
        k: usize,
        clouds: usize,
    ) -> FloatTensor<Self> {
        let (of_skip, of_coarse) = generic::split::<Self>(w, skip.shape()[1]);
        let coarse = Self::point_linear(coarse, of_coarse);
        let fine = Self::point_interpolate(coarse, indices, weights, k, clouds);
        Self::float_add(fine, Self::point_linear(skip, of_skip))
    }

    /// Weighted sum of the `k` rows of `features [n, c]` given by `indices [m · k]` and `weights [m, k]`.
    fn point_interpolate(
        features: FloatTensor<Self>,
        indices: IntTensor<Self>,
        weights: FloatTensor<Self>,
        k: usize,
        clouds: usize,
    ) -> FloatTensor<Self> {
        let _ = clouds;
        generic::interpolate::<Self>(features, indices, weights, k)
    }

    /// Mean cross entropy of `logits [rows, classes]` over the points with non-zero weight, `[1]`, with a share
    /// `smoothing` of every target spread over all classes.
    fn point_cross_entropy(
        logits: FloatTensor<Self>,
        targets: IntTensor<Self>,
        weights: FloatTensor<Self>,
        smoothing: f64,
    ) -> FloatTensor<Self> {
        generic::cross_entropy::<Self>(logits, targets, weights, smoothing)
    }

    /// Drops values of `x` with a probability and divides the others by the probability of being kept. `seed [1]` and
    /// the position of a value decide.
    fn point_dropout(x: FloatTensor<Self>, seed: IntTensor<Self>, probability: f64) -> FloatTensor<Self> {
        generic::dropout::<Self>(x, seed, probability)
    }

    /// `Âᵀ · features [clouds · n, c]` for each cloud, where Â is `relation [clouds · n, d]` scaled to length 1.
    /// Returns `(latent [clouds · d, c], 1 / lengths)`, with lengths `[clouds · n]` over nodes or `[clouds · d]` over
    /// points.
    fn point_to_latent(
        relation: FloatTensor<Self>,
        features: FloatTensor<Self>,
        clouds: usize,
        unit: UnitLength,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        generic::to_latent::<Self>(relation, features, clouds, unit)
    }

    /// `Â · latent [clouds · d, c]` for each cloud, where Â is `relation [clouds · n, d]` scaled to length 1 over the
    /// nodes. Returns `(features [clouds · n, c], 1 / lengths [clouds · n])`.
    fn point_from_latent(
        relation: FloatTensor<Self>,
        latent: FloatTensor<Self>,
        clouds: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        generic::from_latent::<Self>(relation, latent, clouds)
    }

    /// Scales the rows of `x [rows, c]` to length 1. Returns `(result, 1 / lengths [rows])`.
    fn point_unit_rows(x: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        generic::unit_rows::<Self>(x)
    }

    /// `softmax(u uᵀ) · latent` for each cloud, where u is `latent [clouds · d, c]` with rows of length 1. Returns
    /// `(result, softmax [clouds · d, d], 1 / lengths [clouds · d])`.
    fn point_propagate(
        latent: FloatTensor<Self>,
        clouds: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        generic::propagate::<Self>(latent, clouds)
    }

    /// The depthwise 1×K convolution with multiplier K of `x [m, k · k]`: `out[m, c, r] = Σ_i x[m, i, c] w[i, c, r]` with
    /// `w [k, k · k]`. Returns `[m, k · k]`.
    fn point_square_depthwise(x: FloatTensor<Self>, w: FloatTensor<Self>) -> FloatTensor<Self> {
        generic::square_depthwise::<Self>(x, w)
    }

    /// `out[m, q, c] = Σ_i t[i, c] w[i, q, c]`, where t is `transform [m, k · k]` times the rows of `features [n, c]` that
    /// `indices [m · k]` name, and `w [k, q · c]`. Returns `[m, q · c]`.
    fn point_x_conv(
        transform: FloatTensor<Self>,
        features: FloatTensor<Self>,
        indices: IntTensor<Self>,
        w: FloatTensor<Self>,
        clouds: usize,
    ) -> FloatTensor<Self> {
        let _ = clouds;
        generic::x_conv::<Self>(transform, features, indices, w)
    }

    /// `a [batch, m, k] · b [batch, k, n]`, in `f32`.
    fn point_product(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::float_matmul(a, b)
    }

    // Not differentiable: inference and the backward passes of the above.

    /// `scale · y + shift` by column, then ReLU if `relu`: normalisation with fixed statistics.
    fn point_affine(
        y: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        relu: bool,
    ) -> FloatTensor<Self> {
        generic::affine::<Self>(y, scale, shift, relu)
    }

    /// `relu(scale · y + shift) · w`.
    fn point_affine_relu_linear(
        y: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        w: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        generic::affine_relu_linear::<Self>(y, scale, shift, w)
    }

    /// Maximum of `scale · y + shift`, then ReLU if `relu`, over each `k` consecutive rows.
    fn point_affine_max(
        y: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        relu: bool,
        k: usize,
    ) -> FloatTensor<Self> {
        generic::affine_max::<Self>(y, scale, shift, relu, k)
    }

    /// `scale · elu(y) + shift` by column.
    fn point_elu_affine(y: FloatTensor<Self>, scale: FloatTensor<Self>, shift: FloatTensor<Self>) -> FloatTensor<Self> {
        generic::elu_affine::<Self>(y, scale, shift)
    }

    /// `gy · wᵀ`.
    fn point_linear_input_gradient(gy: FloatTensor<Self>, w: FloatTensor<Self>) -> FloatTensor<Self> {
        generic::linear_input_gradient::<Self>(gy, w)
    }

    /// `xᵀ · gy`.
    fn point_linear_weight_gradient(x: FloatTensor<Self>, gy: FloatTensor<Self>) -> FloatTensor<Self> {
        generic::linear_weight_gradient::<Self>(x, gy)
    }

    /// Gradients of [`PointBackend::point_linear_pair`] with respect to `a`, `b` and `w`.
    fn point_linear_pair_backward(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        w: FloatTensor<Self>,
        gy: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        generic::linear_pair_backward::<Self>(a, b, w, gy)
    }

    /// Gradient of [`PointBackend::point_group_linear`] with respect to its weights, from that of its output,
    /// `gout [m · k, co]`, and that of the projected points, `[n, co]`.
    fn point_group_weight_gradient(
        coord: FloatTensor<Self>,
        centers: FloatTensor<Self>,
        features: FloatTensor<Self>,
        indices: IntTensor<Self>,
        gout: FloatTensor<Self>,
        of_points: FloatTensor<Self>,
        k: usize,
    ) -> FloatTensor<Self> {
        let _ = indices;
        let of_coord = Self::float_add(
            Self::point_linear_weight_gradient(coord, of_points.clone()),
            Self::point_linear_weight_gradient(centers, Self::point_group_center_gradient(gout, k)),
        );
        Self::float_cat(vec![of_coord, Self::point_linear_weight_gradient(features, of_points)], 0)
    }

    /// Gradient of [`PointBackend::point_interpolate_linear`] with respect to its weights, from those of the projected
    /// fine and coarse points.
    fn point_interpolate_weight_gradient(
        skip: FloatTensor<Self>,
        of_skip: FloatTensor<Self>,
        coarse: FloatTensor<Self>,
        of_coarse: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let of_skip = Self::point_linear_weight_gradient(skip, of_skip);
        Self::float_cat(vec![of_skip, Self::point_linear_weight_gradient(coarse, of_coarse)], 0)
    }

    /// Gradients of [`PointBackend::point_norm`] with respect to `y`, γ and β.
    fn point_norm_backward(
        y: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        var: FloatTensor<Self>,
        gz: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        generic::norm_backward::<Self>(y, gamma, beta, mean, var, gz, epsilon, relu)
    }

    /// Gradients of [`PointBackend::point_elu_norm`] with respect to `y`, γ and β.
    fn point_elu_norm_backward(
        y: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        var: FloatTensor<Self>,
        gz: FloatTensor<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        generic::elu_norm_backward::<Self>(y, gamma, beta, mean, var, gz, epsilon)
    }

    /// Gradients of [`PointBackend::point_square_depthwise`] with respect to `x` and `w`.
    fn point_square_depthwise_backward(
        x: FloatTensor<Self>,
        w: FloatTensor<Self>,
        gout: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        generic::square_depthwise_backward::<Self>(x, w, gout)
    }

    /// Gradients of [`PointBackend::point_x_conv`] with respect to the transformations, the features and the weights.
    fn point_x_conv_backward(
        transform: FloatTensor<Self>,
        features: FloatTensor<Self>,
        indices: IntTensor<Self>,
        w: FloatTensor<Self>,
        gout: FloatTensor<Self>,
        clouds: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        generic::x_conv_backward::<Self>(transform, features, indices, w, gout, clouds)
    }

    /// Gradients of [`PointBackend::point_norm_relu_linear`] with respect to `y`, γ, β and `w`.
    fn point_norm_relu_linear_backward(
        y: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        var: FloatTensor<Self>,
        w: FloatTensor<Self>,
        gout: FloatTensor<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        generic::norm_relu_linear_backward::<Self>(y, gamma, beta, mean, var, w, gout, epsilon)
    }

    /// Gradients of [`PointBackend::point_norm_max`] with respect to `y`, γ and β.
    fn point_norm_max_backward(
        y: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        var: FloatTensor<Self>,
        values: FloatTensor<Self>,
        members: IntTensor<Self>,
        gout: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
        k: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        generic::norm_max_backward::<Self>(y, gamma, beta, mean, var, values, members, gout, epsilon, relu, k)
    }

    /// Adds row `i` of `gout` to row `indices[i]` of the result, `[rows, c]`: the gradient of
    /// [`PointBackend::point_group`] with respect to the points.
    fn point_scatter_add(
        gout: FloatTensor<Self>,
        indices: IntTensor<Self>,
        rows: usize,
        clouds: usize,
    ) -> FloatTensor<Self> {
        let _ = clouds;
        generic::scatter_add::<Self>(gout, indices, rows)
    }

    /// Gradient of [`PointBackend::point_group`] with respect to the centers.
    fn point_group_center_gradient(gout: FloatTensor<Self>, k: usize) -> FloatTensor<Self> {
        generic::group_center_gradient::<Self>(gout, k)
    }

    /// Gradient of [`PointBackend::point_interpolate`] with respect to the features, `[rows, c]`.
    fn point_interpolate_backward(
        gout: FloatTensor<Self>,
        indices: IntTensor<Self>,
        weights: FloatTensor<Self>,
        k: usize,
        rows: usize,
        clouds: usize,
    ) -> FloatTensor<Self> {
        let _ = clouds;
        generic::interpolate_backward::<Self>(gout, indices, weights, k, rows)
    }

    /// The sum of the rows of `y [rows, c]`, `[c]`: the gradient with respect to a bias.
    fn point_sum_rows(y: FloatTensor<Self>) -> FloatTensor<Self> {
        generic::sum_rows::<Self>(y)
    }

    /// Gradient of [`PointBackend::point_cross_entropy`] with respect to the logits, from that of the loss, `[1]`.
    fn point_cross_entropy_backward(
        logits: FloatTensor<Self>,
        targets: IntTensor<Self>,
        weights: FloatTensor<Self>,
        upstream: FloatTensor<Self>,
        smoothing: f64,
    ) -> FloatTensor<Self> {
        generic::cross_entropy_backward::<Self>(logits, targets, weights, upstream, smoothing)
    }

    /// Gradients of [`PointBackend::point_to_latent`] with respect to the relation and the features.
    fn point_to_latent_backward(
        relation: FloatTensor<Self>,
        features: FloatTensor<Self>,
        latent: FloatTensor<Self>,
        inverse: FloatTensor<Self>,
        gout: FloatTensor<Self>,
        clouds: usize,
        unit: UnitLength,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        generic::to_latent_backward::<Self>(relation, features, latent, inverse, gout, clouds, unit)
    }

    /// Gradients of [`PointBackend::point_from_latent`] with respect to the relation and the latent features.
    fn point_from_latent_backward(
        relation: FloatTensor<Self>,
        latent: FloatTensor<Self>,
        inverse: FloatTensor<Self>,
        gout: FloatTensor<Self>,
        clouds: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        generic::from_latent_backward::<Self>(relation, latent, inverse, gout, clouds)
    }

    /// Gradient of [`PointBackend::point_unit_rows`].
    fn point_unit_rows_backward(
        x: FloatTensor<Self>,
        inverse: FloatTensor<Self>,
        gout: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        generic::unit_rows_backward::<Self>(x, inverse, gout)
    }

    /// Gradient of [`PointBackend::point_propagate`].
    fn point_propagate_backward(
        latent: FloatTensor<Self>,
        affinity: FloatTensor<Self>,
        inverse: FloatTensor<Self>,
        gout: FloatTensor<Self>,
        clouds: usize,
    ) -> FloatTensor<Self> {
        generic::propagate_backward::<Self>(latent, affinity, inverse, gout, clouds)
    }
}
