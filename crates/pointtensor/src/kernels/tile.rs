//! Matrix products whose sums stay in vector registers.
//!
//! A tile of the result, a few rows by one or two panels of 16 columns, is summed over the inner axis in registers, as in
//! GotoBLAS and BLIS (Goto and van de Geijn 2008, <https://doi.org/10.1145/1356052.1356053>). Matrices here are tall and
//! narrow, so the left factor is read as it lies in memory, and a right factor that many rows share is packed once.
//!
//! Every value of a result is one chain of fused multiply-adds in the order of the inner axis. So it does not depend on
//! the tile: AVX2, AVX-512 and NEON give the same bits. A processor that lacks fused multiply-adds gives others.

use super::Unwritten;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;
use std::ops::Range;

/// Columns of a panel.
const PANEL: usize = 16;

/// Rows that stay in the cache while they meet one panel after another.
const BLOCK: usize = 96;

/// Rows of the factors of a weight gradient that are summed at a time, so that they stay in the cache.
const DEPTH: usize = 128;

/// Values of the longest rows that are not copied.
const WIDEST: usize = 128;

/// Rows of panels that a task packs at least.
const LEAST_TASK: usize = 4096;

/// The right factor of a product, `[inner, columns]`, in panels of 16 columns `[panels, inner, 16]`. The last is filled up
/// with zeros.
pub(crate) struct Panels {
    values: Vec<[f32; PANEL]>,
    inner: usize,
    columns: usize,
}

impl Panels {
    /// From `w [inner, columns]`.
    pub(crate) fn new(w: &[f32], inner: usize, columns: usize) -> Self {
        assert_eq!(w.len(), inner * columns, "a matrix of {inner} by {columns}");
        Panels::filled(inner, columns, |range, panel| {
            for (to, from) in panel.iter_mut().zip(w.chunks_exact(columns)) {
                to[..range.len()].copy_from_slice(&from[range.clone()]);
            }
        })
    }

    /// From the transposed matrix, `w [columns, inner]`.
    pub(crate) fn transposed(w: &[f32], columns: usize, inner: usize) -> Self {
        assert_eq!(w.len(), inner * columns, "a matrix of {columns} by {inner}");
        Panels::filled(inner, columns, |range, panel| {
            let mut rows = [&w[..0]; PANEL];
            rows.iter_mut().zip(range.clone()).for_each(|(row, column)| *row = &w[column * inner..][..inner]);
            for (p, to) in panel.iter_mut().enumerate() {
                to.iter_mut().zip(&rows[..range.len()]).for_each(|(to, row)| *to = row[p]);
            }
        })
    }

    /// `fill` gets the columns of a panel and the panel, `[inner, 16]` zeros.
    fn filled(inner: usize, columns: usize, fill: impl Fn(Range<usize>, &mut [[f32; PANEL]]) + Sync) -> Self {
        let mut values = vec![[0.0; PANEL]; columns.div_ceil(PANEL) * inner];
        let panels = values.par_chunks_mut(inner.max(1)).enumerate();
        // large weights on all threads, small ones on this one
        panels.with_min_len((LEAST_TASK / inner.max(1)).max(1)).for_each(|(index, panel)| {
            fill(index * PANEL..((index + 1) * PANEL).min(columns), panel);
        });
        Panels { values, inner, columns }
    }

    /// `out [rows, columns] = x [rows, inner] · self` on the calling thread.
    pub(crate) fn multiply<'a>(&self, out: &'a mut Unwritten, x: &[f32]) -> &'a mut [f32] {
        self.product(out, x, false);
        // SAFETY: a product that does not add writes all values of `out`.
        unsafe { out.assume_init_mut() }
    }

    /// `out += x · self`.
    pub(crate) fn multiply_add(&self, out: &mut [f32], x: &[f32]) {
        self.product(as_unwritten(out), x, true);
    }

    fn product(&self, out: &mut Unwritten, x: &[f32], add: bool) {
        let rows = out.len() / self.columns.max(1);
        let fits = x.len() == rows * self.inner || self.columns == 0;
        assert!(fits && out.len() == rows * self.columns, "factors of other shapes");
        let left = Left { values: x.as_ptr(), row: self.inner, step: 1 };
        let right = Right { values: self.values.as_ptr().cast(), panel: self.inner * PANEL, step: PANEL };
        let product = Product {
            out: out.as_mut_ptr().cast(),
            stride: self.columns,
            shape: [rows, self.columns, self.inner],
            left,
            right,
            add,
        };
        // SAFETY: the assertion says that `x` has rows of `inner` values, and `values` has as many panels as the columns
        // need; `out` is borrowed exclusively.
        pulp::Arch::new().dispatch(product);
    }
}

