//! Steps of the optimiser: Adam, the moving average of the weights, the gradient norm.

use super::sums::sum_of_cube;
use cubecl::prelude::*;

/// Computes `w`, `m` and `v` of a step; see [`crate::AdamStep`] for its parameters.
#[cube(launch_unchecked)]
pub fn adam(
    weight: &[f32],
    gradient: &[f32],
    moment_1: &[f32],
    moment_2: &[f32],
    w: &mut [f32],
    m: &mut [f32],
    v: &mut [f32],
    beta_1: f32,
    beta_2: f32,
    correction: f32,
    epsilon: f32,
    decay: f32,
    shrink: f32,
    rate: f32,
) {
    if ABSOLUTE_POS < w.len() {
        let before = weight[ABSOLUTE_POS];
        let decayed = select(decay == 0.0f32, 0.0f32, before * decay);
        let slope = decayed + gradient[ABSOLUTE_POS];
        let mean = moment_1[ABSOLUTE_POS] * beta_1 + slope * (1.0f32 - beta_1);
        let square = moment_2[ABSOLUTE_POS] * beta_2 + slope * slope * (1.0f32 - beta_2);
        m[ABSOLUTE_POS] = mean;
        v[ABSOLUTE_POS] = square;
        w[ABSOLUTE_POS] = before * shrink - mean * correction / (square.sqrt() + epsilon) * rate;
    }
}

/// `keep · average + rest · newest`, one unit per value.
#[cube(launch_unchecked)]
pub fn follow(average: &[f32], newest: &[f32], out: &mut [f32], keep: f32, rest: f32) {
    if ABSOLUTE_POS < out.len() {
        out[ABSOLUTE_POS] = average[ABSOLUTE_POS] * keep + newest[ABSOLUTE_POS] * rest;
    }
}

/// `total` plus the sum of squares; one cube.
#[cube(launch_unchecked)]
pub fn add_squares(total: &[f32], values: &[f32], out: &mut [f32], #[comptime] threads: usize) {
    let mut shared = Shared::<[f32]>::new_slice(threads);
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let mut at = UNIT_POS_X as usize;
    while at < values.len() {
        sum.store(sum.read() + values[at] * values[at]);
        at += threads;
    }
    let sum = sum_of_cube(&mut shared, sum.read());
    if UNIT_POS_X == 0u32 {
        out[0] = total[0] + sum;
    }
}
