//! The operations on [`Tensor`].
//!
//! A batch of `clouds` equally large point sets is stored one set after another as rows, `[clouds · points, channels]`, and indices
//! refer to these rows. Shapes are asserted; indices out of range panic on the CPU, and must not be given to a GPU.
//!
//! On a GPU, features may be of a half type: weights, normalisation parameters and statistics are `f32` all the same, and so are all
//! sums and the gradients of what is `f32`. [`of_type`] changes the type. [`cross_entropy`] takes `f32`.

use crate::backend::PointBackend;
use burn::backend::Dispatch;
use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData};

/// Normalised rows with the statistics they were normalised by.
#[derive(Debug, Clone)]
pub struct Normed<const D: usize> {
    /// The result.
    pub output: Tensor<D>,
    /// Mean of each input column over the batch, `[channels]`; no gradient flows through it.
    pub mean: Tensor<1>,
    /// Biased variance of each input column over the batch, `[channels]`; no gradient flows through it.
    pub var: Tensor<1>,
}

/// Parameters of a batch normalisation.
#[derive(Debug, Clone)]
pub struct NormParams {
    /// Scale γ, `[channels]`.
    pub gamma: Tensor<1>,
    /// Shift β, `[channels]`.
    pub beta: Tensor<1>,
    /// Added to the variance.
    pub epsilon: f64,
}

/// A matrix of these values on a device. Rows are one right behind the other in its memory, as the operations here need them: a tensor that is
/// given to a GPU as a matrix has rows of a round length there, and is copied by every operation.
pub fn matrix(values: Vec<f32>, columns: usize, device: &Device) -> Tensor<2> {
    let (len, rows) = (values.len(), values.len() / columns.max(1));
    Tensor::<1>::from_data(TensorData::new(values, [len]), device).reshape([rows, columns])
}

/// Features as another type; as they are, if they are of it already.
pub fn of_type(x: Tensor<2>, dtype: FloatDType) -> Tensor<2> {
    if x.dtype() == dtype.into() { x } else { x.cast(dtype) }
}

/// Product of every row with a weight matrix, without bias.
///
/// # Shapes
/// - `x`: `[rows, in_channels]`
/// - `w`: `[in_channels, out_channels]`
/// - result: `[rows, out_channels]`
pub fn linear(x: Tensor<2>, w: Tensor<2>) -> Tensor<2> {
    assert_eq!(x.dims()[1], w.dims()[0], "linear: columns of x and rows of w");
    Tensor::from_dispatch(Dispatch::point_linear(x.into_dispatch(), w.into_dispatch()))
}

/// Product of the matrices of every cloud. On a GPU it is computed in `f32`, unlike burn's, which is TF32 on NVIDIA's.
///
/// # Shapes
/// - `a`: `[clouds, m, k]`
/// - `b`: `[clouds, k, n]`
/// - result: `[clouds, m, n]`
pub fn product(a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    let ([clouds, _, k], [others, rows, _]) = (a.dims(), b.dims());
    assert!(clouds == others && k == rows, "product: {:?} and {:?}", a.dims(), b.dims());
    Tensor::from_dispatch(Dispatch::point_product(a.into_dispatch(), b.into_dispatch()))
}

/// Batch normalisation over the rows, then ReLU if `relu`.
///
/// # Shapes
/// - `y` and result: `[rows, channels]`
pub fn norm(y: Tensor<2>, params: NormParams, relu: bool) -> Normed<2> {
    let (z, mean, var) = Dispatch::point_norm(
        y.into_dispatch(),
        params.gamma.into_dispatch(),
        params.beta.into_dispatch(),
        params.epsilon,
        relu,
    );
    Normed { output: Tensor::from_dispatch(z), mean: Tensor::from_dispatch(mean), var: Tensor::from_dispatch(var) }
}

