//! Trainings with every recipe and every part of one: the same bytes at any number of threads and however they were
//! stopped.

mod support;

use std::path::Path;
use support::files::assert_same_tree;
use support::fixture::{fixture, mesh_file};
use support::{ok, refused};

/// A network of milliseconds; the recipe comes first.
const REST: &str = r#"
name = "tiny"

[crop]
points = 256

[model]
kind = "pointnet2-ssg"
levels = [{ points = 64, radius = 0.3, neighbors = 8, channels = [8, 8] }]
propagation = [[16]]
head = 16

[train]
epochs = 4
batch = 4
crops_per_scene = 4
evaluate_every = 2
"#;

/// Trains an experiment in one go at two threads, and in two parts at one; both must end alike. Returns the run.
fn train_twice(dir: &Path, text: &str) -> std::path::PathBuf {
    let config = dir.join("experiment.toml");
    std::fs::write(&config, text).unwrap();
    let (whole, parts) = (dir.join("whole"), dir.join("parts"));
    let data = &fixture().data;
    ok(&[&"train", &config, &"--data", data, &"--out", &whole, &"--threads", &"2"]);
    ok(&[&"train", &config, &"--data", data, &"--out", &parts, &"--threads", &"1", &"--stop-after", &"1"]);
    ok(&[&"train", &config, &"--data", data, &"--out", &parts, &"--threads", &"1", &"--resume"]);
    assert_same_tree(&whole, &parts);
    whole
}

#[test]
fn every_recipe_trains_scores_and_predicts() {
    for recipe in scanseg::config::recipes() {
        let dir = tempfile::tempdir().unwrap();
        let run = train_twice(dir.path(), &format!("recipe = {recipe:?}\n{REST}"));
        for protocol in ["pointnet2-v1", "scannet-benchmark"] {
            ok(&[&"evaluate", &run, &"--data", &fixture().data, &"--protocol", &protocol]);
            let scenes = run.join(format!("evaluation-val-{protocol}-scenes.json"));
            assert!(scenes.exists(), "{recipe}: {}", scenes.display());
        }
        let out = dir.path().join("labelled.ply");
        ok(&[&"predict", &run, &mesh_file("scene9002_00"), &"--out", &out]);
    }
}

#[test]
fn every_part_of_a_recipe_trains_and_resumes() {
    let parts = [
        "",
        "optimizer = { kind = \"sgd\", momentum = 0.9 }\nweight_decay = 1e-3",
        "optimizer = { kind = \"adam-w\" }\nweight_decay = 1e-2",
        "clip_norm = 0.1",
        "lovasz = 0.5",
        "label_smoothing = 0.2",
        "ignore_unannotated = true",
        "average = 0.9\nlearning_rate = { kind = \"cosine\", start = 1e-2, floor = 1e-4, warm_up = 0.3 }",
    ];
    let mut checkpoints = Vec::new();
    for part in parts {
        let dir = tempfile::tempdir().unwrap();
        let run = train_twice(dir.path(), &REST.replace("[train]\n", &format!("[train]\n{part}\n")));
        checkpoints.push(std::fs::read(run.join("last.safetensors")).unwrap());
    }
    for (i, checkpoint) in checkpoints.iter().enumerate() {
        assert!(checkpoints[..i].iter().all(|other| other != checkpoint), "{} changes nothing", parts[i]);
    }
}

#[test]
fn a_recipe_of_ones_own_is_read_beside_the_experiment() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    write("mine.toml", "augment = []\n[train]\nlabel_smoothing = 0.1");
    let config = write("experiment.toml", &format!("recipe = \"mine.toml\"\n{REST}"));
    let run = dir.path().join("run");
    ok(&[&"train", &config, &"--data", &fixture().data, &"--out", &run]);
    let stored = std::fs::read_to_string(run.join("config.toml")).unwrap();
    assert!(stored.contains("label_smoothing = 0.1") && stored.contains("augment = []"), "{stored}");
    assert!(!stored.contains("recipe"), "{stored}");

    for (text, parts) in [
        ("name = \"mine\"", ["in the recipe mine.toml", "a recipe has no key `name`"]),
        ("[train]\nlabel_smothing = 0.1", ["unknown field `label_smothing`", "label_smoothing"]),
        ("[train", ["in the recipe mine.toml", "TOML parse error"]),
    ] {
        write("mine.toml", text);
        let other = dir.path().join("other");
        refused(&[&"train", &config, &"--data", &fixture().data, &"--out", &other], &parts);
        assert!(!other.exists());
    }
}

#[test]
fn crops_that_do_not_fit_a_network_are_refused() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/voxelcnn.toml");
    let out = tempfile::tempdir().unwrap().path().join("run");
    for (set, part) in [
        ("crop.margin=0.0", "crop.margin = 0: this network needs 0.72 m"),
        ("crop.size=0.5", "crop.size = 0.5: this network needs 0.048 m"),
        ("recipe=mmdet", "evaluate.margin = 0: this network needs 0.72 m"),
    ] {
        refused(&[&"train", &config, &"--data", &fixture().data, &"--out", &out, &"--set", &set], &[part]);
    }
}
