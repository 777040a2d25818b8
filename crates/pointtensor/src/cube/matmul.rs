//! Matrix products.

use super::kernels::product;
use super::kernels::sums::{self, LANES};
use super::kernels::tiles::Tile;
use super::launch::{Buffer, UNITS, cubes};
use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::{DType, Shape};
use burn_cubecl::CubeBackend;
use burn_cubecl::ops::numeric::zeros;
use burn_cubecl::tensor::CubeTensor;
use cubecl::{CubeCount, CubeDim};

/// Number of cubes that keep a large GPU busy.
const BUSY: usize = 264;

/// 128 by 128, for large results: the most arithmetic per value read.
const LARGE: Tile = Tile { down: 16, across: 16, high: 2, wide: 2, depth: 8 }.checked();
/// 128 by 64
const TALL: Tile = Tile { down: 16, across: 16, high: 2, wide: 1, depth: 16 }.checked();
/// 64 by 64
const SQUARE: Tile = Tile { down: 8, across: 16, high: 2, wide: 1, depth: 16 }.checked();
/// 128 by 32
const NARROW: Tile = Tile { down: 16, across: 8, high: 2, wide: 1, depth: 16 }.checked();
/// 64 by 32: 13 KiB of shared memory, which every device has.
const SMALL: Tile = Tile { down: 8, across: 8, high: 2, wide: 1, depth: 16 }.checked();

/// The tile of products with many rows.
fn tile_of_rows(matrices: usize, rows: usize, columns: usize) -> Tile {
    let cubes = |tile: Tile| matrices * rows.div_ceil(tile.rows()) * columns.div_ceil(tile.columns());
    let fits: &[Tile] = match columns {
        0..=32 => &[NARROW, SMALL],
        33..=96 => &[TALL, SQUARE],
        _ => &[LARGE, TALL, SQUARE],
    };
    *fits.iter().find(|tile| cubes(**tile) >= BUSY).unwrap_or(&fits[fits.len() - 1])
}

/// The tile of products that sum over many rows.
fn tile_over_rows(inner: usize, columns: usize) -> Tile {
    match (inner, columns) {
        (0..=64, 0..=32) => SMALL,
        (_, 0..=32) => NARROW,
        (0..=64, _) => SQUARE,
        (_, 33..=96) => TALL,
        _ => LARGE,
    }
}

/// The tile, or [`SMALL`] if the device does not have enough shared memory for it.
fn held(tile: Tile, beside: &Buffer) -> Tile {
    let most = beside.client().properties().hardware.max_shared_memory_size;
    if tile.shared() <= most { tile } else { SMALL }
}

/// A plan for products `[rows, inner] · [inner, columns]` in tiles.
pub(super) struct Tiled {
    matrices: usize,
    pub rows: usize,
    pub inner: usize,
    pub columns: usize,
    pub tile: Tile,
}

impl Tiled {
    pub fn new(a: &Buffer, columns: usize) -> Self {
        Tiled::each(a, [1, a.rows(), a.columns(), columns])
    }

    /// For several products: number of matrices, rows, common dimension, columns.
    fn each(beside: &Buffer, [matrices, rows, inner, columns]: [usize; 4]) -> Self {
        Tiled { matrices, rows, inner, columns, tile: held(tile_of_rows(matrices, rows, columns), beside) }
    }

    pub fn cubes(&self) -> (CubeCount, CubeDim) {
        let count = self.matrices * self.blocks() * self.columns.div_ceil(self.tile.columns());
        cubes(count, self.tile.units())
    }

    /// Number of tiles from top to bottom.
    pub fn blocks(&self) -> usize {
        self.rows.div_ceil(self.tile.rows())
    }

    /// Whether the common dimension is not a multiple of the tile's depth.
    pub fn ragged(&self) -> bool {
        !self.inner.is_multiple_of(self.tile.depth)
    }
}

/// The product of two factors if one of them has no values: zeros.
pub(super) fn of_nothing<const D: usize>(a: &Buffer, b: &Buffer, shape: [usize; D]) -> Option<Buffer> {
    (a.len() == 0 || b.len() == 0).then(|| {
        let device = a.clone().tensor().device;
        Buffer::floats(zeros(device, Shape::new(shape), DType::F32))
    })
}

