//! The last layer of a set abstraction: normalisation, ReLU or none, and the maximum over the `k` members of a group.
//!
//! A normalisation is monotonic in each column, and the sign of γ gives the direction. So the member with the largest
//! result does not depend on the statistics, and one pass over `y` finds both.

use super::batch_norm::{Affine, Moments, NormGradients, NormState, Statistics, lowest};
use super::{fill_matrix, in_order, pieces, rows, sum_in_order, task_rows, vectorized};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// The pooled features and the members they came from.
#[derive(Debug, Clone)]
pub struct Pooled {
    /// The largest value of each group and channel, `[groups, c]`.
    pub values: Vec<f32>,
    /// The member of the group (0..k) that has it, `[groups, c]`: the first one with the largest `y`, or the smallest
    /// if γ is negative; the first member if γ is 0.
    pub members: Vec<i32>,
}

/// A borrowed [`Pooled`].
#[derive(Debug, Clone, Copy)]
pub struct PooledView<'a> {
    /// See [`Pooled::values`].
    pub values: &'a [f32],
    /// See [`Pooled::members`].
    pub members: &'a [i32],
}

/// The direction of a normalisation in each column: 1 if it increases, -1 if it decreases, 0 if it is constant.
fn directions(scale: &[f32]) -> Vec<f32> {
    scale.iter().map(|&scale| if scale > 0.0 { 1.0 } else { -f32::from(u8::from(scale < 0.0)) }).collect()
}

/// Finds the extreme `y` of each group and column and the member that has it; with `MOMENTS`, also adds up the column
/// moments.
struct Extremes<'a, const MOMENTS: bool> {
    /// `[groups, c]`, receives the extremes times the direction.
    largest: &'a mut [f32],
    members: &'a mut [i32],
    /// `[groups · k, c]`
    y: &'a [f32],
    directions: &'a [f32],
    k: usize,
    /// Subtracted from all rows for the moments. Without `MOMENTS`, this and the sums may be empty.
    shift: &'a [f32],
    sum: &'a mut [f32],
    square: &'a mut [f32],
}

impl<const MOMENTS: bool> WithSimd for Extremes<'_, MOMENTS> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let c = self.directions.len();
        for group in 0..self.largest.len() / c {
            let whole = c / S::F32_LANES * S::F32_LANES;
            for at in (0..whole).step_by(S::F32_LANES) {
                self.columns(simd, group, at, |row| S::as_simd_f32s(row).0[0]);
            }
            if whole < c {
                self.columns(simd, group, whole, |row| simd.partial_load_f32s(row));
            }
        }
    }
}

impl<const MOMENTS: bool> Extremes<'_, MOMENTS> {
    /// Processes the columns of a group from `at` on, one per lane.
    #[inline(always)]
    fn columns<S: Simd>(&mut self, simd: S, group: usize, at: usize, load: impl Fn(&[f32]) -> S::f32s) {
        let c = self.directions.len();
        let columns = at..(at + S::F32_LANES).min(c);
        let direction = load(&self.directions[columns.clone()]);
        let zero = simd.splat_f32s(0.0);
        let begin = |values: &[f32]| if MOMENTS { load(&values[columns.clone()]) } else { zero };
        let (shift, mut sum, mut square) = (begin(self.shift), begin(self.sum), begin(self.square));
        let (mut largest, mut members) = (simd.splat_f32s(f32::NEG_INFINITY), simd.splat_u32s(0));
        for (member, row) in self.y[group * self.k * c..][..self.k * c].chunks_exact(c).enumerate() {
            let y = load(&row[columns.clone()]);
            if MOMENTS {
                let d = simd.sub_f32s(y, shift);
                sum = simd.add_f32s(sum, d);
                square = simd.add_f32s(square, simd.mul_f32s(d, d));
            }
            let key = simd.mul_f32s(y, direction);
            // NaN is not less than or equal to anything, so it replaces any value, and nothing replaces NaN: it reaches
            // the result
            let number = simd.equal_f32s(largest, largest);
            let stays = simd.less_than_or_equal_f32s(key, largest);
            let next = simd.select_u32s(stays, members, simd.splat_u32s(member as u32));
            members = simd.select_u32s(number, next, members);
            largest = simd.select_f32s(number, simd.select_f32s(stays, largest, key), largest);
        }
        if MOMENTS {
            simd.partial_store_f32s(&mut self.sum[columns.clone()], sum);
            simd.partial_store_f32s(&mut self.square[columns.clone()], square);
        }
        let columns = group * c + columns.start..group * c + columns.end;
        simd.partial_store_f32s(&mut self.largest[columns.clone()], largest);
        simd.partial_store_u32s(bytemuck::cast_slice_mut(&mut self.members[columns]), members);
    }
}

