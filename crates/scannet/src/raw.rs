//! A raw ScanNet folder: where its scans, split lists and label table are.

use crate::error::{Error, IoAt, Problem, Result};
use crate::report::count;
use crate::scan::Annotation;
use crate::splits::{Release, Split, Splits, is_scan_name};
use std::path::{Path, PathBuf};

/// File name of the v2 label table.
const TABLE_V2: &str = "scannetv2-labels.combined.tsv";
/// How the name of a scan's mesh ends.
const MESH: &str = "_vh_clean_2.ply";
/// File name of the v1 label table.
const TABLE_V1: &str = "scannet-labels.combined.tsv";

/// Name of a file in a raw folder that a program is still writing, or was writing when it was interrupted.
pub const INCOMPLETE: &str = ".incomplete";

/// How to open a raw folder.
#[derive(Debug, Clone, Default)]
pub struct RawOptions {
    /// Release whose split lists and label table are preferred.
    pub release: Release,
    /// A label table outside the folder.
    pub label_table: Option<PathBuf>,
}

/// The files of one scan. A path says where a file belongs, not that it exists.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScanFiles {
    /// Scan, such as `scene0000_00`.
    pub id: String,
    /// Its folder.
    pub dir: PathBuf,
}

impl ScanFiles {
    /// The mesh that labels refer to.
    pub fn mesh(&self) -> PathBuf {
        self.file(MESH)
    }
    /// The segments of the mesh.
    pub fn segments(&self) -> PathBuf {
        self.file("_vh_clean_2.0.010000.segs.json")
    }
    /// The objects, as groups of segments.
    pub fn aggregation(&self) -> PathBuf {
        self.file(".aggregation.json")
    }
    /// The objects of the high-resolution mesh. Their segment ids mean other segments, so they do not fit the mesh.
    pub fn high_resolution_aggregation(&self) -> PathBuf {
        self.file("_vh_clean.aggregation.json")
    }
    /// NYU40 ids per vertex.
    pub fn labels(&self) -> PathBuf {
        self.file("_vh_clean_2.labels.ply")
    }
    /// `key = value` lines with the axis alignment.
    pub fn meta(&self) -> PathBuf {
        self.file(".txt")
    }
    fn file(&self, suffix: &str) -> PathBuf {
        self.dir.join(format!("{}{suffix}", self.id))
    }
}

/// A raw ScanNet folder.
#[derive(Debug, Clone)]
pub struct RawDataset {
    /// The folder.
    pub root: PathBuf,
    /// The release given in the options.
    pub release: Release,
    /// Scans found, by id.
    pub scans: Vec<ScanFiles>,
    /// Folders of scans that were found twice; these are not used.
    pub doubles: Vec<ScanFiles>,
    /// Folders with meshes that are not scans, and why; these are not used.
    pub skipped: Vec<(PathBuf, &'static str)>,
    /// The split lists that are used.
    pub splits: Splits,
    /// The label table, if there is one.
    pub label_table: Option<PathBuf>,
}

impl RawDataset {
    /// Looks for scans in `scans/`, `scans_test/` and the folder itself, for split lists and for the label table.
    ///
    /// A scan is a folder named `sceneSSSS_NN`, or one that has a mesh named after it. If the folder has no split
    /// lists, the official ones are used.
    ///
    /// # Errors
    /// The folder does not exist, has no scans or broken split lists, or the label table of the options does not exist.
    pub fn open(root: impl AsRef<Path>, options: &RawOptions) -> Result<Self> {
        let root = root.as_ref();
        if root.is_file() {
            let what = "this is a file, not a raw ScanNet folder";
            return Err(Problem::mismatch(what, "unpack it if it is an archive, and give the folder").at(root));
        }
        std::fs::read_dir(root).reading(root)?;
        if holds_prepared_scenes(root) {
            let what = "this is a prepared store, not a folder of raw scans";
            return Err(Problem::mismatch(
                what,
                "give it to train or evaluate with --data, or check it with verify --store",
            )
            .at(root));
        }
        if root.join(INCOMPLETE).exists() {
            let what = "the folder is not complete: a program is writing it, or was interrupted";
            return Err(Problem::mismatch(what, "wait for that program to end, or run it again").at(root));
        }
        let (mut all, mut skipped) = (Vec::new(), Vec::new());
        for base in [root.join("scans"), root.join("scans_test"), root.to_path_buf()] {
            if base.is_dir() {
                scans_in(&base, &mut all, &mut skipped)?;
            }
        }
        if all.is_empty() {
            return Err(no_scans(root, &skipped));
        }
        // The sort is stable: of a scan in two folders, the one that was looked at first stays.
        all.sort_by(|a, b| a.id.cmp(&b.id));
        let (mut scans, mut doubles): (Vec<ScanFiles>, Vec<ScanFiles>) = Default::default();
        for scan in all {
            if scans.last().is_some_and(|s| s.id == scan.id) { doubles.push(scan) } else { scans.push(scan) }
        }
        let splits = match Splits::in_folder(root, options.release)? {
            Some(own) => own,
            None => Splits::official(options.release),
        };
        let label_table = match &options.label_table {
            Some(path) if !path.exists() => {
                let remedy = "check the path; the table comes with the ScanNet download";
                return Err(Problem::not_found("label table", remedy).at(path));
            }
            Some(path) => Some(path.clone()),
            None => {
                let names = match options.release {
                    Release::V1 => [TABLE_V1, TABLE_V2],
                    Release::V2 => [TABLE_V2, TABLE_V1],
                };
                names.map(|n| root.join(n)).into_iter().find(|p| p.exists())
            }
        };
        let root = root.to_path_buf();
        Ok(RawDataset { root, release: options.release, scans, doubles, skipped, splits, label_table })
    }

