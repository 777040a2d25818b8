//! `scanseg runs`.

use crate::args::{RunsArgs, SortBy};
use crate::terminal::{causes, say_table};
use anyhow::Context;
use scannet::FolderLock;
use scannet::source::JSON;
use scanseg::{Checkpoint, Evaluation, Run, RunError};
use segeval::{Align, Score, Table, percent};
use serde_json::{Value, json};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

pub fn run(args: &RunsArgs) -> anyhow::Result<bool> {
    args.json.check(&[])?;
    let mut dirs = Vec::new();
    let failed = || format!("cannot read the folder {}", args.dir.display());
    std::fs::read_dir(&args.dir).with_context(failed)?;
    find(&args.dir, &mut dirs);
    anyhow::ensure!(
        !dirs.is_empty(),
        "no run is in this folder or below it; give a folder with those that train wrote: {}",
        args.dir.display()
    );
    let mut rows: Vec<Row> = dirs.iter().map(|dir| Row::of(dir, &args.dir)).collect();
    sort(&mut rows, args.sort);
    say_table(&table(&rows));
    args.json.write(&rows.iter().map(Row::to_json).collect::<Vec<Value>>())?;
    Ok(true)
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// All epochs are done.
    Finished,
    /// A process trains it.
    Training,
    /// No process trains it, and epochs are left.
    Stopped,
    /// Its weights were imported.
    Imported,
    /// It is a copy to pass on, which cannot be trained further.
    Packed,
}

/// The state of a run that can be read.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub progress: Progress,
    pub epoch: u64,
    pub epochs: u64,
    /// The best validation while training.
    best: Option<Score>,
}

impl State {
    fn name(&self) -> &'static str {
        match self.progress {
            Progress::Finished => "finished",
            Progress::Training => "training",
            Progress::Stopped => "stopped",
            Progress::Imported => "imported",
            Progress::Packed => "packed",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.progress {
            Progress::Imported => write!(f, "imported"),
            _ => write!(f, "{}, epoch {} of {}", self.name(), self.epoch, self.epochs),
        }
    }
}

/// The state of the run in a folder.
///
/// # Errors
/// If the folder is no run, or its files are damaged.
pub fn state(dir: &Path) -> anyhow::Result<State> {
    let run = Run::open(dir)?;
    let (last, best) = (run.path("last.safetensors"), run.path("best.safetensors"));
    let imported = run.manifest.weights.is_some();
    let training = FolderLock::is_taken(dir);
    let progress = match last.exists() {
        true => Some(Checkpoint::read_progress(&last)?),
        false if imported && !training => return Err(RunError::HalfImported(dir.to_owned()).into()),
        false => None,
    };
    if best.exists() {
        Checkpoint::read_progress(&best)?;
    }
    let (config, progress) = (&run.config, progress.unwrap_or_default());
    let best = progress.best.map(|(_, value)| Score {
        protocol: config.evaluate.protocol,
        metric: config.train.select_by.0,
        value: Some(value),
    });
    let kind = if training {
        Progress::Training
    } else if imported {
        Progress::Imported
    } else if run.manifest.packed {
        Progress::Packed
    } else if progress.epoch >= config.train.epochs {
        Progress::Finished
    } else {
        Progress::Stopped
    };
    Ok(State { progress: kind, epoch: progress.epoch, epochs: config.train.epochs, best })
}

/// The best score that a run is known to have, by the metric that chooses its best checkpoint: of its training, or else
/// of the evaluations in its folder.
fn best(dir: &Path, state: &State) -> Option<Score> {
    if state.best.is_some() {
        return state.best;
    }
    let config = Run::open(dir).ok()?.config;
    let (protocol, metric) = (config.evaluate.protocol, config.train.select_by.0);
    let of = |suffix: &str| {
        let file = dir.join(format!("evaluation-val-{protocol}{suffix}.json"));
        let evaluation: Evaluation = serde_json::from_str(&scannet::source::read_text(file, JSON).ok()?).ok()?;
        evaluation.scores.get(metric)
    };
    let value = ["", "-last"].into_iter().filter_map(of).max_by(f64::total_cmp)?;
    Some(Score { protocol, metric, value: Some(value) })
}

