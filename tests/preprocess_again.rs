//! Preprocessing continues where it stopped: unchanged scans are left alone, changed ones are prepared again, and
//! interrupted ones are cleaned up.

mod support;

use scannet::Aggregation;
use std::path::{Path, PathBuf};
use support::files::{assert_no_temporaries, assert_same_tree, tree};
use support::fixture::{TRAIN, VAL, fixture, raw_copy, scan_file};
use support::ok;
use tempfile::TempDir;

fn preprocess(raw: &Path, data: &Path) -> String {
    ok(&[&"preprocess", &raw, &"--out", &data]).out
}

/// A copy of the raw set, prepared.
fn prepared() -> (TempDir, PathBuf, PathBuf) {
    let (dir, raw) = raw_copy();
    let data = dir.path().join("data");
    assert!(preprocess(&raw, &data).contains("3 scans prepared, 0 unchanged, 0 failed"));
    (dir, raw, data)
}

#[test]
fn unchanged_scans_are_left_alone() {
    let (_dir, raw, data) = prepared();
    let before = tree(&data);
    let time = || std::fs::metadata(data.join("val").join(VAL).join("coord.npy")).unwrap().modified().unwrap();
    let written = time();
    assert!(preprocess(&raw, &data).contains("0 scans prepared, 3 unchanged, 0 failed"));
    assert_eq!(time(), written);
    assert!(ok(&[&"preprocess", &raw, &"--out", &data, &"--force"]).out.contains("3 scans prepared, 0 unchanged"));
    assert!(tree(&data) == before);
    assert_no_temporaries(&data);
}

#[test]
fn a_changed_source_is_prepared_again() {
    let (_dir, raw, data) = prepared();
    let path = scan_file(&raw, TRAIN[1], ".aggregation.json");
    let mut objects = Aggregation::read(&path).unwrap();
    objects.groups.retain(|g| g.label != "wall");
    objects.write(&path).unwrap();
    let segments = data.join("train").join(TRAIN[1]).join("segment20.npy");
    let before = std::fs::read(&segments).unwrap();
    assert!(preprocess(&raw, &data).contains("1 scan prepared, 2 unchanged, 0 failed"));
    assert!(std::fs::read(&segments).unwrap() != before);
    assert_no_temporaries(&data);
}

#[test]
fn other_options_need_force() {
    let (_dir, raw, data) = prepared();
    let before = tree(&data);
    let args: [support::Arg; 5] = [&"preprocess", &raw, &"--out", &data, &"--no-normals"];
    support::refused(&args, &["3 scans prepared with the default options, this run has --no-normals", "--force"]);
    assert!(tree(&data) == before);
    let shown = ok(&[&"preprocess", &raw, &"--out", &data, &"--no-normals", &"--force"]).out;
    assert!(shown.contains("3 scans prepared, 0 unchanged"), "{shown}");
    assert!(!data.join("val").join(VAL).join("normal.npy").exists());
}

#[test]
fn what_is_damaged_or_missing_is_prepared_again() {
    let (_dir, raw, data) = prepared();
    let before = tree(&data);
    let array = data.join("train").join(TRAIN[0]).join("color.npy");
    let bytes = std::fs::read(&array).unwrap();
    std::fs::write(&array, vec![0; bytes.len()]).unwrap();
    std::fs::remove_dir_all(data.join("val").join(VAL)).unwrap();
    let verified = support::run(&[&"verify", &"--store", &data]);
    assert_eq!(verified.code, Some(1));
    assert!(
        verified.out.contains("damaged: its bytes are not those that were written; run preprocess"),
        "{verified:?}"
    );
    assert!(verified.out.contains("coord.npy") && verified.out.contains("3 scans checked: 2 errors"), "{verified:?}");
    assert!(preprocess(&raw, &data).contains("2 scans prepared, 1 unchanged, 0 failed"));
    assert!(tree(&data) == before);
    assert!(ok(&[&"verify", &"--store", &data]).out.ends_with("3 scans checked: 0 errors, 0 warnings, 0 notes\n"));
}

#[test]
fn what_a_kill_leaves_is_cleaned_up() {
    let (_dir, raw, data) = prepared();
    let before = tree(&data);
    // killed while one scan was being written, before it was in the manifest, and while another was being replaced
    let scan = data.join("train").join(TRAIN[0]);
    let half = scan.with_file_name(format!(".tmp-{}", TRAIN[0]));
    std::fs::rename(&scan, &half).unwrap();
    std::fs::remove_file(half.join("normal.npy")).unwrap();
    let other = data.join("train").join(TRAIN[1]);
    std::fs::rename(&other, other.with_file_name(format!(".old-{}", TRAIN[1]))).unwrap();
    // killed while a manifest was being written, after the old one was moved aside
    std::fs::rename(data.join("manifest.json"), data.join("manifest.before.json")).unwrap();
    for name in [".tmp-manifest.json", ".tmp-manifest.shard-1-of-2.json"] {
        std::fs::write(data.join(name), "{").unwrap();
    }
    // nothing of it is taken for a store
    support::refused(&[&"stats", &data], &["the preparation of the store was interrupted", "run preprocess again"]);
    assert!(preprocess(&raw, &data).contains("2 scans prepared, 1 unchanged, 0 failed"));
    assert!(tree(&data) == before);
    assert_no_temporaries(&data);
}

#[test]
fn shards_make_one_store() {
    let dir = tempfile::tempdir().unwrap();
    let f = fixture();
    let data = dir.path().join("data");
    ok(&[&"preprocess", &f.raw, &"--out", &data, &"--shard", &"1/2"]);
    support::refused(&[&"stats", &data], &["manifest.shard-2-of-2.json not found", "run these shards"]);
    ok(&[&"preprocess", &f.raw, &"--out", &data, &"--shard", &"2/2"]);
    assert_eq!(ok(&[&"stats", &data]).out, ok(&[&"stats", &f.data]).out);
    assert!(ok(&[&"merge", &data]).out.contains("one store of 3 scans"));
    assert_same_tree(&f.data, &data);
    // a store that is complete does not change
    ok(&[&"merge", &data]);
    assert_same_tree(&f.data, &data);
}

#[test]
fn shards_of_several_machines_are_put_together_and_merged() {
    let dir = tempfile::tempdir().unwrap();
    let f = fixture();
    let all = dir.path().join("all");
    for (i, shard) in ["1/3", "2/3", "3/3"].into_iter().enumerate() {
        let data = dir.path().join(format!("machine{i}"));
        ok(&[&"preprocess", &f.raw, &"--out", &data, &"--shard", &shard]);
        support::refused(&[&"merge", &data], &["manifest.shard-", "not found", "run these shards, then merge"]);
        support::files::copy_tree(&data, &all);
    }
    ok(&[&"merge", &all]);
    assert_same_tree(&f.data, &all);
    support::refused(&[&"merge", &dir.path()], &["manifest not found", "run preprocessing into this folder first"]);
}
