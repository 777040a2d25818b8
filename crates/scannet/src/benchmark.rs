//! Submissions to the ScanNet benchmark: one `sceneSSSS_NN.txt` per scan, one class id per line, in vertex order.

use crate::atomic;
use crate::error::{IoAt, Problem, Result};
use crate::faults::Severity;
use crate::mesh::vertex_count;
use crate::raw::RawDataset;
use crate::report::{Finding, Report};
use crate::source;
use crate::splits::{Split, Splits};
use crate::store::PreparedStore;
use labelset::{LabelSet, NO_CLASS};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

/// Writes the predictions for one scan, given as class indices, as ids of the label set.
///
/// # Errors
/// [`Problem::Mismatch`] for a vertex without a class, whose prediction could never score; [`Problem::Write`].
pub fn write_benchmark_labels(path: impl AsRef<Path>, classes: &[i32], labels: &LabelSet) -> Result<()> {
    let path = path.as_ref();
    let is_class = |class: &i32| usize::try_from(*class).is_ok_and(|class| class < labels.len());
    if let Some(vertex) = classes.iter().position(|class| !is_class(class)) {
        let what = format!("vertex {vertex} has class index {}", classes[vertex]);
        let remedy = format!("predict one of the {} classes of label set {}", labels.len(), labels.name());
        return Err(Problem::mismatch(what, remedy).at(path));
    }
    write_benchmark_truth(path, classes, labels)
}

/// Writes the annotation of one scan, given as class indices, as the benchmark's script takes it: ids of the label set,
/// [`LabelSet::no_class_id`] for vertices that are not scored, which is 0 unless a class has that id.
///
/// # Errors
/// [`Problem::Write`].
pub fn write_benchmark_truth(path: impl AsRef<Path>, classes: &[i32], labels: &LabelSet) -> Result<()> {
    let ids = labels.ids_of(classes);
    atomic::write(path, |w| ids.iter().try_for_each(|id| writeln!(w, "{id}")))
}

/// A scan that a submission has to label.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpectedScan {
    /// Scan, such as `scene0707_00`.
    pub id: String,
    /// Number of its vertices; `None` where the scan is not on disk.
    pub vertices: Option<usize>,
}

impl RawDataset {
    /// What a submission for a split has to label, with the number of vertices of the meshes on disk.
    ///
    /// # Errors
    /// A mesh has no readable header.
    pub fn expected_scans(&self, split: Split) -> Result<Vec<ExpectedScan>> {
        let count = |id: &String| {
            let vertices = self.scan(id).map(|files| vertex_count(files.mesh())).transpose()?;
            Ok(ExpectedScan { id: id.clone(), vertices })
        };
        self.splits.scans(split).par_iter().map(count).collect()
    }
}

impl PreparedStore {
    /// What a submission for a split has to label: the store's scenes, and, where these are scans of ScanNet, also the
    /// scans of the official list that the store does not have, unless `only_present`.
    ///
    /// # Errors
    /// A scene cannot be read.
    pub fn expected_scans(&self, split: Split, only_present: bool) -> Result<Vec<ExpectedScan>> {
        let count = |id: &String| Ok(ExpectedScan { id: id.clone(), vertices: Some(self.vertices(split, id)?) });
        let mut scans: Vec<ExpectedScan> = self.scenes(split).par_iter().map(count).collect::<Result<_>>()?;
        let official = Splits::official(self.manifest().map_or_else(Default::default, |m| m.release));
        if !only_present && scans.iter().any(|s| official.split_of(&s.id) == Some(split)) {
            let missing = official.scans(split).iter().filter(|id| self.scenes(split).binary_search(id).is_err());
            scans.extend(missing.map(|id| ExpectedScan { id: id.clone(), vertices: None }));
            scans.sort();
        }
        Ok(scans)
    }
}

