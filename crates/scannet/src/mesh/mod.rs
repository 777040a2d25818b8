//! Meshes and point clouds in PLY files.
//!
//! [`read_mesh`] reads ScanNet's own layout (binary little-endian; `x y z` float, `red green blue alpha` uchar; faces
//! `list uchar int`) in one pass over its bytes, and any other valid PLY (ASCII, big-endian, double coordinates,
//! other property order, polygons, no faces) with ply-rs-bw. Both check counts against the bytes that are there before
//! they allocate memory.

mod colors;
mod far;
mod fast;
mod general;
mod header;
mod prefetch;
mod records;
mod scale;
mod write;

pub use write::{ColoredCloud, write_colored_cloud, write_labels_ply, write_mesh};

use crate::error::{Problem, Result};
use crate::source;
use std::path::Path;

pub use colors::{ColorRange, color_bytes};
pub(crate) use far::far;
pub use far::{near_origin, offset_note, unplaced_note};
pub use scale::{Units, check_scale, in_metres};

/// Largest coordinate of a mesh, in metres: 131 km. There 32-bit floats are a centimetre apart, so what lies further away
/// has lost its shape; scans in the coordinates of a country do, unless they were moved ([`Mesh::offset`]). Squares of
/// such distances are far from the largest `f32`.
pub const MAX_COORDINATE: f32 = 131_072.0;

/// Vertices and triangles of a scan.
///
/// All arrays of vertices have the length of `coord`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mesh {
    /// Coordinates in metres, +z up.
    pub coord: Vec<[f32; 3]>,
    /// What was subtracted from the coordinates of the file, in metres; zeros if they are near the origin.
    pub offset: [f64; 3],
    /// Red, green, blue, 0 to 255.
    pub color: Option<Vec<[u8; 3]>>,
    /// Normals as in the file, if it has `nx ny nz`: of any length, and perhaps not finite. [`normals`](crate::normals())
    /// makes unit normals of them.
    pub normal: Option<Vec<[f32; 3]>>,
    /// Integer property `label`, if the file has one (NYU40 ids in ScanNet's `.labels.ply`).
    pub label: Option<Vec<i32>>,
    /// Property `confidence` of 32-bit floats, if the file has one: the probability of each label in what
    /// [`write_colored_cloud`] wrote. Other programs have others of this name, of any range.
    pub confidence: Option<Vec<f32>>,
    /// Triangles, as indices into `coord`; empty for a point cloud.
    pub faces: Vec<[u32; 3]>,
    /// What was left out or changed while reading, for the user; empty for ScanNet's own files.
    pub notes: Vec<String>,
}

/// Reads a PLY mesh or point cloud.
///
/// Colours are `red`, `green` and `blue`; if there are none, `diffuse_red` …, `r` …, a packed `rgb` or `rgba` of PCL, or
/// the constant harmonics `f_dc_0` … of Gaussian splats. [`Mesh::notes`] says so, and which range was read.
///
/// Coordinates of 64 bits that are far from the origin are moved towards it, by [`Mesh::offset`].
///
/// Takes 1 to 2 ms for 150,000 vertices and 268,000 faces in ScanNet's layout, and about 50 ms in other layouts.
///
/// # Errors
/// The file is unreadable or truncated, or has trailing bytes, no vertices, no x, y or z, coordinates that are not
/// finite or beyond [`MAX_COORDINATE`], colours in no known range, labels with a fraction, or faces with missing vertices.
pub fn read_mesh(path: impl AsRef<Path>) -> Result<Mesh> {
    let path = path.as_ref();
    parse_mesh(&read_bytes(path)?).map_err(|p| p.at(path))
}

/// [`read_mesh`] that leaves out what a file lacks without being wrong about the rest, and says so in the notes.
///
/// # Errors
/// Those of [`read_mesh`] about anything else.
pub fn read_scan(path: impl AsRef<Path>, leave_out: LeaveOut) -> Result<Mesh> {
    let path = path.as_ref();
    parse(&read_bytes(path)?, leave_out).map_err(|p| p.at(path))
}

/// What may be left out of a scan, with a note, where it would be an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LeaveOut {
    /// Colours and labels that cannot be read.
    pub unreadable: bool,
    /// Points of a cloud whose position is not finite, as where a camera saw nothing.
    pub unplaced: bool,
}

