//! `scanseg export-benchmark` and `scanseg check-submission`.

use super::{check_output, label_set, open_run, open_store};
use crate::args::{CheckSubmissionArgs, ExportBenchmarkArgs};
use crate::terminal::{bar, causes, complain, duration, say};
use anyhow::Context;
use labelset::LabelSet;
use scannet::{Arrays, Report, Split};
use scanseg::open_device;
use segeval::printable;
use std::path::Path;
use std::time::Instant;

pub fn export(args: &ExportBenchmarkArgs) -> anyhow::Result<bool> {
    let store = open_store(&args.data)?;
    let split = args.split.unwrap_or(if args.ground_truth { Split::Val } else { Split::Test });
    let scenes = store.scenes(split);
    anyhow::ensure!(
        !scenes.is_empty(),
        "the store has no scenes of the {split} split; prepare them or choose another --split: {}",
        args.data.display()
    );
    if args.out.exists() {
        scenes.iter().try_for_each(|id| check_output(&args.out.join(format!("{id}.txt")), &[]))?;
        check_folder(&args.out)?;
    }
    let start = Instant::now();
    let mut predict = match &args.run {
        Some(dir) => {
            let (mut run, checkpoint) = open_run(dir, args.checkpoint)?;
            // the benchmark has no answer "none of the classes"
            run.config.evaluate.none = None;
            let device = open_device(args.device)?;
            let network = run.network(&checkpoint, &device)?;
            Some((run, network, device))
        }
        None => None,
    };
    let labels = match &predict {
        Some((run, ..)) => (*run.config.data.labels).clone(),
        None => label_set(args.labels.as_deref(), &store)?,
    };
    anyhow::ensure!(
        !args.ground_truth || labels.classes().iter().all(|class| class.id != 0),
        "a class of {} has id 0, but 0 marks the vertices that are not scored; give its classes ids from 1",
        labels.name()
    );
    let mut classes_of = |id: &str| -> anyhow::Result<Vec<i32>> {
        store.check_scene(id)?;
        match &mut predict {
            Some((run, network, device)) => {
                let scene = store.load_arrays(split, id, &Arrays { color: true, normal: true, ..Arrays::default() })?;
                Ok(scanseg::predict_scene(run, network, scene, device, &mut |_| {})?.classes)
            }
            None => {
                let arrays = Arrays { labels: Some(&labels), ..Arrays::default() };
                store.load_arrays(split, id, &arrays)?.segment.with_context(|| {
                    let wanted = labels.segment();
                    let remedy = match wanted != "segment" && store.has_array(split, id, "segment") {
                        true => "describe the classes of its segment.npy in a TOML file for --labels",
                        false => "choose an annotated split, or another label set with --labels",
                    };
                    format!("scene {id} has no labels ({wanted}.npy); {remedy}: {}", args.data.display())
                })
            }
        }
    };
    scannet::atomic::create_dir_all(&args.out)?;
    let _alone = alone_in(&args.out)?;
    // Those of an earlier export go first: if this one is killed, predictions are missing rather than of two networks.
    for id in scenes {
        let path = args.out.join(format!("{id}.txt"));
        if path.is_file() {
            std::fs::remove_file(&path).with_context(|| format!("cannot replace {}", path.display()))?;
        }
    }
    let bar = bar(scenes.len() as u64, "exporting");
    let mut failed = Vec::new();
    for id in scenes {
        bar.set_message(printable(id));
        match classes_of(id) {
            // a file that cannot be written is not the fault of one scan, so it ends the command
            Ok(classes) => {
                let path = args.out.join(format!("{id}.txt"));
                match args.ground_truth {
                    true => scannet::write_benchmark_truth(path, &classes, &labels)?,
                    false => scannet::write_benchmark_labels(path, &classes, &labels)?,
                }
            }
            Err(error) => failed.push((id, error)),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if failed.len() == scenes.len() {
        // it stays if it is not empty
        let _ = std::fs::remove_dir(&args.out);
    }
    say(format_args!(
        "{} written, {} failed, in {}: {}",
        scannet::count(scenes.len() - failed.len(), "scan|scans"),
        failed.len(),
        duration(start.elapsed().as_secs_f64()),
        args.out.display()
    ));
    if !failed.is_empty() {
        complain("failed:");
        for (id, error) in &failed {
            complain(format_args!("  {id}: {}", causes(error)));
        }
        return Ok(false);
    }
    if args.ground_truth {
        return Ok(true);
    }
    let report = scannet::check_submission(&args.out, &store.expected_scans(split, args.only_present)?, &labels)?;
    Ok(show(&report, &args.out, &labels, split))
}

/// Refuses folders that hold something else than predictions.
fn check_folder(out: &Path) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(out).with_context(|| format!("cannot read the folder {}", out.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        anyhow::ensure!(
            name.ends_with(".txt") || name.starts_with(".tmp-"),
            "the folder holds {name}, which is not a prediction; choose an empty folder: {}",
            out.display()
        );
    }
    Ok(())
}

/// Keeps other exports out of a folder for as long as the result lives, without a file of its own there.
fn alone_in(folder: &Path) -> anyhow::Result<Option<std::fs::File>> {
    // some systems cannot open folders, or lock them
    let Ok(file) = std::fs::File::open(folder) else { return Ok(None) };
    anyhow::ensure!(
        !matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)),
        "another scanseg is writing into this folder; wait for it to end, or choose another folder: {}",
        folder.display()
    );
    Ok(Some(file))
}

pub fn check(args: &CheckSubmissionArgs) -> anyhow::Result<bool> {
    args.json.check(&args.labels.iter().map(Path::new).collect::<Vec<_>>())?;
    let store = open_store(&args.data)?;
    let scans = store.expected_scans(args.split, args.only_present)?;
    anyhow::ensure!(
        !scans.is_empty(),
        "the store has no scenes of the {} split; prepare them or choose another --split: {}",
        args.split,
        args.data.display()
    );
    let labels = label_set(args.labels.as_deref(), &store)?;
    let report = scannet::check_submission(&args.predictions, &scans, &labels)?;
    args.json.write(&report)?;
    Ok(show(&report, &args.predictions, &labels, args.split))
}

/// Label sets that the benchmark takes submissions for.
const BENCHMARKS: [&str; 3] = ["scannet20", "pointnet-v1", "scannet200"];

fn show(report: &Report, dir: &Path, labels: &LabelSet, split: Split) -> bool {
    say(report);
    let dir = dir.display();
    match report.is_ok() {
        true if BENCHMARKS.contains(&labels.name()) && split == Split::Test => {
            say(format_args!("ready: zip the .txt files without a folder around them and upload the zip: {dir}"));
        }
        true => say(format_args!("complete, with the ids of {} for {split}: {dir}", labels.name())),
        false => complain(format_args!("not ready for upload: {dir}")),
    }
    report.is_ok()
}
