//! Normals of meshes and of points without faces, and covariances.

use rayon::prelude::*;

use crate::{PointError, knn, validate};

/// Area-weighted unit normals of the vertices of a triangle mesh.
///
/// The normal of a vertex is the normalised sum of the cross products of its faces, which weights them by area. The sum
/// is in `f64`, in the order of the faces; counter-clockwise faces point outwards. A vertex that has no faces, or only
/// faces without area, gets `[0, 0, 0]`. Takes one pass over the faces.
///
/// # Errors
///
/// If there are no points, a coordinate is not finite, or a face refers to a vertex that does not exist.
pub fn vertex_normals(points: &[[f32; 3]], faces: &[[u32; 3]]) -> Result<Vec<[f32; 3]>, PointError> {
    validate::cloud("points", points)?;
    validate::faces(faces, points.len())?;
    let mut sums = vec![[0f64; 3]; points.len()];
    for face in faces {
        let [a, b, c] = face.map(|v| points[v as usize].map(f64::from));
        let cross = cross(sub(b, a), sub(c, a));
        for vertex in face {
            let sum = &mut sums[*vertex as usize];
            for axis in 0..3 {
                sum[axis] += cross[axis];
            }
        }
    }
    Ok(sums.into_iter().map(unit).collect())
}

/// Unit normals of points without faces: the direction in which the `k` nearest points, the point itself included, vary
/// least.
///
/// This is the eigenvector of the smallest eigenvalue of the neighbours' covariance (Hoppe et al. 1992, "Surface
/// reconstruction from unorganized points"), in `f64`. Points alone do not tell the two sides of a surface apart, so
/// the sign is chosen to make z positive, or y if z is zero, or x. If the neighbours do not span a plane (all equal or
/// on one line), the normal is `[0, 0, 0]`; this is always so for `k` below 3. Runs in parallel and costs as much as
/// [`knn`].
///
/// # Errors
///
/// Those of [`knn`].
pub fn pca_normals(points: &[[f32; 3]], k: usize) -> Result<Vec<[f32; 3]>, PointError> {
    let near = knn(points, points, k)?;
    let mut normals = vec![[0f32; 3]; points.len()];
    normals
        .par_iter_mut()
        .zip(near.indices.par_chunks_exact(k))
        .with_min_len(1024)
        .for_each(|(normal, near)| *normal = plane_normal(points, near));
    Ok(normals)
}

/// Covariance of the coordinates of the `k` nearest points, the point itself included, over its trace: xx, yy, zz, xy,
/// xz and yz.
///
/// It tells how a surface lies without telling its two sides apart: `(1 - n nᵀ) / 2` on a plane with normal `n`, `d dᵀ`
/// on a line with direction `d`, a third of the identity where points lie all around. Zero if the neighbours are all
/// equal. Runs in parallel and costs as much as [`knn`].
///
/// # Errors
///
/// Those of [`knn`].
pub fn covariances(points: &[[f32; 3]], k: usize) -> Result<Vec<[f32; 6]>, PointError> {
    let near = knn(points, points, k)?;
    let mut covariances = vec![[0f32; 6]; points.len()];
    let of = |near: &[u32]| {
        let [[xx, xy, xz], [_, yy, yz], [_, _, zz]] = covariance(points, near);
        let trace = xx + yy + zz;
        if trace > 0.0 { [xx, yy, zz, xy, xz, yz].map(|v| (v / trace) as f32) } else { [0.0; 6] }
    };
    covariances
        .par_iter_mut()
        .zip(near.indices.par_chunks_exact(k))
        .with_min_len(1024)
        .for_each(|(covariance, near)| *covariance = of(near));
    Ok(covariances)
}

/// The covariance of some points, times their number.
fn covariance(points: &[[f32; 3]], near: &[u32]) -> [[f64; 3]; 3] {
    // Relative to the first neighbour, so that points far from the origin keep their digits.
    let origin = points[near[0] as usize].map(f64::from);
    let (mut sum, mut square) = ([0f64; 3], [0f64; 6]);
    for &i in near {
        let d = sub(points[i as usize].map(f64::from), origin);
        for axis in 0..3 {
            sum[axis] += d[axis];
        }
        for (s, (a, b)) in square.iter_mut().zip([(0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2)]) {
            *s += d[a] * d[b];
        }
    }
    let count = near.len() as f64;
    let [xx, yy, zz, xy, xz, yz] = square;
    let [x, y, z] = sum;
    [
        [xx - x * x / count, xy - x * y / count, xz - x * z / count],
        [xy - x * y / count, yy - y * y / count, yz - y * z / count],
        [xz - x * z / count, yz - y * z / count, zz - z * z / count],
    ]
}

fn plane_normal(points: &[[f32; 3]], near: &[u32]) -> [f32; 3] {
    let (values, vectors) = eigen(covariance(points, near));
    let mut order = [0, 1, 2];
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let [least, middle, most] = order;
    // Points on a line vary across it by rounding errors only: coordinates have 24 bits, their squares 48.
    let scale = near.iter().flat_map(|&i| points[i as usize]).fold(0f32, |m, v| m.max(v.abs()));
    let noise = (f64::from(scale) * f64::from(f32::EPSILON)).powi(2) * near.len() as f64;
    if values[most] <= 0.0 || values[middle] <= (values[most] * 1e-10).max(noise) {
        return [0.0; 3];
    }
    let mut normal = unit([vectors[0][least], vectors[1][least], vectors[2][least]]);
    if [normal[2], normal[1], normal[0]].into_iter().find(|v| *v != 0.0).is_some_and(|v| v < 0.0) {
        normal = normal.map(|v| -v);
    }
    normal.map(|v| v + 0.0) // no -0.0
}

/// Eigenvalues and eigenvectors (columns) of a symmetric matrix by cyclic Jacobi rotations (Golub & Van Loan, section
/// 8.5).
fn eigen(mut a: [[f64; 3]; 3]) -> ([f64; 3], [[f64; 3]; 3]) {
    let mut v = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    // Convergence is quadratic: six sweeps reach the last bit, twelve are safe.
    for _ in 0..12 {
        let off = a[0][1] * a[0][1] + a[0][2] * a[0][2] + a[1][2] * a[1][2];
        let diagonal = a[0][0] * a[0][0] + a[1][1] * a[1][1] + a[2][2] * a[2][2];
        if off <= diagonal * 1e-32 {
            break;
        }
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if a[p][q] == 0.0 {
                continue;
            }
            let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
            let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
            let c = 1.0 / (t * t + 1.0).sqrt();
            let s = t * c;
            for row in &mut a {
                (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
            }
            let (row_p, row_q) = (a[p], a[q]);
            a[p] = std::array::from_fn(|i| c * row_p[i] - s * row_q[i]);
            a[q] = std::array::from_fn(|i| s * row_p[i] + c * row_q[i]);
            for row in &mut v {
                (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
            }
        }
    }
    ([a[0][0], a[1][1], a[2][2]], v)
}

pub(crate) fn sub(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

/// As long as the area of the parallelogram that the two span.
pub(crate) fn cross(u: [f64; 3], v: [f64; 3]) -> [f64; 3] {
    [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
}

fn unit(v: [f64; 3]) -> [f32; 3] {
    // Scaled first, because the squared areas of very small or very large faces would leave the range of f64.
    let largest = v.iter().fold(0f64, |m, x| m.max(x.abs()));
    if largest == 0.0 {
        return [0.0; 3];
    }
    let v = v.map(|x| x / largest);
    let length = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
    v.map(|x| (x / length) as f32)
}
