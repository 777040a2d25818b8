//! Normals of surfaces with known normals.

mod common;

use common::shape;
use pointops::{PointError, covariances, pca_normals, vertex_normals};
use rand::RngExt;

fn angle(a: [f32; 3], b: [f64; 3]) -> f64 {
    let dot: f64 = (0..3).map(|i| f64::from(a[i]) * b[i]).sum();
    dot.clamp(-1.0, 1.0).acos()
}

/// A sphere of latitude bands, with faces counter-clockwise seen from outside.
fn sphere(bands: usize) -> (Vec<[f32; 3]>, Vec<[u32; 3]>) {
    let around = 2 * bands;
    let mut points = vec![];
    let mut faces = vec![];
    for i in 0..=bands {
        for j in 0..around {
            let (t, p) =
                (std::f64::consts::PI * i as f64 / bands as f64, std::f64::consts::TAU * j as f64 / around as f64);
            points.push([(t.sin() * p.cos()) as f32, (t.sin() * p.sin()) as f32, t.cos() as f32]);
            if i < bands {
                let at = |i: usize, j: usize| (i * around + j % around) as u32;
                faces.push([at(i, j), at(i + 1, j), at(i + 1, j + 1)]);
                faces.push([at(i, j), at(i + 1, j + 1), at(i, j + 1)]);
            }
        }
    }
    (points, faces)
}

#[test]
fn normals_of_a_sphere_point_outwards() {
    let (points, faces) = sphere(60);
    let normals = vertex_normals(&points, &faces).unwrap();
    for (normal, point) in normals.iter().zip(&points).skip(120).take(58 * 120) {
        assert!(angle(*normal, point.map(f64::from)) < 0.01);
    }
}

#[test]
fn larger_faces_weigh_more() {
    // At the origin, an area of 1/2 faces z and one of 3/2 faces x.
    let points = [[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 3.0]];
    let normals = vertex_normals(&points, &[[0, 1, 2], [0, 2, 3]]).unwrap();
    let length = 10f64.sqrt();
    assert!(angle(normals[0], [3.0 / length, 0.0, 1.0 / length]) < 1e-6);
}

#[test]
fn vertices_without_area_have_no_normal() {
    let points = [[0.0; 3], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [5.0, 5.0, 5.0]];
    assert_eq!(vertex_normals(&points, &[[0, 1, 2], [3, 3, 3]]).unwrap(), [[0.0; 3]; 4]);
    assert_eq!(vertex_normals(&points, &[]).unwrap(), [[0.0; 3]; 4]);
    let out = PointError::FaceOutOfRange { face: 1, vertex: 4, points: 4 };
    assert_eq!(vertex_normals(&points, &[[0, 1, 2], [0, 1, 4]]), Err(out));
    assert_eq!(vertex_normals(&[], &[]), Err(PointError::Empty { what: "points" }));
}

#[test]
fn extreme_scales_keep_unit_length() {
    for scale in [1e-18f32, 1e-3, 1e6, 1e30] {
        let points = [[0.0; 3], [scale, 0.0, 0.0], [0.0, scale, 0.0]];
        assert_eq!(vertex_normals(&points, &[[0, 1, 2]]).unwrap(), [[0.0, 0.0, 1.0]; 3]);
    }
}

#[test]
fn normals_of_tilted_planes_are_found() {
    let mut r = common::rng(3);
    for _ in 0..20 {
        let mut axis = || r.random::<f64>() * 2.0 - 1.0;
        let (u, v) = ([axis(), axis(), axis()], [axis(), axis(), axis()]);
        let cross = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
        let length = cross.iter().map(|c| c * c).sum::<f64>().sqrt();
        if length < 0.2 {
            continue;
        }
        let sign = if cross[2] < 0.0 { -1.0 } else { 1.0 };
        let normal = cross.map(|c| c / length * sign);
        let points: Vec<[f32; 3]> = (0..400)
            .map(|_| {
                let (a, b) = (r.random::<f64>(), r.random::<f64>());
                std::array::from_fn(|i| (a * u[i] + b * v[i] + 7.0) as f32)
            })
            .collect();
        for got in pca_normals(&points, 12).unwrap() {
            assert!(angle(got, normal) < 1e-3, "{got:?} is not {normal:?}");
        }
    }
}

#[test]
fn normals_of_floors_and_walls_are_exact_and_positive() {
    let floor: Vec<[f32; 3]> = shape("flat floor", 300, 0);
    assert!(pca_normals(&floor, 9).unwrap().iter().all(|n| *n == [0.0, 0.0, 1.0]));
    let wall: Vec<[f32; 3]> = floor.iter().map(|p| [1.0, p[0], p[1]]).collect();
    assert!(pca_normals(&wall, 9).unwrap().iter().all(|n| *n == [1.0, 0.0, 0.0]));
}

#[test]
fn lines_and_duplicates_have_no_normal() {
    for name in ["collinear", "one point"] {
        assert!(pca_normals(&shape(name, 200, 1), 10).unwrap().iter().all(|n| *n == [0.0; 3]), "{name}");
    }
    assert!(pca_normals(&shape("random", 20, 1), 2).unwrap().iter().all(|n| *n == [0.0; 3]));
    assert!(pca_normals(&shape("random", 5, 1), 6).is_err());
}

#[test]
fn covariances_are_those_of_a_second_formula() {
    let points = shape("random", 300, 4);
    let near = pointops::knn(&points, &points, 10).unwrap();
    for (i, got) in covariances(&points, 10).unwrap().into_iter().enumerate() {
        let near: Vec<[f64; 3]> = near.row(i).iter().map(|&j| points[j as usize].map(f64::from)).collect();
        // pairs of points instead of a mean
        let pair = |a: usize, b: usize| -> f64 {
            near.iter().flat_map(|p| near.iter().map(move |q| (p[a] - q[a]) * (p[b] - q[b]))).sum()
        };
        let trace = pair(0, 0) + pair(1, 1) + pair(2, 2);
        for (got, (a, b)) in got.into_iter().zip([(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]) {
            assert!((f64::from(got) - pair(a, b) / trace).abs() < 1e-6);
        }
    }
}

#[test]
fn covariances_tell_planes_lines_and_points_apart() {
    let floor = shape("flat floor", 300, 0);
    assert!(covariances(&floor, 9).unwrap().iter().all(|c| (c[0] + c[1] - 1.0).abs() < 1e-6 && c[2] == 0.0));
    let line: Vec<[f32; 3]> = (0..50).map(|i| [3.0, i as f32, 1e3]).collect();
    assert!(covariances(&line, 5).unwrap().iter().all(|c| *c == [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]));
    assert!(covariances(&[[0.1, 0.2, 0.3]; 20], 10).unwrap().iter().all(|c| *c == [0.0; 6]));
    assert!(covariances(&floor, 301).is_err());
}
