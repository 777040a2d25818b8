//! The page of a table.

use super::super::table::{Cost, cost_table};
use crate::commands::read_metrics;
use anyhow::Context;
use scannet::source::{JSON, TEXT};
use scanview::Metrics;
use scanview::chart::{Curve, accuracy_chart, loss_chart};
use scanview::report::{TableResults, table_page};
use std::path::Path;

/// A page, and its charts by the names of their files.
pub struct Pages {
    pub html: String,
    pub charts: Vec<(String, String)>,
}

/// The page of the table in a folder, with the learning curves of the runs below it that it was made from.
pub fn page(dir: &Path) -> anyhow::Result<Pages> {
    let path = dir.join("table.json");
    let text = scannet::source::read_text(&path, JSON).with_context(|| format!("cannot read {}", path.display()))?;
    let damaged = || format!("damaged, run scanseg table again: {}", path.display());
    let results: TableResults = serde_json::from_str(&text).with_context(damaged)?;
    let runs = metrics(&dir.join("runs"));
    let curve = |row: &scanview::report::TableRow| {
        let configs = row.configs();
        let own: Vec<&Metrics> =
            runs.iter().filter(|(config, _)| configs.contains(&config.as_str())).map(|(_, metrics)| metrics).collect();
        (!own.is_empty()).then(|| Curve::new(&row.title, own))
    };
    let curves: Vec<Curve> = results.rows.iter().filter_map(curve).collect();
    let costs: Vec<Cost> = results.rows.iter().filter_map(|row| cost(&dir.join("cost"), &row.id)).collect();
    let costs = (!costs.is_empty()).then(|| cost_table(&costs));
    let charts = [("loss.svg", loss_chart(&curves)), ("accuracy.svg", accuracy_chart(&curves))];
    let charts = charts.into_iter().filter_map(|(name, svg)| Some((name.to_owned(), svg.ok()?))).collect();
    Ok(Pages { html: table_page(&results, &curves, costs.as_ref()), charts })
}

/// The metrics of all runs in a folder, with the hashes of their configurations.
fn metrics(dir: &Path) -> Vec<(String, Metrics)> {
    let mut dirs: Vec<_> = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    dirs.sort();
    let of = |dir: &std::path::PathBuf| {
        let manifest = scannet::source::read_text(dir.join("manifest.json"), TEXT).ok()?;
        let manifest: scanseg::RunManifest = serde_json::from_str(&manifest).ok()?;
        Some((manifest.config, read_metrics(dir).ok()?))
    };
    dirs.iter().filter_map(of).collect()
}

/// What was measured for a row.
fn cost(dir: &Path, row: &str) -> Option<Cost> {
    let mut files: Vec<_> = std::fs::read_dir(dir).ok()?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let read =
        |path: &std::path::PathBuf| serde_json::from_str::<Cost>(&scannet::source::read_text(path, TEXT).ok()?).ok();
    files.iter().filter_map(read).find(|cost| cost.row == row)
}
