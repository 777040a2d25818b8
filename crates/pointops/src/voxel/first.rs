//! The first point of each voxel of PointNet++'s ScanNet evaluation, with and without the collisions of its keys.
//!
//! The public code (charlesq34/pointnet2, `scannet/pc_util.py`, `point_cloud_label_to_surface_voxel_label_fast`)
//! numbers the voxels of a tile by
//!
//! ```text
//! nvox = ceil((max - min) / res);  v = ceil((p - min) / res);  key = v[0] + v[1]·nvox[0] + v[2]·nvox[0]·nvox[1]
//! ```
//!
//! `v` takes `nvox + 1` values along each axis but the strides use `nvox`, so different voxels can share a key. Scores
//! computed that way can only be reproduced with the same collisions.

use super::{
    cells,
    map::{first_of_each, hashed},
};
use crate::{
    PointError, bounds,
    simd::{self, Kernel, Simd},
    validate,
};

/// The first point of each voxel `ceil((p - min) / size)`, computed in `f64`, in ascending order. The label of a voxel
/// in PointNet++'s ScanNet evaluation is that of its first point.
///
/// Voxels never collide, whatever the extent. `size` is the edge in metres. Takes time proportional to the number of
/// points.
///
/// # Errors
///
/// If there are no points, a coordinate is not finite, or the size is not positive or so small that the extent divided
/// by it overflows.
pub fn voxel_first_ceil(points: &[[f32; 3]], size: f64) -> Result<Vec<u32>, PointError> {
    let grid = Grid::new(points, size)?;
    let counts = grid.last.map(|last| last + 1.0);
    let exact = counts.iter().product::<f64>() <= MAX_EXACT;
    Ok(if exact { first_by_key(points, &grid, [counts[0], counts[1]]) } else { first_by_axis(points, &grid) })
}

/// The first point of each voxel as PointNet++'s ScanNet evaluation finds it, in ascending order: the indices that
/// `numpy.unique(keys, return_index=True)` returns for a `float64` array of these coordinates, sorted.
///
/// Voxels that share a key count as one. For scores without such collisions use [`voxel_first_ceil`].
///
/// # Errors
///
/// Those of [`voxel_first_ceil`], and if there are more than about 1e38 voxels.
pub fn pointnet2_compat_voxel_first(points: &[[f32; 3]], size: f64) -> Result<Vec<u32>, PointError> {
    let grid = Grid::new(points, size)?;
    if grid.last.iter().map(|last| last + 1.0).product::<f64>() >= 1e38 {
        return Err(PointError::VoxelsTooFine { size, extent: grid.extent });
    }
    Ok(first_by_key(points, &grid, [grid.last[0], grid.last[1]]))
}

/// Whole numbers up to this one are exact in `f64`.
const MAX_EXACT: f64 = (1u64 << 53) as f64;

/// The voxels of a set of points, in whole `f64` numbers.
struct Grid {
    low: [f64; 3],
    extent: [f64; 3],
    size: f64,
    /// The highest voxel along each axis.
    last: [f64; 3],
}

impl Grid {
    fn new(points: &[[f32; 3]], size: f64) -> Result<Self, PointError> {
        cells::check_size(size)?;
        validate::cloud("points", points)?;
        let (low, high) = bounds(points);
        let low = low.map(f64::from);
        let extent: [f64; 3] = std::array::from_fn(|a| f64::from(high[a]) - low[a]);
        let last = extent.map(|e| (e / size).ceil());
        if last.iter().all(|l| l.is_finite()) {
            Ok(Self { low, extent, size, last })
        } else {
            Err(PointError::VoxelsTooFine { size, extent })
        }
    }

    #[inline(always)]
    fn voxel(&self, point: &[f32; 3], axis: usize) -> f64 {
        ((f64::from(point[axis]) - self.low[axis]) / self.size).ceil()
    }
}

#[inline(always)]
fn key(voxel: [f64; 3], strides: [f64; 2]) -> f64 {
    (voxel[0] + voxel[1] * strides[0]) + voxel[2] * strides[0] * strides[1]
}

/// The first point of each key.
fn first_by_key(points: &[[f32; 3]], grid: &Grid, strides: [f64; 2]) -> Vec<u32> {
    // Every rounding is monotone, so no key is larger.
    let last = key(grid.last, strides);
    if cells::few(last, points.len()) {
        first_of_each(&simd::run(KeysKernel { points, grid, strides, convert: |key| key as u32 }), last as u32).0
    } else {
        hashed(simd::run(KeysKernel { points, grid, strides, convert: f64::to_bits })).first
    }
}

/// The first point of each voxel if there are too many voxels for exact keys: numbers the coordinates that occur along
/// each axis, then pairs of these numbers.
fn first_by_axis(points: &[[f32; 3]], grid: &Grid) -> Vec<u32> {
    let [x, y, z] =
        [0, 1, 2].map(|axis| hashed(points.iter().map(|p| (grid.voxel(p, axis) + 0.0).to_bits()).collect()).inverse);
    let pairs =
        |a: &[u32], b: &[u32]| hashed(a.iter().zip(b).map(|(&a, &b)| u64::from(a) << 32 | u64::from(b)).collect());
    pairs(&pairs(&x, &y).inverse, &z).first
}

/// Computes the key of each point. A kernel because rounding up is one instruction with newer instruction sets and a
/// call without.
struct KeysKernel<'a, F> {
    points: &'a [[f32; 3]],
    grid: &'a Grid,
    strides: [f64; 2],
    convert: F,
}

impl<T, F: Fn(f64) -> T> Kernel for KeysKernel<'_, F> {
    type Output = Vec<T>;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> Vec<T> {
        let Self { points, grid, strides, convert } = self;
        let mut keys = Vec::with_capacity(points.len());
        // A coordinate may be -0.0; adding 0.0 keeps the sign out of the key.
        keys.extend(points.iter().map(|p| convert(key([0, 1, 2].map(|axis| grid.voxel(p, axis)), strides) + 0.0)));
        keys
    }
}
