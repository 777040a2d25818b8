//! The CPU kernels: functions on row-major `f32` slices, without burn.
//!
//! Every kernel splits its work into pieces whose size depends on the shapes alone, not on the number of threads, and
//! adds partial sums in the order of the pieces. So the results are the same to the bit with any number of threads.

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

/// Rows of `columns` values per task: about 128 KiB, so that they stay in the second-level cache.
pub(crate) fn task_rows(columns: usize) -> usize {
    (32 * 1024 / columns.max(1)).max(1)
}

/// A vector of `len` values, all of which the caller must overwrite.
///
/// Zeroing the buffers of a training step would add a tenth to its memory traffic.
pub(crate) fn output(len: usize) -> Vec<f32> {
    let mut values = Vec::with_capacity(len);
    // SAFETY: the capacity is `len`, every bit pattern is a valid f32, and each kernel writes its whole output before
    // it is read.
    #[allow(clippy::uninit_vec)]
    unsafe {
        values.set_len(len);
    }
    values
}

/// Adds partial sums of equal length element by element, in their order.
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

/// Runs `task` for each piece in parallel and returns the results in the order of the pieces.
pub(crate) fn in_order<T: Send>(pieces: usize, task: impl Fn(usize) -> T + Send + Sync) -> Vec<T> {
    (0..pieces).into_par_iter().map(task).collect()
}

/// Runs a loop compiled for the widest vector instructions of the processor. The results are those of the plain loop:
/// multiplications and additions are not fused. `work` and everything it calls must be `#[inline(always)]`.
#[inline(always)]
pub(crate) fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(work)
}
