//! Lengths, softmax and the parts of LatentGNN's gradients that are not products. The formulas are those of
//! [`crate::kernels::bipartite`] and [`crate::kernels::propagation`].
//!
//! Kernels by row have [`LANES`] units per row, which go through its columns together; their sums are added in a fixed
//! order.

use cubecl::prelude::*;

/// Units per row.
pub const LANES: usize = 32;

/// The row of a unit, the first of its columns, and whether the row exists.
#[derive(CubeType, Clone, Copy)]
struct Place {
    row: usize,
    lane: usize,
    first: usize,
    end: usize,
}

/// The place of this unit; without a row it has no columns. Cubes: one row per [`LANES`] units.
#[cube]
fn place(rows: usize, columns: usize, #[comptime] threads: usize) -> Place {
    let unit = UNIT_POS_X as usize;
    let row = CUBE_POS * comptime!(threads / LANES) + unit / LANES;
    let lane = unit % LANES;
    let first = min(row, rows - 1) * columns;
    Place { row, lane, first, end: select(row < rows, columns, 0usize) }
}

/// The sum over the units of a row, returned to each of them. All units of the cube must call it.
#[cube]
fn sum_of_row(shared: &mut Shared<[f32]>, value: f32) -> f32 {
    let unit = UNIT_POS_X as usize;
    // previous sums have been read
    sync_cube();
    shared[unit] = value;
    sync_cube();
    let first = unit / LANES * LANES;
    let sum = RuntimeCell::<f32>::new(0.0f32);
    for lane in 0..LANES {
        sum.store(sum.read() + shared[first + lane]);
    }
    sum.read()
}

/// `Σ a · b` over a row.
#[cube]
fn product_of_rows(a: &[f32], b: &[f32], place: &Place, shared: &mut Shared<[f32]>) -> f32 {
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let column = RuntimeCell::<usize>::new(place.lane);
    while column.read() < place.end {
        let at = place.first + column.read();
        sum.store(sum.read() + a[at] * b[at]);
        column.store(column.read() + LANES);
    }
    sum_of_row(shared, sum.read())
}

/// `1 / length` from a squared length, at most `most`, see [`crate::kernels::unit::LARGEST_INVERSE`].
#[cube]
fn inverse_length(square: f32, most: f32) -> f32 {
    let length = square.sqrt();
    let least = 1.0f32 / most;
    select(length > least, 1.0f32 / max(length, least), most)
}

/// `product · inverse²`, or 0 where the length counts as constant, see [`crate::kernels::unit::along`].
#[cube]
fn along(product: f32, inverse: f32, most: f32) -> f32 {
    select(inverse < most, product * inverse * inverse, 0.0f32)
}

/// `1 / length` of each row of `x [rows, columns]`.
#[cube(launch_unchecked)]
pub fn inverse_lengths(
    x: &[f32],
    inverse: &mut [f32],
    rows: usize,
    columns: usize,
    most: f32,
    #[comptime] threads: usize,
) {
    let place = place(rows, columns, threads);
    let mut shared = Shared::<[f32]>::new_slice(threads);
    let square = product_of_rows(x, x, &place, &mut shared);
    if place.lane == 0usize && place.row < rows {
        inverse[place.row] = inverse_length(square, most);
    }
}

/// The rows of `x` scaled to length 1, and their [`inverse_lengths`].
#[cube(launch_unchecked)]
pub fn unit_rows(
    x: &[f32],
    out: &mut [f32],
    inverse: &mut [f32],
    rows: usize,
    columns: usize,
    most: f32,
    #[comptime] threads: usize,
) {
    let place = place(rows, columns, threads);
    let mut shared = Shared::<[f32]>::new_slice(threads);
    let factor = inverse_length(product_of_rows(x, x, &place, &mut shared), most);
    let column = RuntimeCell::<usize>::new(place.lane);
    while column.read() < place.end {
        let at = place.first + column.read();
        out[at] = x[at] * factor;
        column.store(column.read() + LANES);
    }
    if place.lane == 0usize && place.row < rows {
        inverse[place.row] = factor;
    }
}

/// `1 / length` of each column of `x [n, columns]` of each cloud. Cubes: (blocks of `width` columns, clouds).
#[cube(launch_unchecked)]
pub fn inverse_column_lengths(
    x: &[f32],
    inverse: &mut [f32],
    n: usize,
    columns: usize,
    most: f32,
    #[comptime] width: usize,
    #[comptime] threads: usize,
) {
    let unit = UNIT_POS_X as usize;
    let column = CUBE_POS_X as usize * width + unit % width;
    let cloud = CUBE_POS_Y as usize;
    let mut shared = Shared::<[f32]>::new_slice(threads);
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let row = RuntimeCell::<usize>::new(unit / width);
    let end = select(column < columns, n, 0usize);
    while row.read() < end {
        let value = x[(cloud * n + row.read()) * columns + column];
        sum.store(sum.read() + value * value);
        row.store(row.read() + comptime!(threads / width));
    }
    shared[unit] = sum.read();
    sync_cube();
    if unit < width && column < columns {
        let square = RuntimeCell::<f32>::new(0.0f32);
        for lane in 0..comptime!(threads / width) {
            square.store(square.read() + shared[lane * width + unit]);
        }
        inverse[cloud * columns + column] = inverse_length(square.read(), most);
    }
}

