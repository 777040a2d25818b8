//! Products of tall, narrow matrices: many rows (points), few columns (channels).
//!
//! Rows are split into pieces of fixed size, each computed by one thread. General matrix libraries split such products
//! badly among threads, above all the weight gradient, which sums over the long axis.

use super::tile::{Panels, weight_gradient_block, weight_gradient_rows};
use super::{fill_matrix, in_order, pieces};
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
    rows.div_ceil(LEAST_PIECES).clamp(32, block_rows(inner, outer)).next_multiple_of(48)
}

/// Pieces of short products.
const LEAST_PIECES: usize = 4;

/// `y [rows, co] = x [rows, ci] · w [ci, co]`.
pub fn multiply(x: &[f32], ci: usize, w: &[f32], co: usize) -> Vec<f32> {
    let (rows, w) = (x.len() / ci.max(1), Panels::new(w, ci, co));
    fill_matrix(pieces(rows, piece_rows(rows, ci, co)), co, |rows, y| w.multiply(y, &x[rows.start * ci..rows.end * ci]))
}

/// `y [rows, co] = a [rows, ca] · w₁ + b [rows, cb] · w₂`, where `w [ca + cb, co]` has the rows of both.
pub fn multiply_pair(a: &[f32], ca: usize, b: &[f32], cb: usize, w: &[f32], co: usize) -> Vec<f32> {
    let rows = a.len() / ca.max(1);
    let (of_a, of_b) = w.split_at(ca * co);
    let (of_a, of_b) = (Panels::new(of_a, ca, co), Panels::new(of_b, cb, co));
    fill_matrix(pieces(rows, piece_rows(rows, ca + cb, co)), co, |rows, y| {
        let y = of_a.multiply(y, &a[rows.start * ca..rows.end * ca]);
        of_b.multiply_add(y, &b[rows.start * cb..rows.end * cb]);
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
    let (rows, w) = (gy.len() / co.max(1), Panels::transposed(w, ci, co));
    fill_matrix(pieces(rows, piece_rows(rows, ci, co)), ci, |rows, gx| {
        w.multiply(gx, &gy[rows.start * co..rows.end * co])
    })
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
    let piece = ci.div_ceil(LEAST_PIECES).next_multiple_of(16);
    fill_matrix(pieces(ci, piece), co, |columns, gw| weight_gradient_rows(gw, columns.start, x, ci, gy, co))
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
