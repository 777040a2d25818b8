//! `scanseg table`: every row of the published table, trained and scored.

mod cost;
mod plan;

use super::{check_output, evaluate, open_run, open_store, read_metrics, scored, train};
use crate::args::{TableArgs, WhichCheckpoint};
use crate::terminal::{causes, complain, duration, on_interrupt, say, say_table};
pub use cost::{Cost, cost_table};
use plan::{Planned, plan};
use scannet::{FolderLock, PreparedStore, Split, count};
use scanseg::table::{PROTOCOLS, ROWS, Results, Row, RowResult, RunResult};
use scanseg::{Device, DeviceName, Evaluation, Network, TrainOptions, open_device};
use scanview::Metrics;
use scanview::chart::{Curve, accuracy_chart, loss_chart};
use segeval::{Protocol, SceneScores};
use std::path::Path;

/// What is written about all runs.
const FILES: [&str; 6] = ["table.md", "table.tex", "table.json", "cost.md", "loss.svg", "accuracy.svg"];

pub fn run(args: &TableArgs) -> anyhow::Result<bool> {
    on_interrupt(|| "the same command continues");
    let device = open_device(args.device)?;
    // in the order of the table; all without a list
    let chosen = |row: &&Row| args.rows.is_empty() || args.rows.contains(&row.id);
    let rows: Vec<&'static Row> = ROWS.iter().filter(chosen).collect();
    let store = open_store(&args.data)?;
    anyhow::ensure!(
        !store.scenes(Split::Val).is_empty(),
        "the store has no validation scenes, by which the rows are compared: {}",
        args.data.display()
    );
    let plan = plan(args, &rows)?;
    scannet::atomic::create_dir_all(&args.out)?;
    anyhow::ensure!(
        !args.out.canonicalize()?.starts_with(args.data.canonicalize()?),
        "the table would be written into the prepared store; choose another folder: {}",
        args.out.display()
    );
    for file in FILES {
        check_output(&args.out.join(file), &[])?;
    }
    let _lock = FolderLock::exclusive(&args.out, "table")?;
    let costs = announce(args, &plan, &rows, &store)?;

    let mut failed = Vec::new();
    for (number, planned) in plan.iter().enumerate() {
        let name = format!("{}, seed {}", planned.row.title, planned.seed);
        say(format_args!("{}/{} {name}: {}", number + 1, plan.len(), planned.dir.display()));
        match finish(planned, args, &store, &device) {
            // so that there is a table to look at while the other rows are trained
            Ok(true) => _ = write(args, &rows, &plan, &costs, &store)?,
            Ok(false) => say("  is done"),
            Err(error) => {
                complain(format_args!("error: {name}: {}", causes(&error)));
                failed.push(name);
            }
        }
    }
    if failed.len() < plan.len() {
        let results = write(args, &rows, &plan, &costs, &store)?;
        say("");
        say_table(&results.main());
        for file in FILES.map(|file| args.out.join(file)).iter().filter(|file| file.exists()) {
            say(format_args!("written: {}", file.display()));
        }
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

/// Says what will be done, and about how long it takes. That is measured; returns the costs of the rows, without those that
/// cannot be measured.
fn announce(
    args: &TableArgs,
    plan: &[Planned],
    rows: &[&'static Row],
    store: &PreparedStore,
) -> anyhow::Result<Vec<Cost>> {
    let (scenes, val) = (store.scenes(Split::Train).len(), store.scenes(Split::Val).len());
    say(format_args!(
        "{} × {}, {} for training, {val} for validation",
        count(rows.len(), "row|rows"),
        count(args.seeds as usize, "seed|seeds"),
        count(scenes, "scene|scenes"),
    ));
    let (mut total, mut costs) = (0.0, Vec::new());
    for row in rows {
        let runs: Vec<&Planned> = plan.iter().filter(|planned| planned.row.id == row.id).collect();
        // the number of steps is the same for every seed
        let measured =
            Cost::of(runs[0], args, store).and_then(|cost| Ok((cost, scanseg::steps(&runs[0].config, store)?)));
        let (cost, steps) = match measured {
            Ok(measured) => measured,
            Err(error) => {
                // its trainings will say so as well
                complain(format_args!("warning: {} cannot be measured: {}", row.title, causes(&error)));
                continue;
            }
        };
        let mut seconds = 0.0;
        for planned in &runs {
            let done = planned.checkpoint().ok().flatten().map_or(0, |checkpoint| checkpoint.progress.step);
            let scored = PROTOCOLS.iter().all(|protocol| planned.scores_file(protocol.id()).exists());
            seconds += steps.saturating_sub(done) as f64 * cost.step;
            seconds += if scored { 0.0 } else { (PROTOCOLS.len() * val) as f64 * cost.label };
        }
        say(format_args!("  {:<28} {:>6.0} ms a step, about {} left", row.title, 1e3 * cost.step, duration(seconds)));
        total += seconds;
        costs.push(cost);
    }
    say(format_args!("about {} in all on this machine; it can be stopped at any time, and continues", duration(total)));
    Ok(costs)
}

/// Trains what is not trained, and scores what is not scored; returns whether there was anything to do.
fn finish(planned: &Planned, args: &TableArgs, store: &PreparedStore, device: &Device) -> anyhow::Result<bool> {
    let epochs = planned.config.train.epochs;
    let trained = planned.checkpoint()?.is_some_and(|checkpoint| checkpoint.progress.epoch == epochs);
    if trained {
        planned.run(store)?;
    } else {
        planned.write_config()?;
        train::train(&TrainOptions {
            config: &planned.config,
            data: &args.data,
            out: &planned.dir,
            resume: planned.dir.join("manifest.json").exists(),
            start_from: None,
            stop_after: None,
            device: device.clone(),
        })?;
    }
    let mut worked = !trained;
    for protocol in PROTOCOLS {
        if scores(planned, store, protocol).is_err() {
            let last = WhichCheckpoint::Last;
            let network = open_run(&planned.dir, last)?;
            evaluate::evaluate(&network, last, store, Split::Val, Some(protocol), device)?;
            worked = true;
        }
    }
    Ok(worked)
}

/// Writes the table of all runs that are done.
fn write(
    args: &TableArgs,
    rows: &[&'static Row],
    plan: &[Planned],
    costs: &[Cost],
    store: &PreparedStore,
) -> anyhow::Result<Results> {
    let (mut done, mut curves) = (Vec::new(), Vec::new());
    for row in rows {
        let planned: Vec<&Planned> = plan.iter().filter(|planned| planned.row.id == row.id).collect();
        // what cannot be read is not done: when its turn comes, it is done again, or says what is wrong
        let results =
            planned.iter().filter_map(|planned| Some((planned.dir.as_path(), result(planned, args, store).ok()?)));
        let (dirs, runs): (Vec<_>, Vec<_>) = results.unzip();
        if !runs.is_empty() {
            let config = &planned[0].config;
            let summary = Network::new(config, &open_device(DeviceName::Cpu)?).summary(config.crop.points);
            let scored = scored(&config.data);
            done.push(RowResult { row, summary, scored, runs });
            curves.push(curve(row.title, &dirs)?);
        }
    }
    let scenes = [Split::Train, Split::Val].map(|split| store.scenes(split).len());
    let costs = costs.iter().filter(|cost| done.iter().any(|result: &RowResult| result.row.id == cost.row));
    let cost = cost_table(costs).to_markdown();
    let results = Results::new(args.recipe.clone(), store.fingerprint()?, scenes, done)?;
    let files = [
        ("table.md", results.to_markdown()),
        ("table.tex", results.to_latex()),
        ("table.json", serde_json::to_string_pretty(&results.to_json())? + "\n"),
        ("cost.md", cost),
    ];
    let charts = match curves.is_empty() {
        true => Vec::new(),
        false => vec![("loss.svg", loss_chart(&curves)?), ("accuracy.svg", accuracy_chart(&curves)?)],
    };
    for (name, text) in files.into_iter().chain(charts) {
        scannet::atomic::write_bytes(args.out.join(name), text.as_bytes())?;
    }
    Ok(results)
}

/// The learning curve of a row.
fn curve(name: &str, runs: &[&Path]) -> anyhow::Result<Curve> {
    let metrics = runs.iter().map(|run| {
        let metrics = read_metrics(run)?;
        anyhow::ensure!(metrics.damaged == 0, "damaged: {}", run.join("metrics.jsonl").display());
        Ok(metrics)
    });
    let metrics = metrics.collect::<anyhow::Result<Vec<Metrics>>>()?;
    Ok(Curve::new(name, &metrics))
}

/// A run with all its scores.
fn result(planned: &Planned, args: &TableArgs, store: &PreparedStore) -> anyhow::Result<RunResult> {
    let manifest = planned.run(store)?.manifest;
    let scored = PROTOCOLS.into_iter().map(|protocol| scores(planned, store, protocol));
    let (evaluations, scenes) = scored.collect::<anyhow::Result<Vec<_>>>()?.into_iter().unzip();
    Ok(RunResult { seed: planned.seed, manifest, commands: planned.commands(&args.data), evaluations, scenes })
}

/// The scores of a run by a protocol.
///
/// # Errors
/// If there are none, or they are of another checkpoint or store.
fn scores(planned: &Planned, store: &PreparedStore, protocol: Protocol) -> anyhow::Result<(Evaluation, SceneScores)> {
    let (evaluation, scenes) = evaluate::read(&planned.scores_file(protocol.id()))?;
    let last = planned.checkpoint()?.map(|checkpoint| checkpoint.hash);
    anyhow::ensure!(
        evaluation.scores.protocol == protocol
            && scenes.protocol() == protocol
            && evaluation.data == store.fingerprint()?
            && Some(&evaluation.checkpoint) == last.as_ref(),
        "the scores are of another protocol, store or checkpoint"
    );
    Ok((evaluation, scenes))
}
