//! PLY output: binary little-endian, ScanNet's property order.

use super::Mesh;
use crate::atomic;
use crate::error::{Problem, Result};
use labelset::LabelSet;
use std::io::Write;
use std::path::Path;

/// A point cloud or mesh with a colour and possibly a label per point, for [`write_colored_cloud`].
#[derive(Debug, Clone, Copy)]
pub struct ColoredCloud<'a> {
    /// Coordinates in metres.
    pub coord: &'a [[f32; 3]],
    /// What is added to them, as in [`Mesh::offset`]. Unless it is zero, the file has coordinates of 64 bits.
    pub offset: [f64; 3],
    /// Red, green, blue, 0 to 255.
    pub color: &'a [[u8; 3]],
    /// Name and values of an integer property, such as `("label", &labels)`.
    pub label: Option<(&'a str, &'a [i32])>,
    /// Values of the property `confidence`, 0 to 1.
    pub confidence: Option<&'a [f32]>,
    /// Triangles.
    pub faces: Option<&'a [[u32; 3]]>,
}

/// Writes a mesh in the layout of ScanNet's `_vh_clean_2.ply`, with alpha 255, where it was before it was moved. A mesh
/// without colours gets no colour properties. Normals and labels are not written.
///
/// # Errors
/// [`Problem::Write`]; [`Problem::Mismatch`] if colours and coordinates differ in number.
pub fn write_mesh(path: impl AsRef<Path>, mesh: &Mesh) -> Result<()> {
    write(path.as_ref(), &Columns { color: mesh.color.as_deref(), ..Columns::of(mesh) })
}

/// Writes a label mesh in the layout of ScanNet's `_vh_clean_2.labels.ply`: the vertices and faces of the scan, the
/// official NYU40 colours, and a property `label` (ushort) with the NYU40 id, 0 = unannotated.
///
/// # Errors
/// [`Problem::Write`]; [`Problem::Mismatch`] if labels and vertices differ in number, or an id does not fit a ushort.
pub fn write_labels_ply(path: impl AsRef<Path>, mesh: &Mesh, nyu40_ids: &[i32]) -> Result<()> {
    let path = path.as_ref();
    if let Some(id) = nyu40_ids.iter().find(|&&id| u16::try_from(id).is_err()) {
        let what = format!("{id} is not a NYU40 id");
        return Err(Problem::mismatch(what, "convert the labels to NYU40 first").at(path));
    }
    let nyu40 = LabelSet::nyu40();
    let color: Vec<[u8; 3]> = nyu40.classes_of_ids(nyu40_ids).into_iter().map(|class| nyu40.color_of(class)).collect();
    let label = Some(("ushort", "label", nyu40_ids));
    write(path, &Columns { color: Some(&color), label, ..Columns::of(mesh) })
}

/// Writes a coloured cloud or mesh, such as a prediction, as a PLY file that any viewer opens.
///
/// # Errors
/// [`Problem::Write`]; [`Problem::Mismatch`] if the arrays differ in length.
pub fn write_colored_cloud(path: impl AsRef<Path>, cloud: &ColoredCloud<'_>) -> Result<()> {
    let ColoredCloud { coord, offset, color, label, confidence, faces } = *cloud;
    let label = label.map(|(name, values)| ("int", name, values));
    write(path.as_ref(), &Columns { coord, offset, color: Some(color), label, confidence, faces })
}

/// What a file has of every vertex, and the faces.
struct Columns<'a> {
    coord: &'a [[f32; 3]],
    offset: [f64; 3],
    color: Option<&'a [[u8; 3]]>,
    /// Type, name and values.
    label: Option<(&'a str, &'a str, &'a [i32])>,
    confidence: Option<&'a [f32]>,
    faces: Option<&'a [[u32; 3]]>,
}

impl<'a> Columns<'a> {
    /// The coordinates and faces of a mesh.
    fn of(mesh: &'a Mesh) -> Self {
        let (coord, offset, faces) = (mesh.coord.as_slice(), mesh.offset, Some(mesh.faces.as_slice()));
        Columns { coord, offset, color: None, label: None, confidence: None, faces }
    }
}

fn write(path: &Path, columns: &Columns) -> Result<()> {
    let Columns { coord, offset, color, label, confidence, faces } = *columns;
    let lengths = [
        ("colours", color.map(<[_]>::len)),
        ("labels", label.map(|l| l.2.len())),
        ("confidences", confidence.map(<[_]>::len)),
    ];
    for (what, n) in lengths.into_iter().filter_map(|(w, n)| Some((w, n?))) {
        if n != coord.len() {
            let what = format!("{n} {what} for {} vertices", coord.len());
            return Err(Problem::mismatch(what, "give one per vertex").at(path));
        }
    }
    let moved = offset != [0.0; 3];
    let mut header = format!("ply\nformat binary_little_endian 1.0\nelement vertex {}\n", coord.len());
    let float = if moved { "double" } else { "float" };
    header += &["x", "y", "z"].map(|axis| format!("property {float} {axis}\n")).concat();
    if color.is_some() {
        header += "property uchar red\nproperty uchar green\nproperty uchar blue\nproperty uchar alpha\n";
    }
    if let Some((kind, name, _)) = label {
        header += &format!("property {kind} {name}\n");
    }
    if confidence.is_some() {
        header += "property float confidence\n";
    }
    if let Some(faces) = faces {
        header += &format!("element face {}\nproperty list uchar int vertex_indices\n", faces.len());
    }
    header += "end_header\n";
    atomic::write(path, |w| {
        w.write_all(header.as_bytes())?;
        for (i, p) in coord.iter().enumerate() {
            for (v, offset) in p.iter().zip(offset) {
                match moved {
                    true => w.write_all(&(f64::from(*v) + offset).to_le_bytes())?,
                    false => w.write_all(&v.to_le_bytes())?,
                }
            }
            if let Some(color) = color {
                let [r, g, b] = color[i];
                w.write_all(&[r, g, b, 255])?;
            }
            match label {
                Some(("ushort", _, l)) => w.write_all(&(l[i] as u16).to_le_bytes())?,
                Some((_, _, l)) => w.write_all(&l[i].to_le_bytes())?,
                None => {}
            }
            if let Some(confidence) = confidence {
                w.write_all(&confidence[i].to_le_bytes())?;
            }
        }
        for f in faces.unwrap_or_default() {
            let mut record = [3u8; 13];
            for (k, v) in f.iter().enumerate() {
                record[1 + 4 * k..][..4].copy_from_slice(&v.to_le_bytes());
            }
            w.write_all(&record)?;
        }
        Ok(())
    })
}
