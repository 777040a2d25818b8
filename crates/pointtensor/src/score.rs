//! How many points are right, counted where the scores are.

use burn::backend::{
    Backend, Dispatch, Flex, TensorMetadata, backend_extension,
    tensor::{FloatTensor, IntTensor},
};
use burn::tensor::{Int, Tensor, TensorData};
use burn_flex::FlexTensor;

/// Counts that a backend makes itself.
#[backend_extension(Flex, Cube: cfg(feature = "cube"))]
pub trait ScoreBackend: Backend {
    /// Points with a target above zero and a weight, and those of them whose largest logit is the target's: two values.
    fn points_right(
        logits: FloatTensor<Self>,
        targets: IntTensor<Self>,
        weights: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

/// Number of annotated points (target above zero) whose weight is above zero, and of those among them whose largest logit, the lowest
/// class of equal ones, is the target's: two values. Exact up to 16 million points. No gradient flows through it.
///
/// # Shapes
/// - `logits`: `[rows, classes]`
/// - `targets`: `[rows]`
/// - `weights`: `[rows]`
/// - result: `[2]`
pub fn annotated_and_right(logits: Tensor<2>, targets: Tensor<1, Int>, weights: Tensor<1>) -> Tensor<1> {
    let (logits, targets, weights) = (logits.inner(), targets.inner(), weights.inner());
    assert_eq!(logits.dims()[0], targets.dims()[0], "annotated_and_right: rows of logits and targets");
    Tensor::from_dispatch(Dispatch::points_right(
        logits.into_dispatch(),
        targets.into_dispatch(),
        weights.into_dispatch(),
    ))
}

impl ScoreBackend for Flex {
    fn points_right(logits: FlexTensor, targets: FlexTensor, weights: FlexTensor) -> FlexTensor {
        let classes = logits.shape()[1];
        let (logits, targets, weights) = (logits.to_contiguous(), targets.to_contiguous(), weights.to_contiguous());
        let scores: &[f32] = logits.as_slice().expect("logits are f32");
        let targets: &[i32] = targets.as_slice().expect("targets are i32");
        let weights: &[f32] = weights.as_slice().expect("weights are f32");
        let (mut seen, mut right) = (0u32, 0u32);
        for ((scores, &target), &weight) in scores.chunks_exact(classes).zip(targets).zip(weights) {
            if target > 0 && weight > 0.0 {
                let best = (1..classes).fold(0, |best, class| if scores[class] > scores[best] { class } else { best });
                seen += 1;
                right += u32::from(best == target as usize);
            }
        }
        FlexTensor::from_data(TensorData::new(vec![seen as f32, right as f32], [2]))
    }
}
