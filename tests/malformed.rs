//! Damaged files on the command line: a few of `tests/malformed`, in each command that reads such files.
//! `crates/scannet/tests/malformed.rs` tests all of them.

mod support;

use std::path::{Path, PathBuf};
use support::fixture::{TRAIN, VAL, copy_of, fixture, raw_copy, scan_file, trained};
use support::{refused, run};

fn malformed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/malformed").join(name)
}

/// The message expected for a file.
fn message(name: &str) -> String {
    let table = std::fs::read_to_string(malformed("expected.tsv")).unwrap();
    let line = table.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix('\t'));
    line.unwrap_or_else(|| panic!("expected.tsv does not name {name}")).to_owned()
}

#[test]
fn predict_refuses_damaged_scans() {
    let dir = tempfile::tempdir().unwrap();
    for name in
        ["count_huge", "no_properties_huge", "face_index_beyond", "coord_nan", "ascii_words", "no_magic", "no_z"]
    {
        let name = format!("ply/{name}.ply");
        let (scan, out) = (malformed(&name), dir.path().join("out.ply"));
        refused(&[&"predict", &trained(), &scan, &"--out", &out], &[&message(&name), &name]);
        assert!(!out.exists());
    }
}

#[test]
fn verify_and_preprocess_name_every_damaged_file() {
    let (dir, raw) = raw_copy();
    let [first, second] = TRAIN;
    for (scan, suffix, name) in [
        (first, "_vh_clean_2.ply", "ply/body_cut.ply"),
        (second, ".aggregation.json", "aggregation_json/cut.json"),
        (VAL, "_vh_clean_2.0.010000.segs.json", "segs_json/huge.json"),
    ] {
        std::fs::copy(malformed(name), scan_file(&raw, scan, suffix)).unwrap();
        let what = message(name);
        let what = what.rsplit_once("; ").unwrap().0;
        let verified = run(&[&"verify", &raw]);
        assert_eq!(verified.code, Some(1));
        assert!(verified.out.contains(what), "{what} is not in\n{}", verified.out);
    }
    let ran = run(&[&"preprocess", &raw, &"--out", &dir.path().join("data")]);
    assert_eq!(ran.code, Some(1));
    ran.complains(&[TRAIN[0], TRAIN[1], VAL, "truncated: the header promises", "EOF while parsing", "expected u32"]);
}

#[test]
fn a_damaged_label_table_stops_preprocess() {
    let (dir, raw) = raw_copy();
    let table = raw.join("scannetv2-labels.combined.tsv");
    for name in ["commas", "html", "header_alone", "rows_cut"] {
        let name = format!("label_table/{name}.tsv");
        std::fs::copy(malformed(&name), &table).unwrap();
        let data = dir.path().join("data");
        refused(&[&"preprocess", &raw, &"--out", &data], &[&message(&name), "scannetv2-labels.combined.tsv"]);
        assert!(!data.exists(), "a run that cannot start leaves no folder");
    }
}

#[test]
fn stats_names_damaged_arrays() {
    let (_dir, data) = copy_of(&fixture().data);
    let scene = data.join("val").join(VAL);
    for (array, name) in [
        ("coord.npy", "npy_points/shape_overflow.npy"),
        ("coord.npy", "npy_points/objects.npy"),
        ("segment20.npy", "npy_labels/beyond_i32.npy"),
    ] {
        let path = scene.join(array);
        let whole = std::fs::read(&path).unwrap();
        std::fs::copy(malformed(name), &path).unwrap();
        refused(&[&"stats", &data, &"--split", &"val"], &[&message(name), array]);
        std::fs::write(&path, whole).unwrap();
    }
}
