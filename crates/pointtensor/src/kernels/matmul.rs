//! Products of tall, narrow matrices: many rows (points), few columns (channels).
//!
//! Rows are split into pieces of fixed size with one single-threaded `gemm` call each. General matrix libraries split
//! such products badly among threads, above all the weight gradient, which sums over the long axis.

use super::{Unwritten, fill_matrix, in_order, pieces};
use rayon::prelude::*;

/// Pieces of a weight gradient, at most: enough for 16 threads, few enough that the partial sums stay small.
pub(crate) const GRADIENT_PIECES: usize = 16;

/// Pieces of the weight gradient of a `ci` by `co` product: fewer for large weights, since each piece has a partial sum
/// of that size.
pub(crate) fn gradient_pieces(ci: usize, co: usize) -> usize {
    (1024 * 1024 / (ci * co).max(1)).clamp(8, GRADIENT_PIECES)
}

/// Rows of a block that fits in the cache.
fn block_rows(inner: usize, outer: usize) -> usize {
    (64 * 1024 / inner.max(outer).max(1)).max(64)
}

/// Rows per task: a block, or fewer if there would be too few tasks.
fn piece_rows(rows: usize, inner: usize, outer: usize) -> usize {
    rows.div_ceil(LEAST_PIECES).next_multiple_of(16).clamp(32, block_rows(inner, outer))
}

/// Pieces of short products.
const LEAST_PIECES: usize = 4;

/// A matrix with its strides.
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

    /// The highest index that reading `rows` by `columns` values touches, plus one.
    fn extent(&self, rows: usize, columns: usize) -> usize {
        if rows == 0 || columns == 0 {
            0
        } else {
            (rows - 1) * self.row_stride + (columns - 1) * self.column_stride + 1
        }
    }
}

/// `out [m, n] = a [m, k] · b [k, n]`, or `out += a · b` if `accumulate`.
fn product_into(out: &mut [f32], shape: (usize, usize, usize), a: View, b: View, accumulate: bool) {
    let (values, len) = (out.as_mut_ptr().cast(), out.len());
    // SAFETY: this is the memory of `out`, which nothing else uses meanwhile, and floats are all that is written there.
    gemm_into(unsafe { std::slice::from_raw_parts_mut(values, len) }, shape, a, b, accumulate);
}

/// `out [m, n] = a [m, k] · b [k, n]`.
fn write_product<'a>(out: &'a mut Unwritten, shape: (usize, usize, usize), a: View, b: View) -> &'a mut [f32] {
    gemm_into(out, shape, a, b, false);
    // SAFETY: `gemm_into` without accumulating writes all `m · n` values, and asserts that there are no others.
    unsafe { out.assume_init_mut() }
}

/// `out [m, n] = a [m, k] · b [k, n]`, or `out += a · b` if `accumulate`, where all of `out` must be written then.
fn gemm_into(out: &mut Unwritten, (m, n, k): (usize, usize, usize), a: View, b: View, accumulate: bool) {
    assert!(out.len() == m * n && a.data.len() >= a.extent(m, k) && b.data.len() >= b.extent(k, n));
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 {
        if !accumulate {
            super::zeroed(out);
        }
        return;
    }
    // SAFETY: the assertion above keeps every access of the views inside their slices; `out` is borrowed exclusively,
    // and is not read unless `accumulate`.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr().cast(),
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
pub(crate) fn multiply_block<'a>(out: &'a mut Unwritten, x: &[f32], ci: usize, w: &[f32], co: usize) -> &'a mut [f32] {
    let rows = out.len() / co.max(1);
    write_product(out, (rows, co, ci), View::rows(x, ci), View::rows(w, co))
}

/// `out [rows, ci] = gy [rows, co] · wᵀ` on the calling thread, for `w [ci, co]`.
pub(crate) fn multiply_transposed_block<'a>(
    out: &'a mut Unwritten,
    gy: &[f32],
    co: usize,
    w: &[f32],
    ci: usize,
) -> &'a mut [f32] {
    let rows = out.len() / ci.max(1);
    write_product(out, (rows, ci, co), View::rows(gy, co), View::transposed(w, co))
}

/// `y [rows, co] = x [rows, ci] · w [ci, co]`.
pub fn multiply(x: &[f32], ci: usize, w: &[f32], co: usize) -> Vec<f32> {
    let rows = x.len() / ci.max(1);
    fill_matrix(pieces(rows, piece_rows(rows, ci, co)), co, |rows, y| {
        multiply_block(y, &x[rows.start * ci..rows.end * ci], ci, w, co)
    })
}

/// `y [rows, co] = a [rows, ca] · w₁ + b [rows, cb] · w₂`, where `w [ca + cb, co]` has the rows of both.
pub fn multiply_pair(a: &[f32], ca: usize, b: &[f32], cb: usize, w: &[f32], co: usize) -> Vec<f32> {
    let rows = a.len() / ca.max(1);
    let (of_a, of_b) = w.split_at(ca * co);
    fill_matrix(pieces(rows, piece_rows(rows, ca + cb, co)), co, |rows, y| {
        let y = multiply_block(y, &a[rows.start * ca..rows.end * ca], ca, of_a, co);
        let b = &b[rows.start * cb..rows.end * cb];
        product_into(y, (rows.len(), co, cb), View::rows(b, cb), View::rows(of_b, co), true);
        y
    })
}

/// Gradients of [`multiply_pair`] with respect to `a`, `b` and `w`, from `gy [rows, co]`.
pub fn pair_gradients(a: &[f32], ca: usize, b: &[f32], cb: usize, w: &[f32], gy: &[f32], co: usize) -> [Vec<f32>; 3] {
    let (of_a, of_b) = w.split_at(ca * co);
    let mut gw = weight_gradient(a, ca, gy, co);
    gw.extend(weight_gradient(b, cb, gy, co));
    [input_gradient(gy, co, of_a, ca), input_gradient(gy, co, of_b, cb), gw]
}

/// Gradient of [`multiply`] with respect to `x`: `gx [rows, ci] = gy [rows, co] · wᵀ`.
pub fn input_gradient(gy: &[f32], co: usize, w: &[f32], ci: usize) -> Vec<f32> {
    let rows = gy.len() / co.max(1);
    fill_matrix(pieces(rows, piece_rows(rows, ci, co)), ci, |rows, gx| {
        multiply_transposed_block(gx, &gy[rows.start * co..rows.end * co], co, w, ci)
    })
}

/// `gw [ci, co] = xᵀ · gy` on the calling thread, or `gw += xᵀ · gy` if `accumulate`.
pub(crate) fn weight_gradient_block(gw: &mut [f32], x: &[f32], ci: usize, gy: &[f32], co: usize, accumulate: bool) {
    let rows = gy.len() / co.max(1);
    product_into(gw, (ci, co, rows), View::transposed(x, ci), View::rows(gy, co), accumulate);
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
        let mut sum = vec![0.0; ci * co];
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

/// [`weight_gradient`] for few rows, which fit in the cache: each task reads all of them and computes some rows of the
/// result.
fn weight_gradient_of_few(x: &[f32], ci: usize, gy: &[f32], co: usize) -> Vec<f32> {
    let rows = gy.len() / co.max(1);
    let piece = ci.div_ceil(LEAST_PIECES).next_multiple_of(16);
    fill_matrix(pieces(ci, piece), co, |columns, gw| {
        let x = View::transposed(x.get(columns.start..).unwrap_or_default(), ci);
        write_product(gw, (columns.len(), co, rows), x, View::rows(gy, co))
    })
}

/// Adds the partial matrices in their order, in parallel over the elements.
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
