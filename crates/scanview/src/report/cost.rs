//! What runs cost.

use super::RunReport;
use segeval::{Align, Table};

pub(super) fn section(runs: &[RunReport]) -> String {
    let mut table = Table::new("").column("run", Align::Left);
    for heading in ["parameters", "MACs of a crop", "points of a crop"] {
        table = table.column(heading, Align::Right);
    }
    table = table.column("measured on", Align::Left);
    for heading in ["a training step", "crops/s", "peak memory", "labelling a scene"] {
        table = table.column(heading, Align::Right);
    }
    for run in runs {
        let (cost, measured) = (&run.cost, run.cost.measured.clone().unwrap_or_default());
        let millions = |count: f64| format!("{:.2}M", count / 1e6);
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        table.push([
            run.name.clone(),
            millions(cost.parameters as f64),
            millions(cost.macs as f64),
            cost.points.to_string(),
            if measured.device.is_empty() { "-".to_owned() } else { measured.device },
            or_dash(measured.step.map(|seconds| format!("{:.0} ms", 1e3 * seconds))),
            or_dash(measured.step.map(|seconds| format!("{:.1}", measured.batch as f64 / seconds))),
            or_dash(measured.memory.map(|bytes| format!("{:.0} MB", bytes as f64 / 1e6))),
            or_dash(measured.label.map(|seconds| format!("{seconds:.1} s"))),
        ]);
    }
    table.note("MACs: multiply-accumulates of matrix products for one crop, in the classical formulation.");
    if runs.iter().any(|run| run.cost.measured.is_none()) {
        table.note(
            "Time and memory are those of bench.json in the run's folder, which `scanseg bench RUN/config.toml --json \
             RUN/bench.json` writes, or of the table that the run belongs to.",
        );
    }
    table.to_html("Cost")
}
