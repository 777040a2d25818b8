//! Voxels: which points share one, which point stands for it, what label it has, where its mean lies.

mod cells;
mod compat;
mod map;

pub use compat::{pointnet2_compat_voxel_keys, pointnet2_compat_voxel_keys_f64, pointnet2_compat_voxels, unique_first};
pub use map::{VoxelDownsample, VoxelMap, voxel_downsample, voxelize, voxelize_ceil};
