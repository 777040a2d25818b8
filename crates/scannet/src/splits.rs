//! Which scan belongs to training, validation and test.

use crate::error::{IoAt, Problem, Result};
use crate::source;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A release of ScanNet. v1 annotates about 63 % of the surface and v2 about 90 %, so accuracies on the two cannot be
/// compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Release {
    /// 1045 / 156 / 312 scans, on which PointNet++'s published numbers were measured.
    V1,
    /// 1201 / 312 / 100 scans, those of the benchmark. The validation scans are v1's test scans.
    #[default]
    V2,
}

/// One of the three parts of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// For training.
    Train,
    /// For choosing models.
    Val,
    /// For the final number; v2's test scans have no public labels.
    Test,
}

impl Split {
    /// All splits.
    pub const ALL: [Split; 3] = [Split::Train, Split::Val, Split::Test];

    /// Name of its folder and list: `train`, `val`, `test`.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Val => "val",
            Split::Test => "test",
        }
    }
}

impl std::fmt::Display for Split {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Split {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        Split::ALL
            .into_iter()
            .find(|x| x.name() == s)
            .ok_or_else(|| format!("no split '{s}'; choose train, val or test"))
    }
}

impl Release {
    fn prefix(self) -> &'static str {
        match self {
            Release::V1 => "scannetv1_",
            Release::V2 => "scannetv2_",
        }
    }
}

/// The scans of every split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splits {
    lists: [Vec<String>; 3],
    by_scan: HashMap<String, Split>,
    /// The list files; empty for the official lists, which are part of this crate.
    pub files: Vec<PathBuf>,
}

impl Splits {
    /// The official lists.
    pub fn official(release: Release) -> Self {
        macro_rules! lists {
            ($v:literal) => {
                [
                    include_str!(concat!("../../../datasets/splits/scannet", $v, "_train.txt")),
                    include_str!(concat!("../../../datasets/splits/scannet", $v, "_val.txt")),
                    include_str!(concat!("../../../datasets/splits/scannet", $v, "_test.txt")),
                ]
            };
        }
        let texts = match release {
            Release::V1 => lists!("v1"),
            Release::V2 => lists!("v2"),
        };
        let lists = texts.map(|t| t.lines().map(str::to_owned).collect());
        Self::new(lists).expect("the shipped lists are disjoint")
    }

    /// Reads the lists in the data set's folder: `scannetv2_train.txt` (with the release's number) in `splits/` or in
    /// the folder itself, or `train.txt` in `splits/`. `None` if there are none.
    ///
    /// # Errors
    /// A list is unreadable, has a line that is not the name of a scan, or lists a scan twice.
    pub fn in_folder(root: &Path, release: Release) -> Result<Option<Self>> {
        let splits = root.join("splits");
        let candidates = |s: Split| {
            let long = format!("{}{s}.txt", release.prefix());
            [splits.join(&long), splits.join(format!("{s}.txt")), root.join(&long)]
        };
        let found = Split::ALL.map(|s| candidates(s).into_iter().find(|p| p.exists()));
        let mut lists: [Vec<String>; 3] = Default::default();
        for (list, path) in lists.iter_mut().zip(&found) {
            if let Some(path) = path {
                *list = read_list(path)?;
            }
        }
        let files: Vec<PathBuf> = found.into_iter().flatten().collect();
        let Some(first) = files.first() else { return Ok(None) };
        let made = Self::new(lists).map_err(|p| p.at(first.parent().unwrap_or(root)))?;
        Ok(Some(Splits { files, ..made }))
    }

    /// Makes splits of these lists, in the order train, val, test.
    ///
    /// # Errors
    /// A scan is in two splits or twice in one: results on such a split would be worthless.
    pub fn new(lists: [Vec<String>; 3]) -> Result<Self, Problem> {
        let mut by_scan = HashMap::new();
        for (split, list) in Split::ALL.into_iter().zip(&lists) {
            for scan in list {
                if let Some(other) = by_scan.insert(scan.clone(), split) {
                    let what = format!("the split lists have {scan} in {other} and again in {split}");
                    return Err(Problem::mismatch(what, "correct the lists: a scan belongs to one split, once"));
                }
            }
        }
        Ok(Splits { lists, by_scan, files: Vec::new() })
    }