/// `out [rows, co] = x [rows, ci] · w [ci, co]` on the calling thread.
pub(crate) fn multiply_block<'a>(out: &'a mut Unwritten, x: &[f32], ci: usize, w: &[f32], co: usize) -> &'a mut [f32] {
    Panels::new(w, ci, co).multiply(out, x)
}

/// `out [rows, ci] = gy [rows, co] · wᵀ` on the calling thread, for `w [ci, co]`.
pub(crate) fn multiply_transposed_block<'a>(
    out: &'a mut Unwritten,
    gy: &[f32],
    co: usize,
    w: &[f32],
    ci: usize,
) -> &'a mut [f32] {
    Panels::transposed(w, ci, co).multiply(out, gy)
}

/// `gw [ci, co] = xᵀ · gy` on the calling thread, or `gw += xᵀ · gy` if `add`, for `x [rows, ci]` and `gy [rows, co]`.
pub(crate) fn weight_gradient_block(gw: &mut [f32], x: &[f32], ci: usize, gy: &[f32], co: usize, add: bool) {
    assert_eq!(gw.len(), ci * co, "a gradient of {ci} by {co}");
    transposed_product(as_unwritten(gw), 0, x, ci, gy, co, add);
}

/// Rows from `first` on of `xᵀ · gy`, as many as fit into `gw`, on the calling thread.
pub(super) fn weight_gradient_rows<'a>(
    gw: &'a mut Unwritten,
    first: usize,
    x: &[f32],
    ci: usize,
    gy: &[f32],
    co: usize,
) -> &'a mut [f32] {
    transposed_product(gw, first, x, ci, gy, co, false);
    // SAFETY: a product that does not add writes all values of `gw`.
    unsafe { gw.assume_init_mut() }
}

/// Rows from `first` on of `xᵀ · gy`, written to `gw`, or added to it if `add`.
fn transposed_product(gw: &mut Unwritten, first: usize, x: &[f32], ci: usize, gy: &[f32], co: usize, add: bool) {
    let [rows, steps] = [gw.len(), gy.len()].map(|len| len / co.max(1));
    assert!(gw.len() == rows * co && gy.len() == steps * co && x.len() == steps * ci && first + rows <= ci);
    if steps == 0 && !add {
        super::zeroed(gw);
    }
    // parts of wide rows lie too far apart for the cache
    let (copy_left, pack) = (ci > WIDEST, co > WIDEST || !co.is_multiple_of(PANEL));
    let mut copied = vec![0.0; if copy_left { DEPTH * BLOCK } else { 0 }];
    let mut packed = vec![[0.0; PANEL]; if pack { co.div_ceil(PANEL) * DEPTH } else { 0 }];
    for begin in (0..steps).step_by(DEPTH) {
        let inner = DEPTH.min(steps - begin);
        let (x, gy) = (&x[begin * ci..(begin + inner) * ci], &gy[begin * co..(begin + inner) * co]);
        let right = if pack {
            for (index, panel) in packed.chunks_exact_mut(DEPTH).enumerate() {
                let columns = index * PANEL..((index + 1) * PANEL).min(co);
                for (to, from) in panel.iter_mut().zip(gy.chunks_exact(co)) {
                    to[..columns.len()].copy_from_slice(&from[columns.clone()]);
                }
            }
            Right { values: packed.as_ptr().cast(), panel: DEPTH * PANEL, step: PANEL }
        } else {
            Right { values: gy.as_ptr(), panel: PANEL, step: co }
        };
        for block in (0..rows).step_by(BLOCK) {
            let columns = first + block..first + rows.min(block + BLOCK);
            let left = if copy_left {
                for (to, from) in copied.chunks_exact_mut(BLOCK).zip(x.chunks_exact(ci)) {
                    to[..columns.len()].copy_from_slice(&from[columns.clone()]);
                }
                Left { values: copied.as_ptr(), row: 1, step: BLOCK }
            } else {
                Left { values: x[columns.start..].as_ptr(), row: 1, step: ci }
            };
            let out = gw[block * co..].as_mut_ptr().cast();
            let shape = [columns.len(), co, inner];
            // SAFETY: the assertion above says that the factors have these shapes; `packed` has whole panels, and where
            // `gy` is read itself, its rows are; `gw` is borrowed exclusively.
            pulp::Arch::new().dispatch(Product { out, stride: co, shape, left, right, add: add || begin > 0 });
        }
    }
}

/// Values that nothing is known of. What was there stays there until it is written.
fn as_unwritten(values: &mut [f32]) -> &mut Unwritten {
    // SAFETY: the same memory with the same layout; what is written there are floats, see `Product`.
    unsafe { std::slice::from_raw_parts_mut(values.as_mut_ptr().cast(), values.len()) }
}

