//! Preparing one scan: its arrays and its record are written into a folder of a temporary name, which is renamed.

use super::PreprocessOptions;
use crate::error::{Error, Problem, Result};
use crate::faults::{Fault, FaultKind};
use crate::folder::{remove_dir, write_folder};
use crate::manifest::{ScanEntry, WrittenFile};
use crate::meta;
use crate::normals::normals;
use crate::npy;
use crate::raw::ScanFiles;
use crate::record::Record;
use crate::scan::{Annotation, HashedTable, RawScan, ScanSources};
use crate::source::sha256_hex;
use crate::splits::{Release, Split};
use crate::stats::class_counts;
use std::path::Path;

/// What all scans of a run share.
pub(super) struct Job<'a> {
    pub out: &'a Path,
    pub options: &'a PreprocessOptions,
    pub release: Release,
    pub table: Option<&'a HashedTable>,
}

impl Job<'_> {
    /// Returns the scan's entry, and whether it was prepared now. `known` are the records of the scan in the store.
    pub fn prepare(&self, files: &ScanFiles, split: Split, known: &[Record]) -> Result<(ScanEntry, bool)> {
        let annotation = Annotation::choose(files, self.table.is_some(), Some(split))?;
        let sources = ScanSources::open(files, annotation, self.table, self.options.align)?;
        let PreprocessOptions { normals, align, nyu40, force, .. } = *self.options;
        let old = known.iter().map(|r| &r.entry).find(|e| e.split == split).filter(|_| !force);
        if let Some(old) = old.filter(|e| (e.normals, e.align, e.nyu40) == (normals, align, nyu40))
            && old.sources == sources.hashes
            && old.check_files(&self.out.join(split.name()).join(&old.id)).is_ok()
        {
            self.leave(known, split)?;
            return Ok((old.clone(), false));
        }
        let mut scan = sources.read(self.table.map(|t| &t.table), align)?;
        let target = self.out.join(split.name()).join(&files.id);
        let entry = write_folder(&target, |temporary| {
            let put = || {
                let written = self.write(&mut scan, temporary)?;
                let labels = scan.labels.as_ref();
                let instance = labels.and_then(|l| l.instance.as_deref());
                let entry = ScanEntry {
                    id: files.id.clone(),
                    split,
                    normals,
                    align,
                    nyu40,
                    vertices: scan.mesh.coord.len(),
                    classes: labels.map(|l| class_counts(&l.segment20, 20)),
                    unannotated: instance.map(|i| i.iter().filter(|&&v| v == -1).count() as u64),
                    sources: sources.hashes.clone(),
                    files: written,
                    faults: scan.faults,
                };
                let record = Record::new(self.release, entry);
                record.write(temporary).map(|()| record.entry)
            };
            put().map_err(|e: Error| e.renamed(temporary, &target))
        })?;
        self.leave(known, split)?;
        Ok((entry, true))
    }

    /// Removes a scan from the splits that it is no longer in.
    fn leave(&self, known: &[Record], split: Split) -> Result<()> {
        let mut elsewhere = known.iter().map(|r| &r.entry).filter(|e| e.split != split);
        elsewhere.try_for_each(|e| remove_dir(&self.out.join(e.split.name()).join(&e.id)))
    }

    fn write(&self, scan: &mut RawScan, dir: &Path) -> Result<Vec<WrittenFile>> {
        let mesh = &mut scan.mesh;
        if let Some(alignment) = &scan.alignment {
            meta::transform(alignment, &mut mesh.coord);
            mesh.normal.iter_mut().for_each(|normal| meta::rotate(alignment, normal));
        }
        let mut files = Vec::new();
        let mut put = |name: &str, bytes: &[u8]| -> Result<()> {
            let (file, sha256) = (name.to_owned(), sha256_hex(bytes));
            let bytes = npy::write_new(&dir.join(name), bytes)?;
            files.push(WrittenFile { file, bytes, sha256 });
            Ok(())
        };
        put("coord.npy", &npy::encode_points(&mesh.coord, true))?;
        if let Some(color) = &mesh.color {
            let color: Vec<[f32; 3]> = color.iter().map(|c| c.map(f32::from)).collect();
            put("color.npy", &npy::encode_points(&color, true))?;
        }
        if self.options.normals {
            let made = normals(mesh);
            let made = made.map_err(|e| Problem::mismatch(format!("normals: {e}"), "check the mesh").at(dir))?;
            let kind = if mesh.normal.is_none() { FaultKind::NoFaces } else { FaultKind::MeshNote };
            scan.faults.extend(made.note.map(|note| Fault::new(kind, mesh.coord.len(), note)));
            put("normal.npy", &npy::encode_points(&made.normal, false))?;
        }
        if let Some(labels) = &scan.labels {
            put("segment20.npy", &npy::encode_labels(&labels.segment20))?;
            if let Some(segment200) = &labels.segment200 {
                put("segment200.npy", &npy::encode_labels(segment200))?;
            }
            if self.options.nyu40 {
                put("segment40.npy", &npy::encode_labels(&labels.nyu40))?;
            }
            if let Some(instance) = &labels.instance {
                put("instance.npy", &npy::encode_labels(instance))?;
            }
        }
        Ok(files)
    }
}
