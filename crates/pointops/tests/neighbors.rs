//! Ball query, k-NN and 3-NN with every index against brute force.

mod common;

use common::{HUGE, SHAPES, ball, knn, queries_near, shape, three};
use pointops::{
    BallQuery, IndexKind, Knn, MAX_GROUP, NeighborIndex, PointError, ThreeNn, Weighting, ball_query, ball_query_batch,
    knn as find_knn, knn_batch, knn_distinct, knn_distinct_batch, three_nn, three_nn_batch,
};
use proptest::prelude::*;

type Cloud = Vec<[f32; 3]>;

const KINDS: [IndexKind; 4] = [IndexKind::Auto, IndexKind::Grid, IndexKind::KdTree, IndexKind::BruteForce];

const WEIGHTINGS: [Weighting; 2] = [Weighting::InverseSquaredDistance, Weighting::InverseDistance];

/// A radius that includes some points of a shape.
fn radius_of(name: &str) -> f32 {
    match name {
        "huge offset" => 300.0,
        "tiny" => 1e-22,
        "far apart" => 1.5e19,
        "at the limit" => 3e37,
        "flat floor" => 0.05,
        _ => 0.125,
    }
}

fn check(name: &str, points: &[[f32; 3]], queries: &[[f32; 3]], radius: f32, k: usize) {
    let n = points.len();
    let (indices, counts) = ball(points, queries, radius, k);
    let first = BallQuery { k, indices, counts };
    let neighbors = k.min(n);
    let (indices, squared_distances) = knn(points, queries, neighbors);
    let near = Knn { k: neighbors, indices, squared_distances };
    let interpolation = WEIGHTINGS.map(|weighting| {
        let (indices, weights) = three(points, queries, weighting);
        ThreeNn { indices, weights }
    });
    for kind in KINDS {
        let what = format!("{name}, n {n}, radius {radius}, k {k}, {kind:?}");
        for index in [
            NeighborIndex::build(points, kind).unwrap(),
            NeighborIndex::build_for_radius(points, kind, radius).unwrap(),
        ] {
            assert_eq!(index.len(), n);
            assert_eq!(index.ball_query(queries, radius, k).unwrap(), first, "ball query: {what}");
            assert_eq!(index.knn(queries, neighbors).unwrap(), near, "knn: {what}");
            for (weighting, expected) in WEIGHTINGS.iter().zip(&interpolation) {
                assert_eq!(&index.three_nn(queries, *weighting).unwrap(), expected, "three_nn: {what}, {weighting:?}");
            }
        }
    }
    assert_eq!(ball_query(points, queries, radius, k).unwrap(), first);
    assert_eq!(find_knn(points, queries, neighbors).unwrap(), near);
    assert_eq!(three_nn(points, queries, Weighting::InverseDistance).unwrap(), interpolation[1]);
}

#[test]
fn every_shape_and_index_matches_brute_force() {
    for name in SHAPES.into_iter().chain(HUGE) {
        for n in [1, 2, 3, 8, 50, 97, 600, 1500] {
            let points = shape(name, n, n as u64);
            let queries = queries_near(&points, 60, n as u64);
            for (factor, k) in [(1.0, 16), (0.2, 1), (4.0, 40)] {
                check(name, &points, &queries, radius_of(name) * factor, k);
            }
        }
    }
}

#[test]
fn points_on_the_radius_are_excluded_and_rows_are_filled() {
    let points = [[0.0, 0.0, 0.0], [0.5, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.25, 0.0]];
    for kind in KINDS {
        let index = NeighborIndex::build(&points, kind).unwrap();
        let balls = index.ball_query(&[[1.0, 0.0, 0.0], [9.0, 9.0, 9.0], [0.0; 3]], 0.5, 3).unwrap();
        assert_eq!(balls.indices, [2, 2, 2, 0, 0, 0, 0, 3, 0]);
        assert_eq!(balls.counts, [1, 0, 2]);
        assert_eq!(balls.row(2), [0, 3, 0]);
    }
}

