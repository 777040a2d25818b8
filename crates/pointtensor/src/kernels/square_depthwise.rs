//! The depthwise 1×K convolution with multiplier K of a K×K matrix, which makes another one: two of the steps that
//! compute PointCNN's transformation.

use super::matmul::{GRADIENT_PIECES, add_pieces};
use super::{fill_matrix, in_order, pieces, task_rows, vectorized, zeroed};

/// Calls one of several compiled forms of a function: with a `K` known to the compiler, inner loops are unrolled and
/// sums stay in registers. `K` is 0 if the size is not one of these.
macro_rules! with_size {
    ($k:expr, $function:ident($($argument:expr),*)) => {
        match $k {
            4 => vectorized(|| $function::<4>($($argument),*)),
            8 => vectorized(|| $function::<8>($($argument),*)),
            12 => vectorized(|| $function::<12>($($argument),*)),
            16 => vectorized(|| $function::<16>($($argument),*)),
            _ => vectorized(|| $function::<0>($($argument),*)),
        }
    };
}

/// The size of the matrices: `K`, or `k` if that is 0.
#[inline(always)]
fn size<const K: usize>(k: usize) -> usize {
    if K == 0 { k } else { K }
}

/// Adds `Σ_i x[i, c] w[i, c, r]` to `out[c, r]` for each matrix.
#[inline(always)]
fn forward<const K: usize>(out: &mut [f32], x: &[f32], w: &[f32], k: usize) {
    let k = size::<K>(k);
    for (out, x) in out.chunks_exact_mut(k * k).zip(x.chunks_exact(k * k)) {
        for (c, out) in out.chunks_exact_mut(k).enumerate() {
            for i in 0..k {
                let (factor, w) = (x[i * k + c], &w[(i * k + c) * k..][..k]);
                for r in 0..k {
                    out[r] += factor * w[r];
                }
            }
        }
    }
}

/// Adds `Σ_r g[c, r] w[c, r, i]` to `gx[i, c]` for each matrix, where the weights are turned: `[c, r, i]`.
#[inline(always)]
fn input<const K: usize>(gx: &mut [f32], g: &[f32], turned: &[f32], k: usize) {
    let k = size::<K>(k);
    let mut sums = [0f32; 256];
    let sums = &mut sums[..k];
    for (gx, g) in gx.chunks_exact_mut(k * k).zip(g.chunks_exact(k * k)) {
        for c in 0..k {
            sums.fill(0.0);
            for r in 0..k {
                let (factor, w) = (g[c * k + r], &turned[(c * k + r) * k..][..k]);
                for i in 0..k {
                    sums[i] += factor * w[i];
                }
            }
            for i in 0..k {
                gx[i * k + c] += sums[i];
            }
        }
    }
}

/// Adds `x[i, c] g[c, r]` to `gw[i, c, r]` for each matrix.
#[inline(always)]
fn weight<const K: usize>(gw: &mut [f32], x: &[f32], g: &[f32], k: usize) {
    let k = size::<K>(k);
    for (x, g) in x.chunks_exact(k * k).zip(g.chunks_exact(k * k)) {
        for (index, (gw, &factor)) in gw.chunks_exact_mut(k).zip(x).enumerate() {
            let g = &g[index % k * k..][..k];
            for r in 0..k {
                gw[r] += factor * g[r];
            }
        }
    }
}

/// `out[m, c, r] = Σ_i x[m, i, c] w[i, c, r]`, for `x [m, k · k]` and `w [k, k · k]`.
pub fn square_depthwise(x: &[f32], w: &[f32], k: usize) -> Vec<f32> {
    let columns = k * k;
    fill_matrix(pieces(x.len() / columns, task_rows(columns)), columns, |rows, out| {
        let (out, x) = (zeroed(out), &x[rows.start * columns..rows.end * columns]);
        with_size!(k, forward(out, x, w, k));
        out
    })
}

/// Gradient of [`square_depthwise`] with respect to `x`.
pub fn input_gradient(g: &[f32], w: &[f32], k: usize) -> Vec<f32> {
    let columns = k * k;
    let turned: Vec<f32> = (0..k * columns).map(|at| w[at % k * columns + at / k]).collect();
    fill_matrix(pieces(g.len() / columns, task_rows(columns)), columns, |rows, gx| {
        let (gx, g) = (zeroed(gx), &g[rows.start * columns..rows.end * columns]);
        with_size!(k, input(gx, g, &turned, k));
        gx
    })
}

/// Gradient of [`square_depthwise`] with respect to `w`.
pub fn weight_gradient(x: &[f32], g: &[f32], k: usize) -> Vec<f32> {
    let columns = k * k;
    let rows = x.len() / columns;
    let piece = rows.div_ceil(GRADIENT_PIECES).max(64);
    let partials = in_order(rows.div_ceil(piece), |index| {
        let range = index * piece * columns..((index + 1) * piece).min(rows) * columns;
        let (mut gw, x, g) = (vec![0.0; k * columns], &x[range.clone()], &g[range]);
        with_size!(k, weight(&mut gw, x, g, k));
        gw
    });
    add_pieces(partials)
}
