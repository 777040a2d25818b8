//! Batch normalisation over rows; the formulas are those of [`crate::kernels::batch_norm`].

use super::sums::{part, write_partial};
use cubecl::prelude::*;

/// Partial sums of `d` and `d²`, where `d` is the difference to the first row: the variance of a column far from zero keeps its digits.
#[cube(launch_unchecked)]
pub fn moments<F: Float>(
    y: &[F],
    partials: &mut [f32],
    rows: usize,
    columns: usize,
    block: usize,
    #[comptime] width: usize,
    #[comptime] threads: usize,
    #[define(F)] _dtype: ElemType,
) {
    let part = part(rows, columns, block, width, threads);
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let square = RuntimeCell::<f32>::new(0.0f32);
    let shift = f32::cast_from(y[select(part.active, part.column, 0usize)]);
    let row = RuntimeCell::<usize>::new(part.row);
    while row.read() < part.end {
        let d = f32::cast_from(y[row.read() * columns + part.column]) - shift;
        sum.store(sum.read() + d);
        square.store(square.read() + d * d);
        row.store(row.read() + part.step);
    }
    write_partial(partials, &part, sum.read(), square.read(), columns, width, threads);
}

/// Mean and biased variance from the sums of [`moments`], one unit a column.
#[cube(launch_unchecked)]
pub fn statistics<F: Float>(
    y: &[F],
    totals: &[f32],
    mean: &mut [f32],
    var: &mut [f32],
    rows: f32,
    #[define(F)] _dtype: ElemType,
) {
    if ABSOLUTE_POS < mean.len() {
        let of_d = totals[ABSOLUTE_POS] / rows;
        let variance = totals[mean.len() + ABSOLUTE_POS] / rows - of_d * of_d;
        mean[ABSOLUTE_POS] = of_d + f32::cast_from(y[ABSOLUTE_POS]);
        // not `max`, which may turn NaN into zero
        var[ABSOLUTE_POS] = select(variance < 0.0f32, 0.0f32, variance);
    }
}

/// Statistics and parameters as one multiply-add: `scale = γ / sqrt(var + ε)`, `shift = β − mean · scale`.
#[cube(launch_unchecked)]
pub fn fold(
    gamma: &[f32],
    beta: &[f32],
    mean: &[f32],
    var: &[f32],
    scale: &mut [f32],
    shift: &mut [f32],
    epsilon: f32,
) {
    if ABSOLUTE_POS < scale.len() {
        let factor = gamma[ABSOLUTE_POS] / (var[ABSOLUTE_POS] + epsilon).sqrt();
        scale[ABSOLUTE_POS] = factor;
        shift[ABSOLUTE_POS] = beta[ABSOLUTE_POS] - mean[ABSOLUTE_POS] * factor;
    }
}

/// `scale · y + shift` by column, clipped at zero if `relu`.
#[cube(launch_unchecked)]
pub fn affine<F: Float>(
    y: &[F],
    scale: &[f32],
    shift: &[f32],
    z: &mut [F],
    columns: usize,
    #[comptime] relu: bool,
    #[define(F)] _dtype: ElemType,
) {
    if ABSOLUTE_POS < z.len() {
        let column = ABSOLUTE_POS % columns;
        let value = f32::cast_from(y[ABSOLUTE_POS]) * scale[column] + shift[column];
        if comptime![relu] {
            // not `max`, which may turn NaN into zero and hide it
            z[ABSOLUTE_POS] = F::cast_from(select(value < 0.0f32, 0.0f32, value));
        } else {
            z[ABSOLUTE_POS] = F::cast_from(value);
        }
    }
}

/// The gradient behind the ReLU: none where it clipped.
#[cube]
fn passed(gradient: f32, y: f32, scale: f32, shift: f32, #[comptime] relu: bool) -> f32 {
    if comptime![relu] { select(y * scale + shift > 0.0f32, gradient, 0.0f32) } else { gradient }
}

