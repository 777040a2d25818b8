//! Steps of the optimiser: Adam, the moving average of the weights, the gradient norm.

use super::sums::sum_of_cube;
use cubecl::prelude::*;

/// A step of Adam, whose moments change in place; see [`crate::AdamStep`] for its parameters.
#[cube(launch_unchecked)]
pub fn adam(
    weight: &[f32],
    gradient: &[f32],
    moment_1: &mut [f32],
    moment_2: &mut [f32],
    updated: &mut [f32],
    beta_1: f32,
    beta_2: f32,
    correction: f32,
    epsilon: f32,
    decay: f32,
    shrink: f32,
    rate: f32,
) {
    if ABSOLUTE_POS < updated.len() {
        let before = weight[ABSOLUTE_POS];
        let decayed = select(decay == 0.0f32, 0.0f32, before * decay);
        let slope = decayed + gradient[ABSOLUTE_POS];
        let mean = moment_1[ABSOLUTE_POS] * beta_1 + slope * (1.0f32 - beta_1);
        let square = moment_2[ABSOLUTE_POS] * beta_2 + slope * slope * (1.0f32 - beta_2);
        moment_1[ABSOLUTE_POS] = mean;
        moment_2[ABSOLUTE_POS] = square;
        updated[ABSOLUTE_POS] = before * shrink - mean * correction / (square.sqrt() + epsilon) * rate;
    }
}

/// `average = keep · average + rest · newest`, one unit per value.
#[cube(launch_unchecked)]
pub fn follow(average: &mut [f32], newest: &[f32], keep: f32, rest: f32) {
    if ABSOLUTE_POS < average.len() {
        average[ABSOLUTE_POS] = average[ABSOLUTE_POS] * keep + newest[ABSOLUTE_POS] * rest;
    }
}

/// Adds the sum of squares to `total`; one cube.
#[cube(launch_unchecked)]
pub fn add_squares(total: &mut [f32], values: &[f32], #[comptime] threads: usize) {
    let mut shared = Shared::<[f32]>::new_slice(threads);
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let mut at = UNIT_POS_X as usize;
    while at < values.len() {
        sum.store(sum.read() + values[at] * values[at]);
        at += threads;
    }
    let sum = sum_of_cube(&mut shared, sum.read());
    if UNIT_POS_X == 0u32 {
        total[0] += sum;
    }
}
