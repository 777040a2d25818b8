//! Updates of weights on a GPU. A launch takes several tensors: most are so small that a launch for each would take longer.

use super::kernels::adam;
use super::launch::{Buffer, UNITS};
use crate::adam::{AdamStep, TensorList, UpdateBackend};
use burn_cubecl::CubeBackend;
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::SequenceArg;
use cubecl::{CubeCount, CubeDim};

/// Tensors of a launch, at most.
const MOST_TENSORS: usize = 16;

/// Cubes of a launch, at most; units of these stride over what is left.
const MOST_CUBES: usize = 512;

/// Cubes that add up squares in a launch.
const SUMS: usize = 64;

/// The argument of a kernel that takes a list.
type Arguments = SequenceArg<Box<[f32]>>;

/// Lists of tensors, those of one place of the same length.
struct Lists<const N: usize>([Vec<Buffer>; N]);

impl<const N: usize> Lists<N> {
    /// For each launch its number, cubes and arguments, which are as many tensors of every list as a kernel can have.
    fn launches(&self) -> impl Iterator<Item = (usize, CubeCount, [Arguments; N])> {
        let bindings = self.0[0][0].client().properties().hardware.max_bindings as usize;
        // besides the lists, a kernel binds lengths, scalars and at most one more tensor
        let tensors = (bindings.saturating_sub(3) / N).clamp(1, MOST_TENSORS);
        (0..self.0[0].len()).step_by(tensors).enumerate().map(move |(number, first)| {
            let part = first..self.0[0].len().min(first + tensors);
            let longest = self.0[0][part.clone()].iter().map(Buffer::len).max().unwrap_or(0);
            let cubes = longest.div_ceil(UNITS).clamp(1, MOST_CUBES);
            let arguments = self.0.each_ref().map(|list| list[part.clone()].iter().map(Buffer::arg).collect());
            (number, CubeCount::Static(cubes as u32, 1, 1), arguments)
        })
    }
}

/// Tensors that a kernel reads.
fn read(list: TensorList<CubeBackend>) -> Vec<Buffer> {
    list.0.into_iter().map(Buffer::floats).collect()
}

/// Tensors that a kernel changes in place.
fn change(list: TensorList<CubeBackend>) -> Vec<Buffer> {
    list.0.into_iter().map(Buffer::own_floats).collect()
}

fn tensors(list: Vec<Buffer>) -> TensorList<CubeBackend> {
    TensorList(list.into_iter().map(Buffer::tensor).collect())
}

fn dim() -> CubeDim {
    CubeDim::new_1d(UNITS as u32)
}

impl UpdateBackend for CubeBackend {
    fn points_adam(
        weights: TensorList<Self>,
        gradients: TensorList<Self>,
        moments_1: TensorList<Self>,
        moments_2: TensorList<Self>,
        step: AdamStep,
    ) -> (TensorList<Self>, TensorList<Self>, TensorList<Self>) {
        let lists = Lists([change(weights), read(gradients), change(moments_1), change(moments_2)]);
        let client = lists.0[0][0].client();
        for (_, cubes, [weights, gradients, moments_1, moments_2]) in lists.launches() {
            // SAFETY: the buffers of one place have the same length, nothing else refers to those that are written, and a
            // unit reads and writes its own values of each.
            unsafe {
                adam::adam::launch_unchecked(
                    client,
                    cubes,
                    dim(),
                    weights,
                    gradients,
                    moments_1,
                    moments_2,
                    step.beta_1,
                    step.beta_2,
                    step.correction,
                    step.epsilon,
                    step.decay,
                    step.shrink,
                    step.rate,
                );
            }
        }
        let [weights, _, moments_1, moments_2] = lists.0;
        (tensors(weights), tensors(moments_1), tensors(moments_2))
    }

    fn points_follow(averages: TensorList<Self>, newest: TensorList<Self>, keep: f64) -> TensorList<Self> {
        let lists = Lists([change(averages), read(newest)]);
        let client = lists.0[0][0].client();
        for (_, cubes, [averages, newest]) in lists.launches() {
            // SAFETY: as above.
            unsafe {
                adam::follow::launch_unchecked(
                    client,
                    cubes,
                    dim(),
                    averages,
                    newest,
                    keep as f32,
                    (1.0 - keep) as f32,
                );
            }
        }
        let [averages, _] = lists.0;
        tensors(averages)
    }

    fn points_sum_of_squares(values: TensorList<Self>) -> CubeTensor {
        let lists = Lists([read(values)]);
        let buffer = &lists.0[0][0];
        let units = buffer.units(UNITS);
        let launches: Vec<_> = lists.launches().collect();
        let sums = buffer.floats_beside([launches.len() * SUMS]);
        for (number, _, [values]) in launches {
            let (cubes, dim) = (CubeCount::Static(SUMS as u32, 1, 1), CubeDim::new_1d(units as u32));
            let first = (number * SUMS) as u32;
            // SAFETY: a unit reads its own values, and one unit of a cube writes the sum of that cube.
            unsafe {
                adam::sum_of_squares::launch_unchecked(buffer.client(), cubes, dim, values, sums.arg(), first, units);
            }
        }
        let total = buffer.floats_beside([1]);
        let (cubes, dim) = (CubeCount::Static(1, 1, 1), CubeDim::new_1d(units as u32));
        // SAFETY: a unit reads its own sums, and one unit writes the total.
        unsafe { adam::total::launch_unchecked(buffer.client(), cubes, dim, sums.arg(), total.arg(), units) };
        total.tensor()
    }

    fn points_scale(values: TensorList<Self>, factor: CubeTensor) -> TensorList<Self> {
        let lists = Lists([change(values)]);
        let factor = Buffer::floats(factor);
        for (_, cubes, [values]) in lists.launches() {
            // SAFETY: nothing else refers to the buffers that are written, and a unit reads and writes its own values.
            unsafe { adam::scale::launch_unchecked(factor.client(), cubes, dim(), values, factor.arg()) };
        }
        let [values] = lists.0;
        tensors(values)
    }
}
