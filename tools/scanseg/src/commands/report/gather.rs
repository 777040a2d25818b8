//! What the folders of runs hold for a report.

use crate::commands::table::Cost as TableCost;
use crate::commands::{quoted, read_metrics, runs, scored};
use crate::terminal::causes;
use anyhow::Context;
use scannet::source::{JSON, TEXT};
use scanseg::{DeviceName, Evaluation, Network, Run, open_device};
use scanview::Metrics;
use scanview::report::{Cost, EvaluationReport, Measured, RunReport};
use segeval::{Protocol, SceneScores};
use std::path::{Path, PathBuf};

/// The runs in folders, in their order.
pub fn runs(dirs: &[PathBuf]) -> anyhow::Result<Vec<RunReport>> {
    let mut canonical = Vec::new();
    for dir in dirs {
        let real = dir.canonicalize().unwrap_or_else(|_| dir.clone());
        anyhow::ensure!(!canonical.contains(&real), "the run is given twice: {}", dir.display());
        canonical.push(real);
    }
    let name = |at: usize| canonical[at].file_name().map(|name| name.to_string_lossy().into_owned());
    let named = |at: usize| match name(at) {
        Some(own) if (0..dirs.len()).all(|other| other == at || name(other).as_ref() != Some(&own)) => own,
        _ => dirs[at].display().to_string(),
    };
    (0..dirs.len()).map(|at| report(&dirs[at], named(at))).collect()
}

fn report(dir: &Path, name: String) -> anyhow::Result<RunReport> {
    let run = Run::open(dir)?;
    let mut warnings = Vec::new();
    let mut warn = |text: String| warnings.push(format!("{name}: {text}"));
    let state = runs::state(dir);
    let trained_here = run.manifest.weights.is_none() && !run.manifest.packed;
    let has_metrics = trained_here && state.as_ref().map_or(dir.join("last.safetensors").exists(), |s| s.epoch > 0);
    let metrics = match read_metrics(dir) {
        Err(error) if has_metrics || dir.join("metrics.jsonl").exists() && trained_here => {
            warn(causes(&error));
            Metrics::default()
        }
        metrics => metrics.unwrap_or_default(),
    };
    if metrics.damaged > 0 {
        let lines = scannet::count(metrics.damaged, "line|lines");
        warn(format!("metrics.jsonl has {lines} that cannot be read; the curves leave them out"));
    }
    let state = match state {
        Ok(state) => {
            let last = metrics.steps.iter().map(|step| step.epoch).max().unwrap_or(0);
            if last < state.epoch && trained_here {
                warn(format!(
                    "metrics.jsonl ends at epoch {last}, and the checkpoint is of epoch {}; the curves lack the rest",
                    state.epoch
                ));
            }
            state.to_string()
        }
        Err(error) => {
            warn(causes(&error));
            "broken".to_owned()
        }
    };
    let hash = |file: &str| {
        let path = run.path(file);
        let bytes = scannet::source::read(&path, std::fs::metadata(&path).ok()?.len()).ok()?;
        Some(scannet::sha256_hex(&bytes))
    };
    let [best, last] = ["best.safetensors", "last.safetensors"].map(hash);
    let untrained = trained_here && best.is_none() && last.is_none();
    let mut evaluations = Vec::new();
    for path in evaluation_files(dir) {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match evaluation(&path, scored(&run.config.data), &mut warn) {
            Ok((checkpoint, evaluation)) => {
                let current = match evaluation.checkpoint {
                    "best" => best.as_ref().or(last.as_ref()),
                    _ => last.as_ref(),
                };
                if current.is_some_and(|current| *current != checkpoint) {
                    let epoch = evaluation.epoch;
                    warn(format!(
                        "{file} is of an earlier checkpoint (epoch {epoch}); evaluate again to score the current one"
                    ));
                }
                evaluations.push(evaluation);
            }
            Err(error) => warn(format!("{file} is left out: {}", causes(&error))),
        }
    }
    let config = &run.config;
    let summary = Network::new(config, &open_device(DeviceName::Cpu)?).summary(config.crop.points);
    let manifest = &run.manifest;
    let mut sources = vec![
        ("program", manifest.program.clone()),
        ("seed", manifest.seed.to_string()),
        ("configuration", manifest.config.clone()),
    ];
    sources.extend(manifest.labels.clone().map(|hash| ("label set", hash)));
    sources.extend(manifest.data.clone().map(|hash| ("data", hash)));
    sources.extend(manifest.data_dir.as_ref().map(|dir| ("data folder", dir.display().to_string())));
    if let Some(weights) = &manifest.weights {
        sources.push(("imported weights", weights.file.display().to_string()));
        sources.push(("imported weights, hash", weights.sha256.clone()));
    }
    if let Some(start) = &manifest.start {
        sources.push(("started from", start.file.display().to_string()));
        sources.push(("started from, hash", start.sha256.clone()));
    }
    sources.extend(best.map(|hash| ("best checkpoint", hash)));
    sources.extend(last.map(|hash| ("last checkpoint", hash)));
    Ok(RunReport {
        experiment: config.name.clone(),
        state,
        config: config.to_toml(),
        cost: Cost {
            parameters: summary.total.params,
            macs: summary.total.macs,
            points: config.crop.points,
            measured: measured(dir),
        },
        sources,
        evaluate: match untrained {
            true => format!("{} && {}", resume_command(&run), evaluate_command(&run, None)),
            false => evaluate_command(&run, None),
        },
        commands: commands(&run, &evaluations),
        metrics,
        evaluations,
        warnings,
        name,
    })
}

