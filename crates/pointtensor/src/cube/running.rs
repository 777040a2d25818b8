//! Running statistics on a GPU.

use super::kernels::norm;
use super::launch::Buffer;
use super::norm::Affine;
use crate::running::{RunningBackend, UpdateWeights};
use burn::backend::TensorMetadata;
use burn_cubecl::CubeBackend;
use burn_cubecl::tensor::CubeTensor;

impl RunningBackend for CubeBackend {
    fn points_update_running(
        mean: CubeTensor,
        var: CubeTensor,
        batch_mean: CubeTensor,
        batch_var: CubeTensor,
        weights: UpdateWeights,
    ) -> (CubeTensor, CubeTensor) {
        let shape = mean.shape();
        let [mean, var, batch_mean, batch_var] = [mean, var, batch_mean, batch_var].map(Buffer::floats);
        let [next_mean, next_var] = [(); 2].map(|()| mean.floats_beside(shape.clone()));
        let (cubes, dim) = mean.each(mean.len());
        // SAFETY: all buffers have the same length, and a unit reads and writes its own channel of each.
        unsafe {
            norm::update_running::launch_unchecked(
                mean.client(),
                cubes,
                dim,
                mean.arg(),
                var.arg(),
                batch_mean.arg(),
                batch_var.arg(),
                next_mean.arg(),
                next_var.arg(),
                weights.running,
                weights.mean,
                weights.var,
            );
        }
        (next_mean.tensor(), next_var.tensor())
    }

    fn points_fold(
        gamma: CubeTensor,
        beta: CubeTensor,
        mean: CubeTensor,
        var: CubeTensor,
        epsilon: f64,
    ) -> (CubeTensor, CubeTensor) {
        let [gamma, beta, mean, var] = [gamma, beta, mean, var].map(Buffer::floats);
        let affine = Affine::folded([&gamma, &beta, &mean, &var], epsilon as f32);
        (affine.scale.tensor(), affine.shift.tensor())
    }
}
