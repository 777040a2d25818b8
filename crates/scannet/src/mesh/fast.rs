//! Little-endian binary PLY with fixed-size vertices and triangle faces, read in place.

use super::colors::Colors;
use super::header::{Header, size_of, unused};
use super::records::{FACE, SCANNET, Triangles, scannet_vertices, triangles};
use super::{Mesh, check_coordinates};
use crate::error::Problem;
use ply_rs_bw::ply::{ElementDef, Encoding, PropertyType, ScalarType};

/// Byte offsets in a vertex record. Covers ScanNet's meshes and label meshes, and what common exporters write.
pub(super) struct Layout {
    vertices: usize,
    stride: usize,
    coord: [usize; 3],
    color: Option<[usize; 3]>,
    normal: Option<[usize; 3]>,
    label: Option<(usize, ScalarType)>,
    confidence: Option<usize>,
    faces: usize,
    notes: Vec<String>,
}

impl Layout {
    /// The layout, if the header describes one that can be read in place.
    pub(super) fn of(header: &Header) -> Option<Self> {
        if header.encoding != Encoding::BinaryLittleEndian {
            return None;
        }
        let (vertex, faces) = match header.elements.as_slice() {
            [v] => (v, 0),
            [v, f] if is_triangle_list(f) => (v, f.count),
            _ => return None,
        };
        if vertex.name != "vertex" {
            return None;
        }
        let mut stride = 0;
        let mut at = Vec::with_capacity(vertex.properties.len());
        for (name, p) in &vertex.properties {
            let PropertyType::Scalar(s) = &p.data_type else { return None };
            at.push((name.as_str(), s, stride));
            stride += size_of(s);
        }
        let find = |name: &str| at.iter().find(|(n, _, _)| *n == name).map(|&(_, s, o)| (s.clone(), o));
        // Three properties of one type. If they have another type, this reader cannot read the file.
        let triple = |names: [&str; 3], want: ScalarType| -> Option<Option<[usize; 3]>> {
            let [a, b, c] = names.map(find);
            match (a, b, c) {
                (Some(a), Some(b), Some(c)) if a.0 == want && b.0 == want && c.0 == want => Some(Some([a.1, b.1, c.1])),
                (None, None, None) => Some(None),
                _ => None,
            }
        };
        let label = find("label");
        if matches!(label, Some((ScalarType::Float | ScalarType::Double, _))) {
            return None;
        }
        let (color, colors) = (triple(["red", "green", "blue"], ScalarType::UChar)?, Colors::of(vertex));
        // Colours of other names.
        if color.is_none() && colors.is_some() {
            return None;
        }
        Some(Layout {
            vertices: vertex.count,
            stride,
            coord: triple(["x", "y", "z"], ScalarType::Float)??,
            color,
            normal: triple(["nx", "ny", "nz"], ScalarType::Float)?,
            label: label.map(|(s, o)| (o, s)),
            confidence: find("confidence").filter(|(s, _)| *s == ScalarType::Float).map(|(_, o)| o),
            faces,
            notes: unused(vertex, colors.as_ref()).into_iter().collect(),
        })
    }

    /// Reads the payload, allocating no more memory than the bytes that are there need. The flag says whether the mesh
    /// is known to be valid: it has vertices, all of them near enough, and faces have no other vertices. `None` if a face is
    /// not a triangle: then faces differ in length, and the general reader has to read them.
    pub(super) fn read(&self, payload: &[u8]) -> Result<Option<(Mesh, bool)>, Problem> {
        let have = payload.len() as u64;
        let vertex_bytes = (self.vertices as u64).saturating_mul(self.stride as u64);
        let need = vertex_bytes.saturating_add((self.faces as u64).saturating_mul(FACE as u64));
        if have < vertex_bytes {
            return Err(Problem::Truncated { need, have });
        }
        let (vertices, rest) = payload.split_at(vertex_bytes as usize);
        let records = &rest.as_chunks::<FACE>().0;
        let records = &records[..records.len().min(self.faces)];
        let Triangles { faces, other, below } = triangles(records, self.vertices);
        let mut sound = self.vertices > 0 && below;
        if other {
            return Ok(None);
        }
        // A record that is cut off may also be a face with fewer corners.
        if records.len() < self.faces && rest.get(records.len() * FACE).is_some_and(|&corners| corners != 3) {
            return Ok(None);
        }
        if have < need {
            return Err(Problem::Truncated { need, have });
        }
        if have > need {
            return Err(Problem::Trailing { extra: have - need });
        }
        let records = || vertices.chunks_exact(self.stride);
        let (coord, color) = match self {
            Layout { stride: SCANNET, coord: [0, 4, 8], color: Some([12, 13, 14]), .. } => {
                let (coord, color, near) = scannet_vertices(vertices);
                sound &= near;
                (coord, Some(color))
            }
            _ => {
                let coord = self.floats(vertices, self.coord);
                sound &= check_coordinates(&coord).is_ok();
                (coord, self.color.map(|o| records().map(|r| o.map(|o| r[o])).collect::<Vec<_>>()))
            }
        };
        let mesh = Mesh {
            coord,
            offset: [0.0; 3],
            color,
            normal: self.normal.map(|o| self.floats(vertices, o)),
            label: self.label.as_ref().map(|(o, t)| records().map(|r| integer(&r[*o..], t)).collect()),
            confidence: self.confidence.map(|o| records().map(|r| float(r, o)).collect()),
            faces,
            notes: self.notes.clone(),
        };
        Ok(Some((mesh, sound)))
    }

    fn floats(&self, vertices: &[u8], offsets: [usize; 3]) -> Vec<[f32; 3]> {
        vertices.chunks_exact(self.stride).map(|r| offsets.map(|o| float(r, o))).collect()
    }
}

/// The float at an offset of a record.
fn float(r: &[u8], o: usize) -> f32 {
    f32::from_le_bytes([r[o], r[o + 1], r[o + 2], r[o + 3]])
}

fn is_triangle_list(face: &ElementDef) -> bool {
    let mut properties = face.properties.values();
    let first = properties.next().map(|p| (p.name.as_str(), &p.data_type));
    face.name == "face"
        && properties.next().is_none()
        && matches!(
            first,
            Some((
                "vertex_indices" | "vertex_index",
                PropertyType::List(ScalarType::UChar, ScalarType::Int | ScalarType::UInt)
            ))
        )
}

/// The integer at the start of `r`. Labels beyond i32 do not occur; they saturate.
fn integer(r: &[u8], t: &ScalarType) -> i32 {
    match t {
        ScalarType::Char => i32::from(r[0] as i8),
        ScalarType::UChar => i32::from(r[0]),
        ScalarType::Short => i32::from(i16::from_le_bytes([r[0], r[1]])),
        ScalarType::UShort => i32::from(u16::from_le_bytes([r[0], r[1]])),
        ScalarType::UInt => u32::from_le_bytes([r[0], r[1], r[2], r[3]]).min(i32::MAX as u32) as i32,
        _ => i32::from_le_bytes([r[0], r[1], r[2], r[3]]),
    }
}
