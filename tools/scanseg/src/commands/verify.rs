//! `scanseg verify`.

use super::{label_set, open_raw};
use crate::args::VerifyArgs;
use crate::terminal::{bar, say};
use scannet::{PreparedStore, Report, VerifyOptions};
use std::path::{Path, PathBuf};

pub fn run(args: &VerifyArgs) -> anyhow::Result<bool> {
    args.json.check(&args.options.label_table.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
    let report = match (&args.store, &args.raw) {
        (Some(store), _) => of_store(store, args.labels.as_deref())?,
        (None, raw) => of_raw(raw.as_deref().unwrap_or(Path::new(".")), args)?,
    };
    args.json.write(&report)?;
    say(&report);
    Ok(report.is_ok())
}

fn of_raw(raw: &Path, args: &VerifyArgs) -> anyhow::Result<Report> {
    let raw = open_raw(raw, &args.options)?;
    let bar = bar(raw.scans.len() as u64, "checking scans");
    let options = VerifyOptions { compare_label_meshes: !args.skip_label_meshes };
    let report = scannet::verify(&raw, &options, &|_, _| bar.inc(1));
    bar.finish_and_clear();
    Ok(report)
}

fn of_store(dir: &Path, labels: Option<&str>) -> anyhow::Result<Report> {
    let store = PreparedStore::open(dir)?;
    let labels = label_set(labels, &store)?;
    let bar = bar(0, "checking scenes");
    let report = scannet::verify_store(&store, &labels, &|_, all| {
        bar.set_length(all as u64);
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    Ok(report)
}
