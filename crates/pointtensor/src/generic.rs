//! The operations made of burn's own: the defaults of [`crate::backend::PointBackend`], for backends without kernels.
//!
//! They compute the same as the CPU kernels, one operation after another: intermediate results are stored, and sums are
//! in the backend's order. The kernels are tested against them.

use crate::backend::PointBackend;
use burn::backend::{
    Backend, DeviceSettings, ExecutionError, TensorMetadata, get_or_init_device_settings,
    tensor::{BoolTensor, FloatTensor, IntTensor},
};
use burn::tensor::{IndexingUpdateOp, Shape, Slice, TensorData};

mod latent;
#[cfg(test)]
mod tests;
mod x_conv;

pub use latent::*;
pub use x_conv::*;

type Floats<B> = FloatTensor<B>;
type Three<B> = (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>);

fn settings<B: Backend>(tensor: &Floats<B>) -> DeviceSettings {
    get_or_init_device_settings::<B>(&tensor.device())
}

fn rows<B: Backend>(tensor: &Floats<B>) -> usize {
    tensor.shape()[0]
}

fn columns<B: Backend>(tensor: &Floats<B>) -> usize {
    tensor.shape()[1]
}

/// A vector as a matrix with one row, which broadcasts over rows.
fn row<B: Backend>(vector: Floats<B>) -> Floats<B> {
    let len = vector.shape()[0];
    B::float_reshape(vector, Shape::new([1, len]))
}

/// A vector as a matrix with one column, which broadcasts over columns.
fn column<B: Backend>(vector: Floats<B>) -> Floats<B> {
    let len = vector.shape()[0];
    B::float_reshape(vector, Shape::new([len, 1]))
}

fn vector<B: Backend>(matrix: Floats<B>) -> Floats<B> {
    let len = matrix.shape().num_elements();
    B::float_reshape(matrix, Shape::new([len]))
}

/// Sum over the rows, `[columns]`.
pub fn sum_rows<B: Backend>(x: Floats<B>) -> Floats<B> {
    vector::<B>(B::float_sum_dim(x, 0))
}

fn not_positive<B: Backend>(x: Floats<B>) -> BoolTensor<B> {
    let kind = settings::<B>(&x).bool_dtype;
    B::float_lower_equal_elem(x, 0f32.into(), kind)
}

fn zeros<B: Backend, const D: usize>(like: &Floats<B>, shape: [usize; D]) -> Floats<B> {
    B::float_zeros(Shape::new(shape), &like.device(), like.dtype().into())
}

/// Splits a matrix into its first `at` rows and the rest.
pub fn split<B: Backend>(w: Floats<B>, at: usize) -> (Floats<B>, Floats<B>) {
    let (rows, columns) = (rows::<B>(&w) as isize, columns::<B>(&w) as isize);
    let part = |from, to| B::float_slice(w.clone(), &[Slice::new(from, Some(to), 1), Slice::new(0, Some(columns), 1)]);
    (part(0, at as isize), part(at as isize, rows))
}

/// See [`crate::backend::PointBackend::point_linear`].
pub fn linear<B: Backend>(x: Floats<B>, w: Floats<B>) -> Floats<B> {
    B::float_matmul(x, w)
}

/// See [`crate::backend::PointBackend::point_linear_input_gradient`].
pub fn linear_input_gradient<B: Backend>(gy: Floats<B>, w: Floats<B>) -> Floats<B> {
    B::float_matmul(gy, B::float_transpose(w))
}

/// See [`crate::backend::PointBackend::point_linear_weight_gradient`].
pub fn linear_weight_gradient<B: Backend>(x: Floats<B>, gy: Floats<B>) -> Floats<B> {
    B::float_matmul(B::float_transpose(x), gy)
}

