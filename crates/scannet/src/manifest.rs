//! What a prepared store was made from: one `manifest.json`, or one file per shard until they are merged.

use crate::atomic;
use crate::error::{IoAt, Problem, Result};
use crate::faults::Fault;
use crate::scan::SourceHash;
use crate::splits::{Release, Split, is_scan_name};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Version of the manifest and of the arrays that preprocessing writes.
const FORMAT: u32 = 1;
/// File name of the merged manifest.
const FILE: &str = "manifest.json";
/// Label set of `segment20`.
const SEGMENT20: &str = "scannet20";
const TEMPORARY: &str = ".tmp-";

/// A store's contents and origin. Equal inputs and options give equal bytes, in one run or in shards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the format, 1.
    pub format: u32,
    /// Label set of `segment20`: `scannet20`.
    pub label_space: String,
    /// Release whose splits were used.
    pub release: Release,
    /// The scans, by id.
    pub scans: Vec<ScanEntry>,
}

/// One prepared scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanEntry {
    /// Scan, such as `scene0000_00`.
    pub id: String,
    /// Split, and name of the folder that contains it.
    pub split: Split,
    /// Whether normals were computed.
    pub normals: bool,
    /// Whether the axis alignment was applied.
    pub align: bool,
    /// Whether `segment40` (NYU40 ids) was written.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub nyu40: bool,
    /// Number of vertices.
    pub vertices: usize,
    /// Number of vertices of each of the 20 classes; absent without labels.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub classes: Option<Vec<u64>>,
    /// Number of vertices of no object; absent without instances.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unannotated: Option<u64>,
    /// The files that it was made from.
    pub sources: Vec<SourceHash>,
    /// The files written.
    pub files: Vec<FileSize>,
    /// What was wrong with the annotation.
    pub faults: Vec<Fault>,
}

/// Name and size of a written file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSize {
    /// File name.
    pub file: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// One of several runs that divide a data set among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// Shard `index` of `count`, counted from 1; `None` if there is no such shard.
    pub fn new(index: usize, count: usize) -> Option<Self> {
        (1..=count).contains(&index).then_some(Shard { index, count })
    }

    /// Whether the scan at this place in the sorted list belongs to this shard.
    pub fn takes(self, place: usize) -> bool {
        place % self.count == self.index - 1
    }

    fn file(self) -> String {
        format!("manifest.shard-{}-of-{}.json", self.index, self.count)
    }

    fn of_file(name: &str) -> Option<Self> {
        let (index, count) = name.strip_prefix("manifest.shard-")?.strip_suffix(".json")?.split_once("-of-")?;
        Shard::new(index.parse().ok()?, count.parse().ok()?).filter(|s| s.file() == name)
    }
}

impl std::str::FromStr for Shard {
    type Err = String;
    /// `2/4`.
    fn from_str(s: &str) -> Result<Self, String> {
        let parts = s.split_once('/').and_then(|(i, n)| Shard::new(i.trim().parse().ok()?, n.trim().parse().ok()?));
        parts.ok_or_else(|| format!("'{s}' is not a shard; write 1/4 to 4/4 for four runs"))
    }
}

impl Manifest {
    pub(crate) fn new(release: Release, scans: BTreeMap<String, ScanEntry>) -> Self {
        Manifest { format: FORMAT, label_space: SEGMENT20.to_owned(), release, scans: scans.into_values().collect() }
    }

    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// The file is unreadable, damaged, or of another format version.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).reading(path)?;
        let bad = |what: String| Problem::manifest(what, "run preprocessing again into a new folder").at(path);
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let version: Version =
            serde_json::from_slice(&bytes).map_err(|e| bad(format!("not a store's manifest: {e}")))?;
        if version.format != FORMAT {
            return Err(bad(format!("the manifest has format {}, this program reads {FORMAT}", version.format)));
        }
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| bad(format!("damaged manifest: {e}")))?;
        let file_ok = |f: &FileSize| is_scan_name(&f.file);
        if !manifest.scans.is_sorted_by(|a, b| a.id < b.id)
            || !manifest.scans.iter().all(|s| is_scan_name(&s.id) && s.files.iter().all(file_ok))
        {
            return Err(bad("damaged manifest: its scans are out of order or have impossible names".into()));
        }
        Ok(manifest)
    }

    /// Returns the manifest's bytes: the same for the same contents.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a manifest has only strings as keys");
        bytes.push(b'\n');
        bytes
    }

    /// Writes the manifest into a store's folder.
    pub(crate) fn write(&self, store: &Path, shard: Option<Shard>) -> Result<PathBuf> {
        let file = shard.map_or(FILE.to_owned(), Shard::file);
        let path = store.join(&file);
        // Each shard has its own temporary name: the next run overwrites what a killed run left, and shards that run at
        // the same time do not touch each other's files.
        atomic::write_through(&path, &store.join(format!("{TEMPORARY}{file}")), &self.to_bytes())?;
        Ok(path)
    }

    /// The entry of a scan.
    pub fn entry(&self, id: &str) -> Option<&ScanEntry> {
        self.scans.binary_search_by(|s| s.id.as_str().cmp(id)).ok().map(|i| &self.scans[i])
    }
}

