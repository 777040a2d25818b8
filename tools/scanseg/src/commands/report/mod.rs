//! `scanseg report`.

mod gather;
mod pictures;
mod table;

use super::{Kind, check_output_of, read_metrics};
use crate::args::ReportArgs;
use crate::terminal::{complain, say};
use anyhow::Context;
use scanview::report::{report_charts, report_page};
use scanview::tensorboard;
use std::io::Write;
use std::path::{Path, PathBuf};

pub fn run(args: &ReportArgs) -> anyhow::Result<bool> {
    for file in write(args)? {
        say(format_args!("written: {}", file.display()));
    }
    Ok(true)
}

/// Writes the page, and what else was asked for, and returns the files.
pub fn write(args: &ReportArgs) -> anyhow::Result<Vec<PathBuf>> {
    let is_table = |dir: &&PathBuf| dir.join("table.json").is_file();
    check_output_of(Kind::Html, &args.out, &[])?;
    let mut written = vec![args.out.clone()];
    let page = match args.runs.iter().find(is_table) {
        Some(table) => {
            anyhow::ensure!(args.runs.len() == 1, "this is a table, which has a page of its own: {}", table.display());
            anyhow::ensure!(!args.pictures, "--pictures takes runs, and this is a table: {}", table.display());
            anyhow::ensure!(!args.tensorboard, "--tensorboard takes runs, and this is a table: {}", table.display());
            #[cfg(feature = "rerun")]
            anyhow::ensure!(args.rrd.is_none(), "--rrd takes runs, and this is a table: {}", table.display());
            let page = table::page(table)?;
            written.extend(write_charts(args, page.charts)?);
            page.html
        }
        None => {
            let unfinished = |dir: &&PathBuf| dir.join("runs").is_dir() && !dir.join("config.toml").exists();
            if let Some(dir) = args.runs.iter().find(unfinished) {
                anyhow::bail!(
                    "a table without results, since no row is done; give its runs instead: {}",
                    dir.join("runs").display()
                );
            }
            let runs = gather::runs(&args.runs)?;
            for run in runs.iter().filter(|run| run.evaluations.is_empty()) {
                say(format_args!("{} has no evaluation yet; this makes one: {}", run.name, run.evaluate));
            }
            runs.iter().flat_map(|run| &run.warnings).for_each(|text| complain(format_args!("warning: {text}")));
            if args.tensorboard {
                for dir in &args.runs {
                    // copies to pass on and imported weights have none
                    match dir.join("metrics.jsonl").exists() {
                        true => written.push(write_events(dir)?),
                        false => say(format_args!("no metrics, so no events for TensorBoard: {}", dir.display())),
                    }
                }
            }
            #[cfg(feature = "rerun")]
            if let Some(path) = &args.rrd {
                super::check_output(path, &[])?;
                scannet::atomic::write_bytes(path, &scanview::recording::recording(&runs)?)?;
                written.push(path.clone());
            }
            written.extend(write_charts(args, report_charts(&runs))?);
            let pictures = match args.pictures {
                true => pictures::draw(args, &runs)?,
                false => pictures::beside(&runs, &args.out),
            };
            let views = pictures.iter().filter_map(|picture| picture.link.as_ref()).filter(|_| args.pictures);
            written.extend(views.map(|view| args.out.with_file_name(view)));
            report_page(&runs, &pictures)
        }
    };
    scannet::atomic::write_bytes(&args.out, page.as_bytes())?;
    Ok(written)
}

/// Writes charts into the folder that was asked for, if any.
fn write_charts(args: &ReportArgs, charts: Vec<(String, String)>) -> anyhow::Result<Vec<PathBuf>> {
    let Some(dir) = &args.svg else { return Ok(Vec::new()) };
    scannet::atomic::create_dir_all(dir)?;
    let mut written = Vec::new();
    for (name, svg) in charts {
        let path = dir.join(name);
        scanseg::check_output(&path, &[])?;
        scannet::atomic::write_bytes(&path, svg.as_bytes())?;
        written.push(path);
    }
    Ok(written)
}

/// Writes the metrics of a run as a TensorBoard event file beside them. A file that has the first of these events grows,
/// so that a TensorBoard that reads it goes on; any other one is replaced.
pub fn write_events(run: &Path) -> anyhow::Result<PathBuf> {
    let file = tensorboard::event_file(&read_metrics(run)?);
    let path = run.join(tensorboard::FILE);
    let most = file.len() as u64;
    match scannet::source::read(&path, most) {
        Ok(found) if file.starts_with(&found) => {
            let failed = || format!("cannot write {}", path.display());
            let mut open = std::fs::File::options().append(true).open(&path).with_context(failed)?;
            open.write_all(&file[found.len()..]).with_context(failed)?;
        }
        _ => scannet::atomic::write_bytes(&path, &file)?,
    }
    Ok(path)
}
