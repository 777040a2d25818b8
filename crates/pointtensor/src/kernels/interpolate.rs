//! Interpolation of features from a few known points with given weights.

use super::{fill_matrix, pieces, task_rows, vectorized, zeroed};
use rayon::prelude::*;

/// `out[r] = Σ_j weights[r, j] · features[indices[r, j]]`; `features [n, c]`, `indices` and `weights [rows, k]`, result
/// `[rows, c]`.
pub fn interpolate(features: &[f32], c: usize, indices: &[i32], weights: &[f32], k: usize) -> Vec<f32> {
    fill_matrix(pieces(indices.len() / k, task_rows(c)), c, |rows, out| {
        let range = rows.start * k..rows.end * k;
        let (indices, weights, sums) = (&indices[range.clone()], &weights[range], zeroed(out));
        vectorized(|| {
            let members = indices.chunks_exact(k).zip(weights.chunks_exact(k));
            for (out, (indices, weights)) in sums.chunks_exact_mut(c).zip(members) {
                let out = &mut out[..c];
                for (&index, &weight) in indices.iter().zip(weights) {
                    let row = &features[index as usize * c..][..c];
                    for i in 0..c {
                        out[i] += weight * row[i];
                    }
                }
            }
        });
        sums
    })
}

/// Gradient of [`interpolate`] with respect to the features, `[rows, c]`, for `clouds` clouds of equal size.
pub fn interpolate_backward(
    gout: &[f32],
    c: usize,
    indices: &[i32],
    weights: &[f32],
    k: usize,
    rows: usize,
    clouds: usize,
) -> Vec<f32> {
    let mut out = vec![0.0; rows * c];
    let (rows_each, queries_each) = (rows / clouds, indices.len() / k / clouds);
    out.par_chunks_mut((rows_each * c).max(1)).enumerate().for_each(|(cloud, out)| {
        vectorized(|| {
            for query in cloud * queries_each..(cloud + 1) * queries_each {
                let from = &gout[query * c..][..c];
                for j in query * k..(query + 1) * k {
                    let weight = weights[j];
                    let to = &mut out[(indices[j] as usize - cloud * rows_each) * c..][..c];
                    for i in 0..c {
                        to[i] += weight * from[i];
                    }
                }
            }
        })
    });
    out
}
