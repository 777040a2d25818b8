//! The command line.

mod help;
mod json;
mod report;
mod table;
mod view;
mod weights;

pub use help::command;
pub use json::JsonArgs;
pub use report::{ReportArgs, RunsArgs, SortBy};
pub use table::TableArgs;
pub use view::{By, RenderArgs, ScanArgs, ViewArgs, ViewName};
pub use weights::{ExportArgs, ImportArgs, LayoutName, PackArgs, WeightsArgs, WeightsCommand};

use clap::{ArgGroup, Args as ClapArgs, Parser, Subcommand, ValueEnum, value_parser};
use roomscan::{BENCHMARKS, Sensor};
use scannet::{Release, Shard, Split, Units};
use scanseg::{BuiltInModel, DeviceName, Override, Up};
use segeval::Protocol;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::str::FromStr;

/// Semantic segmentation of ScanNet scans: verify, preprocess, train, evaluate, predict.
#[derive(Debug, Parser)]
#[command(name = "scanseg", version, propagate_version = true)]
pub struct Args {
    /// Number of threads [default: all cores]; results do not depend on it
    #[arg(long, visible_alias = "jobs", global = true, value_name = "N", value_parser = threads)]
    pub threads: Option<NonZeroUsize>,
    /// Show only errors and warnings; files are written, and the exit code says how it went
    #[arg(long, short, global = true)]
    pub quiet: bool,
    #[command(subcommand)]
    pub command: Command,
}

/// Each thread takes memory and a place in the system's tables, and more than cores make nothing faster.
const MOST_THREADS: usize = 1024;

fn threads(text: &str) -> Result<NonZeroUsize, String> {
    match count::<NonZeroUsize>(text)? {
        threads if threads.get() <= MOST_THREADS => Ok(threads),
        _ => Err(format!("at most {MOST_THREADS} threads; more than there are cores make nothing faster")),
    }
}

/// A number that is not 0.
fn count<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| "it must be a whole number from 1 on".into())
}

/// The model of a name.
pub fn model(name: &str) -> Result<BuiltInModel, String> {
    let known = || BuiltInModel::ALL.map(BuiltInModel::name).join(", ");
    BuiltInModel::of_name(name).ok_or_else(|| format!("no such model; there is {}", known()))
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Generate rooms and scan them, in ScanNet's raw layout
    Rooms(RoomsArgs),
    /// Check raw scans or a prepared store before hours of work
    Verify(VerifyArgs),
    /// Prepare raw scans for training
    Preprocess(PreprocessArgs),
    /// Merge shards prepared on several machines into one store
    Merge(MergeArgs),
    /// Show what a prepared store holds
    Stats(StatsArgs),
    /// Show the layers of a network, what they learn and compute
    Summary(SummaryArgs),
    /// Train a network
    Train(TrainArgs),
    /// Train and score the rows of the published table
    Table(TableArgs),
    /// Time training and labelling, and see where the time goes
    Bench(BenchArgs),
    /// Score a trained network on a split
    Evaluate(EvaluateArgs),
    /// Write a page about a run, a comparison of runs, or a table
    Report(ReportArgs),
    /// List the runs below a folder
    Runs(RunsArgs),
    /// Label every vertex of a scan
    Predict(PredictArgs),
    /// Show a scan, its annotation and predictions as one HTML page
    View(ViewArgs),
    /// Draw a scan, its annotation and predictions into a picture
    Render(RenderArgs),
    /// Write predictions of a split in the benchmark's format
    ExportBenchmark(ExportBenchmarkArgs),
    /// Check predictions before uploading them to the benchmark
    CheckSubmission(CheckSubmissionArgs),
    /// Exchange weights with other programs
    Weights(WeightsArgs),
    /// Show the devices that networks can run on, and test them
    Doctor(DoctorArgs),
    /// Run every step on a small generated set, in minutes
    Demo(DemoArgs),
    /// Write a script that completes this command line in a shell
    Completions(CompletionsArgs),
    /// Write the manual pages
    Man(ManArgs),
}

