//! Batch normalisation over rows; the formulas are those of [`crate::kernels::batch_norm`].

use super::sums::{Totals, add_lanes, column_totals, part, put_partial, sum_of_cube, write_partial};
use cubecl::prelude::*;

/// The mean of each block of rows and the sum of squared differences to it, in place of partial sums.
///
/// The first row of the block is subtracted first, so that the variance of a column far from zero keeps its digits; if
/// that row is far from the others, digits are lost in this block only.
#[cube(launch_unchecked)]
pub fn moments(
    y: &[f32],
    partials: &mut [f32],
    rows: usize,
    columns: usize,
    block: usize,
    #[comptime] width: usize,
    #[comptime] threads: usize,
) {
    let part = part(rows, columns, block, width, threads);
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let square = RuntimeCell::<f32>::new(0.0f32);
    let first = CUBE_POS_X as usize * block;
    let shift = y[select(part.active, first * columns + part.column, 0usize)];
    let row = RuntimeCell::<usize>::new(part.row);
    while row.read() < part.end {
        let d = y[row.read() * columns + part.column] - shift;
        sum.store(sum.read() + d);
        square.store(square.read() + d * d);
        row.store(row.read() + part.step);
    }
    let totals = add_lanes(sum.read(), square.read(), width, threads);
    let count = f32::cast_from(min(block, rows - first));
    let moments = Totals { a: shift + totals.a / count, b: totals.b - totals.a * totals.a / count };
    put_partial(partials, &part, &moments, columns, width);
}

/// The normalisation of a column as one multiply-add.
#[derive(CubeType, Clone, Copy)]
pub struct Affine {
    /// `γ / sqrt(var + ε)`
    pub scale: f32,
    /// `β − mean · scale`
    pub shift: f32,
}

/// The multiply-add of a column.
#[cube]
pub fn folded(gamma: &[f32], beta: &[f32], mean: &[f32], var: &[f32], epsilon: f32, column: usize) -> Affine {
    let scale = gamma[column] / (var[column] + epsilon).sqrt();
    Affine { scale, shift: beta[column] - mean[column] * scale }
}

/// Mean and biased variance from those of the blocks by [`moments`] (Chan, Golub and LeVeque 1979), and the
/// multiply-add. Cubes: columns.
#[cube(launch_unchecked)]
pub fn statistics(
    partials: &[f32],
    gamma: &[f32],
    beta: &[f32],
    mean: &mut [f32],
    var: &mut [f32],
    scale: &mut [f32],
    shift: &mut [f32],
    rows: usize,
    block: usize,
    blocks: usize,
    epsilon: f32,
    #[comptime] threads: usize,
) {
    let c = CUBE_POS_X as usize;
    let (means, squares) = (c * blocks, (mean.len() + c) * blocks);
    let all = f32::cast_from(rows);
    let mut shared = Shared::<[f32]>::new_slice(threads);
    let near = partials[means];
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let at = RuntimeCell::<usize>::new(UNIT_POS_X as usize);
    while at.read() < blocks {
        let count = f32::cast_from(min(block, rows - at.read() * block));
        sum.store(sum.read() + count * (partials[means + at.read()] - near));
        at.store(at.read() + threads);
    }
    let average = near + sum_of_cube(&mut shared, sum.read()) / all;
    sum.store(0.0f32);
    at.store(UNIT_POS_X as usize);
    while at.read() < blocks {
        let count = f32::cast_from(min(block, rows - at.read() * block));
        let apart = partials[means + at.read()] - average;
        sum.store(sum.read() + partials[squares + at.read()] + count * (apart * apart));
        at.store(at.read() + threads);
    }
    let variance = sum_of_cube(&mut shared, sum.read()) / all;
    if UNIT_POS_X == 0u32 {
        // not `max`, which may turn NaN into zero
        let variance = select(variance < 0.0f32, 0.0f32, variance);
        let factor = gamma[c] / (variance + epsilon).sqrt();
        mean[c] = average;
        var[c] = variance;
        scale[c] = factor;
        shift[c] = beta[c] - average * factor;
    }
}

/// Statistics and parameters as one multiply-add; one unit per column.
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
        let affine = folded(gamma, beta, mean, var, epsilon, ABSOLUTE_POS);
        scale[ABSOLUTE_POS] = affine.scale;
        shift[ABSOLUTE_POS] = affine.shift;
    }
}

/// Rows of a column per unit if all values are independent.
pub const ROWS: usize = 8;

/// `scale · y + shift` by column, then ReLU if `relu`; [`ROWS`] rows of a column per unit.
#[cube(launch_unchecked)]
pub fn affine(y: &[f32], scale: &[f32], shift: &[f32], z: &mut [f32], columns: usize, #[comptime] relu: bool) {
    let column = ABSOLUTE_POS % columns;
    let first = ABSOLUTE_POS / columns * ROWS * columns + column;
    if first < z.len() {
        let (factor, offset) = (scale[column], shift[column]);
        #[unroll]
        for row in 0..ROWS {
            let at = first + row * columns;
            if at < z.len() {
                let value = y[at] * factor + offset;
                if comptime![relu] {
                    // not `max`, which may turn NaN into zero and hide it
                    z[at] = select(value < 0.0f32, 0.0f32, value);
                } else {
                    z[at] = value;
                }
            }
        }
    }
}

