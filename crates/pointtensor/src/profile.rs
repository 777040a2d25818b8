//! Where the time of the CPU operations goes.
//!
//! [`start`] begins a recording. [`stop`] ends it and returns one row per operation and shape: how often it ran, how
//! long it took, and how many floating-point operations and bytes of input and output it needs at least. Compare the
//! last two with the machine's peaks ([`MachinePeaks`]). Without a recording, an operation pays for one atomic load.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use pointtensor::{functional, profile};
//!
//! let device = Device::flex();
//! profile::start();
//! functional::linear(Tensor::ones([100, 8], &device), Tensor::ones([8, 4], &device));
//! let times = profile::stop();
//! assert_eq!((times[0].name, times[0].shape, times[0].calls), ("linear", [100, 8, 4], 1));
//! ```

use crate::kernels::{tile::multiply_block, unwritten};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

static ON: AtomicBool = AtomicBool::new(false);
static TIMES: Mutex<BTreeMap<(&'static str, [usize; 3]), OperationTime>> = Mutex::new(BTreeMap::new());

/// What one operation cost on tensors of one shape.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationTime {
    /// The operation.
    pub name: &'static str,
    /// Rows, input columns, output columns.
    pub shape: [usize; 3],
    /// How often it ran.
    pub calls: u64,
    /// Wall time of all calls.
    pub time: Duration,
    /// Floating-point operations of all calls; a multiply-add counts as two.
    pub flops: f64,
    /// Bytes of all inputs and outputs, each counted once per call.
    pub bytes: f64,
}

/// What one call computes and moves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub shape: [usize; 3],
    /// Floating-point operations.
    pub flops: f64,
    /// 4-byte values read or written.
    pub values: f64,
}

/// Discards the previous recording and starts a new one.
pub fn start() {
    TIMES.lock().expect("no operation panicked").clear();
    ON.store(true, Ordering::Relaxed);
}

/// Ends the recording and returns it, longest time first.
pub fn stop() -> Vec<OperationTime> {
    ON.store(false, Ordering::Relaxed);
    let rows = std::mem::take(&mut *TIMES.lock().expect("no operation panicked"));
    let mut rows: Vec<OperationTime> = rows.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.time));
    rows
}

/// Runs an operation and records it if a recording is on.
pub(crate) fn measure<T>(name: &'static str, cost: Cost, operation: impl FnOnce() -> T) -> T {
    if !ON.load(Ordering::Relaxed) {
        return operation();
    }
    let begin = Instant::now();
    let result = operation();
    let time = begin.elapsed();
    let mut rows = TIMES.lock().expect("no operation panicked");
    let row = rows.entry((name, cost.shape)).or_insert(OperationTime {
        name,
        shape: cost.shape,
        calls: 0,
        time: Duration::ZERO,
        flops: 0.0,
        bytes: 0.0,
    });
    row.calls += 1;
    row.time += time;
    row.flops += cost.flops;
    row.bytes += 4.0 * cost.values;
    result
}

/// The most that the machine can do with the threads in use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MachinePeaks {
    /// Floating-point operations per second, in a matrix product that fits caches and vector units.
    pub flops: f64,
    /// Bytes per second read and written by a copy too large for the caches.
    pub bandwidth: f64,
}

impl MachinePeaks {
    /// Measures both, in about a second: the best of several tries.
    pub fn measure() -> Self {
        use rayon::prelude::*;
        const SIDE: usize = 384;
        let threads = rayon::current_num_threads();
        let (a, b) = (vec![1.0f32; SIDE * SIDE], vec![0.5f32; SIDE * SIDE]);
        let mut out = unwritten(threads * SIDE * SIDE);
        let flops = best(20, || {
            out.par_chunks_mut(SIDE * SIDE).for_each(|out| {
                for _ in 0..4 {
                    multiply_block(out, &a, SIDE, &b, SIDE);
                }
            });
            (threads * 4 * 2 * SIDE * SIDE * SIDE) as f64
        });
        let from = vec![1.0f32; 32 << 20];
        let mut to = vec![0f32; 32 << 20];
        let piece = from.len().div_ceil(threads);
        let bandwidth = best(8, || {
            to.par_chunks_mut(piece).zip(from.par_chunks(piece)).for_each(|(to, from)| to.copy_from_slice(from));
            (2 * size_of_val(&from[..])) as f64
        });
        MachinePeaks { flops, bandwidth }
    }
}

/// The highest rate per second of several tries.
fn best(tries: usize, mut work: impl FnMut() -> f64) -> f64 {
    (0..tries)
        .map(|_| {
            let begin = Instant::now();
            let amount = work();
            amount / begin.elapsed().as_secs_f64()
        })
        .fold(0.0, f64::max)
}
