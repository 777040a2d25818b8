//! Column sums over many rows.

use super::kernels::sums;
use super::launch::{Buffer, UNITS};
use cubecl::{CubeCount, CubeDim};

/// How the rows of a matrix are split among cubes. Depends on the shape alone, so that sums are the same in every run.
pub(super) struct PartialSums {
    /// Rows per cube.
    pub block: usize,
    /// Columns per cube.
    pub width: usize,
    blocks: usize,
    columns: usize,
}

impl PartialSums {
    pub fn new(rows: usize, columns: usize) -> Self {
        let width = columns.clamp(1, UNITS);
        let lanes = UNITS / width;
        // at least 16 rows per unit, at most 1024 cubes per block of columns
        let block = rows.div_ceil(1024).max(16 * lanes).max(1);
        PartialSums { block, width, blocks: rows.div_ceil(block).max(1), columns }
    }

    /// Cubes and units of the kernel that computes partial sums.
    pub fn cubes(&self) -> (CubeCount, CubeDim) {
        let across = self.columns.div_ceil(self.width);
        (CubeCount::Static(self.blocks as u32, across as u32, 1), CubeDim::new_1d(UNITS as u32))
    }

    /// The output of that kernel.
    pub fn partials(&self, beside: &Buffer) -> Buffer {
        beside.floats_beside([2, self.columns, self.blocks])
    }

    /// How the partial sums are added up.
    pub fn final_sums(&self) -> FinalSums {
        FinalSums::new(self.columns, self.blocks)
    }

    /// The sum of each column of a matrix, `[2, columns]`; the second row is zero.
    pub fn of(y: &Buffer) -> Buffer {
        let parts = PartialSums::new(y.rows(), y.columns());
        let partials = parts.partials(y);
        let (cubes, dim) = parts.cubes();
        // SAFETY: units stay within the rows and columns of `y`.
        unsafe {
            sums::column_sums::launch_unchecked(
                y.client(),
                cubes,
                dim,
                y.arg(),
                partials.arg(),
                y.rows(),
                y.columns(),
                parts.block,
                parts.width,
                UNITS,
            );
        }
        parts.totals(&partials)
    }

    /// Adds the partial sums up: `[2, columns]`.
    pub fn totals(&self, partials: &Buffer) -> Buffer {
        let totals = partials.floats_beside([2, self.columns]);
        let FinalSums { cubes, dim, blocks, units } = self.final_sums();
        // SAFETY: a cube adds the partial sums of its column.
        unsafe {
            sums::add_partials::launch_unchecked(
                partials.client(),
                cubes,
                dim,
                partials.arg(),
                totals.arg(),
                self.columns,
                blocks,
                units,
            );
        }
        totals
    }
}

/// How partial sums `[2, columns, blocks]` are added up: by one cube per column.
pub(super) struct FinalSums {
    pub cubes: CubeCount,
    pub dim: CubeDim,
    pub blocks: usize,
    pub units: usize,
}

impl FinalSums {
    pub fn new(columns: usize, blocks: usize) -> Self {
        let units = blocks.next_power_of_two().min(UNITS);
        FinalSums { cubes: CubeCount::Static(columns as u32, 1, 1), dim: CubeDim::new_1d(units as u32), blocks, units }
    }
}
