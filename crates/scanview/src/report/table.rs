//! The page of a table: what `table.json` holds, with learning curves and costs.

use super::sources::commands;
use super::{Page, page};
use crate::chart::{Curve, accuracy_chart, loss_chart};
use segeval::{Align, MetricKind, Protocol, Table, html};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A table as `scanseg table` writes it to `table.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct TableResults {
    /// Name of the recipe.
    pub recipe: String,
    /// Fingerprint of the data.
    pub data: String,
    /// Scenes that were trained on, and scenes that were scored; tables of earlier versions do not say.
    #[serde(default)]
    pub scenes: Option<[usize; 2]>,
    /// Its rows.
    pub rows: Vec<TableRow>,
}

/// A row of a table.
#[derive(Debug, Clone, Deserialize)]
pub struct TableRow {
    /// Its name in folders and files.
    pub id: String,
    /// Its name in the table.
    pub title: String,
    parameters: f64,
    macs: f64,
    published: BTreeMap<String, Value>,
    numbers: Numbers,
    gains: Option<Gains>,
    /// Its runs.
    pub runs: Vec<TableRun>,
}

/// Numbers by their ids, such as `pointnet2-v1/point-accuracy`.
type Numbers = BTreeMap<String, Option<Number>>;

#[derive(Debug, Clone, Deserialize)]
struct Number {
    value: f64,
    low: f64,
    high: f64,
    spread: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
struct Gains {
    over: String,
    gains: Numbers,
}

impl TableRow {
    /// Hashes of the configurations of its runs.
    pub fn configs(&self) -> Vec<&str> {
        self.runs.iter().filter_map(|run| Some(run.evaluations.first()?.config.as_str())).collect()
    }
}

/// A run of a table.
#[derive(Debug, Clone, Deserialize)]
pub struct TableRun {
    /// Its seed.
    pub seed: u64,
    commands: Vec<String>,
    evaluations: Vec<Evaluation>,
}

/// What the page shows of an evaluation.
#[derive(Debug, Clone, Deserialize)]
struct Evaluation {
    epoch: u64,
    config: String,
    checkpoint: String,
}

/// The page of a table. `curves` are those of its rows, and `costs` a table of what they cost.
pub fn table_page(results: &TableResults, curves: &[Curve], costs: Option<&Table>) -> String {
    let mut page = Page::new(&format!("Results with the recipe {}", results.recipe));
    let ids = ids(results);
    page.section("results", "Results", &main(results, &ids).to_html("Results"));
    let gains = gains(results, &ids);
    if !gains.is_empty() {
        page.section("gains", "Gains", &gains.to_html("Gains"));
    }
    let charts = [("loss", loss_chart(curves)), ("accuracy", accuracy_chart(curves))];
    let charts: String = charts.iter().filter_map(|(name, svg)| Some(page::chart(name, svg.as_ref().ok()?))).collect();
    page.section(
        "curves",
        "Learning curves",
        if charts.is_empty() { "<p>There are no metrics.</p>\n" } else { &charts },
    );
    let no_costs = "<p>Nothing was measured.</p>\n".to_owned();
    page.section("cost", "Cost", &costs.map_or(no_costs, |costs| costs.to_html("Cost")));
    page.section("runs", "Runs", &(runs(results).to_html("Runs") + &source(results)));
    let all = results.rows.iter().flat_map(|row| &row.runs).flat_map(|run| &run.commands);
    page.section("commands", "Commands", &commands(all));
    page.to_html()
}

/// Ids of all numbers, protocols and metrics in their usual order.
fn ids(results: &TableResults) -> Vec<String> {
    let ids: BTreeSet<&String> = results.rows.iter().flat_map(|row| row.numbers.keys()).collect();
    let mut ids: Vec<&String> = ids.into_iter().collect();
    ids.sort_by_key(|id| parsed(id));
    ids.into_iter().cloned().collect()
}

fn parsed(id: &str) -> Option<(Protocol, MetricKind)> {
    let (protocol, metric) = id.split_once('/')?;
    Some((protocol.parse().ok()?, MetricKind::ALL.into_iter().find(|kind| kind.id() == metric)?))
}

fn main(results: &TableResults, ids: &[String]) -> Table {
    let mut table = Table::new("").column("model", Align::Left);
    for id in ids {
        table = table.column(heading(id), Align::Right);
    }
    for name in ["parameters", "MACs", "seeds"] {
        table = table.column(name, Align::Right);
    }
    let published: [(&str, &str); 4] =
        [("point", "point"), ("voxel", "voxel"), ("class_point", "class point"), ("class_voxel", "class voxel")];
    for (_, name) in published {
        table = table.column(format!("published {name}"), Align::Right);
    }
    for row in &results.rows {
        let mut cells = vec![row.title.clone()];
        cells.extend(ids.iter().map(|id| number(row.numbers.get(id), |value| format!("{value:.2}"))));
        cells.push(format!("{:.2}M", row.parameters / 1e6));
        cells.push(format!("{:.0}M", row.macs / 1e6));
        cells.push(row.runs.len().to_string());
        let figure = |name: &str| row.published.get(name).and_then(Value::as_f64);
        cells.extend(published.map(|(name, _)| figure(name).map_or("-".to_owned(), |figure| format!("{figure:.1}"))));
        table.push(cells);
    }
    let scenes = results.scenes.map(|[train, val]| format!(" ({val} scenes; trained on {train})"));
    table.note(format!(
        "Accuracies in percent, as the mean over seeds ± their standard deviation, with 95 % intervals of a bootstrap over \
         the scenes, of the last checkpoint on the validation split{}. The intervals leave out the spread over seeds.",
        scenes.unwrap_or_default()
    ));
    table.note("Parameters are learned values. MACs: multiply-accumulates of matrix products for one crop.");
    table.note(
        "Published: Zhang, Yan and He 2019 on ScanNet v1, whose accuracies cannot be compared with those on other data.",
    );
    table
}

fn gains(results: &TableResults, ids: &[String]) -> Table {
    let mut table = Table::new("").column("model", Align::Left).column("over", Align::Left);
    for id in ids {
        table = table.column(heading(id), Align::Right);
    }
    for row in &results.rows {
        let Some(gains) = &row.gains else { continue };
        let over = results.rows.iter().find(|other| other.id == gains.over).map_or(&gains.over, |row| &row.title);
        let mut cells = vec![row.title.clone(), over.clone()];
        cells.extend(ids.iter().map(|id| number(gains.gains.get(id), |value| format!("{value:+.2}"))));
        table.push(cells);
    }
    table.note(
        "Differences in percentage points, as the mean over the seeds that both have ± the standard deviation of the seeds' \
         differences, with 95 % intervals: both models are scored on the same draws of scenes.",
    );
    table
}

fn heading(id: &str) -> String {
    parsed(id).map_or(id.to_owned(), |(protocol, metric)| format!("{}, {protocol}", metric.title()))
}

fn number(number: Option<&Option<Number>>, shown: impl Fn(f64) -> String) -> String {
    let Some(Some(Number { value, low, high, spread })) = number else { return "-".to_owned() };
    let spread = spread.map_or(String::new(), |spread| format!(" ± {:.2}", 100.0 * spread));
    let [value, low, high] = [value, low, high].map(|part| shown(100.0 * part));
    format!("{value}{spread} [{low}, {high}]")
}

fn runs(results: &TableResults) -> Table {
    let mut table = Table::new("").column("model", Align::Left);
    table = table.column("seed", Align::Right).column("epoch", Align::Right);
    table = table.column("configuration", Align::Left).column("checkpoint", Align::Left);
    for row in &results.rows {
        for run in &row.runs {
            let first = run.evaluations.first();
            let cell = |of: fn(&Evaluation) -> String| first.map_or("-".to_owned(), of);
            table.push([
                row.title.clone(),
                run.seed.to_string(),
                cell(|evaluation| evaluation.epoch.to_string()),
                cell(|evaluation| evaluation.config.clone()),
                cell(|evaluation| evaluation.checkpoint.clone()),
            ]);
        }
    }
    table.note("Hashes are SHA-256.");
    table
}

fn source(results: &TableResults) -> String {
    format!("<p class=\"note\">Data: {}</p>\n", html(&results.data))
}
