//! `scanseg demo`: everything a user does, on a small generated set.

use super::{evaluate, predict, preprocess, rooms, train, verify};
use crate::args::{DemoArgs, PreprocessArgs, RawArgs, ReleaseName, RoomsArgs, VerifyArgs, Which};
use crate::terminal::{duration, say};
use scannet::{PreparedStore, Split};
use scanseg::{Config, DeviceName, TrainOptions, open_device};
use segeval::{Comparison, MetricKind, percent};
use std::time::Instant;

const CONFIG: &str = include_str!("../../../../configs/demo.toml");

pub fn run(args: &DemoArgs) -> anyhow::Result<bool> {
    let start = Instant::now();
    anyhow::ensure!(args.train > 0 && args.val > 0, "the demo needs at least one training and one validation room");
    let config = Config::parse(CONFIG, "the demo's configuration", &args.overrides)?;
    let (raw, data, run) = (args.out.join("rooms"), args.out.join("prepared"), args.out.join("run"));
    let raw_args = || RawArgs { raw: raw.clone(), release: ReleaseName::V2, label_table: None };

    say("1/6 rooms: generating and scanning them, in ScanNet's layout");
    rooms::run(&RoomsArgs {
        out: raw.clone(),
        train: args.train,
        val: args.val,
        seed: 1,
        spacing: 0.02,
        overwrite: false,
    })?;
    say("2/6 verify");
    let verified = verify::run(&VerifyArgs { raw: raw_args(), skip_label_meshes: false, json: None })?;
    say("3/6 preprocess");
    let prepared = preprocess::run(&PreprocessArgs {
        raw: raw_args(),
        out: data.clone(),
        no_normals: false,
        align: false,
        shard: None,
        force: false,
    })?;
    anyhow::ensure!(verified && prepared, "the generated rooms are not sound; please report this with the lines above");

    say("4/6 train");
    let device = open_device(DeviceName::Cpu);
    let resume = run.join("manifest.json").exists();
    train::train(&TrainOptions { config: &config, data: &data, out: &run, resume, device: device.clone() })?;

    say("5/6 evaluate");
    let (evaluation, files) = evaluate::evaluate(&run, Which::Best, &data, Split::Val, None, &device)?;

    say("6/6 predict");
    let store = PreparedStore::open(&data)?;
    let scene = &store.scenes(Split::Val)[0];
    let scan = raw.join("scans").join(scene).join(format!("{scene}_vh_clean_2.ply"));
    let labelled = args.out.join(format!("{scene}_predicted.ply"));
    predict::predict(&run, Which::Best, &scan, &labelled, &device)?;

    say("");
    evaluate::show(&evaluation, Comparison::None);
    let score = |metric| percent(evaluation.scores.get(metric), 1);
    say(format_args!(
        "point accuracy {} % on rooms never trained on; always answering {:?} would give {} %",
        score(MetricKind::PointAccuracy),
        evaluation.scores.majority_class.as_deref().unwrap_or("nothing"),
        score(MetricKind::MajorityPointAccuracy),
    ));
    say(format_args!("\nwritten in {}:", duration(start.elapsed().as_secs_f64())));
    say(format_args!("  {}  raw scans, as ScanNet has them", raw.display()));
    say(format_args!("  {}  prepared store", data.display()));
    say(format_args!("  {}  configuration, checkpoints, metrics", run.display()));
    for file in &files {
        say(format_args!("  {}  results", file.display()));
    }
    say(format_args!("  {}  {scene} coloured by predicted class; open it in any mesh viewer", labelled.display()));
    say("\nnext, with your own ScanNet folder:");
    say("  scanseg verify SCANNET");
    say("  scanseg preprocess SCANNET --out prepared");
    say("  scanseg train configs/pointnet2-ssg.toml --data prepared --out runs/ssg");
    Ok(true)
}
