//! What can be typed.

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use scannet::{Release, Shard, Split};
use scanseg::{DeviceName, Override};
use segeval::Protocol;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

/// Semantic segmentation of ScanNet scans: verify, preprocess, train, evaluate, predict.
#[derive(Debug, Parser)]
#[command(name = "scanseg", version, propagate_version = true)]
pub struct Args {
    /// Threads to use [default: all cores]; results do not depend on it
    #[arg(long, visible_alias = "jobs", global = true, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Generate rooms and scan them, in ScanNet's raw layout
    Rooms(RoomsArgs),
    /// Check a raw ScanNet folder before hours of work
    Verify(VerifyArgs),
    /// Prepare raw scans for training
    Preprocess(PreprocessArgs),
    /// Make one store of the shards that several machines prepared
    Merge(MergeArgs),
    /// Show what a prepared store holds
    Stats(StatsArgs),
    /// Show the layers of a network, what they learn and what they compute
    Summary(SummaryArgs),
    /// Train a network
    Train(TrainArgs),
    /// Time the training of a network on the CPU, and see where the time goes
    Bench(BenchArgs),
    /// Score a trained network on a split
    Evaluate(EvaluateArgs),
    /// Label every vertex of a scan
    Predict(PredictArgs),
    /// Write predictions of a split, or its annotation, in the ScanNet benchmark's format
    ExportBenchmark(ExportBenchmarkArgs),
    /// Check predictions before uploading them to the benchmark
    CheckSubmission(CheckSubmissionArgs),
    /// Give weights to other programs, or take them from there
    Weights(WeightsArgs),
    /// Time a training step, its geometry and the labelling of a scene on a device
    Time(TimeArgs),
    /// Show the devices that networks can run on, and test them
    Doctor,
    /// All of it on a small generated set, in minutes
    Demo(DemoArgs),
}

#[derive(Debug, ClapArgs)]
pub struct RoomsArgs {
    /// Folder to write
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Training scans
    #[arg(long, default_value_t = 24, value_name = "N")]
    pub train: usize,
    /// Validation scans
    #[arg(long, default_value_t = 6, value_name = "N")]
    pub val: usize,
    /// Where everything random starts from
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Spacing of the vertices in metres
    #[arg(long, default_value_t = 0.02, value_name = "METRES")]
    pub spacing: f32,
    /// Write into a folder that holds other things
    #[arg(long)]
    pub overwrite: bool,
}

/// Which raw scans, and what they are described by.
#[derive(Debug, ClapArgs)]
pub struct RawArgs {
    /// Raw ScanNet folder (the one that holds `scans`)
    #[arg(value_name = "RAW")]
    pub raw: PathBuf,
    /// Release of annotations and split lists
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
    #[command(flatten)]
    pub raw: RawArgs,
    /// Do not compare labels made from objects with labels.ply
    #[arg(long)]
    pub skip_label_meshes: bool,
    /// Also write the findings as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
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
    /// Prepare only shard I of N, counted from 1, for a share of the work on each of N machines
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Prepare scans again although nothing changed
    #[arg(long)]
    pub force: bool,
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
    /// Only this split
    #[arg(long)]
    pub split: Option<Split>,
    /// Also write the statistics of every scene as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub struct SummaryArgs {
    /// Experiment
    #[arg(value_name = "CONFIG.toml")]
    pub config: PathBuf,
    /// Points of the input [default: those of a crop]
    #[arg(long, value_name = "N")]
    pub points: Option<NonZeroUsize>,
    /// Change a key of the experiment, for example model.head=64
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
}

#[derive(Debug, ClapArgs)]
pub struct TrainArgs {
    /// Experiment
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
    /// Stop behind this epoch; --resume goes on from there
    #[arg(long, value_name = "EPOCH")]
    pub stop_after: Option<NonZeroU64>,
    /// Change a key of the experiment, for example train.batch=8
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
    /// Where the network runs: cpu, cuda or wgpu, cuda:1 for the second GPU
    #[arg(long, default_value_t)]
    pub device: DeviceName,
}

#[derive(Debug, ClapArgs)]
pub struct BenchArgs {
    /// Experiment
    #[arg(value_name = "CONFIG.toml")]
    pub config: PathBuf,
    /// Folder of a prepared store
    #[arg(long, value_name = "PREPARED")]
    pub data: PathBuf,
    /// Steps of each measurement
    #[arg(long, default_value = "20", value_name = "N")]
    pub steps: NonZeroU64,
    /// Also write the figures as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the first batch and the initial weights as safetensors, to time other programs on the same
    #[arg(long, value_name = "FILE")]
    pub export: Option<PathBuf>,
    /// Change a key of the experiment, for example train.batch=8
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
}

#[derive(Debug, ClapArgs)]
pub struct EvaluateArgs {
    /// Folder of a run
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Folder of a prepared store
    #[arg(long, value_name = "PREPARED")]
    pub data: PathBuf,
    /// Split to score
    #[arg(long, default_value_t = Split::Val)]
    pub split: Split,
    /// How to count [default: the experiment's]: pointnet2-v1, pointnet2-v1-compat, scannet-benchmark, pointcept, per-scene-mean
    #[arg(long)]
    pub protocol: Option<Protocol>,
    /// Which checkpoint
    #[arg(long, value_enum, default_value_t = Which::Best)]
    pub checkpoint: Which,
    /// Show the published numbers of the PointNet++ authors beside ours (they are on ScanNet v1)
    #[arg(long)]
    pub published: bool,
    /// Where the network runs: cpu, cuda or wgpu, cuda:1 for the second GPU
    #[arg(long, default_value_t)]
    pub device: DeviceName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// That of the best evaluation, or the last if there was none
    Best,
    /// That of the last epoch
    Last,
}

