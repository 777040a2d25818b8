//! `scanseg evaluate`.

use super::open_run;
use crate::args::{EvaluateArgs, WhichCheckpoint};
use crate::terminal::{bar, say};
use scannet::{PreparedStore, Split};
use scanseg::{EvaluateEvent, Evaluation, open_device};
use segeval::{Comparison, ConfusionCells, Protocol, printable};
use std::path::{Path, PathBuf};

pub fn run(args: &EvaluateArgs) -> anyhow::Result<bool> {
    let device = open_device(args.device)?;
    let comparison = if args.published { Comparison::PublishedPointNet2 } else { Comparison::None };
    let (evaluation, files) = evaluate(&args.run, args.checkpoint, &args.data, args.split, args.protocol, &device)?;
    show(&evaluation, comparison);
    if args.confusion {
        say("confusion of points, in percent of the true class");
        say(evaluation.scores.point_confusion_table(ConfusionCells::PercentOfTruth).to_text());
    }
    for file in files {
        say(format_args!("written: {}", file.display()));
    }
    Ok(true)
}

/// Scores a checkpoint, writes the result into the run as JSON and Markdown, and returns the paths.
pub fn evaluate(
    run: &Path,
    which: WhichCheckpoint,
    data: &Path,
    split: Split,
    protocol: Option<Protocol>,
    device: &scanseg::Device,
) -> anyhow::Result<(Evaluation, [PathBuf; 2])> {
    let (run, checkpoint) = open_run(run, which)?;
    let store = PreparedStore::open(data)?;
    let bar = bar(store.scenes(split).len() as u64, "evaluating");
    let evaluation = scanseg::evaluate(&run, &checkpoint, &store, split, protocol, device, &mut |event| {
        let EvaluateEvent::Scene { id, done, .. } = event;
        bar.set_position(done as u64);
        bar.set_message(printable(id));
    })?;
    bar.finish_and_clear();
    // a name for each result, so that none replaces another's: the plain one is that of the best checkpoint on the store
    // of the training
    let mut name = format!("evaluation-{split}-{}", evaluation.scores.protocol.id());
    if which == WhichCheckpoint::Last {
        name += "-last";
    }
    if run.manifest.data.as_ref() != Some(&evaluation.data) {
        name += &format!("-data-{}", &evaluation.data[..8]);
    }
    let files = [run.path(&format!("{name}.json")), run.path(&format!("{name}.md"))];
    scannet::atomic::write_bytes(&files[0], (serde_json::to_string_pretty(&evaluation)? + "\n").as_bytes())?;
    scannet::atomic::write_bytes(&files[1], markdown(&evaluation).as_bytes())?;
    Ok((evaluation, files))
}

/// Prints the tables.
pub fn show(evaluation: &Evaluation, comparison: Comparison) {
    say(format_args!("{}, {} scenes of {}", evaluation.experiment, evaluation.scenes, evaluation.split));
    say("");
    say(evaluation.scores.summary_table(comparison).to_text());
    say(evaluation.scores.class_table().to_text());
}

fn markdown(evaluation: &Evaluation) -> String {
    format!(
        "# {}: {} scenes of {}\n\n{}\n{}\n\
         Program {} · seed {} · epoch {} · checkpoint {} · configuration {} · data {}\n",
        segeval::markdown(&evaluation.experiment),
        evaluation.scenes,
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
