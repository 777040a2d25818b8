//! The inner loops over rows, for [`super::vectorized`].
//!
//! They are functions and not closures because the compiler knows that the slices among a function's arguments do not
//! overlap, and then keeps values in vector registers.

use super::Unwritten;

/// The value, or zero if the condition is false. Uses bit operations because the compiler turns `if` into a branch,
/// which would be mispredicted for half the values.
#[inline(always)]
pub(super) fn select(condition: bool, value: f32) -> f32 {
    f32::from_bits(value.to_bits() & (condition as u32).wrapping_neg())
}

/// Adds `row − shift` and its square, for each column.
#[inline(always)]
pub(super) fn moments(sum: &mut [f32], square: &mut [f32], rows: &[f32], shift: &[f32]) {
    let c = shift.len();
    let (sum, square) = (&mut sum[..c], &mut square[..c]);
    for row in rows.chunks_exact(c) {
        let row = &row[..c];
        for i in 0..c {
            let d = row[i] - shift[i];
            sum[i] += d;
            square[i] += d * d;
        }
    }
}

/// Asserts that a result of rows of `c` values has as many values as its input, and no part of a row.
#[inline(always)]
fn check(result: &Unwritten, input: &[f32], c: usize) {
    assert!(c > 0 && result.len() == input.len() && result.len().is_multiple_of(c), "rows of {c} values do not fit");
}

/// `z = max(scale · y + shift, lowest)`.
#[inline(always)]
pub(super) fn affine<'a>(z: &'a mut Unwritten, y: &[f32], scale: &[f32], shift: &[f32], lowest: f32) -> &'a mut [f32] {
    let c = scale.len();
    check(z, y, c);
    let shift = &shift[..c];
    for (z, y) in z.chunks_exact_mut(c).zip(y.chunks_exact(c)) {
        let (z, y) = (&mut z[..c], &y[..c]);
        for i in 0..c {
            // not `f32::max`, which would turn NaN into the bound and hide it
            let value = y[i] * scale[i] + shift[i];
            z[i].write(if value < lowest { lowest } else { value });
        }
    }
    // SAFETY: `check` says that the loops went through whole rows, to the end.
    unsafe { z.assume_init_mut() }
}

/// Adds `dz` and `dz (y − mean)`, where `dz` is the gradient `gz` where the result is above `lowest`, and 0 elsewhere.
#[inline(always)]
pub(super) fn sums(
    sum: &mut [f32],
    product: &mut [f32],
    gz: &[f32],
    y: &[f32],
    [scale, shift, mean]: [&[f32]; 3],
    lowest: f32,
) {
    let c = mean.len();
    let (sum, product, scale, shift) = (&mut sum[..c], &mut product[..c], &scale[..c], &shift[..c]);
    for (gz, y) in gz.chunks_exact(c).zip(y.chunks_exact(c)) {
        let (gz, y) = (&gz[..c], &y[..c]);
        for i in 0..c {
            let (gz, z) = (gz[i], y[i] * scale[i] + shift[i]);
            let d = select(z > lowest, gz);
            sum[i] += d;
            product[i] += d * (y[i] - mean[i]);
        }
    }
}

/// Clears the gradient where the activation `z` is zero and adds the rest as [`sums`] does.
#[inline(always)]
pub(super) fn masked_sums(
    sum: &mut [f32],
    product: &mut [f32],
    gradient: &mut [f32],
    y: &[f32],
    z: &[f32],
    mean: &[f32],
) {
    let c = mean.len();
    let (sum, product) = (&mut sum[..c], &mut product[..c]);
    for ((g, y), z) in gradient.chunks_exact_mut(c).zip(y.chunks_exact(c)).zip(z.chunks_exact(c)) {
        let (g, y, z) = (&mut g[..c], &y[..c], &z[..c]);
        for i in 0..c {
            let d = select(z[i] > 0.0, g[i]);
            g[i] = d;
            sum[i] += d;
            product[i] += d * (y[i] - mean[i]);
        }
    }
}

/// The terms of each row's gradient, `dy = scale · (dz − offset − slope · (y − mean))`.
pub(crate) struct Terms<'a> {
    pub scale: &'a [f32],
    pub mean: &'a [f32],
    pub offset: Vec<f32>,
    pub slope: Vec<f32>,
}

/// The gradient with respect to `y` from `gz`, which counts where the result is above `lowest`.
#[inline(always)]
pub(super) fn gradient<'a>(
    gy: &'a mut Unwritten,
    gz: &[f32],
    y: &[f32],
    terms: &Terms,
    shift: &[f32],
    lowest: f32,
) -> &'a mut [f32] {
    let c = shift.len();
    check(gy, y, c);
    check(gy, gz, c);
    let (scale, mean, offset, slope) = (&terms.scale[..c], &terms.mean[..c], &terms.offset[..c], &terms.slope[..c]);
    for ((gy, gz), y) in gy.chunks_exact_mut(c).zip(gz.chunks_exact(c)).zip(y.chunks_exact(c)) {
        let (gy, gz, y) = (&mut gy[..c], &gz[..c], &y[..c]);
        for i in 0..c {
            let dz = select(y[i] * scale[i] + shift[i] > lowest, gz[i]);
            gy[i].write(scale[i] * (dz - offset[i] - slope[i] * (y[i] - mean[i])));
        }
    }
    // SAFETY: as in `affine`.
    unsafe { gy.assume_init_mut() }
}

/// The gradient with respect to `y` in place of that before the ReLU.
#[inline(always)]
pub(super) fn gradient_in_place(gradient: &mut [f32], y: &[f32], terms: &Terms) {
    let c = terms.scale.len();
    let (scale, mean, offset, slope) = (&terms.scale[..c], &terms.mean[..c], &terms.offset[..c], &terms.slope[..c]);
    for (g, y) in gradient.chunks_exact_mut(c).zip(y.chunks_exact(c)) {
        let (g, y) = (&mut g[..c], &y[..c]);
        for i in 0..c {
            g[i] = scale[i] * (g[i] - offset[i] - slope[i] * (y[i] - mean[i]));
        }
    }
}

/// The gradient with respect to `y` for rows whose own result has none.
#[inline(always)]
pub(super) fn gradient_of_none<'a>(gy: &'a mut Unwritten, y: &[f32], terms: &Terms) -> &'a mut [f32] {
    let c = terms.scale.len();
    check(gy, y, c);
    let (scale, mean, offset, slope) = (&terms.scale[..c], &terms.mean[..c], &terms.offset[..c], &terms.slope[..c]);
    for (gy, y) in gy.chunks_exact_mut(c).zip(y.chunks_exact(c)) {
        let (gy, y) = (&mut gy[..c], &y[..c]);
        for i in 0..c {
            gy[i].write(-scale[i] * (offset[i] + slope[i] * (y[i] - mean[i])));
        }
    }
    // SAFETY: as in `affine`.
    unsafe { gy.assume_init_mut() }
}

/// `z = max(scale · z + shift, 0)` in place.
#[inline(always)]
pub(super) fn affine_in_place(z: &mut [f32], scale: &[f32], shift: &[f32], lowest: f32) {
    let c = scale.len();
    let shift = &shift[..c];
    for z in z.chunks_exact_mut(c) {
        for i in 0..c {
            let value = z[i] * scale[i] + shift[i];
            z[i] = if value < lowest { lowest } else { value };
        }
    }
}