/// See [`crate::backend::PointBackend::point_linear_pair`].
pub fn linear_pair<B: PointBackend>(a: Floats<B>, b: Floats<B>, w: Floats<B>) -> Floats<B> {
    let (of_a, of_b) = split::<B>(w, columns::<B>(&a));
    B::float_add(B::point_linear(a, of_a), B::point_linear(b, of_b))
}

/// See [`crate::backend::PointBackend::point_linear_pair_backward`].
pub fn linear_pair_backward<B: PointBackend>(a: Floats<B>, b: Floats<B>, w: Floats<B>, gy: Floats<B>) -> Three<B> {
    let (of_a, of_b) = split::<B>(w, columns::<B>(&a));
    let gw = [a, b].map(|x| B::point_linear_weight_gradient(x, gy.clone()));
    let (ga, gb) = (B::point_linear_input_gradient(gy.clone(), of_a), B::point_linear_input_gradient(gy, of_b));
    (ga, gb, B::float_cat(gw.into(), 0))
}

/// See [`crate::backend::PointBackend::point_add_bias`].
pub fn add_bias<B: Backend>(y: Floats<B>, bias: Floats<B>) -> Floats<B> {
    B::float_add(y, row::<B>(bias))
}

/// Mean and biased variance of each column.
fn statistics<B: Backend>(y: Floats<B>) -> (Floats<B>, Floats<B>) {
    let mean = B::float_mean_dim(y.clone(), 0);
    let centered = B::float_sub(y, mean.clone());
    let var = B::float_mean_dim(B::float_mul(centered.clone(), centered), 0);
    (vector::<B>(mean), vector::<B>(var))
}

fn inverse_deviation<B: Backend>(var: Floats<B>, epsilon: f64) -> Floats<B> {
    B::float_recip(B::float_sqrt(B::float_add_scalar(var, epsilon.into())))
}

/// The normalisation as scale and shift of each column.
fn folded<B: Backend>(
    gamma: Floats<B>,
    beta: Floats<B>,
    mean: Floats<B>,
    var: Floats<B>,
    epsilon: f64,
) -> (Floats<B>, Floats<B>) {
    let scale = B::float_mul(gamma, inverse_deviation::<B>(var, epsilon));
    let shift = B::float_sub(beta, B::float_mul(mean, scale.clone()));
    (scale, shift)
}

/// See [`crate::backend::PointBackend::point_affine`].
pub fn affine<B: Backend>(y: Floats<B>, scale: Floats<B>, shift: Floats<B>, relu: bool) -> Floats<B> {
    let z = B::float_add(B::float_mul(y, row::<B>(scale)), row::<B>(shift));
    if relu { B::relu(z) } else { z }
}

/// See [`crate::backend::PointBackend::point_affine_relu_linear`].
pub fn affine_relu_linear<B: Backend>(y: Floats<B>, scale: Floats<B>, shift: Floats<B>, w: Floats<B>) -> Floats<B> {
    B::float_matmul(affine::<B>(y, scale, shift, true), w)
}

/// See [`crate::backend::PointBackend::point_affine_max`].
pub fn affine_max<B: Backend>(y: Floats<B>, scale: Floats<B>, shift: Floats<B>, relu: bool, k: usize) -> Floats<B> {
    let (groups, c) = (rows::<B>(&y) / k, columns::<B>(&y));
    let z = B::float_reshape(affine::<B>(y, scale, shift, relu), Shape::new([groups, k, c]));
    B::float_reshape(B::float_max_dim(z, 1), Shape::new([groups, c]))
}

/// See [`crate::backend::PointBackend::point_norm`].
pub fn norm<B: Backend>(y: Floats<B>, gamma: Floats<B>, beta: Floats<B>, epsilon: f64, relu: bool) -> Three<B> {
    let (mean, var) = statistics::<B>(y.clone());
    let (scale, shift) = folded::<B>(gamma, beta, mean.clone(), var.clone(), epsilon);
    (affine::<B>(y, scale, shift, relu), mean, var)
}