/// Batch normalisation over the rows, ReLU, and the next layer's product, without storing what is between.
///
/// # Shapes
/// - `y`: `[rows, in_channels]`
/// - `w`: `[in_channels, out_channels]`
/// - result: `[rows, out_channels]`
pub fn norm_relu_linear(y: Tensor<2>, params: NormParams, w: Tensor<2>) -> Normed<2> {
    assert_eq!(y.dims()[1], w.dims()[0], "norm_relu_linear: columns of y and rows of w");
    let (out, mean, var) = Dispatch::point_norm_relu_linear(
        y.into_dispatch(),
        params.gamma.into_dispatch(),
        params.beta.into_dispatch(),
        w.into_dispatch(),
        params.epsilon,
    );
    Normed { output: Tensor::from_dispatch(out), mean: Tensor::from_dispatch(mean), var: Tensor::from_dispatch(var) }
}

/// Batch normalisation over the rows, ReLU, and the maximum over each `k` consecutive rows.
///
/// # Shapes
/// - `y`: `[groups · k, channels]`
/// - result: `[groups, channels]`
pub fn norm_relu_max(y: Tensor<2>, params: NormParams, k: usize) -> Normed<2> {
    assert!(k > 0 && y.dims()[0].is_multiple_of(k), "norm_relu_max: {} rows are not groups of {k}", y.dims()[0]);
    let (out, _, mean, var) = Dispatch::point_norm_relu_max(
        y.into_dispatch(),
        params.gamma.into_dispatch(),
        params.beta.into_dispatch(),
        params.epsilon,
        k,
    );
    Normed { output: Tensor::from_dispatch(out), mean: Tensor::from_dispatch(mean), var: Tensor::from_dispatch(var) }
}

/// Features of every group's members relative to the group's center: `points[indices[m · k + j]] − centers[m]`.
///
/// With `points = W · (x, f)` and `centers = W_x · c` this is the first layer of a set abstraction, see [`crate::kernels::group`].
///
/// # Shapes
/// - `points`: `[clouds · n, channels]`
/// - `centers`: `[clouds · m, channels]`
/// - `indices`: `[clouds · m · k]`, each in the rows of its own cloud
/// - result: `[clouds · m · k, channels]`
pub fn group(points: Tensor<2>, centers: Tensor<2>, indices: Tensor<1, Int>, k: usize, clouds: usize) -> Tensor<2> {
    assert_eq!(points.dims()[1], centers.dims()[1], "group: channels of points and centers");
    assert_eq!(centers.dims()[0] * k, indices.dims()[0], "group: centers · k and indices");
    Tensor::from_dispatch(Dispatch::point_group(
        points.into_dispatch(),
        centers.into_dispatch(),
        indices.into_dispatch(),
        k,
        clouds,
    ))
}

/// First layer of a set abstraction: `w` applied to (coordinate relative to the group's center, features) of every member of every group,
/// `f32` also where the features are halves. No gradient flows to the coordinates. See [`crate::kernels::group`] for how.
///
/// # Shapes
/// - `coord`: `[clouds · n, 3]`, of the points; `centers`: `[clouds · m, 3]`
/// - `features`: `[clouds · n, channels]`
/// - `w`: `[3 + channels, out_channels]`
/// - `indices`: `[clouds · m · k]`, each in the rows of its own cloud
/// - result: `[clouds · m · k, out_channels]`
pub fn group_linear(
    [coord, centers]: [Tensor<2>; 2],
    features: Tensor<2>,
    w: Tensor<2>,
    indices: Tensor<1, Int>,
    k: usize,
    clouds: usize,
) -> Tensor<2> {
    assert_eq!(coord.dims()[0], features.dims()[0], "group_linear: rows of coordinates and features");
    assert_eq!(3 + features.dims()[1], w.dims()[0], "group_linear: channels and weights");
    assert_eq!(centers.dims()[0] * k, indices.dims()[0], "group_linear: centers · k and indices");
    Tensor::from_dispatch(Dispatch::point_group_linear(
        coord.into_dispatch(),
        centers.into_dispatch(),
        features.into_dispatch(),
        w.into_dispatch(),
        indices.into_dispatch(),
        k,
        clouds,
    ))
}