    /// The scans of a split, in list order.
    pub fn scans(&self, split: Split) -> &[String] {
        &self.lists[split as usize]
    }

    /// The split of a scan.
    pub fn split_of(&self, scan: &str) -> Option<Split> {
        self.by_scan.get(scan).copied()
    }
}

/// Reads a list of scans, one per line, without blank lines and lines that start with `#`.
///
/// # Errors
/// The file is unreadable, or has a line that cannot be the name of a scan's folder.
fn read_list(path: &Path) -> Result<Vec<String>> {
    let text = String::from_utf8_lossy(&source::read(path, source::TEXT).reading(path)?).into_owned();
    let mut scans = Vec::new();
    for (i, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let scan = line.trim();
        if scan.is_empty() || scan.starts_with('#') {
            continue;
        }
        let shown: String = scan.chars().take(60).filter(|c| !c.is_control()).collect();
        let bad = |detail: String, remedy| Err(Problem::Line { line: i + 1, detail, remedy }.at(path));
        if let Some(ending) = [".ply", ".pth", ".npy", ".txt"].into_iter().find(|ending| scan.ends_with(ending)) {
            let name = scan.trim_end_matches(ending).trim_end_matches("_vh_clean_2");
            let remedy = "list the names of scans, which are those of their folders, without the ending of a file";
            return bad(
                format!("'{shown}' is the name of a file; write '{}'", &name[name.len().saturating_sub(60)..]),
                remedy,
            );
        }
        if !is_scan_name(scan) {
            let remedy = "list one name a line: that of the scan's folder, without the folders above it";
            return bad(format!("'{shown}' is not the name of a scan such as scene0000_00"), remedy);
        }
        scans.push(scan.to_owned());
    }
    Ok(scans)
}

/// Whether this can be the name of a scan's folder: any text without control characters that is one part of a path and
/// has no leading dot, so that no list leads out of the data set.
pub(crate) fn is_scan_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 200
        && !name.starts_with('.')
        && !name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn official_lists_have_the_published_sizes_and_relations() {
        let (v1, v2) = (Splits::official(Release::V1), Splits::official(Release::V2));
        assert_eq!(Split::ALL.map(|s| v2.scans(s).len()), [1201, 312, 100]);
        assert_eq!(Split::ALL.map(|s| v1.scans(s).len()), [1045, 156, 312]);
        assert!(v1.scans(Split::Test).iter().all(|s| v2.split_of(s) == Some(Split::Val)));
        assert!(v2.scans(Split::Train).iter().all(|s| v1.split_of(s).is_some_and(|x| x != Split::Test)));
    }

    #[test]
    fn own_lists_are_found_and_checked() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Splits::in_folder(dir.path(), Release::V2).unwrap(), None);
        std::fs::create_dir(dir.path().join("splits")).unwrap();
        std::fs::write(dir.path().join("scannetv2_val.txt"), "# mine\r\n\r\nscene0001_00\r\n").unwrap();
        std::fs::write(dir.path().join("splits/train.txt"), "scene0000_00\nscene0000_01").unwrap();
        let s = Splits::in_folder(dir.path(), Release::V2).unwrap().unwrap();
        assert_eq!((s.scans(Split::Train).len(), s.split_of("scene0001_00")), (2, Some(Split::Val)));
        std::fs::write(dir.path().join("splits/test.txt"), "scene0000_01").unwrap();
        let message = Splits::in_folder(dir.path(), Release::V2).unwrap_err().to_string();
        assert!(message.contains("scene0000_01 in train and again in test"), "{message}");
        std::fs::write(dir.path().join("splits/test.txt"), "x\n../../etc\n").unwrap();
        let message = Splits::in_folder(dir.path(), Release::V2).unwrap_err().to_string();
        assert!(message.contains("line 2: '../../etc'") && message.ends_with("test.txt"), "{message}");
    }
}
