//! ELU, then batch normalisation over rows: the order of PointCNN's layers.
//!
//! Clevert, Unterthiner and Hochreiter 2016, <https://arxiv.org/abs/1511.07289>: `elu(y) = y` above 0 and `exp(y) − 1`
//! below. Neither `elu(y)` nor its normalisation is kept for the backward pass: both are computed again from `y`.

use super::batch_norm::{Affine, NormGradients, NormState, Statistics, Sums};
use super::rows::Terms;
use super::{Unwritten, fill_matrix, in_order, pieces, task_rows, vectorized};

/// `exp(y) − 1` where `y` is negative, 0 elsewhere. Branch-free, so that loops over it use vector instructions.
#[inline(always)]
fn below_zero(y: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    // ln 2 in two parts, of which the first has few digits: its multiples are exact
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    // 1.5 · 2²³: adding it rounds to an integer and leaves that in the lowest bits
    const ROUND: f32 = 12_582_912.0;
    let x = if y < 0.0 { y } else { 0.0 };
    // exp is below the last digit of 1 there
    let x = if x < -80.0 { -80.0 } else { x };
    let rounded = x * LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = (x - n * LN_2[0]) - n * LN_2[1];
    // exp(r) − 1 by its series; |r| is at most ln 2 / 2
    let tail = 1.0 / 120.0 + r * (1.0 / 720.0 + r * (1.0 / 5040.0));
    let series = r + r * r * (0.5 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * tail)));
    let power = f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23));
    power * series + (power - 1.0)
}

/// The part of `y` above zero. NaN stays NaN.
#[inline(always)]
fn above_zero(y: f32) -> f32 {
    if y < 0.0 { 0.0 } else { y }
}

/// `elu(y)`.
#[inline(always)]
pub(crate) fn elu(y: f32) -> f32 {
    above_zero(y) + below_zero(y)
}

/// Adds `elu(row) − shift` and its square, for each column.
#[inline(always)]
fn moments(sum: &mut [f32], square: &mut [f32], rows: &[f32], shift: &[f32]) {
    let c = shift.len();
    let (sum, square) = (&mut sum[..c], &mut square[..c]);
    for row in rows.chunks_exact(c) {
        let row = &row[..c];
        for i in 0..c {
            let d = elu(row[i]) - shift[i];
            sum[i] += d;
            square[i] += d * d;
        }
    }
}

/// `z = scale · elu(y) + shift`.
#[inline(always)]
fn affine<'a>(z: &'a mut Unwritten, y: &[f32], scale: &[f32], shift: &[f32]) -> &'a mut [f32] {
    let c = scale.len();
    assert!(c > 0 && z.len() == y.len() && z.len().is_multiple_of(c), "rows of {c} values do not fit");
    let shift = &shift[..c];
    for (z, y) in z.chunks_exact_mut(c).zip(y.chunks_exact(c)) {
        let (z, y) = (&mut z[..c], &y[..c]);
        for i in 0..c {
            z[i].write(elu(y[i]) * scale[i] + shift[i]);
        }
    }
    // SAFETY: by the assertion the loops went through whole rows, to the end.
    unsafe { z.assume_init_mut() }
}

/// Adds `gz` and `gz (elu(y) − mean)`.
#[inline(always)]
fn sums(sum: &mut [f32], product: &mut [f32], gz: &[f32], y: &[f32], mean: &[f32]) {
    let c = mean.len();
    let (sum, product) = (&mut sum[..c], &mut product[..c]);
    for (gz, y) in gz.chunks_exact(c).zip(y.chunks_exact(c)) {
        let (gz, y) = (&gz[..c], &y[..c]);
        for i in 0..c {
            sum[i] += gz[i];
            product[i] += gz[i] * (elu(y[i]) - mean[i]);
        }
    }
}

