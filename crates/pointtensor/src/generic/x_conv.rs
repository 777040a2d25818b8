//! The generic forms of PointCNN's operations.

use super::{Floats, Three, columns, rows};
use crate::backend::PointBackend;
use burn::backend::{Backend, tensor::IntTensor};
use burn::tensor::Shape;

/// `(elu(y), its derivative)`.
fn elu<B: Backend>(y: Floats<B>) -> (Floats<B>, Floats<B>) {
    let positive = B::float_clamp_min(y.clone(), 0f32.into());
    let derivative = B::float_exp(B::float_clamp_max(y, 0f32.into()));
    (B::float_add(positive, B::float_sub_scalar(derivative.clone(), 1f32.into())), derivative)
}

/// See [`crate::backend::PointBackend::point_elu_affine`].
pub fn elu_affine<B: PointBackend>(y: Floats<B>, scale: Floats<B>, shift: Floats<B>) -> Floats<B> {
    B::point_affine(elu::<B>(y).0, scale, shift, false)
}

/// See [`crate::backend::PointBackend::point_elu_norm`].
pub fn elu_norm<B: PointBackend>(y: Floats<B>, gamma: Floats<B>, beta: Floats<B>, epsilon: f64) -> Three<B> {
    B::point_norm(elu::<B>(y).0, gamma, beta, epsilon, false)
}

/// See [`crate::backend::PointBackend::point_elu_norm_backward`].
pub fn elu_norm_backward<B: PointBackend>(
    y: Floats<B>,
    gamma: Floats<B>,
    beta: Floats<B>,
    mean: Floats<B>,
    var: Floats<B>,
    gz: Floats<B>,
    epsilon: f64,
) -> Three<B> {
    let (a, derivative) = elu::<B>(y);
    let (ga, ggamma, gbeta) = B::point_norm_backward(a, gamma, beta, mean, var, gz, epsilon, false);
    (B::float_mul(ga, derivative), ggamma, gbeta)
}

fn reshape<B: Backend, const D: usize>(x: Floats<B>, shape: [usize; D]) -> Floats<B> {
    B::float_reshape(x, Shape::new(shape))
}

/// See [`crate::backend::PointBackend::point_square_depthwise`].
pub fn square_depthwise<B: Backend>(x: Floats<B>, w: Floats<B>) -> Floats<B> {
    let (m, k) = (rows::<B>(&x), rows::<B>(&w));
    let products = B::float_mul(reshape::<B, 4>(x, [m, k, k, 1]), reshape::<B, 4>(w, [1, k, k, k]));
    reshape::<B, 2>(B::float_sum_dim(products, 1), [m, k * k])
}

/// See [`crate::backend::PointBackend::point_square_depthwise_backward`].
pub fn square_depthwise_backward<B: Backend>(x: Floats<B>, w: Floats<B>, gout: Floats<B>) -> (Floats<B>, Floats<B>) {
    let (m, k) = (rows::<B>(&x), rows::<B>(&w));
    let g = reshape::<B, 4>(gout, [m, 1, k, k]);
    let of_x = B::float_sum_dim(B::float_mul(g.clone(), reshape::<B, 4>(w, [1, k, k, k])), 3);
    let of_w = B::float_sum_dim(B::float_mul(g, reshape::<B, 4>(x, [m, k, k, 1])), 0);
    (reshape::<B, 2>(of_x, [m, k * k]), reshape::<B, 2>(of_w, [k, k * k]))
}

/// The transformations `[m, k, k]` and the gathered features `[m, k, c]`.
fn gathered<B: Backend>(
    transform: Floats<B>,
    features: Floats<B>,
    indices: IntTensor<B>,
    k: usize,
) -> (Floats<B>, Floats<B>) {
    let (m, c) = (rows::<B>(&transform), columns::<B>(&features));
    let members = B::float_select(features, 0, indices);
    (reshape::<B, 3>(transform, [m, k, k]), reshape::<B, 3>(members, [m, k, c]))
}

/// See [`crate::backend::PointBackend::point_x_conv`].
pub fn x_conv<B: PointBackend>(
    transform: Floats<B>,
    features: Floats<B>,
    indices: IntTensor<B>,
    w: Floats<B>,
) -> Floats<B> {
    let (k, c) = (rows::<B>(&w), columns::<B>(&features));
    let (transform, members) = gathered::<B>(transform, features, indices, k);
    let (m, q) = (rows::<B>(&transform), columns::<B>(&w) / c);
    let t = reshape::<B, 4>(B::point_product(transform, members), [m, k, 1, c]);
    let products = B::float_mul(t, reshape::<B, 4>(w, [1, k, q, c]));
    reshape::<B, 2>(B::float_sum_dim(products, 1), [m, q * c])
}

/// See [`crate::backend::PointBackend::point_x_conv_backward`].
pub fn x_conv_backward<B: PointBackend>(
    transform: Floats<B>,
    features: Floats<B>,
    indices: IntTensor<B>,
    w: Floats<B>,
    gout: Floats<B>,
    clouds: usize,
) -> Three<B> {
    let (k, points, c) = (rows::<B>(&w), rows::<B>(&features), columns::<B>(&features));
    let (transform, members) = gathered::<B>(transform, features, indices.clone(), k);
    let (m, q) = (rows::<B>(&transform), columns::<B>(&w) / c);
    let t = reshape::<B, 4>(B::point_product(transform.clone(), members.clone()), [m, k, 1, c]);
    let g = reshape::<B, 4>(gout, [m, 1, q, c]);
    let of_w = B::float_sum_dim(B::float_mul(t, g.clone()), 0);
    let of_t = B::float_sum_dim(B::float_mul(g, reshape::<B, 4>(w, [1, k, q, c])), 2);
    let of_t = reshape::<B, 3>(of_t, [m, k, c]);
    let of_transform = B::point_product(of_t.clone(), B::float_swap_dims(members, 1, 2));
    let of_members = B::point_product(B::float_swap_dims(transform, 1, 2), of_t);
    let of_features = B::point_scatter_add(reshape::<B, 2>(of_members, [m * k, c]), indices, points, clouds);
    (reshape::<B, 2>(of_transform, [m, k * k]), of_features, reshape::<B, 2>(of_w, [k, q * c]))
}