#[test]
fn fewer_than_three_known_points() {
    for kind in KINDS {
        let one = NeighborIndex::build(&[[1.0, 2.0, 3.0]], kind)
            .unwrap()
            .three_nn(&[[0.0; 3], [1.0, 2.0, 3.0]], Weighting::default())
            .unwrap();
        assert_eq!(one, ThreeNn { indices: vec![0; 6], weights: vec![1.0, 0.0, 0.0, 1.0, 0.0, 0.0] });
        let two = NeighborIndex::build(&[[0.0; 3], [1.0, 0.0, 0.0]], kind)
            .unwrap()
            .three_nn(&[[0.5, 0.0, 0.0]], Weighting::default())
            .unwrap();
        assert_eq!(two, ThreeNn { indices: vec![0, 1, 0], weights: vec![0.5, 0.5, 0.0] });
    }
}

#[test]
fn distances_that_overflow_match_brute_force() {
    let mut points = shape("random", 400, 1);
    for (i, p) in points.iter_mut().enumerate() {
        *p = p.map(|v| v * if i % 3 == 0 { 1.7e38 } else { 1e19 });
    }
    let queries = points[..40].to_vec();
    for radius in [1e18, 2e19, 1e38] {
        check("overflow", &points, &queries, radius, 9);
    }
}

/// Distances that overflow are equal, so the lowest indices come first.
#[test]
fn ties_at_infinity_go_to_the_lowest_index() {
    let points: Vec<[f32; 3]> = (0..8).map(|i| [2e19 * (7 - i) as f32, 0.0, 0.0]).collect();
    for kind in KINDS {
        let index = NeighborIndex::build(&points, kind).unwrap();
        for weighting in WEIGHTINGS {
            let near = index.three_nn(&[[0.0; 3]], weighting).unwrap();
            assert_eq!(near, ThreeNn { indices: vec![7, 0, 1], weights: vec![1.0, 0.0, 0.0] }, "{kind:?}");
        }
        assert_eq!(index.knn(&[[0.0; 3]], 5).unwrap().indices, [7, 0, 1, 2, 3], "{kind:?}");
    }
}

#[test]
fn huge_groups_and_results_are_errors() {
    let points = shape("room", 3000, 1);
    for kind in KINDS {
        let index = NeighborIndex::build(&points, kind).unwrap();
        for k in [MAX_GROUP + 1, 2_000_000_000, usize::MAX] {
            let error = PointError::GroupTooLarge { k, max: MAX_GROUP };
            assert_eq!(index.ball_query(&points[..1], 1.0, k), Err(error));
            assert_eq!(index.knn(&points[..1], k), Err(PointError::NeighborsExceedPoints { k, points: 3000 }));
            assert!(ball_query_batch(&points, &points, 3, 1.0, k).is_err());
            assert!(knn_batch(&points, &points, 3, k).is_err());
        }
        // all points are within this radius
        let balls = index.ball_query(&points[..1], 100.0, MAX_GROUP).unwrap();
        assert_eq!((balls.counts, balls.indices[2999], balls.indices[3000]), (vec![3000], 2999, 0));
    }
}

#[test]
fn queries_far_outside_the_grid() {
    let points = shape("room", 3000, 3);
    let queries = [[1e6, 0.0, 0.0], [-1e30, 1e30, 0.0], [0.0, 0.0, -50.0], [3e38, -3e38, 3e38]];
    check("far", &points, &queries, 0.1, 20);
    check("far", &points, &queries, 60.0, 20);
}

#[test]
fn a_million_duplicates_are_fast() {
    let points = vec![[1.0, 2.0, 3.0]; 1_000_000];
    let queries = &points[..20_000];
    for kind in KINDS {
        let index = NeighborIndex::build(&points, kind).unwrap();
        let balls = index.ball_query(queries, 0.1, 4).unwrap();
        assert!(balls.indices.chunks_exact(4).all(|row| row == [0, 1, 2, 3]), "{kind:?}");
        let near = index.knn(queries, 5).unwrap();
        assert!(near.indices.chunks_exact(5).all(|row| row == [0, 1, 2, 3, 4]), "{kind:?}");
        let three = index.three_nn(queries, Weighting::default()).unwrap();
        assert!(three.indices.chunks_exact(3).all(|row| row == [0, 1, 2]), "{kind:?}");
    }
    let balls = ball_query(&points, queries, 0.1, 4).unwrap();
    assert!(balls.indices.chunks_exact(4).all(|row| row == [0, 1, 2, 3]));
}

