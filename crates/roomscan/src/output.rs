//! Writes data sets in ScanNet's raw layout.

use crate::config::{RoomError, RoomsConfig, ScanSummary, ScanWritten, Summary};
use crate::names::{BENCHMARK_IDS, RAW_NAMES};
use crate::room::{ScannedRoom, generate_scan, scan_name};
use crate::segment::LEAST_VERTICES;
use rayon::prelude::*;
use scannet::{Aggregation, FolderLock, INCOMPLETE, LabelRow, LabelTable, ScanMeta, SegGroup, Segments, Split, atomic};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// This file marks folders made by this crate. It lists the scans, so that a later run can remove them.
const MARKER: &str = "roomscan.json";
const TABLE: &str = "scannetv2-labels.combined.tsv";
/// Version of the rooms. Its last number is raised whenever the same configuration gives other scans.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "+rooms.3");

#[derive(Serialize, Deserialize)]
struct Marker {
    version: String,
    config: RoomsConfig,
    scans: Vec<String>,
}

/// What a scan was made from and what was counted in it, in the scan's folder. With it a later run keeps the scan.
#[derive(Serialize, Deserialize)]
struct Record {
    version: String,
    config: RoomsConfig,
    /// The written files and their SHA-256.
    files: Vec<(String, String)>,
    faces: usize,
    segments: usize,
    median_edge: f32,
    /// Raw name of each object.
    objects: Vec<String>,
    /// Number of vertices of each NYU40 id.
    vertices_of_id: Vec<u64>,
}

/// Generates all scans of `config` and writes them to `out` in the layout of ScanNet's raw data:
///
/// ```text
/// out/scans/scene9000_00/scene9000_00_vh_clean_2.ply            mesh with colours (points, from a laser scanner)
///                        scene9000_00_vh_clean_2.labels.ply     the same vertices with NYU40 ids
///                        scene9000_00_vh_clean_2.0.010000.segs.json
///                        scene9000_00.aggregation.json
///                        scene9000_00.txt
///                        roomscan.json                          what the scan was made from
/// out/scannetv2-labels.combined.tsv                             the raw names in these scans
/// out/splits/scannetv2_{train,val,test}.txt
/// out/roomscan.json                                             version and configuration
/// ```
///
/// Scans are generated in parallel on rayon's pool, whose size does not change the files. `progress` is called after
/// each scan. A scan takes one to three seconds on one core, and 100 MB while it is generated.
///
/// If the folder has scans of the same configuration, from a run that ended or was killed, those that are whole are
/// kept. Until all are there, the folder is marked as [`INCOMPLETE`], and nothing reads it.
///
/// # Errors
/// If a value of `config` is out of range; if the folder has rooms of another configuration, or is not empty and was not
/// made by this crate (unless `config.overwrite`); if another program is writing into it; or if a file cannot be
/// written.
pub fn generate(
    config: &RoomsConfig,
    out: impl AsRef<Path>,
    progress: &(dyn Fn(ScanWritten) + Sync),
) -> Result<Summary, RoomError> {
    config.check()?;
    let out = out.as_ref();
    let total = config.scans();
    let names: Vec<String> = (0..total).map(scan_name).collect();
    // before the folder is made or locked
    earlier(out, config)?;
    atomic::create_dir_all(out)?;
    let _lock = FolderLock::exclusive(out, "rooms")?;
    claim(out, config, &names)?;
    // whether it overwrites is not a property of the rooms
    let config = &RoomsConfig { overwrite: false, ..config.clone() };
    let done = AtomicUsize::new(0);
    let written = (0..total)
        .into_par_iter()
        .map(|index| {
            let folder = out.join("scans").join(&names[index]);
            let (record, kept) = match Record::read(&folder, config) {
                Some(record) => (record, true),
                None => {
                    let write = |new: &Path| {
                        write_scan(config, index, new).map_err(|error| match error {
                            RoomError::Write(error) => RoomError::Write(error.renamed(new, &folder)),
                            error => error,
                        })
                    };
                    (scannet::write_folder(&folder, write)?, false)
                }
            };
            let summary = record.summary(config, index);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(ScanWritten { done, total, scan: summary.scan.clone(), vertices: summary.vertices });
            Ok((summary, record, kept))
        })
        .collect::<Result<Vec<_>, RoomError>>()?;

    let mut vertices_of_id = vec![0; 41];
    let mut objects_of_name = vec![0; RAW_NAMES.len()];
    for (_, record, _) in &written {
        vertices_of_id.iter_mut().zip(&record.vertices_of_id).for_each(|(all, own)| *all += own);
        for name in &record.objects {
            if let Some(i) = RAW_NAMES.iter().position(|(raw, _)| raw == name) {
                objects_of_name[i] += 1;
            }
        }
    }
    write_table(&objects_of_name, &out.join(TABLE))?;
    let splits = out.join("splits");
    atomic::create_dir_all(&splits)?;
    for split in Split::ALL {
        let path = splits.join(format!("scannetv2_{split}.txt"));
        let part = names.iter().enumerate().filter(|(i, _)| config.split(*i).0 == split);
        let list: String = part.map(|(_, name)| format!("{name}\n")).collect();
        atomic::write_bytes(path, list.as_bytes())?;
    }
    let incomplete = out.join(INCOMPLETE);
    std::fs::remove_file(&incomplete).map_err(|cause| RoomError::Remove { cause, path: incomplete })?;
    let vertices: u64 = vertices_of_id.iter().sum();
    let labeled: u64 = BENCHMARK_IDS.iter().map(|&id| vertices_of_id[id as usize]).sum();
    let unlabeled = (vertices - labeled) as f64 / vertices.max(1) as f64;
    let kept = written.iter().filter(|(.., kept)| *kept).count();
    let hashes: String = written
        .iter()
        .flat_map(|(_, record, _)| &record.files)
        .map(|(name, hash)| format!("{hash} {name}\n"))
        .collect();
    let sha256 = scannet::sha256_hex(hashes.as_bytes());
    let scans = written.into_iter().map(|(summary, ..)| summary).collect();
    Ok(Summary { scans, kept, vertices_of_id, vertices, unlabeled, sha256 })
}