#[derive(Debug, ClapArgs)]
pub struct RoomsArgs {
    /// Folder to write
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// A fixed set of rooms, on which results can be compared: rooms-v1 (200 training, 40 validation and 40 test scans by
    /// three sensors) or rooms-v2 (400, 40 and 40 by four sensors, of rooms that are fuller and nearer to real ones)
    #[arg(long, value_name = "NAME", value_parser = BENCHMARKS, conflicts_with_all = ["train", "val", "test", "sensor", "seed", "spacing"])]
    pub benchmark: Option<String>,
    /// Training scans
    #[arg(long, default_value_t = 24, value_name = "N", allow_negative_numbers = true)]
    pub train: usize,
    /// Validation scans
    #[arg(long, default_value_t = 6, value_name = "N", allow_negative_numbers = true)]
    pub val: usize,
    /// Test scans, which have labels
    #[arg(long, default_value_t = 0, value_name = "N", allow_negative_numbers = true)]
    pub test: usize,
    #[arg(long, value_delimiter = ',', default_value = "depth-camera", value_name = "SENSOR",
        help = format!("Sensor that scans the rooms; several, separated by commas, take turns: {}", Sensor::names()))]
    pub sensor: Vec<Sensor>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Spacing of the vertices in metres
    #[arg(long, default_value_t = 0.02, value_name = "METRES", allow_negative_numbers = true)]
    pub spacing: f32,
    /// Write into a folder that is not empty, and replace rooms of other options
    #[arg(long)]
    pub overwrite: bool,
}

/// Raw scans and their label table.
#[derive(Debug, ClapArgs)]
pub struct RawArgs {
    /// Raw ScanNet folder (the one that holds `scans`)
    #[arg(value_name = "RAW")]
    pub raw: PathBuf,
    #[command(flatten)]
    pub options: RawOptionArgs,
}

