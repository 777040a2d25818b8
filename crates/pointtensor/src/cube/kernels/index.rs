//! Indices that a caller gave.
//!
//! The host cannot check the values of a tensor on a GPU without waiting for it. So kernels never take an index as it
//! is: one that is out of range refers to the nearest row that exists. That costs two integer instructions where a row is
//! read from memory, and keeps every access inside its buffer.

use cubecl::prelude::*;

/// An index as a row below `rows`, which must not be 0.
#[cube]
pub fn row_within(index: i32, rows: usize) -> usize {
    row_of_cloud(index, 0usize, rows)
}

/// An index as one of the `rows` rows from `first` on; `rows` must not be 0.
#[cube]
pub fn row_of_cloud(index: i32, first: usize, rows: usize) -> usize {
    let row = max(index, first as i32) as usize;
    min(row, first + rows - 1usize)
}