/// ELU: `y` where it is positive, else `exp(y) − 1`.
#[cube(launch_unchecked)]
pub fn elu(y: &[f32], out: &mut [f32]) {
    if ABSOLUTE_POS < out.len() {
        let value = y[ABSOLUTE_POS];
        out[ABSOLUTE_POS] = select(value > 0.0f32, value, value.exp() - 1.0f32);
    }
}

/// The gradient before an ELU.
#[cube(launch_unchecked)]
pub fn elu_gradient(y: &[f32], gradient: &[f32], out: &mut [f32]) {
    if ABSOLUTE_POS < out.len() {
        let value = y[ABSOLUTE_POS];
        out[ABSOLUTE_POS] = gradient[ABSOLUTE_POS] * select(value > 0.0f32, 1.0f32, value.exp());
    }
}

/// The gradient before the ReLU: zero where the ReLU clipped.
#[cube]
fn passed(gradient: f32, y: f32, affine: &Affine, #[comptime] relu: bool) -> f32 {
    if comptime![relu] { select(y * affine.scale + affine.shift > 0.0f32, gradient, 0.0f32) } else { gradient }
}

/// Partial sums of `dz` and `dz · (y − mean)`.
#[cube(launch_unchecked)]
pub fn gradient_sums(
    y: &[f32],
    gradient: &[f32],
    gamma: &[f32],
    beta: &[f32],
    mean: &[f32],
    var: &[f32],
    partials: &mut [f32],
    rows: usize,
    columns: usize,
    block: usize,
    epsilon: f32,
    #[comptime] relu: bool,
    #[comptime] width: usize,
    #[comptime] threads: usize,
) {
    let part = part(rows, columns, block, width, threads);
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let product = RuntimeCell::<f32>::new(0.0f32);
    let column = select(part.active, part.column, 0usize);
    let (affine, middle) = (folded(gamma, beta, mean, var, epsilon, column), mean[column]);
    let row = RuntimeCell::<usize>::new(part.row);
    while row.read() < part.end {
        let at = row.read() * columns + part.column;
        let value = y[at];
        let d = passed(gradient[at], value, &affine, relu);
        sum.store(sum.read() + d);
        product.store(product.read() + d * (value - middle));
        row.store(row.read() + part.step);
    }
    write_partial(partials, &part, sum.read(), product.read(), columns, width, threads);
}

/// Gradients of γ and β from the partial sums, and the terms that all rows of
/// `dy = scale · (dz − offset − slope · (y − mean))` share: `shared [5, columns]` has scale, shift, mean, offset and
/// slope. Cubes: columns.
#[cube(launch_unchecked)]
pub fn parameter_gradients(
    partials: &[f32],
    gamma: &[f32],
    beta: &[f32],
    mean: &[f32],
    var: &[f32],
    gamma_gradient: &mut [f32],
    beta_gradient: &mut [f32],
    shared: &mut [f32],
    rows: f32,
    blocks: usize,
    epsilon: f32,
    #[comptime] threads: usize,
) {
    let columns = mean.len();
    let totals = column_totals(partials, columns, blocks, threads);
    let c = CUBE_POS_X as usize;
    if UNIT_POS_X == 0u32 {
        let affine = folded(gamma, beta, mean, var, epsilon, c);
        let inverse = 1.0f32 / (var[c] + epsilon).sqrt();
        let of_beta = totals.a;
        let of_gamma = totals.b * inverse;
        beta_gradient[c] = of_beta;
        gamma_gradient[c] = of_gamma;
        shared[c] = affine.scale;
        shared[columns + c] = affine.shift;
        shared[2 * columns + c] = mean[c];
        shared[3 * columns + c] = of_beta / rows;
        shared[4 * columns + c] = of_gamma * inverse / rows;
    }
}

/// The terms that the gradients of all rows of a column share, see [`parameter_gradients`].
#[derive(CubeType, Clone, Copy)]
pub struct SharedByRows {
    affine: Affine,
    mean: f32,
    offset: f32,
    slope: f32,
}

/// The shared terms of column `c`.
#[cube]
pub fn shared_by_rows(shared: &[f32], columns: usize, c: usize) -> SharedByRows {
    SharedByRows {
        affine: Affine { scale: shared[c], shift: shared[columns + c] },
        mean: shared[2 * columns + c],
        offset: shared[3 * columns + c],
        slope: shared[4 * columns + c],
    }
}

/// `scale · (dz − offset − slope · (y − mean))`. The difference comes first because the sum is often much smaller than
/// its terms.
#[cube]
pub fn input_gradient_of(d: f32, y: f32, shared: &SharedByRows) -> f32 {
    shared.affine.scale * (d - shared.offset - shared.slope * (y - shared.mean))
}

/// [`input_gradient_of`] each value; [`ROWS`] rows of a column per unit.
#[cube(launch_unchecked)]
pub fn input_gradient(
    y: &[f32],
    gradient: &[f32],
    shared: &[f32],
    out: &mut [f32],
    columns: usize,
    #[comptime] relu: bool,
) {
    let c = ABSOLUTE_POS % columns;
    let first = ABSOLUTE_POS / columns * ROWS * columns + c;
    if first < out.len() {
        let shared = shared_by_rows(shared, columns, c);
        #[unroll]
        for row in 0..ROWS {
            let at = first + row * columns;
            if at < out.len() {
                let value = y[at];
                let d = passed(gradient[at], value, &shared.affine, relu);
                out[at] = input_gradient_of(d, value, &shared);
            }
        }
    }
}

/// Updates the running mean and variance; one unit per channel.
#[cube(launch_unchecked)]
pub fn update_running(
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
