//! Two sums a column over many rows: every cube makes partial sums of some rows, then one cube a column adds those up.
//!
//! A partial sum's cube has `lanes` rows of `width` units. The unit of lane `l` and column `c` goes through every `lanes`-th row from
//! `l` on; then the lanes are added in order. Cubes are (blocks of rows, blocks of columns); partial sums are `[blocks, 2, columns]`.

use cubecl::prelude::*;

/// Where a unit finds its rows of its column.
#[derive(CubeType, Clone, Copy)]
pub struct Part {
    /// First row.
    pub row: usize,
    /// Row after the last.
    pub end: usize,
    /// Rows from one to the next.
    pub step: usize,
    /// Column.
    pub column: usize,
    /// Whether there is such a column; the other units have no rows.
    pub active: bool,
}

/// The part of this unit, of cubes that take `block` rows each.
#[cube]
pub fn part(rows: usize, columns: usize, block: usize, #[comptime] width: usize, #[comptime] threads: usize) -> Part {
    let lanes = comptime![threads / width];
    let unit = UNIT_POS_X as usize;
    let column = CUBE_POS_Y as usize * width + unit % width;
    let first = CUBE_POS_X as usize * block;
    let active = unit < lanes * width && column < columns;
    let end = select(first + block < rows, first + block, rows);
    Part { row: first + unit / width, end: select(active, end, 0usize), step: lanes.runtime(), column, active }
}

/// Adds up the lanes and writes the partial sums of this cube.
#[cube]
pub fn write_partial(
    partials: &mut [f32],
    part: &Part,
    a: f32,
    b: f32,
    columns: usize,
    #[comptime] width: usize,
    #[comptime] threads: usize,
) {
    let lanes = comptime![threads / width];
    let unit = UNIT_POS_X as usize;
    let mut firsts = Shared::<[f32]>::new_slice(threads);
    let mut seconds = Shared::<[f32]>::new_slice(threads);
    firsts[unit] = a;
    seconds[unit] = b;
    sync_cube();
    if unit < width && part.active {
        let sum_a = RuntimeCell::<f32>::new(0.0f32);
        let sum_b = RuntimeCell::<f32>::new(0.0f32);
        for lane in 0..lanes {
            sum_a.store(sum_a.read() + firsts[lane * width + unit]);
            sum_b.store(sum_b.read() + seconds[lane * width + unit]);
        }
        let at = CUBE_POS_X as usize * 2 * columns + part.column;
        partials[at] = sum_a.read();
        partials[at + columns] = sum_b.read();
    }
}

/// The sums of a column from `blocks` partial ones, by all units of a cube: `totals [2, columns]`. Cubes: columns.
#[cube(launch_unchecked)]
pub fn add_partials(partials: &[f32], totals: &mut [f32], columns: usize, blocks: usize, #[comptime] threads: usize) {
    let unit = UNIT_POS_X as usize;
    let column = CUBE_POS_X as usize;
    let mut firsts = Shared::<[f32]>::new_slice(threads);
    let mut seconds = Shared::<[f32]>::new_slice(threads);
    let sum_a = RuntimeCell::<f32>::new(0.0f32);
    let sum_b = RuntimeCell::<f32>::new(0.0f32);
    let mut block = UNIT_POS_X as usize;
    while block < blocks {
        sum_a.store(sum_a.read() + partials[block * 2 * columns + column]);
        sum_b.store(sum_b.read() + partials[(block * 2 + 1) * columns + column]);
        block += threads;
    }
    firsts[unit] = sum_a.read();
    seconds[unit] = sum_b.read();
    sync_cube();
    let mut half = CUBE_DIM_X as usize / 2;
    while half > 0usize {
        if unit < half {
            firsts[unit] += firsts[unit + half];
            seconds[unit] += seconds[unit + half];
        }
        sync_cube();
        half /= 2;
    }
    if unit == 0usize {
        totals[column] = firsts[0];
        totals[columns + column] = seconds[0];
    }
}

/// `out[i] = Σ_s parts[s, i]` in the order of `s`, one unit a value of the result.
#[cube(launch_unchecked)]
pub fn add_parts(parts: &[f32], out: &mut [f32], count: usize) {
    if ABSOLUTE_POS < out.len() {
        let sum = RuntimeCell::<f32>::new(0.0f32);
        for part in 0..count {
            sum.store(sum.read() + parts[part * out.len() + ABSOLUTE_POS]);
        }
        out[ABSOLUTE_POS] = sum.read();
    }
}
