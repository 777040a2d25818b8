//! Trainings that start from the weights of another run, or of the model that ships with the program.

mod support;

use std::path::{Path, PathBuf};
use support::files::{assert_no_temporaries, assert_same_tree, json};
use support::fixture::{VAL, fixture, mesh_file, train, trained};
use support::{Arg, ok, refused};
use tempfile::TempDir;

/// Folders of this test.
fn folders<const N: usize>(names: [&str; N]) -> (TempDir, [PathBuf; N]) {
    let dir = tempfile::tempdir().unwrap();
    let paths = names.map(|name| dir.path().join(name));
    (dir, paths)
}

fn first_step(run: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    serde_json::from_str(text.lines().next().unwrap()).unwrap()
}

#[test]
fn a_training_goes_on_from_another_one_and_resumes_without_it() {
    let (dir, [long, whole, stopped]) = folders(["long", "whole", "stopped"]);
    train(&long, &[&"--set", &"train.epochs=60"]);
    let from: [Arg; 4] = [&"--start-from", &long, &"--set", &"train.epochs=3"];
    train(&whole, &from);
    let [goes_on, anew] = [&*whole, trained()].map(|run| first_step(run)["loss"].as_f64().unwrap());
    assert!(goes_on < 0.8 * anew, "it starts where the other run ended: {goes_on}, {anew}");

    train(&stopped, &[&from[..], &[&"--stop-after", &"1"]].concat());
    let moved = dir.path().join("moved");
    std::fs::rename(&long, &moved).unwrap();
    train(&stopped, &[&"--resume", &"--set", &"train.epochs=3"]);
    assert_same_tree(&whole, &stopped);
    assert_no_temporaries(dir.path());

    let start = &json(&whole.join("manifest.json"))["start"];
    assert_eq!(start["file"].as_str().map(Path::new), Some(&*long.join("best.safetensors")));
    let page = dir.path().join("page.html");
    ok(&[&"report", &whole, &"--out", &page]);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(start["sha256"].as_str().unwrap()) && page.contains("--start-from"));
}

#[test]
fn a_start_that_was_interrupted_is_repeated() {
    let (_dir, [run, again]) = folders(["run", "again"]);
    let from: [Arg; 2] = [&"--start-from", &trained()];
    for run in [&run, &again] {
        train(run, &from);
    }
    let f = fixture();
    let resumed: [Arg; 7] = [&"train", &f.config, &"--data", &f.data, &"--out", &run, &"--resume"];
    std::fs::remove_file(run.join("last.safetensors")).unwrap();
    refused(&resumed, &["the run has lost its checkpoint last.safetensors", "restore this file"]);
    refused(&[&"train", &f.config, &"--data", &f.data, &"--out", &run], &["the folder has a run already"]);
    // as if it had been killed before its first checkpoint
    for file in ["best.safetensors", "metrics.jsonl"] {
        std::fs::remove_file(run.join(file)).unwrap();
    }
    let message = ["nothing was trained here", "start the training again, without --resume"];
    refused(&resumed, &message);
    refused(&[&"evaluate", &run, &"--data", &f.data], &message);
    train(&run, &from);
    assert_same_tree(&run, &again);
}

#[test]
fn statistics_are_kept_where_that_is_asked_for() {
    let (dir, [kept, none]) = folders(["kept", "none"]);
    let frozen: [Arg; 2] = [&"--set", &"train.freeze_norms=true"];
    train(&kept, &[&[&"--start-from" as Arg, &trained()], &frozen[..]].concat());
    let weights = |run: &Path| {
        let out = dir.path().join("weights.safetensors");
        ok(&[&"weights", &"export", &run, &"--out", &out]);
        std::fs::read(out).unwrap()
    };
    let (before, after) = (weights(trained()), weights(&kept));
    let (before, after) = [&before, &after].map(|bytes| safetensors::SafeTensors::deserialize(bytes).unwrap()).into();
    for (name, tensor) in before.tensors() {
        let same = after.tensor(&name).unwrap().data() == tensor.data();
        assert!(same == name.contains("running"), "{name}");
    }
    let f = fixture();
    let mut alone: Vec<Arg> = vec![&"train", &f.config, &"--data", &f.data, &"--out", &none];
    alone.extend(frozen);
    refused(&alone, &["train.freeze_norms", "give a run with --start-from"]);
}