/// The marker of an earlier run in `out`. Refuses folders of others, and rooms of other configurations.
fn earlier(out: &Path, config: &RoomsConfig) -> Result<Option<Marker>, RoomError> {
    let read = |cause| RoomError::Read { cause, path: out.to_path_buf() };
    let mut empty = true;
    match std::fs::read_dir(out) {
        Ok(entries) => {
            for entry in entries {
                // a run that was killed before it wrote its marker leaves these
                let name = entry.map_err(read)?.file_name().to_string_lossy().into_owned();
                empty &= name == ".lock" || name == INCOMPLETE || name.starts_with(".tmp-");
            }
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
        Err(e) => return Err(read(e)),
    };
    let marker: Option<Marker> = read_json(&out.join(MARKER));
    match &marker {
        _ if config.overwrite => {}
        Some(marker) => {
            if let Some(difference) = marker.difference(config) {
                return Err(RoomError::Differs { difference, path: out.to_path_buf() });
            }
        }
        None if empty => {}
        None => return Err(RoomError::NotOurs { marker: MARKER, path: out.to_path_buf() }),
    }
    Ok(marker)
}

/// Reads a file of this crate. `None` if there is none, or another program wrote it.
fn read_json<T: for<'a> Deserialize<'a>>(path: &Path) -> Option<T> {
    let small = std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() < 1 << 20);
    small.then(|| serde_json::from_slice(&std::fs::read(path).ok()?).ok()).flatten()
}

/// Claims `out`: marks it as incomplete, removes rooms of another configuration and what a killed run left, and writes
/// the marker.
fn claim(out: &Path, config: &RoomsConfig, names: &[String]) -> Result<(), RoomError> {
    let earlier = earlier(out, config)?;
    std::fs::write(out.join(INCOMPLETE), "")
        .map_err(|cause| RoomError::Write(scannet::Problem::Write(cause).at(out.join(INCOMPLETE))))?;
    for folder in [out.to_path_buf(), out.join("scans"), out.join("splits")] {
        scannet::remove_temporaries(folder)?;
    }
    if earlier.as_ref().is_some_and(|marker| marker.difference(config).is_none()) {
        return Ok(());
    }
    for old in earlier.into_iter().flat_map(|m| m.scans) {
        // Remove only folders with names that this crate gives: somebody may have edited the list.
        let ours = old.len() == 12 && old.starts_with("scene9") && old.ends_with("_00") && !old.contains(['/', '\\']);
        let folder = out.join("scans").join(&old);
        if ours && folder.is_dir() {
            std::fs::remove_dir_all(&folder).map_err(|cause| RoomError::Remove { cause, path: folder })?;
        }
    }
    let config = RoomsConfig { overwrite: false, ..config.clone() };
    let marker = Marker { version: VERSION.into(), config, scans: names.to_vec() };
    let json = serde_json::to_vec_pretty(&marker).unwrap_or_default();
    atomic::write_bytes(out.join(MARKER), &json)?;
    Ok(())
}

impl Marker {
    /// In what the rooms differ from those of a configuration.
    fn difference(&self, config: &RoomsConfig) -> Option<String> {
        if self.version != VERSION {
            return Some(format!("they are of roomscan {}, this is {VERSION}", self.version));
        }
        let (theirs, ours) = (serde_json::to_value(&self.config).ok()?, serde_json::to_value(config).ok()?);
        // Either may leave out the edition.
        let mut keys = ours.as_object()?.keys().chain(theirs.as_object()?.keys());
        let key = keys.find(|key| *key != "overwrite" && theirs.get(*key) != ours.get(*key))?;
        // 32-bit numbers as they were given
        let shown = |value: Option<&serde_json::Value>| match value {
            Some(number) if number.is_f64() => (number.as_f64().unwrap_or_default() as f32).to_string(),
            Some(value) => value.to_string(),
            None => "the usual one".to_owned(),
        };
        Some(format!("their {key} is {}, not {}", shown(theirs.get(key)), shown(ours.get(key))))
    }
}

