//! The operations on [`Tensor`].
//!
//! A batch has `clouds` clouds of equal size, stored as rows one cloud after another, `[clouds · points, channels]`.
//! Indices are rows of the batch. Shapes are asserted. An index out of range panics on the CPU. A GPU takes the nearest
//! row that exists instead: checking the values of a tensor there would mean waiting for it in every step, while this is
//! one comparison beside reading the row. Nothing outside a tensor's memory is ever accessed.
//!
//! ```
//! use burn::tensor::{Device, Int, Tensor};
//! use pointtensor::functional;
//!
//! let device = Device::flex();
//! let points = Tensor::<2>::from_floats([[1.0], [2.0], [4.0]], &device);
//! let centers = Tensor::<2>::from_floats([[1.0], [3.0]], &device);
//! // Two groups of two members, relative to their centers.
//! let members = Tensor::<1, Int>::from_ints([0, 1, 1, 2], &device);
//! let groups = functional::group(points, centers, members, 2, 1);
//! assert_eq!(groups.into_data().try_to_vec::<f32>().unwrap(), [0.0, 1.0, -1.0, 1.0]);
//! ```

use crate::backend::PointBackend;
pub use crate::kernels::bipartite::UnitLength;
pub use crate::score::count_correct;
use burn::backend::Dispatch;
use burn::tensor::{Device, Int, Tensor, TensorData};

