//! `scanseg rooms`.

use crate::args::RoomsArgs;
use crate::terminal::{bar, on_interrupt, say};
use anyhow::Context;
use roomscan::RoomsConfig;
use scannet::count;

pub fn run(args: &RoomsArgs) -> anyhow::Result<bool> {
    on_interrupt(|| "the same command continues");
    let config = match &args.benchmark {
        Some(name) => RoomsConfig::benchmark(name).context("no such benchmark")?,
        None => RoomsConfig {
            train: args.train,
            val: args.val,
            test: args.test,
            sensors: args.sensor.clone(),
            seed: args.seed,
            spacing: args.spacing,
            ..RoomsConfig::default()
        },
    };
    let config = RoomsConfig { overwrite: args.overwrite, ..config };
    config.check()?;
    let bar = bar(config.scans() as u64, "scanning rooms");
    let summary = roomscan::generate(&config, &args.out, &|progress| bar.set_position(progress.done as u64))?;
    bar.finish_and_clear();
    say(format_args!(
        "{}{}, {} vertices, {:.1} % of them in no benchmark class: {}",
        count(summary.scans.len(), "scan|scans"),
        if summary.kept > 0 { format!(" ({} kept)", summary.kept) } else { String::new() },
        summary.vertices,
        summary.unlabeled * 100.0,
        args.out.display()
    ));
    if let Some(name) = &args.benchmark {
        say(format_args!("{name}: {}", summary.sha256));
    }
    Ok(true)
}
