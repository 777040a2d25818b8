//! A step of Adam; see [`crate::adam_step`].

use super::{fill_rows, in_order, pieces, zeroed};

/// Values per task.
const PIECE: usize = 16 * 1024;

/// What all values of a step share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// β₁, the decay rate of the mean gradient.
    pub beta_1: f32,
    /// β₂, the decay rate of the mean squared gradient.
    pub beta_2: f32,
    /// `√(1 − β₂ᵗ) / (1 − β₁ᵗ)`, which corrects for means that start at zero.
    pub correction: f32,
    /// Added to the root of the mean squared gradient: ε, times `√(1 − β₂ᵗ)` if ε is meant for the corrected root.
    pub epsilon: f32,
    /// Weight decay: this times the weights is added to the gradient.
    pub decay: f32,
    /// Decoupled weight decay: the weights are multiplied by this first. 1 for none.
    pub shrink: f32,
    /// The learning rate.
    pub rate: f32,
}

/// Weights, mean gradients and mean squared gradients after a step, from those before it. All slices have the same
/// length.
pub fn adam(weight: &[f32], gradient: &[f32], moment_1: &[f32], moment_2: &[f32], step: &AdamStep) -> [Vec<f32>; 3] {
    let len = weight.len();
    assert!([gradient.len(), moment_1.len(), moment_2.len()] == [len; 3], "adam: the slices differ in length");
    let (updated, _) = fill_rows(pieces(len, PIECE), [1; 3], |range, to| {
        let from = [weight, gradient, moment_1, moment_2].map(|values| &values[range.clone()]);
        // as long as the weights alone: zeroing costs nothing that can be measured
        let mut to = to.map(zeroed);
        super::vectorized(|| piece(to.each_mut().map(|part| &mut **part), from, step));
        (to, ())
    });
    updated
}

/// The sum of squares, in pieces that are added in their order.
pub fn sum_of_squares(values: &[f32]) -> f32 {
    let piece = |values: &[f32]| values.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>();
    let pieces =
        in_order(values.len().div_ceil(PIECE), |i| piece(&values[i * PIECE..values.len().min((i + 1) * PIECE)]));
    pieces.into_iter().sum::<f64>() as f32
}

#[inline(always)]
fn piece([w, m, v]: [&mut [f32]; 3], [weight, gradient, moment_1, moment_2]: [&[f32]; 4], step: &AdamStep) {
    let AdamStep { beta_1, beta_2, correction, epsilon, decay, shrink, rate } = *step;
    let (fresh_1, fresh_2) = (1.0 - beta_1, 1.0 - beta_2);
    let from = weight.iter().zip(gradient).zip(moment_1.iter().zip(moment_2));
    for ((w, (m, v)), ((&weight, &gradient), (&before_1, &before_2))) in w.iter_mut().zip(m.iter_mut().zip(v)).zip(from)
    {
        let gradient = if decay == 0.0 { gradient } else { weight * decay + gradient };
        *m = before_1 * beta_1 + gradient * fresh_1;
        *v = before_2 * beta_2 + gradient * gradient * fresh_2;
        *w = weight * shrink - *m * correction / (v.sqrt() + epsilon) * rate;
    }
}
