//! Products of `f32` matrices, with a normalisation and ReLU of the input, or sums for the normalisation's gradients of
//! the output, so that intermediate results are never in memory. A cube computes a tile of a result, see
//! [`super::tiles`].

use super::tiles::{Four, Part, Plan, Tile, accumulate, place, store, zeros};
use cubecl::prelude::*;

/// The part of a product for this cube. Consecutive cubes compute tiles next to each other, so that they read the same
/// rows while these are in the cache.
#[cube]
fn part_of_rows(rows: usize, inner: usize, columns: usize, #[comptime] b_along: bool, #[comptime] tile: Tile) -> Part {
    let tiles = columns.div_ceil(tile.columns());
    let b_stride = if comptime!(b_along) { inner } else { columns };
    Part {
        row: CUBE_POS / tiles * tile.rows(),
        last_row: rows - 1,
        column: CUBE_POS % tiles * tile.columns(),
        last_column: columns - 1,
        a_stride: inner,
        b_stride,
        begin: 0usize.runtime(),
        end: inner,
    }
}

/// Which of several products this cube works on, and which part of it.
#[cube]
fn part_of_each(
    rows: usize,
    inner: usize,
    columns: usize,
    #[comptime] a_along: bool,
    #[comptime] b_along: bool,
    #[comptime] tile: Tile,
) -> (usize, Part) {
    let tiles = columns.div_ceil(tile.columns());
    let all = tiles * rows.div_ceil(tile.rows());
    let which = CUBE_POS % all;
    let part = Part {
        row: which / tiles * tile.rows(),
        last_row: rows - 1,
        column: which % tiles * tile.columns(),
        last_column: columns - 1,
        a_stride: if comptime!(a_along) { inner } else { rows },
        b_stride: if comptime!(b_along) { inner } else { columns },
        begin: 0usize.runtime(),
        end: inner,
    };
    (CUBE_POS / all, part)
}

/// `out [rows, columns] = a [rows, inner] · b [inner, columns]` for each of `matrices`. The common dimension is the
/// last one of `a` in memory if `a_along`, and of `b` if `b_along`.
#[cube(launch_unchecked)]
pub fn multiply(
    a: &[f32],
    b: &[f32],
    out: &mut [f32],
    matrices: usize,
    rows: usize,
    inner: usize,
    columns: usize,
    #[comptime] tile: Tile,
    #[comptime] a_along: bool,
    #[comptime] b_along: bool,
    #[comptime] ragged: bool,
) {
    let (matrix, part) = part_of_each(rows, inner, columns, a_along, b_along, tile);
    let plan = comptime!(Plan { tile, a_along, b_along, normed: false, scaled: false, ragged });
    let mut above = Shared::<[Four]>::new_slice(comptime!(2 * tile.depth * (tile.row_groups() + 1)));
    let mut beside = Shared::<[Four]>::new_slice(comptime!(2 * tile.depth * (tile.column_groups() + 1)));
    if matrix < matrices {
        let a = &a[matrix * rows * inner..(matrix + 1) * rows * inner];
        let b = &b[matrix * inner * columns..(matrix + 1) * inner * columns];
        let mut sums = zeros(tile);
        let none = Four::new(0.0f32);
        accumulate(&mut sums, &mut above, &mut beside, a, b, a, a, none, none, &part, plan);
        store(&sums, out, matrix * rows * columns, columns, &part, tile);
    }
}

/// [`multiply`] with a factor for each row of the result, `scale [matrices, rows]`, if `by_rows`; otherwise for each
/// position in the common dimension, `scale [matrices, inner]`.
#[cube(launch_unchecked)]
pub fn multiply_scaled(
    a: &[f32],
    b: &[f32],
    scale: &[f32],
    out: &mut [f32],
    matrices: usize,
    rows: usize,
    inner: usize,
    columns: usize,
    #[comptime] by_rows: bool,
    #[comptime] tile: Tile,
    #[comptime] a_along: bool,
    #[comptime] b_along: bool,
    #[comptime] ragged: bool,
) {
    let (matrix, part) = part_of_each(rows, inner, columns, a_along, b_along, tile);
    let plan = comptime!(Plan { tile, a_along, b_along, normed: false, scaled: !by_rows, ragged });
    let mut above = Shared::<[Four]>::new_slice(comptime!(2 * tile.depth * (tile.row_groups() + 1)));
    let mut beside = Shared::<[Four]>::new_slice(comptime!(2 * tile.depth * (tile.column_groups() + 1)));
    if matrix < matrices {
        let a = &a[matrix * rows * inner..(matrix + 1) * rows * inner];
        let b = &b[matrix * inner * columns..(matrix + 1) * inner * columns];
        let each = if comptime!(by_rows) { rows } else { inner };
        let scale = &scale[matrix * each..(matrix + 1) * each];
        let mut sums = zeros(tile);
        let none = Four::new(0.0f32);
        accumulate(&mut sums, &mut above, &mut beside, a, b, scale, scale, none, none, &part, plan);
        if comptime!(by_rows) {
            let down = UNIT_POS_X as usize / comptime!(tile.across);
            #[unroll]
            for v in 0..tile.high {
                #[unroll]
                for i in 0..4usize {
                    let row = part.row + v * tile.down + down + comptime!(i * tile.row_groups());
                    let factor = Four::broadcast(scale[min(row, part.last_row)]);
                    #[unroll]
                    for w in 0..tile.wide {
                        let at = comptime!((4 * v + i) * tile.wide + w);
                        sums[at] *= factor;
                    }
                }
            }
        }
        store(&sums, out, matrix * rows * columns, columns, &part, tile);
    }
}