/// See [`crate::backend::PointBackend::point_norm_backward`].
#[allow(clippy::too_many_arguments)]
pub fn norm_backward<B: Backend>(
    y: Floats<B>,
    gamma: Floats<B>,
    beta: Floats<B>,
    mean: Floats<B>,
    var: Floats<B>,
    gz: Floats<B>,
    epsilon: f64,
    relu: bool,
) -> Three<B> {
    let n = rows::<B>(&y) as f64;
    let inverse = inverse_deviation::<B>(var.clone(), epsilon);
    let (scale, shift) = folded::<B>(gamma, beta, mean.clone(), var, epsilon);
    let dz = if relu {
        let z = affine::<B>(y.clone(), scale.clone(), shift, false);
        B::float_mask_fill(gz, not_positive::<B>(z), 0f32.into())
    } else {
        gz
    };
    let standard = B::float_mul(B::float_sub(y, row::<B>(mean)), row::<B>(inverse));
    let dbeta = sum_rows::<B>(dz.clone());
    let dgamma = sum_rows::<B>(B::float_mul(dz.clone(), standard.clone()));
    let shared = B::float_add(B::float_mul(standard, row::<B>(dgamma.clone())), row::<B>(dbeta.clone()));
    let dy = B::float_mul(B::float_sub(dz, B::float_div_scalar(shared, n.into())), row::<B>(scale));
    (dy, dgamma, dbeta)
}

/// See [`crate::backend::PointBackend::point_norm_relu_linear`].
pub fn norm_relu_linear<B: Backend>(
    y: Floats<B>,
    gamma: Floats<B>,
    beta: Floats<B>,
    w: Floats<B>,
    epsilon: f64,
) -> Three<B> {
    let (z, mean, var) = norm::<B>(y, gamma, beta, epsilon, true);
    (B::float_matmul(z, w), mean, var)
}

/// See [`crate::backend::PointBackend::point_norm_relu_linear_backward`].
#[allow(clippy::too_many_arguments)]
pub fn norm_relu_linear_backward<B: Backend>(
    y: Floats<B>,
    gamma: Floats<B>,
    beta: Floats<B>,
    mean: Floats<B>,
    var: Floats<B>,
    w: Floats<B>,
    gout: Floats<B>,
    epsilon: f64,
) -> (Floats<B>, Floats<B>, Floats<B>, Floats<B>) {
    let (scale, shift) = folded::<B>(gamma.clone(), beta.clone(), mean.clone(), var.clone(), epsilon);
    let gw = linear_weight_gradient::<B>(affine::<B>(y.clone(), scale, shift, true), gout.clone());
    let gz = linear_input_gradient::<B>(gout, w);
    let (gy, ggamma, gbeta) = norm_backward::<B>(y, gamma, beta, mean, var, gz, epsilon, true);
    (gy, ggamma, gbeta, gw)
}

/// See [`crate::backend::PointBackend::point_norm_max`].
pub fn norm_max<B: Backend>(
    y: Floats<B>,
    gamma: Floats<B>,
    beta: Floats<B>,
    epsilon: f64,
    relu: bool,
    k: usize,
) -> (Floats<B>, IntTensor<B>, Floats<B>, Floats<B>) {
    let (groups, c) = (rows::<B>(&y) / k, columns::<B>(&y));
    let kind = settings::<B>(&y).int_dtype;
    // compared by `y` and the sign of γ: rounding in the normalisation makes some values equal, and a ReLU many
    let directed = B::float_mul(y.clone(), B::float_reshape(B::float_sign(gamma.clone()), Shape::new([1, c])));
    let directed = B::float_reshape(directed, Shape::new([groups, k, c]));
    let (_, members) = B::float_max_dim_with_indices(directed, 1, kind);
    let (z, mean, var) = norm::<B>(y, gamma, beta, epsilon, relu);
    let values = B::float_gather(1, B::float_reshape(z, Shape::new([groups, k, c])), members.clone());
    let values = B::float_reshape(values, Shape::new([groups, c]));
    (values, B::int_reshape(members, Shape::new([groups, c])), mean, var)
}

