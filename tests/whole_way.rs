//! Everything a user does, one command after another: rooms, verify, preprocess, stats, train, evaluate, predict; and
//! the demo.

mod support;

use labelset::LabelSet;
use scannet::{Mesh, read_mesh, sha256_hex};
use std::path::Path;
use support::files::{assert_no_temporaries, json};
use support::fixture::{VAL, fixture, mesh_file, train, trained};
use support::{ok, run};

/// The numbers of the published tables and their companions.
const NUMBERS: [&str; 6] = [
    "point-accuracy",
    "voxel-accuracy",
    "class-point-accuracy",
    "class-voxel-accuracy",
    "calibrated-voxel-accuracy",
    "point-miou",
];

#[test]
fn generated_rooms_pass_verify() {
    let f = fixture();
    let dir = tempfile::tempdir().unwrap();
    let report = dir.path().join("report.json");
    let verified = ok(&[&"verify", &f.raw, &"--json", &report]);
    assert!(verified.out.contains("3 scans checked: 0 errors, 0 warnings"), "{}", verified.out);
    assert_eq!(json(&report)["scans"], 3);
    assert_no_temporaries(&f.raw);
    assert_no_temporaries(&f.data);
}

#[test]
fn statistics_count_every_vertex() {
    let f = fixture();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("stats.json");
    let shown = ok(&[&"stats", &f.data, &"--json", &file]).out;
    assert!(
        shown.contains("train: 2 scenes") && shown.contains("val: 1 scene,") && shown.contains("otherfurniture"),
        "{shown}"
    );
    let stats = json(&file);
    let vertices = read_mesh(mesh_file(VAL)).unwrap().coord.len();
    assert_eq!((&stats[1]["split"], &stats[1]["points"]), (&"val".into(), &vertices.into()));
    let only = ok(&[&"stats", &f.data, &"--split", &"val"]).out;
    assert!(!only.contains("train") && only.contains(&format!("{vertices} points")), "{only}");
}

#[test]
fn training_writes_a_run() {
    let run = trained();
    for file in ["config.toml", "manifest.json", "metrics.jsonl", "last.safetensors", "best.safetensors"] {
        assert!(run.join(file).is_file(), "{file}");
    }
    assert_no_temporaries(run);
    let metrics = std::fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = metrics.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let of = |kind: &str| lines.iter().filter(|l| l["kind"] == kind).count();
    // 2 scenes × 4 crops in batches of 4 are 2 steps an epoch
    assert_eq!((of("step"), of("evaluation"), lines.len()), (4, 2, 6));
    assert_eq!(json(&run.join("manifest.json"))["seed"], 1);
}

#[test]
fn every_protocol_reports_its_own_named_numbers() {
    let (f, run) = (fixture(), trained());
    for protocol in segeval::Protocol::ALL.map(segeval::Protocol::id) {
        let shown = ok(&[&"evaluate", &run, &"--data", &f.data, &"--protocol", &protocol]).out;
        let stem = run.join(format!("evaluation-val-{protocol}"));
        let evaluation = json(&stem.with_extension("json"));
        let scores = evaluation["scores"]["scores"].as_array().unwrap();
        assert!(!scores.is_empty());
        for score in scores {
            let id = score["id"].as_str().unwrap();
            assert!(id.starts_with(&format!("{protocol}/")), "{id}");
            assert!(score["value"].is_null() || (0.0..=1.0).contains(&score["value"].as_f64().unwrap()), "{score}");
            assert!(shown.contains(id), "{id} is not shown:\n{shown}");
        }
        let best = sha256_hex(&std::fs::read(run.join("best.safetensors")).unwrap());
        assert_eq!(evaluation["checkpoint"], best.as_str());
        assert_eq!((&evaluation["experiment"], &evaluation["scenes"]), (&"tiny".into(), &1.into()));
        let markdown = std::fs::read_to_string(stem.with_extension("md")).unwrap();
        assert!(markdown.contains(&best) && markdown.contains(&format!("{protocol}/point-accuracy")), "{markdown}");
    }
    assert_no_temporaries(run);
}

#[test]
fn the_default_protocol_reports_all_six_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    train(&run, &[]);
    let more: [support::Arg; 3] = [&"--checkpoint=last", &"--published", &"--confusion"];
    let shown = ok(&[&"evaluate", &run, &"--data", &fixture().data, more[0], more[1], more[2]]).out;
    assert!(shown.contains("truth / predicted") && shown.contains("20 otherfurniture"), "{shown}");
    let evaluation = json(&run.join("evaluation-val-pointnet2-v1-last.json"));
    let scores = evaluation["scores"]["scores"].as_array().unwrap();
    for number in NUMBERS {
        let id = format!("pointnet2-v1/{number}");
        let score = scores.iter().find(|s| s["id"] == id.as_str()).unwrap_or_else(|| panic!("{id} is missing"));
        assert!(score["value"].is_f64(), "{score}");
    }
    let last = sha256_hex(&std::fs::read(run.join("last.safetensors")).unwrap());
    assert_eq!(evaluation["checkpoint"], last.as_str());
}

