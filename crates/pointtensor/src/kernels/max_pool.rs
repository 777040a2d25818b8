//! The last layer of a set abstraction: normalisation, ReLU and the maximum over the `k` members of every group, in one pass.

use super::batch_norm::{Affine, NormGradients, NormState};
use super::{in_order, output, rows, sum_in_order, task_rows, vectorized};
use rayon::prelude::*;

/// The pooled features and where each came from.
#[derive(Debug, Clone)]
pub struct Pooled {
    /// Largest value of each group and channel, `[groups, c]`.
    pub values: Vec<f32>,
    /// Member of the group (0..k) that holds it, the first one on a tie, `[groups, c]`.
    pub members: Vec<i32>,
}

/// [`Pooled`] as the backward pass reads it.
#[derive(Debug, Clone, Copy)]
pub struct PooledView<'a> {
    /// See [`Pooled::values`].
    pub values: &'a [f32],
    /// See [`Pooled::members`].
    pub members: &'a [i32],
}

fn task_groups(c: usize, k: usize) -> usize {
    (task_rows(c) / k).max(1)
}

/// `max over k of relu(scale · y + shift)` for `y [groups · k, c]`.
pub fn relu_max(y: &[f32], affine: &Affine, k: usize) -> Pooled {
    let c = affine.scale.len();
    let groups = y.len() / c / k;
    let mut values = output(groups * c);
    let mut members = vec![0i32; groups * c];
    let piece = task_groups(c, k);
    values.par_chunks_mut(piece * c).zip(members.par_chunks_mut(piece * c)).zip(y.par_chunks(piece * k * c)).for_each(
        |((values, members), y)| {
            vectorized(|| {
                let groups = values.chunks_exact_mut(c).zip(members.chunks_exact_mut(c)).zip(y.chunks_exact(k * c));
                for ((values, members), group) in groups {
                    rows::largest(values, members, group, &affine.scale, &affine.shift);
                }
            })
        },
    );
    Pooled { values, members }
}

/// Gradients of [`relu_max`] behind a batch normalisation, from `gout [groups, c]`.
///
/// A group whose largest value is not above zero gets none, as the ReLU passes none.
pub fn relu_max_backward(state: &NormState, pooled: PooledView, gout: &[f32], k: usize) -> NormGradients {
    let c = state.channels();
    let groups = gout.len() / c;
    let piece = task_groups(c, k);
    let mean = &state.stats.mean;
    let partials = in_order(groups.div_ceil(piece), |index| {
        let (mut sum, mut product) = (vec![0f32; c], vec![0f32; c]);
        for group in index * piece..((index + 1) * piece).min(groups) {
            for i in 0..c {
                let at = group * c + i;
                if pooled.values[at] > 0.0 {
                    let y = state.y[(group * k + pooled.members[at] as usize) * c + i];
                    sum[i] += gout[at];
                    product[i] += gout[at] * (y - mean[i]);
                }
            }
        }
        (sum, product)
    });
    let (sums, products): (Vec<_>, Vec<_>) = partials.into_iter().unzip();
    let beta = sum_in_order(sums, c);
    let mut gamma = sum_in_order(products, c);
    for (d, inverse) in gamma.iter_mut().zip(state.inverse_deviation()) {
        *d *= inverse;
    }
    let scale = state.affine().scale;
    let terms = state.terms(&scale, &beta, &gamma);
    let mut gy = output(state.y.len());
    gy.par_chunks_mut(piece * k * c).zip(state.y.par_chunks(piece * k * c)).enumerate().for_each(|(index, (gy, y))| {
        vectorized(|| rows::gradient_of_none(gy, y, &terms));
        for group in 0..gy.len() / (k * c) {
            for i in 0..c {
                let at = (index * piece + group) * c + i;
                if pooled.values[at] > 0.0 {
                    gy[(group * k + pooled.members[at] as usize) * c + i] += scale[i] * gout[at];
                }
            }
        }
    });
    NormGradients { y: gy, gamma, beta }
}
