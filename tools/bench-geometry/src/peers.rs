//! The measurements of other Rust libraries.

use crate::scene::CHUNK_POINTS;
use crate::{Failure, Input, SCAN, hash, timed};
use kiddo::{ImmutableKdTree, SquaredEuclidean};
use ply_rs_bw::parser::{Parser, Reader};
use ply_rs_bw::ply::{BeginList, PropertyAccess, PropertyAccessResult};
use std::num::NonZeroUsize;

pub fn run(case: &str, implementation: &str, input: &Input) -> Result<(f64, String), Failure> {
    let Input { scene, chunks, centers, chunk_centers, raw, .. } = input;
    Ok(match (case, implementation) {
        ("ball_chunks", "kiddo") => {
            let (ms, ids) = timed(|| {
                let clouds = chunks.chunks_exact(CHUNK_POINTS).zip(chunk_centers.chunks_exact(1024));
                clouds.flat_map(|(p, c)| ball(p, c)).collect::<Vec<u32>>()
            });
            (ms, hash(ids.into_iter()))
        }
        ("ball_scene", "kiddo") => {
            let (ms, ids) = timed(|| ball(scene, centers));
            (ms, hash(ids.into_iter()))
        }
        ("three_nn_chunks", "kiddo") => {
            let (ms, found) = timed(|| {
                let clouds = chunk_centers.chunks_exact(1024).zip(chunks.chunks_exact(CHUNK_POINTS));
                clouds.map(|(p, q)| nearest(p, q, 3)).collect::<Vec<_>>()
            });
            (ms, hash(found.into_iter().flat_map(|f| f.0)))
        }
        ("three_nn_scene", "kiddo") => {
            let (ms, found) = timed(|| nearest(centers, scene, 3));
            (ms, hash(found.0.into_iter()))
        }
        ("knn_16_scene", "kiddo") => {
            let (ms, found) = timed(|| nearest(scene, scene, 16));
            (ms, hash(found.1.into_iter().map(f32::to_bits)))
        }
        ("read_ply", "ply-rs-bw") => {
            let path = raw.scan(SCAN).ok_or("the prepared scan is missing")?.mesh();
            let (ms, mesh) = timed(|| ply(&path));
            let Arrays { coord, color, faces } = mesh?;
            std::hint::black_box(color);
            let coord = coord.iter().flat_map(|v| v.map(f32::to_bits));
            (ms, hash(coord.chain(faces.into_iter().flatten())))
        }
        _ => return Err(format!("{implementation} does not implement {case}").into()),
    })
}

fn tree(points: &[[f32; 3]]) -> ImmutableKdTree<f32, 3> {
    ImmutableKdTree::builder().with_serial_construction().build_from_slice(points).expect("not too many equal points")
}

/// The first 32 points in index order within 10 cm.
fn ball(points: &[[f32; 3]], centers: &[[f32; 3]]) -> Vec<u32> {
    let tree = tree(points);
    let (mut rows, mut found) = (vec![0; centers.len() * 32], Vec::new());
    for (row, center) in rows.chunks_exact_mut(32).zip(centers) {
        found.clear();
        let within = tree.query(center).within::<SquaredEuclidean<f32>>(0.1 * 0.1).unsorted().exclusive_boundaries();
        within.visit(|r| found.push(r.item));
        if found.len() > 32 {
            found.select_nth_unstable(31);
            found.truncate(32);
        }
        found.sort_unstable();
        for (k, place) in row.iter_mut().enumerate() {
            *place = found.get(k).or(found.first()).copied().unwrap_or(0);
        }
    }
    rows
}

fn nearest(points: &[[f32; 3]], queries: &[[f32; 3]], k: usize) -> (Vec<u32>, Vec<f32>) {
    let tree = tree(points);
    let mut scratch = tree.create_scratch::<SquaredEuclidean<f32>>();
    let k = NonZeroUsize::new(k).expect("at least one");
    let (mut ids, mut distances) = (Vec::new(), Vec::new());
    for query in queries {
        let found = tree.query(query).nearest_n::<SquaredEuclidean<f32>>(k).with_scratch(&mut scratch).execute();
        for r in found.iter() {
            ids.push(r.item);
            distances.push(r.distance);
        }
    }
    (ids, distances)
}

#[derive(Default)]
struct Vertex {
    coord: [f32; 3],
    color: [u8; 3],
}

// With setters by type, which the library offers for speed.
impl PropertyAccess for Vertex {
    fn new() -> Self {
        Self::default()
    }
    fn set_float(&mut self, name: &str, value: f32) -> PropertyAccessResult {
        match name {
            "x" => self.coord[0] = value,
            "y" => self.coord[1] = value,
            "z" => self.coord[2] = value,
            _ => return PropertyAccessResult::Ignored,
        }
        PropertyAccessResult::Set
    }
    fn set_uchar(&mut self, name: &str, value: u8) -> PropertyAccessResult {
        match name {
            "red" => self.color[0] = value,
            "green" => self.color[1] = value,
            "blue" => self.color[2] = value,
            _ => return PropertyAccessResult::Ignored,
        }
        PropertyAccessResult::Set
    }
}

#[derive(Default)]
struct Face {
    indices: Vec<i32>,
}

impl PropertyAccess for Face {
    fn new() -> Self {
        Self::default()
    }
    fn begin_list_int(&mut self, _: &str, _: usize) -> BeginList<'_, i32> {
        BeginList::Fill(&mut self.indices)
    }
}

/// Arrays of coordinates, colours and faces, as all readers return them.
struct Arrays {
    coord: Vec<[f32; 3]>,
    color: Vec<[u8; 3]>,
    faces: Vec<[u32; 3]>,
}

fn ply(path: &std::path::Path) -> Result<Arrays, Failure> {
    let mut file = Reader::new(std::io::BufReader::with_capacity(1 << 16, std::fs::File::open(path)?));
    let (vertices, faces) = (Parser::<Vertex>::new(), Parser::<Face>::new());
    let header = vertices.read_header(&mut file)?;
    let (mut read_vertices, mut read_faces) = (Vec::new(), Vec::new());
    for (name, element) in &header.elements {
        match name.as_str() {
            "vertex" => read_vertices = vertices.read_payload_for_element(&mut file, element, &header)?,
            _ => read_faces = faces.read_payload_for_element(&mut file, element, &header)?,
        }
    }
    let triangle = |face: &Face| match face.indices[..] {
        [a, b, c] => Ok([a as u32, b as u32, c as u32]),
        _ => Err("a face is not a triangle"),
    };
    Ok(Arrays {
        coord: read_vertices.iter().map(|v| v.coord).collect(),
        color: read_vertices.iter().map(|v| v.color).collect(),
        faces: read_faces.iter().map(triangle).collect::<Result<_, _>>()?,
    })
}