/// The value in row i and at step p of the inner axis is `values[i * row + p * step]`.
#[derive(Clone, Copy)]
struct Left {
    values: *const f32,
    row: usize,
    step: usize,
}

/// The values of panel q at step p of the inner axis are the 16 from `values[q * panel + p * step]` on.
#[derive(Clone, Copy)]
struct Right {
    values: *const f32,
    panel: usize,
    step: usize,
}

/// A product on the calling thread. Who makes one must see to it that the factors can be read for the whole shape, with
/// whole panels, and that nothing else uses the result meanwhile.
#[derive(Clone, Copy)]
struct Product {
    out: *mut f32,
    /// Values from one row of the result to the next.
    stride: usize,
    /// Rows, columns and length of the inner axis.
    shape: [usize; 3],
    left: Left,
    right: Right,
    /// Whether to add to the result instead of writing it.
    add: bool,
}

impl WithSimd for Product {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // SAFETY: see `Product`.
        unsafe {
            match S::F32_LANES {
                16 => self.run::<S, 12, 2, 1>(simd),
                8 => self.run::<S, 6, 1, 2>(simd),
                4 => self.run::<S, 6, 1, 4>(simd),
                _ => self.run::<S, 2, 1, PANEL>(simd),
            }
        }
    }
}

impl Product {
    /// In tiles of up to `M` rows and `P` panels, each of `V` vectors.
    #[inline(always)]
    unsafe fn run<S: Simd, const M: usize, const P: usize, const V: usize>(&self, simd: S) {
        let [rows, columns, _] = self.shape;
        for first in (0..rows).step_by(BLOCK) {
            let rows = first..(first + BLOCK).min(rows);
            let mut column = 0;
            while column < columns {
                // SAFETY: within the shape.
                unsafe {
                    if P == 2 && column + PANEL < columns {
                        self.column::<S, M, 2, V>(simd, rows.clone(), column);
                        column += 2 * PANEL;
                    } else {
                        self.column::<S, M, 1, V>(simd, rows.clone(), column);
                        column += PANEL;
                    }
                }
            }
        }
    }

    /// `P` panels from `column` on of some rows.
    #[inline(always)]
    unsafe fn column<S: Simd, const M: usize, const P: usize, const V: usize>(
        &self,
        simd: S,
        mut rows: Range<usize>,
        column: usize,
    ) {
        while !rows.is_empty() {
            // SAFETY: there are as many rows as each tile has.
            unsafe {
                rows.start += if rows.len() >= M {
                    self.tile::<S, M, P, V>(simd, rows.start, column);
                    M
                } else if rows.len() >= 4 {
                    self.tile::<S, 4, P, V>(simd, rows.start, column);
                    4
                } else {
                    self.tile::<S, 1, P, V>(simd, rows.start, column);
                    1
                };
            }
        }
    }

