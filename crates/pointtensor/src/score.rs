//! The number of correct predictions, counted on the device of the scores.

use burn::backend::{
    Backend, Dispatch, Flex, TensorMetadata, backend_extension,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::{Int, Tensor, TensorData};
use burn_flex::FlexTensor;

/// Counts that a backend implements.
#[backend_extension(Flex, Cube: cfg(feature = "cube"))]
pub trait ScoreBackend: Backend {
    /// Number of points with a target and a weight above zero, and of those whose largest logit is the target's: two
    /// values.
    fn points_count_correct(
        logits: FloatTensor<Self>,
        targets: IntTensor<Self>,
        weights: FloatTensor<Self>,
        first: usize,
    ) -> FloatTensor<Self>;
}

/// Counts the annotated points (target at least `first`, weight above zero) and the correct predictions among them, and
/// returns both. The predicted class is that of the largest logit, the lowest class on ties. Exact up to 16 million
/// points. No gradient flows through it.
///
/// # Shapes
/// - `logits`: `[rows, classes]`
/// - `targets`: `[rows]`
/// - `weights`: `[rows]`
/// - result: `[2]`
pub fn count_correct(logits: Tensor<2>, targets: Tensor<1, Int>, weights: Tensor<1>, first: usize) -> Tensor<1> {
    let (logits, targets, weights) = (logits.inner(), targets.inner(), weights.inner());
    assert_eq!(logits.dims()[0], targets.dims()[0], "count_correct: rows of logits and targets must match");
    assert_eq!(logits.dims()[0], weights.dims()[0], "count_correct: rows of logits and weights must match");
    assert!(logits.dims()[1] > 0, "count_correct: there are no classes");
    Tensor::from_dispatch(Dispatch::points_count_correct(
        logits.into_dispatch(),
        targets.into_dispatch(),
        weights.into_dispatch(),
        first,
    ))
}

impl ScoreBackend for Flex {
    fn points_count_correct(logits: FlexTensor, targets: FlexTensor, weights: FlexTensor, first: usize) -> FlexTensor {
        let classes = logits.shape()[1];
        let (logits, targets, weights) = (logits.to_contiguous(), targets.to_contiguous(), weights.to_contiguous());
        let scores: &[f32] = logits.as_slice().expect("logits are f32");
        let targets: &[i32] = targets.as_slice().expect("targets are i32");
        let weights: &[f32] = weights.as_slice().expect("weights are f32");
        let (mut annotated, mut correct) = (0u32, 0u32);
        for ((scores, &target), &weight) in scores.chunks_exact(classes).zip(targets).zip(weights) {
            if target >= first as i32 && weight > 0.0 {
                let best = (1..classes).fold(0, |best, class| if scores[class] > scores[best] { class } else { best });
                annotated += 1;
                correct += u32::from(best == target as usize);
            }
        }
        FlexTensor::from_data(TensorData::new(vec![annotated as f32, correct as f32], [2]))
    }
}
