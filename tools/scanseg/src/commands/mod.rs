//! The commands: each takes its arguments and returns whether all went well.

pub mod bench;
pub mod benchmark;
pub mod demo;
pub mod doctor;
pub mod evaluate;
pub mod merge;
pub mod predict;
pub mod preprocess;
pub mod rooms;
pub mod stats;
pub mod summary;
pub mod train;
pub mod verify;
pub mod weights;

use crate::args::{RawArgs, WhichCheckpoint};
use labelset::LabelSet;
use scannet::{RawDataset, RawOptions};
use scanseg::config::Labels;
use scanseg::{Checkpoint, Run};
use std::path::Path;

fn open_raw(args: &RawArgs) -> anyhow::Result<RawDataset> {
    let options = RawOptions { release: args.release.into(), label_table: args.label_table.clone() };
    Ok(RawDataset::open(&args.raw, &options)?)
}

/// A label set by the name of a built-in one or the path of a file; scannet20 without either.
fn label_set(source: Option<&str>) -> anyhow::Result<LabelSet> {
    let labels = Labels::try_from(source.unwrap_or("scannet20").to_owned()).map_err(anyhow::Error::msg)?;
    Ok((*labels).clone())
}

fn open_run(dir: &Path, which: WhichCheckpoint) -> anyhow::Result<(Run, Checkpoint)> {
    let run = Run::open(dir)?;
    let checkpoint = match which {
        WhichCheckpoint::Best => run.checkpoint()?,
        WhichCheckpoint::Last => Checkpoint::read(&run.path("last.safetensors"))?,
    };
    Ok((run, checkpoint))
}
