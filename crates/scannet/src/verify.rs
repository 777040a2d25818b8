//! Checks a raw ScanNet folder before hours of work.

use crate::error::Result;
use crate::faults::{Fault, FaultKind, Severity};
use crate::raw::{RawDataset, ScanFiles};
use crate::report::{Finding, Report, count};
use crate::scan::{Annotation, HashedTable, ScanSources};
use crate::splits::Split;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What to check besides the files themselves.
#[derive(Debug, Clone)]
pub struct VerifyOptions {
    /// Compare the labels made from objects with `labels.ply`, if both exist.
    pub compare_label_meshes: bool,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        VerifyOptions { compare_label_meshes: true }
    }
}

/// Reads every scan as preprocessing would and reports all that is wrong: files that are missing, truncated or damaged,
/// labels that do not fit, names that the label table does not have, scans that only the split lists or only the disk
/// has.
///
/// Runs on the current rayon pool. `progress` gets the number of scans done and of all scans. The report does not
/// depend on the number of threads.
pub fn verify(raw: &RawDataset, options: &VerifyOptions, progress: &(dyn Fn(usize, usize) + Sync)) -> Report {
    let mut findings = lists(raw);
    let table = match HashedTable::of(raw) {
        Ok(Some(table)) => {
            findings.extend(table.table.faults().iter().map(|f| {
                let what = format!("label table, {f}");
                Finding::new(
                    None,
                    Severity::Warning,
                    what,
                    "use the table as downloaded; the names of rows left out are unknown",
                )
            }));
            Some(table)
        }
        Ok(None) => {
            findings.push(match raw.needing_table() {
                0 => {
                    let remedy = "put scannetv2-labels.combined.tsv (part of the ScanNet download) into the folder";
                    let what = "there is no label table, so classes come from labels.ply, and objects are unknown";
                    Finding::new(None, Severity::Warning, what, remedy)
                }
                needing => Finding::of_error(None, &raw.no_label_table(needing)),
            });
            None
        }
        Err(e) => {
            findings.push(Finding::of_error(None, &e));
            None
        }
    };
    let done = AtomicUsize::new(0);
    let of_scans: Vec<Vec<Finding>> = raw
        .scans
        .par_iter()
        .map(|files| {
            let split = raw.splits.split_of(&files.id);
            let found = check_scan(files, split, table.as_ref(), options)
                .unwrap_or_else(|e| vec![Finding::of_error(Some(&files.id), &e)]);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, raw.scans.len());
            found
        })
        .collect();
    findings.extend(of_scans.into_iter().flatten());
    Report::new(raw.scans.len(), findings)
}

fn check_scan(
    files: &ScanFiles,
    split: Option<Split>,
    table: Option<&HashedTable>,
    options: &VerifyOptions,
) -> Result<Vec<Finding>> {
    let id = files.id.as_str();
    // That the table is missing is one finding about the data set.
    let annotation = match table {
        None if Annotation::needs_table(files) => Ok(Annotation::None),
        _ => Annotation::choose(files, table.is_some(), split),
    };
    // A scan that cannot be labelled may also have a broken mesh: report both.
    let (annotation, mut findings) = match annotation {
        Ok(a) => (a, Vec::new()),
        Err(e) => (Annotation::None, vec![Finding::of_error(Some(id), &e)]),
    };
    let sources = match ScanSources::open(files, annotation, table, true) {
        Ok(s) => s,
        Err(e) => {
            findings.push(Finding::of_error(Some(id), &e));
            return Ok(findings);
        }
    };
    let scan = match sources.read(table.map(|t| &t.table), true) {
        Ok(s) => s,
        Err(e) => {
            findings.push(Finding::of_error(Some(id), &e));
            return Ok(findings);
        }
    };
    let cannot = !findings.is_empty();
    let said = |f: &&Fault| match f.kind {
        FaultKind::NoLabels => table.is_none() || cannot,
        FaultKind::NoInstances => table.is_none(),
        _ => false,
    };
    findings.extend(scan.faults.iter().filter(|f| !said(f)).map(|f| Finding::of_fault(id, f)));
    let vertices = scan.mesh.coord.len();
    if scan.mesh.color.is_none() {
        let remedy = "use the mesh as downloaded if colours matter";
        findings.push(Finding::new(Some(id), Severity::Warning, "the mesh has no colours", remedy));
    }
    if !files.meta().is_file() && split.is_some_and(|s| s != Split::Test) {
        findings.push(Finding::new(Some(id), Severity::Note, "there is no .txt file", "fetch it if alignment matters"));
    }
    if let (true, Annotation::Objects, Some(labels)) = (options.compare_label_meshes, annotation, &scan.labels) {
        match files.read_label_mesh(vertices) {
            Ok(None) => {}
            Err(e) => findings.push(Finding::of_error(Some(id), &e)),
            Ok(Some(mesh)) => {
                let differ = labels.nyu40.iter().zip(&mesh.nyu40).filter(|(a, b)| a != b).count();
                if differ > 0 {
                    let what = format!("labels.ply and aggregation.json disagree at {differ} of {vertices} vertices");
                    let remedy = "the aggregation is used; fetch both again if these are more than a few";
                    findings.push(Finding::new(Some(id), Severity::Warning, what, remedy));
                }
                let odd = mesh.faults.iter().filter(|f| f.kind == FaultKind::OddNyu40Id);
                findings.extend(odd.map(|f| {
                    let mut f = f.clone();
                    f.detail = format!("labels.ply: {}", f.detail);
                    Finding::of_fault(id, &f)
                }));
            }
        }
    }
    Ok(findings)
}

/// Scans that only the split lists or only the disk has.
fn lists(raw: &RawDataset) -> Vec<Finding> {
    let mut findings = Vec::new();
    let missing = raw.missing();
    for split in Split::ALL {
        let of_split: Vec<&str> = missing.iter().filter(|(s, _)| *s == split).map(|(_, id)| *id).collect();
        let all = raw.splits.scans(split).len();
        if !of_split.is_empty() {
            let are = if of_split.len() == 1 { "is" } else { "are" };
            let what = format!("{} of the {all} {split} scans {are} not on disk: {}", of_split.len(), first(&of_split));
            let remedy = "fetch them; results on part of a split cannot be compared with published ones";
            findings.push(Finding::new(None, Severity::Warning, what, remedy));
        }
    }
    let unlisted = raw.unlisted();
    if !unlisted.is_empty() {
        let scans = count(unlisted.len(), "scan on disk is|scans on disk are");
        let what = format!("{scans} in no split list: {}", first(&unlisted));
        let remedy = "list them in splits/train.txt, val.txt or test.txt, or they are not used";
        findings.push(match unlisted.len() == raw.scans.len() {
            true => Finding::of_error(None, &raw.nothing_listed()),
            false => Finding::new(None, Severity::Warning, what, remedy),
        });
    }
    for (dir, why) in &raw.skipped {
        let finding = Finding::new(None, Severity::Warning, "a folder with a mesh is not used as a scan", why);
        findings.push(Finding { path: Some(dir.display().to_string()), ..finding });
    }
    for double in &raw.doubles {
        let mut finding = Finding::new(
            Some(&double.id),
            Severity::Warning,
            "the scan is on disk twice; this one is not used",
            "remove one",
        );
        finding.path = Some(double.dir.display().to_string());
        findings.push(finding);
    }
    findings
}

fn first(ids: &[&str]) -> String {
    let shown = ids.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    if ids.len() > 5 { format!("{shown}, …") } else { shown }
}