/// The evaluations in a folder, by name.
fn evaluation_files(dir: &Path) -> Vec<PathBuf> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_one = |path: &PathBuf| {
        let name = name(path);
        name.starts_with("evaluation-") && name.ends_with(".json") && !name.ends_with("-scenes.json")
    };
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = entries.filter(is_one).collect();
    files.sort();
    files
}

/// An evaluation, and the hash of its checkpoint.
fn evaluation(path: &Path, scored: String, warn: &mut dyn FnMut(String)) -> anyhow::Result<(String, EvaluationReport)> {
    let text = scannet::source::read_text(path, JSON).context("cannot be read")?;
    let evaluation: Evaluation = serde_json::from_str(&text).context("damaged, evaluate again")?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let protocol = evaluation.scores.protocol;
    let rest = name.strip_prefix(&format!("evaluation-{}-{protocol}", evaluation.split)).unwrap_or_default();
    let scenes = match crate::commands::evaluate::read(path) {
        Ok((_, scenes)) => Some(scenes),
        Err(_) if !protocol.pools_scenes() => None,
        Err(error) => {
            warn(format!("{name} has no intervals: {}", causes(&error)));
            None
        }
    };
    let report = EvaluationReport {
        split: evaluation.split,
        checkpoint: if rest.starts_with("-last") { "last" } else { "best" },
        epoch: evaluation.epoch,
        data: evaluation.data,
        scored,
        scores: evaluation.scores,
        scenes: scenes.filter(|scenes: &SceneScores| !scenes.scenes().is_empty()),
    };
    Ok((evaluation.checkpoint, report))
}

/// Time and memory: of `bench.json` in the run's folder, or of the table that the run belongs to.
fn measured(dir: &Path) -> Option<Measured> {
    let read = |path: PathBuf| scannet::source::read_text(path, TEXT).ok();
    let device = |device: &str, threads: u64| match device {
        "cpu" => format!("cpu, {threads} threads"),
        other => other.to_owned(),
    };
    if let Some(text) = read(dir.join("bench.json")) {
        let value: serde_json::Value = serde_json::from_str(&text).ok()?;
        let step = value["pipelined_ms"].as_f64().or(value["median_ms"].as_f64());
        return Some(Measured {
            device: device(value["device"].as_str()?, value["threads"].as_u64()?),
            step: step.map(|ms| ms / 1e3),
            batch: value["batch"].as_u64()? as usize,
            memory: value["pipelined_peak_memory_bytes"].as_u64().or(value["peak_memory_bytes"].as_u64()),
            label: None,
        });
    }
    // a run of a table is named after its row, recipe and seed, and the cost of all seeds after row and recipe
    let real = dir.canonicalize().ok()?;
    let (row, _seed) = real.file_name()?.to_str()?.rsplit_once('-')?;
    let file = real.parent()?.parent()?.join("cost").join(format!("{row}.json"));
    let cost: TableCost = serde_json::from_str(&read(file)?).ok()?;
    Some(Measured {
        device: device(&cost.device, cost.threads as u64),
        step: Some(cost.step),
        batch: cost.batch,
        memory: cost.memory,
        label: Some(cost.label),
    })
}

/// The commands that make the run and its evaluations again.
fn commands(run: &Run, evaluations: &[EvaluationReport]) -> Vec<String> {
    let (config, again) = (quoted(&run.path("config.toml")), "AGAIN");
    let mut commands = vec![match &run.manifest.weights {
        Some(weights) => format!("scanseg weights import {} {config} --out {again}", quoted(&weights.file)),
        None => {
            let from = run.manifest.start.as_ref().and_then(|start| start.file.parent());
            let from = from.map(|from| format!(" --start-from {}", quoted(from))).unwrap_or_default();
            format!("scanseg train {config} --data {} --out {again}{from}", data_folder(run))
        }
    }];
    commands.extend(evaluations.iter().map(|evaluation| evaluate_command(run, Some(evaluation))));
    commands
}

/// Goes on with a training that has no checkpoint yet.
fn resume_command(run: &Run) -> String {
    let (config, data) = (quoted(&run.path("config.toml")), data_folder(run));
    format!("scanseg train {config} --data {data} --out {} --resume", quoted(run.dir()))
}

fn data_folder(run: &Run) -> String {
    run.manifest.data_dir.as_deref().map_or("PREPARED".to_owned(), quoted)
}

fn evaluate_command(run: &Run, evaluation: Option<&EvaluationReport>) -> String {
    // of an evaluation on other data, the folder is not known
    let own = evaluation.is_none_or(|evaluation| run.manifest.data.as_ref() == Some(&evaluation.data));
    let data = if own { data_folder(run) } else { "PREPARED".to_owned() };
    let mut command = format!("scanseg evaluate {} --data {data}", quoted(run.dir()));
    if let Some(evaluation) = evaluation {
        let protocol: Protocol = evaluation.scores.protocol;
        command += &format!(" --protocol {protocol}");
        if evaluation.split != "val" {
            command += &format!(" --split {}", evaluation.split);
        }
        if evaluation.checkpoint == "last" {
            command += " --checkpoint last";
        }
    }
    command
}
