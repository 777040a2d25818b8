//! Arguments of `scanseg weights`.

use super::WhichCheckpoint;
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use scanseg::Override;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub struct WeightsArgs {
    #[command(subcommand)]
    pub command: WeightsCommand,
}

#[derive(Debug, Subcommand)]
pub enum WeightsCommand {
    /// Write a checkpoint's weights as safetensors or as a state dict for torch.load
    Export(ExportArgs),
    /// Make a run from the weights in a safetensors file or a PyTorch checkpoint, for evaluate and predict
    Import(ImportArgs),
    /// Make a small copy of a run to pass on, which can evaluate and predict: matrices in half precision, no state of the
    /// training
    Pack(PackArgs),
}

#[derive(Debug, ClapArgs)]
pub struct PackArgs {
    /// Folder of a run
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Folder of the copy
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Checkpoint to use
    #[arg(long, value_enum, default_value_t = WhichCheckpoint::Best)]
    pub checkpoint: WhichCheckpoint,
}

#[derive(Debug, ClapArgs)]
pub struct ExportArgs {
    /// Folder of a run
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// File to write: .safetensors, or .pth for PyTorch
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Names and shapes of the parameters [default: scanseg for .safetensors, pytorch for .pth]
    #[arg(long, value_enum)]
    pub layout: Option<LayoutName>,
    /// Checkpoint to use
    #[arg(long, value_enum, default_value_t = WhichCheckpoint::Best)]
    pub checkpoint: WhichCheckpoint,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LayoutName {
    /// This program's
    Scanseg,
    /// That of public PyTorch implementations of PointNet++ (sa1.mlp_convs.0.weight, …), for the single-scale network
    /// only
    Pytorch,
}

#[derive(Debug, ClapArgs)]
pub struct ImportArgs {
    /// Weights: .safetensors in either layout, or .pth in the PyTorch layout
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Configuration with the network that the weights belong to
    #[arg(value_name = "CONFIG.toml")]
    pub config: PathBuf,
    /// Folder of the run to make
    #[arg(long, value_name = "RUN")]
    pub out: PathBuf,
    /// Change a key of the experiment, for example model.head=64; may be repeated, and values are TOML
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
}