/// `x [rows, ci] · w [ci, co]`.
pub(super) fn multiply(x: CubeTensor, w: CubeTensor) -> CubeTensor {
    product_of(Factor::matrix(x), Factor::matrix(w).transposed(), Scale::None).tensor()
}

/// `gy [rows, co] · w [ci, co]ᵀ`.
pub(super) fn input_gradient(gy: CubeTensor, w: CubeTensor) -> CubeTensor {
    product_of(Factor::matrix(gy), Factor::matrix(w), Scale::None).tensor()
}

/// A factor of a product: matrices, and whether the common dimension is the last one in memory.
pub(super) struct Factor {
    values: Buffer,
    shape: [usize; 3],
    along: bool,
}

impl Factor {
    fn matrix(tensor: CubeTensor) -> Self {
        let values = Buffer::floats(tensor);
        let shape = [1, values.rows(), values.columns()];
        Factor::rows(values, shape)
    }

    /// Matrices `[matrices, m, k]` one after another.
    pub fn rows(values: Buffer, shape: [usize; 3]) -> Self {
        Factor { values, shape, along: true }
    }

    /// `[matrices, m, k]`, copied only if it is neither contiguous nor transposed in memory.
    fn matrices(tensor: CubeTensor) -> Self {
        let shape @ [_, m, k] = tensor.shape().dims();
        let transposed = tensor.meta.strides()[..] == [m * k, 1, m];
        if transposed && !tensor.is_contiguous() {
            let values = Buffer::floats(CubeBackend::float_swap_dims(tensor, 1, 2));
            return Factor { values, shape, along: false };
        }
        Factor::rows(Buffer::floats(tensor), shape)
    }

    /// The transposed factor, without a copy.
    pub fn transposed(self) -> Self {
        let [matrices, m, k] = self.shape;
        Factor { values: self.values, shape: [matrices, k, m], along: !self.along }
    }
}