#[test]
fn other_classes_start_anew_and_another_network_is_refused() {
    let (dir, [same, more, other, none]) = folders(["same", "more", "other", "none"]);
    let (f, from) = (fixture(), trained());
    let start = |out, key| -> [Arg; 10] {
        [&"train", &f.config, &"--data", &f.data, &"--out", out, &"--start-from", &from, &"--set", key]
    };
    // the same classes in another order, and without an output for "unannotated"
    let shown = ok(&start(&same, &"data.labels=scannet20")).out;
    assert!(shown.contains("starts from") && !shown.contains("anew"), "{shown}");
    let shown = ok(&start(&more, &"data.labels=scannet200")).out;
    let of_200 = shown.lines().find(|line| line.contains("for classes that it lacks: ") && line.ends_with(" of 200"));
    assert!(of_200.is_some(), "{shown}");
    let labels = dir.path().join("own.toml");
    let classes = "[{ name = \"hard\", label = 0 }, { name = \"soft\", label = 4 }]";
    std::fs::write(&labels, format!("name=\"own\"\nsegment=\"segment20\"\nignore=\"others\"\nclasses={classes}\n"))
        .unwrap();
    let labels = format!("data.labels={}", labels.display());
    let shown = ok(&start(&other, &labels)).out;
    assert!(shown.contains("the classifier starts anew, since the classes are other ones"), "{shown}");
    let remedy = "its config.toml has them";
    let features = "data.features is [\"color\",\"height\"], and [\"color\"] does not begin with that";
    refused(&start(&none, &"data.features=[\"color\"]"), &["cannot start from the weights of", features, remedy]);
    let kind = r#"model={kind="pointnet",local=[8,8],global=[8,16],head=[16,8]}"#;
    refused(&start(&none, &kind), &["model.kind is pointnet2-ssg, not pointnet", remedy]);
    let nowhere: [Arg; 8] = [&"train", &f.config, &"--data", &f.data, &"--out", &none, &"--start-from", &"any-scna"];
    refused(&nowhere, &["there is no such folder, nor a model of this name (models that ship: any-scan)", "any-scna"]);
    refused(&start(&none, &"data.level=true"), &["cannot start from", "data.level is false, not true"]);
    refused(&start(&none, &"model.head=8"), &["should be [16, 8] but is [16, 16]", remedy]);
    assert!(!none.exists());
}

#[test]
fn features_may_be_added() {
    let (dir, [run]) = folders(["run"]);
    let more = "data.features=[\"color\", \"height\", \"normal\", \"covariance\"]";
    train(&run, &[&"--start-from", &trained(), &"--set", &more]);
    ok(&[&"evaluate", &run, &"--data", &fixture().data]);
    // normals are made for a scan that has none
    ok(&[&"predict", &run, &mesh_file(VAL), &"--out", &dir.path().join("labelled.ply")]);
}

#[test]
fn the_model_that_ships_is_a_start() {
    let (dir, [run, scratch]) = folders(["run", "scratch"]);
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/any-scan.toml");
    let few = ["train.epochs=1", "train.batch=2", "train.crops_per_scene=1", "augment=[]"];
    let train = |out: &Path, more: &[Arg]| {
        let mut args: Vec<Arg> = vec![&"train", &config, &"--data", &fixture().data, &"--out", &out];
        few.iter().for_each(|key| args.extend([&"--set" as Arg, key]));
        args.extend(more);
        ok(&args).out
    };
    let shown = train(&run, &[&"--start-from", &"any-scan"]);
    train(&scratch, &[]);
    assert!(shown.contains("starts from any-scan/last.safetensors\n"), "{shown}");
    // a folder of this name comes first, and a note says so
    support::files::copy_tree(trained(), &dir.path().join("any-scan"));
    let mut named = support::program(&[&"evaluate", &"any-scan", &"--data", &fixture().data]);
    let named = support::Ran::from(named.current_dir(dir.path()).output().unwrap());
    assert!(
        named.err.contains("note: the run in the folder any-scan is used, not the model of this name"),
        "{}",
        named.err
    );
    let card = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/any-scan/last.safetensors"));
    let hash = scannet::sha256_hex(&card.unwrap());
    assert_eq!(json(&run.join("manifest.json"))["start"]["sha256"], hash);
    let [begun, anew] = [&run, &scratch].map(|run| first_step(run)["accuracy"].as_f64().unwrap());
    assert!(begun > anew + 0.2, "{begun}, {anew}");
}