/// `out [rows, columns] = relu(scale · y + shift) · w [inner, columns]` for `y [rows, inner]`, with scale and shift by
/// column of `y`.
#[cube(launch_unchecked)]
pub fn multiply_normed(
    y: &[f32],
    scale: &[f32],
    shift: &[f32],
    w: &[f32],
    out: &mut [f32],
    rows: usize,
    inner: usize,
    columns: usize,
    #[comptime] tile: Tile,
    #[comptime] ragged: bool,
) {
    let part = part_of_rows(rows, inner, columns, false, tile);
    let plan = comptime!(Plan { tile, a_along: true, b_along: false, normed: true, scaled: false, ragged });
    let mut above = Shared::<[Four]>::new_slice(comptime!(2 * tile.depth * (tile.row_groups() + 1)));
    let mut beside = Shared::<[Four]>::new_slice(comptime!(2 * tile.depth * (tile.column_groups() + 1)));
    if part.row < rows {
        let mut sums = zeros(tile);
        let none = Four::new(0.0f32);
        accumulate(&mut sums, &mut above, &mut beside, y, w, scale, shift, none, none, &part, plan);
        store(&sums, out, 0usize, columns, &part, tile);
    }
}

/// The gradient of `relu(norm(y)) · w` before the ReLU: `d [rows, columns] = gradient [rows, inner] · wᵀ` where the
/// ReLU did not clip, 0 elsewhere. Also partial sums for the gradients of the normalisation: of `d` and of
/// `d · (y − mean)` by column, `[2, columns, tiles of rows]`.
#[cube(launch_unchecked)]
pub fn multiply_back_to_norm(
    gradient: &[f32],
    w: &[f32],
    y: &[f32],
    gamma: &[f32],
    beta: &[f32],
    mean: &[f32],
    var: &[f32],
    d: &mut [f32],
    partials: &mut [f32],
    rows: usize,
    inner: usize,
    columns: usize,
    epsilon: f32,
    #[comptime] tile: Tile,
    #[comptime] ragged: bool,
) {
    let part = part_of_rows(rows, inner, columns, true, tile);
    let plan = comptime!(Plan { tile, a_along: true, b_along: true, normed: false, scaled: false, ragged });
    let mut above = Shared::<[Four]>::new_slice(comptime!(2 * tile.depth * (tile.row_groups() + 1)));
    let mut beside = Shared::<[Four]>::new_slice(comptime!(2 * tile.depth * (tile.column_groups() + 1)));
    if part.row < rows {
        let mut sums = zeros(tile);
        let none = Four::new(0.0f32);
        accumulate(&mut sums, &mut above, &mut beside, gradient, w, gradient, gradient, none, none, &part, plan);
        let (down, right) =
            (UNIT_POS_X as usize / comptime!(tile.across), UNIT_POS_X as usize % comptime!(tile.across));
        let groups = comptime!(tile.column_groups());
        // no unit reads the factors any more: their memory takes the sums of all units
        #[unroll]
        for w in 0..tile.wide {
            let group = w * tile.across + right;
            let mut of_d = Four::new(0.0f32);
            let mut of_products = Four::new(0.0f32);
            #[unroll]
            for j in 0..4usize {
                let column = part.column + group + comptime!(j * tile.column_groups());
                let c = min(column, part.last_column);
                let factor = gamma[c] / (var[c] + epsilon).sqrt();
                let (offset, middle) = (beta[c] - mean[c] * factor, mean[c]);
                let mut sum = 0.0f32;
                let mut product = 0.0f32;
                #[unroll]
                for v in 0..tile.high {
                    #[unroll]
                    for i in 0..4usize {
                        let row = part.row + v * tile.down + down + comptime!(i * tile.row_groups());
                        let within = row <= part.last_row && column <= part.last_column;
                        let at = min(row, part.last_row) * columns + c;
                        let value = y[at];
                        let at_sums = comptime!((4 * v + i) * tile.wide + w);
                        let passed = select(value * factor + offset > 0.0f32, sums[at_sums].extract(j), 0.0f32);
                        let counted = select(within, passed, 0.0f32);
                        sum += counted;
                        product += counted * (value - middle);
                        if within {
                            d[at] = passed;
                        }
                    }
                }
                of_d.insert(j, sum);
                of_products.insert(j, product);
            }
            above[down * groups + group] = of_d;
            beside[down * groups + group] = of_products;
        }
        sync_cube();
        let group = UNIT_POS_X as usize;
        if group < groups {
            let mut of_d = above[group];
            let mut of_products = beside[group];
            for other in 1..comptime!(tile.down) {
                of_d += above[other * groups + group];
                of_products += beside[other * groups + group];
            }
            let blocks = rows.div_ceil(tile.rows());
            let block = part.row / tile.rows();
            #[unroll]
            for j in 0..4usize {
                let column = part.column + group + comptime!(j * tile.column_groups());
                if column <= part.last_column {
                    partials[column * blocks + block] = of_d.extract(j);
                    partials[(columns + column) * blocks + block] = of_products.extract(j);
                }
            }
        }
    }
}

