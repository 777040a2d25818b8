//! Meshes and point clouds in PLY files.
//!
//! [`read_mesh`] reads ScanNet's own layout (binary little-endian; `x y z` float, `red green blue alpha` uchar; faces
//! `list uchar int`) from a memory map in one pass, and any other valid PLY (ASCII, big-endian, double coordinates,
//! other property order, polygons, no faces) with ply-rs-bw. Both check counts against the bytes that are there before
//! they allocate memory.

mod fast;
mod general;
mod header;
mod prefetch;
mod records;
mod write;

pub use write::{ColoredCloud, write_colored_cloud, write_labels_ply, write_mesh};

use crate::error::{Problem, Result};
use crate::source::Source;
use std::path::Path;

/// Vertices and triangles of a scan.
///
/// All arrays of vertices have the length of `coord`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mesh {
    /// Coordinates in metres, +z up.
    pub coord: Vec<[f32; 3]>,
    /// Red, green, blue, 0 to 255.
    pub color: Option<Vec<[u8; 3]>>,
    /// Unit normals, if the file has `nx ny nz`.
    pub normal: Option<Vec<[f32; 3]>>,
    /// Integer property `label`, if the file has one (NYU40 ids in ScanNet's `.labels.ply`).
    pub label: Option<Vec<i32>>,
    /// Triangles, as indices into `coord`; empty for a point cloud.
    pub faces: Vec<[u32; 3]>,
    /// What was left out or changed while reading, for the user; empty for ScanNet's own files.
    pub notes: Vec<String>,
}

/// Reads a PLY mesh or point cloud.
///
/// Takes 1 to 2 ms for 150,000 vertices and 268,000 faces in ScanNet's layout, and about 50 ms in other layouts.
///
/// # Errors
/// The file is unreadable or truncated, or has trailing bytes, no vertices, no x, y or z, coordinates that are not
/// finite, or faces with missing vertices.
pub fn read_mesh(path: impl AsRef<Path>) -> Result<Mesh> {
    let path = path.as_ref();
    parse_mesh(&Source::open(path)?).map_err(|p| p.at(path))
}

/// Number of vertices in the header of a PLY file, without reading them.
///
/// # Errors
/// Those of [`read_mesh`] for a broken header.
pub fn vertex_count(path: impl AsRef<Path>) -> Result<usize> {
    let path = path.as_ref();
    let header = header::parse(&Source::open_header(path)?).map_err(|p| p.at(path))?;
    Ok(header.elements.iter().find(|e| e.name == "vertex").map_or(0, |e| e.count))
}

/// [`read_mesh`] on bytes already in memory.
///
/// # Errors
/// Those of [`read_mesh`], without the path.
pub fn parse_mesh(bytes: &[u8]) -> Result<Mesh, Problem> {
    let header = header::parse(bytes)?;
    let in_place = fast::Layout::of(&header).map(|layout| layout.read(&bytes[header.payload..])).transpose()?;
    if let Some((mesh, sound)) = in_place.flatten() {
        if !sound {
            check(&mesh)?;
        }
        return Ok(mesh);
    }
    let mesh = general::read(&header, &bytes[header.payload..])?;
    check(&mesh)?;
    Ok(mesh)
}

/// [`parse_mesh`] with ply-rs-bw even if the file can be read in place, as a reference for tests and fuzzing.
///
/// # Errors
/// Those of [`parse_mesh`].
#[doc(hidden)]
pub fn parse_mesh_by_record(bytes: &[u8]) -> Result<Mesh, Problem> {
    let header = header::parse(bytes)?;
    let mesh = general::read(&header, &bytes[header.payload..])?;
    check(&mesh)?;
    Ok(mesh)
}

fn check(mesh: &Mesh) -> Result<(), Problem> {
    let vertices = mesh.coord.len();
    if vertices == 0 {
        return Err(Problem::NoVertices);
    }
    let infinite = |p: &[f32; 3]| p.iter().copied().find(|v| !v.is_finite());
    if let Some((vertex, value)) = mesh.coord.iter().enumerate().find_map(|(i, p)| infinite(p).map(|v| (i, v))) {
        return Err(Problem::NotFinite { vertex, value: f64::from(value) });
    }
    let wrong = |f: &[u32; 3]| f.iter().copied().find(|&i| i as usize >= vertices);
    if let Some((face, index)) = mesh.faces.iter().enumerate().find_map(|(i, f)| wrong(f).map(|v| (i, v))) {
        return Err(Problem::FaceIndex { face, index: i64::from(index as i32), vertices });
    }
    Ok(())
}