/// Checks a folder of predictions before upload: one file per scan and no others, one line per vertex, and only ids of
/// the label set. Reports the first fault of each kind in every file, and missing files in a few lines.
///
/// # Errors
/// The folder cannot be listed.
pub fn check_submission(dir: impl AsRef<Path>, scans: &[ExpectedScan], labels: &LabelSet) -> Result<Report> {
    let dir = dir.as_ref();
    let mut present = BTreeSet::new();
    for entry in std::fs::read_dir(dir).reading(dir)? {
        present.insert(entry.reading(dir)?.file_name().to_string_lossy().into_owned());
    }
    let file = |scan: &ExpectedScan| format!("{}.txt", scan.id);
    let (predicted, missing): (Vec<_>, Vec<_>) = scans.iter().partition(|scan| present.contains(&file(scan)));
    let per_scan = predicted.par_iter().map(|scan| check_scan(scan, &dir.join(file(scan)), labels));
    let mut findings: Vec<Finding> = per_scan.collect::<Vec<_>>().into_iter().flatten().collect();
    let (here, elsewhere): (Vec<_>, Vec<_>) = missing.into_iter().partition(|scan| scan.vertices.is_some());
    let missing = format!("of {} predictions are missing", scans.len());
    let no_file = |scan: &str| format!("there is no {scan}.txt");
    findings.extend(summed_up(&here, Severity::Error, no_file, &missing, "predict this scan too"));
    let remedy = "prepare and predict this scan too, or check with --only-present";
    findings.extend(summed_up(&elsewhere, Severity::Error, no_file, &missing, remedy));
    let unknown: Vec<_> = predicted.into_iter().filter(|scan| scan.vertices.is_none()).collect();
    let what = "the number of its lines cannot be checked: the scan is not on disk";
    let many = "predictions have a number of lines that cannot be checked: the scans are not on disk";
    findings.extend(summed_up(&unknown, Severity::Warning, |_| what.to_owned(), many, "fetch the mesh of this scan"));
    let wanted: BTreeSet<String> = scans.iter().map(file).collect();
    findings.extend(present.difference(&wanted).map(|name| match atomic::is_temporary(name) {
        true => {
            let what = format!("'{name}' is half a file, of a run that was interrupted or is still writing");
            Finding::new(None, Severity::Note, what, "leave it out of the upload")
        }
        false => {
            let what = format!("'{name}' is not a prediction for a scan of this split");
            Finding::new(None, Severity::Error, what, "remove it: an upload has only the predictions, at its top level")
        }
    }));
    Ok(Report::new(scans.len(), findings))
}

/// A finding for each of a few scans that say `one`, or one for more of them that says how `many`.
fn summed_up(
    scans: &[&ExpectedScan],
    severity: Severity,
    one: impl Fn(&str) -> String,
    many: &str,
    remedy: &str,
) -> Vec<Finding> {
    const FEW: usize = 3;
    if scans.len() > FEW {
        let shown: Vec<&str> = scans.iter().take(FEW).map(|scan| scan.id.as_str()).collect();
        let what = format!("{} {many} ({} and {} more)", scans.len(), shown.join(", "), scans.len() - FEW);
        return vec![Finding::new(None, severity, what, &remedy.replace("this scan", "these scans"))];
    }
    scans.iter().map(|scan| Finding::new(Some(&scan.id), severity, one(&scan.id), remedy)).collect()
}

/// An id as a line has it: an integer, or a real number without a fraction.
fn id(line: &str) -> Option<i32> {
    let real = || line.parse::<f64>().ok().filter(|id| id.fract() == 0.0 && id.abs() <= f64::from(i32::MAX));
    line.parse().ok().or_else(|| real().map(|id| id as i32))
}

fn check_scan(scan: &ExpectedScan, path: &Path, labels: &LabelSet) -> Vec<Finding> {
    let error = |what: String, remedy: &str| {
        let finding = Finding::new(Some(&scan.id), Severity::Error, what, remedy);
        Finding { path: Some(path.display().to_string()), ..finding }
    };
    let bytes = match source::read(path, source::JSON).reading(path) {
        Ok(bytes) => bytes,
        Err(e) => return vec![Finding::of_error(Some(&scan.id), &e)],
    };
    let mut findings = Vec::new();
    let text = String::from_utf8_lossy(&bytes);
    let ids: Vec<Option<i32>> = text.lines().map(|line| id(line.trim())).collect();
    if let Some(first) = text.lines().position(|line| id(line.trim()).is_some() && line.contains('.')) {
        let shown = text.lines().nth(first).unwrap_or_default().trim();
        let what = format!("line {} is '{shown}', an id with a point", first + 1);
        let remedy = "write it without, for the benchmark's script reads only integers";
        let finding = Finding::new(Some(&scan.id), Severity::Warning, what, remedy);
        findings.push(Finding { path: Some(path.display().to_string()), ..finding });
    }
    let classes = labels.classes_of_ids(&ids.iter().map(|id| id.unwrap_or(-1)).collect::<Vec<_>>());
    if let Some(first) = classes.iter().position(|&class| class == NO_CLASS) {
        let all = classes.iter().filter(|&&class| class == NO_CLASS).count();
        let shown: String = text.lines().nth(first).unwrap_or_default().chars().take(30).collect();
        let what =
            format!("line {} is '{shown}', which is not an id of {} ({all} such lines)", first + 1, labels.name());
        let indices = ids.iter().all(|id| id.is_some_and(|id| (0..labels.len() as i32).contains(&id)));
        let last = labels.len() - 1;
        let remedy = match indices {
            true => format!(
                "all lines are 0 to {last}, which looks like class indices; write the id of each class instead: {} for \
                 0, … {} for {last}",
                labels.ids_of(&[0])[0],
                labels.ids_of(&[last as i32])[0]
            ),
            false => "write the ids of the label set".to_owned(),
        };
        findings.push(error(what, &remedy));
    }
    let lines = ids.len();
    if let Some(vertices) = scan.vertices.filter(|vertices| *vertices != lines) {
        let remedy = "predict every vertex of _vh_clean_2.ply, in its order";
        findings.push(error(format!("{lines} lines for {vertices} vertices"), remedy));
    }
    findings
}
