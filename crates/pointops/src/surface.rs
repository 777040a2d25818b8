//! Points on the faces of a mesh.

use crate::normals::{cross, sub};
use crate::{PointError, validate};

/// A point on a face of a mesh.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FacePoint {
    /// Index of the face.
    pub face: u32,
    /// Weights of its three corners, which add up to 1.
    pub weights: [f32; 3],
}

impl FacePoint {
    /// The weighted mean of what the corners of the point's face have, such as coordinates.
    pub fn mean<const N: usize>(&self, faces: &[[u32; 3]], values: &[[f32; N]]) -> [f32; N] {
        let corners = faces[self.face as usize].map(|corner| &values[corner as usize]);
        std::array::from_fn(|i| (0..3).map(|corner| self.weights[corner] * corners[corner][i]).sum())
    }
}

/// How large a face is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaceSize {
    /// Its area in square metres.
    pub area: f64,
    /// The length of its longest edge in metres.
    pub longest_edge: f64,
}

/// The size of a face by its corners, in `f64`.
pub fn face_size(corners: [[f32; 3]; 3]) -> FaceSize {
    measure(corners).1
}

/// The corner at which the longest edge begins, and the size.
fn measure(corners: [[f32; 3]; 3]) -> (usize, FaceSize) {
    let corners = corners.map(|corner| corner.map(f64::from));
    let edges = [0, 1, 2].map(|i| sub(corners[(i + 1) % 3], corners[i]));
    let lengths = edges.map(length);
    let longest = (1..3).fold(0, |longest, i| if lengths[i] > lengths[longest] { i } else { longest });
    let area = length(cross(edges[0], edges[1])) / 2.0;
    (longest, FaceSize { area, longest_edge: lengths[longest] })
}

/// Points within the faces that are larger than `spacing`, at about this distance from each other and half of it from the
/// edges: rows along the longest edge of a face. With the vertices they show the surface of a mesh whose flat parts have
/// few vertices. Faces whose edges are not longer than `spacing` get none.
///
/// # Errors
/// If there are no points, a coordinate is not finite, a face has a vertex that does not exist, or `spacing` is not above
/// 0.
///
/// ```
/// let coord = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
/// let points = pointops::fill_faces(&coord, &[[0, 1, 2]], 0.1)?;
/// let area = 0.5;
/// assert!((points.len() as f64 * 0.1 * 0.1 - area).abs() < 0.2);
/// let [x, y, z] = points[0].mean(&[[0, 1, 2]], &coord);
/// assert!(x > 0.0 && y > 0.0 && x + y < 1.0 && z == 0.0);
/// # Ok::<(), pointops::PointError>(())
/// ```
pub fn fill_faces(coord: &[[f32; 3]], faces: &[[u32; 3]], spacing: f32) -> Result<Vec<FacePoint>, PointError> {
    validate::cloud("coord", coord)?;
    validate::faces(faces, coord.len())?;
    validate::radius(spacing)?;
    let spacing = f64::from(spacing);
    let mut points = Vec::new();
    for (number, face) in faces.iter().enumerate() {
        let (longest, FaceSize { area, longest_edge: base }) = measure(face.map(|corner| coord[corner as usize]));
        if base <= spacing {
            continue;
        }
        let height = 2.0 * area / base;
        let rows = (height / spacing).ceil() as usize;
        for row in 0..rows {
            let up = (row as f64 + 0.5) / rows as f64;
            let columns = ((1.0 - up) * base / spacing).ceil() as usize;
            for column in 0..columns {
                let along = (column as f64 + 0.5) / columns as f64 * (1.0 - up);
                let mut weights = [0.0; 3];
                weights[longest] = (1.0 - up - along) as f32;
                weights[(longest + 1) % 3] = along as f32;
                weights[(longest + 2) % 3] = up as f32;
                points.push(FacePoint { face: number as u32, weights });
            }
        }
    }
    Ok(points)
}

fn length(v: [f64; 3]) -> f64 {
    v.iter().map(|v| v * v).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surface_has_a_point_near_every_place() {
        // a sheet of 3 × 2 m of two triangles, turned in space
        let coord = [[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [3.0, 1.2, 1.6], [0.0, 1.2, 1.6]];
        let faces = [[0, 1, 2], [2, 3, 0]];
        let points = fill_faces(&coord, &faces, 0.05).unwrap();
        assert!((2300..2900).contains(&points.len()), "{}", points.len());
        let places: Vec<[f32; 3]> = points.iter().map(|point| point.mean(&faces, &coord)).collect();
        for i in 0..60 {
            for k in 0..40 {
                let (x, v) = (i as f32 * 0.05 + 0.01, k as f32 * 0.05 + 0.01);
                let at = [x, 0.6 * v, 0.8 * v];
                let near = places.iter().map(|p| crate::squared_distance(*p, at)).fold(f32::INFINITY, f32::min);
                assert!(near.sqrt() < 0.06, "{at:?}: {near}");
            }
        }
    }

    #[test]
    fn small_and_flat_faces_get_none_and_impossible_arguments_are_refused() {
        let coord = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0], [0.01, 0.0, 0.0], [0.0, 0.01, 0.0]];
        assert!(fill_faces(&coord, &[[0, 1, 2], [0, 3, 4], [1, 1, 1]], 0.05).unwrap().is_empty());
        assert!(fill_faces(&coord, &[[0, 1, 5]], 0.05).is_err());
        assert!(fill_faces(&coord, &[], 0.0).is_err() && fill_faces(&coord, &[], f32::NAN).is_err());
        assert!(fill_faces(&[[f32::NAN; 3]], &[], 0.05).is_err());
    }
}