/// The manifests of a store's folder.
pub(crate) struct StoreManifests {
    /// All manifests in one; where two have an entry for a scan, the shard's counts.
    pub manifest: Option<Manifest>,
    /// Shard files that are part of it.
    pub shards: Vec<PathBuf>,
    /// Shards that are missing although others of their set are there.
    pub missing: Vec<String>,
}

/// Reads all manifests of a store's folder, including shards of incomplete sets if `partial`.
pub(crate) fn find(store: &Path, partial: bool) -> Result<StoreManifests> {
    let mut sets: BTreeMap<usize, Vec<Shard>> = BTreeMap::new();
    for entry in std::fs::read_dir(store).reading(store)? {
        let name = entry.reading(store)?.file_name();
        if let Some(shard) = name.to_str().and_then(Shard::of_file) {
            sets.entry(shard.count).or_default().push(shard);
        }
    }
    let whole = store.join(FILE);
    let mut all: Vec<Manifest> = Vec::new();
    if whole.is_file() {
        all.push(Manifest::read(&whole)?);
    }
    let (mut shards, mut missing) = (Vec::new(), Vec::new());
    for (count, mut set) in sets {
        set.sort();
        if set.len() < count {
            let absent = (1..=count).filter_map(|i| Shard::new(i, count)).filter(|s| !set.contains(s));
            missing.extend(absent.map(Shard::file));
            if !partial {
                continue;
            }
        }
        for shard in set {
            let path = store.join(shard.file());
            all.push(Manifest::read(&path)?);
            shards.push(path);
        }
    }
    let Some(release) = all.first().map(|m| m.release) else {
        return Ok(StoreManifests { manifest: None, shards, missing });
    };
    if all.iter().any(|m| m.release != release) {
        let what = "its shards are of different releases";
        return Err(Problem::manifest(what, "prepare each release into its own folder").at(store));
    }
    let scans = all.into_iter().flat_map(|m| m.scans).map(|s| (s.id.clone(), s)).collect();
    Ok(StoreManifests { manifest: Some(Manifest::new(release, scans)), shards, missing })
}

/// Removes half-written manifests that killed runs left. Runs of one shard must not do this: another may be writing.
pub(crate) fn remove_temporaries(store: &Path) -> Result<()> {
    for entry in std::fs::read_dir(store).reading(store)? {
        let entry = entry.reading(store)?;
        let name = entry.file_name();
        let file = name.to_str().and_then(|n| n.strip_prefix(TEMPORARY));
        if file.is_some_and(|f| f == FILE || Shard::of_file(f).is_some()) {
            std::fs::remove_file(entry.path()).writing(&entry.path())?;
        }
    }
    Ok(())
}

/// Merges the manifests of all shards into `manifest.json` and removes them. The result has the bytes that one run
/// would have written. Without shards the manifest stays as it is.
///
/// # Errors
/// There is no manifest, or shards are missing or unreadable.
pub fn merge_manifests(store: impl AsRef<Path>) -> Result<Manifest> {
    let store = store.as_ref();
    let found = find(store, false)?;
    if !found.missing.is_empty() {
        return Err(Problem::not_found(found.missing.join(", "), "run these shards, then merge").at(store));
    }
    let Some(manifest) = found.manifest else {
        return Err(Problem::not_found("manifest", "run preprocessing into this folder first").at(store));
    };
    remove_temporaries(store)?;
    manifest.write(store, None)?;
    found.shards.iter().try_for_each(|p| std::fs::remove_file(p).writing(p))?;
    Ok(manifest)
}
