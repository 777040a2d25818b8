//! Products of `f32` matrices, with a normalisation and a ReLU on the way in, or the sums of its gradients on the way out, so that what is
//! between is never in memory.
//!
//! A cube makes a tile of the result, a unit 8 by 4 or 8 by 8 values of it in registers. Both factors go through shared memory, a few
//! of their common dimension at a time, as vectors of four rows or columns; the next ones are fetched while these are multiplied. Vector `g`
//! of `n` holds the rows (columns) `g`, `g + n`, `g + 2n` and `g + 3n` of the tile, so that units side by side read and write side by side
//! in memory, whatever the number of columns. Every sum is made in the order of the common dimension by one unit.

use cubecl::prelude::*;

/// Four rows or columns.
type Four = Vector<f32, Const<4>>;

/// Who makes what of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Units from top to bottom.
    pub down: usize,
    /// Units from left to right.
    pub across: usize,
    /// Vectors of four rows of a unit.
    pub high: usize,
    /// Vectors of four columns of a unit.
    pub wide: usize,
    /// How much of the common dimension is in shared memory at a time.
    pub depth: usize,
}

impl Tile {
    /// Vectors of four rows.
    pub const fn row_groups(self) -> usize {
        self.down * self.high
    }

    /// Vectors of four columns.
    pub const fn column_groups(self) -> usize {
        self.across * self.wide
    }

    /// Rows of the result.
    pub const fn rows(self) -> usize {
        4 * self.row_groups()
    }

    /// Columns of the result.
    pub const fn columns(self) -> usize {
        4 * self.column_groups()
    }

    /// Units of the cube.
    pub const fn units(self) -> usize {
        self.down * self.across
    }

    /// The tile, if the kernels can work with it.
    pub const fn checked(self) -> Self {
        let (units, rows, columns) = (self.units(), self.row_groups(), self.column_groups());
        assert!((self.depth * rows).is_multiple_of(units), "units fetch equal parts");
        assert!((self.depth * columns).is_multiple_of(units), "units fetch equal parts");
        assert!(units.is_multiple_of(rows), "a unit fetches the same rows in every round");
        let sums = self.down * columns;
        assert!(sums <= 2 * self.depth * (rows + 1), "sums fit into the first factor's place");
        assert!(sums <= 2 * self.depth * (columns + 1), "sums fit into the second factor's place");
        self
    }

    /// Bytes of shared memory of a cube.
    pub const fn shared(self) -> usize {
        2 * self.depth * (self.row_groups() + self.column_groups() + 2) * 16
    }
}

/// How the factors lie in memory, and what happens to the first on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Plan {
    tile: Tile,
    /// Whether the common dimension is the last one of the first factor; else it is the first one.
    a_along: bool,
    /// The same for the second.
    b_along: bool,
    /// Whether the first factor is normalised, and cut off at zero.
    normed: bool,
    /// Whether it is multiplied by a factor for each place in the common dimension.
    scaled: bool,
    /// Whether the common dimension may end within a tile's depth.
    ragged: bool,
}

/// Which part of the factors a cube multiplies.
#[derive(CubeType, Clone, Copy)]
struct Part {
    /// First row of the result.
    row: usize,
    /// Last row that there is.
    last_row: usize,
    /// First column of the result.
    column: usize,
    /// Last column that there is.
    last_column: usize,
    /// From one row of the first factor's memory to the next.
    a_stride: usize,
    /// The same of the second factor.
    b_stride: usize,
    /// Where the common dimension begins.
    begin: usize,
    /// Where it ends.
    end: usize,
}

/// The vector of a tile that this unit fetches in round `slot`: which one, and where in the common dimension.
#[cube]
fn place(
    #[comptime] slot: usize,
    #[comptime] tile: Tile,
    #[comptime] groups: usize,
    #[comptime] along: bool,
) -> (usize, usize) {
    let at = UNIT_POS_X as usize + comptime!(slot * tile.units());
    if comptime!(along) { (at / tile.depth, at % tile.depth) } else { (at % groups, at / groups) }
}

/// Fetches four values at `k` of the common dimension.
#[cube]
fn fetch(
    values: &[f32],
    group: usize,
    first: usize,
    last: usize,
    stride: usize,
    k: usize,
    #[comptime] groups: usize,
    #[comptime] along: bool,
) -> Four {
    let mut four = Four::new(0.0f32);
    #[unroll]
    for j in 0..4usize {
        // what lies behind the last row or column is computed as the last one and not stored
        let i = min(first + group + groups * j, last);
        four.insert(j, if comptime!(along) { values[i * stride + k] } else { values[k * stride + i] });
    }
    four
}

