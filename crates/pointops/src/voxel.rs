//! Voxels: which points share one, and the first point, the label and the mean of each.

mod cells;
mod first;
mod map;

pub use first::{pointnet2_compat_voxel_first, voxel_first_ceil};
pub use map::{VoxelDownsample, VoxelMap, voxel_downsample, voxelize, voxelize_ceil};
