//! `scanseg table`: every row of the published table, trained and scored.

use super::curves::{Curve, accuracy_chart, loss_chart};
use super::{check_output, evaluate, train};
use crate::args::{TableArgs, WhichCheckpoint};
use crate::terminal::{causes, complain, duration, say};
use anyhow::Context;
use scannet::{FolderLock, PreparedStore, Split, count};
use scanseg::table::{PROTOCOLS, ROWS, Results, Row, RowResult, RunResult, row};
use scanseg::{Checkpoint, Config, Device, DeviceName, Network, Override, Run, TrainOptions, open_device};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Steps that the cost of a row is measured with.
const COST_STEPS: u64 = 5;

/// What is written about all runs.
const FILES: [&str; 6] = ["table.md", "table.tex", "table.json", "cost.md", "loss.svg", "accuracy.svg"];

/// A training of the table.
struct Planned {
    row: &'static Row,
    seed: u64,
    config: Config,
    /// Its configuration as a file, which the commands name.
    file: PathBuf,
    dir: PathBuf,
}

/// What a row costs on this machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Cost {
    row: String,
    device: String,
    threads: usize,
    /// Seconds of a training step, with the pipeline that makes its batches.
    step: f64,
    /// Crops in a step.
    batch: usize,
    /// Seconds to label every vertex of the first validation scene.
    label: f64,
    /// Peak memory of training, in bytes.
    memory: Option<u64>,
}

pub fn run(args: &TableArgs) -> anyhow::Result<bool> {
    let device = open_device(args.device)?;
    // in the order of the table; all without a list
    let chosen = |row: &&Row| args.rows.is_empty() || args.rows.contains(&row.id);
    let rows: Vec<&'static Row> = ROWS.iter().filter(chosen).collect();
    let store = PreparedStore::open(&args.data)?;
    anyhow::ensure!(
        !store.scenes(Split::Val).is_empty(),
        "the store has no validation scenes, by which the rows are compared: {}",
        args.data.display()
    );
    scannet::atomic::create_dir_all(&args.out)?;
    for file in FILES {
        check_output(&args.out.join(file), &[])?;
    }
    let _lock = FolderLock::exclusive(&args.out, "table")?;
    let plan = plan(args, &rows)?;
    announce(args, &plan, &rows, &store)?;

    let mut failed = Vec::new();
    for (number, planned) in plan.iter().enumerate() {
        let name = format!("{}, seed {}", planned.row.title, planned.seed);
        say(format_args!("{}/{} {name}: {}", number + 1, plan.len(), planned.dir.display()));
        match finish(planned, args, &store, &device) {
            // so that there is a table to look at while the other rows are trained
            Ok(true) => _ = write(args, &rows, &plan, &store)?,
            Ok(false) => say("  is done"),
            Err(error) => {
                complain(format_args!("error: {name}: {}", causes(&error)));
                failed.push(name);
            }
        }
    }
    let results = write(args, &rows, &plan, &store)?;
    say("");
    say(results.to_text());
    for file in FILES.map(|file| args.out.join(file)).iter().filter(|file| file.exists()) {
        say(format_args!("written: {}", file.display()));
    }
    if !failed.is_empty() {
        complain(format_args!(
            "{} failed and {} missing from the table: {}; fix the cause and run the command again",
            count(failed.len(), "run|runs"),
            if failed.len() == 1 { "is" } else { "are" },
            failed.join("; ")
        ));
    }
    Ok(failed.is_empty())
}