/// A grid that suits the whole extent would put the dense part into one cell.
#[test]
fn a_dense_part_of_a_large_extent_is_fast() {
    let mut points = shape("random", 200_000, 9);
    for p in &mut points[1..] {
        *p = p.map(|v| v * 1e-4);
    }
    points[0] = [1e4, 1e4, 1e4];
    let near = find_knn(&points, &points, 3).unwrap();
    let three = three_nn(&points, &points, Weighting::default()).unwrap();
    assert_eq!(near.indices, three.indices);
    let sample: Vec<[f32; 3]> = points.iter().copied().step_by(20_011).collect();
    let expected = knn(&points, &sample, 3).0;
    let got: Vec<u32> = (0..points.len()).step_by(20_011).flat_map(|i| near.row(i).to_vec()).collect();
    assert_eq!(got, expected);
    let balls = ball_query(&points, &points, 0.01, 8).unwrap();
    assert!(balls.counts[1..].iter().all(|&c| c == 8));
}

#[test]
fn batch_indices_are_local_and_independent_of_threads() {
    let clouds: Vec<Cloud> = (0..3).map(|s| shape("room", 1100, s)).collect();
    let queries: Vec<Cloud> = clouds.iter().map(|c| queries_near(c, 1040, 4)).collect();
    let (p, q) = (clouds.concat(), queries.concat());
    fn each(clouds: &[Cloud], queries: &[Cloud], answer: impl Fn(&[[f32; 3]], &[[f32; 3]]) -> Vec<u32>) -> Vec<u32> {
        clouds.iter().zip(queries).flat_map(|(c, q)| answer(c, q)).collect()
    }
    let expected = [
        each(&clouds, &queries, |c, q| ball(c, q, 0.1, 8).0),
        each(&clouds, &queries, |c, q| ball(c, q, 0.1, 8).1),
        each(&clouds, &queries, |c, q| knn(c, q, 5).0),
        each(&clouds, &queries, |c, q| three(c, q, Weighting::default()).0),
    ];
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let got = pool.install(|| {
            let balls = ball_query_batch(&p, &q, 3, 0.1, 8).unwrap();
            let near = knn_batch(&p, &q, 3, 5).unwrap();
            [
                balls.indices,
                balls.counts,
                near.indices,
                three_nn_batch(&p, &q, 3, Weighting::default()).unwrap().indices,
            ]
        });
        assert_eq!(got, expected);
    }
}

#[test]
fn distinct_neighbors_of_repeated_points() {
    for name in ["room", "random"] {
        let mut points = shape(name, 300, 5);
        points.extend_from_within(20..140);
        points.insert(0, [0.0, -0.0, 0.5]);
        points.insert(50, [-0.0, 0.0, 0.5]);
        // among the points that no earlier one equals
        let first: Vec<usize> = (0..points.len()).filter(|&i| !points[..i].contains(&points[i])).collect();
        assert!(first.len() <= 301 && !first.contains(&50));
        let places: Vec<[f32; 3]> = first.iter().map(|&i| points[i]).collect();
        let (indices, squared_distances) = knn(&places, &points, 9);
        let indices = indices.into_iter().map(|i| first[i as usize] as u32).collect();
        assert_eq!(knn_distinct(&points, &points, 9).unwrap(), Knn { k: 9, indices, squared_distances });
    }
    // without repeated points it is the plain search
    let points = shape("random", 40, 6);
    assert_eq!(knn_distinct(&points, &points, 7), find_knn(&points, &points, 7));
}

#[test]
fn few_distinct_points_are_repeated() {
    let [a, b, c] = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [3.0, 0.0, 0.0]];
    let near = knn_distinct(&[a, a, b, a, c, b, b, b], &[b, c], 8).unwrap();
    assert_eq!(near.indices, [2, 0, 4, 2, 0, 4, 2, 0, 4, 2, 0, 4, 2, 0, 4, 2]);
    assert_eq!(near.squared_distances[..4], [0.0, 1.0, 4.0, 0.0]);
    let batch = knn_distinct_batch(&[a, a, b, c, b, c], &[c, a], 2, 3).unwrap();
    assert_eq!(batch.indices, [2, 0, 2, 1, 0, 1]);
    assert_eq!(knn_distinct(&[a, a], &[b], 3), Err(PointError::NeighborsExceedPoints { k: 3, points: 2 }));
    assert_eq!(knn_distinct(&[a, a], &[b], 0), Err(PointError::ZeroNeighbors));
    assert_eq!(knn_distinct(&[], &[b], 1), Err(PointError::Empty { what: "points" }));
    let bad = [f32::NAN, 0.0, 0.0];
    assert_eq!(knn_distinct(&[a, bad], &[b], 1), Err(PointError::NotFinite { what: "points", index: 1 }));
    assert_eq!(knn_distinct(&[a, a], &[bad], 1), Err(PointError::NotFinite { what: "queries", index: 0 }));
}

