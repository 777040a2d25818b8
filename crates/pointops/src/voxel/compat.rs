//! Voxel keys exactly as numpy computes them in PointNet++'s ScanNet evaluation.
//!
//! The public code (charlesq34/pointnet2, `scannet/pc_util.py`, `point_cloud_label_to_surface_voxel_label_fast`) numbers
//! the voxels of a tile by
//!
//! ```text
//! nvox = ceil((max - min) / res);  v = ceil((p - min) / res);  key = v[0] + v[1]·nvox[0] + v[2]·nvox[0]·nvox[1]
//! ```
//!
//! Since `v` takes `nvox + 1` values an axis but strides use `nvox`, different voxels can share a key. Scores computed that
//! way can only be reproduced with the same collisions, in the floating-point type of the array given: keys of a `float32`
//! array are `float32` throughout (a Python float does not promote an array), so beyond 2²⁴ they are rounded as well.

use super::{
    VoxelMap, cells,
    map::{ranked, ranked_first},
};
use crate::{
    PointError,
    simd::{self, Kernel, Simd},
    validate,
};

/// Keys of each point as numpy computes them for a `float32` array. Collisions between voxels are part of it.
///
/// For scores without them use [`voxelize_ceil`](super::voxelize_ceil).
///
/// # Errors
///
/// An empty set, coordinates that are not finite, a size that is not positive, extents whose keys overflow.
pub fn pointnet2_compat_voxel_keys(points: &[[f32; 3]], size: f32) -> Result<Vec<f32>, PointError> {
    Ok(simd::run(Narrow { grid: Grid32::new(points, size)?, points, to: |key| key }))
}

/// Keys of each point as numpy computes them for a `float64` array that holds these coordinates.
///
/// # Errors
///
/// Those of [`pointnet2_compat_voxel_keys`].
pub fn pointnet2_compat_voxel_keys_f64(points: &[[f32; 3]], size: f64) -> Result<Vec<f64>, PointError> {
    Ok(simd::run(Wide { grid: Grid64::new(points, size)?, points, to: |key| key }))
}

/// Groups points by [`pointnet2_compat_voxel_keys`]; voxels are in ascending order of key, as `numpy.unique` returns them,
/// and `first` is what its `return_index` gives.
///
/// # Errors
///
/// Those of [`pointnet2_compat_voxel_keys`].
pub fn pointnet2_compat_voxels(points: &[[f32; 3]], size: f32) -> Result<VoxelMap, PointError> {
    let grid = Grid32::new(points, size)?;
    Ok(match few(f64::from(grid.last()), points.len()) {
        Some(last) => ranked(simd::run(Narrow { grid, points, to: |key| key as u32 }), last),
        None => group(&simd::run(Narrow { grid, points, to: |key| key })),
    })
}

/// The first point of each voxel of [`pointnet2_compat_voxels`], in ascending order of key: what `return_index` of
/// `numpy.unique` gives, in fewer passes than the whole map takes where keys are few enough for a bit each.
///
/// # Errors
///
/// Those of [`pointnet2_compat_voxel_keys`].
pub fn pointnet2_compat_voxel_first(points: &[[f32; 3]], size: f32) -> Result<Vec<u32>, PointError> {
    let grid = Grid32::new(points, size)?;
    Ok(match few(f64::from(grid.last()), points.len()) {
        Some(last) => ranked_first(&simd::run(Narrow { grid, points, to: |key| key as u32 }), last),
        None => group(&simd::run(Narrow { grid, points, to: |key| key })).first,
    })
}

/// [`pointnet2_compat_voxels`] by the keys of a `float64` array.
///
/// # Errors
///
/// Those of [`pointnet2_compat_voxel_keys`].
pub fn pointnet2_compat_voxels_f64(points: &[[f32; 3]], size: f64) -> Result<VoxelMap, PointError> {
    let grid = Grid64::new(points, size)?;
    Ok(match few(grid.last(), points.len()) {
        Some(last) => ranked(simd::run(Wide { grid, points, to: |key| key as u32 }), last),
        None => group64(&simd::run(Wide { grid, points, to: |key| key })),
    })
}

/// [`pointnet2_compat_voxel_first`] by the keys of a `float64` array.
///
/// # Errors
///
/// Those of [`pointnet2_compat_voxel_keys`].
pub fn pointnet2_compat_voxel_first_f64(points: &[[f32; 3]], size: f64) -> Result<Vec<u32>, PointError> {
    let grid = Grid64::new(points, size)?;
    Ok(match few(grid.last(), points.len()) {
        Some(last) => ranked_first(&simd::run(Wide { grid, points, to: |key| key as u32 }), last),
        None => group64(&simd::run(Wide { grid, points, to: |key| key })).first,
    })
}

