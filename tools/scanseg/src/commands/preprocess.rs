//! `scanseg preprocess`.

use super::open_raw;
use crate::args::PreprocessArgs;
use crate::terminal::{bar, complain, duration, say};
use scannet::PreprocessOptions;
use std::time::Instant;

pub fn run(args: &PreprocessArgs) -> anyhow::Result<bool> {
    let raw = open_raw(&args.raw)?;
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
    if !outcome.missing.is_empty() {
        say(format_args!(
            "{} scans in the split lists are not on disk; `scanseg verify` names them",
            outcome.missing.len()
        ));
    }
    say(format_args!(
        "{} scans prepared, {} unchanged, {} failed, in {}: {}",
        outcome.done.len(),
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
    Ok(outcome.failed.is_empty())
}
