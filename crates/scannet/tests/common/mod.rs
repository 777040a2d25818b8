//! Small raw folders in ScanNet's layout.
#![allow(dead_code)]

use scannet::*;
use std::path::{Path, PathBuf};

/// A raw folder under construction.
pub struct Raw {
    pub dir: tempfile::TempDir,
}

/// Number of vertices of every scan: a strip of 2 × 6.
pub const VERTICES: usize = 12;

impl Raw {
    /// Four scans with labels (three train, one val), one test scan without, split lists and a label table.
    pub fn new() -> Self {
        let raw = Raw { dir: tempfile::tempdir().unwrap() };
        for (i, id) in ["scene0000_00", "scene0000_01", "scene0001_00", "scene0002_00"].into_iter().enumerate() {
            raw.add(id, i as u32);
        }
        raw.add_mesh("scans_test", "scene0707_00", 9);
        raw.list("train", &["scene0000_00", "scene0000_01", "scene0001_00"]);
        raw.list("val", &["scene0002_00"]);
        raw.list("test", &["scene0707_00"]);
        let row = |id, raw: &str, nyu40_id| LabelRow {
            id: Some(id),
            raw_category: raw.into(),
            category: raw.into(),
            count: 1,
            nyu40_id,
        };
        let rows = vec![row(1, "wall", 1), row(2, "office chair", 5), row(45, "ceiling", 22)];
        LabelTable::from_rows(rows).write(raw.path().join("scannetv2-labels.combined.tsv")).unwrap();
        raw
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn open(&self) -> RawDataset {
        RawDataset::open(self.path(), &RawOptions::default()).unwrap()
    }

    pub fn file(&self, scan: &str, suffix: &str) -> PathBuf {
        self.path().join("scans").join(scan).join(format!("{scan}{suffix}"))
    }

    pub fn list(&self, split: &str, scans: &[&str]) {
        std::fs::create_dir_all(self.path().join("splits")).unwrap();
        std::fs::write(self.path().join(format!("splits/{split}.txt")), scans.join("\n")).unwrap();
    }

    pub fn mesh(shift: u32) -> Mesh {
        let at = |i: usize| [(i / 2) as f32 * 0.02 + shift as f32, (i % 2) as f32 * 0.02, 0.5];
        let face = |i: u32| [[i, i + 2, i + 1], [i + 1, i + 2, i + 3]];
        Mesh {
            coord: (0..VERTICES).map(at).collect(),
            color: Some((0..VERTICES).map(|i| [i as u8, shift as u8, 255]).collect()),
            faces: (0..VERTICES as u32 - 2).step_by(2).flat_map(face).collect(),
            ..Mesh::default()
        }
    }

    pub fn add_mesh(&self, folder: &str, id: &str, shift: u32) {
        let dir = self.path().join(folder).join(id);
        std::fs::create_dir_all(&dir).unwrap();
        write_mesh(dir.join(format!("{id}_vh_clean_2.ply")), &Self::mesh(shift)).unwrap();
    }

    /// Segments 10, 11, 12 and 13 of three vertices each: wall, chair, ceiling, nothing.
    pub fn add(&self, id: &str, shift: u32) {
        self.add_mesh("scans", id, shift);
        let segments = Segments {
            scene_id: id.into(),
            seg_indices: (0..VERTICES as u32).map(|i| 10 + i / 3).collect(),
            ..Segments::default()
        };
        segments.write(self.file(id, "_vh_clean_2.0.010000.segs.json")).unwrap();
        self.objects(id, &[("wall", &[10]), ("office chair", &[11]), ("ceiling", &[12])]);
        write_labels_ply(self.file(id, "_vh_clean_2.labels.ply"), &Self::mesh(shift), &NYU40).unwrap();
        let alignment = [[0., -1., 0., 0.], [1., 0., 0., 0.], [0., 0., 1., 1.], [0., 0., 0., 1.]];
        ScanMeta { axis_alignment: Some(alignment), ..ScanMeta::default() }.write(self.file(id, ".txt")).unwrap();
    }

    pub fn objects(&self, id: &str, objects: &[(&str, &[u32])]) {
        let group = |(i, (label, segments)): (usize, &(&str, &[u32]))| SegGroup {
            id: i as u32,
            object_id: i as u32,
            segments: segments.to_vec(),
            label: label.to_string(),
        };
        let groups = objects.iter().enumerate().map(group).collect();
        let aggregation = Aggregation { scene_id: format!("scannet.{id}"), groups, ..Aggregation::default() };
        aggregation.write(self.file(id, ".aggregation.json")).unwrap();
    }
}

/// Labels of every scan.
pub const NYU40: [i32; VERTICES] = [1, 1, 1, 5, 5, 5, 22, 22, 22, 0, 0, 0];
pub const SEGMENT20: [i32; VERTICES] = [0, 0, 0, 4, 4, 4, -1, -1, -1, -1, -1, -1];
pub const INSTANCE: [i32; VERTICES] = [0, 0, 0, 1, 1, 1, 2, 2, 2, -1, -1, -1];

/// All files in a folder with their bytes, sorted.
pub fn tree(root: &Path) -> Vec<(String, Vec<u8>)> {
    let (mut files, mut folders) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(dir) = folders.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                files.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}
