//! The CPU kernels: plain functions on row-major `f32` slices, free of burn.
//!
//! Every kernel splits its work into pieces whose size depends only on the shapes, never on the number of threads, and adds
//! partial sums in the order of the pieces. So one thread and many give the same bits.

pub mod adam;
pub mod batch_norm;
pub mod bipartite;
pub mod cross_entropy;
pub mod dropout;
pub mod group;
pub mod interpolate;
pub mod matmul;
pub mod max_pool;
pub mod propagation;
mod rows;
pub mod unit;

use rayon::prelude::*;

/// Rows of `columns` values that one task works on: about 128 KiB of `f32`, so that a task's rows stay in the second-level cache.
pub(crate) fn task_rows(columns: usize) -> usize {
    (32 * 1024 / columns.max(1)).max(1)
}

/// A vector of `len` values that the caller overwrites completely.
///
/// Zeroing the large buffers of a training step would cost a tenth of its memory traffic.
pub(crate) fn output(len: usize) -> Vec<f32> {
    let mut values = Vec::with_capacity(len);
    // SAFETY: the capacity is `len`, every bit pattern is a valid f32, and each kernel writes all of its output before anything
    // reads it.
    #[allow(clippy::uninit_vec)]
    unsafe {
        values.set_len(len);
    }
    values
}

/// Adds equally long partial sums element by element, in the order given.
pub(crate) fn sum_in_order(partials: Vec<Vec<f32>>, len: usize) -> Vec<f32> {
    let mut partials = partials.into_iter();
    let mut total = partials.next().unwrap_or_else(|| vec![0.0; len]);
    for partial in partials {
        for (sum, value) in total.iter_mut().zip(partial) {
            *sum += value;
        }
    }
    total
}

/// Runs `task` on numbered pieces in parallel and returns its results in the order of the pieces.
pub(crate) fn in_order<T: Send>(pieces: usize, task: impl Fn(usize) -> T + Send + Sync) -> Vec<T> {
    (0..pieces).into_par_iter().map(task).collect()
}

/// Runs a loop compiled for the widest vector instructions that the processor has. The results are those of the plain loop: no
/// multiplication is contracted with an addition. `work` and all it calls have to be `#[inline(always)]`.
#[inline(always)]
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}
