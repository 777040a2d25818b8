//! Unit normals of meshes and clouds, the same in preparation and prediction.

use crate::mesh::Mesh;
use pointops::{PointError, pca_normals, vertex_normals};

/// Number of nearest points, the point itself included, that the normal of a point without faces is estimated from.
const NEIGHBORS: usize = 16;

/// Relative error of the squared length up to which a normal counts as of length 1, and is kept as it is.
const UNIT: f64 = 1e-3;

/// Normals of a mesh, and where they are from.
#[derive(Debug, Clone, PartialEq)]
pub struct Normals {
    /// A unit normal per vertex; zero where the vertex has no face with an area, or its neighbours span no plane.
    pub normal: Vec<[f32; 3]>,
    /// Where they are from, if not all are from the file or from faces, for the user.
    pub note: Option<String>,
}

/// The normals of a mesh: those of the file, scaled to length 1. Where the file has none, or one that is zero or not
/// finite, the normal is made from the faces ([`vertex_normals`]), or without faces from the 16 nearest points
/// ([`pca_normals`]).
///
/// # Errors
/// If the mesh has no vertices, a coordinate that is not finite, or a face without its vertex.
pub fn normals(mesh: &Mesh) -> Result<Normals, PointError> {
    let make = || match mesh.faces.is_empty() {
        true => pca_normals(&mesh.coord, mesh.coord.len().min(NEIGHBORS)),
        false => vertex_normals(&mesh.coord, &mesh.faces),
    };
    let how = match mesh.faces.is_empty() {
        true => "estimated from 16 neighbouring points each; their sign is arbitrary",
        false => "made from the faces",
    };
    let Some(given) = &mesh.normal else {
        let note = mesh.faces.is_empty().then(|| format!("normals are {how}"));
        return Ok(Normals { normal: make()?, note });
    };
    let mut normal: Vec<[f32; 3]> = given.iter().map(|&n| unit(n).unwrap_or([0.0; 3])).collect();
    let count = |f: &dyn Fn([f32; 3]) -> bool| given.iter().filter(|n| f(**n)).count();
    let (bad, scaled) = (count(&|n| unit(n).is_none()), count(&|n| unit(n).is_some_and(|u| u != n)));
    let mut notes = Vec::new();
    if scaled > 0 {
        notes.push(format!("{scaled} normals were scaled to length 1"));
    }
    if bad > 0 {
        let made = make()?;
        normal.iter_mut().zip(made).filter(|(n, _)| **n == [0.0; 3]).for_each(|(n, made)| *n = made);
        notes.push(format!("{bad} normals were zero or not finite, and are {how}"));
    }
    Ok(Normals { normal, note: (!notes.is_empty()).then(|| notes.join("; ")) })
}

/// The normal with length 1; `None` if it is zero or not finite.
fn unit(normal: [f32; 3]) -> Option<[f32; 3]> {
    // In f64 the squares of all floats are in range.
    let wide = normal.map(f64::from);
    let square: f64 = wide.iter().map(|v| v * v).sum();
    if square == 0.0 || !square.is_finite() {
        return None;
    }
    if (square - 1.0).abs() <= UNIT {
        return Some(normal);
    }
    let length = square.sqrt();
    Some(wide.map(|v| (v / length) as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square in the plane z = x / 2, of 5 × 5 points.
    fn sheet(faces: bool) -> Mesh {
        let coord = (0..25).map(|i| [(i % 5) as f32, (i / 5) as f32, (i % 5) as f32 / 2.0]).collect();
        let triangle = |i: u32| [i, i + 1, i + 6];
        let faces = if faces { (0..19).filter(|i| i % 5 < 4).map(triangle).collect() } else { Vec::new() };
        Mesh { coord, faces, ..Mesh::default() }
    }

    fn near(a: [f32; 3], b: [f32; 3]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5)
    }

    const SLOPE: [f32; 3] = [-0.447_213_6, 0.0, 0.894_427_2];

    #[test]
    fn without_normals_they_are_made() {
        let cloud = normals(&sheet(false)).unwrap();
        assert!(cloud.normal.iter().all(|&n| near(n, SLOPE)));
        assert_eq!(
            cloud.note.unwrap(),
            "normals are estimated from 16 neighbouring points each; their sign is arbitrary"
        );
        let mesh = normals(&sheet(true)).unwrap();
        assert!(near(mesh.normal[0], SLOPE) && mesh.note.is_none());
        assert_eq!(mesh.normal[20], [0.0; 3], "a vertex without faces has none");
        let single = Mesh { coord: vec![[1.0; 3]], ..Mesh::default() };
        assert_eq!(normals(&single).unwrap().normal, [[0.0; 3]]);
    }

    #[test]
    fn given_normals_are_scaled_and_impossible_ones_made_anew() {
        for faces in [false, true] {
            let mut given = vec![[0.0, 0.0, 1.0]; 25];
            given[0] = [0.0; 3];
            given[1] = [f32::NAN, 0.0, 1.0];
            given[2] = [0.0, f32::INFINITY, 0.0];
            given[3] = [0.0, -1000.0, 0.0];
            given[4] = [3e38, 0.0, 3e38];
            given[5] = [1e-40, 0.0, 0.0];
            let made = normals(&Mesh { normal: Some(given), ..sheet(faces) }).unwrap();
            for &n in &made.normal[..3] {
                assert!(near(n, SLOPE), "{n:?}");
            }
            let half = 0.5f32.sqrt();
            assert!(near(made.normal[3], [0.0, -1.0, 0.0]) && near(made.normal[4], [half, 0.0, half]));
            assert!(near(made.normal[5], [1.0, 0.0, 0.0]));
            assert!(made.normal[6..].iter().all(|n| *n == [0.0, 0.0, 1.0]), "unit normals keep their bits");
            let how = if faces { "made from the faces" } else { "estimated from 16 neighbouring points each" };
            let note = made.note.unwrap();
            let expected =
                format!("3 normals were scaled to length 1; 3 normals were zero or not finite, and are {how}");
            assert!(note.starts_with(&expected), "{note}");
        }
        let nearly = vec![[0.0, 0.6, 0.8001]; 25];
        let kept = normals(&Mesh { normal: Some(nearly.clone()), ..sheet(true) }).unwrap();
        assert_eq!(kept, Normals { normal: nearly, note: None });
    }
}
