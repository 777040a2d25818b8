//! Binary glTF, as apps of phones write it.

use crate::{Cloud, unreadable};
use gltf::accessor::{DataType, Dimensions};
use gltf::buffer::Source;
use gltf::mesh::{Mode, Primitive, Semantic};
use gltf::{Accessor, Gltf, Node};
use scannet::{ColorRange, Problem, source};
use std::path::Path;

/// Most bytes of a model.
const MOST: u64 = 4 << 30;

/// A matrix of 4 × 4, its columns one after another.
type Matrix = [[f64; 4]; 4];

pub fn read(path: &Path) -> Result<Cloud, Problem> {
    let bytes = source::read(path, MOST).map_err(Problem::Read)?;
    let length = bytes.get(8..12).map(|length| u32::from_le_bytes([length[0], length[1], length[2], length[3]]));
    if length.is_none_or(|length| (length as usize) < 20 || length as usize > bytes.len()) {
        return Err(wrong("its length is not that in its header"));
    }
    let Gltf { document, blob } = Gltf::from_slice(&bytes).map_err(wrong)?;
    let blob = blob.unwrap_or_default();
    let Some(scene) = document.default_scene().or_else(|| document.scenes().next()) else {
        return Err(wrong("it has no scene"));
    };
    let mut cloud = Cloud { range: Some(ColorRange::Byte), ..Cloud::default() };
    let mut left_out = 0;
    // +y is up in glTF
    let up = [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]];
    cloud.notes.push("+y is up in GLB; the scan is turned so that +z is".to_owned());
    // the last one comes first
    let mut waiting: Vec<(Node, Matrix)> = scene.nodes().map(|node| (node, up)).collect();
    waiting.reverse();
    let mut visits = 0;
    while let Some((node, parent)) = waiting.pop() {
        visits += 1;
        if visits > document.nodes().len() {
            return Err(wrong("its nodes have a cycle, or share a child"));
        }
        let own = node.transform().matrix().map(|column| column.map(f64::from));
        let matrix = own.map(|column| apply(&parent, column));
        for primitive in node.mesh().iter().flat_map(|mesh| mesh.primitives()) {
            match primitive.mode() {
                Mode::Triangles | Mode::Points => add(&mut cloud, &primitive, &matrix, &blob)?,
                _ => left_out += 1,
            }
        }
        let children = node.children().map(|child| (child, matrix));
        let first = waiting.len();
        waiting.extend(children);
        waiting[first..].reverse();
    }
    if left_out > 0 {
        let parts = scannet::count(left_out, "part is|parts are");
        cloud.notes.push(format!("{parts} left out: lines and strips are not read"));
    }
    Ok(cloud)
}

fn wrong(cause: impl std::fmt::Display) -> Problem {
    unreadable("GLB", cause)
}

/// Adds the points and triangles of a part of a mesh.
fn add(cloud: &mut Cloud, part: &Primitive, matrix: &Matrix, blob: &[u8]) -> Result<(), Problem> {
    let Some(position) = part.get(&Semantic::Positions) else { return Err(wrong("a part of it has no positions")) };
    check(&position, blob, &[DataType::F32], &[Dimensions::Vec3])?;
    let color = part.get(&Semantic::Colors(0));
    let channels = [DataType::U8, DataType::U16, DataType::F32];
    color.iter().try_for_each(|color| check(color, blob, &channels, &[Dimensions::Vec3, Dimensions::Vec4]))?;
    let whole = [DataType::U8, DataType::U16, DataType::U32];
    part.indices().iter().try_for_each(|indices| check(indices, blob, &whole, &[Dimensions::Scalar]))?;

    let (first, points) = (cloud.coord.len(), position.count());
    // a mesh may be in many places
    cloud.check_room(points)?;
    let reader = part.reader(|_| Some(blob));
    cloud.coord.extend(reader.read_positions().into_iter().flatten().map(|[x, y, z]| {
        let [x, y, z, _] = apply(matrix, [f64::from(x), f64::from(y), f64::from(z), 1.0]);
        [x, y, z]
    }));
    let colors = reader.read_colors(0).into_iter().flat_map(|c| c.into_rgb_u8()).map(|c| c.map(f64::from));
    cloud.color.extend(colors.take(points));
    cloud.color.resize(cloud.coord.len(), [0.0; 3]);
    if part.mode() == Mode::Triangles {
        let corners: Vec<u32> = match reader.read_indices() {
            Some(indices) => indices.into_u32().collect(),
            None => (0..points as u32).collect(),
        };
        // beyond the part, an index would lead into another one
        if corners.iter().any(|corner| *corner as usize >= points) {
            return Err(wrong("a triangle has a corner that does not exist"));
        }
        let corner = |corner: u32| corner + first as u32;
        // seen in a mirror, triangles turn the other way
        let [second, third] = if determinant(matrix) < 0.0 { [2, 1] } else { [1, 2] };
        let triangle = |face: &[u32]| [corner(face[0]), corner(face[second]), corner(face[third])];
        cloud.faces.extend(corners.chunks_exact(3).map(triangle));
    }
    Ok(())
}

/// Checks that the values of an accessor are of a type that is read here, and all in the file's own bytes.
fn check(accessor: &Accessor, blob: &[u8], types: &[DataType], shapes: &[Dimensions]) -> Result<(), Problem> {
    if !types.contains(&accessor.data_type()) || !shapes.contains(&accessor.dimensions()) {
        return Err(wrong("positions, colours or indices are of an unusual type"));
    }
    let Some(view) = accessor.view().filter(|_| accessor.sparse().is_none()) else {
        return Err(wrong("its points are compressed, or sparse; export it without compression"));
    };
    if !matches!(view.buffer().source(), Source::Bin) {
        return Err(wrong("its points are in another file"));
    }
    let (size, count) = (accessor.size(), accessor.count());
    let stride = view.stride().unwrap_or(size);
    let within = count
        .checked_sub(1)
        .and_then(|before| before.checked_mul(stride)?.checked_add(accessor.offset())?.checked_add(size))
        .filter(|end| *end <= view.length() && stride >= size)
        .and_then(|_| view.offset().checked_add(view.length()));
    match within.is_some_and(|end| end <= blob.len()) {
        true => Ok(()),
        false => Err(wrong("its bytes end before those of its points")),
    }
}

/// Of the rotation and scale.
fn determinant([x, y, z, _]: &Matrix) -> f64 {
    x[0] * (y[1] * z[2] - y[2] * z[1]) + x[1] * (y[2] * z[0] - y[0] * z[2]) + x[2] * (y[0] * z[1] - y[1] * z[0])
}

fn apply(matrix: &Matrix, v: [f64; 4]) -> [f64; 4] {
    std::array::from_fn(|row| (0..4).map(|column| matrix[column][row] * v[column]).sum())
}
