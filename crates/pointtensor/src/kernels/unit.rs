//! Rows scaled to length 1.

use super::{fill_matrix, fill_rows, pieces, task_rows, vectorized, zeroed};

/// A row that is not longer than this is divided by it instead of by its own length, as PyTorch's `normalize` does. So
/// a row of zeros stays zero and has a finite gradient.
pub const LEAST_LENGTH: f32 = 1e-12;

/// `1 / length` of such a row. Its length counts as constant in the backward pass.
pub const LARGEST_INVERSE: f32 = 1.0 / LEAST_LENGTH;

/// `1 / length` from a squared length.
#[inline(always)]
pub(super) fn inverse_length(square: f32) -> f32 {
    let length = square.sqrt();
    if length > LEAST_LENGTH { 1.0 / length } else { LARGEST_INVERSE }
}

/// The part of a gradient along a row or column scaled to length 1, by which the gradient with respect to the unscaled
/// one is smaller: `product / length²`, or 0 where the length counts as constant.
#[inline(always)]
pub(super) fn along(product: f32, inverse: f32) -> f32 {
    if inverse < LARGEST_INVERSE { product * inverse * inverse } else { 0.0 }
}

/// Scales the rows of `x [rows, c]` to length 1. Returns `(result, 1 / lengths [rows])`.
pub fn unit_rows(x: &[f32], c: usize) -> (Vec<f32>, Vec<f32>) {
    let rows = x.len() / c.max(1);
    let ([out, inverse], _) = fill_rows(pieces(rows, task_rows(c)), [c, 1], |rows, [out, inverse]| {
        let x = &x[rows.start * c..rows.end * c];
        let (out, inverse) = (out.write_copy_of_slice(x), zeroed(inverse));
        vectorized(|| {
            lengths(inverse, x, c);
            scale(out, c, inverse);
        });
        ([out, inverse], ())
    });
    (out, inverse)
}

/// Gradient of [`unit_rows`] with respect to `x`: `(g − u (g · u)) / length`, where `u` is the result; for rows
/// that are not longer than [`LEAST_LENGTH`], `g / LEAST_LENGTH`.
pub fn unit_rows_backward(x: &[f32], inverse: &[f32], gout: &[f32], c: usize) -> Vec<f32> {
    fill_matrix(pieces(x.len() / c.max(1), task_rows(c)), c, |rows, gx| {
        let range = rows.start * c..rows.end * c;
        let gx = gx.write_copy_of_slice(&gout[range.clone()]);
        vectorized(|| across(gx, &x[range], c, &inverse[rows]));
        gx
    })
}

pub(super) fn inverse_lengths(relation: &[f32], d: usize) -> Vec<f32> {
    fill_matrix(pieces(relation.len() / d.max(1), task_rows(d)), 1, |rows, inverse| {
        let (relation, inverse) = (&relation[rows.start * d..rows.end * d], zeroed(inverse));
        vectorized(|| lengths(inverse, relation, d));
        inverse
    })
}

/// The rows of `x` times their factors.
pub(super) fn scaled(x: &[f32], c: usize, factors: &[f32]) -> Vec<f32> {
    let mut out = x.to_vec();
    vectorized(|| scale(&mut out, c, factors));
    out
}

/// The dot product, in sixteen partial sums that are added in a fixed order.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; 16];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    for (a, b) in a.iter().zip(b) {
        for i in 0..16 {
            sums[i] += a[i] * b[i];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[inline(always)]
pub(super) fn lengths(inverse: &mut [f32], relation: &[f32], d: usize) {
    for (inverse, row) in inverse.iter_mut().zip(relation.chunks_exact(d)) {
        *inverse = inverse_length(dot(row, row));
    }
}

#[inline(always)]
pub(super) fn scale(x: &mut [f32], c: usize, factors: &[f32]) {
    for (row, &factor) in x.chunks_exact_mut(c).zip(factors) {
        for value in row {
            *value *= factor;
        }
    }
}

/// Turns the gradient with respect to rows scaled to length 1 into that with respect to the rows `a`, in place: removes
/// the part along each row (see [`along`]) and divides the rest by its length.
#[inline(always)]
pub(super) fn across(x: &mut [f32], a: &[f32], d: usize, inverse: &[f32]) {
    for ((x, a), &inverse) in x.chunks_exact_mut(d).zip(a.chunks_exact(d)).zip(inverse) {
        let (x, a) = (&mut x[..d], &a[..d]);
        let along = along(dot(x, a), inverse);
        for i in 0..d {
            x[i] = (x[i] - a[i] * along) * inverse;
        }
    }
}
