//! LatentGNN's operations.

use super::{Floats, Three, settings, vector};
use crate::backend::PointBackend;
use crate::kernels::bipartite::UnitLength;
use crate::kernels::unit::{LARGEST_INVERSE, LEAST_LENGTH};
use burn::backend::{Backend, TensorMetadata};
use burn::tensor::Shape;

/// `[clouds · n, columns]` as `[clouds, n, columns]`.
fn clouds_of<B: Backend>(x: Floats<B>, clouds: usize) -> Floats<B> {
    let [rows, columns] = x.shape().dims();
    B::float_reshape(x, Shape::new([clouds, rows / clouds, columns]))
}

fn rows_of<B: Backend>(x: Floats<B>) -> Floats<B> {
    let [clouds, n, columns] = x.shape().dims();
    B::float_reshape(x, Shape::new([clouds * n, columns]))
}

/// `aᵀ · b` for each cloud.
fn transposed_product<B: PointBackend>(a: Floats<B>, b: Floats<B>) -> Floats<B> {
    B::point_product(B::float_swap_dims(a, 1, 2), b)
}

/// `1 / length` along `dim`, which is kept with size 1.
fn inverse_lengths<B: Backend>(x: Floats<B>, dim: usize) -> Floats<B> {
    let squares = B::float_sum_dim(B::float_mul(x.clone(), x), dim);
    let inverse = B::float_recip(B::float_clamp_min(B::float_sqrt(squares), LEAST_LENGTH.into()));
    B::float_clamp_max(inverse, LARGEST_INVERSE.into())
}

/// See [`crate::backend::PointBackend::point_to_latent`].
pub fn to_latent<B: PointBackend>(
    relation: Floats<B>,
    features: Floats<B>,
    clouds: usize,
    unit: UnitLength,
) -> (Floats<B>, Floats<B>) {
    let (relation, features) = (clouds_of::<B>(relation, clouds), clouds_of::<B>(features, clouds));
    let inverse = inverse_lengths::<B>(relation.clone(), if unit == UnitLength::OverNodes { 2 } else { 1 });
    let latent = if unit == UnitLength::OverNodes {
        transposed_product::<B>(relation, B::float_mul(features, inverse.clone()))
    } else {
        B::float_mul(transposed_product::<B>(relation, features), B::float_swap_dims(inverse.clone(), 1, 2))
    };
    (rows_of::<B>(latent), vector::<B>(inverse))
}

/// `along`, or 0 where the length counts as constant.
fn unless_constant<B: Backend>(along: Floats<B>, inverse: Floats<B>) -> Floats<B> {
    let kind = settings::<B>(&inverse).bool_dtype;
    let constant = B::float_greater_equal_elem(inverse, LARGEST_INVERSE.into(), kind);
    B::float_mask_fill(along, constant, 0f32.into())
}

/// The gradient with respect to rows `x`, from that of the rows scaled to length 1.
fn across<B: Backend>(x: Floats<B>, inverse: Floats<B>, gradient: Floats<B>, dim: usize) -> Floats<B> {
    let unit = B::float_mul(x, inverse.clone());
    let along = B::float_sum_dim(B::float_mul(gradient.clone(), unit.clone()), dim);
    let along = unless_constant::<B>(along, inverse.clone());
    B::float_mul(B::float_sub(gradient, B::float_mul(unit, along)), inverse)
}

/// See [`crate::backend::PointBackend::point_to_latent_backward`].
pub fn to_latent_backward<B: PointBackend>(
    relation: Floats<B>,
    features: Floats<B>,
    latent: Floats<B>,
    inverse: Floats<B>,
    gout: Floats<B>,
    clouds: usize,
    unit: UnitLength,
) -> (Floats<B>, Floats<B>) {
    let [relation, features, latent, gout] = [relation, features, latent, gout].map(|x| clouds_of::<B>(x, clouds));
    let [_, n, d] = relation.shape().dims();
    let (grelation, gfeatures) = if unit == UnitLength::OverNodes {
        let inverse = B::float_reshape(inverse, Shape::new([clouds, n, 1]));
        let gscaled = B::point_product(features, B::float_swap_dims(gout.clone(), 1, 2));
        let gfeatures = B::float_mul(B::point_product(relation.clone(), gout), inverse.clone());
        (across::<B>(relation, inverse, gscaled, 2), gfeatures)
    } else {
        let inverse = B::float_reshape(inverse, Shape::new([clouds, d, 1]));
        let along = B::float_sum_dim(B::float_mul(gout.clone(), latent), 2);
        let along = B::float_mul(along, B::float_mul(inverse.clone(), inverse.clone()));
        let along = unless_constant::<B>(along, inverse.clone());
        let gout = B::float_mul(gout, inverse);
        let gscaled = B::point_product(features, B::float_swap_dims(gout.clone(), 1, 2));
        let gfeatures = B::point_product(relation.clone(), gout);
        (B::float_sub(gscaled, B::float_mul(relation, B::float_swap_dims(along, 1, 2))), gfeatures)
    };
    (rows_of::<B>(grelation), rows_of::<B>(gfeatures))
}

