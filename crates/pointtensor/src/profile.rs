//! Where the time of the CPU operations goes.
//!
//! [`start`] begins to record, [`stop`] ends it and gives a row for every operation and shape: how often it ran, how long, and how many
//! floating-point operations and bytes of its inputs and outputs that took at least. The last two are the numbers to hold against the machine's
//! peaks. While nothing is recorded an operation pays for one atomic load.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

static ON: AtomicBool = AtomicBool::new(false);
static ROWS: Mutex<BTreeMap<(&'static str, [usize; 3]), Row>> = Mutex::new(BTreeMap::new());

/// What one operation cost on tensors of one shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The operation.
    pub name: &'static str,
    /// Rows, columns of the input, columns of the output.
    pub shape: [usize; 3],
    /// How often it ran.
    pub calls: u64,
    /// Wall time of all calls.
    pub time: Duration,
    /// Floating-point operations of all calls: two for each multiply-add.
    pub flops: f64,
    /// Bytes of all inputs and outputs, each counted once a call.
    pub bytes: f64,
}

/// What one call computes and moves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub shape: [usize; 3],
    /// Floating-point operations.
    pub flops: f64,
    /// Values of 4 bytes read or written.
    pub values: f64,
}

/// Forgets what was recorded and records from now on.
pub fn start() {
    ROWS.lock().expect("no operation panicked").clear();
    ON.store(true, Ordering::Relaxed);
}

/// Ends the recording; what was recorded, longest first.
pub fn stop() -> Vec<Row> {
    ON.store(false, Ordering::Relaxed);
    let rows = std::mem::take(&mut *ROWS.lock().expect("no operation panicked"));
    let mut rows: Vec<Row> = rows.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.time));
    rows
}

/// Runs an operation, and records it if that is wanted.
pub(crate) fn measure<T>(name: &'static str, cost: Cost, operation: impl FnOnce() -> T) -> T {
    if !ON.load(Ordering::Relaxed) {
        return operation();
    }
    let begin = Instant::now();
    let result = operation();
    let time = begin.elapsed();
    let mut rows = ROWS.lock().expect("no operation panicked");
    let row = rows.entry((name, cost.shape)).or_insert(Row {
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

/// What the machine can do at most, on the threads in use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peaks {
    /// Floating-point operations a second of a product that suits caches and vector units best.
    pub flops: f64,
    /// Bytes a second read and written by copying what no cache holds.
    pub bandwidth: f64,
}

impl Peaks {
    /// Measures both, in about a second: the best of some tries.
    pub fn measure() -> Self {
        use rayon::prelude::*;
        const SIDE: usize = 384;
        let threads = rayon::current_num_threads();
        let (a, b) = (vec![1.0f32; SIDE * SIDE], vec![0.5f32; SIDE * SIDE]);
        let mut out = vec![0f32; threads * SIDE * SIDE];
        let flops = best(20, || {
            out.par_chunks_mut(SIDE * SIDE).for_each(|out| {
                for _ in 0..4 {
                    crate::kernels::matmul::multiply_block(out, &a, SIDE, &b, SIDE);
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
        Peaks { flops, bandwidth }
    }
}

/// Largest amount a second of some tries.
fn best(tries: usize, mut work: impl FnMut() -> f64) -> f64 {
    (0..tries)
        .map(|_| {
            let begin = Instant::now();
            let amount = work();
            amount / begin.elapsed().as_secs_f64()
        })
        .fold(0.0, f64::max)
}
