//! The commands: each takes its arguments and returns whether all went well.

pub mod bench;
pub mod benchmark;
pub mod demo;
pub mod doctor;
pub mod evaluate;
pub mod merge;
pub mod predict;
pub mod preprocess;
pub mod render;
pub mod report;
pub mod rooms;
pub mod runs;
mod scan;
pub mod shell;
pub mod stats;
pub mod summary;
pub mod table;
pub mod train;
pub mod verify;
pub mod view;
pub mod weights;

use crate::args::{RawOptionArgs, WhichCheckpoint};
use crate::terminal::complain;
use anyhow::Context;
use labelset::LabelSet;
use scannet::{PreparedStore, RawDataset, RawOptions};
use scanseg::config::{DataConfig, Labels};
use scanseg::{BuiltInModel, Checkpoint, Run};
use scanview::Metrics;
use std::io::Read;
use std::path::Path;

fn open_raw(raw: &Path, args: &RawOptionArgs) -> anyhow::Result<RawDataset> {
    let options = RawOptions { release: args.release.into(), label_table: args.label_table.clone() };
    Ok(RawDataset::open(raw, &options)?)
}

/// A label set by the name of a built-in one or the path of a file. Without either that of the store, which has a
/// `labels.toml` where it has classes of its own, or scannet20.
fn label_set(source: Option<&str>, store: &PreparedStore) -> anyhow::Result<LabelSet> {
    let own = store.dir().join("labels.toml");
    match source {
        Some(source) => named_label_set(source),
        None if own.is_file() => Ok(LabelSet::read(&own)?),
        None => Ok(LabelSet::scannet20()),
    }
}

/// A label set by the name of a built-in one or the path of a file.
fn named_label_set(source: &str) -> anyhow::Result<LabelSet> {
    Ok((*Labels::try_from(source.to_owned()).map_err(anyhow::Error::msg)?).clone())
}

/// What a file is, which shows in how it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A web page.
    Html,
    /// A picture.
    Png,
    /// JSON.
    Json,
    /// A scan.
    Ply,
}

