//! One seed, one result: at any number of threads, to the byte.

mod support;

use std::path::{Path, PathBuf};
use support::files::assert_same_tree;
use support::fixture::{VAL, fixture, mesh_file};
use support::{Arg, ok};

/// Numbers of threads: one, as many as the smallest machines have, an odd number, and more than some machines have.
const THREADS: [&str; 4] = ["1", "2", "3", "8"];

/// Trains, evaluates, predicts, exports and imports at a number of threads.
fn everything(dir: &Path, threads: &str, seed: &str) -> PathBuf {
    let f = fixture();
    let run = dir.join(format!("run-{threads}-{seed}"));
    let seed = format!("seed={seed}");
    ok(&[&"train", &f.config, &"--data", &f.data, &"--out", &run, &"--threads", &threads, &"--set", &seed]);
    for protocol in ["pointnet2-v1", "scannet-benchmark"] {
        ok(&[&"evaluate", &run, &"--data", &f.data, &"--threads", &threads, &"--protocol", &protocol]);
    }
    ok(&[&"predict", &run, &mesh_file(VAL), &"--out", &run.join("labelled.ply"), &"--threads", &threads]);
    let out = run.join("submission");
    ok(&[&"export-benchmark", &run, &"--data", &f.data, &"--split", &"val", &"--out", &out, &"--threads", &threads]);
    for file in ["weights.pth", "weights.safetensors"] {
        ok(&[&"weights", &"export", &run, &"--out", &run.join(file), &"--threads", &threads]);
    }
    let (weights, imported) = (dir.join("weights.pth"), run.join("imported"));
    std::fs::copy(run.join("weights.pth"), &weights).unwrap();
    ok(&[&"weights", &"import", &weights, &f.config, &"--out", &imported, &"--threads", &threads]);
    run
}

#[test]
fn one_seed_gives_the_same_bytes_at_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    let runs = THREADS.map(|threads| everything(dir.path(), threads, "5"));
    for other in &runs[1..] {
        // configuration, manifest, metrics, checkpoints, evaluations, prediction, submission, weights, imported run
        assert_same_tree(&runs[0], other);
    }
    assert!(runs[0].join("evaluation-val-scannet-benchmark.json").is_file());
}

#[test]
fn another_seed_gives_another_result() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (everything(dir.path(), "2", "5"), everything(dir.path(), "2", "6"));
    for file in ["last.safetensors", "metrics.jsonl", "evaluation-val-pointnet2-v1.json"] {
        assert_ne!(std::fs::read(a.join(file)).unwrap(), std::fs::read(b.join(file)).unwrap(), "{file}");
    }
}

/// Everything of a recipe that is off by default.
const RECIPE: [&str; 10] = [
    r#"augment=[{kind="tilt"},{kind="jitter"},{kind="mix"},{kind="elastic-distortion"},{kind="scale"},{kind="color-drop"}]"#,
    "crop.voxel=0.06",
    "crop.replacement=false",
    "crop.blocks={merge_below=50,piece=600}",
    "train.crops_per_scene=by-points",
    "train.epochs=1",
    "evaluate.margin=0.1",
    "evaluate.batch=3",
    "evaluate.segments=[0.1,2.0]",
    "data.features=[\"color\",\"height\",\"covariance\"]",
];

#[test]
fn recipes_give_the_same_bytes_at_any_number_of_threads() {
    let (dir, f) = (tempfile::tempdir().unwrap(), fixture());
    for tiling in ["disjoint", "sliding", "blended", "two-grids"] {
        let tiling = format!("evaluate.tiling={tiling}");
        let runs = ["1", "3"].map(|threads| {
            let run = dir.path().join(format!("{tiling}-{threads}"));
            let mut train: Vec<Arg> = vec![&"train", &f.config, &"--data", &f.data, &"--out", &run, &"--threads"];
            train.extend([&threads as Arg, &"--set", &tiling]);
            train.extend(RECIPE.iter().flat_map(|change| [&"--set" as Arg, change]));
            if tiling.ends_with("blended") {
                // nothing that changes scenes, which then stay in memory
                train.extend([&"--set" as Arg, &"augment=[{kind=\"scale\"},{kind=\"mix\"}]"]);
            }
            ok(&train);
            for protocol in ["pointnet2-v1", "scannet-benchmark"] {
                ok(&[&"evaluate", &run, &"--data", &f.data, &"--threads", &threads, &"--protocol", &protocol]);
            }
            ok(&[&"predict", &run, &mesh_file(VAL), &"--out", &run.join("labelled.ply"), &"--threads", &threads]);
            run
        });
        assert_same_tree(&runs[0], &runs[1]);
    }
}

#[test]
fn training_prints_the_hash_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let (f, run) = (fixture(), dir.path().join("run"));
    let shown = ok(&[&"train", &f.config, &"--data", &f.data, &"--out", &run]).out;
    let hash = scannet::sha256_hex(&std::fs::read(run.join("last.safetensors")).unwrap());
    assert!(shown.contains(&format!("SHA-256 {hash}")), "{shown}");
}

#[test]
fn rooms_and_prepared_scans_do_not_depend_on_threads() {
    let dir = tempfile::tempdir().unwrap();
    for threads in THREADS {
        let (raw, data) = (dir.path().join(format!("raw{threads}")), dir.path().join(format!("data{threads}")));
        ok(&[
            &"rooms",
            &"--out",
            &raw,
            &"--train",
            &"2",
            &"--val",
            &"0",
            &"--spacing",
            &"0.08",
            &"--threads",
            &threads,
        ]);
        ok(&[&"preprocess", &raw, &"--out", &data, &"--align", &"--nyu40", &"--threads", &threads]);
        ok(&[&"verify", &raw, &"--json", &data.join("verify.json"), &"--threads", &threads]);
        ok(&[&"stats", &data, &"--json", &data.join("stats.json"), &"--threads", &threads]);
    }
    for threads in &THREADS[1..] {
        assert_same_tree(&dir.path().join("raw1"), &dir.path().join(format!("raw{threads}")));
        assert_same_tree(&dir.path().join("data1"), &dir.path().join(format!("data{threads}")));
    }
}
