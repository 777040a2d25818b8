//! `scanseg merge`.

use crate::args::MergeArgs;
use crate::terminal::say;

pub fn run(args: &MergeArgs) -> anyhow::Result<bool> {
    let manifest = scannet::merge_manifests(&args.data)?;
    say(format_args!("one store of {} scans: {}", manifest.scans.len(), args.data.display()));
    Ok(true)
}