/// The result of an operation on normalised rows, with the statistics used.
#[derive(Debug, Clone)]
pub struct Normed<const D: usize> {
    /// The result.
    pub output: Tensor<D>,
    /// Mean of each input column, `[channels]`. No gradient flows through it.
    pub mean: Tensor<1>,
    /// Biased variance of each input column, `[channels]`. No gradient flows through it.
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

/// A matrix on a device, with contiguous rows as these operations need them. burn pads the rows of a matrix that it
/// copies to a GPU, and every operation would have to copy such a matrix.
pub fn matrix(values: Vec<f32>, columns: usize, device: &Device) -> Tensor<2> {
    let (len, rows) = (values.len(), values.len() / columns.max(1));
    Tensor::<1>::from_data(TensorData::new(values, [len]), device).reshape([rows, columns])
}

/// Product with a weight matrix, without bias.
///
/// # Shapes
/// - `x`: `[rows, in_channels]`
/// - `w`: `[in_channels, out_channels]`
/// - result: `[rows, out_channels]`
pub fn linear(x: Tensor<2>, w: Tensor<2>) -> Tensor<2> {
    check_product("linear", &x, &w);
    Tensor::from_dispatch(Dispatch::point_linear(x.into_dispatch(), w.into_dispatch()))
}

/// Adds a bias to every row.
///
/// # Shapes
/// - `y` and result: `[rows, channels]`
/// - `bias`: `[channels]`
pub fn add_bias(y: Tensor<2>, bias: Tensor<1>) -> Tensor<2> {
    assert_eq!(y.dims()[1], bias.dims()[0], "add_bias: there must be a bias for each channel");
    Tensor::from_dispatch(Dispatch::point_add_bias(y.into_dispatch(), bias.into_dispatch()))
}

/// [`linear`] of two matrices side by side, without putting them there.
///
/// # Shapes
/// - `a`: `[rows, channels of a]`; `b`: `[rows, channels of b]`
/// - `w`: `[channels of a + channels of b, out_channels]`
/// - result: `[rows, out_channels]`
pub fn linear_pair([a, b]: [Tensor<2>; 2], w: Tensor<2>) -> Tensor<2> {
    let ([rows, ca], [others, cb], [inputs, _]) = (a.dims(), b.dims(), w.dims());
    assert!(rows == others && ca + cb == inputs, "linear_pair: {:?}, {:?} and {:?}", a.dims(), b.dims(), w.dims());
    Tensor::from_dispatch(Dispatch::point_linear_pair(a.into_dispatch(), b.into_dispatch(), w.into_dispatch()))
}

/// Matrix product for each cloud. On a GPU it is computed in `f32`, unlike burn's, which uses TF32 on NVIDIA GPUs.
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

/// Batch normalisation over the rows (Ioffe and Szegedy 2015, <https://arxiv.org/abs/1502.03167>), then ReLU if `relu`.
///
/// # Shapes
/// - `y` and result: `[rows, channels]`
pub fn norm(y: Tensor<2>, params: NormParams, relu: bool) -> Normed<2> {
    check_batch("norm", &y, &params);
    let (z, mean, var) = Dispatch::point_norm(
        y.into_dispatch(),
        params.gamma.into_dispatch(),
        params.beta.into_dispatch(),
        params.epsilon,
        relu,
    );
    Normed { output: Tensor::from_dispatch(z), mean: Tensor::from_dispatch(mean), var: Tensor::from_dispatch(var) }
}

/// ELU (Clevert, Unterthiner and Hochreiter 2016, <https://arxiv.org/abs/1511.07289>), then batch normalisation over
/// the rows: the order of PointCNN's layers. The statistics are those of `elu(y)`.
///
/// # Shapes
/// - `y` and result: `[rows, channels]`
pub fn elu_norm(y: Tensor<2>, params: NormParams) -> Normed<2> {
    check_batch("elu_norm", &y, &params);
    let (gamma, beta) = (params.gamma.into_dispatch(), params.beta.into_dispatch());
    let (z, mean, var) = Dispatch::point_elu_norm(y.into_dispatch(), gamma, beta, params.epsilon);
    Normed { output: Tensor::from_dispatch(z), mean: Tensor::from_dispatch(mean), var: Tensor::from_dispatch(var) }
}

/// Batch normalisation over the rows, ReLU, and the next layer's product, without storing intermediate results.
///
/// # Shapes
/// - `y`: `[rows, in_channels]`
/// - `w`: `[in_channels, out_channels]`
/// - result: `[rows, out_channels]`
pub fn norm_relu_linear(y: Tensor<2>, params: NormParams, w: Tensor<2>) -> Normed<2> {
    check_batch("norm_relu_linear", &y, &params);
    check_product("norm_relu_linear", &y, &w);
    let (out, mean, var) = Dispatch::point_norm_relu_linear(
        y.into_dispatch(),
        params.gamma.into_dispatch(),
        params.beta.into_dispatch(),
        w.into_dispatch(),
        params.epsilon,
    );
    Normed { output: Tensor::from_dispatch(out), mean: Tensor::from_dispatch(mean), var: Tensor::from_dispatch(var) }
}

/// Batch normalisation over the rows, then ReLU if `relu`, and the maximum over each `k` consecutive rows.
///
/// # Shapes
/// - `y`: `[groups · k, channels]`
/// - result: `[groups, channels]`
pub fn norm_max(y: Tensor<2>, params: NormParams, relu: bool, k: usize) -> Normed<2> {
    check_batch("norm_max", &y, &params);
    check_groups("norm_max", &y, k);
    let (out, _, mean, var) = Dispatch::point_norm_max(
        y.into_dispatch(),
        params.gamma.into_dispatch(),
        params.beta.into_dispatch(),
        params.epsilon,
        relu,
        k,
    );
    Normed { output: Tensor::from_dispatch(out), mean: Tensor::from_dispatch(mean), var: Tensor::from_dispatch(var) }
}

/// Features of the members of every group relative to its center: `points[indices[m · k + j]] − centers[m]`.
///
/// The first layer of a set abstraction is linear in a member's relative coordinates and its features,
/// `W · (x − c, f) = W · (x, f) − W_x · c`. So `W` is applied once to every point and not to every member of every
/// group; with `points = W · (x, f)` and `centers = W_x · c`, this function does the rest.
///
/// # Shapes
/// - `points`: `[clouds · n, channels]`
/// - `centers`: `[clouds · m, channels]`
/// - `indices`: `[clouds · m · k]`, rows of the same cloud
/// - result: `[clouds · m · k, channels]`
pub fn group(points: Tensor<2>, centers: Tensor<2>, indices: Tensor<1, Int>, k: usize, clouds: usize) -> Tensor<2> {
    assert_eq!(points.dims()[1], centers.dims()[1], "group: channels of points and centers must match");
    check_gather("group", points.dims(), [centers.dims()[0], k], &indices, clouds);
    Tensor::from_dispatch(Dispatch::point_group(
        points.into_dispatch(),
        centers.into_dispatch(),
        indices.into_dispatch(),
        k,
        clouds,
    ))
}

/// First layer of a set abstraction: applies `w` to (coordinates relative to the group's center, features) of every
/// group member. No gradient flows to the coordinates. See [`group`].
///
/// # Shapes
/// - `coord`: `[clouds · n, 3]`; `centers`: `[clouds · m, 3]`
/// - `features`: `[clouds · n, channels]`
/// - `w`: `[3 + channels, out_channels]`
/// - `indices`: `[clouds · m · k]`, rows of the same cloud
/// - result: `[clouds · m · k, out_channels]`
pub fn group_linear(
    [coord, centers]: [Tensor<2>; 2],
    features: Tensor<2>,
    w: Tensor<2>,
    indices: Tensor<1, Int>,
    k: usize,
    clouds: usize,
) -> Tensor<2> {
    assert_eq!(coord.dims()[0], features.dims()[0], "group_linear: rows of coordinates and features must match");
    assert_eq!(3 + features.dims()[1], w.dims()[0], "group_linear: channels and weights must match");
    assert!(coord.dims()[1] == 3 && centers.dims()[1] == 3, "group_linear: coordinates have three columns");
    check_gather("group_linear", coord.dims(), [centers.dims()[0], k], &indices, clouds);
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

/// First layer of a feature propagation: applies `w` to (`skip`, interpolated `coarse`). Interpolation
/// is linear, so the layer is applied before it, to the coarse points, which are fewer.
///
/// # Shapes
/// - `coarse`: `[clouds · n, channels]`
/// - `skip`: `[clouds · m, skip_channels]`
/// - `w`: `[skip_channels + channels, out_channels]`
/// - `indices`: `[clouds · m · k]`, rows of the same cloud; `weights`: `[clouds · m, k]`
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
    check_gather("interpolate_linear", coarse.dims(), [queries, k], &indices, clouds);
    assert_eq!(queries, skip.dims()[0], "interpolate_linear: rows of weights and skip must match");
    assert_eq!(skip.dims()[1] + coarse.dims()[1], w.dims()[0], "interpolate_linear: channels and weights must match");
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

/// Weighted sum of the features of `k` points for each query.
///
/// # Shapes
/// - `features`: `[clouds · n, channels]`
/// - `indices`: `[clouds · m · k]`, rows of the same cloud
/// - `weights`: `[clouds · m, k]`
/// - result: `[clouds · m, channels]`
pub fn interpolate(features: Tensor<2>, indices: Tensor<1, Int>, weights: Tensor<2>, clouds: usize) -> Tensor<2> {
    let [queries, k] = weights.dims();
    check_gather("interpolate", features.dims(), [queries, k], &indices, clouds);
    Tensor::from_dispatch(Dispatch::point_interpolate(
        features.into_dispatch(),
        indices.into_dispatch(),
        weights.into_dispatch(),
        k,
        clouds,
    ))
}

/// Asserts that a matrix has columns, and as many as each vector has values.
fn check_columns(operation: &str, y: &Tensor<2>, vectors: [&Tensor<1>; 2]) {
    let [rows, columns] = y.dims();
    assert!(columns > 0, "{operation}: there are no columns in [{rows}, {columns}]");
    let lengths = vectors.map(|vector| vector.dims()[0]);
    assert!(lengths == [columns; 2], "{operation}: {columns} columns need as many parameters, not {lengths:?}");
}

/// [`check_columns`], and that there are rows to compute statistics of.
fn check_batch(operation: &str, y: &Tensor<2>, params: &NormParams) {
    check_columns(operation, y, [&params.gamma, &params.beta]);
    assert!(y.dims()[0] > 0, "{operation}: there are no rows to compute statistics of");
}

/// Asserts that the rows of `x` can be multiplied with `w`.
fn check_product(operation: &str, x: &Tensor<2>, w: &Tensor<2>) {
    assert_eq!(x.dims()[1], w.dims()[0], "{operation}: columns of the features and rows of w must match");
}

/// Asserts that the rows divide into groups of `k`.
fn check_groups(operation: &str, y: &Tensor<2>, k: usize) {
    let rows = y.dims()[0];
    assert!(k > 0 && rows.is_multiple_of(k), "{operation}: {rows} rows do not divide into groups of {k}");
}

/// Asserts that `k` rows of a matrix can be gathered for each of `queries` rows.
fn check_gather(
    operation: &str,
    [rows, columns]: [usize; 2],
    [queries, k]: [usize; 2],
    indices: &Tensor<1, Int>,
    clouds: usize,
) {
    check_clouds(operation, [rows, columns], clouds);
    assert!((rows > 0 || queries == 0) && k > 0, "{operation}: there are no rows to take {k} of");
    assert!(queries.is_multiple_of(clouds), "{operation}: {queries} rows do not divide into {clouds} clouds");
    let len = indices.dims()[0];
    assert_eq!(queries * k, len, "{operation}: {queries} rows of {k} need as many indices, not {len}");
}

fn check_clouds(operation: &str, [rows, columns]: [usize; 2], clouds: usize) {
    assert!(clouds > 0 && rows.is_multiple_of(clouds), "{operation}: {rows} rows do not divide into {clouds} clouds");
    assert!(columns > 0, "{operation}: there are no columns");
}

/// Gathers the features of points into the latent nodes of their cloud: `Âᵀ · features`, where Â is the relation scaled
/// to length 1 (LatentGNN, Zhang, Yan and He 2019, <https://arxiv.org/abs/1905.11634>, equation 5).
///
/// # Shapes
/// - `relation`: `[clouds · n, nodes]`, how strongly a point belongs to a node; a row of zeros excludes the point
/// - `features`: `[clouds · n, channels]`
/// - result: `[clouds · nodes, channels]`
pub fn to_latent(relation: Tensor<2>, features: Tensor<2>, clouds: usize, unit: UnitLength) -> Tensor<2> {
    assert_eq!(relation.dims()[0], features.dims()[0], "to_latent: rows of relation and features must match");
    check_clouds("to_latent", relation.dims(), clouds);
    assert!(features.dims()[1] > 0, "to_latent: there are no channels");
    let (latent, _) = Dispatch::point_to_latent(relation.into_dispatch(), features.into_dispatch(), clouds, unit);
    Tensor::from_dispatch(latent)
}

/// Returns the features of latent nodes to the points of their cloud: `Â · latent`, where Â is the relation scaled to
/// length 1 over the nodes (LatentGNN, equation 7).
///
/// # Shapes
/// - `relation`: `[clouds · n, nodes]`
/// - `latent`: `[clouds · nodes, channels]`
/// - result: `[clouds · n, channels]`; zero where a row of the relation is zero
pub fn from_latent(relation: Tensor<2>, latent: Tensor<2>, clouds: usize) -> Tensor<2> {
    let [_, nodes] = relation.dims();
    assert_eq!(latent.dims()[0], clouds * nodes, "from_latent: nodes of relation and latent features must match");
    check_clouds("from_latent", relation.dims(), clouds);
    assert!(latent.dims()[1] > 0, "from_latent: there are no channels");
    let (features, _) = Dispatch::point_from_latent(relation.into_dispatch(), latent.into_dispatch(), clouds);
    Tensor::from_dispatch(features)
}

/// Scales the rows of `x` to length 1, as PyTorch's `normalize` does: rows that are not longer than 1e-12 are divided by
/// that, so a row of zeros stays zero.
///
/// # Shapes
/// - `x` and result: `[rows, channels]`
pub fn unit_rows(x: Tensor<2>) -> Tensor<2> {
    assert!(x.dims()[1] > 0, "unit_rows: there are no channels");
    Tensor::from_dispatch(Dispatch::point_unit_rows(x.into_dispatch()).0)
}

/// Exchanges features between latent nodes: each node gets the mean of all nodes of its cloud, weighted by the softmax
/// of their cosine similarities to it (LatentGNN, equation 6).
///
/// # Shapes
/// - `latent` and result: `[clouds · nodes, channels]`
pub fn propagate(latent: Tensor<2>, clouds: usize) -> Tensor<2> {
    check_clouds("propagate", latent.dims(), clouds);
    Tensor::from_dispatch(Dispatch::point_propagate(latent.into_dispatch(), clouds).0)
}

/// The depthwise 1×K convolution with multiplier K of K×K matrices: `out[m, c, r] = Σ_i x[m, i, c] w[i, c, r]`.
/// PointCNN (Li et al. 2018, <https://arxiv.org/abs/1801.07791>) computes its transformations with it.
///
/// # Shapes
/// - `x` and result: `[m, k · k]`
/// - `w`: `[k, k · k]`; `k` is at most 256
pub fn square_depthwise(x: Tensor<2>, w: Tensor<2>) -> Tensor<2> {
    let [k, columns] = w.dims();
    assert!((1..=256).contains(&k), "square_depthwise: matrices of {k} rows; they must have 1 to 256");
    assert!(columns == k * k && x.dims()[1] == columns, "square_depthwise: {:?} and {:?}", x.dims(), w.dims());
    Tensor::from_dispatch(Dispatch::point_square_depthwise(x.into_dispatch(), w.into_dispatch()))
}

/// The X-convolution of PointCNN (Li et al. 2018, <https://arxiv.org/abs/1801.07791>, algorithm 1) up to its pointwise
/// product: `out[m, q, c] = Σ_i t[i, c] w[i, q, c]`, where `t` is the transformation of center `m` times the features
/// of its neighbours. Neither is stored.
///
/// The channels do not mix, so the features may come in several parts, each with its part of `w`.
///
/// # Shapes
/// - `transform`: `[clouds · m, k · k]`
/// - `features`: `[clouds · n, channels]`
/// - `indices`: `[clouds · m · k]`, rows of the same cloud
/// - `w`: `[k, multiplier · channels]`
/// - result: `[clouds · m, multiplier · channels]`
pub fn x_conv(
    transform: Tensor<2>,
    features: Tensor<2>,
    indices: Tensor<1, Int>,
    w: Tensor<2>,
    clouds: usize,
) -> Tensor<2> {
    let ([centers, square], [k, columns], channels) = (transform.dims(), w.dims(), features.dims()[1]);
    check_gather("x_conv", features.dims(), [centers, k], &indices, clouds);
    assert_eq!(square, k * k, "x_conv: transformations and weights must be of the same neighbours");
    assert!(columns > 0 && columns.is_multiple_of(channels), "x_conv: {columns} weights for {channels} channels");
    Tensor::from_dispatch(Dispatch::point_x_conv(
        transform.into_dispatch(),
        features.into_dispatch(),
        indices.into_dispatch(),
        w.into_dispatch(),
        clouds,
    ))
}

/// Softmax cross entropy with one weight per point, divided by the number of points with non-zero weight.
///
/// # Shapes
/// - `logits`: `[rows, classes]`
/// - `targets`: `[rows]`, in `0..classes` even where the weight is zero
/// - `weights`: `[rows]`
/// - result: `[1]`
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>, weights: Tensor<1>) -> Tensor<1> {
    smooth_cross_entropy(logits, targets, weights, 0.0)
}

/// [`cross_entropy`] with label smoothing (Szegedy et al. 2016, <https://arxiv.org/abs/1512.00567>): a share `smoothing`
/// of every target is spread over all classes, the target included, as in PyTorch.
pub fn smooth_cross_entropy(
    logits: Tensor<2>,
    targets: Tensor<1, Int>,
    weights: Tensor<1>,
    smoothing: f64,
) -> Tensor<1> {
    check_clouds("cross_entropy", logits.dims(), 1);
    assert_eq!(logits.dims()[0], targets.dims()[0], "cross_entropy: rows of logits and targets must match");
    assert_eq!(logits.dims()[0], weights.dims()[0], "cross_entropy: rows of logits and weights must match");
    Tensor::from_dispatch(Dispatch::point_cross_entropy(
        logits.into_dispatch(),
        targets.into_dispatch(),
        weights.into_dispatch(),
        smoothing,
    ))
}

/// Dropout (Srivastava et al. 2014, <https://jmlr.org/papers/v15/srivastava14a.html>): drops values with a probability
/// and divides the others by the probability of being kept. The mask is not stored; the backward pass computes it
/// again.
///
/// # Shapes
/// - `x` and result: `[rows, channels]`
/// - `seed`: `[1]`, decides with the position of a value whether it is dropped
///
/// # Panics
/// If the probability is not in `0..1`.
pub fn dropout(x: Tensor<2>, seed: Tensor<1, Int>, probability: f64) -> Tensor<2> {
    assert!((0.0..1.0).contains(&probability), "dropout: the probability {probability} must be in 0..1");
    assert_eq!(seed.dims(), [1], "dropout: one seed is needed");
    Tensor::from_dispatch(Dispatch::point_dropout(x.into_dispatch(), seed.into_dispatch(), probability))
}

/// `scale · y + shift` by column, then ReLU if `relu`: normalisation with fixed statistics. No gradient flows through
/// it.
///
/// # Shapes
/// - `y` and result: `[rows, channels]`
/// - `scale`, `shift`: `[channels]`
pub fn affine(y: Tensor<2>, scale: Tensor<1>, shift: Tensor<1>, relu: bool) -> Tensor<2> {
    check_columns("affine", &y, [&scale, &shift]);
    Tensor::from_dispatch(Dispatch::point_affine(y.into_dispatch(), scale.into_dispatch(), shift.into_dispatch(), relu))
}

/// `scale · elu(y) + shift` by column: [`elu_norm`] with fixed statistics. No gradient flows through it.
///
/// # Shapes
/// - `y` and result: `[rows, channels]`
/// - `scale`, `shift`: `[channels]`
pub fn elu_affine(y: Tensor<2>, scale: Tensor<1>, shift: Tensor<1>) -> Tensor<2> {
    check_columns("elu_affine", &y, [&scale, &shift]);
    Tensor::from_dispatch(Dispatch::point_elu_affine(y.into_dispatch(), scale.into_dispatch(), shift.into_dispatch()))
}

/// `relu(scale · y + shift) · w`: [`affine`] and the next layer's product. No gradient flows through it.
///
/// # Shapes
/// - `y`: `[rows, in_channels]`
/// - `w`: `[in_channels, out_channels]`
/// - result: `[rows, out_channels]`
pub fn affine_relu_linear(y: Tensor<2>, scale: Tensor<1>, shift: Tensor<1>, w: Tensor<2>) -> Tensor<2> {
    check_columns("affine_relu_linear", &y, [&scale, &shift]);
    check_product("affine_relu_linear", &y, &w);
    Tensor::from_dispatch(Dispatch::point_affine_relu_linear(
        y.into_dispatch(),
        scale.into_dispatch(),
        shift.into_dispatch(),
        w.into_dispatch(),
    ))
}

/// Maximum of `scale · y + shift`, then ReLU if `relu`, over each `k` consecutive rows. No gradient flows through it.
///
/// # Shapes
/// - `y`: `[groups · k, channels]`
/// - result: `[groups, channels]`
pub fn affine_max(y: Tensor<2>, scale: Tensor<1>, shift: Tensor<1>, relu: bool, k: usize) -> Tensor<2> {
    check_columns("affine_max", &y, [&scale, &shift]);
    check_groups("affine_max", &y, k);
    Tensor::from_dispatch(Dispatch::point_affine_max(
        y.into_dispatch(),
        scale.into_dispatch(),
        shift.into_dispatch(),
        relu,
        k,
    ))
}
