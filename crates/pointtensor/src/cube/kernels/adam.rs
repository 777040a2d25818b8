//! A step of Adam, one unit per weight.

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
        w[ABSOLUTE_POS] = before - mean * correction / (square.sqrt() + epsilon) * rate;
    }
}
