//! `scanseg demo`: everything a user does, on a small generated set.

use super::predict::Labeller;
use super::{evaluate, open_run, preprocess, report, rooms, train, verify};
use crate::args::{
    DemoArgs, JsonArgs, PreprocessArgs, RawArgs, RawOptionArgs, ReleaseName, ReportArgs, RoomsArgs, VerifyArgs,
    WhichCheckpoint,
};
use crate::terminal::{duration, say};
use anyhow::Context;
use labelset::LabelSet;
use roomscan::Sensor;
use scannet::{Arrays, PreparedStore, ScanMeta, Split};
use scanseg::{Config, TrainOptions, open_device};
use scanview::{Camera, Paint, Picture, Prediction, Scan, still};
use segeval::{Comparison, MetricKind, percent};
use std::path::Path;
use std::time::Instant;

const CONFIG: &str = include_str!("../../../../configs/demo.toml");

pub fn run(args: &DemoArgs) -> anyhow::Result<bool> {
    let start = Instant::now();
    anyhow::ensure!(args.train > 0 && args.val > 0, "the demo needs at least one training and one validation room");
    let device = open_device(args.device)?;
    let config = Config::parse(CONFIG, Path::new("the demo's configuration"), &args.overrides)?;
    let (raw, data, run) = (args.out.join("rooms"), args.out.join("prepared"), args.out.join("run"));
    let options = RawOptionArgs { release: ReleaseName::V2, label_table: None };

    say("1/6 rooms: generating and scanning them, in ScanNet's layout");
    rooms::run(&RoomsArgs {
        out: raw.clone(),
        benchmark: None,
        train: args.train,
        val: args.val,
        test: 0,
        sensor: vec![Sensor::DepthCamera],
        seed: 1,
        spacing: 0.02,
        overwrite: false,
    })
    .context("the demo continues in its folder only with the same options; choose another one with --out")?;
    say("2/6 verify");
    let verified = verify::run(&VerifyArgs {
        raw: Some(raw.clone()),
        options: options.clone(),
        store: None,
        labels: None,
        skip_label_meshes: false,
        json: JsonArgs::default(),
    })?;
    say("3/6 preprocess");
    let prepared = preprocess::run(&PreprocessArgs {
        raw: RawArgs { raw: raw.clone(), options },
        out: data.clone(),
        no_normals: false,
        align: false,
        nyu40: config.data.labels.segment() == LabelSet::nyu40().segment(),
        shard: None,
        force: false,
        json: JsonArgs::default(),
    })?;
    anyhow::ensure!(verified && prepared, "the generated rooms are faulty; please report this with the lines above");

    say("4/6 train");
    let resume = run.join("manifest.json").exists();
    let options = TrainOptions {
        config: &config,
        data: &data,
        out: &run,
        resume,
        start_from: None,
        stop_after: None,
        device: device.clone(),
    };
    train::train(&options)?;

    say("5/6 evaluate");
    let best = WhichCheckpoint::Best;
    let network = open_run(&run, best)?;
    let store = PreparedStore::open(&data)?;
    let (evaluation, files) = evaluate::evaluate(&network, best, &store, Split::Val, None, &device)?;

    say("6/6 predict");
    let scene = &store.scenes(Split::Val)[0];
    let scan = raw.join("scans").join(scene).join(format!("{scene}_vh_clean_2.ply"));
    let labelled = args.out.join(format!("{scene}_predicted.ply"));
    let (opened, checkpoint) = network;
    let (mesh, predicted) = Labeller::new(&opened, &checkpoint, &device)?.label_one(&scan, &labelled)?;
    let labels = &config.data.labels;
    let arrays = Arrays { labels: Some(labels), ..Arrays::default() };
    let truth = store.load_arrays(Split::Val, scene, &arrays)?.segment.unwrap_or_default();
    let picture = args.out.join(format!("{scene}.png"));
    let meta = ScanMeta::read(scan.with_file_name(format!("{scene}.txt")))?;
    let mut coord = mesh.coord;
    scannet::meta::transform(&meta.alignment(), &mut coord);
    let prediction = Prediction { name: config.name.clone(), classes: predicted, confidence: None };
    let shown = Scan {
        faces: mesh.faces,
        color: mesh.color,
        truth: Some(truth),
        predictions: vec![prediction],
        ..Scan::new(scene, coord, LabelSet::clone(labels))
    };
    let camera = Camera { width: 640, height: 560, ..Camera::default() };
    let panels = [Paint::Color, Paint::Truth, Paint::Prediction(0)].map(|paint| still(&shown, paint, &camera));
    let panels = panels.into_iter().collect::<Result<Vec<_>, _>>()?;
    scannet::atomic::write_bytes(&picture, &Picture::beside(&panels).to_png())?;
    let view = args.out.join(format!("view-{scene}.html"));
    scannet::atomic::write_bytes(&view, scanview::page(&shown)?.html.as_bytes())?;
    let page = args.out.join("report.html");
    report::write(&ReportArgs {
        runs: vec![run.clone()],
        out: page.clone(),
        pictures: true,
        data: Some(data.clone()),
        device: args.device,
        svg: None,
        tensorboard: false,
        #[cfg(feature = "rerun")]
        rrd: None,
    })?;

    say("");
    evaluate::show(&evaluation, Comparison::None);
    let score = |metric| percent(evaluation.scores.get(metric), 1);
    say(format_args!(
        "point accuracy {} % on rooms that it was not trained on; always answering {:?} would score {} %",
        score(MetricKind::PointAccuracy),
        evaluation.scores.majority_class.as_deref().unwrap_or("nothing"),
        score(MetricKind::MajorityPointAccuracy),
    ));
    say(format_args!("\nwritten in {}:", duration(start.elapsed().as_secs_f64())));
    say(format_args!("  {}  the report: open it in any browser", page.display()));
    say(format_args!("  {}  {scene} with its annotation and prediction, likewise", view.display()));
    say(format_args!("  {}  raw scans, in ScanNet's layout", raw.display()));
    say(format_args!("  {}  prepared store", data.display()));
    say(format_args!("  {}  configuration, checkpoints, metrics", run.display()));
    for file in &files {
        say(format_args!("  {}  results", file.display()));
    }
    say(format_args!("  {}  {scene} coloured by predicted class; open it in any mesh viewer", labelled.display()));
    say(format_args!("  {}  the same as a picture: scan, annotation, prediction", picture.display()));
    say("\nnext, with your own ScanNet folder:");
    say("  scanseg verify SCANNET");
    say("  scanseg preprocess SCANNET --out prepared");
    say("  scanseg train configs/pointnet2-ssg.toml --data prepared --out runs/ssg");
    Ok(true)
}