/// Factors that scale a product.
pub(super) enum Scale<'a> {
    None,
    /// One factor per row of the results, `[matrices · rows]`.
    Rows(&'a Buffer),
    /// One factor per position in the common dimension, `[matrices · inner]`.
    Common(&'a Buffer),
}

/// `a · bᵀ` of each pair of matrices, `[matrices · rows, columns]`; the common dimension is the last one of both.
///
/// burn's own product of `f32` matrices rounds the factors to 10 bits (TF32) on NVIDIA's tensor cores.
pub(super) fn product_of(a: Factor, b: Factor, scale: Scale) -> Buffer {
    let ([matrices, rows, inner], [_, columns, _]) = (a.shape, b.shape);
    if let Some(zeros) = of_nothing(&a.values, &b.values, [matrices * rows, columns]) {
        return zeros;
    }
    let plan = Tiled::each(&a.values, [matrices, rows, inner, columns]);
    let out = a.values.floats_beside([matrices * rows, columns]);
    let (cubes, dim) = plan.cubes();
    let (scale, by_rows) = match scale {
        Scale::None => (None, false),
        Scale::Rows(scale) => (Some(scale), true),
        Scale::Common(scale) => (Some(scale), false),
    };
    let client = a.values.client();
    // SAFETY: a cube reads and writes only existing rows and columns of its tile.
    unsafe {
        match scale {
            None => product::multiply::launch_unchecked(
                client,
                cubes,
                dim,
                a.values.arg(),
                b.values.arg(),
                out.arg(),
                matrices,
                rows,
                inner,
                columns,
                plan.tile,
                a.along,
                b.along,
                plan.ragged(),
            ),
            Some(scale) => product::multiply_scaled::launch_unchecked(
                client,
                cubes,
                dim,
                a.values.arg(),
                b.values.arg(),
                scale.arg(),
                out.arg(),
                matrices,
                rows,
                inner,
                columns,
                by_rows,
                plan.tile,
                a.along,
                b.along,
                plan.ragged(),
            ),
        }
    }
    out
}

/// `a [batch, m, k] · b [batch, k, n]`.
pub(super) fn product_each(a: CubeTensor, b: CubeTensor) -> CubeTensor {
    let (a, b) = (Factor::matrices(a), Factor::matrices(b).transposed());
    let ([matrices, rows, _], [_, columns, _]) = (a.shape, b.shape);
    let out = product_of(a, b, Scale::None).tensor();
    CubeBackend::float_reshape(out, Shape::new([matrices, rows, columns]))
}

/// How a product that sums over many rows is split. The result is small and its sums are long, so one cube per tile of
/// the result would be too few. Therefore the rows are cut into blocks with a product each, and these are added in
/// their order.
pub(super) struct Blocks {
    pub tile: Tile,
    pub block: usize,
    pub count: usize,
    pub cubes: (CubeCount, CubeDim),
}

impl Blocks {
    pub fn new(rows: usize, inner: usize, columns: usize, beside: &Buffer) -> Self {
        let tile = held(tile_over_rows(inner, columns), beside);
        let tiles = inner.div_ceil(tile.rows()) * columns.div_ceil(tile.columns());
        let most = (2 * BUSY).div_ceil(tiles).min(rows.div_ceil(256));
        let block = rows.div_ceil(most).next_multiple_of(tile.depth);
        let count = rows.div_ceil(block);
        Blocks { tile, block, count, cubes: cubes(count * tiles, tile.units()) }
    }
}

/// `x [rows, ci]ᵀ · gy [rows, co]`.
pub(super) fn weight_gradient(x: CubeTensor, gy: CubeTensor) -> CubeTensor {
    let (x, gy) = (Buffer::floats(x), Buffer::floats(gy));
    of_nothing(&x, &gy, [x.columns(), gy.columns()]).unwrap_or_else(|| add_parts(&parts_over_rows(&x, &gy))).tensor()
}

/// Products of blocks of rows, `[blocks, ci, co]`.
fn parts_over_rows(x: &Buffer, gy: &Buffer) -> Buffer {
    let (rows, ci, co) = (x.rows(), x.columns(), gy.columns());
    let Blocks { tile, block, count, cubes: (cubes, dim) } = Blocks::new(rows, ci, co, x);
    let parts = x.floats_beside([count, ci, co]);
    // SAFETY: a cube reads only existing rows of its block and writes its own tile of the block's product.
    unsafe {
        product::multiply_rows::launch_unchecked(
            x.client(),
            cubes,
            dim,
            x.arg(),
            gy.arg(),
            parts.arg(),
            rows,
            ci,
            co,
            block,
            tile,
        );
    }
    parts
}

/// `[xᵀ · gx ; zᵀ · gz]` for `above = (x, gx)` and `below = (z, gz)`: the gradient of weights whose rows belong to
/// two inputs.
pub(super) fn stacked_weight_gradient(above: (CubeTensor, CubeTensor), below: (CubeTensor, CubeTensor)) -> CubeTensor {
    if [&above.0, &above.1, &below.0, &below.1].iter().any(|factor| factor.shape().num_elements() == 0) {
        let product = |(x, gy)| weight_gradient(x, gy);
        return CubeBackend::float_cat(vec![product(above), product(below)], 0);
    }
    let [a, b] = [above, below].map(|(x, gy)| parts_over_rows(&Buffer::floats(x), &Buffer::floats(gy)));
    let (rows, co) = (a.shape()[1], a.columns());
    let out = a.floats_beside([rows + b.shape()[1], co]);
    let (cubes, dim) = cubes(out.len().div_ceil(UNITS / LANES), UNITS);
    // SAFETY: `a` has the products for the rows above, `b` for those below.
    unsafe {
        sums::stack_parts::launch_unchecked(
            a.client(),
            cubes,
            dim,
            a.arg(),
            b.arg(),
            out.arg(),
            rows * co,
            a.rows(),
            b.rows(),
            UNITS,
        );
    }
    out.tensor()
}

/// The sum of `parts [count, ci, co]`.
pub(super) fn add_parts(parts: &Buffer) -> Buffer {
    let shape = parts.shape();
    let (count, ci, co) = (shape[0], shape[1], shape[2]);
    let out = parts.floats_beside([ci, co]);
    let (cubes, dim) = cubes((ci * co).div_ceil(UNITS / LANES), UNITS);
    // SAFETY: units add values of the `count` products of `ci · co` values.
    unsafe {
        sums::add_parts::launch_unchecked(parts.client(), cubes, dim, parts.arg(), out.arg(), count, UNITS);
    }
    out
}
