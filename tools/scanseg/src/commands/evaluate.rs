//! `scanseg evaluate`.

use super::{open_run_or_model, open_store};
use crate::args::{EvaluateArgs, WhichCheckpoint};
use crate::terminal::{bar, say, say_table};
use anyhow::Context;
use scannet::{PreparedStore, Split, count};
use scanseg::{Checkpoint, EvaluateEvent, Evaluated, Evaluation, Run, open_device, owner_of};
use segeval::{Comparison, ConfusionCells, Protocol, SceneScores, printable};
use std::path::{Path, PathBuf};

pub fn run(args: &EvaluateArgs) -> anyhow::Result<bool> {
    args.json.check(&[])?;
    let device = open_device(args.device)?;
    let comparison = if args.published { Comparison::PublishedPointNet2 } else { Comparison::None };
    let network = open_run_or_model(args.run.as_deref(), args.model, args.checkpoint)?;
    // the name of a model is no folder
    let own_folder = args.run.as_deref().filter(|dir| dir.is_dir());
    let copy = args.out.as_deref().filter(|_| own_folder.is_none());
    let missing = copy.is_some_and(|out| !out.join("manifest.json").exists());
    match copy {
        Some(out) if missing => scanseg::check_pack(&network.0, out, &args.data)?,
        Some(out) => check_copy(&network, out)?,
        None => args.out.iter().try_for_each(|out| check_folder(out, own_folder))?,
    }
    let folder = args.out.as_deref().or(own_folder);
    let store = open_store(&args.data)?;
    let evaluated = score(&network, &store, args.split, args.protocol, folder, &device)?;
    let evaluation = &evaluated.evaluation;
    // first, so that a disk that is full does not take them
    show(evaluation, comparison);
    if args.confusion {
        say("confusion of points, in percent of the true class");
        say_table(&evaluation.scores.point_confusion_table(ConfusionCells::PercentOfTruth));
    }
    let files = folder.map(|folder| write(&evaluated, &network.0, args.checkpoint, folder)).transpose()?;
    if let Some(out) = copy.filter(|_| missing) {
        // a run of the model, so that its results can be compared with those of other runs
        scanseg::pack(&network.0, &network.1, out)?;
    }
    for file in files.into_iter().flatten() {
        say(format_args!("written: {}", file.display()));
    }
    args.json.write(evaluation)?;
    Ok(true)
}

/// Checks that the results of a run may be written into a folder: it is neither another run nor a store.
fn check_folder(out: &Path, own: Option<&Path>) -> anyhow::Result<()> {
    let is_own = own.is_some_and(|own| matches!((own.canonicalize(), out.canonicalize()), (Ok(a), Ok(b)) if a == b));
    match owner_of(out) {
        Some(owner) if !is_own => {
            anyhow::bail!("the folder for the results is that of {owner}; choose another one: {}", out.display())
        }
        _ => Ok(()),
    }
}

/// Checks that a folder has the run of a model that ships with the program.
fn check_copy((model, checkpoint): &(Run, Checkpoint), out: &Path) -> anyhow::Result<()> {
    let same = |own: Run| own.manifest.packed && own.checkpoint().is_ok_and(|own| own.hash == checkpoint.hash);
    anyhow::ensure!(
        Run::open(out).is_ok_and(same),
        "the folder has another run, or is a prepared store; choose another one for what {} gets: {}",
        model.dir().display(),
        out.display()
    );
    Ok(())
}

/// Scores a checkpoint, and writes the result into the folder of its run; returns the paths.
pub fn evaluate(
    network: &(Run, Checkpoint),
    which: WhichCheckpoint,
    store: &PreparedStore,
    split: Split,
    protocol: Option<Protocol>,
    device: &scanseg::Device,
) -> anyhow::Result<(Evaluation, Vec<PathBuf>)> {
    let folder = network.0.dir();
    let evaluated = score(network, store, split, protocol, Some(folder), device)?;
    let files = write(&evaluated, &network.0, which, folder)?;
    Ok((evaluated.evaluation, files))
}

