//! Grouping of projected features; see [`crate::functional::group`] for why one subtraction per group member is enough.

use super::{fill_matrix, pieces, task_rows, vectorized, zeroed};
use rayon::prelude::*;

/// `out[m · k + j] = points[indices[m · k + j]] − centers[m]`; `points [n, c]`, `centers [m, c]`, `indices [m · k]`.
pub fn relative(points: &[f32], centers: &[f32], c: usize, indices: &[i32], k: usize) -> Vec<f32> {
    let piece = task_rows(c).div_ceil(k) * k;
    fill_matrix(pieces(indices.len(), piece), c, |rows, out| {
        let (first, indices) = (rows.start / k, &indices[rows]);
        assert!(c > 0 && out.len() == indices.len() * c);
        vectorized(|| {
            for (j, (row, &point)) in out.chunks_exact_mut(c).zip(indices).enumerate() {
                let (row, point) = (&mut row[..c], &points[point as usize * c..][..c]);
                let center = &centers[(first + j / k) * c..][..c];
                for i in 0..c {
                    row[i].write(point[i] - center[i]);
                }
            }
        });
        // SAFETY: the loops went through a row of `c` values for each index, which is all of them, see the assertion.
        unsafe { out.assume_init_mut() }
    })
}

/// Gradient of [`relative`] with respect to the centers: `−Σ_j gout[m · k + j]`, `[m, c]`.
pub fn center_gradient(gout: &[f32], c: usize, k: usize) -> Vec<f32> {
    let groups = gout.len() / c / k;
    let piece = (task_rows(c) / k).max(1);
    fill_matrix(pieces(groups, piece), c, |groups, out| {
        let sums = zeroed(out);
        let gout = &gout[groups.start * k * c..groups.end * k * c];
        vectorized(|| {
            for (out, group) in sums.chunks_exact_mut(c).zip(gout.chunks_exact(k * c)) {
                let out = &mut out[..c];
                for row in group.chunks_exact(c) {
                    let row = &row[..c];
                    for i in 0..c {
                        out[i] -= row[i];
                    }
                }
            }
        });
        sums
    })
}

/// Adds row `r` of `gout [indices, c]` to row `indices[r]` of the result `[rows, c]`, in the order of the rows.
/// Gradient of [`relative`] with respect to the points.
///
/// The rows belong to `clouds` clouds of equal size. Indices stay within their cloud, so clouds run in parallel.
pub fn scatter_add(gout: &[f32], c: usize, indices: &[i32], rows: usize, clouds: usize) -> Vec<f32> {
    let mut out = vec![0.0; rows * c];
    let (rows_each, indices_each) = (rows / clouds, indices.len() / clouds);
    out.par_chunks_mut((rows_each * c).max(1)).enumerate().for_each(|(cloud, out)| {
        let first = cloud * indices_each;
        let gout = &gout[first * c..][..indices_each * c];
        vectorized(|| {
            for (row, &point) in gout.chunks_exact(c).zip(&indices[first..]) {
                let to = &mut out[(point as usize - cloud * rows_each) * c..][..c];
                let row = &row[..c];
                for i in 0..c {
                    to[i] += row[i];
                }
            }
        })
    });
    out
}