/// The gradient with respect to `y` from `gz`.
#[inline(always)]
fn gradient<'a>(gy: &'a mut Unwritten, gz: &[f32], y: &[f32], terms: &Terms) -> &'a mut [f32] {
    let c = terms.scale.len();
    assert!(c > 0 && gy.len() == y.len() && gy.len() == gz.len() && gy.len().is_multiple_of(c));
    let (scale, mean, offset, slope) = (&terms.scale[..c], &terms.mean[..c], &terms.offset[..c], &terms.slope[..c]);
    for ((gy, gz), y) in gy.chunks_exact_mut(c).zip(gz.chunks_exact(c)).zip(y.chunks_exact(c)) {
        let (gy, gz, y) = (&mut gy[..c], &gz[..c], &y[..c]);
        for i in 0..c {
            let below = below_zero(y[i]);
            let a = above_zero(y[i]) + below;
            // the derivative of ELU is exp(y) below zero and 1 above
            gy[i].write((below + 1.0) * scale[i] * (gz[i] - offset[i] - slope[i] * (a - mean[i])));
        }
    }
    // SAFETY: as in `affine`.
    unsafe { gy.assume_init_mut() }
}

/// Mean and biased variance of each column of `elu(y)`, for `y [rows, c]`.
pub fn statistics(y: &[f32], c: usize) -> Statistics {
    let rows = y.len() / c;
    let shift: Vec<f32> = y[..c].iter().map(|&y| elu(y)).collect();
    let piece = task_rows(c);
    let partials = in_order(rows.div_ceil(piece), |index| {
        let block = &y[index * piece * c..(((index + 1) * piece).min(rows)) * c];
        let (mut sum, mut square) = (vec![0f32; c], vec![0f32; c]);
        vectorized(|| moments(&mut sum, &mut square, block, &shift));
        (sum, square)
    });
    Statistics::of_moments(&partials, &shift, rows)
}

/// `z [rows, c] = scale · elu(y) + shift`.
pub fn apply(of: &Affine, y: &[f32]) -> Vec<f32> {
    let c = of.scale.len();
    fill_matrix(pieces(y.len() / c, task_rows(c)), c, |rows, z| {
        let y = &y[rows.start * c..rows.end * c];
        vectorized(|| affine(z, y, &of.scale, &of.shift))
    })
}

/// Gradients of `norm(elu(y))` from `gz [rows, c]`. The statistics of the state are those of `elu(y)`.
pub fn backward(state: &NormState, gz: &[f32]) -> NormGradients {
    let (c, rows) = (state.channels(), state.rows());
    let piece = task_rows(c);
    let partials = in_order(rows.div_ceil(piece), |index| {
        let range = index * piece * c..((index + 1) * piece).min(rows) * c;
        let (mut sum, mut product) = (vec![0f32; c], vec![0f32; c]);
        let (gz, y) = (&gz[range.clone()], &state.y[range]);
        vectorized(|| sums(&mut sum, &mut product, gz, y, &state.stats.mean));
        let mut block = Sums::new(c);
        block.add_block(&sum, &product);
        block
    });
    let (gamma, beta) = state.parameter_gradients(partials);
    let affine = state.affine();
    let terms = state.terms(&affine.scale, &beta, &gamma);
    let gy = fill_matrix(pieces(rows, piece), c, |rows, gy| {
        let range = rows.start * c..rows.end * c;
        let (gz, y) = (&gz[range.clone()], &state.y[range]);
        vectorized(|| gradient(gy, gz, y, &terms))
    });
    NormGradients { y: gy, gamma, beta }
}

#[cfg(test)]
mod tests {
    use super::elu;

    #[test]
    fn elu_has_the_digits_of_its_definition() {
        for i in -200_000..20_000 {
            let y = i as f32 * 5e-4;
            let right = if y > 0.0 { y as f64 } else { (y as f64).exp_m1() };
            assert!((elu(y) as f64 - right).abs() <= 2e-7 * right.abs(), "elu({y}) is {} instead of {right}", elu(y));
        }
        assert_eq!(
            [elu(f32::NEG_INFINITY), elu(-1e-30), elu(0.0), elu(f32::INFINITY)],
            [-1.0, -1e-30, 0.0, f32::INFINITY]
        );
        assert!(elu(f32::NAN).is_nan());
    }
}
