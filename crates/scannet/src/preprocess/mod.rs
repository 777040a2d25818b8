//! From raw scans to prepared scenes: in parallel, resumable, in shards, never half-written.

mod scene;

use crate::atomic;
use crate::error::{Error, Problem, Result};
use crate::faults::Fault;
use crate::lock::{FolderLock, LOCK};
use crate::manifest::{self, FailedScan, Manifest, ScanEntry, ScanList, Shard};
use crate::raw::{RawDataset, ScanFiles};
use crate::record::{self, Record};
use crate::report::count;
use crate::scan::HashedTable;
use crate::source::sha256_hex;
use crate::splits::Split;
use rayon::prelude::*;
use scene::Job;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How to prepare scans.
#[derive(Debug, Clone)]
pub struct PreprocessOptions {
    /// Compute a normal per vertex.
    pub normals: bool,
    /// Apply the axis alignment. By default coordinates are unaligned, as in Pointcept's layout.
    pub align: bool,
    /// Write `segment40.npy` too: NYU40 ids, 0 for points without a class.
    pub nyu40: bool,
    /// Prepare only this shard of the scans.
    pub shard: Option<Shard>,
    /// Prepare scans again even if nothing changed, or if the store has scans of other options or another program.
    pub force: bool,
}

impl Default for PreprocessOptions {
    fn default() -> Self {
        PreprocessOptions { normals: true, align: false, nyu40: false, shard: None, force: false }
    }
}

/// How one scan went.
#[derive(Debug, Clone, Copy)]
pub enum ScanState<'a> {
    /// Prepared.
    Done,
    /// Unchanged since the last run.
    Skipped,
    /// Unusable.
    Failed(&'a Error),
}

/// One finished scan, for a progress bar.
#[derive(Debug, Clone, Copy)]
pub struct PreprocessProgress<'a> {
    /// The scan.
    pub scan: &'a str,
    /// How it went.
    pub state: ScanState<'a>,
    /// Number of scans finished, including this one.
    pub finished: usize,
    /// Number of scans of this run.
    pub total: usize,
}

/// What a run did. All lists are sorted by scan.
#[derive(Debug, Default)]
pub struct PreprocessOutcome {
    /// Scans prepared.
    pub done: Vec<String>,
    /// Scans left as they were, because neither sources nor options changed.
    pub skipped: Vec<String>,
    /// Scans that could not be prepared, and why. The manifest lists them as failed.
    pub failed: Vec<(String, Error)>,
    /// Faults of the scans prepared and skipped.
    pub faults: Vec<(String, Fault)>,
    /// Scans in the split lists that are not on disk.
    pub missing: Vec<(Split, String)>,
    /// Scans on disk that are in no split list. They are not prepared.
    pub unlisted: Vec<String>,
    /// Path of the manifest.
    pub manifest: PathBuf,
}

