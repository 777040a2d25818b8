//! What runs are and were made from: states, hashes, commands.

use super::{RunReport, page};
use segeval::{Align, Table};

/// A row for each run.
pub(super) fn states(runs: &[RunReport]) -> Table {
    let mut table = Table::new("")
        .column("run", Align::Left)
        .column("experiment", Align::Left)
        .column("state", Align::Left)
        .column("evaluations", Align::Right);
    for run in runs {
        table.push([&run.name, &run.experiment, &run.state, &run.evaluations.len().to_string()]);
    }
    table
}

/// Hashes and other sources, a column for each run.
pub(super) fn section(runs: &[RunReport]) -> String {
    let mut table = Table::new("").column("what", Align::Left);
    let mut kinds: Vec<&str> = Vec::new();
    for run in runs {
        table = table.column(run.name.clone(), Align::Left);
        for (kind, _) in &run.sources {
            if !kinds.contains(kind) {
                kinds.push(kind);
            }
        }
    }
    for kind in kinds {
        let value = |run: &RunReport| {
            let own = run.sources.iter().find(|(own, _)| *own == kind);
            own.map_or("-".to_owned(), |(_, value)| value.clone())
        };
        table.push(std::iter::once(kind.to_owned()).chain(runs.iter().map(value)));
    }
    table.note("Hashes are SHA-256.");
    table.to_html("What it was made from")
}

/// Commands to copy.
pub(super) fn commands<'a>(commands: impl Iterator<Item = &'a String>) -> String {
    page::code(&commands.map(String::as_str).collect::<Vec<_>>().join("\n"))
}
