//! The training loss.

use crate::config::TrainConfig;
use crate::gradients::sum_in_order;
use crate::sampling::Batch;
use burn::tensor::{Device, Tensor, activation};
use pointtensor::functional::{cross_entropy, matrix};
use rayon::prelude::*;

/// Points that belong to a class, or do not count at all.
struct Truth {
    /// Output index of every point's class, `[rows]`.
    targets: Vec<i32>,
    /// Weight of every point, `[rows]`.
    weights: Vec<f32>,
}

/// Weighted cross entropy, with what the configuration adds to it, `[1]`.
///
/// # Shapes
/// - `logits`: `[crops · points, outputs]`
pub(super) fn loss(logits: Tensor<2>, batch: &Batch, config: &TrainConfig, device: &Device) -> Tensor<1> {
    let (targets, weights) = batch.targets_on(device);
    let loss = cross_entropy(logits.clone(), targets, weights);
    if config.label_smoothing == 0.0 && config.lovasz == 0.0 {
        return loss;
    }
    let truth = Truth {
        targets: batch.targets.clone().into_data().try_to_vec().expect("targets are 32-bit integers"),
        weights: batch.weights.clone().into_data().try_to_vec().expect("weights are 32-bit floats"),
    };
    with_additions(loss, logits, &truth, config, device)
}

/// The loss with label smoothing and the Lovász loss.
fn with_additions(
    mut loss: Tensor<1>,
    logits: Tensor<2>,
    truth: &Truth,
    config: &TrainConfig,
    device: &Device,
) -> Tensor<1> {
    let outputs = logits.dims()[1];
    if config.label_smoothing > 0.0 {
        loss = loss + weighted_sum(logits.clone(), smoothing(truth, outputs, config.label_smoothing), device);
    }
    if config.lovasz > 0.0 {
        loss = loss + lovasz(logits, truth, device) * config.lovasz;
    }
    loss
}

/// The sum of the products of two matrices' values, the second being constant.
fn weighted_sum(x: Tensor<2>, factors: Vec<f32>, device: &Device) -> Tensor<1> {
    let [rows, columns] = x.dims();
    sum_in_order((x * matrix(factors, columns, device)).sum_dim(1).reshape([rows]))
}

/// What label smoothing adds to the cross entropy, as factors of the logits. A target that is spread over all outputs
/// changes the loss of a point by `ε (logit of the target − mean logit)`.
fn smoothing(truth: &Truth, outputs: usize, share: f64) -> Vec<f32> {
    let counted = truth.weights.iter().filter(|weight| **weight != 0.0).count().max(1);
    let mut factors = vec![0f32; truth.targets.len() * outputs];
    factors.par_chunks_mut(outputs).enumerate().for_each(|(row, factors)| {
        let factor = (share * f64::from(truth.weights[row]) / counted as f64) as f32;
        factors.fill(-factor / outputs as f32);
        factors[truth.targets[row] as usize] += factor;
    });
    factors
}

/// Lovász-softmax (Berman, Triki and Blaschko 2018, <https://arxiv.org/abs/1705.08790>) over all points of non-zero
/// weight, as the mean over the outputs that occur among their targets. Their weights do not matter. Waits for a GPU,
/// since errors are sorted on the host.
fn lovasz(logits: Tensor<2>, truth: &Truth, device: &Device) -> Tensor<1> {
    let outputs = logits.dims()[1];
    let probabilities = activation::softmax(logits, 1);
    let values = probabilities.clone().inner().into_data().try_to_vec().expect("probabilities are 32-bit floats");
    let (factors, constant) = lovasz_factors(&values, truth, outputs);
    weighted_sum(probabilities, factors, device) + constant
}

/// The loss is linear in the errors of an output, in their sorted order. Returns the factors of the probabilities, and
/// what does not depend on them.
fn lovasz_factors(probabilities: &[f32], truth: &Truth, outputs: usize) -> (Vec<f32>, f32) {
    let counted: Vec<usize> = (0..truth.targets.len()).filter(|&row| truth.weights[row] != 0.0).collect();
    let of_output = |output: usize| {
        let right = |row: usize| truth.targets[row] as usize == output;
        let all = counted.iter().filter(|&&row| right(row)).count();
        if all == 0 {
            return None;
        }
        let mut sorted: Vec<(f32, usize)> = counted
            .iter()
            .map(|&row| {
                let probability = probabilities[row * outputs + output];
                (if right(row) { 1.0 - probability } else { probability }, row)
            })
            .collect();
        // largest first, then in order of the points
        sorted.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let (mut missed, mut wrong, mut before) = (0usize, 0usize, 0.0);
        let steps = sorted.into_iter().map(|(_, row)| {
            match right(row) {
                true => missed += 1,
                false => wrong += 1,
            }
            let jaccard = 1.0 - (all - missed) as f64 / (all + wrong) as f64;
            let step = jaccard - before;
            before = jaccard;
            (row, step)
        });
        Some(steps.collect::<Vec<_>>())
    };
    let steps: Vec<Option<Vec<(usize, f64)>>> = (0..outputs).into_par_iter().map(of_output).collect();
    let present = steps.iter().flatten().count().max(1) as f64;
    let (mut factors, mut constant) = (vec![0f32; truth.targets.len() * outputs], 0.0);
    for (output, steps) in steps.into_iter().enumerate() {
        for (row, step) in steps.into_iter().flatten() {
            let right = truth.targets[row] as usize == output;
            constant += if right { step / present } else { 0.0 };
            factors[row * outputs + output] = (if right { -step } else { step } / present) as f32;
        }
    }
    (factors, constant as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::TensorData;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Reference {
        outputs: usize,
        logits: Vec<f32>,
        targets: Vec<i32>,
        weights: Vec<f32>,
        losses: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        label_smoothing: f64,
        lovasz: f64,
        loss: f64,
        gradient: Vec<f64>,
    }

    #[test]
    fn losses_and_gradients_equal_those_of_pytorch() {
        let reference: Reference =
            serde_json::from_str(include_str!("../../../../tests/reference/recipes/recipes.json")).unwrap();
        let device = Device::flex().autodiff();
        for case in &reference.losses {
            let logits = matrix(reference.logits.clone(), reference.outputs, &device).require_grad();
            let truth = Truth { targets: reference.targets.clone(), weights: reference.weights.clone() };
            let rows = truth.targets.len();
            let targets = Tensor::from_data(TensorData::new(truth.targets.clone(), [rows]), &device);
            let weights = Tensor::from_data(TensorData::new(truth.weights.clone(), [rows]), &device);
            let config =
                TrainConfig { label_smoothing: case.label_smoothing, lovasz: case.lovasz, ..TrainConfig::default() };
            let plain = cross_entropy(logits.clone(), targets, weights);
            let loss = with_additions(plain, logits.clone(), &truth, &config, &device);
            let value: f32 = loss.clone().into_scalar();
            assert!((f64::from(value) - case.loss).abs() < 1e-6, "{value} instead of {}", case.loss);
            let gradient: Vec<f32> = logits.grad(&loss.backward()).unwrap().into_data().try_to_vec().unwrap();
            for (found, right) in gradient.iter().zip(&case.gradient) {
                assert!((f64::from(*found) - right).abs() < 1e-7, "{found} instead of {right}");
            }
        }
    }
}