/// See [`crate::backend::PointBackend::point_norm_max_backward`].
#[allow(clippy::too_many_arguments)]
pub fn norm_max_backward<B: Backend>(
    y: Floats<B>,
    gamma: Floats<B>,
    beta: Floats<B>,
    mean: Floats<B>,
    var: Floats<B>,
    values: Floats<B>,
    members: IntTensor<B>,
    gout: Floats<B>,
    epsilon: f64,
    relu: bool,
    k: usize,
) -> Three<B> {
    let (groups, c) = (rows::<B>(&gout), columns::<B>(&gout));
    let gout = if relu { B::float_mask_fill(gout, not_positive::<B>(values), 0f32.into()) } else { gout };
    let gz = B::float_scatter(
        1,
        zeros::<B, 3>(&gout, [groups, k, c]),
        B::int_reshape(members, Shape::new([groups, 1, c])),
        B::float_reshape(gout, Shape::new([groups, 1, c])),
        IndexingUpdateOp::Add,
    );
    let gz = B::float_reshape(gz, Shape::new([groups * k, c]));
    norm_backward::<B>(y, gamma, beta, mean, var, gz, epsilon, false)
}

/// See [`crate::backend::PointBackend::point_group`].
pub fn group<B: Backend>(points: Floats<B>, centers: Floats<B>, indices: IntTensor<B>, k: usize) -> Floats<B> {
    let (m, c) = (rows::<B>(&centers), columns::<B>(&centers));
    let members = B::float_reshape(B::float_select(points, 0, indices), Shape::new([m, k, c]));
    let relative = B::float_sub(members, B::float_reshape(centers, Shape::new([m, 1, c])));
    B::float_reshape(relative, Shape::new([m * k, c]))
}

/// See [`crate::backend::PointBackend::point_group_center_gradient`].
pub fn group_center_gradient<B: Backend>(gout: Floats<B>, k: usize) -> Floats<B> {
    let (m, c) = (rows::<B>(&gout) / k, columns::<B>(&gout));
    let sums = B::float_sum_dim(B::float_reshape(gout, Shape::new([m, k, c])), 1);
    B::float_neg(B::float_reshape(sums, Shape::new([m, c])))
}

/// See [`crate::backend::PointBackend::point_scatter_add`].
pub fn scatter_add<B: Backend>(gout: Floats<B>, indices: IntTensor<B>, rows: usize) -> Floats<B> {
    let c = columns::<B>(&gout);
    B::float_select_assign(zeros::<B, 2>(&gout, [rows, c]), 0, indices, gout, IndexingUpdateOp::Add)
}

/// See [`crate::backend::PointBackend::point_interpolate`].
pub fn interpolate<B: Backend>(features: Floats<B>, indices: IntTensor<B>, weights: Floats<B>, k: usize) -> Floats<B> {
    let (m, c) = (rows::<B>(&weights), columns::<B>(&features));
    let near = B::float_reshape(B::float_select(features, 0, indices), Shape::new([m, k, c]));
    let weighted = B::float_mul(near, B::float_reshape(weights, Shape::new([m, k, 1])));
    B::float_reshape(B::float_sum_dim(weighted, 1), Shape::new([m, c]))
}

/// See [`crate::backend::PointBackend::point_interpolate_backward`].
pub fn interpolate_backward<B: Backend>(
    gout: Floats<B>,
    indices: IntTensor<B>,
    weights: Floats<B>,
    k: usize,
    rows_below: usize,
) -> Floats<B> {
    let (m, c) = (rows::<B>(&gout), columns::<B>(&gout));
    let weights = B::float_reshape(weights, Shape::new([m, k, 1]));
    let parts = B::float_mul(B::float_reshape(gout, Shape::new([m, 1, c])), weights);
    scatter_add::<B>(B::float_reshape(parts, Shape::new([m * k, c])), indices, rows_below)
}

