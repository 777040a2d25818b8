//! Products of tall, narrow matrices: many rows (points), few columns (channels).
//!
//! Rows are split into pieces of fixed size, one single-threaded `gemm` call each. General matrix libraries split such a product over
//! threads badly, above all its weight gradient, where the long axis is the one that is summed.

use super::{in_order, output};
use rayon::prelude::*;

/// Pieces that the weight gradient is summed in: enough for 16 threads, few enough that the partial matrices stay small.
pub(crate) const GRADIENT_PIECES: usize = 16;

/// Pieces that the weight gradient of a `ci` by `co` product is summed in: fewer where it is large, since each piece has one.
pub(crate) fn gradient_pieces(ci: usize, co: usize) -> usize {
    (1024 * 1024 / (ci * co).max(1)).clamp(8, GRADIENT_PIECES)
}

/// Rows of a block that stays in the cache.
fn block_rows(inner: usize, outer: usize) -> usize {
    (64 * 1024 / inner.max(outer).max(1)).max(64)
}

/// Rows a task multiplies at once: a block, or fewer where a few tasks would have nothing to do.
fn piece_rows(rows: usize, inner: usize, outer: usize) -> usize {
    rows.div_ceil(LEAST_PIECES).next_multiple_of(16).clamp(32, block_rows(inner, outer))
}

/// Pieces that short products are cut into.
const LEAST_PIECES: usize = 4;

/// A matrix as `gemm` sees it: where it starts and the distance between neighbours in a row and in a column.
#[derive(Clone, Copy)]
struct View<'a> {
    data: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

impl<'a> View<'a> {
    fn rows(data: &'a [f32], columns: usize) -> Self {
        View { data, row_stride: columns, column_stride: 1 }
    }

    fn transposed(data: &'a [f32], columns: usize) -> Self {
        View { data, row_stride: 1, column_stride: columns }
    }

    /// The largest index that a `rows` by `columns` reading of the view touches, plus one.
    fn extent(&self, rows: usize, columns: usize) -> usize {
        if rows == 0 || columns == 0 {
            0
        } else {
            (rows - 1) * self.row_stride + (columns - 1) * self.column_stride + 1
        }
    }
}

/// `out [m, n] = a [m, k] · b [k, n]`, added to what is there if `accumulate`.
fn gemm_into(out: &mut [f32], (m, n, k): (usize, usize, usize), a: View, b: View, accumulate: bool) {
    assert!(out.len() >= m * n && a.data.len() >= a.extent(m, k) && b.data.len() >= b.extent(k, n));
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if !accumulate {
            out[..m * n].fill(0.0);
        }
        return;
    }
    // SAFETY: the assertion above keeps every access of the strided views inside their slices; `out` is exclusively borrowed.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            accumulate,
            a.data.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            if accumulate { 1.0 } else { 0.0 },
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// `out [rows, co] = x [rows, ci] · w [ci, co]` on the calling thread.
pub(crate) fn multiply_block(out: &mut [f32], x: &[f32], ci: usize, w: &[f32], co: usize) {
    let rows = out.len() / co.max(1);
    gemm_into(out, (rows, co, ci), View::rows(x, ci), View::rows(w, co), false);
}

/// `out [rows, ci] = gy [rows, co] · wᵀ` on the calling thread, for `w [ci, co]`.
pub(crate) fn multiply_transposed_block(out: &mut [f32], gy: &[f32], co: usize, w: &[f32], ci: usize) {
    let rows = out.len() / ci.max(1);
    gemm_into(out, (rows, ci, co), View::rows(gy, co), View::transposed(w, co), false);
}

/// `y [rows, co] = x [rows, ci] · w [ci, co]`.
pub fn multiply(x: &[f32], ci: usize, w: &[f32], co: usize) -> Vec<f32> {
    let rows = x.len() / ci.max(1);
    let mut y = output(rows * co);
    let piece = piece_rows(rows, ci, co);
    y.par_chunks_mut((piece * co).max(1))
        .zip(x.par_chunks((piece * ci).max(1)))
        .for_each(|(y, x)| multiply_block(y, x, ci, w, co));
    y
}

/// Gradient of [`multiply`] with respect to `x`: `gx [rows, ci] = gy [rows, co] · wᵀ`.
pub fn input_gradient(gy: &[f32], co: usize, w: &[f32], ci: usize) -> Vec<f32> {
    let rows = gy.len() / co.max(1);
    let mut gx = output(rows * ci);
    let piece = piece_rows(rows, ci, co);
    gx.par_chunks_mut((piece * ci).max(1))
        .zip(gy.par_chunks((piece * co).max(1)))
        .for_each(|(gx, gy)| multiply_transposed_block(gx, gy, co, w, ci));
    gx
}

/// `gw [ci, co] = xᵀ · gy` on the calling thread, added to what is there if `accumulate`.
pub(crate) fn weight_gradient_block(gw: &mut [f32], x: &[f32], ci: usize, gy: &[f32], co: usize, accumulate: bool) {
    let rows = gy.len() / co.max(1);
    gemm_into(gw, (ci, co, rows), View::transposed(x, ci), View::rows(gy, co), accumulate);
}

/// Gradient of [`multiply`] with respect to `w`: `gw [ci, co] = xᵀ · gy`.
pub fn weight_gradient(x: &[f32], ci: usize, gy: &[f32], co: usize) -> Vec<f32> {
    let rows = gy.len() / co.max(1);
    let block = block_rows(ci, co);
    let blocks = rows.div_ceil(block);
    if blocks <= LEAST_PIECES {
        return weight_gradient_of_few(x, ci, gy, co);
    }
    let pieces = blocks.min(gradient_pieces(ci, co));
    let partials = in_order(pieces, |piece| {
        let mut sum = output(ci * co);
        let blocks = piece * blocks / pieces..(piece + 1) * blocks / pieces;
        for index in blocks.clone() {
            let (first, last) = (index * block, ((index + 1) * block).min(rows));
            let (x, gy) = (&x[first * ci..last * ci], &gy[first * co..last * co]);
            weight_gradient_block(&mut sum, x, ci, gy, co, index > blocks.start);
        }
        sum
    });
    add_pieces(partials)
}

/// [`weight_gradient`] of rows that a cache holds: each task takes all of them, and some rows of the result.
fn weight_gradient_of_few(x: &[f32], ci: usize, gy: &[f32], co: usize) -> Vec<f32> {
    let rows = gy.len() / co.max(1);
    let mut gw = output(ci * co);
    let piece = ci.div_ceil(LEAST_PIECES).next_multiple_of(16);
    gw.par_chunks_mut((piece * co).max(1)).enumerate().for_each(|(index, gw)| {
        let x = View::transposed(x.get(index * piece..).unwrap_or_default(), ci);
        gemm_into(gw, (gw.len() / co, co, rows), x, View::rows(gy, co), false);
    });
    gw
}

/// Sums the partial matrices in their order, in parallel over the elements.
pub(crate) fn add_pieces(partials: Vec<Vec<f32>>) -> Vec<f32> {
    let mut partials = partials.into_iter();
    let mut total = partials.next().unwrap_or_default();
    let rest: Vec<_> = partials.collect();
    total.par_chunks_mut(16 * 1024).enumerate().for_each(|(chunk, total)| {
        let first = chunk * 16 * 1024;
        for partial in &rest {
            for (sum, value) in total.iter_mut().zip(&partial[first..]) {
                *sum += value;
            }
        }
    });
    total
}
