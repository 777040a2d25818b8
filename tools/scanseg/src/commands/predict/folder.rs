//! `scanseg predict` for all scans in a folder.

use super::Labeller;
use crate::args::PredictArgs;
use crate::terminal::{complain, duration, say};
use anyhow::Context;
use scannet::count;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Ends of the names of scans. Other files that a folder may have, such as lists and poses, could be taken for texts of
/// points.
const ENDS: [&str; 9] = ["ply", "las", "laz", "e57", "pcd", "obj", "glb", "xyz", "pts"];

/// The scans in a folder, sorted by name, and where each is written: under its own name as PLY, or, if two names differ
/// in their ends alone, under its whole name and `.ply`.
///
/// # Errors
/// The folder is that of a run or has no scans, or the output is no other folder.
pub fn pairs(folder: &Path, out: &Path) -> anyhow::Result<Vec<(PathBuf, PathBuf)>> {
    anyhow::ensure!(
        !folder.join("config.toml").is_file(),
        "this is the folder of a run; give the scan, or a folder of scans, after it: {}",
        folder.display()
    );
    anyhow::ensure!(
        !out.is_file() && out.extension().is_none_or(|end| end != "ply"),
        "the scans of a folder are written into a folder, not a file: {}",
        out.display()
    );
    let mut scans = Vec::new();
    for entry in folder.read_dir().with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry.with_context(|| format!("cannot read {}", folder.display()))?.path();
        let end = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if ENDS.contains(&end.as_str()) && !hidden && path.is_file() {
            scans.push(path);
        }
    }
    anyhow::ensure!(
        !scans.is_empty(),
        "the folder has no file that ends in {}; folders in it are not looked into: {}",
        ENDS.map(|end| format!(".{end}")).join(", "),
        folder.display()
    );
    scans.sort();
    std::fs::create_dir_all(out).with_context(|| format!("cannot make the folder {}", out.display()))?;
    let same = matches!((folder.canonicalize(), out.canonicalize()), (Ok(a), Ok(b)) if a == b);
    anyhow::ensure!(!same, "the scans would be replaced; write into another folder: {}", out.display());
    let unlike: BTreeSet<_> = scans.iter().map(|scan| scan.with_extension("ply")).collect();
    let output = |scan: &Path| {
        let name =
            if unlike.len() == scans.len() { scan.with_extension("ply") } else { scan.with_added_extension("ply") };
        out.join(name.file_name().unwrap_or_default())
    };
    Ok(scans.iter().map(|scan| (scan.clone(), output(scan))).collect())
}

/// Labels all scans, goes on where one cannot be labelled, and names those at the end.
pub fn run(labeller: &Labeller, pairs: &[(PathBuf, PathBuf)], args: &PredictArgs) -> anyhow::Result<bool> {
    let begun = Instant::now();
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for (number, (scan, out)) in pairs.iter().enumerate() {
        let (place, start) = (format!("{}/{}", number + 1, pairs.len()), Instant::now());
        match labeller.label(scan, out) {
            Ok((_, classes)) => {
                let vertices = count(classes.len(), "vertex|vertices");
                let time = duration(start.elapsed().as_secs_f64());
                say(format_args!("{place}: {vertices} in {time}: {}", out.display()));
                let classes = labeller.classes_json(&classes);
                done.push(json!({ "scan": scan.display().to_string(), "output": out.display().to_string(), "classes": classes }));
            }
            Err(error) => {
                say(format_args!("{place}: failed: {}", scan.display()));
                failed.push((scan, format!("{error:#}")));
            }
        }
    }
    say(format_args!(
        "{} labelled, {} failed, in {}, checkpoint {}: {}",
        count(done.len(), "scan|scans"),
        failed.len(),
        duration(begun.elapsed().as_secs_f64()),
        &labeller.checkpoint.hash[..12],
        args.out.display()
    ));
    if !failed.is_empty() {
        complain("failed:");
        failed.iter().for_each(|(_, error)| complain(format_args!("  {error}")));
    }
    let errors: Vec<_> =
        failed.iter().map(|(scan, error)| json!({ "scan": scan.display().to_string(), "error": error })).collect();
    args.json.write(&json!({ "checkpoint": labeller.checkpoint.hash, "scans": done, "failed": errors }))?;
    Ok(failed.is_empty())
}