/// A run of the list.
struct Row {
    /// Its path below the folder that was given.
    path: PathBuf,
    /// Its state, or why it has none.
    state: Result<State, String>,
    best: Option<Score>,
    /// When one of its files was last changed.
    changed: Option<SystemTime>,
}

impl Row {
    fn of(dir: &Path, below: &Path) -> Self {
        let state = state(dir).map_err(|error| causes(&error));
        let files = std::fs::read_dir(dir).into_iter().flatten().flatten();
        let changed = files.filter_map(|file| file.metadata().ok()?.modified().ok()).max();
        let path = match dir.strip_prefix(below) {
            Ok(path) if !path.as_os_str().is_empty() => path.to_owned(),
            _ => dir.to_owned(),
        };
        Row { path, best: state.as_ref().ok().and_then(|state| best(dir, state)), state, changed }
    }

    fn score(&self) -> Option<(String, f64)> {
        self.best.and_then(|best| Some((best.id(), best.value?)))
    }

    fn to_json(&self) -> Value {
        let state = self.state.as_ref().ok();
        let seconds = self.changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map(|time| time.as_secs());
        json!({
            "path": self.path.to_string_lossy(),
            "state": state.map_or("broken", State::name),
            "error": self.state.as_ref().err(),
            "epoch": state.map(|state| state.epoch),
            "epochs": state.map(|state| state.epochs),
            "best": self.best,
            "changed_unix_seconds": seconds,
        })
    }
}

/// Adds the runs in a folder and below it. Links are not followed, and nothing is below a run.
fn find(dir: &Path, runs: &mut Vec<PathBuf>) {
    let has = |file: &str| dir.join(file).is_file();
    let described = has("config.toml") && (has("manifest.json") || has(".lock"));
    let trained = has("last.safetensors") && (has("manifest.json") || has("metrics.jsonl") || has("config.toml"));
    if described || trained {
        return runs.push(dir.to_owned());
    }
    let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten().filter(is_folder);
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    folders.sort();
    folders.iter().for_each(|folder| find(folder, runs));
}

/// Scores of one metric are compared, the metric of most runs first.
fn sort(rows: &mut [Row], by: SortBy) {
    rows.sort_by(|a, b| a.path.cmp(&b.path));
    match by {
        SortBy::Name => {}
        SortBy::Age => rows.sort_by_key(|row| std::cmp::Reverse(row.changed)),
        SortBy::Score => {
            let ids: Vec<String> = rows.iter().filter_map(|row| Some(row.score()?.0)).collect();
            let common = |id: &String| std::cmp::Reverse(ids.iter().filter(|other| *other == id).count());
            rows.sort_by(|a, b| match (a.score(), b.score()) {
                (Some((a, x)), Some((b, y))) => (common(&a), &a).cmp(&(common(&b), &b)).then(y.total_cmp(&x)),
                (a, b) => b.is_some().cmp(&a.is_some()),
            });
        }
    }
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new("").column("run", Align::Left).column("state", Align::Left);
    table = table.column("epoch", Align::Right).column("best, %", Align::Right);
    table = table.column("metric", Align::Left).column("changed", Align::Right);
    for row in rows {
        let (state, epoch) = match &row.state {
            Ok(state) if state.progress == Progress::Imported => (state.name(), "-".to_owned()),
            Ok(state) => (state.name(), format!("{}/{}", state.epoch, state.epochs)),
            Err(_) => ("broken", "-".to_owned()),
        };
        table.push([
            row.path.display().to_string(),
            state.to_owned(),
            epoch,
            percent(row.best.and_then(|best| best.value), 2),
            row.best.map_or("-".to_owned(), |best| best.id()),
            row.changed.map_or("-".to_owned(), age),
        ]);
    }
    for row in rows {
        if let Err(reason) = &row.state {
            table.note(format!("{} is broken: {reason}", row.path.display()));
        }
    }
    table
}

/// How long ago something was.
fn age(time: SystemTime) -> String {
    let seconds = time.elapsed().map_or(0, |age| age.as_secs());
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}