/// What is to be multiplied of four fetched values. It is made only here, when the products before are done: what is asked of a value waits for it.
#[cube]
fn made_of(
    fetched: Four,
    factor: Four,
    offset: Four,
    exists: bool,
    #[comptime] normed: bool,
    #[comptime] scaled: bool,
    #[comptime] ragged: bool,
) -> Four {
    let mut four = Four::new(0.0f32);
    #[unroll]
    for j in 0..4usize {
        let value = fetched.extract(j);
        let value = if comptime!(normed) {
            let z = fma(value, factor.extract(j), offset.extract(j));
            // not `max`, which may turn NaN into zero and hide it
            select(z < 0.0f32, 0.0f32, z)
        } else if comptime!(scaled) {
            value * factor.extract(j)
        } else {
            value
        };
        four.insert(j, if comptime!(ragged) { select(exists, value, 0.0f32) } else { value });
    }
    four
}

/// Adds the products of a part to `sums`, `4 · high` rows of `wide` vectors. `scale` and `shift` are the normalisation by place in the common
/// dimension, or `factor` and `offset` that of the rows which this unit fetches, if the common dimension is the first one.
#[cube]
fn accumulate(
    sums: &mut Array<Four>,
    above: &mut Shared<[Four]>,
    beside: &mut Shared<[Four]>,
    a: &[f32],
    b: &[f32],
    scale: &[f32],
    shift: &[f32],
    factor: Four,
    offset: Four,
    part: &Part,
    #[comptime] plan: Plan,
) {
    let tile = comptime!(plan.tile);
    let (row_groups, column_groups) = comptime!((tile.row_groups(), tile.column_groups()));
    let depth = comptime!(tile.depth);
    let (a_slots, b_slots) = comptime!((depth * row_groups / tile.units(), depth * column_groups / tile.units()));
    let (down, right) = (UNIT_POS_X as usize / comptime!(tile.across), UNIT_POS_X as usize % comptime!(tile.across));
    let by_depth = comptime!(plan.scaled || plan.normed && plan.a_along);
    let mut next_a = Array::<Four>::new(a_slots);
    let mut next_b = Array::<Four>::new(b_slots);
    let mut factors = Array::<f32>::new(a_slots);
    let mut offsets = Array::<f32>::new(a_slots);
    let steps = (part.end - part.begin).div_ceil(depth);
    // one round more than there are products: round s multiplies what round s - 1 fetched
    for step in 0..steps + 1 {
        let more = step < steps;
        let first = part.begin + step * depth;
        if more {
            #[unroll]
            for slot in 0..a_slots {
                let (group, k) = place(slot, tile, row_groups, comptime!(plan.a_along));
                let k = if comptime!(plan.ragged) { min(first + k, part.end - 1) } else { first + k };
                let along = comptime!(plan.a_along);
                next_a[slot] = fetch(a, group, part.row, part.last_row, part.a_stride, k, row_groups, along);
                if comptime!(by_depth) {
                    factors[slot] = scale[k];
                }
                if comptime!(by_depth && plan.normed) {
                    offsets[slot] = shift[k];
                }
            }
            #[unroll]
            for slot in 0..b_slots {
                let (group, k) = place(slot, tile, column_groups, comptime!(plan.b_along));
                let k = if comptime!(plan.ragged) { min(first + k, part.end - 1) } else { first + k };
                let along = comptime!(plan.b_along);
                next_b[slot] = fetch(b, group, part.column, part.last_column, part.b_stride, k, column_groups, along);
            }
        }
        if step > 0usize {
            let turn = (step + 1) % 2 * depth;
            let (top, left) = (turn * (row_groups + 1) + down, turn * (column_groups + 1) + right);
            let of_above = &above[top..top + comptime!(depth * (tile.row_groups() + 1) - tile.down)];
            let of_beside = &beside[left..left + comptime!(depth * (tile.column_groups() + 1) - tile.across)];
            #[unroll]
            for k in 0..depth {
                #[unroll]
                for v in 0..tile.high {
                    let four = of_above[comptime!(k * (row_groups + 1) + v * tile.down)];
                    #[unroll]
                    for i in 0..4usize {
                        let value = Four::broadcast(four.extract(i));
                        #[unroll]
                        for w in 0..tile.wide {
                            let other = of_beside[comptime!(k * (column_groups + 1) + w * tile.across)];
                            let at = comptime!((4 * v + i) * tile.wide + w);
                            sums[at] = fma(value, other, sums[at]);
                        }
                    }
                }
            }
        }
        if more {
            // not where others may still be reading: what is there was read a round ago
            let turn = step % 2 * depth;
            #[unroll]
            for slot in 0..a_slots {
                let (group, k) = place(slot, tile, row_groups, comptime!(plan.a_along));
                let factor = if comptime!(by_depth) { Four::broadcast(factors[slot]) } else { factor };
                let offset = if comptime!(by_depth && plan.normed) { Four::broadcast(offsets[slot]) } else { offset };
                let exists = first + k < part.end;
                above[(turn + k) * (row_groups + 1) + group] = made_of(
                    next_a[slot],
                    factor,
                    offset,
                    exists,
                    comptime!(plan.normed),
                    comptime!(plan.scaled),
                    comptime!(plan.ragged),
                );
            }
            #[unroll]
            for slot in 0..b_slots {
                let (group, k) = place(slot, tile, column_groups, comptime!(plan.b_along));
                let exists = first + k < part.end;
                beside[(turn + k) * (column_groups + 1) + group] =
                    made_of(next_b[slot], factor, offset, exists, false, false, comptime!(plan.ragged));
            }
        }
        sync_cube();
    }
}

