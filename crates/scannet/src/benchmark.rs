//! Submissions to the ScanNet benchmark: one `sceneSSSS_NN.txt` a scan, one NYU40 id a line, in vertex order.

use crate::atomic;
use crate::error::{IoAt, Problem, Result};
use crate::faults::Severity;
use crate::label_space::scannet20;
use crate::mesh::vertex_count;
use crate::raw::RawDataset;
use crate::report::{Finding, Report};
use crate::splits::Split;
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

/// Checks a folder of predictions before upload: a file for every scan of the split and no other, as many lines as the
/// scan has vertices, and only ids that the benchmark knows.
///
/// # Errors
/// A folder that cannot be listed.
pub fn check_submission(dir: impl AsRef<Path>, raw: &RawDataset, split: Split) -> Result<Report> {
    let dir = dir.as_ref();
    let mut present = BTreeSet::new();
    for entry in std::fs::read_dir(dir).reading(dir)? {
        present.insert(entry.reading(dir)?.file_name().to_string_lossy().into_owned());
    }
    let scans = raw.splits.scans(split);
    let per_scan = scans.par_iter().map(|id| {
        let name = format!("{id}.txt");
        if !present.contains(&name) {
            return Some(Finding::new(
                Some(id),
                Severity::Error,
                format!("there is no {name}"),
                "predict this scan too",
            ));
        }
        check_scan(id, &dir.join(name), raw)
    });
    let mut findings: Vec<Finding> = per_scan.collect::<Vec<_>>().into_iter().flatten().collect();
    let wanted: BTreeSet<String> = scans.iter().map(|id| format!("{id}.txt")).collect();
    findings.extend(present.difference(&wanted).map(|name| {
        let what = format!("'{name}' is no prediction of a {split} scan");
        Finding::new(None, Severity::Error, what, "remove it: the upload takes the predictions alone, at its top level")
    }));
    Ok(Report::new(scans.len(), findings))
}

fn check_scan(id: &str, path: &Path, raw: &RawDataset) -> Option<Finding> {
    let error = |what: String, remedy: &str| Some(Finding::new(Some(id), Severity::Error, what, remedy));
    let text = match std::fs::read(path).reading(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(e) => return Some(Finding::of_error(Some(id), &e)),
    };
    let mut lines = 0;
    for (i, line) in text.lines().enumerate() {
        lines += 1;
        if !line.trim().parse().is_ok_and(|v: i32| scannet20::NYU40_IDS.contains(&v)) {
            let shown: String = line.chars().take(30).collect();
            let remedy = "write the NYU40 ids of the 20 classes, not indices 0 to 19";
            return error(format!("line {} is '{shown}', no id of the benchmark", i + 1), remedy);
        }
    }
    let Some(files) = raw.scan(id) else {
        let what = "its number of lines cannot be checked: the scan is not on disk";
        return Some(Finding::new(Some(id), Severity::Warning, what, "fetch its mesh"));
    };
    match vertex_count(files.mesh()) {
        Err(e) => Some(Finding::of_error(Some(id), &e)),
        Ok(vertices) if vertices == lines => None,
        Ok(vertices) => {
            let remedy = "predict every vertex of _vh_clean_2.ply, in its order";
            error(format!("{lines} lines for {vertices} vertices"), remedy)
        }
    }
}
