//! One scan of a raw folder: which of its files are used, their hashes, its mesh and labels.

use crate::annotation::{Aggregation, Segments};
use crate::error::{Problem, Result};
use crate::extent;
use crate::faults::{Fault, FaultKind};
use crate::label_table::LabelTable;
use crate::mesh::{self, Mesh, check_scale, parse_mesh};
use crate::meta::{self, Matrix4, ScanMeta};
use crate::raw::{RawDataset, ScanFiles};
use crate::scan_labels::ScanLabels;
use crate::source::{self, sha256_hex};
use crate::splits::Split;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Name and SHA-256 of a file that a result was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceHash {
    /// File name, without folders.
    pub file: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

/// A label table with the hash of its file.
pub(crate) struct HashedTable {
    /// The table.
    pub table: LabelTable,
    /// Its file.
    pub hash: SourceHash,
}

impl HashedTable {
    /// Reads the table of a raw folder, if there is one.
    ///
    /// # Errors
    /// Those of [`LabelTable::read`].
    pub fn of(raw: &RawDataset) -> Result<Option<Self>> {
        raw.label_table.as_deref().map(Self::read).transpose()
    }

    /// Reads a table.
    ///
    /// # Errors
    /// Those of [`LabelTable::read`].
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = source::read_some(path, source::TEXT)?;
        let table = LabelTable::parse(&bytes).map_err(|p| p.at(path))?;
        Ok(HashedTable { table, hash: SourceHash { file: file_name(path), sha256: sha256_hex(&bytes) } })
    }
}

/// Where a scan's labels come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Annotation {
    /// Segments, objects and the label table: classes and instances.
    Objects,
    /// `labels.ply`: classes only.
    LabelMesh,
    /// None, as for v2's test scans.
    None,
}

impl Annotation {
    /// Whether a scan can be labelled only with a label table.
    pub fn needs_table(files: &ScanFiles) -> bool {
        files.aggregation().is_file() && files.segments().is_file() && !files.labels().is_file()
    }

    /// The best annotation that the files on disk allow.
    ///
    /// # Errors
    /// [`Problem::NotFound`] where a training or validation scan cannot be labelled, naming what is missing.
    pub fn choose(files: &ScanFiles, has_table: bool, split: Option<Split>) -> Result<Self> {
        let (objects, segments) = (files.aggregation().exists(), files.segments().exists());
        let missing = |what: &str, remedy: &'static str, path: PathBuf| -> Result<Self> {
            Err(Problem::not_found(what, remedy).at(path))
        };
        if objects && segments && has_table {
            return Ok(Annotation::Objects);
        }
        if files.labels().exists() {
            return Ok(Annotation::LabelMesh);
        }
        if objects && !segments {
            return missing("segments", "fetch the scan's segs.json", files.segments());
        }
        if objects {
            let remedy = "put scannetv2-labels.combined.tsv next to the scans folder, or give its path";
            return missing("label table", remedy, files.aggregation());
        }
        if files.high_resolution_aggregation().is_file() {
            let remedy = "fetch this file; '_vh_clean.aggregation.json' belongs to the high-resolution mesh";
            return missing("aggregation", remedy, files.aggregation());
        }
        if split == Some(Split::Test) || split.is_none() {
            return Ok(Annotation::None);
        }
        missing("annotation", "fetch the scan's aggregation.json and segs.json, or its labels.ply", files.aggregation())
    }
}

/// The bytes of the files that a scan is made from, and their hashes.
pub(crate) struct ScanSources {
    files: ScanFiles,
    annotation: Annotation,
    mesh: Vec<u8>,
    segments: Option<Vec<u8>>,
    objects: Option<Vec<u8>>,
    labels: Option<Vec<u8>>,
    meta: Option<Vec<u8>>,
    /// Hashes, in a fixed order.
    pub hashes: Vec<SourceHash>,
}

