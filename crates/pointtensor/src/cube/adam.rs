//! Steps of Adam on a GPU.

use super::kernels::adam;
use super::launch::Buffer;
use crate::adam::{AdamStep, UpdateBackend};
use burn::backend::TensorMetadata;
use burn_cubecl::CubeBackend;
use burn_cubecl::tensor::CubeTensor;

impl UpdateBackend for CubeBackend {
    fn points_adam(
        weight: CubeTensor,
        gradient: CubeTensor,
        moment_1: CubeTensor,
        moment_2: CubeTensor,
        step: AdamStep,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        let shape = weight.shape();
        let [weight, gradient, moment_1, moment_2] = [weight, gradient, moment_1, moment_2].map(Buffer::floats);
        let [w, m, v] = [(); 3].map(|()| weight.floats_beside(shape.clone()));
        let (cubes, dim) = weight.each(weight.len());
        // SAFETY: all buffers have the same length, and a unit reads and writes its own value of each.
        unsafe {
            adam::adam::launch_unchecked(
                weight.client(),
                cubes,
                dim,
                weight.arg(),
                gradient.arg(),
                moment_1.arg(),
                moment_2.arg(),
                w.arg(),
                m.arg(),
                v.arg(),
                step.beta_1,
                step.beta_2,
                step.correction,
                step.epsilon,
                step.decay,
                step.rate,
            );
        }
        (w.tensor(), m.tensor(), v.tensor())
    }
}
