//! The training loss.

use crate::config::TrainConfig;
use crate::sampling::Batch;
use burn::tensor::{Int, Tensor, activation};
use pointtensor::functional::{matrix, smooth_cross_entropy};
use rayon::prelude::*;

/// The classes of a batch on the host: points that belong to a class, or do not count at all.
pub(super) struct Truth {
    /// Output index of every point's class, `[rows]`.
    targets: Vec<i32>,
    /// Weight of every point, `[rows]`.
    weights: Vec<f32>,
}

impl Truth {
    /// What the loss of a configuration needs on the host.
    pub fn of(batch: &Batch, config: &TrainConfig) -> Option<Self> {
        (config.lovasz > 0.0).then(|| Truth {
            targets: batch.targets.to_data().try_to_vec().expect("targets are 32-bit integers"),
            weights: batch.weights.to_data().try_to_vec().expect("weights are 32-bit floats"),
        })
    }
}

/// Weighted cross entropy with label smoothing, and the Lovász loss if there is a `truth`, `[1]`.
///
/// # Shapes
/// - `logits`: `[crops · points, outputs]`
/// - `targets` and `weights`: those of the batch, `[crops · points]`, on the device of the logits
pub(super) fn loss(
    logits: Tensor<2>,
    targets: Tensor<1, Int>,
    weights: Tensor<1>,
    truth: Option<&Truth>,
    config: &TrainConfig,
) -> Tensor<1> {
    let loss = smooth_cross_entropy(logits.clone(), targets, weights, config.label_smoothing);
    match truth {
        Some(truth) => loss + lovasz(logits, truth) * config.lovasz,
        None => loss,
    }
}

/// Lovász-softmax (Berman, Triki and Blaschko 2018, <https://arxiv.org/abs/1705.08790>) over all points of non-zero
/// weight, as the mean over the outputs that occur among their targets. Their weights do not matter. Waits for a GPU,
/// since errors are sorted on the host.
fn lovasz(logits: Tensor<2>, truth: &Truth) -> Tensor<1> {
    let ([rows, outputs], device) = (logits.dims(), logits.device());
    let probabilities = activation::softmax(logits, 1);
    let values = probabilities.clone().inner().into_data().try_to_vec().expect("probabilities are 32-bit floats");
    let (factors, constant) = lovasz_factors(&values, truth, outputs);
    let products = probabilities * matrix(factors, outputs, &device);
    sum_in_order(products.sum_dim(1).reshape([rows])) + constant
}

/// Values that are added at once: few enough that burn adds them in one thread, and so always in the same order.
const PIECE: usize = 1 << 20;

/// The sum of a vector, `[1]`, to the same bit at any number of threads.
fn sum_in_order(values: Tensor<1>) -> Tensor<1> {
    match values.dims()[0] {
        0..=PIECE => values.sum(),
        _ => Tensor::cat(values.split(PIECE, 0).into_iter().map(Tensor::sum).collect(), 0).sum(),
    }
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
    use burn::tensor::{Device, TensorData};
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
            let loss = loss(logits.clone(), targets, weights, (config.lovasz > 0.0).then_some(&truth), &config);
            let value: f32 = loss.clone().into_scalar();
            assert!((f64::from(value) - case.loss).abs() < 1e-6, "{value} instead of {}", case.loss);
            let gradient: Vec<f32> = logits.grad(&loss.backward()).unwrap().into_data().try_to_vec().unwrap();
            for (found, right) in gradient.iter().zip(&case.gradient) {
                assert!((f64::from(*found) - right).abs() < 1e-7, "{found} instead of {right}");
            }
        }
    }

    #[test]
    fn long_vectors_are_added_in_pieces() {
        let values: Vec<f32> = (0..2_500_000).map(|i| (i % 7) as f32).collect();
        let right: f64 = values.iter().map(|v| f64::from(*v)).sum();
        let sum: f32 =
            sum_in_order(Tensor::from_data(TensorData::new(values, [2_500_000]), &Device::flex())).into_scalar();
        assert!((f64::from(sum) / right - 1.0).abs() < 1e-5);
    }
}