/// First layer of a feature propagation: `w` applied to (`skip`, `coarse` interpolated), of the type of `coarse`. Interpolation is linear, so
/// the layer is applied to the few coarse points before it.
///
/// # Shapes
/// - `coarse`: `[clouds · n, channels]`
/// - `skip`: `[clouds · m, skip_channels]`
/// - `w`: `[skip_channels + channels, out_channels]`
/// - `indices`: `[clouds · m · k]`, each in the rows of its own cloud; `weights`: `[clouds · m, k]`
/// - result: `[clouds · m, out_channels]`
pub fn interpolate_linear(
    coarse: Tensor<2>,
    skip: Tensor<2>,
    w: Tensor<2>,
    indices: Tensor<1, Int>,
    weights: Tensor<2>,
    clouds: usize,
) -> Tensor<2> {
    let [queries, k] = weights.dims();
    assert_eq!(queries * k, indices.dims()[0], "interpolate_linear: weights and indices");
    assert_eq!(queries, skip.dims()[0], "interpolate_linear: weights and rows that are there");
    assert_eq!(skip.dims()[1] + coarse.dims()[1], w.dims()[0], "interpolate_linear: channels and weights");
    Tensor::from_dispatch(Dispatch::point_interpolate_linear(
        coarse.into_dispatch(),
        skip.into_dispatch(),
        w.into_dispatch(),
        indices.into_dispatch(),
        weights.into_dispatch(),
        k,
        clouds,
    ))
}

/// Weighted sum of the `k` known points nearest to each query.
///
/// # Shapes
/// - `features`: `[clouds · n, channels]`
/// - `indices`: `[clouds · m · k]`, each in the rows of its own cloud
/// - `weights`: `[clouds · m, k]`
/// - result: `[clouds · m, channels]`
pub fn interpolate(features: Tensor<2>, indices: Tensor<1, Int>, weights: Tensor<2>, clouds: usize) -> Tensor<2> {
    let [queries, k] = weights.dims();
    assert_eq!(queries * k, indices.dims()[0], "interpolate: weights and indices");
    Tensor::from_dispatch(Dispatch::point_interpolate(
        features.into_dispatch(),
        indices.into_dispatch(),
        weights.into_dispatch(),
        k,
        clouds,
    ))
}

/// What a relation between points and latent nodes is scaled to length 1 over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitLength {
    /// Over the points of a cloud, node by node.
    OverPoints,
    /// Over the nodes, point by point.
    OverNodes,
}

fn check_clouds(operation: &str, [rows, columns]: [usize; 2], clouds: usize) {
    assert!(clouds > 0 && rows.is_multiple_of(clouds), "{operation}: {rows} rows are not {clouds} clouds");
    assert!(columns > 0, "{operation}: no columns");
}

/// What latent nodes gather from the points of their cloud: `Âᵀ · features`, where Â is the relation scaled to length 1. See
/// [`crate::kernels::bipartite`].
///
/// # Shapes
/// - `relation`: `[clouds · n, nodes]`, how strongly a point belongs to a node; a row of zeros is a point that is not there
/// - `features`: `[clouds · n, channels]`
/// - result: `[clouds · nodes, channels]`
pub fn to_latent(relation: Tensor<2>, features: Tensor<2>, clouds: usize, unit: UnitLength) -> Tensor<2> {
    assert_eq!(relation.dims()[0], features.dims()[0], "to_latent: rows of relation and features");
    check_clouds("to_latent", relation.dims(), clouds);
    assert!(features.dims()[1] > 0, "to_latent: no channels");
    let over_nodes = unit == UnitLength::OverNodes;
    let (latent, _) = Dispatch::point_to_latent(relation.into_dispatch(), features.into_dispatch(), clouds, over_nodes);
    Tensor::from_dispatch(latent)
}

/// What points get from the latent nodes of their cloud: `Â · latent`, where Â is the relation scaled to length 1 over the nodes.
///
/// # Shapes
/// - `relation`: `[clouds · n, nodes]`
/// - `latent`: `[clouds · nodes, channels]`
/// - result: `[clouds · n, channels]`; a row of zeros for one of the relation
pub fn from_latent(relation: Tensor<2>, latent: Tensor<2>, clouds: usize) -> Tensor<2> {
    let [_, nodes] = relation.dims();
    assert_eq!(latent.dims()[0], clouds * nodes, "from_latent: nodes of relation and latent features");
    check_clouds("from_latent", relation.dims(), clouds);
    assert!(latent.dims()[1] > 0, "from_latent: no channels");
    let (features, _) = Dispatch::point_from_latent(relation.into_dispatch(), latent.into_dispatch(), clouds);
    Tensor::from_dispatch(features)
}

