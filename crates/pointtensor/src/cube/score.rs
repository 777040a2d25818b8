//! The number of correct predictions on a GPU.

use super::loss::Scored;
use crate::score::ScoreBackend;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::Shape;
use burn_cubecl::CubeBackend;
use burn_cubecl::tensor::CubeTensor;

impl ScoreBackend for CubeBackend {
    fn points_count_correct(logits: CubeTensor, targets: CubeTensor, weights: CubeTensor, first: usize) -> CubeTensor {
        CubeBackend::float_reshape(Scored::new(logits, targets, weights, 0.0).correct(first), Shape::new([2]))
    }
}
