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

use super::{VoxelMap, cells};
use crate::{PointError, validate};

/// Keys of each point as numpy computes them for a `float32` array. Collisions between voxels are part of it.
///
/// For scores without them use [`voxelize_ceil`](super::voxelize_ceil).
pub fn pointnet2_compat_voxel_keys(points: &[[f32; 3]], size: f32) -> Result<Vec<f32>, PointError> {
    cells::check_size(f64::from(size))?;
    validate::cloud("points", points)?;
    let (low, high) = cells::bounds(points);
    let nvox: [f32; 3] = std::array::from_fn(|a| ((high[a] - low[a]) / size).ceil());
    check_finite(nvox.map(f64::from), f64::from(size), low, high)?;
    Ok(points
        .iter()
        .map(|p| {
            let v: [f32; 3] = std::array::from_fn(|a| ((p[a] - low[a]) / size).ceil());
            (v[0] + v[1] * nvox[0]) + v[2] * nvox[0] * nvox[1]
        })
        .collect())
}

/// Keys of each point as numpy computes them for a `float64` array that holds these coordinates.
pub fn pointnet2_compat_voxel_keys_f64(points: &[[f32; 3]], size: f64) -> Result<Vec<f64>, PointError> {
    cells::check_size(size)?;
    validate::cloud("points", points)?;
    let (low, high) = cells::bounds(points);
    let nvox: [f64; 3] = std::array::from_fn(|a| ((f64::from(high[a]) - f64::from(low[a])) / size).ceil());
    check_finite(nvox, size, low, high)?;
    Ok(points
        .iter()
        .map(|p| {
            let v: [f64; 3] = std::array::from_fn(|a| ((f64::from(p[a]) - f64::from(low[a])) / size).ceil());
            (v[0] + v[1] * nvox[0]) + v[2] * nvox[0] * nvox[1]
        })
        .collect())
}

/// Groups points by [`pointnet2_compat_voxel_keys`]; voxels are in ascending order of key, as `numpy.unique` returns them,
/// and `first` is what its `return_index` gives.
pub fn pointnet2_compat_voxels(points: &[[f32; 3]], size: f32) -> Result<VoxelMap, PointError> {
    Ok(group(&pointnet2_compat_voxel_keys(points, size)?))
}

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
    let mut map = VoxelMap { first: Vec::new(), inverse: vec![0; keys.len()], counts: Vec::new() };
    for run in sorted.chunk_by(|a, b| a >> 32 == b >> 32) {
        for &i in run {
            map.inverse[i as u32 as usize] = map.first.len() as u32;
        }
        map.first.push(run[0] as u32);
        map.counts.push(run.len() as u32);
    }
    map
}

fn check_finite(nvox: [f64; 3], size: f64, low: [f32; 3], high: [f32; 3]) -> Result<(), PointError> {
    // One more than nvox voxels along each axis; below f32's largest number no product of the key overflows.
    if nvox.iter().map(|n| n + 1.0).product::<f64>() < 1e38 {
        return Ok(());
    }
    Err(PointError::VoxelsTooFine { size, extent: std::array::from_fn(|a| f64::from(high[a]) - f64::from(low[a])) })
}