#[derive(Debug, ClapArgs)]
pub struct PredictArgs {
    /// Folder of a run
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Scan to label: any PLY file with x, y and z
    #[arg(value_name = "FILE.ply")]
    pub scan: PathBuf,
    /// PLY file to write, coloured by class, with the NYU40 id of every vertex as property `label`
    #[arg(long, value_name = "OUT.ply")]
    pub out: PathBuf,
    /// Which checkpoint
    #[arg(long, value_enum, default_value_t = Which::Best)]
    pub checkpoint: Which,
    /// Where the network runs: cpu, cuda or wgpu, cuda:1 for the second GPU
    #[arg(long, default_value_t)]
    pub device: DeviceName,
}

#[derive(Debug, ClapArgs)]
pub struct ExportBenchmarkArgs {
    /// Folder of the run that predicts
    #[arg(value_name = "RUN", required_unless_present = "ground_truth", conflicts_with = "ground_truth")]
    pub run: Option<PathBuf>,
    /// Write the annotation instead of predictions: NYU40 ids of the 20 classes, 0 for what is not scored
    #[arg(long)]
    pub ground_truth: bool,
    /// Folder of a prepared store
    #[arg(long, value_name = "PREPARED")]
    pub data: PathBuf,
    /// Folder for the files, one sceneSSSS_NN.txt a scan
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Split to export [default: test, or val with --ground-truth]
    #[arg(long)]
    pub split: Option<Split>,
    /// Which checkpoint
    #[arg(long, value_enum, default_value_t = Which::Best)]
    pub checkpoint: Which,
    /// Where the network runs: cpu
    #[arg(long, default_value_t)]
    pub device: DeviceName,
}

#[derive(Debug, ClapArgs)]
pub struct CheckSubmissionArgs {
    /// Folder of the predictions
    #[arg(value_name = "DIR")]
    pub predictions: PathBuf,
    /// Prepared store with the scans of the split, for their numbers of vertices
    #[arg(long, value_name = "PREPARED")]
    pub data: PathBuf,
    /// Split that is submitted
    #[arg(long, default_value_t = Split::Test)]
    pub split: Split,
}

#[derive(Debug, ClapArgs)]
pub struct WeightsArgs {
    #[command(subcommand)]
    pub command: WeightsCommand,
}

#[derive(Debug, Subcommand)]
pub enum WeightsCommand {
    /// Write a checkpoint's weights as safetensors or as a state dict for torch.load
    Export(ExportArgs),
    /// Make a run of weights from a safetensors file or a PyTorch checkpoint, for evaluate and predict
    Import(ImportArgs),
}

#[derive(Debug, ClapArgs)]
pub struct ExportArgs {
    /// Folder of a run
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// File to write: .safetensors, or .pth for PyTorch
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Names and shapes of the parameters [default: scanseg in .safetensors, pytorch in .pth]
    #[arg(long, value_enum)]
    pub layout: Option<LayoutName>,
    /// Which checkpoint
    #[arg(long, value_enum, default_value_t = Which::Best)]
    pub checkpoint: Which,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LayoutName {
    /// This program's
    Scanseg,
    /// That of public PyTorch implementations of PointNet++ (sa1.mlp_convs.0.weight, …), single-scale network only
    Pytorch,
}

#[derive(Debug, ClapArgs)]
pub struct ImportArgs {
    /// Weights: .safetensors of either layout, or a .pth of the PyTorch layout
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The experiment whose network the weights are of
    #[arg(value_name = "CONFIG.toml")]
    pub config: PathBuf,
    /// Folder of the run to make
    #[arg(long, value_name = "RUN")]
    pub out: PathBuf,
    /// Change a key of the experiment, for example model.head=64
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
}

#[derive(Debug, ClapArgs)]
pub struct TimeArgs {
    /// Experiment
    #[arg(value_name = "CONFIG.toml")]
    pub config: PathBuf,
    /// Times that each part is repeated
    #[arg(long, default_value = "20", value_name = "N")]
    pub repeats: NonZeroUsize,
    /// Points of the scene that is labelled
    #[arg(long, default_value = "150000", value_name = "N")]
    pub scene: NonZeroUsize,
    /// Print one line of JSON a part
    #[arg(long)]
    pub json: bool,
    /// Change a key of the experiment, for example train.batch=8
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
    /// Where the network runs: cpu, cuda or wgpu, cuda:1 for the second GPU
    #[arg(long, default_value_t)]
    pub device: DeviceName,
}

#[derive(Debug, ClapArgs)]
pub struct DemoArgs {
    /// Folder for everything; an interrupted demo goes on there
    #[arg(long, default_value = "scanseg-demo", value_name = "DIR")]
    pub out: PathBuf,
    /// Training rooms
    #[arg(long, default_value_t = 24, value_name = "N")]
    pub train: usize,
    /// Validation rooms
    #[arg(long, default_value_t = 6, value_name = "N")]
    pub val: usize,
    /// Change a key of the experiment, for example train.epochs=2
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
    /// Where the network runs: cpu, cuda or wgpu, cuda:1 for the second GPU
    #[arg(long, default_value_t)]
    pub device: DeviceName,
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        <super::Args as clap::CommandFactory>::command().debug_assert();
    }
}
