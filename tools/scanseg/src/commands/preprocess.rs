//! `scanseg preprocess`.

use super::open_raw;
use crate::args::PreprocessArgs;
use crate::terminal::{bar, complain, duration, on_interrupt, say};
use scannet::{PreprocessOptions, count};
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;

pub fn run(args: &PreprocessArgs) -> anyhow::Result<bool> {
    let force = args.force;
    on_interrupt(move || match force {
        true => "the same command begins again",
        false => "the same command continues",
    });
    args.json.check(&args.raw.options.label_table.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
    let raw = open_raw(&args.raw.raw, &args.raw.options)?;
    let options = PreprocessOptions {
        normals: !args.no_normals,
        align: args.align,
        nyu40: args.nyu40,
        shard: args.shard,
        force: args.force,
    };
    let start = Instant::now();
    let bar = bar(0, "preparing scans");
    let outcome = scannet::preprocess(&raw, &args.out, &options, &|progress| {
        bar.set_length(progress.total as u64);
        bar.inc(1);
    })?;
    bar.finish_and_clear();
    for (scan, fault) in &outcome.faults {
        say(format_args!("{scan}: {fault}"));
    }
    for id in &outcome.unlisted {
        say(format_args!("{id}: on disk, but in no split list; left out"));
    }
    for (folder, why) in &raw.skipped {
        say(format_args!("a folder with a mesh is not used as a scan: {why}: {}", folder.display()));
    }
    if !outcome.missing.is_empty() {
        let are = count(outcome.missing.len(), "scan in the split lists is|scans in the split lists are");
        say(format_args!("{are} not on disk; `scanseg verify` names the first ones"));
    }
    say(format_args!(
        "{} prepared, {} unchanged, {} failed, in {}: {}",
        count(outcome.done.len(), "scan|scans"),
        outcome.skipped.len(),
        outcome.failed.len(),
        duration(start.elapsed().as_secs_f64()),
        args.out.display()
    ));
    if !outcome.failed.is_empty() {
        complain("failed:");
        for (scan, error) in &outcome.failed {
            complain(format_args!("  {scan}: {error}"));
        }
    }
    let failed: Vec<_> =
        outcome.failed.iter().map(|(scan, error)| json!({ "scan": scan, "error": error.to_string() })).collect();
    args.json.write(&json!({
        "prepared": outcome.done,
        "unchanged": outcome.skipped,
        "failed": failed,
        "missing": outcome.missing,
        "unlisted": outcome.unlisted,
    }))?;
    Ok(outcome.failed.is_empty())
}