    /// The files of a scan that is on disk.
    pub fn scan(&self, id: &str) -> Option<&ScanFiles> {
        self.scans.binary_search_by(|s| s.id.as_str().cmp(id)).ok().map(|i| &self.scans[i])
    }

    /// Scans in the split lists that are not on disk, in list order.
    pub fn missing(&self) -> Vec<(Split, &str)> {
        let of = |s: Split| self.splits.scans(s).iter().map(move |id| (s, id.as_str()));
        Split::ALL.into_iter().flat_map(of).filter(|(_, id)| self.scan(id).is_none()).collect()
    }

    /// Number of listed scans that can be labelled only with a label table.
    pub(crate) fn needing_table(&self) -> usize {
        let listed = self.scans.iter().filter(|files| self.splits.split_of(&files.id).is_some());
        listed.filter(|files| Annotation::needs_table(files)).count()
    }

    /// The error for scans that cannot be labelled because there is no label table.
    pub(crate) fn no_label_table(&self, needing: usize) -> Error {
        let what = format!("label table, without which {} cannot be labelled,", count(needing, "scan|scans"));
        let above = self.root.parent().filter(|dir| dir.join(TABLE_V2).is_file() || dir.join(TABLE_V1).is_file());
        let remedy = match above {
            Some(dir) => format!("it is in the folder above: give {}", dir.display()),
            None => format!("put {TABLE_V2} (part of the ScanNet download) into the folder, or give --label-table"),
        };
        Problem::not_found(what, remedy).at(&self.root)
    }

    /// The error for a folder whose scans are in no split list.
    pub(crate) fn nothing_listed(&self) -> Error {
        let what = match self.scans.len() {
            1 => "there is nothing to prepare: the only scan on disk is in no split list".to_owned(),
            all => format!("there is nothing to prepare: none of the {all} scans on disk is in a split list"),
        };
        let remedy = "list them in splits/train.txt, val.txt or test.txt in that folder, one name a line";
        Problem::mismatch(what, remedy).at(&self.root)
    }

