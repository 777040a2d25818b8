//! Steps of Adam on a GPU.

use super::kernels::adam;
use super::launch::Buffer;
use crate::adam::{AdamStep, UpdateBackend};
use burn::backend::TensorMetadata;
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
                step.shrink,
                step.rate,
            );
        }
        (w.tensor(), m.tensor(), v.tensor())
    }

    fn points_follow(average: CubeTensor, newest: CubeTensor, keep: f64) -> CubeTensor {
        let shape = average.shape();
        let (average, newest) = (Buffer::floats(average), Buffer::floats(newest));
        let out = average.floats_beside(shape);
        let (cubes, dim) = average.each(average.len());
        // SAFETY: all buffers have the same length, and a unit reads and writes its own value of each.
        unsafe {
            adam::follow::launch_unchecked(
                average.client(),
                cubes,
                dim,
                average.arg(),
                newest.arg(),
                out.arg(),
                keep as f32,
                (1.0 - keep) as f32,
            );
        }
        out.tensor()
    }

    fn points_add_squares(total: CubeTensor, values: CubeTensor) -> CubeTensor {
        let (total, values) = (Buffer::floats(total), Buffer::floats(values));
        let out = total.floats_beside([1]);
        let units = values.units(1024);
        // SAFETY: a unit reads its own values, and one unit writes the sum.
        unsafe {
            adam::add_squares::launch_unchecked(
                total.client(),
                CubeCount::Static(1, 1, 1),
                CubeDim::new_1d(units as u32),
                total.arg(),
                values.arg(),
                out.arg(),
                units,
            );
        }
        out.tensor()
    }
}
