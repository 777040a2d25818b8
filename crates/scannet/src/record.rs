//! What a prepared scene was made from, in the scene's own folder. A folder and its record get their names together, so
//! a record never tells of other arrays than those beside it; manifests are made from records.

use crate::error::{Error, IoAt, Problem, Result};
use crate::manifest::{FORMAT, ScanEntry};
use crate::source;
use crate::splits::{Release, Split};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// File name of a record.
const FILE: &str = "scene.json";
/// File name of the record of a scene whose sources have become unusable. The scene is not in the manifest.
const OUTDATED: &str = "scene.outdated.json";

/// The record of a prepared scene.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Version of the format.
    format: u32,
    /// Release whose splits were used.
    pub release: Release,
    /// The rest.
    #[serde(flatten)]
    pub entry: ScanEntry,
}

impl Record {
    pub fn new(release: Release, entry: ScanEntry) -> Self {
        Record { format: FORMAT, release, entry }
    }

    /// Writes the record into a scene's folder that is still under its temporary name.
    pub fn write(&self, scene: &Path) -> Result<()> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a record has only strings as keys");
        bytes.push(b'\n');
        crate::npy::write_new(&scene.join(FILE), &bytes).map(drop)
    }

    /// Reads the record of the scene with this split and name.
    fn read(path: &Path, split: Split, id: &str) -> Result<Self> {
        let bad = |what: String| Problem::manifest(what, "prepare the scene again, or remove its folder").at(path);
        let bytes = source::read(path, source::TEXT).reading(path)?;
        let record: Record = serde_json::from_slice(&bytes).map_err(|e| bad(format!("damaged record: {e}")))?;
        if record.format != FORMAT {
            return Err(bad(format!("the record has format {}, this program reads {FORMAT}", record.format)));
        }
        if record.entry.split != split || record.entry.id != id {
            let (split, id) = (record.entry.split, &record.entry.id);
            return Err(bad(format!("this is the record of {id} in {split}: the folder was moved or renamed")));
        }
        Ok(record)
    }
}

/// Marks the scene in a folder as outdated.
pub(crate) fn outdate(scene: &Path) -> Result<()> {
    let (from, to) = (scene.join(FILE), scene.join(OUTDATED));
    match std::fs::rename(&from, &to) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Problem::Write(e).at(&from)),
        _ => Ok(()),
    }
}

/// The scenes in a store's folder, whatever its manifests say.
#[derive(Default)]
pub(crate) struct Survey {
    /// The records by scene. A scene has two while it moves to another split.
    pub records: BTreeMap<String, Vec<Record>>,
    /// Records that cannot be used, by scene.
    pub damaged: BTreeMap<String, Error>,
    /// Folders with arrays that have no record: another program wrote them.
    pub foreign: Vec<PathBuf>,
}

/// Reads all records in a store's folder.
pub(crate) fn survey(store: &Path) -> Result<Survey> {
    let mut found = Survey::default();
    for split in Split::ALL {
        for (dir, id) in scene_folders(&store.join(split.name()))? {
            let path = dir.join(FILE);
            if path.exists() {
                match Record::read(&path, split, &id) {
                    Ok(record) => found.records.entry(id).or_default().push(record),
                    Err(error) => drop(found.damaged.insert(id, error)),
                }
            } else if !dir.join(OUTDATED).exists() && has_arrays(&dir) {
                found.foreign.push(dir);
            }
        }
    }
    Ok(found)
}

/// Whether preprocessing has put a scene into this folder.
pub(crate) fn any(store: &Path) -> Result<bool> {
    for split in Split::ALL {
        if scene_folders(&store.join(split.name()))?.iter().any(|(dir, _)| dir.join(FILE).exists()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The folders of a split with their names, sorted, without those whose names start with a dot.
pub(crate) fn scene_folders(split: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut folders = Vec::new();
    if !split.is_dir() {
        return Ok(folders);
    }
    for entry in std::fs::read_dir(split).reading(split)? {
        let entry = entry.reading(split)?;
        let (path, name) = (entry.path(), entry.file_name());
        if name.as_encoded_bytes().starts_with(b".") || !path.is_dir() {
            continue;
        }
        match name.into_string() {
            Ok(name) => folders.push((path, name)),
            Err(_) if has_arrays(&path) => {
                return Err(Problem::mismatch("the scene's name is not UTF-8", "rename its folder").at(path));
            }
            Err(_) => {}
        }
    }
    folders.sort();
    Ok(folders)
}

/// Whether a folder has an array.
pub(crate) fn has_arrays(folder: &Path) -> bool {
    let Ok(files) = std::fs::read_dir(folder) else { return false };
    files.flatten().any(|file| file.path().extension().is_some_and(|extension| extension == "npy"))
}
