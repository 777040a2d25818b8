//! Updates of lists of tensors: Adam, the moving average of the weights, the gradient norm. Every unit strides over all
//! tensors, which may differ in length.

use super::sums::sum_of_cube;
use cubecl::prelude::*;

/// Units of a launch.
#[cube]
fn all_units() -> usize {
    (CUBE_COUNT_X * CUBE_DIM_X) as usize
}

/// Steps of Adam, whose weights and moments change in place; see [`crate::AdamStep`] for its parameters.
#[cube(launch_unchecked)]
pub fn adam(
    weights: &mut Sequence<Box<[f32]>>,
    gradients: &Sequence<Box<[f32]>>,
    moments_1: &mut Sequence<Box<[f32]>>,
    moments_2: &mut Sequence<Box<[f32]>>,
    beta_1: f32,
    beta_2: f32,
    correction: f32,
    epsilon: f32,
    decay: f32,
    shrink: f32,
    rate: f32,
) {
    #[unroll]
    for i in 0..weights.len() {
        adam_of_one(
            &mut weights[i],
            &gradients[i],
            &mut moments_1[i],
            &mut moments_2[i],
            beta_1,
            beta_2,
            correction,
            epsilon,
            decay,
            shrink,
            rate,
        );
    }
}

#[cube]
fn adam_of_one(
    weight: &mut [f32],
    gradient: &[f32],
    moment_1: &mut [f32],
    moment_2: &mut [f32],
    beta_1: f32,
    beta_2: f32,
    correction: f32,
    epsilon: f32,
    decay: f32,
    shrink: f32,
    rate: f32,
) {
    let mut at = ABSOLUTE_POS;
    while at < weight.len() {
        let before = weight[at];
        let decayed = select(decay == 0.0f32, 0.0f32, before * decay);
        let slope = decayed + gradient[at];
        let mean = moment_1[at] * beta_1 + slope * (1.0f32 - beta_1);
        let square = moment_2[at] * beta_2 + slope * slope * (1.0f32 - beta_2);
        moment_1[at] = mean;
        moment_2[at] = square;
        weight[at] = before * shrink - mean * correction / (square.sqrt() + epsilon) * rate;
        at += all_units();
    }
}

/// `average = keep · average + rest · newest`.
#[cube(launch_unchecked)]
pub fn follow(averages: &mut Sequence<Box<[f32]>>, newest: &Sequence<Box<[f32]>>, keep: f32, rest: f32) {
    #[unroll]
    for i in 0..averages.len() {
        follow_one(&mut averages[i], &newest[i], keep, rest);
    }
}

#[cube]
fn follow_one(average: &mut [f32], newest: &[f32], keep: f32, rest: f32) {
    let mut at = ABSOLUTE_POS;
    while at < average.len() {
        average[at] = average[at] * keep + newest[at] * rest;
        at += all_units();
    }
}

/// `value = value · factor`.
#[cube(launch_unchecked)]
pub fn scale(values: &mut Sequence<Box<[f32]>>, factor: &[f32]) {
    #[unroll]
    for i in 0..values.len() {
        scale_one(&mut values[i], factor[0]);
    }
}

#[cube]
fn scale_one(values: &mut [f32], factor: f32) {
    let mut at = ABSOLUTE_POS;
    while at < values.len() {
        values[at] *= factor;
        at += all_units();
    }
}

/// The sum of squares that each cube saw, from `first` on.
#[cube(launch_unchecked)]
pub fn sum_of_squares(values: &Sequence<Box<[f32]>>, sums: &mut [f32], first: u32, #[comptime] units: usize) {
    let mut shared = Shared::<[f32]>::new_slice(units);
    let sum = RuntimeCell::<f32>::new(0.0f32);
    #[unroll]
    for i in 0..values.len() {
        sum.store(sum.read() + squares_of_one(&values[i]));
    }
    let sum = sum_of_cube(&mut shared, sum.read());
    if UNIT_POS_X == 0u32 {
        sums[(first + CUBE_POS_X) as usize] = sum;
    }
}

/// The sum of the squares that a unit sees.
#[cube]
fn squares_of_one(values: &[f32]) -> f32 {
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let mut at = ABSOLUTE_POS;
    while at < values.len() {
        sum.store(sum.read() + values[at] * values[at]);
        at += all_units();
    }
    sum.read()
}

/// The sum of all values; one cube.
#[cube(launch_unchecked)]
pub fn total(values: &[f32], total: &mut [f32], #[comptime] units: usize) {
    let mut shared = Shared::<[f32]>::new_slice(units);
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let mut at = UNIT_POS_X as usize;
    while at < values.len() {
        sum.store(sum.read() + values[at]);
        at += units;
    }
    let sum = sum_of_cube(&mut shared, sum.read());
    if UNIT_POS_X == 0u32 {
        total[0] = sum;
    }
}
