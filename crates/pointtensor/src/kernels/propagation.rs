//! Propagation between latent nodes: LatentGNN (Zhang, Yan and He 2019, <https://arxiv.org/abs/1905.11634>, equation
//! 6). Each node gets the mean of all nodes of its cloud, weighted by the softmax of their cosine similarities to it.
//!
//! For latent features `[clouds · d, c]`. A cloud has few nodes, so it is one task.

use super::tile::{multiply_block, multiply_transposed_block, weight_gradient_block};
use super::unit::{across, inverse_lengths, scaled};
use super::{fill_matrix, fill_rows, pieces, unwritten, vectorized};

/// Result of [`propagate`].
#[derive(Debug, Clone)]
pub struct Propagated {
    /// `[clouds · d, c]`
    pub latent: Vec<f32>,
    /// The softmax, `[clouds · d, d]`.
    pub affinity: Vec<f32>,
    /// 1 / lengths of the features, `[clouds · d]`.
    pub inverse: Vec<f32>,
}

/// `softmax(u uᵀ) · latent` for each cloud, where u is its `latent [d, c]` with rows of length 1.
pub fn propagate(latent: &[f32], d: usize, c: usize) -> Propagated {
    let inverse = inverse_lengths(latent, c);
    let nodes = latent.len() / c.max(1);
    let ([out, affinity], _) = fill_rows(pieces(nodes, d), [c, d], |nodes, [out, affinity]| {
        let latent = &latent[nodes.start * c..nodes.end * c];
        let unit = scaled(latent, c, &inverse[nodes]);
        let affinity = multiply_transposed_block(affinity, &unit, c, &unit, d);
        affinity.chunks_exact_mut(d).for_each(softmax);
        ([multiply_block(out, affinity, d, latent, c), affinity], ())
    });
    Propagated { latent: out, affinity, inverse }
}

/// Gradient of [`propagate`] with respect to the latent features.
pub fn propagate_backward(
    latent: &[f32],
    affinity: &[f32],
    inverse: &[f32],
    gout: &[f32],
    d: usize,
    c: usize,
) -> Vec<f32> {
    fill_matrix(pieces(latent.len() / c.max(1), d), c, |nodes, gradient| {
        let [gout, latent] = [gout, latent].map(|rows| &rows[nodes.start * c..nodes.end * c]);
        let (affinity, inverse) = (&affinity[nodes.start * d..nodes.end * d], &inverse[nodes]);
        let mut similarity = unwritten(d * d);
        let similarity = multiply_transposed_block(&mut similarity, gout, c, latent, d);
        vectorized(|| softmax_backward(similarity, affinity, d));
        add_transposed(similarity, d);
        let gradient = multiply_block(gradient, similarity, d, &scaled(latent, c, inverse), c);
        vectorized(|| across(gradient, latent, c, inverse));
        weight_gradient_block(gradient, affinity, d, gout, c, true);
        gradient
    })
}

/// `exp(x) / Σ exp(x)` in place, for values near 0.
fn softmax(row: &mut [f32]) {
    let mut sum = 0.0;
    for value in row.iter_mut() {
        *value = value.exp();
        sum += *value;
    }
    let factor = 1.0 / sum;
    row.iter_mut().for_each(|value| *value *= factor);
}

/// Turns the gradient with respect to the rows of a softmax into that with respect to its input, in place.
#[inline(always)]
fn softmax_backward(gradient: &mut [f32], softmax: &[f32], d: usize) {
    for (gradient, softmax) in gradient.chunks_exact_mut(d).zip(softmax.chunks_exact(d)) {
        let along = super::unit::dot(gradient, softmax);
        for (gradient, softmax) in gradient.iter_mut().zip(softmax) {
            *gradient = softmax * (*gradient - along);
        }
    }
}

/// `x + xᵀ` in place.
fn add_transposed(x: &mut [f32], d: usize) {
    for i in 0..d {
        for j in 0..=i {
            let sum = x[i * d + j] + x[j * d + i];
            (x[i * d + j], x[j * d + i]) = (sum, sum);
        }
    }
}