/// Gradient with respect to rows `x` from that of the rows scaled to length 1:
/// `(gradient − u · Σ gradient · u) · inverse`, where `u` is the scaled row, or `gradient · inverse` where the length
/// counts as constant; plus `besides` if `more`.
#[cube(launch_unchecked)]
pub fn across(
    x: &[f32],
    inverse: &[f32],
    gradient: &[f32],
    besides: &[f32],
    out: &mut [f32],
    rows: usize,
    columns: usize,
    most: f32,
    #[comptime] more: bool,
    #[comptime] threads: usize,
) {
    let place = place(rows, columns, threads);
    let mut shared = Shared::<[f32]>::new_slice(threads);
    let factor = inverse[min(place.row, rows - 1)];
    let along = along(product_of_rows(gradient, x, &place, &mut shared), factor, most);
    let column = RuntimeCell::<usize>::new(place.lane);
    while column.read() < place.end {
        let at = place.first + column.read();
        let value = (gradient[at] - x[at] * along) * factor;
        if comptime!(more) {
            out[at] = value + besides[at];
        } else {
            out[at] = value;
        }
        column.store(column.read() + LANES);
    }
}

/// For each latent node: `scaled = gradient · inverse` and `parts = inverse² · Σ gradient · latent`, which is 0 where the
/// length counts as constant.
#[cube(launch_unchecked)]
pub fn along_nodes(
    latent: &[f32],
    inverse: &[f32],
    gradient: &[f32],
    scaled: &mut [f32],
    parts: &mut [f32],
    rows: usize,
    columns: usize,
    most: f32,
    #[comptime] threads: usize,
) {
    let place = place(rows, columns, threads);
    let mut shared = Shared::<[f32]>::new_slice(threads);
    let factor = inverse[min(place.row, rows - 1)];
    let sum = product_of_rows(gradient, latent, &place, &mut shared);
    let column = RuntimeCell::<usize>::new(place.lane);
    while column.read() < place.end {
        let at = place.first + column.read();
        scaled[at] = gradient[at] * factor;
        column.store(column.read() + LANES);
    }
    if place.lane == 0usize && place.row < rows {
        parts[place.row] = along(sum, factor, most);
    }
}

/// `gradient − relation · along`, with one `along` per node of a cloud of `n` points; one unit per value.
#[cube(launch_unchecked)]
pub fn minus_along_nodes(gradient: &[f32], relation: &[f32], along: &[f32], out: &mut [f32], n: usize, nodes: usize) {
    if ABSOLUTE_POS < out.len() {
        let node = ABSOLUTE_POS / (n * nodes) * nodes + ABSOLUTE_POS % nodes;
        out[ABSOLUTE_POS] = gradient[ABSOLUTE_POS] - relation[ABSOLUTE_POS] * along[node];
    }
}

/// `exp(x) / Σ exp(x)` of each row, for values near 0.
#[cube(launch_unchecked)]
pub fn softmax(x: &[f32], out: &mut [f32], rows: usize, columns: usize, #[comptime] threads: usize) {
    let place = place(rows, columns, threads);
    let mut shared = Shared::<[f32]>::new_slice(threads);
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let column = RuntimeCell::<usize>::new(place.lane);
    while column.read() < place.end {
        sum.store(sum.read() + x[place.first + column.read()].exp());
        column.store(column.read() + LANES);
    }
    let total = sum_of_row(&mut shared, sum.read());
    column.store(place.lane);
    while column.read() < place.end {
        let at = place.first + column.read();
        out[at] = x[at].exp() / total;
        column.store(column.read() + LANES);
    }
}

/// The gradient with respect to the input of [`softmax`]: `softmax · (gradient − Σ gradient · softmax)`.
#[cube(launch_unchecked)]
pub fn softmax_gradient(
    gradient: &[f32],
    softmax: &[f32],
    out: &mut [f32],
    rows: usize,
    columns: usize,
    #[comptime] threads: usize,
) {
    let place = place(rows, columns, threads);
    let mut shared = Shared::<[f32]>::new_slice(threads);
    let along = product_of_rows(gradient, softmax, &place, &mut shared);
    let column = RuntimeCell::<usize>::new(place.lane);
    while column.read() < place.end {
        let at = place.first + column.read();
        out[at] = softmax[at] * (gradient[at] - along);
        column.store(column.read() + LANES);
    }
}

/// `x + xᵀ` of each square matrix with `columns` columns; one unit per value.
#[cube(launch_unchecked)]
pub fn add_transposed(x: &[f32], out: &mut [f32], columns: usize) {
    if ABSOLUTE_POS < out.len() {
        let (row, column) = (ABSOLUTE_POS / columns, ABSOLUTE_POS % columns);
        let first = row / columns * columns;
        out[ABSOLUTE_POS] = x[ABSOLUTE_POS] + x[(first + column) * columns + row % columns];
    }
}
