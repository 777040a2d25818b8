//! `scanseg rooms`.

use crate::args::RoomsArgs;
use crate::terminal::{bar, say};
use roomscan::RoomsConfig;
use scannet::count;

pub fn run(args: &RoomsArgs) -> anyhow::Result<bool> {
    let config = RoomsConfig {
        train: args.train,
        val: args.val,
        seed: args.seed,
        spacing: args.spacing,
        overwrite: args.overwrite,
        ..RoomsConfig::default()
    };
    config.check()?;
    let bar = bar((args.train + args.val) as u64, "scanning rooms");
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
    Ok(true)
}