/// The extremes of all groups and, with `MOMENTS`, the moments of each piece.
fn extremes<const MOMENTS: bool>(y: &[f32], directions: &[f32], shift: &[f32], k: usize) -> (Pooled, Vec<Moments>) {
    let c = directions.len();
    // Groups with more rows than a task should have, for the cache and for sums in `f32`, are split into parts.
    let parts = k.div_ceil(task_rows(c));
    let rows = k.div_ceil(parts);
    if parts > 1 {
        let groups = y.len() / c / k;
        let found = in_order(groups * parts, |i| {
            let (group, first) = (i / parts, i % parts * rows);
            let part = &y[(group * k + first) * c..(group * k + (first + rows).min(k)) * c];
            find_in_one::<MOMENTS>(part, directions, shift, part.len() / c)
        });
        let (found, moments): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let of_group = |parts: &[Pooled]| largest_of_parts(parts, rows);
        let pooled: Vec<Pooled> = found.par_chunks(parts).map(of_group).collect();
        let values = pooled.iter().flat_map(|group| &group.values).copied().collect();
        return (
            Pooled { values, members: pooled.iter().flat_map(|group| &group.members).copied().collect() },
            moments,
        );
    }
    let groups = y.len() / c / k;
    // few values compared with those that are read
    let mut values = vec![0f32; groups * c];
    let mut members = vec![0i32; groups * c];
    let piece = task_groups(c, k);
    let moments = values
        .par_chunks_mut(piece * c)
        .zip(members.par_chunks_mut(piece * c))
        .zip(y.par_chunks(piece * k * c))
        .map(|((largest, members), y)| find::<MOMENTS>(largest, members, y, directions, shift, k))
        .collect();
    (Pooled { values, members }, moments)
}

/// The extremes of one group of `k` rows.
fn find_in_one<const MOMENTS: bool>(y: &[f32], directions: &[f32], shift: &[f32], k: usize) -> (Pooled, Moments) {
    let c = directions.len();
    let (mut values, mut members) = (vec![0f32; c], vec![0i32; c]);
    let moments = find::<MOMENTS>(&mut values, &mut members, y, directions, shift, k);
    (Pooled { values, members }, moments)
}

fn find<const MOMENTS: bool>(
    largest: &mut [f32],
    members: &mut [i32],
    y: &[f32],
    directions: &[f32],
    shift: &[f32],
    k: usize,
) -> Moments {
    let c = if MOMENTS { directions.len() } else { 0 };
    let (mut sum, mut square) = (vec![0f32; c], vec![0f32; c]);
    let (sums, squares) = (&mut sum, &mut square);
    Arch::new().dispatch(Extremes::<MOMENTS> { largest, members, y, directions, k, shift, sum: sums, square: squares });
    (sum, square)
}

/// The extremes of a group from those of its parts, all of `rows` rows but the last.
fn largest_of_parts(parts: &[Pooled], rows: usize) -> Pooled {
    let mut largest = parts[0].clone();
    for (part, number) in parts[1..].iter().zip(1..) {
        for i in 0..largest.values.len() {
            // as in `Extremes::columns`
            if !(part.values[i] <= largest.values[i] || largest.values[i].is_nan()) {
                largest.values[i] = part.values[i];
                largest.members[i] = part.members[i] + (number * rows) as i32;
            }
        }
    }
    largest
}

