//! Arguments of `scanseg table`.

use clap::{Args as ClapArgs, value_parser};
use scanseg::{DeviceName, Override};
use std::path::PathBuf;

#[derive(Debug, ClapArgs)]
pub struct TableArgs {
    /// Folder of a prepared store; its validation split is scored
    #[arg(long, value_name = "PREPARED")]
    pub data: PathBuf,
    /// Folder for the runs and the table; what it has already is not done again
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    #[arg(long, value_name = "ROWS", value_delimiter = ',', value_parser = table_row, help = format!(
        "Rows, separated by commas [default: all]: {}", scanseg::table::ROWS.iter().map(|row| row.id).collect::<Vec<_>>().join(", ")
    ))]
    pub rows: Vec<&'static str>,
    /// Trainings of each row, with the seeds 1, 2, …
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = value_parser!(u64).range(1..=1000))]
    pub seeds: u64,
    /// Recipe of the rows that have none of their own: the name of a built-in one or the path of a TOML file
    #[arg(long, default_value = "classic", value_name = "RECIPE")]
    pub recipe: String,
    /// Change a key of all experiments, for example train.epochs=20, or of one row's, for example 3dcnn:train.epochs=2; may
    /// be repeated, and values are TOML
    #[arg(long = "set", value_name = "[ROW:]KEY=VALUE")]
    pub overrides: Vec<RowOverride>,
    /// Device to run the networks on: cpu, cuda or wgpu; cuda:1 is the second GPU
    #[arg(long, default_value_t)]
    pub device: DeviceName,
}

/// A change of the experiments of all rows or of one.
#[derive(Debug, Clone)]
pub struct RowOverride {
    /// The row; `None` for all.
    pub row: Option<&'static str>,
    pub change: Override,
}

impl std::str::FromStr for RowOverride {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let key = text.split('=').next().unwrap_or_default();
        let (row, change) = match key.split_once(':') {
            Some((id, _)) => (Some(table_row(id)?), &text[id.len() + 1..]),
            None => (None, text),
        };
        let change: Override = change.parse().map_err(|error: scanseg::ConfigError| error.to_string())?;
        // a path of the command line, which would else be relative to the configurations in the table's folder
        Ok(RowOverride { row, change: change.with_absolute_path().map_err(|error| error.to_string())? })
    }
}

/// The id of a row of the table.
fn table_row(id: &str) -> Result<&'static str, String> {
    scanseg::table::row(id).map(|row| row.id).ok_or_else(|| {
        let known: Vec<&str> = scanseg::table::ROWS.iter().map(|row| row.id).collect();
        format!("the table has no row {id:?}; choose from {}", known.join(", "))
    })
}