/// Number of vertices in the header of a PLY file, without reading them.
///
/// # Errors
/// Those of [`read_mesh`] for a broken header.
pub fn vertex_count(path: impl AsRef<Path>) -> Result<usize> {
    let path = path.as_ref();
    let (start, length) = source::beginning(path)?;
    let header = header::parse(&start, length).map_err(|p| p.at(path))?;
    Ok(header.elements.iter().find(|e| e.name == "vertex").map_or(0, |e| e.count))
}

/// The bytes of a mesh. A large file is read only if its header is right.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    source::read_checked(path, |start, length| header::parse(start, length).map(|_| ()))
}

/// [`read_mesh`] on bytes already in memory.
///
/// # Errors
/// Those of [`read_mesh`], without the path.
pub fn parse_mesh(bytes: &[u8]) -> Result<Mesh, Problem> {
    parse(bytes, LeaveOut::default())
}

fn parse(bytes: &[u8], leave_out: LeaveOut) -> Result<Mesh, Problem> {
    let header = header::parse(bytes, bytes.len() as u64)?;
    let in_place = fast::Layout::of(&header).map(|layout| layout.read(&bytes[header.payload..])).transpose()?;
    if let Some((mesh, sound)) = in_place.flatten() {
        match if sound { Ok(()) } else { check_mesh(&mesh) } {
            Ok(()) => return Ok(mesh),
            // read again, record by record
            Err(Problem::NotFinite { .. }) if leave_out.unplaced && mesh.faces.is_empty() => {}
            Err(problem) => return Err(problem),
        }
    }
    let mesh = general::read(&header, &bytes[header.payload..], leave_out)?;
    check_mesh(&mesh)?;
    Ok(mesh)
}

/// [`parse_mesh`] with ply-rs-bw even if the file can be read in place, as a reference for tests and fuzzing.
///
/// # Errors
/// Those of [`parse_mesh`].
#[doc(hidden)]
pub fn parse_mesh_by_record(bytes: &[u8]) -> Result<Mesh, Problem> {
    let header = header::parse(bytes, bytes.len() as u64)?;
    let mesh = general::read(&header, &bytes[header.payload..], LeaveOut::default())?;
    check_mesh(&mesh)?;
    Ok(mesh)
}

/// Checks that a mesh has vertices, that their coordinates are finite and within [`MAX_COORDINATE`], and that those of its
/// faces exist.
///
/// # Errors
/// The first of these that does not hold.
pub fn check_mesh(mesh: &Mesh) -> Result<(), Problem> {
    let vertices = mesh.coord.len();
    if vertices == 0 {
        return Err(Problem::NoVertices);
    }
    check_coordinates(&mesh.coord).map_err(|problem| match problem {
        Problem::TooFar { vertex, coord } => {
            let in_file = |axis: usize| (f64::from(coord[axis]) + mesh.offset[axis]) as f32;
            Problem::TooFar { vertex, coord: [0, 1, 2].map(in_file) }
        }
        other => other,
    })?;
    let wrong = |f: &[u32; 3]| f.iter().copied().find(|&i| i as usize >= vertices);
    if let Some((face, index)) = mesh.faces.iter().enumerate().find_map(|(i, f)| wrong(f).map(|v| (i, v))) {
        return Err(Problem::FaceIndex { face, index: i64::from(index as i32), vertices });
    }
    Ok(())
}

/// Refuses coordinates that are not finite or beyond [`MAX_COORDINATE`].
pub(crate) fn check_coordinates(coord: &[[f32; 3]]) -> Result<(), Problem> {
    let near = |v: &f32| v.abs() <= MAX_COORDINATE;
    // A pass without an early exit is vectorised; the vertex at fault is only looked for if there is one.
    if coord.as_flattened().iter().fold(true, |all, v| all & near(v)) {
        return Ok(());
    }
    let vertex = coord.iter().position(|p| !p.iter().all(near)).unwrap_or(0);
    match coord[vertex].iter().find(|v| !v.is_finite()) {
        Some(&value) => Err(Problem::NotFinite { vertex, value: f64::from(value) }),
        None => Err(Problem::TooFar { vertex, coord: coord[vertex] }),
    }
}
