//! The CPU kernels: functions on row-major `f32` slices, without burn.
//!
//! Every kernel splits its work into pieces whose size depends on the shapes alone, not on the number of threads, and
//! adds partial sums in the order of the pieces. So the results are the same to the bit with any number of threads.

pub mod adam;
pub mod batch_norm;
pub mod bipartite;
pub mod cross_entropy;
pub mod dropout;
pub mod elu_norm;
pub mod group;
pub mod interpolate;
pub mod matmul;
pub mod max_pool;
pub mod propagation;
mod rows;
pub mod square_depthwise;
#[cfg(test)]
mod tests;
pub(crate) mod tile;
pub mod unit;
pub mod x_conv;

use rayon::prelude::*;
use std::mem::MaybeUninit;
use std::ops::Range;

/// Rows of `columns` values per task: about 128 KiB, so that they stay in the second-level cache.
pub(crate) fn task_rows(columns: usize) -> usize {
    (32 * 1024 / columns.max(1)).max(1)
}

/// The ranges of up to `piece` rows that make up `rows` rows.
pub(crate) fn pieces(rows: usize, piece: usize) -> impl Iterator<Item = Range<usize>> {
    (0..rows).step_by(piece.max(1)).map(move |first| first..(first + piece.max(1)).min(rows))
}

/// Memory for results that holds none yet. Zeroing it first would take a tenth of a training step.
///
/// Functions that compute a result take their part of this and return the same memory as `&mut [f32]`. The reference is
/// the proof that every value was written, so only those few functions are unsafe inside.
pub(crate) type Unwritten = [MaybeUninit<f32>];

/// Matrices with these numbers of columns, computed piece by piece in parallel. `fill` gets the rows of a piece and its
/// part of each matrix, and returns them written. Returns the matrices and what else `fill` returned for each piece, in
/// order. The ranges must follow one another from 0 on.
pub(crate) fn fill_rows<const N: usize, R: Send>(
    pieces: impl IntoIterator<Item = Range<usize>>,
    columns: [usize; N],
    fill: impl for<'a> Fn(Range<usize>, [&'a mut Unwritten; N]) -> ([&'a mut [f32]; N], R) + Send + Sync,
) -> ([Vec<f32>; N], Vec<R>) {
    let pieces: Vec<Range<usize>> = pieces.into_iter().collect();
    let rows = pieces.last().map_or(0, |last| last.end);
    let lengths = columns.map(|columns| rows * columns);
    let mut matrices = lengths.map(Vec::with_capacity);
    let mut left = matrices.each_mut().map(Vec::spare_capacity_mut);
    for (left, length) in left.iter_mut().zip(lengths) {
        *left = &mut std::mem::take(left)[..length];
    }
    let mut tasks = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let mut columns = columns.iter();
        let parts = left.each_mut().map(|left| {
            let columns = columns.next().expect("a number of columns for each matrix");
            left.split_off_mut(..piece.len() * columns).expect("ranges that follow one another")
        });
        tasks.push((piece, parts));
    }
    assert!(left.iter().all(|left| left.is_empty()), "the pieces do not cover all rows");
    let results = tasks.into_par_iter().map(|(piece, parts)| {
        let places = parts.each_ref().map(|part| (part.as_ptr().cast::<f32>(), part.len()));
        let (written, result) = fill(piece, parts);
        assert!(written.each_ref().map(|part| (part.as_ptr(), part.len())) == places, "a part was not written");
        result
    });
    let results = results.collect();
    for (matrix, length) in matrices.iter_mut().zip(lengths) {
        // SAFETY: the parts make up all of the first `length` values, and each came back as `&mut [f32]`, so every
        // value of it has been written; both are asserted above.
        unsafe { matrix.set_len(length) };
    }
    (matrices, results)
}

/// [`fill_rows`] of one matrix.
pub(crate) fn fill_matrix(
    pieces: impl IntoIterator<Item = Range<usize>>,
    columns: usize,
    fill: impl for<'a> Fn(Range<usize>, &'a mut Unwritten) -> &'a mut [f32] + Send + Sync,
) -> Vec<f32> {
    let ([matrix], _) = fill_rows(pieces, [columns], |rows, [part]| ([fill(rows, part)], ()));
    matrix
}

/// Room for `len` values.
pub(crate) fn unwritten(len: usize) -> Vec<MaybeUninit<f32>> {
    vec![MaybeUninit::uninit(); len]
}

/// Writes zeros. For results that are sums: a task does this to its own piece, which then is in the cache.
pub(crate) fn zeroed(part: &mut Unwritten) -> &mut [f32] {
    for value in part.iter_mut() {
        value.write(0.0);
    }
    // SAFETY: every value was just written.
    unsafe { part.assume_init_mut() }
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

#[cfg(test)]
mod fill_tests {
    use super::*;

    #[test]
    fn pieces_cover_all_rows() {
        let of = |rows, piece| pieces(rows, piece).collect::<Vec<_>>();
        assert_eq!(of(7, 3), [0..3, 3..6, 6..7]);
        assert_eq!(of(6, 3), [0..3, 3..6]);
        assert_eq!(of(1, 100), [0..1]);
        assert_eq!(of(2, 0), [0..1, 1..2]);
        assert!(of(0, 3).is_empty());
    }

    #[test]
    fn rows_are_filled_in_place_and_start_at_zero() {
        for (rows, piece) in [(0, 1), (1, 1), (1, 9), (10, 3), (1000, 1), (1001, 128)] {
            let ([a, none, b], starts) = fill_rows(pieces(rows, piece), [2, 0, 1], |range, parts| {
                let [a, none, b] = parts.map(zeroed);
                assert!(none.is_empty() && a.len() == 2 * range.len() && b.len() == range.len());
                a[0] = 1.0;
                b[range.len() - 1] = range.start as f32;
                ([a, none, b], range.start)
            });
            assert_eq!((a.len(), none.len(), b.len()), (2 * rows, 0, rows));
            assert_eq!(starts, pieces(rows, piece).map(|range| range.start).collect::<Vec<_>>());
            assert_eq!(a.iter().sum::<f32>(), starts.len() as f32);
            for range in pieces(rows, piece) {
                assert_eq!((a[2 * range.start], b[range.end - 1]), (1.0, range.start as f32));
            }
        }
    }

    #[test]
    #[should_panic(expected = "the pieces do not cover all rows")]
    fn a_gap_between_pieces_panics() {
        fill_matrix([0..2, 3..5], 4, |_, part| zeroed(part));
    }

    #[test]
    #[should_panic(expected = "ranges that follow one another")]
    fn pieces_that_overlap_panic() {
        fill_matrix([0..4, 2..5], 4, |_, part| zeroed(part));
    }

    #[test]
    #[should_panic(expected = "a task")]
    fn a_task_that_panics_leaves_no_matrix() {
        fill_matrix(pieces(10, 2), 3, |range, part| {
            assert!(range.start != 4, "a task");
            zeroed(part)
        });
    }

    #[test]
    #[should_panic(expected = "a part was not written")]
    fn a_part_that_is_left_out_panics() {
        fill_matrix(pieces(10, 2), 3, |_, part| &mut zeroed(part)[1..]);
    }
}
