//! One seed, one result: at any number of threads, to the byte.

mod support;

use std::path::{Path, PathBuf};
use support::files::assert_same_tree;
use support::fixture::{VAL, fixture, mesh_file};
use support::ok;

/// Trains, evaluates and predicts at a number of threads.
fn everything(dir: &Path, threads: &str, seed: &str) -> PathBuf {
    let f = fixture();
    let run = dir.join(format!("run-{threads}-{seed}"));
    let seed = format!("seed={seed}");
    ok(&[&"train", &f.config, &"--data", &f.data, &"--out", &run, &"--threads", &threads, &"--set", &seed]);
    for protocol in ["pointnet2-v1", "scannet-benchmark"] {
        ok(&[&"evaluate", &run, &"--data", &f.data, &"--threads", &threads, &"--protocol", &protocol]);
    }
    ok(&[&"predict", &run, &mesh_file(VAL), &"--out", &run.join("labelled.ply"), &"--threads", &threads]);
    run
}

#[test]
fn one_seed_gives_the_same_bytes_at_any_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    let runs = ["1", "2", "3"].map(|threads| everything(dir.path(), threads, "5"));
    for other in &runs[1..] {
        // configuration, manifest, metrics, both checkpoints, evaluations, prediction
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
    for threads in ["1", "2"] {
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
        ok(&[&"preprocess", &raw, &"--out", &data, &"--threads", &threads]);
    }
    assert_same_tree(&dir.path().join("raw1"), &dir.path().join("raw2"));
    assert_same_tree(&dir.path().join("data1"), &dir.path().join("data2"));
}
