//! How a cube computes a tile of a product, for the kernels of [`super::product`].
//!
//! A unit computes 8 by 4 or 8 by 8 values of the tile in registers. Both factors go through shared memory, a few
//! positions of the common dimension at a time, as vectors of four rows or columns; the next ones are fetched while
//! these are multiplied. Vector `g` of `n` has the rows (columns) `g`, `g + n`, `g + 2n` and `g + 3n` of the tile, so
//! that neighbouring units read and write neighbouring memory, whatever the number of columns. One unit computes each
//! sum, in the order of the common dimension.

use cubecl::prelude::*;

/// Four rows or columns.
pub type Four = Vector<f32, Const<4>>;

/// The size of a tile, and how its values are split among units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Units from top to bottom.
    pub down: usize,
    /// Units from left to right.
    pub across: usize,
    /// Vectors of four rows per unit.
    pub high: usize,
    /// Vectors of four columns per unit.
    pub wide: usize,
    /// Positions of the common dimension in shared memory at a time.
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

    /// Units per cube.
    pub const fn units(self) -> usize {
        self.down * self.across
    }

    /// The tile, after checking that the kernels can use it.
    pub const fn checked(self) -> Self {
        let (units, rows, columns) = (self.units(), self.row_groups(), self.column_groups());
        assert!((self.depth * rows).is_multiple_of(units), "units must fetch equal parts");
        assert!((self.depth * columns).is_multiple_of(units), "units must fetch equal parts");
        assert!(units.is_multiple_of(rows), "a unit must fetch the same rows in every round");
        let sums = self.down * columns;
        assert!(sums <= 2 * self.depth * (rows + 1), "the sums must fit in the memory of the first factor");
        assert!(sums <= 2 * self.depth * (columns + 1), "the sums must fit in the memory of the second factor");
        self
    }

    /// Bytes of shared memory per cube.
    pub const fn shared(self) -> usize {
        2 * self.depth * (self.row_groups() + self.column_groups() + 2) * 16
    }
}

/// The layout of the factors in memory, and how the first one is transformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Plan {
    pub tile: Tile,
    /// Whether the common dimension is the last one of the first factor; otherwise it is the first.
    pub a_along: bool,
    /// The same for the second factor.
    pub b_along: bool,
    /// Whether normalisation and ReLU are applied to the first factor.
    pub normed: bool,
    /// Whether it is multiplied by a factor per position in the common dimension.
    pub scaled: bool,
    /// Whether the common dimension may not be a multiple of the tile's depth.
    pub ragged: bool,
}

/// The part of a product that a cube computes.
#[derive(CubeType, Clone, Copy)]
pub struct Part {
    /// First row of the result.
    pub row: usize,
    /// Last existing row.
    pub last_row: usize,
    /// First column of the result.
    pub column: usize,
    /// Last existing column.
    pub last_column: usize,
    /// Row stride of the first factor in memory.
    pub a_stride: usize,
    /// Row stride of the second factor.
    pub b_stride: usize,
    /// First position in the common dimension.
    pub begin: usize,
    /// One past the last position.
    pub end: usize,
}

/// The vector of a tile that this unit fetches in round `slot`, and its position in the common dimension.
#[cube]
pub fn place(
    #[comptime] slot: usize,
    #[comptime] tile: Tile,
    #[comptime] groups: usize,
    #[comptime] along: bool,
) -> (usize, usize) {
    let at = UNIT_POS_X as usize + comptime!(slot * tile.units());
    if comptime!(along) { (at / tile.depth, at % tile.depth) } else { (at % groups, at / groups) }
}

/// Fetches four values at position `k` of the common dimension.
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
        // rows and columns after the last are computed like the last one and not stored
        let i = min(first + group + groups * j, last);
        four.insert(j, if comptime!(along) { values[i * stride + k] } else { values[k * stride + i] });
    }
    four
}

/// Transforms four fetched values for multiplication. This happens only here, after the previous products, because any
/// use of a value waits for it.
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

/// Adds the products of a part to `sums`, `4 · high` rows of `wide` vectors. `scale` and `shift` are the normalisation
/// by position in the common dimension; if the common dimension is the first one, `factor` and `offset` are that of the
/// rows that this unit fetches.
#[cube]
pub fn accumulate(
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
            // not where other units may still be reading: this memory was read a round ago
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

/// Sums that start at zero.
#[cube]
pub fn zeros(#[comptime] tile: Tile) -> Array<Four> {
    let mut sums = Array::<Four>::new(comptime!(4 * tile.high * tile.wide));
    #[unroll]
    for at in 0..comptime!(4 * tile.high * tile.wide) {
        sums[at] = Four::new(0.0f32);
    }
    sums
}

/// Writes the sums of a unit for existing rows and columns, from position `first` on.
#[cube]
pub fn store(sums: &Array<Four>, out: &mut [f32], first: usize, stride: usize, part: &Part, #[comptime] tile: Tile) {
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
