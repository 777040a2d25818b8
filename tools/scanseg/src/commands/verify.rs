//! `scanseg verify`.

use super::open_raw;
use crate::args::VerifyArgs;
use crate::terminal::{bar, say};
use scannet::VerifyOptions;

pub fn run(args: &VerifyArgs) -> anyhow::Result<bool> {
    let raw = open_raw(&args.raw)?;
    let bar = bar(raw.scans.len() as u64, "checking scans");
    let options = VerifyOptions { compare_label_meshes: !args.skip_label_meshes };
    let report = scannet::verify(&raw, &options, &|_, _| bar.inc(1));
    bar.finish_and_clear();
    if let Some(path) = &args.json {
        scannet::atomic::write_bytes(path, (serde_json::to_string_pretty(&report)? + "\n").as_bytes())?;
    }
    say(&report);
    Ok(report.is_ok())
}
