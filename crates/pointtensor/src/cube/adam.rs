//! Steps of Adam on a GPU.

use super::kernels::adam;
use super::launch::Buffer;
use crate::adam::{AdamStep, UpdateBackend};
use burn_cubecl::CubeBackend;
use burn_cubecl::tensor::CubeTensor;
use cubecl::{CubeCount, CubeDim};

impl UpdateBackend for CubeBackend {
    fn points_adam(
        weight: CubeTensor,
        gradient: CubeTensor,
        moment_1: CubeTensor,
        moment_2: CubeTensor,
        step: AdamStep,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        let [weight, gradient] = [weight, gradient].map(Buffer::floats);
        let [moment_1, moment_2] = [moment_1, moment_2].map(Buffer::own_floats);
        // the network still refers to the weight
        let updated = weight.floats_beside(weight.shape());
        let (cubes, dim) = weight.each(weight.len());
        // SAFETY: all buffers have the same length, nothing else refers to those that are written, and a unit reads and
        // writes its own value of each.
        unsafe {
            adam::adam::launch_unchecked(
                weight.client(),
                cubes,
                dim,
                weight.arg(),
                gradient.arg(),
                moment_1.arg(),
                moment_2.arg(),
                updated.arg(),
                step.beta_1,
                step.beta_2,
                step.correction,
                step.epsilon,
                step.decay,
                step.shrink,
                step.rate,
            );
        }
        (updated.tensor(), moment_1.tensor(), moment_2.tensor())
    }

    fn points_follow(average: CubeTensor, newest: CubeTensor, keep: f64) -> CubeTensor {
        let (average, newest) = (Buffer::own_floats(average), Buffer::floats(newest));
        let (cubes, dim) = average.each(average.len());
        // SAFETY: as above.
        unsafe {
            adam::follow::launch_unchecked(
                average.client(),
                cubes,
                dim,
                average.arg(),
                newest.arg(),
                keep as f32,
                (1.0 - keep) as f32,
            );
        }
        average.tensor()
    }

    fn points_add_squares(total: CubeTensor, values: CubeTensor) -> CubeTensor {
        let (total, values) = (Buffer::own_floats(total), Buffer::floats(values));
        let units = values.units(1024);
        // SAFETY: a unit reads its own values, and one unit changes the sum, to which nothing else refers.
        unsafe {
            adam::add_squares::launch_unchecked(
                total.client(),
                CubeCount::Static(1, 1, 1),
                CubeDim::new_1d(units as u32),
                total.arg(),
                values.arg(),
                units,
            );
        }
        total.tensor()
    }
}