/// The rows of `x` scaled to length 1; a row of zeros stays one.
///
/// # Shapes
/// - `x` and result: `[rows, channels]`
pub fn unit_rows(x: Tensor<2>) -> Tensor<2> {
    assert!(x.dims()[1] > 0, "unit_rows: no channels");
    Tensor::from_dispatch(Dispatch::point_unit_rows(x.into_dispatch()).0)
}

/// What latent nodes learn from each other: every node takes the mean of all nodes of its cloud, weighted by the softmax of their cosine
/// similarities to it. See [`crate::kernels::propagation`].
///
/// # Shapes
/// - `latent` and result: `[clouds · nodes, channels]`
pub fn propagate(latent: Tensor<2>, clouds: usize) -> Tensor<2> {
    check_clouds("propagate", latent.dims(), clouds);
    Tensor::from_dispatch(Dispatch::point_propagate(latent.into_dispatch(), clouds).0)
}

/// Softmax cross entropy with one weight a point, divided by the number of points of non-zero weight.
///
/// # Shapes
/// - `logits`: `[rows, classes]`
/// - `targets`: `[rows]`, in `0..classes` also where the weight is zero
/// - `weights`: `[rows]`
/// - result: `[1]`
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>, weights: Tensor<1>) -> Tensor<1> {
    assert_eq!(logits.dims()[0], targets.dims()[0], "cross_entropy: rows of logits and targets");
    assert_eq!(logits.dims()[0], weights.dims()[0], "cross_entropy: rows of logits and weights");
    Tensor::from_dispatch(Dispatch::point_cross_entropy(
        logits.into_dispatch(),
        targets.into_dispatch(),
        weights.into_dispatch(),
    ))
}

/// `x` with every value dropped with a probability, the others divided by that of being kept: dropout (Srivastava et al. 2014,
/// <https://jmlr.org/papers/v15/srivastava14a.html>). The mask is not stored, the backward pass finds it again.
///
/// # Shapes
/// - `x` and result: `[rows, channels]`
/// - `seed`: `[1]`, what decides with a value's place whether that is dropped
///
/// # Panics
/// If the probability is not in 0..1.
pub fn dropout(x: Tensor<2>, seed: Tensor<1, Int>, probability: f64) -> Tensor<2> {
    assert!((0.0..1.0).contains(&probability), "dropout: a probability of {probability}");
    Tensor::from_dispatch(Dispatch::point_dropout(x.into_dispatch(), seed.into_dispatch(), probability))
}

/// `scale · y + shift` by column, then ReLU if `relu`: a normalisation with fixed statistics. No gradient flows through it.
///
/// # Shapes
/// - `y` and result: `[rows, channels]`
/// - `scale`, `shift`: `[channels]`
pub fn affine(y: Tensor<2>, scale: Tensor<1>, shift: Tensor<1>, relu: bool) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::point_affine(y.into_dispatch(), scale.into_dispatch(), shift.into_dispatch(), relu))
}

/// `relu(scale · y + shift) · w`: [`affine`] and the next layer's product. No gradient flows through it.
///
/// # Shapes
/// - `y`: `[rows, in_channels]`
/// - `w`: `[in_channels, out_channels]`
/// - result: `[rows, out_channels]`
pub fn affine_relu_linear(y: Tensor<2>, scale: Tensor<1>, shift: Tensor<1>, w: Tensor<2>) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::point_affine_relu_linear(
        y.into_dispatch(),
        scale.into_dispatch(),
        shift.into_dispatch(),
        w.into_dispatch(),
    ))
}

/// Maximum over each `k` consecutive rows of `relu(scale · y + shift)`. No gradient flows through it.
///
/// # Shapes
/// - `y`: `[groups · k, channels]`
/// - result: `[groups, channels]`
pub fn affine_relu_max(y: Tensor<2>, scale: Tensor<1>, shift: Tensor<1>, k: usize) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::point_affine_relu_max(
        y.into_dispatch(),
        scale.into_dispatch(),
        shift.into_dispatch(),
        k,
    ))
}
