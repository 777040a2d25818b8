//! Gathered rows and their gradients.

use super::index::row_within;
use super::norm::ROWS;
use cubecl::prelude::*;

/// `out[r] = points[indices[r]] − centers[r / k]`; one unit per value.
#[cube(launch_unchecked)]
pub fn relative(points: &[f32], centers: &[f32], indices: &[i32], out: &mut [f32], columns: usize, k: usize) {
    if ABSOLUTE_POS < out.len() {
        let row = ABSOLUTE_POS / columns;
        let column = ABSOLUTE_POS % columns;
        let point = row_within(indices[row], points.len() / columns);
        out[ABSOLUTE_POS] = points[point * columns + column] - centers[row / k * columns + column];
    }
}

/// `out[r] = projected[indices[r]] + (coord[indices[r]] − centers[r / k]) · w`, with the three rows of `w` for the
/// coordinates: the first layer of a set abstraction, given the projected features. A unit works on [`ROWS`] rows of a
/// column.
#[cube(launch_unchecked)]
pub fn relative_linear(
    projected: &[f32],
    coord: &[f32],
    centers: &[f32],
    w: &[f32],
    indices: &[i32],
    out: &mut [f32],
    columns: usize,
    k: usize,
) {
    let column = ABSOLUTE_POS % columns;
    let first = ABSOLUTE_POS / columns * ROWS;
    if first < indices.len() {
        let (wx, wy, wz) = (w[column], w[columns + column], w[2 * columns + column]);
        #[unroll]
        for within in 0..ROWS {
            let row = first + within;
            if row < indices.len() {
                let (point, center) = (row_within(indices[row], coord.len() / 3), row / k * 3);
                let dx = coord[point * 3] - centers[center];
                let dy = coord[point * 3 + 1] - centers[center + 1];
                let dz = coord[point * 3 + 2] - centers[center + 2];
                let of_features = projected[point * columns + column];
                out[row * columns + column] = of_features + (dx * wx + dy * wy + dz * wz);
            }
        }
    }
}

/// `out[m] = −Σ_j gradient[m · k + j]`; one unit per value of the result.
#[cube(launch_unchecked)]
pub fn center_gradient(gradient: &[f32], out: &mut [f32], columns: usize, k: usize) {
    if ABSOLUTE_POS < out.len() {
        let first = ABSOLUTE_POS / columns * k * columns + ABSOLUTE_POS % columns;
        let sum = RuntimeCell::<f32>::new(0.0f32);
        for member in 0..k {
            sum.store(sum.read() - gradient[first + member * columns]);
        }
        out[ABSOLUTE_POS] = sum.read();
    }
}

/// `out[r] = Σ gradient[position]` over the positions that the lists have for row `r`, in ascending order; one unit per
/// value of the result.
#[cube(launch_unchecked)]
pub fn gather_sum(gradient: &[f32], starts: &[i32], places: &[i32], out: &mut [f32], columns: usize) {
    if ABSOLUTE_POS < out.len() {
        let row = ABSOLUTE_POS / columns;
        let column = ABSOLUTE_POS % columns;
        let sum = RuntimeCell::<f32>::new(0.0f32);
        for at in starts[row] as usize..starts[row + 1] as usize {
            sum.store(sum.read() + gradient[places[at] as usize * columns + column]);
        }
        out[ABSOLUTE_POS] = sum.read();
    }
}

/// [`gather_sum`] where position `p` refers to row `p / k` of the gradient, times `weights[p]`.
#[cube(launch_unchecked)]
pub fn gather_weighted_sum(
    gradient: &[f32],
    weights: &[f32],
    starts: &[i32],
    places: &[i32],
    out: &mut [f32],
    columns: usize,
    k: usize,
) {
    if ABSOLUTE_POS < out.len() {
        let row = ABSOLUTE_POS / columns;
        let column = ABSOLUTE_POS % columns;
        let sum = RuntimeCell::<f32>::new(0.0f32);
        for at in starts[row] as usize..starts[row + 1] as usize {
            let place = places[at] as usize;
            let value = gradient[place / k * columns + column];
            sum.store(sum.read() + weights[place] * value);
        }
        out[ABSOLUTE_POS] = sum.read();
    }
}

/// Adds the result of [`interpolate`] to `out`.
#[cube(launch_unchecked)]
pub fn interpolate_onto(
    features: &[f32],
    indices: &[i32],
    weights: &[f32],
    onto: &[f32],
    out: &mut [f32],
    columns: usize,
    k: usize,
) {
    if ABSOLUTE_POS < out.len() {
        let sum = interpolated(features, indices, weights, columns, k);
        out[ABSOLUTE_POS] = sum + onto[ABSOLUTE_POS];
    }
}

/// The value of [`interpolate`] for this unit.
#[cube]
fn interpolated(features: &[f32], indices: &[i32], weights: &[f32], columns: usize, k: usize) -> f32 {
    let query = ABSOLUTE_POS / columns;
    let column = ABSOLUTE_POS % columns;
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let rows = features.len() / columns;
    for place in query * k..query * k + k {
        let value = features[row_within(indices[place], rows) * columns + column];
        sum.store(sum.read() + weights[place] * value);
    }
    sum.read()
}

/// `out[q] = Σ_j weights[q, j] · features[indices[q, j]]`; one unit per value.
#[cube(launch_unchecked)]
pub fn interpolate(features: &[f32], indices: &[i32], weights: &[f32], out: &mut [f32], columns: usize, k: usize) {
    if ABSOLUTE_POS < out.len() {
        out[ABSOLUTE_POS] = interpolated(features, indices, weights, columns, k);
    }
}