/// How to read a raw folder.
#[derive(Debug, Clone, ClapArgs)]
pub struct RawOptionArgs {
    /// ScanNet release of the annotations and split lists
    #[arg(long, value_enum, default_value_t = ReleaseName::V2)]
    pub release: ReleaseName,
    /// Label table [default: the one in RAW]
    #[arg(long, value_name = "TSV")]
    pub label_table: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum ReleaseName {
    /// ScanNet v1
    V1,
    /// ScanNet v2
    V2,
}

impl From<ReleaseName> for Release {
    fn from(name: ReleaseName) -> Release {
        match name {
            ReleaseName::V1 => Release::V1,
            ReleaseName::V2 => Release::V2,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub struct VerifyArgs {
    /// Raw ScanNet folder (the one that holds `scans`)
    #[arg(value_name = "RAW", required_unless_present = "store", conflicts_with = "store")]
    pub raw: Option<PathBuf>,
    #[command(flatten)]
    pub options: RawOptionArgs,
    /// Check this prepared store instead: its files against their checksums, and its values
    #[arg(long, value_name = "PREPARED")]
    pub store: Option<PathBuf>,
    /// Label set of the store: a built-in one, or the path of a TOML file [default: labels.toml of the store, or
    /// scannet20]
    #[arg(long, value_name = "LABELS", requires = "store")]
    pub labels: Option<String>,
    /// Do not compare the labels computed from objects with labels.ply
    #[arg(long, conflicts_with = "store")]
    pub skip_label_meshes: bool,
    #[command(flatten)]
    pub json: JsonArgs,
}

#[derive(Debug, ClapArgs)]
pub struct PreprocessArgs {
    #[command(flatten)]
    pub raw: RawArgs,
    /// Folder of the prepared store
    #[arg(long, value_name = "PREPARED")]
    pub out: PathBuf,
    /// Leave out normals
    #[arg(long)]
    pub no_normals: bool,
    /// Apply the axis alignment of each scan
    #[arg(long)]
    pub align: bool,
    /// Also write NYU40 ids, to train on the label set nyu40
    #[arg(long)]
    pub nyu40: bool,
    /// Prepare only shard I of N (from 1), to share the work among N machines
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Prepare scans again even if nothing changed, or if they were prepared with other options
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub json: JsonArgs,
}

#[derive(Debug, ClapArgs)]
pub struct MergeArgs {
    /// Folder of the prepared store, with the scans and manifests of all shards
    #[arg(value_name = "PREPARED")]
    pub data: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub struct StatsArgs {
    /// Folder of a prepared store
    #[arg(value_name = "PREPARED")]
    pub data: PathBuf,
    /// Show only this split
    #[arg(long)]
    pub split: Option<Split>,
    /// Label set: a built-in one, or the path of a TOML file [default: labels.toml of the store, or scannet20]
    #[arg(long, value_name = "LABELS")]
    pub labels: Option<String>,
    #[command(flatten)]
    pub json: JsonArgs,
}

#[derive(Debug, ClapArgs)]
pub struct SummaryArgs {
    /// Configuration of the experiment
    #[arg(value_name = "CONFIG.toml")]
    pub config: PathBuf,
    /// Points of the input [default: crop.points]
    #[arg(long, value_name = "N", value_parser = count::<NonZeroUsize>)]
    pub points: Option<NonZeroUsize>,
    /// Change a key of the experiment, for example model.head=64; may be repeated, and values are TOML
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
    #[command(flatten)]
    pub json: JsonArgs,
}

#[derive(Debug, ClapArgs)]
pub struct TrainArgs {
    /// Configuration of the experiment
    #[arg(value_name = "CONFIG.toml")]
    pub config: PathBuf,
    /// Folder of a prepared store
    #[arg(long, value_name = "PREPARED")]
    pub data: PathBuf,
    /// Folder of the run
    #[arg(long, value_name = "RUN")]
    pub out: PathBuf,
    /// Continue the run in the folder
    #[arg(long)]
    pub resume: bool,
    /// Start from the best weights of a run, or from those of any-scan, the model that ships with the program; the
    /// classifier starts anew for classes that are not among theirs
    #[arg(long, value_name = "RUN", conflicts_with = "resume")]
    pub start_from: Option<PathBuf>,
    /// Stop after this epoch; --resume continues from there
    #[arg(long, value_name = "EPOCH", value_parser = count::<NonZeroU64>)]
    pub stop_after: Option<NonZeroU64>,
    /// Also write the metrics as a TensorBoard event file beside metrics.jsonl, after every epoch
    #[arg(long)]
    pub tensorboard: bool,
    /// Change a key of the experiment, for example train.batch=8; may be repeated, and values are TOML
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
    /// Device to run the network on: cpu, cuda or wgpu; cuda:1 is the second GPU
    #[arg(long, default_value_t)]
    pub device: DeviceName,
}

#[derive(Debug, ClapArgs)]
pub struct BenchArgs {
    /// Configuration of the experiment
    #[arg(value_name = "CONFIG.toml")]
    pub config: PathBuf,
    /// Folder of a prepared store, to time the pipeline that makes batches as well [default: made-up crops]
    #[arg(long, value_name = "PREPARED")]
    pub data: Option<PathBuf>,
    /// Steps of each measurement
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = value_parser!(u64).range(1..=1_000_000))]
    pub steps: u64,
    /// Points of the scene to label
    #[arg(long, default_value_t = 150_000, value_name = "N", value_parser = value_parser!(u64).range(1..=10_000_000))]
    pub scene: u64,
    #[command(flatten)]
    pub json: JsonArgs,
    /// Write the first batch and the initial weights as safetensors, to time other programs on the same input
    #[arg(long, value_name = "FILE")]
    pub export: Option<PathBuf>,
    /// Change a key of the experiment, for example train.batch=8; may be repeated, and values are TOML
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
    /// Device to run the network on: cpu, cuda or wgpu; cuda:1 is the second GPU
    #[arg(long, default_value_t)]
    pub device: DeviceName,
}

#[derive(Debug, ClapArgs)]
#[command(group(ArgGroup::new("network").args(["run", "model"]).required(true)))]
pub struct EvaluateArgs {
    /// Folder of a run
    #[arg(value_name = "RUN")]
    pub run: Option<PathBuf>,
    /// Model that ships with the program, instead of a run: any-scan
    #[arg(long, value_name = "NAME", value_parser = model)]
    pub model: Option<BuiltInModel>,
    /// Folder of a prepared store
    #[arg(long, value_name = "PREPARED")]
    pub data: PathBuf,
    /// Split to score
    #[arg(long, default_value_t = Split::Val)]
    pub split: Split,
    /// Folder for the files of the result [default: the run's; without one, none are written]. With a model it becomes a
    /// run, which report compares with others
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[arg(long, help = format!("Evaluation protocol [default: the experiment's]: {}", Protocol::ids()))]
    pub protocol: Option<Protocol>,
    /// Checkpoint to use
    #[arg(long, value_enum, default_value_t = WhichCheckpoint::Best)]
    pub checkpoint: WhichCheckpoint,
    /// Show the numbers that the PointNet++ authors published next to this run's (theirs are on ScanNet v1)
    #[arg(long)]
    pub published: bool,
    /// Also show the confusion matrix of points, in percent of the true class
    #[arg(long)]
    pub confusion: bool,
    /// Device to run the network on: cpu, cuda or wgpu; cuda:1 is the second GPU
    #[arg(long, default_value_t)]
    pub device: DeviceName,
    #[command(flatten)]
    pub json: JsonArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WhichCheckpoint {
    /// The one with the best evaluation, or the last one if there was no evaluation
    Best,
    /// The one of the last epoch
    Last,
}

#[derive(Debug, ClapArgs)]
#[command(allow_missing_positional = true)]
pub struct PredictArgs {
    /// Folder of a run [default: the model any-scan, which ships with the program and labels the scan of any room]
    #[arg(value_name = "RUN", conflicts_with = "model")]
    pub run: Option<PathBuf>,
    /// Model that ships with the program, instead of a run: any-scan
    #[arg(long, value_name = "NAME", value_parser = model)]
    pub model: Option<BuiltInModel>,
    /// Scan to label: PLY, LAS, LAZ, E57, PTX, PCD, OBJ, GLB, or a text with a point in each line; or a folder of scans
    #[arg(value_name = "SCAN")]
    pub scan: PathBuf,
    /// Axis of the file that points up: x, y, z, -x, -y or -z
    #[arg(long, default_value_t, value_name = "AXIS", allow_hyphen_values = true)]
    pub up: Up,
    /// Unit of the file's coordinates: m, cm, mm, ft or in [default: m, or cm or mm where the scan would be higher than any
    /// building]
    #[arg(long, value_name = "UNIT")]
    pub units: Option<Units>,
    /// Do not make the scan level. Networks that were trained on level scans, as any-scan was, otherwise see a level copy,
    /// which can be wrong where there is no floor
    #[arg(long)]
    pub keep_tilt: bool,
    /// PLY file to write, coloured by class, with the properties `label`, the id of every vertex's class (NYU40 for
    /// ScanNet), and `confidence`, 0 to 1; for a folder of scans, a folder
    #[arg(long, value_name = "OUT.ply")]
    pub out: PathBuf,
    /// Checkpoint to use
    #[arg(long, value_enum, default_value_t = WhichCheckpoint::Best)]
    pub checkpoint: WhichCheckpoint,
    /// Device to run the network on: cpu, cuda or wgpu; cuda:1 is the second GPU
    #[arg(long, default_value_t)]
    pub device: DeviceName,
    #[command(flatten)]
    pub json: JsonArgs,
}

#[derive(Debug, ClapArgs)]
pub struct ExportBenchmarkArgs {
    /// Folder of the run that predicts
    #[arg(value_name = "RUN", required_unless_present = "ground_truth", conflicts_with = "ground_truth")]
    pub run: Option<PathBuf>,
    /// Write the annotation instead of predictions: the ids of the classes, 0 for vertices that are not scored
    #[arg(long)]
    pub ground_truth: bool,
    /// Label set of the annotation: a built-in one, or the path of a TOML file [default: labels.toml of the store, or
    /// scannet20]
    #[arg(long, value_name = "LABELS", requires = "ground_truth")]
    pub labels: Option<String>,
    /// Folder of a prepared store
    #[arg(long, value_name = "PREPARED")]
    pub data: PathBuf,
    /// Folder for the files, one sceneSSSS_NN.txt for each scan
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Split to export [default: test, or val with --ground-truth]
    #[arg(long)]
    pub split: Option<Split>,
    /// Check only the scans that the store has, not all of ScanNet's official list
    #[arg(long)]
    pub only_present: bool,
    /// Checkpoint to use
    #[arg(long, value_enum, default_value_t = WhichCheckpoint::Best)]
    pub checkpoint: WhichCheckpoint,
    /// Device to run the network on: cpu, cuda or wgpu; cuda:1 is the second GPU
    #[arg(long, default_value_t)]
    pub device: DeviceName,
}

#[derive(Debug, ClapArgs)]
pub struct CheckSubmissionArgs {
    /// Folder of the predictions
    #[arg(value_name = "DIR")]
    pub predictions: PathBuf,
    /// Prepared store with the scans of the split, which tells their numbers of vertices
    #[arg(long, value_name = "PREPARED")]
    pub data: PathBuf,
    /// Split to check
    #[arg(long, default_value_t = Split::Test)]
    pub split: Split,
    /// Check only the scans that the store has, not all of ScanNet's official list
    #[arg(long)]
    pub only_present: bool,
    /// Label set with the ids to expect: a built-in one, or the path of a TOML file [default: labels.toml of the store,
    /// or scannet20]
    #[arg(long, value_name = "LABELS")]
    pub labels: Option<String>,
    #[command(flatten)]
    pub json: JsonArgs,
}

#[derive(Debug, ClapArgs)]
pub struct DemoArgs {
    /// Folder for everything; an interrupted demo continues there
    #[arg(long, default_value = "scanseg-demo", value_name = "DIR")]
    pub out: PathBuf,
    /// Training rooms
    #[arg(long, default_value_t = 24, value_name = "N")]
    pub train: usize,
    /// Validation rooms
    #[arg(long, default_value_t = 6, value_name = "N")]
    pub val: usize,
    /// Change a key of the experiment, for example train.epochs=2; may be repeated, and values are TOML
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
    /// Device to run the network on: cpu, cuda or wgpu; cuda:1 is the second GPU
    #[arg(long, default_value_t)]
    pub device: DeviceName,
}

#[derive(Debug, ClapArgs)]
pub struct DoctorArgs {
    #[command(flatten)]
    pub json: JsonArgs,
}

#[derive(Debug, ClapArgs)]
pub struct CompletionsArgs {
    /// Shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, ClapArgs)]
pub struct ManArgs {
    /// Folder for a page of each command [default: the program's page, to standard output]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
