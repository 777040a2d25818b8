//! Two sums per column over many rows: each cube computes partial sums of some rows, then one cube per column adds them
//! up.
//!
//! A cube of partial sums has `lanes` rows of `width` units. The unit of lane `l` and column `c` adds every `lanes`-th
//! row from `l` on; then the lanes are added in order. Cubes are (blocks of rows, blocks of columns), partial sums are
//! `[2, columns, blocks]`.

use cubecl::prelude::*;

/// The rows and the column of a unit.
#[derive(CubeType, Clone, Copy)]
pub struct Part {
    /// First row.
    pub row: usize,
    /// One past the last row.
    pub end: usize,
    /// Distance between rows.
    pub step: usize,
    /// Column.
    pub column: usize,
    /// Whether the column exists; units without a column have no rows.
    pub active: bool,
}

/// The part of this unit, in cubes of `block` rows.
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

/// Two sums of a column.
#[derive(CubeType, Clone, Copy)]
pub struct Totals {
    /// The first.
    pub a: f32,
    /// The second.
    pub b: f32,
}

/// Adds up the lanes and returns the sums to the units of the first. All units of the cube must call it.
#[cube]
pub fn add_lanes(a: f32, b: f32, #[comptime] width: usize, #[comptime] threads: usize) -> Totals {
    let lanes = comptime![threads / width];
    let unit = UNIT_POS_X as usize;
    let mut firsts = Shared::<[f32]>::new_slice(threads);
    let mut seconds = Shared::<[f32]>::new_slice(threads);
    firsts[unit] = a;
    seconds[unit] = b;
    sync_cube();
    let sum_a = RuntimeCell::<f32>::new(0.0f32);
    let sum_b = RuntimeCell::<f32>::new(0.0f32);
    for lane in 0..lanes {
        sum_a.store(sum_a.read() + firsts[lane * width + unit % width]);
        sum_b.store(sum_b.read() + seconds[lane * width + unit % width]);
    }
    Totals { a: sum_a.read(), b: sum_b.read() }
}

/// Writes the partial sums of this cube from the units of the first lane.
#[cube]
pub fn put_partial(partials: &mut [f32], part: &Part, totals: &Totals, columns: usize, #[comptime] width: usize) {
    if (UNIT_POS_X as usize) < width && part.active {
        let blocks = CUBE_COUNT_X as usize;
        partials[part.column * blocks + CUBE_POS_X as usize] = totals.a;
        partials[(columns + part.column) * blocks + CUBE_POS_X as usize] = totals.b;
    }
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
    let totals = add_lanes(a, b, width, threads);
    put_partial(partials, part, &totals, columns, width);
}

/// Partial sums of the columns of `y [rows, columns]`; the second of each pair is zero.
#[cube(launch_unchecked)]
pub fn column_sums(
    y: &[f32],
    partials: &mut [f32],
    rows: usize,
    columns: usize,
    block: usize,
    #[comptime] width: usize,
    #[comptime] threads: usize,
) {
    let part = part(rows, columns, block, width, threads);
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let row = RuntimeCell::<usize>::new(part.row);
    while row.read() < part.end {
        sum.store(sum.read() + y[row.read() * columns + part.column]);
        row.store(row.read() + part.step);
    }
    write_partial(partials, &part, sum.read(), 0.0f32, columns, width, threads);
}

/// The sum over all units of a cube, or the least value if `least`, returned to each; `shared` has one value per unit.
/// All units must call it.
#[cube]
fn over_cube(shared: &mut Shared<[f32]>, value: f32, #[comptime] least: bool) -> f32 {
    let unit = UNIT_POS_X as usize;
    // previous results have been read
    sync_cube();
    shared[unit] = value;
    sync_cube();
    let mut half = CUBE_DIM_X as usize / 2;
    while half > 0usize {
        if unit < half {
            if comptime!(least) {
                shared[unit] = min(shared[unit], shared[unit + half]);
            } else {
                shared[unit] += shared[unit + half];
            }
        }
        sync_cube();
        half /= 2;
    }
    shared[0]
}

/// The sum over all units of a cube; see [`over_cube`].
#[cube]
pub fn sum_of_cube(shared: &mut Shared<[f32]>, value: f32) -> f32 {
    over_cube(shared, value, false)
}

/// The least value of all units of a cube; see [`over_cube`].
#[cube]
pub fn least_of_cube(shared: &mut Shared<[f32]>, value: f32) -> f32 {
    over_cube(shared, value, true)
}

