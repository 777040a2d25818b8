//! Farthest point sampling against brute force.

mod common;

use common::{HUGE, SHAPES, fps, shape};
use pointops::{PointError, farthest_point_sample, farthest_point_sample_batch};
use proptest::prelude::*;

#[test]
fn every_shape_matches_brute_force() {
    for name in SHAPES.into_iter().chain(HUGE) {
        for n in [1, 2, 7, 8, 9, 63, 64, 65, 500, 3000] {
            let points = shape(name, n, n as u64);
            for (count, start) in [(n, 0), (n.min(100), n - 1), (n.min(3), n / 2), (0, 0)] {
                let got = farthest_point_sample(&points, count, start).unwrap();
                assert_eq!(got, fps(&points, count, start), "{name} n {n} count {count} start {start}");
            }
        }
    }
}

#[test]
fn large_clouds_match_brute_force() {
    for name in ["room", "gridded", "duplicated"] {
        let points = shape(name, 20_000, 5);
        assert_eq!(farthest_point_sample(&points, 700, 3).unwrap(), fps(&points, 700, 3), "{name}");
    }
}

#[test]
fn a_million_duplicates_are_fast_and_exact() {
    let points = vec![[1.0, 2.0, 3.0]; 1_000_000];
    let mut expected = vec![0; 1_000_000];
    expected[0] = 17;
    assert_eq!(farthest_point_sample(&points, 1_000_000, 17).unwrap(), expected);
}

#[test]
fn distances_that_overflow_match_brute_force() {
    let mut points = shape("random", 300, 1);
    for (i, p) in points.iter_mut().enumerate() {
        *p = p.map(|v| v * if i % 3 == 0 { 1.7e38 } else { 1e19 });
    }
    assert_eq!(farthest_point_sample(&points, 300, 4).unwrap(), fps(&points, 300, 4));
}

#[test]
fn batch_indices_are_local_and_independent_of_threads() {
    let clouds: Vec<Vec<[f32; 3]>> = (0..5).map(|s| shape("room", 700, s)).collect();
    let expected: Vec<u32> = clouds.iter().flat_map(|c| fps(c, 50, 2)).collect();
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let got = pool.install(|| farthest_point_sample_batch(&clouds.concat(), 5, 50, 2).unwrap());
        assert_eq!(got, expected);
    }
    assert_eq!(farthest_point_sample_batch(&clouds.concat(), 5, 0, 2).unwrap(), [0u32; 0]);
}

#[test]
fn bad_arguments_are_errors() {
    let points = shape("random", 10, 0);
    assert_eq!(farthest_point_sample(&[], 0, 0), Err(PointError::Empty { what: "points" }));
    assert_eq!(farthest_point_sample(&points, 11, 0), Err(PointError::CountTooLarge { count: 11, points: 10 }));
    assert_eq!(farthest_point_sample(&points, 3, 10), Err(PointError::StartOutOfRange { start: 10, points: 10 }));
    let mut bad = points.clone();
    bad[4][1] = f32::NAN;
    assert_eq!(farthest_point_sample(&bad, 3, 0), Err(PointError::NotFinite { what: "points", index: 4 }));
    let mismatch = PointError::BatchMismatch { what: "points", len: 10, batch: 3 };
    assert_eq!(farthest_point_sample_batch(&points, 3, 1, 0), Err(mismatch));
    assert!(farthest_point_sample_batch(&points, 0, 1, 0).is_err());
    assert!(farthest_point_sample_batch(&points, 2, 6, 0).is_err());
    assert!(farthest_point_sample_batch(&[], 2, 0, 0).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn matches_brute_force(name in prop::sample::select(&SHAPES[..]), n in 1usize..400, seed: u64, part in 0.0f64..=1.0) {
        let points = shape(name, n, seed);
        let start = (seed % n as u64) as usize;
        let count = (part * n as f64) as usize;
        prop_assert_eq!(farthest_point_sample(&points, count, start).unwrap(), fps(&points, count, start));
    }
}
