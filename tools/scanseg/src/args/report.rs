//! Arguments of `scanseg report` and `scanseg runs`.

use super::JsonArgs;
use clap::{Args as ClapArgs, ValueEnum};
use scanseg::DeviceName;
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub struct ReportArgs {
    /// Folders of runs, which are compared with the first one; or the folder of a table
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// Page to write
    #[arg(long, default_value = "report.html", value_name = "FILE.html")]
    pub out: PathBuf,
    /// Label the best and the worst scenes again, for pictures of them, and write a view of each beside the page,
    /// view-SCENE.html
    #[arg(long)]
    pub pictures: bool,
    /// Prepared store with these scenes [default: the one that the first run was trained on]
    #[arg(long, value_name = "PREPARED", requires = "pictures")]
    pub data: Option<PathBuf>,
    /// Device to label them on: cpu, cuda or wgpu; cuda:1 is the second GPU
    #[arg(long, default_value_t, requires = "pictures")]
    pub device: DeviceName,
    /// Also write the charts as SVG files into this folder
    #[arg(long, value_name = "DIR")]
    pub svg: Option<PathBuf>,
    /// Also write each run's metrics as a TensorBoard event file beside its metrics.jsonl
    #[arg(long)]
    pub tensorboard: bool,
    /// Also write the curves, confusion matrices and configurations as a recording for rerun
    #[cfg(feature = "rerun")]
    #[arg(long, value_name = "FILE.rrd")]
    pub rrd: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub struct RunsArgs {
    /// Folder to look in, with all folders below it
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Order of the runs: the best, the newest or the alphabetically first one comes first
    #[arg(long, value_enum, default_value_t = SortBy::Score)]
    pub sort: SortBy,
    #[command(flatten)]
    pub json: JsonArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SortBy {
    /// By score; those of other metrics and those without one come last
    Score,
    /// By the time of the last change
    Age,
    /// By path
    Name,
}
