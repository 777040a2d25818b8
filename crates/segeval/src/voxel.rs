//! The first point of each 2 cm voxel of a tile.

use pointops::{pointnet2_compat_voxel_first, voxel_first_ceil};

use crate::EvalError;

/// Edge of a voxel in metres.
pub(crate) const VOXEL_SIZE: f64 = 0.02;

/// Index of the first point of each voxel, in ascending order; `compat` merges the voxels whose keys collide.
/// Coordinates must be finite.
pub(crate) fn first_points(coord: &[[f32; 3]], compat: bool) -> Result<Vec<usize>, EvalError> {
    if coord.is_empty() {
        return Ok(Vec::new());
    }
    let first = if compat { pointnet2_compat_voxel_first } else { voxel_first_ceil };
    Ok(first(coord, VOXEL_SIZE)?.into_iter().map(|index| index as usize).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_point_represents_its_voxel() {
        let coord = [[0.0; 3], [0.015, 0.0, 0.0], [0.011, 0.0, 0.0], [0.031, 0.0, 0.0], [0.0; 3]];
        // Points at the minimum have index 0, a layer of their own; (0, 0.02] is index 1.
        assert_eq!(first_points(&coord, false).unwrap(), [0, 1, 3]);
    }

    #[test]
    fn strides_one_too_short_collide() {
        // Extent 0.04 x 0.04 x 0: n = (2, 2, 0). Voxels (2, 0) and (0, 1) both have key 2.
        let coord = [[0.0, 0.0, 0.0], [0.03, 0.0, 0.0], [0.0, 0.01, 0.0], [0.03, 0.03, 0.0]];
        assert_eq!(first_points(&coord, false).unwrap().len(), 4);
        assert_eq!(first_points(&coord, true).unwrap(), [0, 1, 3]);
    }

    #[test]
    fn an_axis_without_extent_folds_the_others() {
        let line = [[1.0, 0.0, 0.0], [1.0, 0.5, 0.0], [1.0, 0.0, 0.7]];
        assert_eq!(first_points(&line, false).unwrap().len(), 3);
        assert_eq!(first_points(&line, true).unwrap(), [0]);
    }

    #[test]
    fn signed_zeros_and_far_points() {
        assert_eq!(first_points(&[[0.0; 3], [-0.0; 3]], false).unwrap(), [0]);
        assert_eq!(first_points(&[[f32::MAX; 3], [f32::MIN; 3]], false).unwrap(), [0, 1]);
        assert!(first_points(&[[f32::MAX; 3], [f32::MIN; 3]], true).is_err());
        assert!(first_points(&[], false).unwrap().is_empty());
    }
}