/// Sums of zero.
#[cube]
fn zeros(#[comptime] tile: Tile) -> Array<Four> {
    let mut sums = Array::<Four>::new(comptime!(4 * tile.high * tile.wide));
    #[unroll]
    for at in 0..comptime!(4 * tile.high * tile.wide) {
        sums[at] = Four::new(0.0f32);
    }
    sums
}

/// Writes a unit's sums, those of rows and columns that there are, behind `first`.
#[cube]
fn store(sums: &Array<Four>, out: &mut [f32], first: usize, stride: usize, part: &Part, #[comptime] tile: Tile) {
    let (down, right) = (UNIT_POS_X as usize / comptime!(tile.across), UNIT_POS_X as usize % comptime!(tile.across));
    #[unroll]
    for v in 0..tile.high {
        #[unroll]
        for i in 0..4usize {
            let row = part.row + v * tile.down + down + comptime!(i * tile.row_groups());
            if row <= part.last_row {
                #[unroll]
                for w in 0..tile.wide {
                    #[unroll]
                    for j in 0..4usize {
                        let column = part.column + w * tile.across + right + comptime!(j * tile.column_groups());
                        if column <= part.last_column {
                            out[first + row * stride + column] =
                                sums[comptime!((4 * v + i) * tile.wide + w)].extract(j);
                        }
                    }
                }
            }
        }
    }
}

/// The part of this cube in a product whose tiles side by side are neighbours in the order of the cubes, so that they read the same rows while
/// these are in the cache.
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

/// Which of several products this cube works on, and at which part of it.
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

/// `out [rows, columns] = a [rows, inner] · b [inner, columns]` of each of `matrices`; `a` lies in memory as it is written if `a_along`, else
/// transposed, and `b` transposed if `b_along`.
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

/// [`multiply`] with a factor for every row of the result, `scale [matrices, rows]`, if `by_rows`, else for every place in the common dimension,
/// `scale [matrices, inner]`.
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

/// `out [rows, columns] = relu(scale · y + shift) · w [inner, columns]` of `y [rows, inner]`; scale and shift are by column of `y`.
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

/// The gradient behind the ReLU of `relu(norm(y)) · w`, `d [rows, columns] = gradient [rows, inner] · wᵀ` where the ReLU did not clip and 0 elsewhere, and
/// its partial sums for the normalisation's gradients: of `d` and of `d · (y − mean)` by column, `[2, columns, tiles of rows]`.
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
        // nobody reads the factors any more: their places take the sums of every unit
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

/// The part of this cube of `x [rows, inner]ᵀ · gradient [rows, columns]`: a tile of the result for some of the rows, and which of these it is.
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

/// Products of blocks of rows, `parts [blocks, inner, columns] = xᵀ · gradient` of `x [rows, inner]` and `gradient [rows, columns]`.
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

/// [`multiply_rows`] of `x = relu(norm(y))`.
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
