//! Counts of right points on a GPU.

use super::loss::Scored;
use crate::score::ScoreBackend;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::Shape;
use burn_cubecl::CubeBackend;
use burn_cubecl::tensor::CubeTensor;

impl ScoreBackend for CubeBackend {
    fn points_right(logits: CubeTensor, targets: CubeTensor, weights: CubeTensor) -> CubeTensor {
        CubeBackend::float_reshape(Scored::new(logits, targets, weights).hits(), Shape::new([2]))
    }
}