/// Partial sums of `dz` and `dz · (y − mean)`.
#[cube(launch_unchecked)]
pub fn gradient_sums<F: Float>(
    y: &[F],
    gradient: &[F],
    scale: &[f32],
    shift: &[f32],
    mean: &[f32],
    partials: &mut [f32],
    rows: usize,
    columns: usize,
    block: usize,
    #[comptime] relu: bool,
    #[comptime] width: usize,
    #[comptime] threads: usize,
    #[define(F)] _dtype: ElemType,
) {
    let part = part(rows, columns, block, width, threads);
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let product = RuntimeCell::<f32>::new(0.0f32);
    let column = select(part.active, part.column, 0usize);
    let (factor, offset, middle) = (scale[column], shift[column], mean[column]);
    let row = RuntimeCell::<usize>::new(part.row);
    while row.read() < part.end {
        let at = row.read() * columns + part.column;
        let value = f32::cast_from(y[at]);
        let d = passed(f32::cast_from(gradient[at]), value, factor, offset, relu);
        sum.store(sum.read() + d);
        product.store(product.read() + d * (value - middle));
        row.store(row.read() + part.step);
    }
    write_partial(partials, &part, sum.read(), product.read(), columns, width, threads);
}

/// Gradients of γ and β from the sums, and what is the same for all rows of `dy = scale · (dz − offset − slope · (y − mean))`. One unit a
/// column.
#[cube(launch_unchecked)]
pub fn parameter_gradients(
    totals: &[f32],
    var: &[f32],
    gamma_gradient: &mut [f32],
    beta_gradient: &mut [f32],
    offset: &mut [f32],
    slope: &mut [f32],
    rows: f32,
    epsilon: f32,
) {
    if ABSOLUTE_POS < offset.len() {
        let c = ABSOLUTE_POS;
        let inverse = 1.0f32 / (var[c] + epsilon).sqrt();
        let of_beta = totals[c];
        let of_gamma = totals[offset.len() + c] * inverse;
        beta_gradient[c] = of_beta;
        gamma_gradient[c] = of_gamma;
        offset[c] = of_beta / rows;
        slope[c] = of_gamma * inverse / rows;
    }
}

/// `dy = scale · (dz − offset − slope · (y − mean))`: the difference is taken first, since the sum is often much smaller than its terms.
#[cube(launch_unchecked)]
pub fn input_gradient<F: Float>(
    y: &[F],
    gradient: &[F],
    scale: &[f32],
    shift: &[f32],
    mean: &[f32],
    offset: &[f32],
    slope: &[f32],
    out: &mut [F],
    columns: usize,
    #[comptime] relu: bool,
    #[define(F)] _dtype: ElemType,
) {
    if ABSOLUTE_POS < out.len() {
        let c = ABSOLUTE_POS % columns;
        let value = f32::cast_from(y[ABSOLUTE_POS]);
        let d = passed(f32::cast_from(gradient[ABSOLUTE_POS]), value, scale[c], shift[c], relu);
        out[ABSOLUTE_POS] = F::cast_from(scale[c] * (d - offset[c] - slope[c] * (value - mean[c])));
    }
}

/// Running mean and variance moved towards those of a batch; one unit a channel.
#[cube(launch_unchecked)]
pub fn follow(
    mean: &[f32],
    var: &[f32],
    batch_mean: &[f32],
    batch_var: &[f32],
    next_mean: &mut [f32],
    next_var: &mut [f32],
    running_share: f32,
    mean_share: f32,
    var_share: f32,
) {
    if ABSOLUTE_POS < next_mean.len() {
        next_mean[ABSOLUTE_POS] = mean[ABSOLUTE_POS] * running_share + batch_mean[ABSOLUTE_POS] * mean_share;
        next_var[ABSOLUTE_POS] = var[ABSOLUTE_POS] * running_share + batch_var[ABSOLUTE_POS] * var_share;
    }
}
