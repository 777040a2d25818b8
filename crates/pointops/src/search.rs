//! The kernels of neighbour queries. Each answers a block of queries from one index.

pub(crate) mod ball;
pub(crate) mod knn;
pub(crate) mod nearest;
pub(crate) mod three;
pub(crate) mod tree;

use std::marker::PhantomData;

/// The rows of a result, all of the same width, which several threads write in any order.
pub(crate) struct Rows<'a, T> {
    start: *mut T,
    rows: usize,
    width: usize,
    result: PhantomData<&'a mut [T]>,
}

// SAFETY: this is a `&mut [T]`, whose parts may be sent to other threads.
unsafe impl<T: Send> Send for Rows<'_, T> {}
// SAFETY: a shared reference gives access only through `row`, whose callers take different rows.
unsafe impl<T: Send> Sync for Rows<'_, T> {}

impl<'a, T> Rows<'a, T> {
    pub fn new(result: &'a mut [T], width: usize) -> Self {
        Self { start: result.as_mut_ptr(), rows: result.len() / width, width, result: PhantomData }
    }

    /// A row, to write to.
    ///
    /// # Safety
    ///
    /// No row may be borrowed twice at the same time.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn row(&self, row: usize) -> &mut [T] {
        assert!(row < self.rows);
        // SAFETY: the row lies within the slice that `new` was given; the caller holds it alone.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(row * self.width), self.width) }
    }
}

/// A distance and an index as one number, which sorts by distance, then index.
///
/// The bits of floats that are not negative sort as the floats do.
#[inline(always)]
pub(crate) fn key(distance: f32, id: u32) -> u64 {
    u64::from(distance.to_bits()) << 32 | u64::from(id)
}

#[inline(always)]
pub(crate) fn key_distance(key: u64) -> f32 {
    f32::from_bits((key >> 32) as u32)
}

#[inline(always)]
pub(crate) fn key_id(key: u64) -> u32 {
    key as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_parts_of_the_result() {
        let mut result = [0, 1, 2, 3, 4, 5, 6];
        // what does not fill a row belongs to none
        let rows = Rows::new(&mut result, 3);
        // SAFETY: these are different rows.
        let (first, last) = unsafe { (rows.row(0), rows.row(1)) };
        (first[2], last[2]) = (10, 20);
        assert_eq!(result, [0, 1, 10, 3, 4, 20, 6]);
    }

    #[test]
    #[should_panic(expected = "row < self.rows")]
    fn rows_beyond_the_result_panic() {
        let mut result = [0; 6];
        // SAFETY: no other row is borrowed.
        unsafe { Rows::new(&mut result, 3).row(2) };
    }
}
