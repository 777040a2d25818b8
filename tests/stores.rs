//! Prepared stores that lack what an experiment needs.

mod support;

use scannet::{PreparedStore, npy};
use std::path::{Path, PathBuf};
use support::fixture::{TRAIN, VAL, copy_of, fixture, raw_copy, trained};
use support::{Arg, ok, refused, run};
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
    let (_dir, data) = foreign_copy();
    std::fs::remove_file(data.join("val").join(VAL).join("color.npy")).unwrap();
    not_trained(&data, &[], &["the validation split cannot be evaluated", VAL, "has no colour"]);
    refused(&[&"evaluate", &trained(), &"--data", &data], &[VAL, "has no colour"]);
}

#[test]
fn a_store_made_by_another_program() {
    // Pointcept's has no manifest; labels may be int32, colours bytes, and all optional arrays may be absent
    let (dir, data) = store_copy();
    let with_manifest = ok(&[&"stats", &data]).out;
    for path in support::files::paths(&data).iter().filter(|path| path.extension().is_some_and(|e| e == "json")) {
        std::fs::remove_file(path).unwrap();
    }
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

/// A copy of the store as another program would have made it, without records and checksums.
fn foreign_copy() -> (TempDir, PathBuf) {
    let (dir, data) = store_copy();
    for path in support::files::paths(&data).iter().filter(|path| path.extension().is_some_and(|e| e == "json")) {
        std::fs::remove_file(path).unwrap();
    }
    (dir, data)
}

#[test]
fn damaged_arrays_are_named() {
    for split in ["train", "val"] {
        let (_dir, data) = foreign_copy();
        let scene = data.join(split).join(if split == "train" { TRAIN[0] } else { VAL });
        let coord = scene.join("coord.npy");
        let whole = std::fs::read(&coord).unwrap();
        std::fs::write(&coord, &whole[..whole.len() - 40]).unwrap();
        not_trained(&data, &[], &["truncated", "coord.npy"]);
        std::fs::write(&coord, npy::encode_points(&[[0.0; 3]; 5], false)).unwrap();
        not_trained(&data, &[], &["but coord.npy has 5", "prepare the scene again"]);
        let mut points = npy::Array::parse(&whole).unwrap().points().unwrap();
        points[3][2] = f32::NAN;
        std::fs::write(&coord, npy::encode_points(&points, false)).unwrap();
        not_trained(&data, &[], &["row 3", "not finite", "coord.npy"]);
        let large: Vec<[f32; 3]> = npy::Array::parse(&whole).unwrap().points().unwrap();
        let large: Vec<[f32; 3]> = large.iter().map(|p| p.map(|v| v * 1000.0)).collect();
        std::fs::write(&coord, npy::encode_points(&large, false)).unwrap();
        not_trained(&data, &[], &["m wide", "give coordinates in metres"]);
        std::fs::remove_file(&coord).unwrap();
        not_trained(&data, &[], &["coord.npy"]);
    }
    // with checksums, all damage is found before anything is read
    for split in ["train", "val"] {
        let (_dir, data) = store_copy();
        let normal = data.join(split).join(if split == "train" { TRAIN[0] } else { VAL }).join("normal.npy");
        let mut bytes = std::fs::read(&normal).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 100].fill(0);
        std::fs::write(&normal, bytes).unwrap();
        not_trained(
            &data,
            &[],
            &["damaged: its bytes are not those that were written", "run preprocess", "normal.npy"],
        );
    }
}

#[test]
fn splits_without_any_annotated_point_and_scenes_in_two_splits() {
    for (split, scenes) in [("train", &TRAIN[..]), ("val", &[VAL])] {
        let (_dir, data) = foreign_copy();
        for scene in scenes {
            let path = data.join(split).join(scene).join("segment20.npy");
            let labels = npy::Array::parse(&std::fs::read(&path).unwrap()).unwrap().labels().unwrap().len();
            std::fs::write(&path, npy::encode_labels(&vec![-1; labels])).unwrap();
        }
        let nothing = format!("no point of the {split} scenes has a class of pointnet-v1");
        not_trained(&data, &[], &[&nothing, "data"]);
        refused(&[&"evaluate", &trained(), &"--data", &data, &"--split", &split], &[&nothing, "data"]);
    }
    let (_dir, data) = foreign_copy();
    support::files::copy_tree(&data.join("train").join(TRAIN[0]), &data.join("val").join(TRAIN[0]));
    let parts = [TRAIN[0], "is in train and again in val"];
    not_trained(&data, &[], &parts);
    refused(&[&"stats", &data], &parts);
}

#[test]
fn statistics_of_a_store_without_labels() {
    let (_dir, data) = foreign_copy();
    let shown = ok(&[&"stats", &data]).out;
    assert!(shown.contains("train: 2 scenes") && shown.contains("val: 1 scene, "), "{shown}");
    // labels that were asked for and are nowhere are an error
    let ran = support::run(&[&"stats", &data, &"--labels", &"nyu40"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("3 of 3 scenes have no segment40.npy; preprocess --nyu40 --force writes it"), "{ran:?}");
    for path in support::files::paths(&data).iter().filter(|path| path.ends_with("segment20.npy")) {
        std::fs::rename(path, path.with_file_name("segment.npy")).unwrap();
    }
    let shown = ok(&[&"stats", &data]).out;
    let expected = "3 of 3 scenes have no segment20.npy; there is a segment.npy, whose classes --labels can describe";
    assert!(shown.contains(expected) && !shown.contains("share"), "{shown}");
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

#[test]
fn what_is_no_prepared_store_and_what_is_no_raw_folder() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let archive = dir.path().join("store.zip");
    std::fs::write(&archive, b"PK").unwrap();
    refused(&[&"stats", &archive], &["not the folder of a prepared store", "unpack it", "store.zip"]);
    for command in ["preprocess", "verify"] {
        let mut args: Vec<Arg> = vec![&command, &f.data];
        let out = dir.path().join("out");
        if command == "preprocess" {
            args.extend::<[Arg; 2]>([&"--out", &out]);
        }
        refused(&args, &["this is a prepared store", "--data"]);
    }
}

#[test]
fn damage_and_other_contents_are_seen_by_every_reader() {
    let (_copy, data) = copy_of(&fixture().data);
    let coord = data.join("val").join(VAL).join("coord.npy");
    let mut bytes = std::fs::read(&coord).unwrap();
    let last = bytes.len() - 40;
    bytes[last..].fill(0);
    std::fs::write(&coord, &bytes).unwrap();
    let parts = ["damaged", "coord.npy"];
    refused(&[&"evaluate", &trained(), &"--data", &data], &parts);
    let out = data.with_file_name("submission");
    run(&[&"export-benchmark", &trained(), &"--data", &data, &"--split", &"val", &"--out", &out]).complains(&parts);
    // without a manifest, the store's name is that of its contents
    let name = |data: &Path| PreparedStore::open(data).unwrap().fingerprint().unwrap();
    let (_other, other) = foreign_copy();
    let before = name(&other);
    std::fs::copy(&coord, other.join("val").join(VAL).join("coord.npy")).unwrap();
    assert_ne!(name(&other), before);
}