/// Asserts that a prediction has the scan's vertices and faces, and that each vertex has one of the 20 classes and its
/// colour.
fn assert_labelled(scan: &Mesh, prediction: &Path) -> Vec<i32> {
    let labelled = read_mesh(prediction).unwrap();
    assert_eq!((&labelled.coord, &labelled.faces), (&scan.coord, &scan.faces));
    let (labels, colors) = (labelled.label.unwrap(), labelled.color.unwrap());
    let set = LabelSet::scannet20();
    for ((label, class), color) in labels.iter().zip(set.classes_of_ids(&labels)).zip(colors) {
        assert!(class >= 0, "NYU40 id {label} is none of the 20 classes");
        assert_eq!(color, set.color_of(class));
    }
    labels
}

#[test]
fn predictions_keep_the_mesh() {
    let dir = tempfile::tempdir().unwrap();
    let (scan, out) = (mesh_file(VAL), dir.path().join("labelled.ply"));
    let shown = ok(&[&"predict", &trained(), &scan, &"--out", &out]).out;
    let mesh = read_mesh(&scan).unwrap();
    assert!(shown.contains(&format!("{} vertices labelled", mesh.coord.len())), "{shown}");
    assert_labelled(&mesh, &out);
    assert_no_temporaries(dir.path());
}

/// A scan as text, with or without colours, without faces.
fn write_ascii(path: &Path, mesh: &Mesh, with_color: bool) {
    let mut text = format!("ply\nformat ascii 1.0\nelement vertex {}\n", mesh.coord.len());
    text += "property float x\nproperty float y\nproperty float z\n";
    if with_color {
        text += "property uchar red\nproperty uchar green\nproperty uchar blue\n";
    }
    text += "end_header\n";
    for (p, c) in mesh.coord.iter().zip(mesh.color.as_ref().unwrap()) {
        text += &format!("{} {} {}", p[0], p[1], p[2]);
        if with_color {
            text += &format!(" {} {} {}", c[0], c[1], c[2]);
        }
        text.push('\n');
    }
    std::fs::write(path, text).unwrap();
}

#[test]
fn a_text_file_is_labelled_like_the_binary_one() {
    let dir = tempfile::tempdir().unwrap();
    let (text, from_text, from_binary) = (dir.path().join("a.ply"), dir.path().join("b.ply"), dir.path().join("c.ply"));
    let mesh = read_mesh(mesh_file(VAL)).unwrap();
    write_ascii(&text, &mesh, true);
    ok(&[&"predict", &trained(), &text, &"--out", &from_text]);
    ok(&[&"predict", &trained(), &mesh_file(VAL), &"--out", &from_binary]);
    let cloud = Mesh { faces: Vec::new(), ..mesh.clone() };
    assert_eq!(assert_labelled(&cloud, &from_text), assert_labelled(&mesh, &from_binary));
}

#[test]
fn bare_points_are_enough_for_a_network_without_features() {
    let dir = tempfile::tempdir().unwrap();
    let (run, cloud, out) = (dir.path().join("run"), dir.path().join("cloud.ply"), dir.path().join("out.ply"));
    train(&run, &[&"--set", &"data.features=[]"]);
    let mesh = Mesh { faces: Vec::new(), ..read_mesh(mesh_file(VAL)).unwrap() };
    write_ascii(&cloud, &mesh, false);
    ok(&[&"predict", &run, &cloud, &"--out", &out]);
    assert_labelled(&mesh, &out);
}

#[test]
fn the_demo_runs_every_step_and_continues_where_it_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let demo = dir.path().join("demo");
    let levels = "model.levels=[{points=64,radius=0.2,neighbors=8,channels=[8,8]}]";
    let go = || {
        ok(&[
            &"demo",
            &"--out",
            &demo,
            &"--train",
            &"1",
            &"--val",
            &"1",
            &"--set",
            &"train.epochs=1",
            &"--set",
            &"crop.points=256",
            &"--set",
            &levels,
            &"--set",
            &"model.propagation=[[16]]",
            &"--set",
            &"model.head=16",
        ])
        .out
    };
    let first = go();
    for step in ["1/6 rooms", "6/6 predict", "point accuracy", "scanseg preprocess SCANNET"] {
        assert!(first.contains(step), "{step:?} is not in\n{first}");
    }
    for file in ["run/last.safetensors", "run/evaluation-val-pointnet2-v1.json", "prepared/manifest.json"] {
        assert!(demo.join(file).is_file(), "{file}");
    }
    assert_no_temporaries(&demo);
    let again = go();
    assert!(again.contains("0 scans prepared, 2 unchanged"), "{again}");
    let hash = |out: &str| {
        out.lines().find(|l| l.contains("checkpoint")).map(|l| l.rsplit("checkpoint ").next().unwrap().to_owned())
    };
    assert_eq!(hash(&first), hash(&again));
}

#[test]
fn help_and_version_succeed() {
    assert!(ok(&[&"--version"]).out.starts_with("scanseg "));
    for command in ["rooms", "verify", "preprocess", "stats", "summary", "train", "evaluate", "predict", "demo"] {
        assert!(ok(&[&command, &"--help"]).out.contains("Usage: scanseg"), "{command}");
    }
    let wrong = run(&[&"trian"]);
    assert_eq!(wrong.code, Some(2));
    wrong.complains(&["unrecognized subcommand 'trian'"]);
}
