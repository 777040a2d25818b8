//! `--json`, of every command that reports something.

use clap::Args as ClapArgs;
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Default, ClapArgs)]
pub struct JsonArgs {
    /// Also write the result as JSON; - writes it to standard output, and all else to standard error
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl JsonArgs {
    /// Checks, before the work, that the result may be written; `inputs` are files that must not be replaced.
    pub fn check(&self, inputs: &[&Path]) -> anyhow::Result<()> {
        match &self.json {
            Some(path) if path == Path::new("-") => crate::terminal::leave_stdout(),
            Some(path) => crate::commands::check_output_of(crate::commands::Kind::Json, path, inputs)?,
            None => {}
        }
        Ok(())
    }

    /// Writes the result, if that was asked for.
    pub fn write(&self, result: &impl Serialize) -> anyhow::Result<()> {
        let Some(path) = &self.json else { return Ok(()) };
        let text = serde_json::to_string_pretty(result)? + "\n";
        match path == Path::new("-") {
            true => crate::terminal::put(&text),
            false => scannet::atomic::write_bytes(path, text.as_bytes())?,
        }
        Ok(())
    }
}
