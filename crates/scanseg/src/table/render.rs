//! A table as Markdown, LaTeX and JSON.

use super::results::{NUMBERS, RowResult, RunResult, resamples};
use super::rows::{Added, Published, Row};
use segeval::bootstrap::Estimate;
use segeval::{Align, EvalError, MetricKind, Protocol, Table};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Headings of [`NUMBERS`].
const HEADINGS: [&str; 5] = ["point", "voxel", "class point", "class voxel", "mIoU"];

/// The rows of a table, and what all their numbers have in common.
#[derive(Debug, Clone)]
pub struct Results {
    recipe: String,
    /// Fingerprint of the prepared store.
    data: String,
    /// Scenes that were trained on, and scenes that were scored.
    scenes: [usize; 2],
    rows: Vec<Estimated>,
}

/// A row with its numbers, in the order of [`NUMBERS`].
#[derive(Debug, Clone)]
struct Estimated {
    result: RowResult,
    numbers: Vec<Option<Estimate>>,
    /// The row that it is compared with, and how much more it reaches.
    gains: Option<(&'static Row, Vec<Option<Estimate>>)>,
}

impl Results {
    /// Computes means and intervals.
    ///
    /// # Errors
    /// If the runs were not all scored on the same scenes.
    pub fn new(recipe: String, data: String, scenes: [usize; 2], rows: Vec<RowResult>) -> Result<Self, EvalError> {
        let resamples = resamples(scenes[1]);
        let estimated = |result: &RowResult| {
            let is_baseline =
                |other: &&RowResult| Some(other.row.id) == result.row.baseline && other.scored == result.scored;
            let baseline = rows.iter().find(is_baseline);
            let gains = |baseline: &RowResult| -> Result<_, EvalError> {
                let gains = NUMBERS.iter().map(|number| result.gain_over(baseline, *number, &resamples));
                Ok((baseline.row, gains.collect::<Result<_, _>>()?))
            };
            Ok(Estimated {
                numbers: NUMBERS.iter().map(|number| result.estimate(*number, &resamples)).collect::<Result<_, _>>()?,
                gains: baseline.map(gains).transpose()?,
                result: result.clone(),
            })
        };
        let estimated = rows.iter().map(estimated).collect::<Result<_, EvalError>>()?;
        Ok(Results { recipe, data, scenes, rows: estimated })
    }

    /// Markdown: the table, the gains over baselines, and what every run was made from.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("# Results with the recipe {}\n\n", segeval::markdown(&self.recipe));
        text += &self.main().to_markdown();
        let gains = self.gains();
        if !gains.is_empty() {
            text += &format!("\n## Gains\n\n{}", gains.to_markdown());
        }
        text += &format!("\n## Intervals\n\n{}", self.intervals().to_markdown());
        text + &format!("\n## Runs\n\n{}\n{}", self.sources().to_markdown(), self.commands())
    }

    /// The table itself: means and spread over the seeds, cost, and the published figures.
    pub fn main(&self) -> Table {
        let mut table = Table::new("").column("model", Align::Left);
        for heading in HEADINGS {
            table = table.column(heading, Align::Right);
        }
        table = table
            .column("parameters", Align::Right)
            .column("MACs", Align::Right)
            .column("blocks: parameters", Align::Right)
            .column("blocks: MACs", Align::Right)
            .column("seeds", Align::Right);
        for heading in &HEADINGS[..4] {
            table = table.column(format!("published {heading}"), Align::Right);
        }
        for Estimated { result, numbers, .. } in &self.rows {
            let mut cells = vec![result.row.title.to_owned()];
            cells.extend(numbers.iter().map(|number| with_spread(number.as_ref(), " ± ", "-")));
            cells.extend([
                millions(result.summary.total.params as f64, 2),
                millions(result.summary.total.macs as f64, 0),
            ]);
            let (params, macs) = result.summary.blocks();
            let macs = macs.into_iter().map(|(_, macs)| macs).sum::<u64>();
            cells.extend(match result.row.published.added {
                Some(Added { flops, params: published }) => [
                    format!("{} ({published:.2}M)", millions(params as f64, 2)),
                    format!("{} ({flops:.0}M)", millions(macs as f64, 0)),
                ],
                None => ["-".to_owned(), "-".to_owned()],
            });
            cells.push(result.runs.len().to_string());
            cells.extend(published(&result.row.published).map(|value| value.map_or("-".into(), |v| format!("{v:.1}"))));
            table.push(cells);
        }
        let [train, val] = self.scenes;
        table.note(format!(
            "Accuracies in percent, as the mean over seeds ± their standard deviation, of the last checkpoint on the \
             validation split ({val} scenes; trained on {train}). Point, voxel, class point and class voxel accuracy: {}; \
             mIoU: {}.",
            Protocol::PointNet2V1.id(),
            Protocol::ScanNetBenchmark.id(),
        ));
        table.note(
            "Parameters are learned values. MACs: multiply-accumulates of matrix products for one crop, in the classical \
             formulation. In brackets: published, where \"FLOPs\" leave out some of them, see the command summary.",
        );
        let scored: BTreeSet<&str> = self.rows.iter().map(|row| row.result.scored.as_str()).collect();
        let rows_with = |scored: &str| {
            let rows = self.rows.iter().filter(|row| row.result.scored == scored).map(|row| row.result.row.title);
            rows.collect::<Vec<_>>().join(", ")
        };
        match scored.len() {
            1 => table.note(format!("Scored: {}.", scored.iter().copied().collect::<String>())),
            _ => scored.iter().for_each(|scored| table.note(format!("Scored: {scored}: {}.", rows_with(scored)))),
        }
        if self.rows.iter().any(|row| row.result.row.id == "3dcnn") {
            table.note("A crop of 3DCNN is a column of single voxels; it sees thousands of them in a scene.");
        }
        if self.rows.iter().any(|row| !row.result.row.takes_recipe) {
            let own = self.rows.iter().filter(|row| !row.result.row.takes_recipe).map(|row| row.result.row.title);
            table.note(format!("Trained with recipes of their own: {}.", own.collect::<Vec<_>>().join(", ")));
        }
        table.note(
            "Published: Zhang, Yan and He 2019 on ScanNet v1, whose accuracies cannot be compared with those on other data.",
        );
        table
    }