fn task_groups(c: usize, k: usize) -> usize {
    (task_rows(c) / k).max(1)
}

/// Turns the extremes times the direction into the largest values after normalisation, and ReLU if `relu`.
fn normalize(pooled: &mut Pooled, directions: &[f32], affine: &Affine, relu: bool) {
    let c = directions.len();
    // a direction is its own inverse; if it is 0, any finite value is scaled to 0
    let scale: Vec<f32> = affine.scale.iter().zip(directions).map(|(scale, direction)| scale * direction).collect();
    let piece = task_rows(c) * c;
    pooled.values.par_chunks_mut(piece).for_each(|values| {
        vectorized(|| rows::affine_in_place(values, &scale, &affine.shift, lowest(relu)));
    });
}

/// Maximum of `scale · y + shift`, then ReLU if `relu`, over each `k` rows of `y [groups · k, c]`.
pub fn affine_max(y: &[f32], affine: &Affine, relu: bool, k: usize) -> Pooled {
    let directions = directions(&affine.scale);
    let (mut pooled, _) = extremes::<false>(y, &directions, &[], k);
    normalize(&mut pooled, &directions, affine, relu);
    pooled
}

/// Maximum of `norm(y)`, then ReLU if `relu`, over each `k` rows of `y [groups · k, c]`, and the statistics of `y`.
pub fn norm_max(y: &[f32], gamma: &[f32], beta: &[f32], epsilon: f32, relu: bool, k: usize) -> (Pooled, Statistics) {
    let (directions, shift) = (directions(gamma), &y[..gamma.len()]);
    let (mut pooled, moments) = extremes::<true>(y, &directions, shift, k);
    let stats = Statistics::of_moments(&moments, shift, y.len() / gamma.len());
    normalize(&mut pooled, &directions, &Affine::new(gamma, beta, &stats, epsilon), relu);
    (pooled, stats)
}

/// Gradients of [`norm_max`] from `gout [groups, c]`.
///
/// A ReLU passes no gradient to a group whose largest value is not above zero.
pub fn norm_max_backward(state: &NormState, pooled: PooledView, gout: &[f32], relu: bool, k: usize) -> NormGradients {
    let lowest = lowest(relu);
    let c = state.channels();
    let groups = gout.len() / c;
    let piece = task_groups(c, k);
    let mean = &state.stats.mean;
    let partials = in_order(groups.div_ceil(piece), |index| {
        let (mut sum, mut product) = (vec![0f32; c], vec![0f32; c]);
        for group in index * piece..((index + 1) * piece).min(groups) {
            for i in 0..c {
                let at = group * c + i;
                if pooled.values[at] > lowest {
                    let y = state.y[(group * k + pooled.members[at] as usize) * c + i];
                    sum[i] += gout[at];
                    product[i] += gout[at] * (y - mean[i]);
                }
            }
        }
        (sum, product)
    });
    let (sums, products): (Vec<_>, Vec<_>) = partials.into_iter().unzip();
    let beta = sum_in_order(sums, c);
    let mut gamma = sum_in_order(products, c);
    for (d, inverse) in gamma.iter_mut().zip(state.inverse_deviation()) {
        *d *= inverse;
    }
    let scale = state.affine().scale;
    let terms = state.terms(&scale, &beta, &gamma);
    let gy = fill_matrix(pieces(groups, piece), k * c, |range, gy| {
        let y = &state.y[range.start * k * c..range.end * k * c];
        let gy = vectorized(|| rows::gradient_of_none(gy, y, &terms));
        for group in 0..range.len() {
            for i in 0..c {
                let at = (range.start + group) * c + i;
                if pooled.values[at] > lowest {
                    gy[(group * k + pooled.members[at] as usize) * c + i] += scale[i] * gout[at];
                }
            }
        }
        gy
    });
    NormGradients { y: gy, gamma, beta }
}
