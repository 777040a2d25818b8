//! HTML pages about runs and tables.
//!
//! A page is one file that needs nothing else: styles, charts and pictures are in it, there is no script, and no request
//! leaves it. Every text of a run (names, paths, configurations) is escaped. Every chart has a table with its numbers.

mod accuracies;
mod classes;
mod config;
mod cost;
mod curves;
mod group;
mod matrix;
mod page;
mod scenes;
mod sources;
mod table;

pub use page::Page;
pub use table::{TableResults, TableRow, TableRun, table_page};

use crate::Metrics;
use crate::chart::{Cells, matrix_chart};
use group::groups;
use segeval::{SceneScores, Scores};

/// What a page tells of a run.
#[derive(Debug, Clone)]
pub struct RunReport {
    /// Its name, which no other run of the page has.
    pub name: String,
    /// Name of its experiment.
    pub experiment: String,
    /// How far it is, such as `finished, epoch 24 of 24`.
    pub state: String,
    /// Its configuration with every key, as TOML.
    pub config: String,
    /// Its metrics.
    pub metrics: Metrics,
    /// The evaluations in its folder.
    pub evaluations: Vec<EvaluationReport>,
    /// The command that makes an evaluation, for a run that has none.
    pub evaluate: String,
    /// What it costs.
    pub cost: Cost,
    /// Hashes and where the run comes from: what it is, and its value.
    pub sources: Vec<(&'static str, String)>,
    /// The commands that make it again.
    pub commands: Vec<String>,
    /// What is wrong with it, in sentences.
    pub warnings: Vec<String>,
}

/// An evaluation of a run.
#[derive(Debug, Clone)]
pub struct EvaluationReport {
    /// The split.
    pub split: String,
    /// `best` or `last`.
    pub checkpoint: &'static str,
    /// Epoch of the checkpoint.
    pub epoch: u64,
    /// Fingerprint of the data.
    pub data: String,
    /// Which vertices are scored, and the label set. Only evaluations in which these are the same can be compared.
    pub scored: String,
    /// The scores.
    pub scores: Scores,
    /// The same by scene, for intervals; `None` under protocols that do not pool scenes.
    pub scenes: Option<SceneScores>,
}

/// What a run costs.
#[derive(Debug, Clone, Default)]
pub struct Cost {
    /// Learned values.
    pub parameters: usize,
    /// Multiply-accumulates of matrix products for one crop.
    pub macs: u64,
    /// Points of a crop.
    pub points: usize,
    /// What was measured, if it was.
    pub measured: Option<Measured>,
}

/// Time and memory of training.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// The device, and threads of a CPU.
    pub device: String,
    /// Seconds of a step.
    pub step: Option<f64>,
    /// Crops in a step.
    pub batch: usize,
    /// Peak memory in bytes.
    pub memory: Option<u64>,
    /// Seconds to label a scene.
    pub label: Option<f64>,
}

/// A picture of a scene.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The scene.
    pub scene: String,
    /// The picture as PNG; empty if there is only a link.
    pub png: Vec<u8>,
    /// What the picture shows, from left to right.
    pub caption: String,
    /// A page with a view of the scene, relative to the report.
    pub link: Option<String>,
    /// Fingerprint of the data that the scene is from, since another store may have a scene of this name; `None` if it is
    /// not known.
    pub data: Option<String>,
}

impl Picture {
    /// Whether it shows a scene of these data, as far as is known.
    fn is_of(&self, data: &str) -> bool {
        self.data.as_ref().is_none_or(|own| own == data)
    }
}

/// The page about a run, or about several in comparison: differences are to the first one.
pub fn report_page(runs: &[RunReport], pictures: &[Picture]) -> String {
    let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
    let title = match names[..] {
        [name] => format!("Run {name}"),
        [] => "No run".to_owned(),
        [first, ref rest @ ..] => format!("{first} compared with {}", rest.join(", ")),
    };
    let groups = groups(runs);
    let mut page = Page::new(&title);
    page.lead(&sources::states(runs).to_html("Runs"));
    for warning in runs.iter().flat_map(|run| &run.warnings) {
        page.lead(&page::warning(warning));
    }
    page.section("accuracies", "Accuracies", &accuracies::section(runs, &groups));
    page.section("curves", "Learning curves", &curves::section(runs));
    page.section("classes", "Classes", &classes::section(runs, &groups));
    page.section("confusion", "Confusion matrices", &matrix::section(runs, &groups));
    page.section("scenes", "Best and worst scenes", &scenes::section(runs, &groups, pictures));
    page.section("cost", "Cost", &cost::section(runs));
    page.section("configuration", "Configuration", &config::section(runs));
    page.section("sources", "What it was made from", &sources::section(runs));
    page.section("commands", "Commands", &sources::commands(runs.iter().flat_map(|run| &run.commands)));
    page.to_html()
}

/// The scenes that [`report_page`] lists as the best and the worst, of which pictures are shown; those of evaluations on
/// some data alone, if their fingerprint is given.
pub fn shown_scenes(runs: &[RunReport], data: Option<&str>) -> Vec<String> {
    let mut groups = groups(runs);
    groups.retain(|group| data.is_none_or(|data| group.data() == data));
    scenes::all_shown(&groups).into_iter().map(str::to_owned).collect()
}

/// The charts of [`report_page`] as files: names and SVGs. Charts without points are left out.
pub fn report_charts(runs: &[RunReport]) -> Vec<(String, String)> {
    let mut files = curves::charts(runs);
    for group in groups(runs) {
        let name = file_name(&group.title);
        let charts = classes::charts(runs, &group);
        files.extend(charts.into_iter().map(|(kind, svg)| (format!("classes-{kind}-{name}"), svg)));
        for (run, evaluation) in &group.members {
            let run = &runs[*run].name;
            let (title, scores) = (format!("{run}: {}", group.title), &evaluation.scores);
            for (kind, cells) in [("counts", Cells::Counts), ("rows", Cells::PercentOfTruth)] {
                let svg = matrix_chart(&title, &scores.class_names(), &scores.point_confusion, cells);
                files.extend(svg.ok().map(|svg| (format!("confusion-{}-{name}-{kind}", file_name(run)), svg)));
            }
        }
    }
    files.into_iter().map(|(name, svg)| (name + ".svg", svg)).collect()
}

/// A text as part of a file's name.
fn file_name(text: &str) -> String {
    let words = text.split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c)));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}