    /// `M` rows by `P` panels, the last of which may have fewer columns.
    #[inline(always)]
    #[expect(clippy::needless_range_loop, reason = "the compiler keeps the sums in registers where loops are counted")]
    unsafe fn tile<S: Simd, const M: usize, const P: usize, const V: usize>(&self, simd: S, row: usize, column: usize) {
        let [_, columns, inner] = self.shape;
        let (columns, right) = ((columns - column).min(P * PANEL), self.right);
        let whole = columns == P * PANEL;
        // SAFETY: `Product` says that the factors can be read and the result be written here.
        unsafe {
            let out = self.out.add(row * self.stride + column);
            let left = self.left.values.add(row * self.left.row);
            let panels = right.values.add(column / PANEL * right.panel);
            let mut sums = [[[simd.splat_f32s(0.0); V]; P]; M];
            if self.add {
                for i in 0..M {
                    let out = out.add(i * self.stride);
                    if whole {
                        sums[i] = out.cast::<[[S::f32s; V]; P]>().read_unaligned();
                    } else {
                        // not into the sums, which have no addresses while they are in registers
                        let mut row = [[0f32; PANEL]; P];
                        std::ptr::copy_nonoverlapping(out, row.as_mut_ptr().cast(), columns);
                        sums[i] = row.as_ptr().cast::<[[S::f32s; V]; P]>().read_unaligned();
                    }
                }
            }
            for p in 0..inner {
                let mut w = [[simd.splat_f32s(0.0); V]; P];
                for q in 0..P {
                    w[q] = panels.add(q * right.panel + p * right.step).cast::<[S::f32s; V]>().read_unaligned();
                }
                for i in 0..M {
                    let x = simd.splat_f32s(*left.add(i * self.left.row + p * self.left.step));
                    for q in 0..P {
                        for v in 0..V {
                            sums[i][q][v] = simd.mul_add_e_f32s(x, w[q][v], sums[i][q][v]);
                        }
                    }
                }
            }
            for i in 0..M {
                let out = out.add(i * self.stride);
                if whole {
                    out.cast::<[[S::f32s; V]; P]>().write_unaligned(sums[i]);
                } else {
                    let row = sums[i];
                    std::ptr::copy_nonoverlapping(row.as_ptr().cast(), out, columns);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::unwritten;
    use super::*;

    /// Values of all signs and sizes.
    fn values(len: usize, seed: u32) -> Vec<f32> {
        (0..len as u32).map(|i| (i.wrapping_add(seed).wrapping_mul(0x9e37_79b9) >> 8) as f32 / 1e6 - 8.0).collect()
    }

    /// `sum + a · b` as the processor does it.
    fn add(sum: f32, a: f32, b: f32) -> f32 {
        struct Fused;
        impl WithSimd for Fused {
            type Output = bool;
            fn with_simd<S: Simd>(self, _: S) -> bool {
                S::F32_LANES > 1
            }
        }
        // not `mul_add`, which some C libraries do not fuse; rounded twice, which none of the values here shows
        let fused = (f64::from(a) * f64::from(b) + f64::from(sum)) as f32;
        if pulp::Arch::new().dispatch(Fused) { fused } else { a * b + sum }
    }

    fn transpose(x: &[f32], columns: usize) -> Vec<f32> {
        (0..columns).flat_map(|column| x.iter().skip(column).step_by(columns)).copied().collect()
    }

    const SHAPES: [[usize; 3]; 9] = [
        [1, 1, 1],
        [3, 5, 2],
        [4, 16, 3],
        [12, 32, 7],
        [13, 33, 129],
        [97, 48, 20],
        [30, 21, 64],
        [7, 130, 300],
        [100, 15, 260],
    ];

    #[test]
    fn every_value_is_one_chain_of_multiply_adds() {
        // Miri is slow
        let few = if cfg!(miri) { 4 } else { SHAPES.len() };
        for [rows, columns, inner] in SHAPES[..few].iter().copied() {
            let (x, w, before) = (values(rows * inner, 1), values(inner * columns, 2), values(rows * columns, 3));
            let chain = |start: &dyn Fn(usize) -> f32| -> Vec<f32> {
                (0..rows * columns)
                    .map(|i| {
                        let (row, column) = (i / columns, i % columns);
                        (0..inner).fold(start(i), |sum, p| add(sum, x[row * inner + p], w[p * columns + column]))
                    })
                    .collect()
            };
            let (written, added) = (chain(&|_| 0.0), chain(&|i| before[i]));
            let mut out = unwritten(rows * columns);
            assert_eq!(multiply_block(&mut out, &x, inner, &w, columns), written, "{rows} {columns} {inner}");
            let w_transposed = transpose(&w, columns);
            assert_eq!(multiply_transposed_block(&mut out, &x, inner, &w_transposed, columns), written);
            let mut sum = before.clone();
            Panels::new(&w, inner, columns).multiply_add(&mut sum, &x);
            assert_eq!(sum, added);

            let x_transposed = transpose(&x, inner);
            let mut gradient = before.clone();
            weight_gradient_block(&mut gradient, &x_transposed, rows, &w, columns, true);
            assert_eq!(gradient, added);
            weight_gradient_block(&mut gradient, &x_transposed, rows, &w, columns, false);
            assert_eq!(gradient, written);
            let last = rows / 2;
            let mut out = unwritten((rows - last) * columns);
            let found = weight_gradient_rows(&mut out, last, &x_transposed, rows, &w, columns);
            assert_eq!(found, &written[last * columns..]);
        }
    }

    #[test]
    fn empty_factors_give_zeros_or_nothing() {
        let mut out = unwritten(6);
        assert_eq!(multiply_block(&mut out, &[], 0, &[], 3), [0.0; 6]);
        assert_eq!(multiply_transposed_block(&mut out, &[], 0, &[], 2), [0.0; 6]);
        assert!(multiply_block(&mut [], &[], 2, &[1.0; 6], 3).is_empty());
        assert!(multiply_block(&mut [], &[1.0; 4], 2, &[], 0).is_empty());
        let mut gradient = [1.0; 6];
        weight_gradient_block(&mut gradient, &[], 2, &[], 3, true);
        assert_eq!(gradient, [1.0; 6]);
        weight_gradient_block(&mut gradient, &[], 2, &[], 3, false);
        assert_eq!(gradient, [0.0; 6]);
    }

    #[test]
    #[should_panic(expected = "factors of other shapes")]
    fn a_factor_that_is_too_short_panics() {
        multiply_block(&mut unwritten(6), &[1.0; 3], 2, &[1.0; 6], 3);
    }
}
