//! Where the windows of a convolution are in a grid.

use std::ops::Range;

/// Cells of a convolution's window along x, y and z.
pub const KERNEL: [usize; 3] = [3, 3, 4];
/// Cells between neighbouring windows, along every axis.
pub const STRIDE: usize = 2;

/// The windows of a convolution without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Windows {
    /// Cells along x, y and z.
    grid: [usize; 3],
    /// Cells between neighbouring windows.
    stride: [usize; 3],
    /// Cells from one cell of a window to its next.
    step: [usize; 3],
}

/// Cells along x, y and z after a stage; `None` if no window fits.
pub(crate) fn cells_after(grid: [usize; 3]) -> Option<[usize; 3]> {
    let fits = (0..3).all(|a| grid[a] >= KERNEL[a]);
    fits.then(|| Windows::strided(grid).count())
}

impl Windows {
    /// Cells of a window.
    pub const CELLS: usize = KERNEL[0] * KERNEL[1] * KERNEL[2];

    /// Windows [`STRIDE`] apart.
    pub fn strided(grid: [usize; 3]) -> Self {
        Windows { grid, stride: [STRIDE; 3], step: [1; 3] }
    }

    /// Windows at every place along x and y, with cells `step` apart, and [`STRIDE`] apart along z.
    pub fn dense(grid: [usize; 3], step: usize) -> Self {
        Windows { grid, stride: [1, 1, STRIDE], step: [step, step, 1] }
    }

    /// Cells of the grid along x, y and z.
    pub fn grid(&self) -> [usize; 3] {
        self.grid
    }

    /// Windows along x, y and z.
    pub fn count(&self) -> [usize; 3] {
        std::array::from_fn(|a| (self.grid[a] - 1 - (KERNEL[a] - 1) * self.step[a]) / self.stride[a] + 1)
    }

    /// The cells of some windows, `[windows · 4 · 3 · 3]`. Windows and cells have z slowest and x fastest.
    pub fn cells(&self, windows: Range<usize>) -> Vec<i32> {
        let ([x, y, _], [wx, wy, _]) = (self.grid, self.count());
        let mut cells = Vec::with_capacity(windows.len() * Self::CELLS);
        for window in windows {
            let place = [window % wx, window / wx % wy, window / (wx * wy)];
            let at = |axis: usize, k: usize| place[axis] * self.stride[axis] + k * self.step[axis];
            for kz in 0..KERNEL[2] {
                for ky in 0..KERNEL[1] {
                    let row = (at(2, kz) * y + at(1, ky)) * x;
                    cells.extend((0..KERNEL[0]).map(|kx| (row + at(0, kx)) as i32));
                }
            }
        }
        cells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_sizes() {
        let mut grid = [31, 31, 62];
        for after in [[15, 15, 30], [7, 7, 14], [3, 3, 6]] {
            assert_eq!(cells_after(grid), Some(after));
            grid = after;
        }
        assert_eq!(cells_after([3, 3, 3]), None);
    }

    #[test]
    fn windows_by_hand() {
        // one window along x and y, two along z
        let windows = Windows::strided([4, 3, 6]);
        assert_eq!(windows.count(), [1, 1, 2]);
        let cells = windows.cells(0..2);
        assert_eq!(cells.len(), 72);
        assert_eq!(cells[..9], [0, 1, 2, 4, 5, 6, 8, 9, 10]);
        assert_eq!(cells[9..12], [12, 13, 14]);
        assert_eq!(cells[36..39], [24, 25, 26]);
        assert_eq!(windows.cells(1..2), cells[36..]);
    }

    #[test]
    fn dense_windows_by_hand() {
        // cells two apart: two windows along x, one along y
        let windows = Windows::dense([6, 5, 4], 2);
        assert_eq!(windows.count(), [2, 1, 1]);
        assert_eq!(windows.cells(0..1)[..9], [0, 2, 4, 12, 14, 16, 24, 26, 28]);
        assert_eq!(windows.cells(1..2)[..12], [1, 3, 5, 13, 15, 17, 25, 27, 29, 31, 33, 35]);
    }
}