/// Scores a checkpoint. `folder` is where the result will be written, if it will.
fn score(
    (run, checkpoint): &(Run, Checkpoint),
    store: &PreparedStore,
    split: Split,
    protocol: Option<Protocol>,
    folder: Option<&Path>,
    device: &scanseg::Device,
) -> anyhow::Result<Evaluated> {
    if let Some(folder) = folder {
        scannet::atomic::create_dir_all(folder)?;
        // before the work
        scannet::atomic::check(folder.join("evaluation.json"))?;
    }
    let bar = bar(store.scenes(split).len() as u64, "evaluating");
    let evaluated = scanseg::evaluate(run, checkpoint, store, split, protocol, device, &mut |event| {
        let EvaluateEvent::Scene { id, done, .. } = event;
        bar.set_position(done as u64);
        bar.set_message(printable(id));
    })?;
    bar.finish_and_clear();
    Ok(evaluated)
}

/// Writes a result into a folder as JSON and Markdown, and returns the paths.
fn write(evaluated: &Evaluated, run: &Run, which: WhichCheckpoint, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let Evaluated { evaluation, scenes } = evaluated;
    // a name for each result, so that none replaces another's: the plain one is that of the best checkpoint on the store
    // of the training
    let mut name = format!("evaluation-{}-{}", evaluation.split, evaluation.scores.protocol.id());
    if which == WhichCheckpoint::Last {
        name += "-last";
    }
    if run.manifest.data.as_ref() != Some(&evaluation.data) {
        name += &format!("-data-{}", &evaluation.data[..8]);
    }
    let mut texts = vec![
        (folder.join(format!("{name}.json")), serde_json::to_string_pretty(evaluation)? + "\n"),
        (folder.join(format!("{name}.md")), markdown(evaluation)),
    ];
    if let Some(scenes) = scenes {
        texts.push((by_scene(&texts[0].0), scenes.to_json()? + "\n"));
    }
    for (file, text) in &texts {
        scannet::atomic::write_bytes(file, text.as_bytes())?;
    }
    Ok(texts.into_iter().map(|(file, _)| file).collect())
}

/// The file with the counts scene by scene, beside that of an evaluation.
fn by_scene(evaluation: &Path) -> PathBuf {
    let name = evaluation.file_stem().unwrap_or_default().to_string_lossy();
    evaluation.with_file_name(format!("{name}-scenes.json"))
}

/// Reads an evaluation under a protocol that pools scenes, as [`evaluate`] wrote it.
pub fn read(path: &Path) -> anyhow::Result<(Evaluation, SceneScores)> {
    let text = |path: &Path| {
        scannet::source::read_text(path, scannet::source::JSON)
            .with_context(|| format!("cannot read {}", path.display()))
    };
    let damaged = |path: &Path| format!("damaged, evaluate again: {}", path.display());
    let evaluation: Evaluation = serde_json::from_str(&text(path)?).with_context(|| damaged(path))?;
    let scenes = SceneScores::from_json(&text(&by_scene(path))?).with_context(|| damaged(&by_scene(path)))?;
    // two evaluations at once may have left files of different checkpoints
    let same = evaluation.scores.scores.iter().all(|score| score.value == scenes.get(score.metric));
    anyhow::ensure!(same, "the counts by scene belong to other scores; {}", damaged(path));
    Ok((evaluation, scenes))
}

/// Prints the tables.
pub fn show(evaluation: &Evaluation, comparison: Comparison) {
    let scenes = count(evaluation.scenes, "scene|scenes");
    say(format_args!("{}, {scenes} of {}", evaluation.experiment, evaluation.split));
    say("");
    say_table(&evaluation.scores.summary_table(comparison));
    say_table(&evaluation.scores.class_table());
}

fn markdown(evaluation: &Evaluation) -> String {
    format!(
        "# {}: {} of {}\n\n{}\n{}\n\
         Program {} · seed {} · epoch {} · checkpoint {} · configuration {} · data {}\n",
        segeval::markdown(&evaluation.experiment),
        count(evaluation.scenes, "scene|scenes"),
        evaluation.split,
        evaluation.scores.summary_table(Comparison::None).to_markdown(),
        evaluation.scores.class_table().to_markdown(),
        evaluation.program,
        evaluation.seed,
        evaluation.epoch,
        evaluation.checkpoint,
        evaluation.config,
        evaluation.data,
    )
}