/// Prepares the listed scans of a raw folder into `out`, in Pointcept's layout, on the current rayon pool.
///
/// `out/<split>/<scan>/` gets `coord.npy` and `color.npy` (float32 N×3, Fortran order), `normal.npy` (float32 N×3),
/// `segment20.npy` and `instance.npy` (int64, -1 = ignored or of no object), `segment200.npy` if the label table has
/// ids, and `segment40.npy` if [`PreprocessOptions::nyu40`] is set. Scans without labels get no such files. A scan's
/// folder also has `scene.json`, a record of its options, sources and files; it is written under a temporary name and
/// renamed. A scan counts as unchanged if its record has the same options and sources and its files the bytes that were
/// written. A scan that fails does not stop the others.
///
/// The manifest is made from the records when all scans are done. Until then the store has none, and nothing reads it;
/// a run that was killed is continued by the next. Only one run writes into `out` at a time, or shards of one set.
///
/// `progress` is called for each finished scan, from any thread, and calls can overlap: where scans finish at the same
/// time, [`PreprocessProgress::finished`] need not ascend from call to call.
///
/// Takes about 35 ms of one core for a scan of 150,000 vertices.
///
/// # Errors
/// Only what concerns the whole run: `out` cannot be written, another run writes there, the label table is broken or is
/// missing although scans need it, there are no scans to prepare, `out` is the raw folder, or the store is of another release, of other options,
/// or of another program.
pub fn preprocess(
    raw: &RawDataset,
    out: impl AsRef<Path>,
    options: &PreprocessOptions,
    progress: &(dyn Fn(PreprocessProgress<'_>) + Sync),
) -> Result<PreprocessOutcome> {
    let out = out.as_ref();
    check_apart(raw, out)?;
    let table = HashedTable::of(raw)?;
    let plan = Plan::new(raw, options)?;
    // Each scan that needs the table would fail.
    if table.is_none() && raw.needing_table() > 0 {
        return Err(raw.no_label_table(raw.needing_table()));
    }
    // The folder is created, and locked, only once the run can start. Where there is a lock already, it comes first: what
    // another run is changing must not be judged.
    if out.is_dir() && !out.join(LOCK).exists() {
        plan.known(raw, out, options)?;
    }
    atomic::create_dir_all(out)?;
    let _lock = match options.shard {
        Some(shard) => FolderLock::of_shard(out, shard)?,
        None => FolderLock::exclusive(out, "preprocess")?,
    };
    let Known { records, others } = plan.known(raw, out, options)?;
    manifest::withdraw(out, options.shard)?;
    if options.shard.is_none() {
        manifest::remove_temporaries(out)?;
    }
    for split in plan.listed.iter().map(|(_, split)| split) {
        atomic::create_dir_all(out.join(split.name()))?;
    }

    let finished = AtomicUsize::new(0);
    let job = Job { out, options, release: raw.release, table: table.as_ref() };
    let results: Vec<Result<(ScanEntry, bool)>> = plan
        .scans
        .par_iter()
        .map(|&(files, split)| {
            let known = records.get(&files.id).map_or(&[][..], Vec::as_slice);
            let result = job.prepare(files, split, known);
            let state = match &result {
                Ok((_, true)) => ScanState::Done,
                Ok((_, false)) => ScanState::Skipped,
                Err(e) => ScanState::Failed(e),
            };
            let finished = finished.fetch_add(1, Ordering::Relaxed) + 1;
            progress(PreprocessProgress { scan: &files.id, state, finished, total: plan.scans.len() });
            result
        })
        .collect();

    let mut outcome = PreprocessOutcome {
        missing: raw.missing().into_iter().map(|(s, id)| (s, id.to_owned())).collect(),
        unlisted: raw.unlisted().into_iter().map(str::to_owned).collect(),
        ..PreprocessOutcome::default()
    };
    // A shard's manifest lists its own scans; the whole one also keeps those of earlier runs on other raw folders.
    let mut entries: BTreeMap<String, ScanEntry> = others.into_iter().map(|(id, record)| (id, record.entry)).collect();
    let mut failed = Vec::new();
    for (&(files, split), result) in plan.scans.iter().zip(results) {
        let id = files.id.clone();
        match result {
            Ok((entry, new)) => {
                outcome.faults.extend(entry.faults.iter().map(|f| (id.clone(), f.clone())));
                entries.insert(id.clone(), entry);
                if new { outcome.done.push(id) } else { outcome.skipped.push(id) }
            }
            Err(e) => {
                // What an earlier run made of it is not of these sources.
                for old in records.get(&id).into_iter().flatten() {
                    record::outdate(&out.join(old.entry.split.name()).join(&id))?;
                }
                failed.push(FailedScan { id: id.clone(), split });
                outcome.failed.push((id, e));
            }
        }
    }
    let all_shards = options.shard.map(|_| plan.list());
    let manifest = Manifest { all_shards, ..Manifest::new(raw.release, entries, failed) };
    outcome.manifest = manifest.write(out, options.shard)?;
    Ok(outcome)
}

/// Refuses an output folder that is the raw folder or one of its folders of scans: with a store's files in it, it would
/// no longer be taken for raw data.
fn check_apart(raw: &RawDataset, out: &Path) -> Result<()> {
    let out = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
    // of a folder that does not exist yet, the part that does
    let Some(real) = out.ancestors().find_map(|part| part.canonicalize().ok()) else { return Ok(()) };
    let is = |folder: &Path| out.exists() && folder.canonicalize().is_ok_and(|folder| folder == real);
    let holds = |scan: &ScanFiles| {
        scan.dir.parent().is_some_and(is) || scan.dir.canonicalize().is_ok_and(|dir| real.starts_with(dir))
    };
    match is(&raw.root) || raw.scans.iter().any(holds) {
        true => Err(Problem::mismatch("the output folder has the raw scans", "choose another folder").at(&out)),
        false => Ok(()),
    }
}

/// The scans of a run.
struct Plan<'a> {
    /// All that are in a split list.
    listed: Vec<(&'a ScanFiles, Split)>,
    /// Those of this shard.
    scans: Vec<(&'a ScanFiles, Split)>,
}

/// What the store has already.
struct Known {
    /// The records of the listed scans.
    records: HashMap<String, Vec<Record>>,
    /// The records of scans of earlier runs on other raw folders; none in a shard.
    others: BTreeMap<String, Record>,
}

impl<'a> Plan<'a> {
    fn new(raw: &'a RawDataset, options: &PreprocessOptions) -> Result<Self> {
        let listed: Vec<_> = raw.scans.iter().filter_map(|s| Some((s, raw.splits.split_of(&s.id)?))).collect();
        if listed.is_empty() {
            return Err(raw.nothing_listed());
        }
        let mine = |i: &usize| options.shard.is_none_or(|s| s.takes(*i));
        let scans = listed.iter().enumerate().filter(|(i, _)| mine(i)).map(|(_, s)| *s).collect();
        Ok(Plan { listed, scans })
    }

    /// What all shards together prepare.
    fn list(&self) -> ScanList {
        let lines: String = self.listed.iter().map(|(files, split)| format!("{split} {}\n", files.id)).collect();
        ScanList { scans: self.listed.len(), sha256: sha256_hex(lines.as_bytes()) }
    }

    /// Reads the records of a store, and refuses one that this run must not change.
    fn known(&self, raw: &RawDataset, out: &Path, options: &PreprocessOptions) -> Result<Known> {
        let refuse = |what: String, remedy: String| Err(Problem::manifest(what, remedy).at(out));
        let old = out.join(manifest::FILE);
        let old = old.exists().then(|| Manifest::read(&old)).transpose()?;
        let mut survey = record::survey(out)?;
        let releases = survey.records.values().flatten().map(|r| r.release).chain(old.iter().map(|m| m.release));
        if let Some(release) = releases.into_iter().find(|r| *r != raw.release) {
            let remedy = format!("prepare {:?} into another folder", raw.release);
            return refuse(format!("the store has scans of release {release:?}"), remedy);
        }
        if let Some(folder) = survey.foreign.first().filter(|_| !options.force) {
            let what = format!("{} prepared by another program", count(survey.foreign.len(), "scene was|scenes were"));
            let remedy = "choose another folder, or give --force to replace those of the same names";
            return Err(Problem::manifest(what, remedy).at(folder));
        }
        let listed: HashMap<&str, Split> = self.listed.iter().map(|(f, split)| (f.id.as_str(), *split)).collect();
        let mut records = HashMap::new();
        for &(files, _) in &self.listed {
            records.extend(survey.records.remove_entry(&files.id));
        }
        survey.damaged.retain(|id, _| !listed.contains_key(id.as_str()));
        let others = manifest::others(out, survey, |_| false)?;
        let wanted = options.shown();
        let differs = |record: &Record| record.entry.options() != wanted;
        if let Some(other) = others.values().find(|r| differs(r)) {
            let what = format!("{} was prepared with {}, this run has {wanted}", other.entry.id, other.entry.options());
            return refuse(what, "it is not in this raw folder, so choose the same options or another folder".into());
        }
        let mine = self.scans.iter().filter_map(|(files, _)| records.get(&files.id)).flatten();
        let differing: Vec<&Record> = mine.filter(|r| differs(r)).collect();
        if let Some(first) = differing.first().filter(|_| !options.force) {
            let what = format!(
                "the store has {} prepared with {}, this run has {wanted}",
                count(differing.len(), "scan|scans"),
                first.entry.options()
            );
            let remedy = "give the same options, or --force to prepare the scans again, or choose another folder";
            return refuse(what, remedy.into());
        }
        Ok(Known { records, others: if options.shard.is_some() { BTreeMap::new() } else { others } })
    }
}

impl PreprocessOptions {
    /// The options as [`ScanEntry::options`] shows them.
    fn shown(&self) -> String {
        manifest::shown_options(self.normals, self.align, self.nyu40)
    }
}
