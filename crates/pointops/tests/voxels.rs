//! Voxels against hash maps keyed by integer coordinates, and against numpy.

mod common;

use std::collections::{HashMap, HashSet};

use common::{SHAPES, shape};
use pointops::{
    PointError, VoxelMap, pointnet2_compat_voxel_first, voxel_downsample, voxel_first_ceil, voxelize, voxelize_ceil,
};
use proptest::prelude::*;

fn by_map(points: &[[f32; 3]], size: f32, round: fn(f32) -> f32) -> VoxelMap {
    let low: [f32; 3] = std::array::from_fn(|a| points.iter().map(|p| p[a]).fold(f32::INFINITY, f32::min));
    let mut seen = HashMap::new();
    let mut map = VoxelMap { first: vec![], inverse: vec![], counts: vec![] };
    for (i, p) in points.iter().enumerate() {
        let voxel: [i64; 3] = std::array::from_fn(|a| round((p[a] - low[a]) / size) as i64);
        let v = *seen.entry(voxel).or_insert_with(|| {
            map.first.push(i as u32);
            map.counts.push(0);
            map.first.len() - 1
        });
        map.inverse.push(v as u32);
        map.counts[v] += 1;
    }
    map
}

/// The first point of each voxel `ceil((p - min) / size)` in `f64`.
fn first_by_set(points: &[[f32; 3]], size: f64) -> Vec<u32> {
    let low: [f64; 3] = std::array::from_fn(|a| points.iter().map(|p| f64::from(p[a])).fold(f64::INFINITY, f64::min));
    let mut seen = HashSet::new();
    let voxel = |p: &[f32; 3]| [0, 1, 2].map(|a| (((f64::from(p[a]) - low[a]) / size).ceil() + 0.0).to_bits());
    (0..points.len()).filter(|&i| seen.insert(voxel(&points[i]))).map(|i| i as u32).collect()
}

fn check(points: &[[f32; 3]], size: f32) {
    let map = voxelize(points, size).unwrap();
    assert_eq!(map, by_map(points, size, f32::floor));
    assert_eq!(voxelize_ceil(points, size).unwrap(), by_map(points, size, f32::ceil));
    let first = voxel_first_ceil(points, f64::from(size)).unwrap();
    assert_eq!(first, first_by_set(points, f64::from(size)));
    let down = voxel_downsample(points, size).unwrap();
    let labels: Vec<i32> = (0..points.len() as i32).map(|i| i * 7 % 5 - 1).collect();
    let majority = map.majority(&labels, -1).unwrap();
    for v in (0..map.len()).step_by(map.len() / 20 + 1) {
        let members: Vec<usize> = (0..points.len()).filter(|&i| map.inverse[i] == v as u32).collect();
        let mean = |a: usize| {
            let sum: f64 = members.iter().map(|&i| f64::from(points[i][a])).sum();
            (sum / members.len() as f64) as f32
        };
        assert_eq!(down.points[v], [mean(0), mean(1), mean(2)]);
        let frequency = |label: i32| members.iter().filter(|&&i| labels[i] == label).count();
        let best = (0..4).rev().max_by_key(|&l| frequency(l)).filter(|&l| frequency(l) > 0).unwrap_or(-1);
        assert_eq!(majority[v], best);
    }
}

#[test]
fn every_shape_matches_a_map() {
    for name in SHAPES.into_iter().filter(|&n| n != "tiny") {
        for n in [1, 7, 8, 9, 1000] {
            let points = shape(name, n, n as u64);
            // The last size gives too many voxels for a bit each.
            for size in [0.5, 0.02, 100.0, 0.125].into_iter().chain((name == "random").then_some(1e-5)) {
                check(&points, if name == "huge offset" { size * 1000.0 } else { size });
            }
        }
    }
}

#[test]
fn more_than_2_to_the_32_voxels_do_not_collide() {
    let mut points = shape("random", 500, 2);
    points.extend_from_within(..250);
    check(&points, 1e-4);
    check(&points, 2e-6);
    assert!(matches!(voxelize(&points, 1e-7), Err(PointError::VoxelsTooFine { .. })));
}