#[test]
fn bad_arguments_are_errors() {
    let points = shape("random", 10, 0);
    let none: [[f32; 3]; 0] = [];
    let bad = [[0.0, f32::INFINITY, 0.0]];
    for kind in KINDS {
        assert_eq!(NeighborIndex::build(&none, kind).unwrap_err(), PointError::Empty { what: "points" });
        let index = NeighborIndex::build(&points, kind).unwrap();
        assert_eq!(index.knn(&points, 0), Err(PointError::ZeroNeighbors));
        assert_eq!(index.knn(&points, 11), Err(PointError::NeighborsExceedPoints { k: 11, points: 10 }));
        assert_eq!(
            index.three_nn(&bad, Weighting::default()),
            Err(PointError::NotFinite { what: "queries", index: 0 })
        );
        assert_eq!(index.ball_query(&bad, 1.0, 4), Err(PointError::NotFinite { what: "centers", index: 0 }));
        assert_eq!(index.ball_query(&points, 1.0, 0), Err(PointError::ZeroNeighbors));
        assert_eq!(index.ball_query(&points, -1.0, 3), Err(PointError::BadRadius { radius: -1.0 }));
        assert!(index.ball_query(&points, f32::NAN, 3).is_err());
        assert!(index.ball_query(&points, 1.0, usize::MAX).is_err());
        assert_eq!(index.knn(&none, 3).unwrap().indices, [0u32; 0]);
        assert_eq!(index.ball_query(&none, 1.0, 3).unwrap().counts, [0u32; 0]);
        assert_eq!(index.three_nn(&none, Weighting::default()).unwrap().weights, [0f32; 0]);
    }
    assert!(ball_query_batch(&points, &points, 3, 1.0, 4).is_err());
    assert!(three_nn_batch(&points, &points[..3], 2, Weighting::default()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn matches_brute_force(
        name in prop::sample::select([&SHAPES[..], &HUGE].concat()),
        n in 1usize..1800,
        seed: u64,
        factor in 0.05f32..8.0,
        k in 1usize..70,
    ) {
        let points = shape(name, n, seed);
        let queries = queries_near(&points, 40, seed);
        check(name, &points, &queries, radius_of(name) * factor, k);
    }
}

/// `tests/reference/three_nn.py` wrote the file.
#[test]
fn interpolation_weights_match_numpy() {
    let mut lines = include_str!("reference/three_nn.csv").lines();
    let floats = |line: &str| line.split(',').map(|v| v.parse::<f64>().unwrap()).collect::<Vec<f64>>();
    let point = |row: &[f64]| [row[0] as f32, row[1] as f32, row[2] as f32];
    let known: usize = lines.next().unwrap().strip_prefix("known,").unwrap().parse().unwrap();
    let known: Vec<[f32; 3]> = lines.by_ref().take(known).map(|line| point(&floats(line))).collect();
    let rows: Vec<Vec<f64>> = lines.map(floats).collect();
    let queries: Vec<[f32; 3]> = rows.iter().map(|row| point(row)).collect();
    assert_eq!((known.len(), queries.len()), (90, 120));
    for kind in KINDS {
        let index = NeighborIndex::build(&known, kind).unwrap();
        for (first, weighting) in [(6, Weighting::InverseSquaredDistance), (9, Weighting::InverseDistance)] {
            let found = index.three_nn(&queries, weighting).unwrap();
            for (query, row) in rows.iter().enumerate() {
                let indices = row[3..6].iter().map(|&i| i as u32).collect::<Vec<_>>();
                assert_eq!(found.indices[3 * query..][..3], indices, "query {query}, {kind:?}");
                for place in 0..3 {
                    let difference = f64::from(found.weights[3 * query + place]) - row[first + place];
                    assert!(difference.abs() < 1e-6, "query {query}, {kind:?}, {weighting:?}: {difference:e}");
                }
            }
        }
    }
}
