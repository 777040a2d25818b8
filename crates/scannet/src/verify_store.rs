//! Checks a prepared store: that its files are those that were written, and that their values make sense.

use crate::error::Result;
use crate::extent;
use crate::faults::Severity;
use crate::record::{has_arrays, scene_folders};
use crate::report::{Finding, Report, count};
use crate::splits::Split;
use crate::store::{Arrays, PreparedStore, Scene};
use labelset::{LabelSet, NO_CLASS};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// What [`PreparedStore::check_files`] has looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FilesChecked {
    /// Number of files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl PreparedStore {
    /// Folders of scenes that are not in the manifest, so that they are not used; none in a store without one.
    ///
    /// # Errors
    /// The split's folders cannot be listed.
    pub fn unlisted(&self) -> Result<Vec<PathBuf>> {
        let mut unlisted = Vec::new();
        for split in Split::ALL.into_iter().filter(|_| self.manifest().is_some()) {
            let folders = scene_folders(&self.dir().join(split.name()))?.into_iter();
            let is_unlisted = |(folder, name): &(PathBuf, String)| {
                self.scenes(split).binary_search(name).is_err() && has_arrays(folder)
            };
            unlisted.extend(folders.filter(is_unlisted).map(|(folder, _)| folder));
        }
        Ok(unlisted)
    }

    /// Compares the files of these splits with the checksums in the manifest, on the current rayon pool; reads at
    /// about 0.5 to 2 GB/s on each core. A store of another program has no checksums, so nothing is checked.
    ///
    /// # Errors
    /// The first file, in the store's order, that is missing, unreadable or not the one that was written.
    pub fn check_files(&self, splits: &[Split]) -> Result<FilesChecked> {
        let scans = self.manifest().map_or(&[][..], |m| &m.scans);
        let scans: Vec<_> = scans.iter().filter(|s| splits.contains(&s.split)).collect();
        let check = |s: &&&crate::ScanEntry| s.check_files(&self.dir().join(s.split.name()).join(&s.id)).err();
        if let Some(error) = scans.par_iter().find_map_first(|s| check(&s)) {
            return Err(error);
        }
        let files = scans.iter().flat_map(|s| &s.files);
        Ok(FilesChecked { files: files.clone().count(), bytes: files.map(|f| f.bytes).sum() })
    }

    /// [`check_files`](Self::check_files) for one scene.
    ///
    /// # Errors
    /// Its first file that is missing, unreadable or not the one that was written.
    pub fn check_scene(&self, id: &str) -> Result<()> {
        match self.manifest().and_then(|m| m.entry(id)) {
            Some(scan) => scan.check_files(&self.dir().join(scan.split.name()).join(id)),
            None => Ok(()),
        }
    }
}

/// Reads all of a prepared store and reports what is wrong: files that are not those that were written, arrays that
/// cannot be read or do not fit, colours that are not 0 to 255, normals that are not of length 1, coordinates that are
/// not in metres, scenes without labels of this set.
///
/// Runs on the current rayon pool. `progress` gets the number of scenes done and of all scenes. The report does not
/// depend on the number of threads.
///
/// # Errors
/// The split's folders cannot be listed.
pub fn verify_store(
    store: &PreparedStore,
    labels: &LabelSet,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Report> {
    let scenes: Vec<(Split, &String)> =
        Split::ALL.into_iter().flat_map(|split| store.scenes(split).iter().map(move |id| (split, id))).collect();
    let mut findings = of_whole(store)?;
    let done = AtomicUsize::new(0);
    let annotated: [AtomicU8; 3] = Default::default();
    let of_scenes: Vec<Vec<Finding>> = scenes
        .par_iter()
        .map(|&(split, id)| {
            let found = check_scene(store, split, id, labels, &annotated[split as usize]);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, scenes.len());
            found
        })
        .collect();
    for split in [Split::Train, Split::Val] {
        if annotated[split as usize].load(Ordering::Relaxed) == LABELS {
            let what = format!("no {split} scene has a vertex with a class of {}", labels.name());
            let remedy = "choose the label set of this store with --labels, or check its labels";
            findings.push(Finding::new(None, Severity::Error, what, remedy));
        }
    }
    findings.extend(of_scenes.into_iter().flatten());
    Ok(Report::new(scenes.len(), findings))
}

