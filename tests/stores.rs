//! Prepared stores that lack what an experiment needs.

mod support;

use scannet::npy;
use std::path::{Path, PathBuf};
use support::fixture::{TRAIN, VAL, copy_of, fixture, raw_copy, trained};
use support::{Arg, ok, refused};
use tempfile::TempDir;

fn store_copy() -> (TempDir, PathBuf) {
    copy_of(&fixture().data)
}

/// Asserts that training on a store does not start, and leaves no folder.
fn not_trained(data: &Path, more: &[Arg], parts: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let config = &fixture().config;
    let mut args: Vec<Arg> = vec![&"train", config, &"--data", &data, &"--out", &out];
    args.extend(more);
    refused(&args, parts);
    assert!(!out.exists());
}

/// The raw set with other split lists, prepared.
fn with_splits(train: &[&str], val: &[&str], test: &[&str]) -> (TempDir, PathBuf) {
    let (dir, raw) = raw_copy();
    for (split, scans) in [("train", train), ("val", val), ("test", test)] {
        std::fs::write(raw.join(format!("splits/scannetv2_{split}.txt")), scans.join("\n")).unwrap();
    }
    let data = dir.path().join("data");
    ok(&[&"preprocess", &raw, &"--out", &data]);
    (dir, data)
}

#[test]
fn a_store_without_training_scenes() {
    let (_dir, data) = with_splits(&[], &[VAL], &[]);
    not_trained(&data, &[], &["the store has no training scenes", "preprocess scans of the train split", "data"]);
}

#[test]
fn a_store_without_validation_scenes_trains_and_has_no_best() {
    let (dir, data) = with_splits(&TRAIN, &[], &[]);
    let run = dir.path().join("run");
    ok(&[&"train", &fixture().config, &"--data", &data, &"--out", &run]);
    assert!(run.join("last.safetensors").is_file() && !run.join("best.safetensors").exists());
    let parts = ["the store has no scenes of the val split", "choose another split", "data"];
    refused(&[&"evaluate", &run, &"--data", &data], &parts);
    ok(&[&"evaluate", &run, &"--data", &data, &"--split", &"train"]);
    assert!(run.join("evaluation-train-pointnet2-v1.json").is_file());
    refused(&[&"stats", &data, &"--split", &"val"], &["no scenes of that split", "data"]);
}

#[test]
fn a_test_split_without_labels() {
    let (dir, raw) = raw_copy();
    for suffix in [".aggregation.json", "_vh_clean_2.0.010000.segs.json", "_vh_clean_2.labels.ply"] {
        std::fs::remove_file(support::fixture::scan_file(&raw, VAL, suffix)).unwrap();
    }
    std::fs::write(raw.join("splits/scannetv2_val.txt"), "").unwrap();
    std::fs::write(raw.join("splits/scannetv2_test.txt"), VAL).unwrap();
    let data = dir.path().join("data");
    ok(&[&"preprocess", &raw, &"--out", &data]);
    for protocol in ["pointnet2-v1", "scannet-benchmark"] {
        let args: [Arg; 8] = [&"evaluate", &trained(), &"--data", &data, &"--split", &"test", &"--protocol", &protocol];
        refused(&args, &[VAL, "has no labels", "choose an annotated split"]);
    }
}

#[test]
fn a_store_without_the_normals_that_are_needed() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    ok(&[&"preprocess", &fixture().raw, &"--out", &data, &"--no-normals"]);
    let normals: [Arg; 2] = [&"--set", &"data.features=[\"normal\"]"];
    not_trained(&data, &normals, &[TRAIN[0], "has no normals", "prepare it with normals"]);
    let unweighted: [Arg; 4] = [&"--set", &"data.features=[\"normal\"]", &"--set", &"train.class_weights=false"];
    not_trained(&data, &unweighted, &["has no normals"]);
}

#[test]
fn validation_scenes_are_checked_before_the_first_epoch() {
    let (_dir, data) = store_copy();
    std::fs::remove_file(data.join("val").join(VAL).join("color.npy")).unwrap();
    not_trained(&data, &[], &["the validation split cannot be evaluated", VAL, "has no colour"]);
    refused(&[&"evaluate", &trained(), &"--data", &data], &[VAL, "has no colour"]);
}

#[test]
fn a_store_made_by_another_program() {
    // Pointcept's has no manifest; labels may be int32, colours bytes, and all optional arrays may be absent
    let (dir, data) = store_copy();
    let with_manifest = ok(&[&"stats", &data]).out;
    std::fs::remove_file(data.join("manifest.json")).unwrap();
    assert_eq!(ok(&[&"stats", &data]).out, with_manifest);
    for scan in TRAIN {
        let scene = data.join("train").join(scan);
        std::fs::remove_file(scene.join("instance.npy")).unwrap();
        std::fs::remove_file(scene.join("normal.npy")).unwrap();
    }
    let run = dir.path().join("run");
    ok(&[&"train", &fixture().config, &"--data", &data, &"--out", &run]);
    ok(&[&"evaluate", &run, &"--data", &data, &"--protocol", &"scannet-benchmark"]);
    let out = dir.path().join("submission");
    ok(&[&"export-benchmark", &run, &"--data", &data, &"--split", &"val", &"--out", &out]);
    assert!(out.join(format!("{VAL}.txt")).is_file());
    // the same network predicts the same on this program's own store
    let own = dir.path().join("own");
    ok(&[&"export-benchmark", &run, &"--data", &fixture().data, &"--split", &"val", &"--out", &own]);
    support::files::assert_same_tree(&out, &own);
    // there is nothing to merge
    refused(&[&"merge", &data], &["manifest not found"]);
}

#[test]
fn damaged_arrays_are_named() {
    for split in ["train", "val"] {
        let (_dir, data) = store_copy();
        let scene = data.join(split).join(if split == "train" { TRAIN[0] } else { VAL });
        let coord = scene.join("coord.npy");
        let whole = std::fs::read(&coord).unwrap();
        std::fs::write(&coord, &whole[..whole.len() - 40]).unwrap();
        not_trained(&data, &[], &["truncated", "coord.npy"]);
        std::fs::write(&coord, npy::encode_points(&[[0.0; 3]; 5], false)).unwrap();
        not_trained(&data, &[], &["5 points, but the manifest says", "run preprocessing again", "coord.npy"]);
        let mut points = npy::Array::parse(&whole).unwrap().points().unwrap();
        points[3][2] = f32::NAN;
        std::fs::write(&coord, npy::encode_points(&points, false)).unwrap();
        not_trained(&data, &[], &["row 3", "not finite", "coord.npy"]);
        std::fs::remove_file(&coord).unwrap();
        not_trained(&data, &[], &["cannot read", "coord.npy"]);
    }
}

#[test]
fn folders_that_are_not_stores() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing");
    not_trained(&missing, &[], &["cannot read", "check the path", "missing"]);
    not_trained(dir.path(), &[], &["prepared scenes", "not found", "give the folder that preprocessing wrote"]);
    refused(&[&"stats", &missing], &["cannot read", "missing"]);
    refused(&[&"evaluate", &trained(), &"--data", &missing], &["cannot read", "missing"]);
    std::fs::write(dir.path().join("manifest.json"), "{").unwrap();
    not_trained(dir.path(), &[], &["not a store's manifest", "manifest.json"]);
}