    /// Scans on disk that are in no split list, by id.
    pub fn unlisted(&self) -> Vec<&str> {
        self.scans.iter().map(|s| s.id.as_str()).filter(|id| self.splits.split_of(id).is_none()).collect()
    }
}

/// Finds the scans in a folder, and folders that look like scans but are none.
fn scans_in(base: &Path, scans: &mut Vec<ScanFiles>, skipped: &mut Vec<(PathBuf, &'static str)>) -> Result<()> {
    for entry in std::fs::read_dir(base).reading(base)? {
        let dir = entry.reading(base)?.path();
        if !dir.is_dir() {
            continue;
        }
        let name = dir.file_name().and_then(|n| n.to_str()).filter(|name| is_scan_name(name)).map(str::to_owned);
        let scan = ScanFiles { id: name.clone().unwrap_or_default(), dir };
        if name.is_some() && (is_official_name(&scan.id) || scan.mesh().is_file()) {
            scans.push(scan);
        } else if has_mesh(&scan.dir) {
            let why = match name {
                Some(_) => "its mesh is not named after the folder; rename the folder or its files",
                None => "its name has control characters or is not UTF-8; rename the folder and its files",
            };
            skipped.push((scan.dir, why));
        }
    }
    skipped.sort();
    Ok(())
}

/// Whether a folder has a scan's mesh, whatever its name.
fn has_mesh(dir: &Path) -> bool {
    let Ok(files) = std::fs::read_dir(dir) else { return false };
    files.flatten().any(|file| file.file_name().to_string_lossy().ends_with(MESH))
}

/// The error for a folder without scans, which says where scans are, if they are near.
fn no_scans(root: &Path, skipped: &[(PathBuf, &'static str)]) -> Error {
    if let Some((dir, why)) = skipped.first() {
        return Problem::mismatch("this folder has a mesh, but is not a scan", *why).at(dir);
    }
    if has_mesh(root) {
        return Problem::mismatch("this is the folder of one scan", "give the folder that contains it").at(root);
    }
    let what = "scans (folders such as scans/scene0000_00 with a _vh_clean_2.ply)";
    let within = std::fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let has_scans = |dir: &PathBuf| {
        let (mut scans, mut skipped) = (Vec::new(), Vec::new());
        let folders = [dir.join("scans"), dir.clone()];
        folders
            .iter()
            .any(|base| base.is_dir() && scans_in(base, &mut scans, &mut skipped).is_ok() && !scans.is_empty())
    };
    let remedy = match within
        .filter(|path| path.is_dir())
        .collect::<std::collections::BTreeSet<_>>()
        .iter()
        .find(|d| has_scans(d))
    {
        Some(dir) => format!("they are one folder deeper: give {}", dir.display()),
        None => "give the folder that contains 'scans', or the one that contains the scene folders".to_owned(),
    };
    Problem::not_found(what, remedy).at(root)
}

/// Whether a folder has scenes as preprocessing writes them.
fn holds_prepared_scenes(root: &Path) -> bool {
    let scenes = Split::ALL.into_iter().filter_map(|split| std::fs::read_dir(root.join(split.name())).ok());
    scenes.flatten().flatten().any(|scene| scene.path().join("coord.npy").is_file())
}

/// `sceneSSSS_NN`.
fn is_official_name(id: &str) -> bool {
    let digits = |s: &str, n: usize| s.len() == n && s.bytes().all(|b| b.is_ascii_digit());
    id.strip_prefix("scene").and_then(|r| r.split_once('_')).is_some_and(|(a, b)| digits(a, 4) && digits(b, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scans_are_found_in_every_usual_place_once() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let open = || RawDataset::open(root, &RawOptions::default());
        assert!(open().unwrap_err().to_string().contains("scans (folders such as"));
        for d in ["scans/scene0191_00", "scans/tmp", "scans_test/scene0707_00", "scene0191_00", "kitchen", "scene99"] {
            std::fs::create_dir_all(root.join(d)).unwrap();
        }
        std::fs::write(root.join("kitchen/kitchen_vh_clean_2.ply"), "").unwrap();
        std::fs::write(root.join(TABLE_V1), "").unwrap();
        let raw = open().unwrap();
        let ids: Vec<&str> = raw.scans.iter().map(|s| s.id.as_str()).collect();
        assert_eq!(ids, ["kitchen", "scene0191_00", "scene0707_00"]);
        assert_eq!(raw.scan("scene0191_00").unwrap().dir, root.join("scans/scene0191_00"));
        assert_eq!((raw.doubles.len(), raw.unlisted(), raw.missing().len()), (1, vec!["kitchen"], 1611));
        assert_eq!(raw.label_table, Some(root.join(TABLE_V1)));
        let options = RawOptions { label_table: Some(root.join("x.tsv")), ..RawOptions::default() };
        assert!(RawDataset::open(root, &options).unwrap_err().to_string().contains("label table not found"));
        let message = RawDataset::open(root.join("no"), &RawOptions::default()).unwrap_err().to_string();
        assert!(message.contains("check the path"), "{message}");
    }
}
