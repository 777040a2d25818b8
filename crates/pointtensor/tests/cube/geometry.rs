//! Sampling, neighbours and voxels: the same indices as on the CPU, to the last tie.

use crate::support::{Random, devices, floats, indices, ints, values};
use burn::tensor::Device;
use pointtensor::geometry::{
    VoxelRounding, Weighting, ball_query, farthest_point_sample, knn, take, three_nn, voxel_first,
};

/// Clouds of `n` points that are difficult in different ways.
fn clouds(n: usize, seed: u64) -> Vec<(&'static str, Vec<f32>)> {
    let mut r = Random::new(seed);
    let random = r.values(n * 3);
    let clustered = (0..n).flat_map(|i| [0, 1, 2].map(|_| (i % 5) as f32 * 0.7 + 0.01 * r.value())).collect();
    // many distances between the points of a grid are equal
    let gridded = (0..n).flat_map(|i| [i % 7, i / 7 % 9, i / 63].map(|v| v as f32 * 0.1)).collect();
    let duplicated: Vec<f32> = (0..n).flat_map(|_| [0, 1, 2].map(|_| r.below(3) as f32 * 0.25)).collect();
    // far from the origin differences lose digits, and rounding decides
    let far = (0..n).flat_map(|_| [0, 1, 2].map(|_| 1000.0 + r.value())).collect();
    let same = vec![0.3; n * 3];
    vec![
        ("random", random),
        ("clustered", clustered),
        ("gridded", gridded),
        ("duplicated", duplicated),
        ("far", far),
        ("same", same),
    ]
}

/// A batch of all these clouds.
fn batch(n: usize, seed: u64) -> (usize, Vec<f32>) {
    let clouds = clouds(n, seed);
    (clouds.len(), clouds.into_iter().flat_map(|(_, points)| points).collect())
}

#[test]
fn farthest_points_match_the_cpu() {
    for device in devices() {
        for (n, count) in [
            (1, 1),
            (5, 5),
            (63, 20),
            (100, 100),
            (511, 60),
            (512, 512),
            (513, 90),
            (1000, 77),
            (1025, 64),
            (2049, 100),
            (8192, 300),
            (8193, 40),
        ] {
            let (clouds, mut points) = batch(n, n as u64);
            // one more cloud, in which most distances are infinite and therefore equal
            let mut r = Random::new(7);
            points.extend((0..n * 3).map(|_| if r.below(2) == 0 { 3e30 } else { 1e30 * r.value() }));
            let clouds = clouds + 1;
            let run = |device: &Device| {
                indices(farthest_point_sample(floats(&points, [clouds * n, 3], device), clouds, count))
            };
            assert_eq!(run(&device), run(&Device::flex()), "{count} of {n} points on {device:?}");
        }
    }
}

#[test]
fn farthest_points_of_clouds_too_large_for_registers_match_the_cpu() {
    for device in devices() {
        let (n, count) = (40_001, 40);
        let points = Random::new(3).values(n * 3);
        let run = |device: &Device| indices(farthest_point_sample(floats(&points, [n, 3], device), 1, count));
        assert_eq!(run(&device), run(&Device::flex()), "on {device:?}");
    }
}

#[test]
fn balls_match_the_cpu() {
    for device in devices() {
        for (n, m, radius, k) in [(1, 1, 0.1, 3), (63, 5, 0.4, 1), (500, 129, 0.2, 16), (1000, 300, 0.1, 32)] {
            let (clouds, points) = batch(n, 5 + n as u64);
            let (_, mut centers) = batch(m, 6);
            // the first center of every cloud is one of its points, the second has none nearby
            for cloud in 0..clouds {
                centers[cloud * m * 3..][..3].copy_from_slice(&points[cloud * n * 3..][..3]);
                if m > 1 {
                    centers[cloud * m * 3 + 3] = -1e6;
                }
            }
            let run = |device: &Device| {
                let (points, centers) =
                    (floats(&points, [clouds * n, 3], device), floats(&centers, [clouds * m, 3], device));
                indices(ball_query(points, centers, clouds, radius, k))
            };
            assert_eq!(run(&device), run(&Device::flex()), "{m} balls of {radius} among {n} points on {device:?}");
        }
    }
}

#[test]
fn points_on_the_radius_are_outside_and_rounding_matches_the_cpu() {
    // radii that are the distance of a point, to the bit: fused or reordered operations would fall on the wrong side of
    // some
    for device in devices() {
        let n = 256;
        let points = Random::new(8).values(n * 3);
        let mut r = Random::new(9);
        for _ in 0..20 {
            let center = [r.value(), r.value(), r.value()];
            let at = r.below(n);
            let squared = pointops::squared_distance([points[at * 3], points[at * 3 + 1], points[at * 3 + 2]], center);
            let radius = squared.sqrt();
            let run = |device: &Device| {
                let (points, center) = (floats(&points, [n, 3], device), floats(&center, [1, 3], device));
                indices(ball_query(points, center, 1, radius, n))
            };
            assert_eq!(run(&device), run(&Device::flex()), "on {device:?}");
        }
    }
}

#[test]
fn nearest_points_match_the_cpu() {
    for device in devices() {
        for (n, m, k) in [(3, 7, 3), (64, 100, 1), (500, 130, 8), (300, 40, 33)] {
            let (clouds, points) = batch(n, 11 + n as u64);
            let (_, queries) = batch(m, 12);
            let run = |device: &Device| {
                let (points, queries) =
                    (floats(&points, [clouds * n, 3], device), floats(&queries, [clouds * m, 3], device));
                indices(knn(points, queries, clouds, k))
            };
            assert_eq!(run(&device), run(&Device::flex()), "{k} of {n} points on {device:?}");
        }
    }
}

