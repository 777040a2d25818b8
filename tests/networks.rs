//! Every network that a configuration can name: trains to the same bytes at any number of threads and after a resume,
//! evaluates and predicts.

mod support;

use std::path::Path;
use support::files::{assert_same_tree, copy_tree};
use support::fixture::{TINY, VAL, fixture, mesh_file};
use support::ok;

const POINTNET: &str = r#"
[model]
kind = "pointnet"
input_transform = true
feature_transform = true
local = [8, 8]
global = [8, 16]
head = [16, 8]
"#;

const MULTI_SCALE: &str = r#"
[model]
kind = "pointnet2-msg"
propagation = [[16], [16, 16]]
head = 16

[[model.levels]]
points = 64
scales = [{ radius = 0.1, neighbors = 4, channels = [8] }, { radius = 0.2, neighbors = 8, channels = [8, 8] }]

[[model.levels]]
points = 16
scales = [{ radius = 0.3, neighbors = 4, channels = [16] }, { radius = 0.5, neighbors = 8, channels = [16] }]
"#;

const POINTCNN: &str = r#"
[model]
kind = "pointcnn"
encoder = [{ neighbors = 6, channels = 16 }, { neighbors = 5, dilation = 2, points = 32, channels = 24 }]
decoder = [{ neighbors = 4, dilation = 2 }, { neighbors = 3 }]
head = [16]
"#;

const RESIDUAL: &str = r#"
[model]
kind = "pointnext-s"
width = 8
points = [64, 16]
radius = 0.2
neighbors = 8
inverted_residuals = [0, 0]
"#;

const INVERTED_RESIDUAL: &str = r#"
[model]
kind = "pointnext-b"
width = 8
points = [64, 16]
radius = 0.2
neighbors = 8
inverted_residuals = [1, 2]
expansion = 2
"#;

const BLOCKS: &str = r#"
[[model.blocks]]
after = "abstraction-1"
block = { kind = "latent-gnn", latent_dims = [6, 4], channel_stride = 2 }

[[model.blocks]]
after = "abstraction-2"
block = { kind = "non-local", affinity = "embedded-gaussian" }
"#;

const VOXELS: &str = r#"
[model]
kind = "voxelcnn"
cell = 0.2
grid = [11, 11, 16]
channels = [4, 6]
hidden = 16
"#;

#[test]
fn published_blocks_are_shown_beside_the_published_counts() {
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
    for (file, name, rows) in [
        ("pointnet2-ssg+nl.toml", "NL block", ["0.701 0.70", "32.0 31 (FLOPs)"]),
        ("pointnet2-ssg+latentgnn1.toml", "LatentGNN, 1 kernel", ["0.297 0.31", "16.3 15 (FLOPs)"]),
        ("pointnet2-ssg+latentgnn3.toml", "LatentGNN, 3 kernels", ["0.537 0.54", "33.0 30 (FLOPs)"]),
    ] {
        let shown = ok(&[&"summary", &configs.join(file)]).out;
        assert!(shown.contains(&format!("{name}, beside the published figures")), "{shown}");
        let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(rows.iter().all(|row| words.contains(row)), "{shown}");
        assert!(shown.contains("Nearest to the published FLOPs: MACs of projections alone, in 2²⁰."), "{shown}");
        // other blocks, or the same on other levels, have nothing published
        let other = "model.blocks=[{after=\"abstraction-1\",block={kind=\"latent-gnn\"}}]";
        for set in [other, "model.kind=pointnet2-msg"] {
            let shown = ok(&[&"summary", &configs.join(file), &"--set", &set]).out;
            assert!(shown.contains("the blocks add") && !shown.contains("published"), "{shown}");
        }
    }
}

/// The tiny experiment with another network.
fn with_model(model: &str) -> String {
    let (before, rest) = TINY.split_once("[model]").unwrap();
    let (_, after) = rest.split_once("[train]").unwrap();
    format!("{before}{model}\n[train]{after}")
}

fn check(text: &str) {
    let dir = tempfile::tempdir().unwrap();
    let data = &fixture().data;
    let config = dir.path().join("experiment.toml");
    std::fs::write(&config, text).unwrap();
    assert!(ok(&[&"summary", &config]).out.contains("total"));
    let train = |run: &Path, epochs: u64, threads: &str, more: &str| {
        let epochs = format!("train.epochs={epochs}");
        let out = format!("--out={}", run.display());
        ok(&[&"train", &config, &"--data", data, &out, &"--set", &epochs, &"--threads", &threads, &more])
    };
    let (one, two, resumed) = (dir.path().join("one"), dir.path().join("two"), dir.path().join("resumed"));
    train(&one, 3, "1", "--device=cpu");
    train(&two, 3, "2", "--device=cpu");
    assert_same_tree(&one, &two);
    // a training of three epochs as it is after the second
    let shorter = dir.path().join("shorter");
    train(&shorter, 2, "2", "--device=cpu");
    copy_tree(&shorter, &resumed);
    for file in ["config.toml", "manifest.json"] {
        std::fs::copy(one.join(file), resumed.join(file)).unwrap();
    }
    let shown = train(&resumed, 3, "2", "--resume").out;
    assert!(shown.contains("continuing after step 4"), "{shown}");
    assert_same_tree(&one, &resumed);

    for protocol in ["pointnet2-v1", "pointcept"] {
        for (run, threads) in [(&one, "1"), (&two, "2")] {
            ok(&[&"evaluate", run, &"--data", data, &"--protocol", &protocol, &"--threads", &threads]);
            ok(&[&"predict", run, &mesh_file(VAL), &"--out", &run.join("labelled.ply"), &"--threads", &threads]);
        }
    }
    assert_same_tree(&one, &two);
}