/// The sum of `value` over the units before this one; `totals` is shared memory of length `threads`. All units of the
/// cube must call it.
#[cube]
pub fn sum_before(totals: &mut Shared<[i32]>, value: i32, #[comptime] threads: usize) -> i32 {
    let unit = UNIT_POS_X as usize;
    totals[unit] = value;
    sync_cube();
    // Hillis and Steele: after step s, a total covers 2s units
    let mut reach = 1usize;
    while reach < threads {
        let before = select(unit >= reach, totals[select(unit >= reach, unit - reach, 0usize)], 0i32);
        sync_cube();
        totals[unit] += before;
        sync_cube();
        reach *= 2usize;
    }
    totals[unit] - value
}

/// The sums of this cube's column from the partial sums of `blocks` blocks, returned to all units. Cubes: columns.
#[cube]
pub fn column_totals(partials: &[f32], columns: usize, blocks: usize, #[comptime] threads: usize) -> Totals {
    let column = CUBE_POS_X as usize;
    let mut shared = Shared::<[f32]>::new_slice(threads);
    let sum_a = RuntimeCell::<f32>::new(0.0f32);
    let sum_b = RuntimeCell::<f32>::new(0.0f32);
    let mut block = UNIT_POS_X as usize;
    while block < blocks {
        sum_a.store(sum_a.read() + partials[column * blocks + block]);
        sum_b.store(sum_b.read() + partials[(columns + column) * blocks + block]);
        block += threads;
    }
    let a = sum_of_cube(&mut shared, sum_a.read());
    let b = sum_of_cube(&mut shared, sum_b.read());
    Totals { a, b }
}

/// All sums: `totals [2, columns]`. Cubes: columns.
#[cube(launch_unchecked)]
pub fn add_partials(partials: &[f32], totals: &mut [f32], columns: usize, blocks: usize, #[comptime] threads: usize) {
    let of_column = column_totals(partials, columns, blocks, threads);
    if UNIT_POS_X == 0u32 {
        totals[CUBE_POS_X as usize] = of_column.a;
        totals[columns + CUBE_POS_X as usize] = of_column.b;
    }
}

/// Units per value of [`add_parts`].
pub const LANES: usize = 8;

/// `Σ_s parts[s, at]` if `there`: each of [`LANES`] units adds every [`LANES`]-th part, then their sums are added,
/// always in the same order. Returns the sum to the first lane. All units of the cube must call it.
#[cube]
fn sum_of_parts(
    parts: &[f32],
    at: usize,
    there: bool,
    size: usize,
    count: usize,
    lanes: &mut Shared<[f32]>,
    #[comptime] threads: usize,
) -> f32 {
    let width = comptime!(threads / LANES);
    let sum = RuntimeCell::<f32>::new(0.0f32);
    if there {
        let mut part = UNIT_POS_X as usize / width;
        while part < count {
            sum.store(sum.read() + parts[part * size + at]);
            part += LANES;
        }
    }
    // previous sums have been read
    sync_cube();
    lanes[UNIT_POS_X as usize] = sum.read();
    sync_cube();
    let total = RuntimeCell::<f32>::new(0.0f32);
    for lane in 0..LANES {
        total.store(total.read() + lanes[lane * width + UNIT_POS_X as usize % width]);
    }
    total.read()
}

/// `out[i] = Σ_s parts[s, i]`.
#[cube(launch_unchecked)]
pub fn add_parts(parts: &[f32], out: &mut [f32], count: usize, #[comptime] threads: usize) {
    let width = comptime!(threads / LANES);
    let at = CUBE_POS * width + UNIT_POS_X as usize % width;
    let mut lanes = Shared::<[f32]>::new_slice(threads);
    let total = sum_of_parts(parts, at, at < out.len(), out.len(), count, &mut lanes, threads);
    if UNIT_POS_X < width as u32 && at < out.len() {
        out[at] = total;
    }
}

/// The sums of two sets of parts, one below the other: the first `above` values of the result come from `a`, the others
/// from `b`.
#[cube(launch_unchecked)]
pub fn stack_parts(
    a: &[f32],
    b: &[f32],
    out: &mut [f32],
    above: usize,
    count_a: usize,
    count_b: usize,
    #[comptime] threads: usize,
) {
    let width = comptime!(threads / LANES);
    let at = CUBE_POS * width + UNIT_POS_X as usize % width;
    let (first, second) = (at < above, at >= above && at < out.len());
    let below = select(second, at - above, 0usize);
    let mut lanes = Shared::<[f32]>::new_slice(threads);
    let of_a = sum_of_parts(a, at, first, above, count_a, &mut lanes, threads);
    let of_b = sum_of_parts(b, below, second, out.len() - above, count_b, &mut lanes, threads);
    if UNIT_POS_X < width as u32 && at < out.len() {
        out[at] = select(first, of_a, of_b);
    }
}
