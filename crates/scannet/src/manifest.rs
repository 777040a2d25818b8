//! What a prepared store holds: one `manifest.json`, or one file per shard until they are merged.
//!
//! A manifest is there only while its store is whole. A run that is going to change a store first moves its manifest
//! aside, and writes the new one when it has finished.

use crate::atomic;
use crate::error::{Error, IoAt, Problem, Result};
use crate::faults::Fault;
use crate::folder::{self, TEMPORARY, remove_file};
use crate::lock::FolderLock;
use crate::record::{self, Survey};
use crate::scan::SourceHash;
use crate::source::{self, sha256_hex};
use crate::splits::{Release, Split, is_scan_name};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub use crate::shard::Shard;

/// Version of manifests and records, and of the arrays that preprocessing writes.
pub(crate) const FORMAT: u32 = 2;
/// File name of the manifest.
pub(crate) const FILE: &str = "manifest.json";
/// File name of the manifest of the last whole store, while a run changes the store.
const BEFORE: &str = "manifest.before.json";
/// Label set of `segment20`.
const SEGMENT20: &str = "scannet20";
/// A store's contents and origin. Equal inputs and options give equal bytes, in one run or in shards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the format, 2.
    pub format: u32,
    /// Label set of `segment20`: `scannet20`.
    pub label_space: String,
    /// Release whose splits were used.
    pub release: Release,
    /// In a shard's manifest: what all shards together prepare.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub all_shards: Option<ScanList>,
    /// The scans, by id.
    pub scans: Vec<ScanEntry>,
    /// Scans that could not be prepared, by id; the store lacks them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub failed: Vec<FailedScan>,
}

/// A list of scans with their splits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanList {
    /// Number of scans.
    pub scans: usize,
    /// SHA-256 of the list.
    pub sha256: String,
}

/// A scan that could not be prepared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FailedScan {
    /// Scan, such as `scene0000_00`.
    pub id: String,
    /// Its split.
    pub split: Split,
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
    pub files: Vec<WrittenFile>,
    /// What was wrong with the annotation.
    pub faults: Vec<Fault>,
}

impl ScanEntry {
    /// The options of `scanseg preprocess` that it was prepared with.
    pub(crate) fn options(&self) -> String {
        shown_options(self.normals, self.align, self.nyu40)
    }

    /// Checks that the files in the scene's folder have the sizes and bytes that were written.
    ///
    /// # Errors
    /// The first file that is missing, unreadable or another one.
    pub(crate) fn check_files(&self, scene: &Path) -> Result<()> {
        for file in &self.files {
            let path = scene.join(&file.file);
            let differs =
                |what: String| Err(Problem::mismatch(what, "run preprocess again, which repairs it").at(&path));
            if !path.exists() {
                return differs("missing, although it was written".to_owned());
            }
            let (_, bytes) = source::open(&path).reading(&path)?;
            if bytes != file.bytes {
                return differs(format!("{bytes} bytes, but {} were written", file.bytes));
            }
            if sha256_hex(&source::read(&path, file.bytes).reading(&path)?) != file.sha256 {
                return differs("damaged: its bytes are not those that were written".to_owned());
            }
        }
        Ok(())
    }
}

/// Options as on the command line.
pub(crate) fn shown_options(normals: bool, align: bool, nyu40: bool) -> String {
    let flags = [(!normals, "--no-normals"), (align, "--align"), (nyu40, "--nyu40")];
    let given: Vec<&str> = flags.iter().filter(|(given, _)| *given).map(|(_, flag)| *flag).collect();
    if given.is_empty() { "the default options".to_owned() } else { given.join(" ") }
}

/// Name, size and hash of a written file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenFile {
    /// File name.
    pub file: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

impl Manifest {
    pub(crate) fn new(release: Release, scans: BTreeMap<String, ScanEntry>, mut failed: Vec<FailedScan>) -> Self {
        failed.sort();
        let scans = scans.into_values().collect();
        Manifest { format: FORMAT, label_space: SEGMENT20.to_owned(), release, all_shards: None, scans, failed }
    }

    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// The file is unreadable, damaged, or of another format version.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = source::read(path, source::JSON).reading(path)?;
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
        let file_ok = |f: &WrittenFile| is_scan_name(&f.file);
        if !manifest.scans.is_sorted_by(|a, b| a.id < b.id)
            || !manifest.scans.iter().all(|s| is_scan_name(&s.id) && s.files.iter().all(file_ok))
        {
            return Err(bad("damaged manifest: its scans are out of order or have impossible names".into()));
        }
        check_alike(manifest.scans.iter()).map_err(|p| p.at(path))?;
        Ok(manifest)
    }

    /// Returns the manifest's bytes: the same for the same contents.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a manifest has only strings as keys");
        bytes.push(b'\n');
        bytes
    }

    /// Writes the manifest into a store's folder, which is whole now.
    pub(crate) fn write(&self, store: &Path, shard: Option<Shard>) -> Result<PathBuf> {
        let file = shard.map_or(FILE.to_owned(), Shard::file);
        let path = store.join(&file);
        // Each shard has its own temporary name: the next run overwrites what a killed run left, and shards that run at
        // the same time do not touch each other's files.
        atomic::write_through(&path, &store.join(format!("{TEMPORARY}{file}")), &self.to_bytes())?;
        if shard.is_none() {
            remove_file(&store.join(BEFORE))?;
        }
        Ok(path)
    }

    /// The entry of a scan.
    pub fn entry(&self, id: &str) -> Option<&ScanEntry> {
        self.scans.binary_search_by(|s| s.id.as_str().cmp(id)).ok().map(|i| &self.scans[i])
    }
}