#[test]
fn pointnet() {
    check(&with_model(POINTNET));
}

#[test]
fn pointcnn() {
    check(&with_model(POINTCNN));
}

#[test]
fn multi_scale() {
    check(&with_model(MULTI_SCALE));
}

#[test]
fn voxel_columns() {
    let columns = "[crop]\nsize = 0.2\nmargin = 1.0\nmin_occupied = 0.0\n";
    let evaluation = "\n[evaluate]\nmin_core = 0.0\n";
    let text = with_model(VOXELS).replace(r#"features = ["color", "height"]"#, "features = []");
    check(&(text.replace("[crop]\n", columns) + evaluation));
}

#[test]
fn pointnext() {
    check(&with_model(RESIDUAL));
    check(&with_model(&format!("{INVERTED_RESIDUAL}{BLOCKS}")));
}

#[test]
fn single_scale_with_covariances() {
    check(&TINY.replace(r#"features = ["color", "height"]"#, r#"features = ["covariance", "height"]"#));
}

#[test]
fn single_scale_with_blocks() {
    let (before, after) = TINY.split_once("[train]").unwrap();
    check(&format!("{before}{BLOCKS}\n[train]{after}"));
}

#[test]
fn no_network_accepts_the_checkpoint_of_another() {
    let dir = tempfile::tempdir().unwrap();
    let data = &fixture().data;
    let runs = [("plain", with_model(POINTNET)), ("scales", with_model(MULTI_SCALE)), ("single", TINY.to_owned())].map(
        |(name, text)| {
            let config = dir.path().join(format!("{name}.toml"));
            std::fs::write(&config, text).unwrap();
            let run = dir.path().join(name);
            ok(&[&"train", &config, &"--data", data, &"--out", &run, &"--set", &"train.epochs=1"]);
            run
        },
    );
    for run in &runs {
        for other in runs.iter().filter(|r| *r != run) {
            let copy = tempfile::tempdir().unwrap();
            copy_tree(run, copy.path());
            std::fs::copy(other.join("best.safetensors"), copy.path().join("best.safetensors")).unwrap();
            let parts = ["another architecture", "use the configuration that it was trained with", "best.safetensors"];
            support::refused(&[&"evaluate", &copy.path(), &"--data", data], &parts);
        }
    }
}

#[test]
fn the_bench_accounts_for_a_step_and_exports_its_input() {
    let f = fixture();
    let dir = tempfile::tempdir().unwrap();
    let (json, batch) = (dir.path().join("bench.json"), dir.path().join("batch.safetensors"));
    let shown = ok(&[
        &"bench",
        &f.config,
        &"--data",
        &f.data,
        &"--steps",
        &"2",
        &"--scene",
        &"900",
        &"--json",
        &json,
        &"--export",
        &batch,
    ])
    .out;
    for word in [
        "norm_relu_linear, backward",
        "training step",
        "ball query",
        "labelling a scene",
        "with pipeline",
        "a batch",
        "outside operations",
    ] {
        assert!(shown.contains(word), "{word:?} is missing:\n{shown}");
    }
    let figures: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!(figures["step_ms"].as_array().unwrap().len(), 2);
    assert!(figures["operations"].as_array().unwrap().iter().all(|row| row["ms"].as_f64().unwrap() > 0.0));
    let bytes = std::fs::read(&batch).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let labels = tensors.tensor("labels").unwrap().shape()[0];
    assert_eq!(tensors.tensor("level0.coord").unwrap().shape(), [labels, 3]);
    assert_eq!(tensors.tensor("level1.interpolation").unwrap().shape(), [labels, 3]);
    // without data: made-up crops, and no pipeline
    let shown = ok(&[&"bench", &f.config, &"--steps", &"2", &"--scene", &"900", &"--json", &json]).out;
    assert!(shown.contains("training step") && !shown.contains("with pipeline"), "{shown}");
    let figures: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!((figures["parts"].as_array().unwrap().len(), &figures["pipelined_ms"]), (5, &serde_json::Value::Null));
    let lost = [&"bench" as support::Arg, &f.config, &"--data", &dir.path()];
    support::refused(&lost, &["prepared scenes", "not found"]);
}