/// What concerns no single scene.
fn of_whole(store: &PreparedStore) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let finding = |severity, what: String, remedy: &str| Finding::new(None, severity, what, remedy);
    let Some(manifest) = store.manifest() else {
        let what = "there is no manifest, so nothing tells whether files were changed".to_owned();
        return Ok(vec![finding(Severity::Note, what, "another program made the store; nothing to do")]);
    };
    if let Some(first) = manifest.failed.first() {
        let what = format!(
            "{} could not be prepared: {}{}",
            count(manifest.failed.len(), "scan|scans"),
            first.id,
            if manifest.failed.len() > 1 { ", …" } else { "" }
        );
        findings.push(finding(Severity::Warning, what, "run preprocess again, which names what is wrong"));
    }
    for folder in store.unlisted()? {
        let what = "a scene's folder is not in the manifest, so scanseg does not use it".to_owned();
        let remedy =
            "put scenes of your own into a store of their own; remove others, since other programs may use them";
        let path = Some(folder.display().to_string());
        findings.push(Finding { path, ..finding(Severity::Warning, what, remedy) });
    }
    Ok(findings)
}

/// A scene has labels, of which none is of a class.
const LABELS: u8 = 1;
/// A vertex has a class.
const CLASSES: u8 = 2;

/// Checks one scene. `annotated` becomes the most that a scene of its split has.
fn check_scene(store: &PreparedStore, split: Split, id: &str, labels: &LabelSet, annotated: &AtomicU8) -> Vec<Finding> {
    let dir = store.dir().join(split.name()).join(id);
    let entry = store.manifest().and_then(|m| m.entry(id));
    let mut findings: Vec<Finding> =
        entry.and_then(|e| e.check_files(&dir).err()).iter().map(|e| Finding::of_error(Some(id), e)).collect();
    let arrays = Arrays { color: true, normal: true, labels: Some(labels), instance: true };
    match store.load_arrays(split, id, &arrays) {
        Ok(scene) => {
            if let Some(segment) = &scene.segment {
                let has = if segment.iter().any(|class| *class != NO_CLASS) { CLASSES } else { LABELS };
                annotated.fetch_max(has, Ordering::Relaxed);
            }
            findings.extend(values(&scene, split, labels, &dir));
        }
        // a damaged file may also be unreadable: one finding about it is enough
        Err(e) if findings.is_empty() => findings.push(Finding::of_error(Some(id), &e)),
        Err(_) => {}
    }
    findings
}

/// What is odd about a scene that can be read.
fn values(scene: &Scene, split: Split, labels: &LabelSet, dir: &Path) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        extent::coordinate_faults(&scene.coord).iter().map(|f| Finding::of_fault(&scene.id, f)).collect();
    let mut warn = |what: String, remedy: &str| {
        let finding = Finding::new(Some(&scene.id), Severity::Warning, what, remedy);
        findings.push(Finding { path: Some(dir.display().to_string()), ..finding });
    };
    let zero = scene.normal.as_ref().map_or(0, |n| n.iter().filter(|n| **n == [0.0; 3]).count());
    if zero > scene.coord.len() / 10 {
        warn(format!("{} no normal", count(zero, "vertex has|vertices have")), "compute the normals again");
    }
    match &scene.segment {
        None if split == Split::Test => {}
        None => warn(format!("there is no {}.npy", labels.segment()), "choose its label set with --labels"),
        Some(classes) if classes.iter().all(|class| *class == NO_CLASS) => {
            warn(format!("no vertex has a class of {}", labels.name()), "check its labels, or leave it out");
        }
        Some(_) => {}
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::npy::{encode_labels, encode_points};

    #[test]
    fn a_store_of_another_program_is_checked_for_its_values() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        let coord: Vec<[f32; 3]> = (0..200).map(|i| [i as f32 * 20.0, i as f32 * 10.0, 0.0]).collect();
        put("train/a/coord.npy", &encode_points(&coord, true));
        put("train/a/segment20.npy", &encode_labels(&[-1; 200]));
        put("val/b/coord.npy", &encode_points(&coord[..1], true));
        put("val/b/color.npy", &encode_points(&[[0.0, 0.5, 1.0]], true));
        put("val/c/coord.npy", &encode_points(&coord[..1], true));
        put("val/c/color.npy", &encode_points(&[[0.0, 0.5, 700.0]], true));
        let store = PreparedStore::open(dir.path()).unwrap();
        let report = verify_store(&store, &LabelSet::scannet20(), &|_, _| {}).unwrap();
        let shown = report.to_string();
        for expected in [
            "note: data set: there is no manifest",
            "error: a: the scan is 3900 × 1950 × 0.000 m large, as if",
            "warning: a: no vertex has a class of scannet20",
            "error: data set: no train scene has a vertex with a class of scannet20",
            "error: b: the colours are 0 to 1 instead of 0 to 255; multiply them by 255",
            "error: c: the colours are 0 to 700 instead of 0 to 255; divide them by 257",
            "3 scans checked: 4 errors, 1 warning, 1 note",
        ] {
            assert!(shown.contains(expected), "{expected}\nis not in\n{shown}");
        }
        assert_eq!(store.check_files(&Split::ALL).unwrap(), FilesChecked::default());
    }
}
