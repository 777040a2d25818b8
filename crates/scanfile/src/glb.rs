//! Binary glTF, as apps of phones write it.

use crate::{Cloud, unreadable};
use gltf::buffer::Source;
use gltf::mesh::{Mode, Primitive};
use gltf::{Gltf, Node};
use scannet::{ColorRange, Problem, source};
use std::path::Path;

/// Most bytes of a model.
const MOST: u64 = 4 << 30;

/// A matrix of 4 × 4, its columns one after another.
type Matrix = [[f64; 4]; 4];

pub fn read(path: &Path) -> Result<Cloud, Problem> {
    let bytes = source::read(path, MOST).map_err(Problem::Read)?;
    let Gltf { document, blob } = Gltf::from_slice(&bytes).map_err(|cause| unreadable("GLB", cause))?;
    if document.buffers().any(|buffer| matches!(buffer.source(), Source::Uri(_))) {
        return Err(unreadable("GLB", "its points are in another file"));
    }
    let blob = blob.unwrap_or_default();
    let Some(scene) = document.default_scene().or_else(|| document.scenes().next()) else {
        return Err(unreadable("GLB", "it has no scene"));
    };
    let mut cloud = Cloud { range: Some(ColorRange::Byte), ..Cloud::default() };
    let mut others = 0;
    // +y is up in glTF
    let up = [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]];
    let mut waiting: Vec<(Node, Matrix)> = scene.nodes().map(|node| (node, up)).collect();
    while let Some((node, parent)) = waiting.pop() {
        let own = node.transform().matrix().map(|column| column.map(f64::from));
        let matrix = own.map(|column| apply(&parent, column));
        for primitive in node.mesh().iter().flat_map(|mesh| mesh.primitives()) {
            match primitive.mode() {
                Mode::Triangles | Mode::Points => add(&mut cloud, &primitive, &matrix, &blob)?,
                _ => others += 1,
            }
        }
        waiting.extend(node.children().map(|child| (child, matrix)));
        if waiting.len() > document.nodes().len() {
            return Err(unreadable("GLB", "its nodes contain each other"));
        }
    }
    if others > 0 {
        cloud.notes.push(format!("{} no triangles left out", scannet::count(others, "part that is|parts that are")));
    }
    Ok(cloud)
}

/// Adds the points and triangles of a part of a mesh.
fn add(cloud: &mut Cloud, part: &Primitive, matrix: &Matrix, blob: &[u8]) -> Result<(), Problem> {
    let reader = part.reader(|_| Some(blob));
    let Some(positions) = reader.read_positions() else {
        return Err(unreadable("GLB", "a part of it has no positions"));
    };
    let first = cloud.coord.len();
    cloud.coord.extend(positions.map(|[x, y, z]| {
        let [x, y, z, _] = apply(matrix, [f64::from(x), f64::from(y), f64::from(z), 1.0]);
        [x, y, z]
    }));
    let points = cloud.coord.len() - first;
    cloud.color.extend(reader.read_colors(0).into_iter().flat_map(|c| c.into_rgb_u8()).map(|c| c.map(f64::from)));
    cloud.color.resize(cloud.coord.len(), [0.0; 3]);
    if part.mode() == Mode::Triangles {
        let corners: Vec<u32> = match reader.read_indices() {
            Some(indices) => indices.into_u32().collect(),
            None => (0..points as u32).collect(),
        };
        // beyond the part, an index would lead into another one
        if corners.iter().any(|corner| *corner as usize >= points) {
            return Err(unreadable("GLB", "a triangle has a corner that does not exist"));
        }
        let corner = |corner: u32| corner + first as u32;
        cloud.faces.extend(corners.chunks_exact(3).map(|face| [corner(face[0]), corner(face[1]), corner(face[2])]));
    }
    Ok(())
}

fn apply(matrix: &Matrix, v: [f64; 4]) -> [f64; 4] {
    std::array::from_fn(|row| (0..4).map(|column| matrix[column][row] * v[column]).sum())
}
