//! Submissions to the ScanNet benchmark: one `sceneSSSS_NN.txt` a scan, one NYU40 id a line, in vertex order.

use crate::atomic;
use crate::error::{IoAt, Problem, Result};
use crate::faults::Severity;
use crate::label_space::{LabelSpace, scannet20};
use crate::mesh::vertex_count;
use crate::raw::RawDataset;
use crate::report::{Finding, Report};
use crate::splits::{Split, Splits};
use crate::store::PreparedStore;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

/// Writes one scan's predictions as NYU40 ids; convert labels of other spaces with
/// [`crate::LabelSpace::convert_all`] first.
///
/// # Errors
/// [`Problem::Mismatch`] for ids outside the benchmark's 20, of which no prediction scores; [`Problem::Write`].
pub fn write_benchmark_labels(path: impl AsRef<Path>, nyu40_ids: &[i32]) -> Result<()> {
    let path = path.as_ref();
    if let Some((vertex, id)) = nyu40_ids.iter().enumerate().find(|(_, id)| !scannet20::NYU40_IDS.contains(id)) {
        let what = format!("vertex {vertex} has id {id}; the benchmark takes the NYU40 ids of its 20 classes");
        return Err(Problem::Mismatch(what).at(path));
    }
    atomic::write(path, |w| nyu40_ids.iter().try_for_each(|id| writeln!(w, "{id}")))
}

/// Writes one scan's annotation, [`LabelSpace::Scannet20`], as the benchmark's script takes it: NYU40 ids of the 20
/// classes, 0 for all that is not scored.
///
/// # Errors
/// [`Problem::Write`].
pub fn write_benchmark_truth(path: impl AsRef<Path>, segment20: &[i32]) -> Result<()> {
    let ids = LabelSpace::Scannet20.convert_all(segment20, LabelSpace::Nyu40).expect("these two convert");
    atomic::write(path, |w| ids.iter().try_for_each(|id| writeln!(w, "{id}")))
}

/// A scan that a submission has to label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpectedScan {
    /// Scan, such as `scene0707_00`.
    pub id: String,
    /// Its vertices; `None` where they are not known, since the scan is not there.
    pub vertices: Option<usize>,
}

impl RawDataset {
    /// What a submission for a split has to label, with the vertices of the meshes on disk.
    ///
    /// # Errors
    /// A mesh without a readable header.
    pub fn expected_scans(&self, split: Split) -> Result<Vec<ExpectedScan>> {
        let count = |id: &String| {
            let vertices = self.scan(id).map(|files| vertex_count(files.mesh())).transpose()?;
            Ok(ExpectedScan { id: id.clone(), vertices })
        };
        self.splits.scans(split).par_iter().map(count).collect()
    }
}

impl PreparedStore {
    /// What a submission for a split has to label: the store's scenes, and, where these are scans of ScanNet, also those
    /// of the official list that the store lacks.
    ///
    /// # Errors
    /// A scene that cannot be read.
    pub fn expected_scans(&self, split: Split) -> Result<Vec<ExpectedScan>> {
        let count = |id: &String| Ok(ExpectedScan { id: id.clone(), vertices: Some(self.vertices(split, id)?) });
        let mut scans: Vec<ExpectedScan> = self.scenes(split).par_iter().map(count).collect::<Result<_>>()?;
        let official = Splits::official(self.manifest().map_or_else(Default::default, |m| m.release));
        if scans.iter().any(|s| official.split_of(&s.id) == Some(split)) {
            let absent = official.scans(split).iter().filter(|id| self.scenes(split).binary_search(id).is_err());
            scans.extend(absent.map(|id| ExpectedScan { id: id.clone(), vertices: None }));
            scans.sort();
        }
        Ok(scans)
    }
}

/// Checks a folder of predictions before upload: a file for every scan and no other, as many lines as the scan has
/// vertices, and only ids that the benchmark knows. All faults of all files are found, the first of its kind in each.
///
/// # Errors
/// A folder that cannot be listed.
pub fn check_submission(dir: impl AsRef<Path>, scans: &[ExpectedScan]) -> Result<Report> {
    let dir = dir.as_ref();
    let mut present = BTreeSet::new();
    for entry in std::fs::read_dir(dir).reading(dir)? {
        present.insert(entry.reading(dir)?.file_name().to_string_lossy().into_owned());
    }
    let per_scan = scans.par_iter().map(|scan| {
        let name = format!("{}.txt", scan.id);
        if !present.contains(&name) {
            let what = format!("there is no {name}");
            return vec![Finding::new(Some(&scan.id), Severity::Error, what, "predict this scan too")];
        }
        check_scan(scan, &dir.join(name))
    });
    let mut findings: Vec<Finding> = per_scan.collect::<Vec<_>>().into_iter().flatten().collect();
    let wanted: BTreeSet<String> = scans.iter().map(|scan| format!("{}.txt", scan.id)).collect();
    findings.extend(present.difference(&wanted).map(|name| {
        let what = format!("'{name}' is no prediction of a scan of this split");
        Finding::new(None, Severity::Error, what, "remove it: the upload takes the predictions alone, at its top level")
    }));
    Ok(Report::new(scans.len(), findings))
}

fn check_scan(scan: &ExpectedScan, path: &Path) -> Vec<Finding> {
    let error = |what: String, remedy: &str| {
        let finding = Finding::new(Some(&scan.id), Severity::Error, what, remedy);
        Finding { path: Some(path.display().to_string()), ..finding }
    };
    let bytes = match std::fs::read(path).reading(path) {
        Ok(bytes) => bytes,
        Err(e) => return vec![Finding::of_error(Some(&scan.id), &e)],
    };
    let mut findings = Vec::new();
    let text = String::from_utf8_lossy(&bytes);
    let no_id = |line: &str| !line.trim().parse().is_ok_and(|v: i32| scannet20::NYU40_IDS.contains(&v));
    if let Some((i, line)) = text.lines().enumerate().find(|(_, line)| no_id(line)) {
        let all = text.lines().filter(|line| no_id(line)).count();
        let shown: String = line.chars().take(30).collect();
        let what = format!("line {} is '{shown}', no id of the benchmark ({all} such lines)", i + 1);
        findings.push(error(what, "write the NYU40 ids of the 20 classes, not indices 0 to 19"));
    }
    let lines = text.lines().count();
    match scan.vertices {
        None => {
            let what = "its number of lines cannot be checked: the scan is not there";
            findings.push(Finding::new(Some(&scan.id), Severity::Warning, what, "fetch its mesh"));
        }
        Some(vertices) if vertices == lines => {}
        Some(vertices) => {
            let remedy = "predict every vertex of _vh_clean_2.ply, in its order";
            findings.push(error(format!("{lines} lines for {vertices} vertices"), remedy));
        }
    }
    findings
}