/// Checks that all scans were prepared with the same options.
fn check_alike<'a>(mut scans: impl Iterator<Item = &'a ScanEntry>) -> Result<(), Problem> {
    let Some(first) = scans.next() else { return Ok(()) };
    match scans.find(|s| s.options() != first.options()) {
        None => Ok(()),
        Some(other) => {
            let what = format!(
                "the store is mixed: {} was prepared with {}, {} with {}",
                first.id,
                first.options(),
                other.id,
                other.options()
            );
            Err(Problem::manifest(what, "run preprocessing again with the same options for all scans"))
        }
    }
}

/// The manifest of a store's folder: that of the whole store, or one made of those of all shards. `None` if another
/// program made the store.
///
/// # Errors
/// The store is not whole: a run is changing it or was interrupted, or shards are missing. Manifests are damaged, or do
/// not fit together or the scenes.
pub(crate) fn find(store: &Path) -> Result<Option<Manifest>> {
    let path = store.join(FILE);
    let shards = Shard::with_file_in(store, Shard::of_file)?;
    match (path.exists(), shards.is_empty()) {
        (true, true) => Manifest::read(&path).map(Some),
        (true, false) => {
            let what = "the folder has the manifest of a whole store and those of shards";
            Err(Problem::manifest(what, "put them together with `scanseg merge`").at(store))
        }
        (false, false) => combine(store, &shards, "run these shards of preprocessing").map(Some),
        (false, true) if store.join(BEFORE).exists() || record::any(store)? => Err(unfinished(store)),
        (false, true) => Ok(None),
    }
}

/// The error for a store that is not whole.
fn unfinished(store: &Path) -> Error {
    let (what, remedy) = match FolderLock::is_taken(store) {
        true => ("the store is being prepared", "wait until preprocessing ends"),
        false => (
            "the preparation of the store was interrupted",
            "run preprocess again, which continues it; a copy of a store needs its manifest.json too",
        ),
    };
    Problem::manifest(what, remedy).at(store)
}

/// Makes one manifest of those of all shards, from the records in the scenes' folders.
fn combine(store: &Path, shards: &[Shard], remedy: &'static str) -> Result<Manifest> {
    let counts: BTreeSet<usize> = shards.iter().map(|s| s.count()).collect();
    let all = counts.iter().flat_map(|&count| (1..=count).filter_map(move |i| Shard::new(i, count)));
    let missing: Vec<String> = all.filter(|s| !shards.contains(s)).map(Shard::file).collect();
    if !missing.is_empty() {
        let more = if missing.len() > 5 { format!(" and {} more", missing.len() - 5) } else { String::new() };
        let what = missing.iter().take(5).cloned().collect::<Vec<_>>().join(", ") + &more;
        return Err(Problem::not_found(what, remedy).at(store));
    }
    let mut entries = BTreeMap::new();
    let (mut failed, mut releases, mut lists) = (Vec::new(), BTreeSet::new(), BTreeMap::new());
    for shard in shards {
        let path = store.join(shard.file());
        let manifest = Manifest::read(&path)?;
        releases.insert(manifest.release);
        let Some(list) = manifest.all_shards else {
            return Err(Problem::manifest("not the manifest of a shard", "run this shard again").at(path));
        };
        let of_set = lists.entry(shard.count()).or_insert_with(|| (list.clone(), 0));
        of_set.1 += manifest.scans.len() + manifest.failed.len();
        if of_set.0 != list {
            let what = format!("its shards divide different scans ({} and {})", of_set.0.scans, list.scans);
            let remedy = "prepare all shards from the same raw folder and split lists";
            return Err(Problem::manifest(what, remedy).at(path));
        }
        entries.extend(manifest.scans.into_iter().map(|s| (s.id.clone(), s)));
        failed.extend(manifest.failed);
    }
    if let Some((list, found)) = lists.values().find(|(list, found)| list.scans != *found) {
        let what = format!("its shards hold {found} of {} scans", list.scans);
        return Err(Problem::manifest(what, "run all shards again from the same raw folder").at(store));
    }
    let survey = record::survey(store)?;
    for entry in entries.values() {
        let same = |records: &Vec<record::Record>| records.iter().any(|r| r.entry == *entry);
        if !survey.records.get(&entry.id).is_some_and(same) {
            let what = format!("{}/{} is missing, or is not the one that its shard prepared", entry.split, entry.id);
            return Err(Problem::manifest(what, "copy the scenes of all shards, or run the shard again").at(store));
        }
    }
    // Scenes that no shard has are those of the whole store that was there before.
    for (id, record) in others(store, survey, |id| entries.contains_key(id) || failed.iter().any(|f| f.id == id))? {
        releases.insert(record.release);
        entries.insert(id, record.entry);
    }
    if releases.len() > 1 {
        let what = "its shards are of different releases";
        return Err(Problem::manifest(what, "prepare each release into its own folder").at(store));
    }
    check_alike(entries.values()).map_err(|p| p.at(store))?;
    let release = releases.into_iter().next().unwrap_or_default();
    Ok(Manifest::new(release, entries, failed))
}

