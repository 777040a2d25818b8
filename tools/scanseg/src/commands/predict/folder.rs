//! `scanseg predict` for all scans in a folder.

use super::{Labeller, tell};
use crate::args::PredictArgs;
use crate::commands::{Kind, check_output_of};
use crate::terminal::{causes, complain, duration, on_interrupt, say};
use anyhow::Context;
use scanfile::EXTENSIONS;
use scannet::count;
use serde_json::json;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The scans in a folder, sorted by name, and the file for each: its name, with `.ply` after it if it ends otherwise.
///
/// # Errors
/// The folder is that of a run or has no scans, the output is no other folder, or a scan would be replaced.
pub fn pairs(folder: &Path, out: &Path) -> anyhow::Result<Vec<(PathBuf, PathBuf)>> {
    anyhow::ensure!(
        !["config.toml", "manifest.json"].iter().all(|file| folder.join(file).is_file()),
        "this is the folder of a run; give the scan, or a folder of scans, after it: {}",
        folder.display()
    );
    anyhow::ensure!(
        !out.is_file() && out.extension().is_none_or(|end| end != "ply") && out != Path::new("-"),
        "the scans of a folder are written into a folder, not a file: {}",
        out.display()
    );
    let same = matches!((folder.canonicalize(), out.canonicalize()), (Ok(a), Ok(b)) if a == b);
    anyhow::ensure!(!same, "labelled scans would lie among the scans; give another folder: {}", out.display());
    let (mut scans, mut others, mut folders) = (Vec::new(), 0, 0);
    for entry in folder.read_dir().with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry.with_context(|| format!("cannot read {}", folder.display()))?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        // a link that leads nowhere is a scan that cannot be read
        match path.is_dir() {
            _ if hidden => {}
            true => folders += 1,
            false if EXTENSIONS.contains(&end(&path).as_str()) => scans.push(path),
            false => others += 1,
        }
    }
    let ends = || EXTENSIONS.map(|end| format!(".{end}")).join(", ");
    anyhow::ensure!(
        !scans.is_empty(),
        "the folder has no file that ends in {}; folders in it are not looked into: {}",
        ends(),
        folder.display()
    );
    if others > 0 {
        let files = count(others, "other file is|other files are");
        tell(&format!("{files} left out; a scan ends in {}", ends()), folder);
    }
    if folders > 0 {
        let folders = count(folders, "folder in it is|folders in it are");
        tell(&format!("{folders} not looked into"), folder);
    }
    scans.sort();
    let inputs: Vec<&Path> = scans.iter().map(PathBuf::as_path).collect();
    let (mut taken, mut pairs) = (HashMap::new(), Vec::new());
    for scan in &inputs {
        let ply = if end(scan) == "ply" { scan.to_path_buf() } else { scan.with_added_extension("ply") };
        let output = out.join(ply.file_name().unwrap_or_default());
        if out.is_dir() {
            check_output_of(Kind::Ply, &output, &inputs)?;
        }
        // where file systems do not tell them apart
        if let Some(other) = taken.insert(output.to_string_lossy().to_lowercase(), scan.display()) {
            let (scan, output) = (scan.display(), output.display());
            anyhow::bail!("{other} and {scan} would be written to one file; rename one: {output}");
        }
        pairs.push((scan.to_path_buf(), output));
    }
    Ok(pairs)
}

fn end(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// Labels all scans, goes on where one cannot be labelled, and names those at the end.
pub fn run(labeller: &Labeller, pairs: &[(PathBuf, PathBuf)], args: &PredictArgs) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&args.out).with_context(|| format!("cannot make the folder {}", args.out.display()))?;
    let files: Vec<&Path> = pairs.iter().flat_map(|(scan, out)| [scan.as_path(), out]).collect();
    args.json.check(&files)?;
    on_interrupt(|| "the same command labels all scans again");
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
                let (scan, output) = (scan.display().to_string(), out.display().to_string());
                done.push(json!({ "scan": scan, "output": output, "classes": classes }));
            }
            Err(error) => {
                let (scan, mut error) = (scan.display().to_string(), causes(&error));
                if !error.contains(&scan) {
                    error = format!("{error}: {scan}");
                }
                complain(format_args!("error: {place}: {error}"));
                if out.exists() {
                    tell("the file that is there stays as it is", out);
                }
                failed.push(json!({ "scan": scan, "error": error }));
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
        failed.iter().for_each(|failed| complain(format_args!("  {}", failed["error"].as_str().unwrap_or_default())));
    }
    args.json.write(&json!({ "checkpoint": labeller.checkpoint.hash, "scans": done, "failed": failed }))?;
    Ok(failed.is_empty())
}