/// See [`crate::backend::PointBackend::point_from_latent`].
pub fn from_latent<B: PointBackend>(relation: Floats<B>, latent: Floats<B>, clouds: usize) -> (Floats<B>, Floats<B>) {
    let (relation, latent) = (clouds_of::<B>(relation, clouds), clouds_of::<B>(latent, clouds));
    let inverse = inverse_lengths::<B>(relation.clone(), 2);
    let features = B::float_mul(B::point_product(relation, latent), inverse.clone());
    (rows_of::<B>(features), vector::<B>(inverse))
}

/// See [`crate::backend::PointBackend::point_from_latent_backward`].
pub fn from_latent_backward<B: PointBackend>(
    relation: Floats<B>,
    latent: Floats<B>,
    inverse: Floats<B>,
    gout: Floats<B>,
    clouds: usize,
) -> (Floats<B>, Floats<B>) {
    let [relation, latent, gout] = [relation, latent, gout].map(|x| clouds_of::<B>(x, clouds));
    let n = relation.shape()[1];
    let inverse = B::float_reshape(inverse, Shape::new([clouds, n, 1]));
    let gscaled = B::point_product(gout.clone(), B::float_swap_dims(latent, 1, 2));
    let glatent = transposed_product::<B>(relation.clone(), B::float_mul(gout, inverse.clone()));
    (rows_of::<B>(across::<B>(relation, inverse, gscaled, 2)), rows_of::<B>(glatent))
}

/// See [`crate::backend::PointBackend::point_unit_rows`].
pub fn unit_rows<B: Backend>(x: Floats<B>) -> (Floats<B>, Floats<B>) {
    let inverse = inverse_lengths::<B>(x.clone(), 1);
    (B::float_mul(x, inverse.clone()), vector::<B>(inverse))
}

/// See [`crate::backend::PointBackend::point_unit_rows_backward`].
pub fn unit_rows_backward<B: Backend>(x: Floats<B>, inverse: Floats<B>, gout: Floats<B>) -> Floats<B> {
    let rows = x.shape()[0];
    across::<B>(x, B::float_reshape(inverse, Shape::new([rows, 1])), gout, 1)
}

/// See [`crate::backend::PointBackend::point_propagate`].
pub fn propagate<B: PointBackend>(latent: Floats<B>, clouds: usize) -> Three<B> {
    let latent = clouds_of::<B>(latent, clouds);
    let inverse = inverse_lengths::<B>(latent.clone(), 2);
    let unit = B::float_mul(latent.clone(), inverse.clone());
    // cosines are at most 1, so nothing overflows
    let weights = B::float_exp(B::point_product(unit.clone(), B::float_swap_dims(unit, 1, 2)));
    let affinity = B::float_div(weights.clone(), B::float_sum_dim(weights, 2));
    let out = B::point_product(affinity.clone(), latent);
    (rows_of::<B>(out), rows_of::<B>(affinity), vector::<B>(inverse))
}

/// See [`crate::backend::PointBackend::point_propagate_backward`].
pub fn propagate_backward<B: PointBackend>(
    latent: Floats<B>,
    affinity: Floats<B>,
    inverse: Floats<B>,
    gout: Floats<B>,
    clouds: usize,
) -> Floats<B> {
    let [latent, affinity, gout] = [latent, affinity, gout].map(|x| clouds_of::<B>(x, clouds));
    let d = latent.shape()[1];
    let inverse = B::float_reshape(inverse, Shape::new([clouds, d, 1]));
    let gaffinity = B::point_product(gout.clone(), B::float_swap_dims(latent.clone(), 1, 2));
    let along = B::float_sum_dim(B::float_mul(gaffinity.clone(), affinity.clone()), 2);
    let gsimilarity = B::float_mul(affinity.clone(), B::float_sub(gaffinity, along));
    let both = B::float_add(gsimilarity.clone(), B::float_swap_dims(gsimilarity, 1, 2));
    let gunit = B::point_product(both, B::float_mul(latent.clone(), inverse.clone()));
    let taken = transposed_product::<B>(affinity, gout);
    rows_of::<B>(B::float_add(across::<B>(latent, inverse, gunit, 2), taken))
}
