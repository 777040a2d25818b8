//! Softmax cross entropy with one weight per point and label smoothing (Szegedy et al. 2016,
//! <https://arxiv.org/abs/1512.00567>).

use super::{fill_matrix, in_order, pieces, zeroed};

/// Rows per task.
const PIECE: usize = 1024;

/// The divisor of the sum of losses: the number of non-zero weights, at least one. This is TensorFlow's default
/// (`SUM_BY_NONZERO_WEIGHTS` of `sparse_softmax_cross_entropy`), which PointNet++ was trained with.
pub fn normalizer(weights: &[f32]) -> f32 {
    weights.iter().filter(|w| **w != 0.0).count().max(1) as f32
}

/// `Σ weight · (log Σ exp(logits) − (1 − smoothing) logits[target] − smoothing · mean logits) / normalizer`;
/// `logits [rows, classes]`, `targets` and `weights [rows]`.
pub fn cross_entropy(logits: &[f32], classes: usize, targets: &[i32], weights: &[f32], smoothing: f32) -> f32 {
    let rows = targets.len();
    let partials = in_order(rows.div_ceil(PIECE), |index| {
        let range = index * PIECE..((index + 1) * PIECE).min(rows);
        range
            .map(|row| {
                let logits = &logits[row * classes..][..classes];
                (weights[row] * row_loss(logits, targets[row] as usize, smoothing)) as f64
            })
            .sum::<f64>()
    });
    (partials.into_iter().sum::<f64>() / normalizer(weights) as f64) as f32
}

fn row_loss(logits: &[f32], target: usize, smoothing: f32) -> f32 {
    let largest = logits.iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
    let sum: f32 = logits.iter().map(|v| (v - largest).exp()).sum();
    let loss = sum.ln() + largest - logits[target];
    if smoothing == 0.0 {
        return loss;
    }
    loss + smoothing * (logits[target] - logits.iter().sum::<f32>() / logits.len() as f32)
}

/// Gradient of [`cross_entropy`] with respect to the logits, times `upstream`.
pub fn cross_entropy_backward(
    logits: &[f32],
    classes: usize,
    targets: &[i32],
    weights: &[f32],
    [upstream, smoothing]: [f32; 2],
) -> Vec<f32> {
    let factor = upstream / normalizer(weights);
    fill_matrix(pieces(targets.len(), PIECE), classes, |rows, gradient| {
        let gradient = zeroed(gradient);
        for (row, out) in rows.zip(gradient.chunks_exact_mut(classes)) {
            let logits = &logits[row * classes..][..classes];
            let largest = logits.iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
            let mut sum = 0.0;
            for (out, v) in out.iter_mut().zip(logits) {
                *out = (v - largest).exp();
                sum += *out;
            }
            let weight = weights[row] * factor;
            for out in out.iter_mut() {
                *out = *out * (weight / sum) - weight * smoothing / classes as f32;
            }
            out[targets[row] as usize] -= weight * (1.0 - smoothing);
        }
        gradient
    })
}
