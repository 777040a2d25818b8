//! Voxels: which points share one, which point stands for it, what label it has, where its mean lies.

mod cells;
mod compat;
mod map;

pub use compat::{
    pointnet2_compat_voxel_first, pointnet2_compat_voxel_first_f64, pointnet2_compat_voxel_keys,
    pointnet2_compat_voxel_keys_f64, pointnet2_compat_voxels, pointnet2_compat_voxels_f64, unique_first,
};
pub use map::{VoxelDownsample, VoxelMap, voxel_downsample, voxel_first, voxel_first_ceil, voxelize, voxelize_ceil};