#[test]
fn three_nearest_and_their_weights_match_the_cpu() {
    for device in devices() {
        for (n, m) in [(1, 9), (2, 9), (3, 9), (64, 1000), (777, 500)] {
            let (clouds, points) = batch(n, 21 + n as u64);
            let (_, mut queries) = batch(m, 22);
            // a query on a known point, and one whose distances overflow
            queries[..3].copy_from_slice(&points[..3]);
            queries[3] = 3e38;
            for weighting in [Weighting::InverseSquaredDistance, Weighting::InverseDistance] {
                let run = |device: &Device| {
                    let (points, queries) =
                        (floats(&points, [clouds * n, 3], device), floats(&queries, [clouds * m, 3], device));
                    let (found, weights) = three_nn(points, queries, clouds, weighting);
                    (indices(found), values(weights))
                };
                let ((found, weights), (right, right_weights)) = (run(&device), run(&Device::flex()));
                assert_eq!(found, right, "three of {n} points on {device:?}");
                for (a, b) in weights.iter().zip(&right_weights) {
                    assert!((a - b).abs() < 1e-6, "weights {a} and {b}, {weighting:?} on {device:?}");
                }
            }
        }
    }
}

/// Distances that overflow are equal: ties between them go to the lowest index.
#[test]
fn neighbours_at_infinite_distances_match_the_cpu() {
    for device in devices() {
        let mut r = Random::new(41);
        let steps: Vec<f32> = (0..300 * 3).map(|_| r.below(8) as f32 * 2e19).collect();
        let limits: Vec<f32> = (0..300 * 3).map(|_| r.value() * f32::MAX).collect();
        for points in [steps, limits] {
            let run = |device: &Device| {
                let (all, some) = (floats(&points, [300, 3], device), floats(&points[..120], [40, 3], device));
                let (three, weights) = three_nn(all.clone(), some.clone(), 1, Weighting::InverseDistance);
                let near = indices(knn(all.clone(), some.clone(), 1, 9));
                let balls = [1e19, 3e19, 1e38].map(|r| indices(ball_query(all.clone(), some.clone(), 1, r, 12)));
                (indices(three), values(weights), near, balls, indices(farthest_point_sample(all, 1, 200)))
            };
            let (found, right) = (run(&device), run(&Device::flex()));
            assert_eq!((&found.0, &found.2, &found.3), (&right.0, &right.2, &right.3), "on {device:?}");
            assert_eq!(found.4, right.4, "samples on {device:?}");
            assert!(found.1.iter().zip(&right.1).all(|(a, b)| (a - b).abs() < 1e-6), "weights on {device:?}");
        }
    }
}

/// The nearest row that exists, instead of memory that belongs to something else.
#[test]
fn rows_out_of_range_are_the_nearest_ones() {
    for device in devices() {
        let coord: Vec<f32> = (0..15).map(|i| i as f32).collect();
        let coord = floats(&coord, [5, 3], &device);
        let [taken, _] = take([coord.clone(), coord], ints(&[0, 4, 5, -1, i32::MAX, i32::MIN], &device));
        let rows = [0, 4, 4, 0, 4, 0].map(|row| [0, 1, 2].map(|axis| (row * 3 + axis) as f32));
        assert_eq!(values(taken), rows.as_flattened(), "on {device:?}");
    }
}

#[test]
fn voxels_match_the_cpu() {
    for device in devices() {
        // a multiple of 0.1 divided by 0.1 lies on the face of a voxel but for rounding, so the last bit decides its
        // voxel
        for (n, size) in [(1, 0.1), (2, 0.3), (500, 0.1), (1000, 0.025), (8192, 0.02), (1000, 1e4), (1000, 3e-6)] {
            let (clouds, points) = batch(n, 31 + n as u64);
            for rounding in [VoxelRounding::Floor, VoxelRounding::Ceil] {
                let run = |device: &Device| {
                    indices(voxel_first(floats(&points, [clouds * n, 3], device), clouds, size, rounding))
                };
                assert_eq!(run(&device), run(&Device::flex()), "{n} points, {size} m, {rounding:?} on {device:?}");
            }
        }
    }
}

#[test]
fn quotients_are_rounded_as_on_the_cpu() {
    // multiples of a step along a line and values a few bits away: quotients close to whole numbers
    for device in devices() {
        for size in [0.02f32, 0.1, 0.3, 1.0 / 3.0, 0.7, 1.1, 3.0e-3] {
            let on = |i: usize| {
                let exact = f32::from_bits((i as f32 * size).to_bits() + (i % 5) as u32).max(0.0);
                [exact, (i * i) as f32 * size, 0.0]
            };
            let points: Vec<f32> = std::iter::once([0.0; 3]).chain((1..4000).map(on)).flatten().collect();
            let n = points.len() / 3;
            for rounding in [VoxelRounding::Floor, VoxelRounding::Ceil] {
                let run = |device: &Device| indices(voxel_first(floats(&points, [n, 3], device), 1, size, rounding));
                assert_eq!(run(&device), run(&Device::flex()), "{size} m, {rounding:?} on {device:?}");
            }
        }
    }
}

#[test]
fn zeros_of_both_signs_share_a_voxel() {
    for device in devices() {
        let points = [0.0, -0.0, 0.0, -0.0, 0.0, -0.0, 1.0, 1.0, 1.0, -0.0, -0.0, -0.0];
        for rounding in [VoxelRounding::Floor, VoxelRounding::Ceil] {
            let found = indices(voxel_first(floats(&points, [4, 3], &device), 1, 0.05, rounding));
            assert_eq!(found, [0, 0, 2, 0], "{rounding:?} on {device:?}");
        }
    }
}