/// The largest key, where a bit for each takes at most 8 bytes a point (or 2 MiB, which a cache holds): keys are whole.
fn few(last: f64, points: usize) -> Option<u32> {
    (last < 64.0 * points.max(1 << 18) as f64 && last <= f64::from(u32::MAX - 1)).then_some(last as u32)
}

macro_rules! keys {
    ($grid:ident, $kernel:ident, $float:ty) => {
        /// What the keys of all points share.
        struct $grid {
            low: [$float; 3],
            nvox: [$float; 3],
            size: $float,
        }

        impl $grid {
            fn new(points: &[[f32; 3]], size: $float) -> Result<Self, PointError> {
                cells::check_size(f64::from(size))?;
                validate::cloud("points", points)?;
                let (low, high) = cells::bounds(points);
                let [low, high] = [low, high].map(|corner| corner.map(<$float>::from));
                let nvox: [$float; 3] = std::array::from_fn(|a| ((high[a] - low[a]) / size).ceil());
                // One more than nvox voxels along each axis; below f32's largest number no product of the key overflows.
                if nvox.iter().map(|&n| f64::from(n) + 1.0).product::<f64>() < 1e38 {
                    return Ok(Self { low, nvox, size });
                }
                let extent = std::array::from_fn(|a| f64::from(high[a]) - f64::from(low[a]));
                Err(PointError::VoxelsTooFine { size: f64::from(size), extent })
            }

            #[inline(always)]
            fn key(&self, voxel: [$float; 3]) -> $float {
                (voxel[0] + voxel[1] * self.nvox[0]) + voxel[2] * self.nvox[0] * self.nvox[1]
            }

            /// No key is larger: every rounding on the way is monotone.
            fn last(&self) -> $float {
                self.key(self.nvox)
            }
        }

        /// A kernel, since rounding up is one instruction of newer sets and a call without them.
        struct $kernel<'a, F> {
            grid: $grid,
            points: &'a [[f32; 3]],
            to: F,
        }

        impl<T, F: Fn($float) -> T> Kernel for $kernel<'_, F> {
            type Output = Vec<T>;

            #[inline(always)]
            fn run<S: Simd>(self, _: S) -> Vec<T> {
                let Self { grid, points, to } = self;
                let mut keys = Vec::with_capacity(points.len());
                keys.extend(points.iter().map(|p| {
                    let steps = |a: usize| ((<$float>::from(p[a]) - grid.low[a]) / grid.size).ceil();
                    // a zero coordinate may have a sign; no key has one
                    to(grid.key([steps(0), steps(1), steps(2)]) + 0.0)
                }));
                keys
            }
        }
    };
}

keys!(Grid32, Narrow, f32);
keys!(Grid64, Wide, f64);

/// `numpy.unique(keys, return_index=True)`: the distinct keys in ascending order and the first index of each.
///
/// Keys must be neither NaN nor -0.0, which those of this module never are.
pub fn unique_first(keys: &[f32]) -> (Vec<f32>, Vec<u32>) {
    let map = group(keys);
    (map.first.iter().map(|&i| keys[i as usize]).collect(), map.first)
}

fn group(keys: &[f32]) -> VoxelMap {
    // Key and index as one number; the bits of a float sort as it does once those of negative ones are flipped.
    let bits = |key: f32| {
        let bits = key.to_bits();
        if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
    };
    let mut sorted: Vec<u64> = keys.iter().enumerate().map(|(i, &key)| u64::from(bits(key)) << 32 | i as u64).collect();
    sorted.sort_unstable();
    runs(keys.len(), sorted.chunk_by(|a, b| a >> 32 == b >> 32).map(|run| run.iter().map(|&i| i as u32)))
}

fn group64(keys: &[f64]) -> VoxelMap {
    let mut sorted: Vec<u32> = (0..keys.len() as u32).collect();
    let key = |i: u32| keys[i as usize];
    sorted.sort_unstable_by(|&a, &b| key(a).total_cmp(&key(b)).then(a.cmp(&b)));
    runs(keys.len(), sorted.chunk_by(|&a, &b| key(a) == key(b)).map(|run| run.iter().copied()))
}

/// The map of points in the order of their keys, those of one key together and in ascending order.
fn runs<R: Iterator<Item = u32>>(points: usize, runs: impl Iterator<Item = R>) -> VoxelMap {
    let mut map = VoxelMap { first: Vec::new(), inverse: vec![0; points], counts: Vec::new() };
    for run in runs {
        let voxel = map.first.len() as u32;
        let (mut first, mut count) = (u32::MAX, 0);
        for i in run {
            first = first.min(i);
            count += 1;
            map.inverse[i as usize] = voxel;
        }
        map.first.push(first);
        map.counts.push(count);
    }
    map
}
