//! The 2 cm voxels of a tile and the point that stands for each.

use std::collections::HashSet;
use std::hash::Hash;

use pointops::voxel::pointnet2_compat_voxel_first_f64;

use crate::EvalError;

/// Edge of a voxel in metres.
pub(crate) const VOXEL_SIZE: f64 = 0.02;

/// Index of the first point of each voxel, ascending. Coordinates must be finite. O(n).
pub(crate) fn first_points(coord: &[[f32; 3]], compat: bool) -> Result<Vec<usize>, EvalError> {
    if coord.is_empty() {
        return Ok(Vec::new());
    }
    Ok(if compat {
        let mut first = pointnet2_compat_voxel_first_f64(coord, VOXEL_SIZE)?;
        first.sort_unstable();
        first.into_iter().map(|i| i as usize).collect()
    } else {
        firsts(exact_keys(coord))
    })
}

/// Voxel coordinates `ceil((p - min) / 0.02)`, as the bits of whole `f64` so that no extent overflows.
fn exact_keys(coord: &[[f32; 3]]) -> impl Iterator<Item = [u64; 3]> + '_ {
    let min = coord.iter().fold([f32::INFINITY; 3], |m, p| std::array::from_fn(|a| m[a].min(p[a])));
    coord.iter().map(move |p| {
        std::array::from_fn(|a| {
            let steps = ((f64::from(p[a]) - f64::from(min[a])) / VOXEL_SIZE).ceil();
            (steps + 0.0).to_bits() // -0.0 and 0.0 are the same voxel
        })
    })
}

/// Index of the first occurrence of each key. The set answers membership only, so its order reaches nothing.
fn firsts<K: Hash + Eq>(keys: impl Iterator<Item = K>) -> Vec<usize> {
    let mut seen = HashSet::new();
    keys.enumerate().filter_map(|(index, key)| seen.insert(key).then_some(index)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_point_stands_for_its_voxel() {
        let coord = [[0.0; 3], [0.015, 0.0, 0.0], [0.011, 0.0, 0.0], [0.031, 0.0, 0.0], [0.0; 3]];
        // Points at the minimum have index 0, a layer of its own; (0, 0.02] is index 1.
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
    fn an_axis_of_no_extent_folds_the_others() {
        let line = [[1.0, 0.0, 0.0], [1.0, 0.5, 0.0], [1.0, 0.0, 0.7]];
        assert_eq!(first_points(&line, false).unwrap().len(), 3);
        assert_eq!(first_points(&line, true).unwrap(), [0]);
    }

    #[test]
    fn signed_zero_and_far_points() {
        assert_eq!(first_points(&[[0.0; 3], [-0.0; 3]], false).unwrap(), [0]);
        assert_eq!(first_points(&[[f32::MAX; 3], [f32::MIN; 3]], false).unwrap(), [0, 1]);
        assert!(first_points(&[[f32::MAX; 3], [f32::MIN; 3]], true).is_err());
        assert!(first_points(&[], false).unwrap().is_empty());
    }
}
