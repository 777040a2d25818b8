//! Segments of surfaces, beside the definition.

mod common;

use pointops::{PointError, SurfaceGraph, knn, pca_normals};

/// A floor, two walls and a ball above the floor, with noise of a few millimetres.
fn room() -> Vec<[f32; 3]> {
    use rand::RngExt;
    let mut r = common::rng(5);
    let mut noise = move || r.random::<f32>() * 0.004;
    let side = (0..20).flat_map(|i| (0..20).map(move |j| (i as f32 * 0.05, j as f32 * 0.05)));
    let mut points: Vec<[f32; 3]> = Vec::new();
    for (u, v) in side {
        points.extend([[u, v, noise()], [noise() - 0.05, u, v + 0.05], [u, 1.0 + noise(), v + 0.05]]);
    }
    points.extend((0..150).map(|i| {
        let (height, turn) = (1.0 - (i as f32 + 0.5) / 75.0, i as f32 * 2.4);
        let around = (1.0 - height * height).sqrt();
        [0.5 + 0.2 * around * turn.cos(), 0.5 + 0.2 * around * turn.sin(), 0.6 + 0.2 * height]
    }));
    points
}

/// The method by its definition: lists of members, merged one by one.
fn by_definition(points: &[[f32; 3]], threshold: f32, least: usize) -> Vec<u32> {
    let normals = pca_normals(points, 16).unwrap();
    let near = knn(points, points, 9).unwrap();
    let mut edges = Vec::new();
    for a in 0..points.len() {
        for b in near.row(a).iter().map(|b| *b as usize).filter(|b| *b != a) {
            let cos: f32 = (0..3).map(|i| normals[a][i] * normals[b][i]).sum();
            edges.push((1.0 - cos.abs(), a.min(b), a.max(b)));
        }
    }
    edges.sort_by(|x, y| x.partial_cmp(y).unwrap());
    let mut of: Vec<usize> = (0..points.len()).collect();
    let mut heaviest = vec![0f32; points.len()];
    let size = |of: &[usize], own: usize| of.iter().filter(|other| **other == own).count();
    for &(weight, a, b) in &edges {
        let (a, b) = (of[a], of[b]);
        let bound = |own: usize| heaviest[own] + threshold / size(&of, own) as f32;
        if a != b && weight <= bound(a) && weight <= bound(b) {
            of.iter_mut().filter(|own| **own == b).for_each(|own| *own = a);
            heaviest[a] = weight;
        }
    }
    for &(_, a, b) in &edges {
        let (a, b) = (of[a], of[b]);
        if a != b && (size(&of, a) < least || size(&of, b) < least) {
            of.iter_mut().filter(|own| **own == b).for_each(|own| *own = a);
        }
    }
    let mut seen = Vec::new();
    of.iter()
        .map(|own| {
            let place = seen.iter().position(|other| other == own);
            place.unwrap_or_else(|| {
                seen.push(*own);
                seen.len() - 1
            }) as u32
        })
        .collect()
}

#[test]
fn segments_are_those_of_the_definition() {
    let points = room();
    let graph = SurfaceGraph::new(&points).unwrap();
    for (threshold, least) in [(0.1, 10), (0.5, 10), (2.0, 1), (1e-4, 1)] {
        assert_eq!(graph.segments(threshold, least as u32), by_definition(&points, threshold, least), "{threshold}");
    }
}

#[test]
fn a_floor_and_two_walls_are_three_segments() {
    let points = room();
    let segments = SurfaceGraph::new(&points).unwrap().segments(0.5, 10);
    // away from the edges, where normals are of neither surface
    let inner = |i: usize| points[i].iter().filter(|v| (0.2..0.8).contains(*v)).count() == 2 && i < 1200;
    for side in 0..3 {
        let own: Vec<u32> = (side..1200).step_by(3).filter(|i| inner(*i)).map(|i| segments[i]).collect();
        assert!(own.len() > 100 && own.iter().all(|segment| *segment == own[0]), "{own:?}");
        let others = (0..1200).filter(|i| inner(*i) && i % 3 != side);
        assert!(others.into_iter().all(|i| segments[i] != own[0]));
    }
}

#[test]
fn few_points_are_one_segment_and_none_an_error() {
    assert_eq!(SurfaceGraph::new(&[[1.0; 3]]).unwrap().segments(0.5, 10), [0]);
    assert_eq!(SurfaceGraph::new(&[[0.0; 3], [1.0; 3]]).unwrap().segments(0.5, 10), [0, 0]);
    // all at the same place
    assert_eq!(SurfaceGraph::new(&[[2.0; 3]; 30]).unwrap().segments(0.5, 10).len(), 30);
    assert_eq!(SurfaceGraph::new(&[]).unwrap_err(), PointError::Empty { what: "points" });
}