/// The records of scenes that a run does not prepare: `prepared` tells which it does. All must be part of the whole
/// store that was there before.
pub(crate) fn others(
    store: &Path,
    survey: Survey,
    prepared: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, record::Record>> {
    let mut known = BTreeSet::new();
    for path in [store.join(FILE), store.join(BEFORE)] {
        if path.exists() {
            known.extend(Manifest::read(&path)?.scans.into_iter().map(|s| s.id));
        }
    }
    let mut kept = BTreeMap::new();
    for (id, records) in survey.records.into_iter().filter(|(id, _)| !prepared(id)) {
        if !known.contains(&id) || records.len() > 1 {
            let what = format!("{id} is from a preparation of other scans, which was interrupted");
            let remedy = format!("finish that one first, or remove the folder {}/{id}", records[0].entry.split);
            return Err(Problem::manifest(what, remedy).at(store));
        }
        kept.extend(records.into_iter().map(|r| (id.clone(), r)));
    }
    match survey.damaged.into_iter().find(|(id, _)| !prepared(id)) {
        Some((_, error)) => Err(error),
        None => Ok(kept),
    }
}

/// Marks a store as not whole before a run changes it: the manifest is moved aside, and those of shards that the run
/// replaces are removed.
pub(crate) fn withdraw(store: &Path, shard: Option<Shard>) -> Result<()> {
    let path = store.join(FILE);
    // Shards may do this at the same time.
    match std::fs::rename(&path, store.join(BEFORE)) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(Problem::Write(e).at(path)),
        _ => {}
    }
    for other in Shard::with_file_in(store, Shard::of_file)? {
        if shard.is_none_or(|s| s == other || s.count() != other.count()) {
            remove_file(&store.join(other.file()))?;
        }
    }
    // A power cut must not bring the manifest back beside changed scenes.
    #[cfg(unix)]
    std::fs::File::open(store).and_then(|dir| dir.sync_all()).writing(store)?;
    Ok(())
}

/// Removes what killed runs left: half-written manifests and scenes, and the locks of shards. Only a run that has the
/// folder to itself may do this.
pub(crate) fn remove_temporaries(store: &Path) -> Result<()> {
    for folder in Split::ALL.map(|s| store.join(s.name())) {
        folder::remove_temporaries(folder)?;
    }
    folder::remove_temporaries(store)?;
    let locks = Shard::with_file_in(store, Shard::of_lock_file)?;
    locks.iter().try_for_each(|s| remove_file(&store.join(s.lock_file())))
}

/// Merges the manifests of all shards into `manifest.json` and removes them. The result has the bytes that one run
/// would have written. Without shards the manifest stays as it is.
///
/// # Errors
/// There is no manifest; shards are missing, unreadable, of different options, releases or raw folders; scenes are not
/// those that the shards prepared, or one of their files is missing or damaged; or another process is writing into the folder.
pub fn merge_manifests(store: impl AsRef<Path>) -> Result<Manifest> {
    let store = store.as_ref();
    let path = store.join(FILE);
    let shards = Shard::with_file_in(store, Shard::of_file)?;
    if shards.is_empty() && !path.exists() {
        let none = || Problem::not_found("manifest", "run preprocessing into this folder first").at(store);
        return find(store)?.ok_or_else(none);
    }
    let _lock = FolderLock::exclusive(store, "merge")?;
    let manifest = match merged(store, &shards)? {
        Some(manifest) => manifest,
        None => combine(store, &shards, "run these shards, then merge")?,
    };
    let check = |entry: &ScanEntry| entry.check_files(&store.join(entry.split.name()).join(&entry.id)).err();
    if let Some(error) = manifest.scans.par_iter().find_map_first(check) {
        return Err(error);
    }
    remove_temporaries(store)?;
    manifest.write(store, None)?;
    shards.iter().try_for_each(|s| remove_file(&store.join(s.file())))?;
    Ok(manifest)
}

/// The whole store's manifest, if all that these shards hold is in it: a merge that was interrupted had written it.
fn merged(store: &Path, shards: &[Shard]) -> Result<Option<Manifest>> {
    let path = store.join(FILE);
    if !path.exists() {
        return Ok(None);
    }
    let whole = Manifest::read(path)?;
    for shard in shards {
        let part = Manifest::read(store.join(shard.file()))?;
        if !part.scans.iter().all(|s| whole.entry(&s.id) == Some(s))
            || !part.failed.iter().all(|f| whole.failed.contains(f))
        {
            return Ok(None);
        }
    }
    Ok(Some(whole))
}