    /// Each row beside its baseline.
    fn gains(&self) -> Table {
        let mut table = Table::new("").column("model", Align::Left).column("over", Align::Left);
        for heading in HEADINGS {
            table = table.column(heading, Align::Right);
        }
        for Estimated { result, gains, .. } in &self.rows {
            let Some((baseline, gains)) = gains else { continue };
            let gain = |gain: &Option<Estimate>| {
                let percent = |value: f64| format!("{:+.2}", 100.0 * value);
                let spread = |gain: &Estimate| gain.spread.map_or(String::new(), |s| format!(" ± {:.2}", 100.0 * s));
                gain.as_ref().map_or("-".to_owned(), |gain| {
                    format!("{}{} {}", percent(gain.value), spread(gain), between(gain, percent))
                })
            };
            table.push(
                [result.row.title.to_owned(), baseline.title.to_owned()].into_iter().chain(gains.iter().map(gain)),
            );
        }
        table.note(
            "Differences in percentage points, as the mean over the seeds that both have ± the standard deviation of the \
             seeds' differences, with 95 % intervals of a bootstrap over the scenes: both models are scored on the same \
             draws of scenes. The intervals tell how much depends on the scenes, not on the seeds.",
        );
        table
    }

    /// The numbers of each row with their intervals.
    fn intervals(&self) -> Table {
        let mut table = Table::new("").column("model", Align::Left);
        for heading in HEADINGS {
            table = table.column(heading, Align::Right);
        }
        for Estimated { result, numbers, .. } in &self.rows {
            let percent = |value: f64| format!("{:.2}", 100.0 * value);
            let cell = |number: &Option<Estimate>| number.as_ref().map_or("-".to_owned(), |n| between(n, percent));
            table.push(std::iter::once(result.row.title.to_owned()).chain(numbers.iter().map(cell)));
        }
        table.note(
            "95 % intervals of a bootstrap over the scenes, of means over seeds; they leave out the spread over seeds.",
        );
        table
    }

    fn sources(&self) -> Table {
        let mut table = Table::new("")
            .column("model", Align::Left)
            .column("seed", Align::Right)
            .column("epoch", Align::Right)
            .column("configuration", Align::Left)
            .column("checkpoint", Align::Left);
        for number in &HEADINGS {
            table = table.column(*number, Align::Right);
        }
        for (result, run) in self.runs() {
            let evaluation = &run.evaluations[0];
            let mut cells = vec![
                result.row.title.to_owned(),
                run.seed.to_string(),
                evaluation.epoch.to_string(),
                short(&evaluation.config),
                short(&evaluation.checkpoint),
            ];
            let number = |(protocol, metric): &(Protocol, MetricKind)| {
                let own = run.evaluations.iter().find(|e| e.scores.protocol == *protocol);
                segeval::percent(own.and_then(|e| e.scores.get(*metric)), 2)
            };
            cells.extend(NUMBERS.iter().map(number));
            table.push(cells);
        }
        table.note(format!("Data: {}. Hashes are the first 16 digits of SHA-256; table.json has all.", self.data));
        table
    }