/// The part of `x [rows, inner]ᵀ · gradient [rows, columns]` for this cube: a tile of the result for one block of rows,
/// and the block's number.
#[cube]
fn part_of_depth(rows: usize, inner: usize, columns: usize, block: usize, #[comptime] tile: Tile) -> (Part, usize) {
    let tiles = columns.div_ceil(tile.columns());
    let all = tiles * inner.div_ceil(tile.rows());
    let (which, number) = (CUBE_POS % all, CUBE_POS / all);
    let begin = number * block;
    let part = Part {
        row: which / tiles * tile.rows(),
        last_row: inner - 1,
        column: which % tiles * tile.columns(),
        last_column: columns - 1,
        a_stride: inner,
        b_stride: columns,
        begin,
        end: min(begin + block, rows),
    };
    (part, number)
}

/// Products of blocks of rows: `parts [blocks, inner, columns] = xᵀ · gradient` for `x [rows, inner]` and
/// `gradient [rows, columns]`.
#[cube(launch_unchecked)]
pub fn multiply_rows(
    x: &[f32],
    gradient: &[f32],
    parts: &mut [f32],
    rows: usize,
    inner: usize,
    columns: usize,
    block: usize,
    #[comptime] tile: Tile,
) {
    let (part, number) = part_of_depth(rows, inner, columns, block, tile);
    let plan = comptime!(Plan { tile, a_along: false, b_along: false, normed: false, scaled: false, ragged: true });
    let mut above = Shared::<[Four]>::new_slice(comptime!(2 * tile.depth * (tile.row_groups() + 1)));
    let mut beside = Shared::<[Four]>::new_slice(comptime!(2 * tile.depth * (tile.column_groups() + 1)));
    if part.begin < rows {
        let mut sums = zeros(tile);
        let none = Four::new(0.0f32);
        accumulate(&mut sums, &mut above, &mut beside, x, gradient, x, x, none, none, &part, plan);
        store(&sums, parts, number * inner * columns, columns, &part, tile);
    }
}

/// [`multiply_rows`] for `x = relu(norm(y))`.
#[cube(launch_unchecked)]
pub fn multiply_normed_rows(
    y: &[f32],
    gamma: &[f32],
    beta: &[f32],
    mean: &[f32],
    var: &[f32],
    gradient: &[f32],
    parts: &mut [f32],
    rows: usize,
    inner: usize,
    columns: usize,
    block: usize,
    epsilon: f32,
    #[comptime] tile: Tile,
) {
    let (part, number) = part_of_depth(rows, inner, columns, block, tile);
    let plan = comptime!(Plan { tile, a_along: false, b_along: false, normed: true, scaled: false, ragged: true });
    let mut above = Shared::<[Four]>::new_slice(comptime!(2 * tile.depth * (tile.row_groups() + 1)));
    let mut beside = Shared::<[Four]>::new_slice(comptime!(2 * tile.depth * (tile.column_groups() + 1)));
    if part.begin < rows {
        // a unit fetches the same columns of `y` in every round
        let (group, _) = place(0usize, tile, comptime!(tile.row_groups()), false);
        let mut factor = Four::new(0.0f32);
        let mut offset = Four::new(0.0f32);
        #[unroll]
        for j in 0..4usize {
            let c = min(part.row + group + comptime!(j * tile.row_groups()), part.last_row);
            let scale = gamma[c] / (var[c] + epsilon).sqrt();
            factor.insert(j, scale);
            offset.insert(j, beta[c] - mean[c] * scale);
        }
        let mut sums = zeros(tile);
        accumulate(&mut sums, &mut above, &mut beside, y, gradient, y, y, factor, offset, &part, plan);
        store(&sums, parts, number * inner * columns, columns, &part, tile);
    }
}