impl Record {
    /// Reads the record of a scan, if it is of this configuration and all files of the scan are as they were written.
    fn read(folder: &Path, config: &RoomsConfig) -> Option<Record> {
        let record: Record = read_json(&folder.join(MARKER))?;
        let whole = |(file, sha256): &(String, String)| {
            std::fs::read(folder.join(file)).is_ok_and(|bytes| scannet::sha256_hex(&bytes) == *sha256)
        };
        let same = record.version == VERSION && record.config == *config;
        (same && !record.files.is_empty() && record.files.iter().all(whole)).then_some(record)
    }

    fn summary(&self, config: &RoomsConfig, index: usize) -> ScanSummary {
        ScanSummary {
            scan: scan_name(index),
            scene_type: config.kind(index).scene_type(),
            split: config.split(index).0,
            sensor: config.sensor(index),
            vertices: self.vertices_of_id.iter().sum::<u64>() as usize,
            faces: self.faces,
            objects: self.objects.len(),
            segments: self.segments,
            median_edge: self.median_edge,
        }
    }
}

/// Generates a scan, and writes its files and its record into a new folder.
fn write_scan(config: &RoomsConfig, index: usize, folder: &Path) -> Result<Record, RoomError> {
    let room = generate_scan(config.seed, index, config)?;
    let ids = write_files(&room, folder)?;
    let mut vertices_of_id = vec![0; 41];
    ids.iter().for_each(|&id| vertices_of_id[id as usize] += 1);
    let read = |cause| RoomError::Read { cause, path: folder.to_path_buf() };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push((name, scannet::sha256_hex(&std::fs::read(&path).map_err(read)?)));
    }
    files.sort();
    let summary = room.summary(config.split(index).0);
    let record = Record {
        version: VERSION.into(),
        config: config.clone(),
        files,
        faces: summary.faces,
        segments: summary.segments,
        median_edge: summary.median_edge,
        objects: room.objects.iter().map(|o| o.name.to_owned()).collect(),
        vertices_of_id,
    };
    let json = serde_json::to_vec_pretty(&record).unwrap_or_default();
    atomic::write_bytes(folder.join(MARKER), &json)?;
    Ok(record)
}

/// Writes the five files of a scan and returns the NYU40 id of each vertex.
fn write_files(room: &ScannedRoom, folder: &Path) -> Result<Vec<i32>, RoomError> {
    let file = |suffix: &str| folder.join(format!("{}{suffix}", room.scan));
    let mesh = room.mesh();
    let ids = room.nyu40();
    scannet::write_mesh(file("_vh_clean_2.ply"), &mesh)?;
    scannet::write_labels_ply(file("_vh_clean_2.labels.ply"), &mesh, &ids)?;
    let segments_file = "_vh_clean_2.0.010000.segs.json";
    let params = [("kThresh", "0.01".to_owned()), ("segMinVerts", LEAST_VERTICES.to_string())];
    Segments {
        params: params.into_iter().map(|(k, v)| (k.to_owned(), v.into())).collect(),
        scene_id: room.scan.clone(),
        seg_indices: room.segments.clone(),
    }
    .write(file(segments_file))?;
    let groups = (room.objects.iter().enumerate())
        .map(|(i, o)| SegGroup {
            id: i as u32,
            object_id: i as u32,
            segments: o.segments.clone(),
            label: o.name.to_owned(),
        })
        .collect();
    Aggregation {
        scene_id: format!("scannet.{}", room.scan),
        app_id: "roomscan".into(),
        groups,
        segments_file: format!("scannet.{}{segments_file}", room.scan),
    }
    .write(file(".aggregation.json"))?;
    let entries = [("sceneType", room.kind.scene_type()), ("sensor", room.sensor.name())];
    let entries = entries.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    ScanMeta { entries, axis_alignment: Some(room.axis_alignment) }.write(file(".txt"))?;
    Ok(ids)
}

fn write_table(objects_of_name: &[u64], path: &Path) -> Result<(), RoomError> {
    let rows = (RAW_NAMES.iter().zip(objects_of_name).enumerate())
        .filter(|(_, (_, count))| **count > 0)
        .map(|(i, ((name, nyu40_id), count))| LabelRow {
            id: Some(i as u32 + 1),
            raw_category: (*name).to_owned(),
            category: (*name).to_owned(),
            count: *count,
            nyu40_id: *nyu40_id,
        })
        .collect();
    LabelTable::from_rows(rows).write(path)?;
    Ok(())
}