impl ScanSources {
    /// Opens and hashes the files that are used, the meta file only if the scan is to be aligned; takes about 5 ms for
    /// 150,000 vertices.
    ///
    /// # Errors
    /// A file is missing, unreadable or empty.
    pub fn open(files: &ScanFiles, annotation: Annotation, table: Option<&HashedTable>, align: bool) -> Result<Self> {
        let mut hashes = Vec::new();
        let mut open = |path: PathBuf, read: &dyn Fn(&Path) -> Result<Vec<u8>>| -> Result<Vec<u8>> {
            let bytes = read(&path)?;
            hashes.push(SourceHash { file: file_name(&path), sha256: sha256_hex(&bytes) });
            Ok(bytes)
        };
        let objects = annotation == Annotation::Objects;
        let deeper = files.dir.join(&files.id).join(file_name(&files.mesh()));
        if !files.mesh().exists() && deeper.is_file() {
            let what = "the scan lies one folder too deep";
            return Err(Problem::mismatch(what, "move its files one folder up").at(deeper));
        }
        let (json, text) =
            (|p: &Path| source::read_some(p, source::JSON), |p: &Path| source::read_some(p, source::TEXT));
        let mesh = open(files.mesh(), &mesh::read_bytes)?;
        let segments = objects.then(|| open(files.segments(), &json)).transpose()?;
        let aggregation = objects.then(|| open(files.aggregation(), &json)).transpose()?;
        let label_mesh = annotation == Annotation::LabelMesh;
        let labels = label_mesh.then(|| open(files.labels(), &mesh::read_bytes)).transpose()?;
        let meta = (align && files.meta().exists()).then(|| open(files.meta(), &text)).transpose()?;
        if objects {
            hashes.extend(table.map(|t| t.hash.clone()));
        }
        Ok(ScanSources { files: files.clone(), annotation, mesh, segments, objects: aggregation, labels, meta, hashes })
    }

    /// Reads mesh and labels.
    ///
    /// # Errors
    /// Anything that makes the scan unusable, with the file's name.
    pub fn read(&self, table: Option<&LabelTable>, align: bool) -> Result<RawScan> {
        let f = &self.files;
        let mut mesh = parse_mesh(&self.mesh).map_err(|p| p.at(f.mesh()))?;
        check_scale(&mesh.coord).map_err(|p| p.at(f.mesh()))?;
        let vertices = mesh.coord.len();
        let mut faults: Vec<Fault> = mesh.notes.drain(..).map(|n| Fault::new(FaultKind::MeshNote, 0, n)).collect();
        let labels = match (self.annotation, &self.segments, &self.objects, &self.labels, table) {
            (Annotation::Objects, Some(segments), Some(objects), _, Some(table)) => {
                let segments = Segments::parse(segments).map_err(|p| p.at(f.segments()))?;
                let objects = Aggregation::parse(objects).map_err(|p| p.at(f.aggregation()))?;
                let labels = ScanLabels::from_objects(&f.id, vertices, &segments, &objects, table);
                Some(labels.map_err(|p| p.at(f.aggregation()))?)
            }
            (Annotation::LabelMesh, _, _, Some(bytes), _) => {
                Some(label_mesh(bytes, vertices).map_err(|p| p.at(f.labels()))?)
            }
            _ => {
                faults.push(Fault::new(FaultKind::NoLabels, vertices, "the scan has no annotation"));
                None
            }
        };
        let mut alignment = None;
        if align {
            let meta = self.meta.as_deref().map(|b| ScanMeta::parse(&String::from_utf8_lossy(b))).transpose();
            alignment = meta.map_err(|p| p.at(f.meta()))?.and_then(|m| m.axis_alignment);
            alignment = alignment.map(|matrix| meta::after_moving(matrix, mesh.offset));
            if alignment.is_none() {
                let detail = "no axisAlignment: coordinates are as scanned";
                faults.push(Fault::new(FaultKind::NoAxisAlignment, vertices, detail));
            }
        }
        faults.extend(extent::coordinate_faults(&mesh.coord));
        faults.extend(labels.iter().flat_map(|l| l.faults.iter().cloned()));
        Ok(RawScan { mesh, labels, alignment, faults })
    }
}

/// Reads a label mesh's ids.
pub(crate) fn label_mesh(bytes: &[u8], vertices: usize) -> Result<ScanLabels, Problem> {
    let ids = parse_mesh(bytes)?.label.ok_or(Problem::MissingProperty("label"))?;
    ScanLabels::from_label_mesh(vertices, &ids)
}

/// Mesh and labels of one scan.
pub(crate) struct RawScan {
    /// The mesh, as scanned.
    pub mesh: Mesh,
    /// Labels per vertex; `None` if the scan has no annotation.
    pub labels: Option<ScanLabels>,
    /// The axis alignment if it was asked for and exists; not applied yet.
    pub alignment: Option<Matrix4>,
    /// All faults, each once.
    pub faults: Vec<Fault>,
}

impl ScanFiles {
    /// Reads the label mesh, if there is one.
    ///
    /// # Errors
    /// The file is unreadable, has no labels, or another number of vertices.
    pub(crate) fn read_label_mesh(&self, vertices: usize) -> Result<Option<ScanLabels>> {
        let path = self.labels();
        if !path.exists() {
            return Ok(None);
        }
        label_mesh(&mesh::read_bytes(&path)?, vertices).map(Some).map_err(|p| p.at(path))
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