/// Softmax of each row, and its logarithm.
fn softmax<B: Backend>(logits: Floats<B>) -> (Floats<B>, Floats<B>) {
    let shifted = B::float_sub(logits.clone(), B::float_max_dim(logits, 1));
    let log_sum = B::float_log(B::float_sum_dim(B::float_exp(shifted.clone()), 1));
    let log = B::float_sub(shifted, log_sum);
    (B::float_exp(log.clone()), log)
}

/// Number of non-zero weights, at least one, `[1]`.
fn normalizer<B: Backend>(weights: Floats<B>) -> Floats<B> {
    let DeviceSettings { bool_dtype, .. } = settings::<B>(&weights);
    let kind = weights.dtype().into();
    let used = B::float_not_equal_elem(weights, 0f32.into(), bool_dtype);
    B::float_clamp_min(B::float_sum(B::bool_into_float(used, kind)), 1f32.into())
}

/// See [`crate::backend::PointBackend::point_cross_entropy`].
pub fn cross_entropy<B: Backend>(
    logits: Floats<B>,
    targets: IntTensor<B>,
    weights: Floats<B>,
    smoothing: f64,
) -> Floats<B> {
    let n = rows::<B>(&logits);
    let (_, log) = softmax::<B>(logits);
    let of_target = B::float_gather(1, log.clone(), B::int_reshape(targets, Shape::new([n, 1])));
    let target = B::float_mul_scalar(of_target, (1.0 - smoothing).into());
    let all = B::float_mul_scalar(B::float_mean_dim(log, 1), smoothing.into());
    let sum = B::float_sum(B::float_mul(vector::<B>(B::float_add(target, all)), weights.clone()));
    B::float_neg(B::float_div(sum, normalizer::<B>(weights)))
}

/// See [`crate::backend::PointBackend::point_cross_entropy_backward`].
pub fn cross_entropy_backward<B: Backend>(
    logits: Floats<B>,
    targets: IntTensor<B>,
    weights: Floats<B>,
    upstream: Floats<B>,
    smoothing: f64,
) -> Floats<B> {
    let (n, classes) = (rows::<B>(&logits), logits.shape()[1]);
    let (probabilities, _) = softmax::<B>(logits);
    let one = B::float_ones(Shape::new([n, 1]), &weights.device(), weights.dtype().into());
    let targets = B::int_reshape(targets, Shape::new([n, 1]));
    let of_target = B::float_mul_scalar(one, (smoothing - 1.0).into());
    let of_all = B::float_sub_scalar(probabilities, (smoothing / classes as f64).into());
    let wrong = B::float_scatter(1, of_all, targets, of_target, IndexingUpdateOp::Add);
    let factor = B::float_div(B::float_mul(weights.clone(), upstream), normalizer::<B>(weights));
    B::float_mul(wrong, column::<B>(factor))
}

/// See [`crate::backend::PointBackend::point_dropout`].
///
/// Not every backend has operations on unsigned integers, so the factors are computed on the host.
pub fn dropout<B: Backend>(x: Floats<B>, seed: IntTensor<B>, probability: f64) -> Floats<B> {
    let seed = read_seed(burn::tensor::try_read_sync(B::int_into_data(seed)));
    let factors = crate::kernels::dropout::factors(x.shape().num_elements(), seed, probability as f32);
    let factors = TensorData::new(factors, x.shape());
    let factors = B::float_from_data(factors.convert_dtype(x.dtype()), &x.device());
    B::float_mul(x, factors)
}

fn read_seed(data: Option<Result<TensorData, ExecutionError>>) -> u32 {
    let data = data.expect("the backend reads synchronously").expect("the device can be read");
    data.iter::<i64>().next().expect("there is a seed") as u32
}