    fn runs(&self) -> impl Iterator<Item = (&RowResult, &RunResult)> {
        self.rows.iter().flat_map(|row| row.result.runs.iter().map(|run| (&row.result, run)))
    }

    /// The commands that make each run again.
    fn commands(&self) -> String {
        let lines = self.runs().flat_map(|(_, run)| &run.commands).map(|command| command.replace('`', "'"));
        format!("```sh\n{}\n```\n", lines.collect::<Vec<_>>().join("\n"))
    }

    /// A LaTeX `tabular` for the package booktabs.
    pub fn to_latex(&self) -> String {
        let mut lines = vec![
            "% scanseg table; needs \\usepackage{booktabs}".to_owned(),
            format!("\\begin{{tabular}}{{l{}}}", "r".repeat(HEADINGS.len() + 2)),
            "\\toprule".to_owned(),
            format!("model & {} & parameters & MACs \\\\", HEADINGS.join(" & ")),
            "\\midrule".to_owned(),
        ];
        for Estimated { result, numbers, .. } in &self.rows {
            let number = |number: &Option<Estimate>| match number {
                Some(number) => format!("${}$", with_spread(Some(number), " \\pm ", "")),
                None => "--".to_owned(),
            };
            let numbers: Vec<String> = numbers.iter().map(number).collect();
            lines.push(format!(
                "{} & {} & {} & {} \\\\",
                latex(result.row.title),
                numbers.join(" & "),
                millions(result.summary.total.params as f64, 2),
                millions(result.summary.total.macs as f64, 0),
            ));
        }
        lines.extend(["\\bottomrule".to_owned(), "\\end{tabular}".to_owned()]);
        lines.join("\n") + "\n"
    }

    /// Everything as JSON.
    pub fn to_json(&self) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(|row| self.row_json(row)).collect();
        json!({ "recipe": self.recipe, "data": self.data, "scenes": self.scenes, "rows": rows })
    }

    fn row_json(&self, Estimated { result, numbers, gains }: &Estimated) -> Value {
        let by_id = |values: &[Option<Estimate>]| -> serde_json::Map<String, Value> {
            let id = |(protocol, metric): &(Protocol, MetricKind)| format!("{}/{}", protocol.id(), metric.id());
            NUMBERS.iter().zip(values).map(|(number, value)| (id(number), json!(value))).collect()
        };
        let gains = gains.as_ref().map(|(baseline, gains)| json!({ "over": baseline.id, "gains": by_id(gains) }));
        let runs: Vec<Value> = result
            .runs
            .iter()
            .map(|run| {
                json!({
                    "seed": run.seed, "manifest": run.manifest, "commands": run.commands, "evaluations": run.evaluations,
                })
            })
            .collect();
        json!({
            "id": result.row.id,
            "title": result.row.title,
            "parameters": result.summary.total.params,
            "macs": result.summary.total.macs,
            "added_parameters": result.summary.blocks().0,
            "added_macs": result.summary.blocks().1.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            "published": result.row.published,
            "numbers": by_id(numbers),
            "gains": gains,
            "runs": runs,
        })
    }
}

/// The first digits of a hash.
fn short(hash: &str) -> String {
    hash.chars().take(16).collect()
}

fn published(p: &Published) -> [Option<f64>; 4] {
    [p.point, p.voxel, p.class_point, p.class_voxel]
}

/// In percent: the mean, and the spread over seeds if there are several.
fn with_spread(number: Option<&Estimate>, separator: &str, none: &str) -> String {
    match number {
        None => none.to_owned(),
        Some(Estimate { value, spread: None, .. }) => format!("{:.2}", 100.0 * value),
        Some(Estimate { value, spread: Some(spread), .. }) => {
            format!("{:.2}{separator}{:.2}", 100.0 * value, 100.0 * spread)
        }
    }
}

/// The ends of an interval.
fn between(estimate: &Estimate, shown: impl Fn(f64) -> String) -> String {
    format!("[{}, {}]", shown(estimate.low), shown(estimate.high))
}

fn millions(count: f64, decimals: usize) -> String {
    format!("{:.decimals$}M", count / 1e6)
}

/// Escapes what LaTeX would interpret.
fn latex(text: &str) -> String {
    let escaped = |c| match c {
        '&' | '%' | '$' | '#' | '_' | '{' | '}' => format!("\\{c}"),
        c => c.to_string(),
    };
    text.chars().map(escaped).collect()
}