#[test]
fn bad_arguments_are_errors() {
    let points = shape("random", 10, 0);
    assert_eq!(voxelize(&[], 0.1), Err(PointError::Empty { what: "points" }));
    assert!(matches!(voxelize(&points, 0.0), Err(PointError::BadVoxelSize { .. })));
    assert!(matches!(voxelize(&points, f32::NAN), Err(PointError::BadVoxelSize { .. })));
    assert!(matches!(voxelize(&points, 1e-12), Err(PointError::VoxelsTooFine { .. })));
    assert!(matches!(voxelize(&[[3e38; 3], [-3e38; 3]], 1.0), Err(PointError::VoxelsTooFine { .. })));
    assert!(matches!(pointnet2_compat_voxel_first(&points, 1e-30), Err(PointError::VoxelsTooFine { .. })));
    assert!(matches!(voxel_first_ceil(&points, 1e-320), Err(PointError::VoxelsTooFine { .. })));
    assert!(matches!(voxel_first_ceil(&points, -0.1), Err(PointError::BadVoxelSize { .. })));
    assert!(matches!(voxelize(&[[f32::NAN; 3]], 1.0), Err(PointError::NotFinite { .. })));
    let map = voxelize(&points, 0.1).unwrap();
    assert!(matches!(map.majority(&[1], -1), Err(PointError::LengthMismatch { .. })));
    assert!(matches!(map.mean(&points[1..]), Err(PointError::LengthMismatch { .. })));
}

/// `tests/reference/voxel_first.py` wrote the file.
#[test]
fn compatible_first_points_match_numpy() {
    let mut lines = include_str!("reference/voxel_first.csv").lines();
    let mut sets = 0;
    while let Some(head) = lines.next() {
        let head: Vec<&str> = head.split(',').collect();
        assert_eq!(head[0], "set");
        let (n, size): (usize, f64) = (head[1].parse().unwrap(), head[2].parse().unwrap());
        let points: Vec<[f32; 3]> = lines
            .by_ref()
            .take(n)
            .map(|line| line.split(',').map(|v| v.parse().unwrap()).collect::<Vec<f32>>().try_into().unwrap())
            .collect();
        let first: Vec<u32> = lines.next().unwrap().split(',').skip(1).map(|v| v.parse().unwrap()).collect();
        assert_eq!(pointnet2_compat_voxel_first(&points, size).unwrap(), first);
        sets += 1;
    }
    assert_eq!(sets, 4);
}

#[test]
fn zeros_of_both_signs_share_a_voxel() {
    let points = [[0.0; 3], [-0.0; 3], [1.0, 1.0, 1.0]];
    // Sizes for a bit per key, a hashed key, and keys that are not exact.
    for size in [0.5, 1e-3, 1e-9] {
        assert_eq!(pointnet2_compat_voxel_first(&points, size).unwrap(), [0, 2]);
        assert_eq!(voxel_first_ceil(&points, size).unwrap(), [0, 2]);
    }
}

#[test]
fn compatible_keys_collide() {
    // The stride is two, but ceil gives three values along an axis: (2, 0, 0) and (0, 1, 0) share a key.
    let points = [[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [2.0, 2.0, 2.0]];
    assert_eq!(pointnet2_compat_voxel_first(&points, 1.0).unwrap(), [0, 1, 3]);
    assert_eq!(voxel_first_ceil(&points, 1.0).unwrap(), [0, 1, 2, 3]);
}

/// Whether keys are few enough for a bit each or are hashed, and whether they are exact or not.
#[test]
fn first_points_are_right_at_any_size() {
    let mut points = shape("random", 3000, 9);
    points.extend_from_within(..500);
    for size in [0.5, 0.02, 1e-3, 1e-6, 1e-9] {
        assert_eq!(voxel_first_ceil(&points, size).unwrap(), first_by_set(&points, size));
        let low = [0, 1, 2].map(|a| points.iter().map(|p| f64::from(p[a])).fold(f64::INFINITY, f64::min));
        let high = [0, 1, 2].map(|a| points.iter().map(|p| f64::from(p[a])).fold(f64::NEG_INFINITY, f64::max));
        let n = [0, 1].map(|a| ((high[a] - low[a]) / size).ceil());
        let mut seen = HashSet::new();
        let first = (0..points.len() as u32).filter(|&i| {
            let v = [0, 1, 2].map(|a| ((f64::from(points[i as usize][a]) - low[a]) / size).ceil());
            seen.insert((v[0] + v[1] * n[0] + v[2] * n[0] * n[1]).to_bits())
        });
        assert_eq!(pointnet2_compat_voxel_first(&points, size).unwrap(), first.collect::<Vec<_>>());
    }
    let far = [[f32::MAX; 3], [f32::MIN; 3], [f32::MAX; 3]];
    assert_eq!(voxel_first_ceil(&far, 0.02).unwrap(), [0, 1]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn matches_a_map(name in prop::sample::select(vec!["random", "gridded", "room", "offset", "collinear"]), n in 1usize..600, seed: u64, size in 0.001f32..2.0) {
        check(&shape(name, n, seed), size);
    }
}
