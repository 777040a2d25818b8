//! Voxels against a map keyed by integer coordinates, and against numpy.

mod common;

use std::collections::HashMap;

use common::{SHAPES, shape};
use pointops::{
    PointError,
    voxel::{
        VoxelMap, pointnet2_compat_voxel_first, pointnet2_compat_voxel_first_f64, pointnet2_compat_voxel_keys,
        pointnet2_compat_voxel_keys_f64, pointnet2_compat_voxels, pointnet2_compat_voxels_f64, unique_first,
        voxel_downsample, voxel_first, voxel_first_ceil, voxelize, voxelize_ceil,
    },
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

fn check(points: &[[f32; 3]], size: f32) {
    let map = voxelize(points, size).unwrap();
    assert_eq!(map, by_map(points, size, f32::floor));
    assert_eq!(voxelize_ceil(points, size).unwrap(), by_map(points, size, f32::ceil));
    assert_eq!(voxel_first(points, size).unwrap(), map.first);
    assert_eq!(voxel_first_ceil(points, size).unwrap(), by_map(points, size, f32::ceil).first);
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
            // The last one is too fine for a bit a voxel.
            for size in [0.5, 0.02, 100.0, 0.125].into_iter().chain((name == "random").then_some(1e-5)) {
                check(&points, if name == "huge offset" { size * 1000.0 } else { size });
            }
        }
    }
}

#[test]
fn two_to_the_32_voxels_and_more_are_told_apart() {
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
    assert!(matches!(pointnet2_compat_voxel_keys(&points, 1e-30), Err(PointError::VoxelsTooFine { .. })));
    assert!(matches!(voxelize(&[[f32::NAN; 3]], 1.0), Err(PointError::NotFinite { .. })));
    let map = voxelize(&points, 0.1).unwrap();
    assert!(matches!(map.majority(&[1], -1), Err(PointError::LengthMismatch { .. })));
    assert!(matches!(map.mean(&points[1..]), Err(PointError::LengthMismatch { .. })));
}

/// `tests/reference/voxel_keys.py` made the file.
#[test]
fn compatible_keys_are_those_of_numpy() {
    let mut lines = include_str!("reference/voxel_keys.csv").lines();
    let mut sets = 0;
    while let Some(head) = lines.next() {
        let head: Vec<&str> = head.split(',').collect();
        assert_eq!(head[0], "set");
        let (n, size): (usize, f64) = (head[1].parse().unwrap(), head[2].parse().unwrap());
        let rows: Vec<Vec<f64>> =
            lines.by_ref().take(n).map(|l| l.split(',').map(|v| v.parse().unwrap()).collect()).collect();
        let points: Vec<[f32; 3]> = rows.iter().map(|r| [r[0] as f32, r[1] as f32, r[2] as f32]).collect();
        let first: Vec<u32> = lines.next().unwrap().split(',').skip(1).map(|v| v.parse().unwrap()).collect();
        let keys = pointnet2_compat_voxel_keys(&points, size as f32).unwrap();
        assert_eq!(keys, rows.iter().map(|r| r[3] as f32).collect::<Vec<_>>());
        let keys64 = pointnet2_compat_voxel_keys_f64(&points, size).unwrap();
        assert_eq!(keys64, rows.iter().map(|r| r[4]).collect::<Vec<_>>());
        let (unique, indices) = unique_first(&keys);
        assert!(unique.is_sorted() && unique.len() == first.len());
        assert_eq!(indices, first);
        let map = pointnet2_compat_voxels(&points, size as f32).unwrap();
        assert_eq!(map.first, first);
        assert_eq!(pointnet2_compat_voxel_first(&points, size as f32).unwrap(), first);
        assert!((0..n).all(|i| unique[map.inverse[i] as usize] == keys[i]));
        let map64 = pointnet2_compat_voxels_f64(&points, size).unwrap();
        assert_eq!(pointnet2_compat_voxel_first_f64(&points, size).unwrap(), map64.first);
        assert!(map64.first.is_sorted_by(|&a, &b| keys64[a as usize] < keys64[b as usize]));
        for (i, &voxel) in map64.inverse.iter().enumerate() {
            let first = map64.first[voxel as usize] as usize;
            assert!(keys64[first] == keys64[i] && first <= i);
        }
        sets += 1;
    }
    assert_eq!(sets, 4);
}

#[test]
fn a_zero_with_a_sign_has_the_key_of_one_without() {
    let points = [[0.0; 3], [-0.0; 3], [1.0, 1.0, 1.0]];
    for size in [0.5, 1e-3] {
        assert_eq!(pointnet2_compat_voxels(&points, size).unwrap().inverse, [0, 0, 1]);
        assert_eq!(pointnet2_compat_voxels_f64(&points, f64::from(size)).unwrap().inverse, [0, 0, 1]);
        assert_eq!(pointnet2_compat_voxel_keys(&points, size).unwrap()[1].to_bits(), 0);
    }
}

#[test]
fn compatible_keys_collide_where_those_without_collisions_do_not() {
    // Two voxels an axis by the strides, but ceil gives three values: (2, 0, 0) and (0, 1, 0) share a key.
    let points = [[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [2.0, 2.0, 2.0]];
    assert_eq!(pointnet2_compat_voxel_keys(&points, 1.0).unwrap(), [0.0, 2.0, 2.0, 14.0]);
    assert_eq!(pointnet2_compat_voxels(&points, 1.0).unwrap().first, [0, 1, 3]);
    assert_eq!(voxelize_ceil(&points, 1.0).unwrap().len(), 4);
}

/// Few enough keys for a bit each, or sorted: the same map.
#[test]
fn compatible_voxels_are_numbered_by_key_at_any_size() {
    let points = shape("random", 3000, 9);
    for size in [0.5, 0.02, 1e-3, 1e-6] {
        let keys = pointnet2_compat_voxel_keys(&points, size).unwrap();
        let (unique, first) = unique_first(&keys);
        let map = pointnet2_compat_voxels(&points, size).unwrap();
        assert_eq!(map.first, first);
        assert_eq!(pointnet2_compat_voxel_first(&points, size).unwrap(), first);
        assert!((0..points.len()).all(|i| unique[map.inverse[i] as usize] == keys[i]));
        assert_eq!(map.counts.iter().sum::<u32>(), 3000);
        let keys = pointnet2_compat_voxel_keys_f64(&points, f64::from(size)).unwrap();
        let map = pointnet2_compat_voxels_f64(&points, f64::from(size)).unwrap();
        assert_eq!(pointnet2_compat_voxel_first_f64(&points, f64::from(size)).unwrap(), map.first);
        assert!(map.first.is_sorted_by(|&a, &b| keys[a as usize] < keys[b as usize]));
        assert!(map.inverse.iter().enumerate().all(|(i, &v)| keys[map.first[v as usize] as usize] == keys[i]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn matches_a_map(name in prop::sample::select(vec!["random", "gridded", "room", "offset", "collinear"]), n in 1usize..600, seed: u64, size in 0.001f32..2.0) {
        check(&shape(name, n, seed), size);
    }
}
