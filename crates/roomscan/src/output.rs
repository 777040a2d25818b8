//! Writes data sets in ScanNet's raw layout.

use crate::config::{RoomError, RoomsConfig, ScanWritten, Summary};
use crate::names::{BENCHMARK_IDS, RAW_NAMES};
use crate::room::{ScannedRoom, generate_scan, scan_name};
use crate::segment::LEAST_VERTICES;
use rayon::prelude::*;
use scannet::{Aggregation, LabelRow, LabelTable, ScanMeta, SegGroup, Segments, atomic};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// This file marks folders made by this crate. It lists the scans, so that a later run can remove them.
const MARKER: &str = "roomscan.json";

#[derive(Serialize, Deserialize)]
struct Marker {
    version: String,
    config: RoomsConfig,
    scans: Vec<String>,
}

/// Generates all scans of `config` and writes them to `out` in the layout of ScanNet's raw data:
///
/// ```text
/// out/scans/scene9000_00/scene9000_00_vh_clean_2.ply            mesh with colours
///                        scene9000_00_vh_clean_2.labels.ply     the same vertices with NYU40 ids
///                        scene9000_00_vh_clean_2.0.010000.segs.json
///                        scene9000_00.aggregation.json
///                        scene9000_00.txt
/// out/scannetv2-labels.combined.tsv                             the raw names in these scans
/// out/splits/scannetv2_{train,val}.txt
/// out/roomscan.json                                             version and configuration
/// ```
///
/// Scans are generated in parallel on rayon's pool, whose size does not change the files. `progress` is called after
/// each scan. A scan takes about a second on one core, and 100 MB while it is generated.
///
/// If this crate made the folder, scans of the earlier run that are not part of this one are removed.
///
/// # Errors
/// If a value of `config` is out of range; if the folder is not empty and was not made by this crate (unless
/// `config.overwrite`); or if a file cannot be written.
pub fn generate(
    config: &RoomsConfig,
    out: impl AsRef<Path>,
    progress: &(dyn Fn(ScanWritten) + Sync),
) -> Result<Summary, RoomError> {
    config.check()?;
    let out = out.as_ref();
    let total = config.train + config.val;
    let names: Vec<String> = (0..total).map(scan_name).collect();
    claim(out, config, &names)?;
    let done = AtomicUsize::new(0);
    let written = (0..total)
        .into_par_iter()
        .map(|index| {
            let room = generate_scan(config.seed, index, config)?;
            let ids = write_scan(&room, &out.join("scans").join(&room.scan))?;
            let summary = room.summary(index >= config.train);
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            progress(ScanWritten { done, total, scan: room.scan.clone(), vertices: summary.vertices });
            let used: Vec<&'static str> = room.objects.iter().map(|o| o.name).collect();
            Ok((summary, ids, used))
        })
        .collect::<Result<Vec<_>, RoomError>>()?;

    let mut vertices_of_id = vec![0; 41];
    let mut objects_of_name = vec![0; RAW_NAMES.len()];
    for (_, ids, used) in &written {
        ids.iter().for_each(|&id| vertices_of_id[id as usize] += 1);
        for name in used {
            if let Some(i) = RAW_NAMES.iter().position(|(raw, _)| raw == name) {
                objects_of_name[i] += 1;
            }
        }
    }
    write_table(&objects_of_name, &out.join("scannetv2-labels.combined.tsv"))?;
    let splits = out.join("splits");
    atomic::create_dir_all(&splits)?;
    for (split, part) in [("train", &names[..config.train]), ("val", &names[config.train..])] {
        let list: String = part.iter().map(|n| format!("{n}\n")).collect();
        atomic::write_bytes(splits.join(format!("scannetv2_{split}.txt")), list.as_bytes())?;
    }
    let vertices: u64 = vertices_of_id.iter().sum();
    let labeled: u64 = BENCHMARK_IDS.iter().map(|&id| vertices_of_id[id as usize]).sum();
    let unlabeled = (vertices - labeled) as f64 / vertices.max(1) as f64;
    let scans = written.into_iter().map(|(summary, ..)| summary).collect();
    Ok(Summary { scans, vertices_of_id, vertices, unlabeled })
}

/// Claims `out`: refuses folders of others, removes scans of an earlier run, writes the marker.
fn claim(out: &Path, config: &RoomsConfig, names: &[String]) -> Result<(), RoomError> {
    let read = |cause| RoomError::Read { cause, path: out.to_path_buf() };
    let empty = match std::fs::read_dir(out) {
        Ok(mut entries) => entries.next().transpose().map_err(read)?.is_none(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => true,
        Err(e) => return Err(read(e)),
    };
    let path = out.join(MARKER);
    let earlier: Option<Marker> = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if !empty && earlier.is_none() && !config.overwrite {
        return Err(RoomError::NotOurs { marker: MARKER, path: out.to_path_buf() });
    }
    for old in earlier.into_iter().flat_map(|m| m.scans) {
        // Remove only folders with names that this crate gives: somebody may have edited the list.
        let ours = old.len() == 12 && old.starts_with("scene9") && old.ends_with("_00") && !old.contains(['/', '\\']);
        let folder = out.join("scans").join(&old);
        if ours && !names.contains(&old) && folder.is_dir() {
            std::fs::remove_dir_all(&folder).map_err(|cause| RoomError::Remove { cause, path: folder })?;
        }
    }
    atomic::create_dir_all(out)?;
    let marker = Marker { version: env!("CARGO_PKG_VERSION").into(), config: config.clone(), scans: names.to_vec() };
    let json = serde_json::to_vec_pretty(&marker).unwrap_or_default();
    atomic::write_bytes(&path, &json)?;
    Ok(())
}

/// Writes the five files of a scan and returns the NYU40 id of each vertex.
fn write_scan(room: &ScannedRoom, folder: &Path) -> Result<Vec<i32>, RoomError> {
    atomic::create_dir_all(folder)?;
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
    let entries = vec![("sceneType".to_owned(), room.kind.scene_type().to_owned())];
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