/// All trainings; their configurations are written beside them, so that each can also be started alone.
fn plan(args: &TableArgs, rows: &[&'static Row]) -> anyhow::Result<Vec<Planned>> {
    let mut plan = Vec::new();
    for seed in 1..=args.seeds.get() {
        for row in rows {
            // the last checkpoint is scored, so that none is chosen by the scenes that score it
            let mut overrides: Vec<Override> = vec![format!("seed={seed}").parse()?, "train.evaluate_every=0".parse()?];
            if row.takes_recipe {
                overrides.push(format!("recipe={}", args.recipe).parse()?);
            }
            let own = args.overrides.iter().filter(|change| change.row.is_none_or(|id| id == row.id));
            overrides.extend(own.map(|own| own.change.clone()));
            // of a recipe that is a file, its name without folder and extension
            let recipe = Path::new(&args.recipe).file_stem().unwrap_or_default().to_string_lossy();
            let name = if row.takes_recipe { format!("{}-{recipe}", row.id) } else { row.id.to_owned() };
            let config = Config::parse(row.experiment, Path::new(row.id), &overrides)?;
            let file = args.out.join("configs").join(format!("{name}-{seed}.toml"));
            let text = config.to_toml();
            if file.exists() {
                let found = scannet::source::read_text(&file, scannet::source::TEXT)
                    .with_context(|| format!("cannot read {}", file.display()))?;
                anyhow::ensure!(
                    found == text,
                    "the folder has runs of other settings; repeat the command with theirs, or choose another --out: {}",
                    file.display()
                );
            } else {
                scannet::atomic::create_dir_all(args.out.join("configs"))?;
                scannet::atomic::write_bytes(&file, text.as_bytes())?;
            }
            let dir = args.out.join("runs").join(format!("{name}-{seed}"));
            plan.push(Planned { row, seed, config, file, dir });
        }
    }
    Ok(plan)
}

/// Says what will be done, and about how long it takes. That is measured.
fn announce(args: &TableArgs, plan: &[Planned], rows: &[&'static Row], store: &PreparedStore) -> anyhow::Result<()> {
    let (scenes, val) = (store.scenes(Split::Train).len(), store.scenes(Split::Val).len());
    say(format_args!(
        "{} × {}, {} for training, {val} for validation",
        count(rows.len(), "row|rows"),
        count(args.seeds.get() as usize, "seed|seeds"),
        count(scenes, "scene|scenes"),
    ));
    let mut total = 0.0;
    for row in rows {
        let runs: Vec<&Planned> = plan.iter().filter(|planned| planned.row.id == row.id).collect();
        let cost = match cost(args, runs[0], store) {
            Ok(cost) => cost,
            Err(error) => {
                // its training will say so as well
                complain(format_args!("warning: {} cannot be measured: {}", row.title, causes(&error)));
                continue;
            }
        };
        // the same for every seed
        let steps = scanseg::steps(&runs[0].config, store)?;
        let mut seconds = 0.0;
        for planned in &runs {
            let done = state(planned)?.map_or(0, |checkpoint| checkpoint.progress.step);
            let scored = PROTOCOLS.iter().all(|p| planned.dir.join(evaluation_name(p.id())).exists());
            seconds += steps.saturating_sub(done) as f64 * cost.step;
            seconds += if scored { 0.0 } else { (PROTOCOLS.len() * val) as f64 * cost.label };
        }
        say(format_args!("  {:<28} {:>6.0} ms a step, about {} left", row.title, 1e3 * cost.step, duration(seconds)));
        total += seconds;
    }
    say(format_args!("about {} in all on this machine; it can be stopped at any time, and continues", duration(total)));
    Ok(())
}

/// What a row costs: measured by the program itself as a process of its own, whose memory is that of this row alone.
fn cost(args: &TableArgs, planned: &Planned, store: &PreparedStore) -> anyhow::Result<Cost> {
    let name = planned.dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let file = args.out.join("cost").join(format!("{}.json", name.rsplit_once('-').map_or(&*name, |(row, _)| row)));
    if let Some(cost) = std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice::<Cost>(&bytes).ok())
        && cost.device == args.device.to_string()
        && cost.threads == rayon::current_num_threads()
    {
        return Ok(cost);
    }
    scannet::atomic::create_dir_all(args.out.join("cost"))?;
    let figures = tempfile::NamedTempFile::new_in(args.out.join("cost"))?;
    let bench = Command::new(std::env::current_exe()?)
        .arg("bench")
        .arg(&planned.file)
        .arg("--data")
        .arg(&args.data)
        .args(["--steps", &COST_STEPS.to_string(), "--device", &args.device.to_string(), "--json"])
        .arg(figures.path())
        .args(["--threads", &rayon::current_num_threads().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .context("cannot start the measurement")?;
    anyhow::ensure!(
        bench.status.success(),
        "{}: {}",
        planned.row.title,
        String::from_utf8_lossy(&bench.stderr).trim().trim_start_matches("error: ")
    );
    let figures: serde_json::Value = serde_json::from_slice(&std::fs::read(figures.path())?)?;
    let parts = figures["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
    // of crops as large as tiles are
    let label = parts.iter().find(|part| part["part"] == scanseg::LABELLING);
    let per_point = label.and_then(|part| part["rate"].as_f64()).map_or(f64::NAN, f64::recip);
    let tiles = scanseg::tiles_of_first_scene(&planned.config, store, Split::Val)?;
    let cost = Cost {
        row: planned.row.id.to_owned(),
        device: args.device.to_string(),
        threads: rayon::current_num_threads(),
        step: figures["pipelined_ms"].as_f64().or(figures["median_ms"].as_f64()).unwrap_or(f64::NAN) / 1e3,
        batch: planned.config.train.batch,
        label: per_point * (tiles * planned.config.crop.points) as f64,
        memory: figures["pipelined_peak_memory_bytes"].as_u64(),
    };
    scannet::atomic::write_bytes(&file, (serde_json::to_string_pretty(&cost)? + "\n").as_bytes())?;
    Ok(cost)
}

/// The last checkpoint of a run, if there is one.
fn state(planned: &Planned) -> anyhow::Result<Option<Checkpoint>> {
    let last = planned.dir.join("last.safetensors");
    if last.exists() { Ok(Some(Checkpoint::read(&last)?)) } else { Ok(None) }
}

/// Trains what is not trained, and scores what is not scored; returns whether there was anything to do.
fn finish(planned: &Planned, args: &TableArgs, store: &PreparedStore, device: &Device) -> anyhow::Result<bool> {
    let trained = state(planned)?.is_some_and(|checkpoint| checkpoint.progress.epoch == planned.config.train.epochs);
    if trained {
        Run::open(&planned.dir)?.check_same(&planned.config, store)?;
    } else {
        train::train(&TrainOptions {
            config: &planned.config,
            data: &args.data,
            out: &planned.dir,
            resume: planned.dir.join("manifest.json").exists(),
            stop_after: None,
            device: device.clone(),
        })?;
    }
    let checkpoint = Checkpoint::read(&planned.dir.join("last.safetensors"))?;
    let mut worked = !trained;
    for protocol in PROTOCOLS {
        let scored = evaluate::read(&planned.dir.join(evaluation_name(protocol.id())));
        if !scored.is_ok_and(|(evaluation, _)| evaluation.checkpoint == checkpoint.hash) {
            evaluate::evaluate(&planned.dir, WhichCheckpoint::Last, &args.data, Split::Val, Some(protocol), device)?;
            worked = true;
        }
    }
    Ok(worked)
}

/// The file in which `evaluate` keeps the scores of the last checkpoint.
fn evaluation_name(protocol: &str) -> String {
    format!("evaluation-val-{protocol}-last.json")
}

/// Writes the table of all runs that are done.
fn write(args: &TableArgs, rows: &[&'static Row], plan: &[Planned], store: &PreparedStore) -> anyhow::Result<Results> {
    let (mut done, mut costs, mut curves) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let planned: Vec<&Planned> = plan.iter().filter(|planned| planned.row.id == row.id).collect();
        let (mut runs, mut dirs) = (Vec::new(), Vec::new());
        for planned in &planned {
            if let Some(result) = result(planned, args)? {
                runs.push(result);
                dirs.push(planned.dir.as_path());
            }
        }
        if !runs.is_empty() {
            curves.push(Curve::read(row.title, dirs)?);
            let config = &planned[0].config;
            let summary = Network::new(config, &open_device(DeviceName::Cpu)?).summary(config.crop.points);
            done.push(RowResult { row, summary, runs });
            costs.extend(cost(args, planned[0], store));
        }
    }
    let scenes = [Split::Train, Split::Val].map(|split| store.scenes(split).len());
    let results = Results::new(args.recipe.clone(), store.fingerprint()?, scenes, done)?;
    let files = [
        ("table.md", results.to_markdown()),
        ("table.tex", results.to_latex()),
        ("table.json", serde_json::to_string_pretty(&results.to_json())? + "\n"),
        ("cost.md", cost_table(&costs)),
    ];
    let charts = if curves.is_empty() {
        Vec::new()
    } else {
        vec![("loss.svg", loss_chart(&curves)?), ("accuracy.svg", accuracy_chart(&curves)?)]
    };
    for (name, text) in files.into_iter().chain(charts) {
        scannet::atomic::write_bytes(args.out.join(name), text.as_bytes())?;
    }
    Ok(results)
}

/// The scores of a run, if it has all.
fn result(planned: &Planned, args: &TableArgs) -> anyhow::Result<Option<RunResult>> {
    let (mut evaluations, mut scenes) = (Vec::new(), Vec::new());
    for protocol in PROTOCOLS {
        let file = planned.dir.join(evaluation_name(protocol.id()));
        if !file.exists() {
            return Ok(None);
        }
        let (evaluation, by_scene) = evaluate::read(&file)?;
        evaluations.push(evaluation);
        scenes.push(by_scene);
    }
    let (data, run) = (args.data.display(), planned.dir.display());
    let commands = std::iter::once(format!("scanseg train {} --data {data} --out {run}", planned.file.display()))
        .chain(PROTOCOLS.iter().map(|protocol| {
            format!("scanseg evaluate {run} --checkpoint last --data {data} --protocol {}", protocol.id())
        }));
    Ok(Some(RunResult {
        seed: planned.seed,
        manifest: Run::open(&planned.dir)?.manifest,
        commands: commands.collect(),
        evaluations,
        scenes,
    }))
}

/// What the rows cost on this machine, as Markdown. It is a file of its own, since it is not the same twice.
fn cost_table(costs: &[Cost]) -> String {
    use segeval::{Align, Table};
    let mut table = Table::new("")
        .column("model", Align::Left)
        .column("device", Align::Left)
        .column("threads", Align::Right)
        .column("a training step", Align::Right)
        .column("crops/s", Align::Right)
        .column("peak memory", Align::Right)
        .column("labelling a scene", Align::Right);
    for cost in costs {
        table.push([
            row(&cost.row).map_or(cost.row.clone(), |row| row.title.to_owned()),
            cost.device.clone(),
            cost.threads.to_string(),
            format!("{:.0} ms", 1e3 * cost.step),
            format!("{:.1}", cost.batch as f64 / cost.step),
            cost.memory.map_or("-".to_owned(), |bytes| format!("{:.0} MB", bytes as f64 / 1e6)),
            duration(cost.label),
        ]);
    }
    table.note(format!(
        "Medians of {COST_STEPS} steps of a process that did nothing else. Labelling: every vertex of the first validation \
         scene, by the time of its tiles."
    ));
    table.to_markdown()
}