impl Kind {
    /// What it is, and the ends of names that it may have; `None` if it may have any.
    fn extensions(self) -> Option<(&'static str, &'static [&'static str])> {
        match self {
            Kind::Html => Some(("a web page", &["html", "htm"])),
            Kind::Png => Some(("a PNG picture", &["png"])),
            Kind::Ply => Some(("a PLY file", &["ply"])),
            Kind::Json => None,
        }
    }
}

/// Ends of names that say what a file is.
const OTHER_EXTENSIONS: [&str; 28] = [
    "ply", "html", "htm", "png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "svg", "pdf", "json", "csv", "txt", "npy",
    "pcd", "xyz", "las", "laz", "e57", "ptx", "pts", "asc", "obj", "stl", "glb", "off",
];

/// [`check_output`] for a result of this kind, which does not replace a file of another kind: two arguments may have been
/// swapped.
pub fn check_output_of(kind: Kind, path: &Path, inputs: &[&Path]) -> anyhow::Result<()> {
    anyhow::ensure!(
        path != Path::new("-"),
        "- is not accepted as the name of a file; for standard output write /dev/stdout"
    );
    anyhow::ensure!(
        !path.to_string_lossy().ends_with(std::path::is_separator),
        "the output is a file, not a folder; add its name: {}",
        path.display()
    );
    check_output(path, inputs)?;
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if let Some((what, own)) = kind.extensions()
        && !own.contains(&extension.as_str())
        && OTHER_EXTENSIONS.contains(&extension.as_str())
    {
        anyhow::bail!(
            "the output is {what}, not a .{extension} file; give it a name that ends in .{}: {}",
            own[0],
            path.display()
        );
    }
    if !path.is_file() {
        return Ok(());
    }
    let mut begin = Vec::new();
    let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(16).read_to_end(&mut begin).with_context(|| format!("cannot read {}", path.display()))?;
    let (name, is) = match kind {
        Kind::Html => ("a web page", begin.starts_with(b"<!DOCTYPE html")),
        Kind::Png => ("a PNG picture", begin.starts_with(b"\x89PNG")),
        Kind::Json => {
            ("JSON", begin.trim_ascii_start().starts_with(b"{") || begin.trim_ascii_start().starts_with(b"["))
        }
        Kind::Ply => ("a PLY file", begin.starts_with(b"ply")),
    };
    anyhow::ensure!(
        is || begin.is_empty(),
        "the output, {name}, would replace a file of another kind; choose another name, or remove that file first: {}",
        path.display()
    );
    Ok(())
}

/// Checks, before the work, that a result may be written to a file that is made from these others.
pub fn check_output(path: &Path, inputs: &[&Path]) -> anyhow::Result<()> {
    scanseg::check_output(path, inputs)?;
    crate::terminal::leave_stdout_to(path);
    Ok(())
}

/// Which vertices an experiment scores, and its label set. Scores of others cannot be compared.
fn scored(data: &DataConfig) -> String {
    match data.drop_unassigned {
        true => format!("vertices of annotated objects, {}", data.labels.name()),
        false => format!("all vertices, {}", data.labels.name()),
    }
}

/// Bytes of the longest file of metrics that is read: tens of millions of steps.
const LONGEST_METRICS: u64 = 8 << 30;

/// The metrics of a run.
fn read_metrics(run: &Path) -> anyhow::Result<Metrics> {
    let path = run.join("metrics.jsonl");
    let bytes = scannet::source::read(&path, LONGEST_METRICS);
    let bytes = bytes.with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Metrics::parse(&String::from_utf8_lossy(&bytes)))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "/._-+=:,@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Opens a prepared store, and warns of scenes in it that its manifest lacks, as those that somebody added by hand.
fn open_store(dir: &Path) -> anyhow::Result<PreparedStore> {
    let store = PreparedStore::open(dir)?;
    let unlisted = store.unlisted()?;
    if let Some(first) = unlisted.first() {
        complain(format_args!(
            "warning: {} not in the store's manifest and not used; put scenes of your own into a store of their own: {}{}",
            scannet::count(unlisted.len(), "folder of a scene is|folders of scenes are"),
            first.display(),
            if unlisted.len() > 1 { ", …" } else { "" }
        ));
    }
    Ok(store)
}

/// Opens a run. Where there is no folder of this name, the name may be that of a model that ships with the program; where
/// there is one, a note says that the folder is meant.
fn open_run(dir: &Path, which: WhichCheckpoint) -> anyhow::Result<(Run, Checkpoint)> {
    match dir.to_str().and_then(BuiltInModel::of_name) {
        Some(model) if !dir.exists() => return Ok(model.open()?),
        Some(_) => complain(format_args!(
            "note: the run in the folder {0} is used, not the model of this name, which ships with the program; to use that, \
             work in another folder",
            dir.display()
        )),
        None => anyhow::ensure!(
            dir.exists(),
            "there is no such folder, nor a model of this name (models that ship: {}): {}",
            BuiltInModel::ALL.map(|model| model.name()).join(", "),
            dir.display()
        ),
    }
    let run = Run::open(dir)?;
    let checkpoint = match which {
        WhichCheckpoint::Best => run.checkpoint()?,
        WhichCheckpoint::Last => Checkpoint::read(&run.path("last.safetensors"))?,
    };
    Ok((run, checkpoint))
}

/// Opens a run or, without one, a model: the given one, or the one that labels the scan of any room.
fn open_run_or_model(
    run: Option<&Path>,
    model: Option<BuiltInModel>,
    which: WhichCheckpoint,
) -> anyhow::Result<(Run, Checkpoint)> {
    match run {
        Some(dir) => open_run(dir, which),
        None => Ok(model.unwrap_or(BuiltInModel::AnyScan).open()?),
    }
}
