//! Reading and preparing one scan of 150,000 vertices and 298,452 faces in ScanNet's layout: `cargo bench -p scannet`.

use criterion::{Criterion, criterion_group, criterion_main};
use labelset::LabelSet;
use scannet::*;
use std::hint::black_box;
use std::path::Path;

const WIDTH: u32 = 375;
const HEIGHT: u32 = 400;
const SCAN: &str = "scene0000_00";

/// A wavy floor of 375 × 400 vertices in segments of about a hundred, and an object for every twenty segments.
fn write_raw(root: &Path) {
    let dir = root.join("scans").join(SCAN);
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::create_dir_all(root.join("splits")).unwrap();
    std::fs::write(root.join("splits/train.txt"), SCAN).unwrap();
    let at = |i: u32| (i % WIDTH, i / WIDTH);
    let vertices = WIDTH * HEIGHT;
    let coord = |(x, y): (u32, u32)| [x as f32 * 0.02, y as f32 * 0.02, (x as f32 * 0.1).sin() * 0.1];
    let faces = (0..vertices).filter(|&i| at(i).0 + 1 < WIDTH && at(i).1 + 1 < HEIGHT);
    let mesh = Mesh {
        coord: (0..vertices).map(at).map(coord).collect(),
        color: Some((0..vertices).map(|i| [i as u8, (i >> 8) as u8, 7]).collect()),
        faces: faces.flat_map(|i| [[i, i + 1, i + WIDTH], [i + 1, i + WIDTH + 1, i + WIDTH]]).collect(),
        ..Mesh::default()
    };
    write_mesh(dir.join(format!("{SCAN}_vh_clean_2.ply")), &mesh).unwrap();
    let segment = |(x, y): (u32, u32)| (x / 10) * 10 + (y / 10) * 10 * WIDTH;
    let seg_indices: Vec<u32> = (0..vertices).map(at).map(segment).collect();
    let mut ids = seg_indices.clone();
    ids.sort_unstable();
    ids.dedup();
    Segments { seg_indices, ..Segments::default() }
        .write(dir.join(format!("{SCAN}_vh_clean_2.0.010000.segs.json")))
        .unwrap();
    let group = |(i, s): (usize, &[u32])| SegGroup {
        id: i as u32,
        object_id: i as u32,
        segments: s.to_vec(),
        label: ["wall", "chair"][i % 2].into(),
    };
    let groups = ids.chunks(20).enumerate().map(group).collect();
    Aggregation { groups, ..Aggregation::default() }.write(dir.join(format!("{SCAN}.aggregation.json"))).unwrap();
    let row =
        |id, raw: &str, nyu40_id| LabelRow { id: Some(id), raw_category: raw.into(), nyu40_id, ..Default::default() };
    LabelTable::from_rows(vec![row(1, "wall", 1), row(2, "chair", 5)])
        .write(root.join("scannetv2-labels.combined.tsv"))
        .unwrap();
}

fn scan(c: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    write_raw(dir.path());
    let raw = RawDataset::open(dir.path(), &RawOptions::default()).unwrap();
    let files = raw.scan(SCAN).unwrap().clone();
    c.bench_function("read mesh", |b| b.iter(|| read_mesh(black_box(files.mesh())).unwrap()));
    c.bench_function("read segs.json", |b| b.iter(|| Segments::read(black_box(files.segments())).unwrap()));
    let out = dir.path().join("out");
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for (name, normals) in [("preprocess, no normals", false), ("preprocess, normals", true)] {
        let options = PreprocessOptions { normals, force: true, ..PreprocessOptions::default() };
        c.bench_function(name, |b| b.iter(|| one.install(|| preprocess(&raw, &out, &options, &|_| {}).unwrap())));
    }
    let store = PreparedStore::open(&out).unwrap();
    let labels = LabelSet::scannet20();
    let arrays = Arrays { color: true, normal: true, labels: Some(&labels), instance: true };
    c.bench_function("load prepared scene", |b| b.iter(|| store.load_arrays(Split::Train, SCAN, &arrays).unwrap()));
    let skip = PreprocessOptions::default();
    c.bench_function("find a scan unchanged", |b| {
        b.iter(|| one.install(|| preprocess(&raw, &out, &skip, &|_| {}).unwrap()))
    });
}

criterion_group! { name = benches; config = Criterion::default().sample_size(20); targets = scan }
criterion_main!(benches);
