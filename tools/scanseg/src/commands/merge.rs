//! `scanseg merge`.

use crate::args::MergeArgs;
use crate::terminal::say;
use scannet::count;

pub fn run(args: &MergeArgs) -> anyhow::Result<bool> {
    let manifest = scannet::merge_manifests(&args.data)?;
    say(format_args!("one store of {}: {}", count(manifest.scans.len(), "scan|scans"), args.data.display()));
    if let Some(first) = manifest.failed.first() {
        let failed = count(manifest.failed.len(), "scan|scans");
        say(format_args!(
            "without {failed} that could not be prepared: {}{}",
            first.id,
            if manifest.failed.len() > 1 { ", …" } else { "" }
        ));
    }
    Ok(true)
}
