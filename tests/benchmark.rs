//! Predictions and annotations in the benchmark's format, and the check before an upload.

mod support;

use labelset::LabelSet;
use scannet::{Arrays, PreparedStore, Split, read_mesh};
use std::path::Path;
use support::files::{assert_no_temporaries, assert_same_tree};
use support::fixture::{TRAIN, VAL, copy_of, fixture, mesh_file, trained};
use support::{ok, refused, run};

fn lines(path: &Path) -> Vec<i32> {
    std::fs::read_to_string(path).unwrap().lines().map(|l| l.parse().unwrap()).collect()
}

#[test]
fn predictions_of_a_split_are_those_of_predict() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let (out, single) = (dir.path().join("submission"), dir.path().join("single.ply"));
    let shown = ok(&[&"export-benchmark", &trained(), &"--data", &f.data, &"--split", &"val", &"--out", &out]).out;
    assert!(shown.contains("1 scan checked: 0 errors") && shown.contains("complete, with the ids of"), "{shown}");
    // only the test split is submitted
    let (store, test) = (dir.path().join("store"), dir.path().join("test"));
    support::files::copy_tree(&f.data.join("val"), &store.join("test"));
    // scenes that were copied by hand are a store of their own only without their record
    let args: [support::Arg; 6] = [&"export-benchmark", &trained(), &"--data", &store, &"--out", &test];
    refused(&args, &["a copy of a store needs its manifest.json too", "store"]);
    std::fs::remove_file(store.join("test").join(VAL).join("scene.json")).unwrap();
    let shown = ok(&[&"export-benchmark", &trained(), &"--data", &store, &"--out", &test]).out;
    assert!(shown.contains("ready: zip the .txt files"), "{shown}");
    ok(&[&"predict", &trained(), &mesh_file(VAL), &"--out", &single]);
    let labels = read_mesh(&single).unwrap().label.unwrap();
    assert_eq!(lines(&out.join(format!("{VAL}.txt"))), labels);
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
    // again: the same bytes
    let again = dir.path().join("again");
    ok(&[
        &"export-benchmark",
        &trained(),
        &"--data",
        &f.data,
        &"--split",
        &"val",
        &"--out",
        &again,
        &"--threads",
        &"1",
    ]);
    assert_same_tree(&out, &again);
    assert_no_temporaries(&out);
}

#[test]
fn ground_truth_is_the_annotation_in_nyu40_ids() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let out = dir.path().join("truth");
    ok(&[&"export-benchmark", &"--ground-truth", &"--data", &f.data, &"--split", &"train", &"--out", &out]);
    let store = PreparedStore::open(&f.data).unwrap();
    let labels = LabelSet::scannet20();
    let arrays = Arrays { labels: Some(&labels), ..Arrays::default() };
    for scan in TRAIN {
        let truth = lines(&out.join(format!("{scan}.txt")));
        let classes = store.load_arrays(Split::Train, scan, &arrays).unwrap().segment.unwrap();
        assert_eq!(truth, labels.ids_of(&classes));
        assert!(truth.contains(&1) && truth.contains(&0));
        // and the same as ScanNet's label mesh, except for the ids that are not scored
        let mesh = read_mesh(support::fixture::scan_file(&f.raw, scan, "_vh_clean_2.labels.ply")).unwrap();
        assert_eq!(truth, labels.ids_of(&labels.classes_of_ids(&mesh.label.unwrap())));
    }
}

#[test]
fn check_submission_reports_everything_that_is_wrong() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let out = dir.path();
    let vertices = read_mesh(mesh_file(TRAIN[0])).unwrap().coord.len();
    let check = || run(&[&"check-submission", &out, &"--data", &f.data, &"--split", &"train"]);
    std::fs::write(out.join(format!("{}.txt", TRAIN[0])), "1\n".repeat(vertices - 1) + "0\n13\n").unwrap();
    std::fs::write(out.join("notes.md"), "").unwrap();
    let checked = check();
    assert_eq!(checked.code, Some(1));
    for part in [
        format!("error: {}: line {vertices} is '0', which is not an id of scannet20 (2 such lines)", TRAIN[0]),
        format!("error: {}: {} lines for {vertices} vertices", TRAIN[0], vertices + 1),
        format!("error: {}: there is no {}.txt", TRAIN[1], TRAIN[1]),
        "'notes.md' is not a prediction for a scan of this split".to_owned(),
        "2 scans checked: 4 errors, 0 warnings, 0 notes".to_owned(),
    ] {
        assert!(checked.out.contains(&part), "{part} is not in\n{}", checked.out);
    }
    checked.complains(&["not ready for upload"]);
    std::fs::remove_file(out.join("notes.md")).unwrap();
    for scan in TRAIN {
        let vertices = read_mesh(mesh_file(scan)).unwrap().coord.len();
        std::fs::write(out.join(format!("{scan}.txt")), "39\n".repeat(vertices)).unwrap();
    }
    assert!(check().out.contains("complete, with the ids of scannet20 for train"));
}

#[test]
fn a_scan_that_fails_does_not_stop_the_others() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let out = dir.path().join("out");
    let (_copy, data) = copy_of(&f.data);
    let damaged = data.join("train").join(TRAIN[0]).join("coord.npy");
    std::fs::write(&damaged, "no array").unwrap();
    let export = |source: &dyn AsRef<std::ffi::OsStr>| {
        run(&[&"export-benchmark", source, &"--data", &data, &"--split", &"train", &"--out", &out])
    };
    let written = || lines(&out.join(format!("{}.txt", TRAIN[1]))).len();
    let truth = export(&"--ground-truth");
    assert_eq!(truth.code, Some(1));
    assert!(truth.out.contains("1 scan written, 1 failed"), "{}", truth.out);
    truth.complains(&["failed:", TRAIN[0], "coord.npy"]);
    assert_eq!(written(), read_mesh(mesh_file(TRAIN[1])).unwrap().coord.len());
    std::fs::remove_dir_all(&out).unwrap();
    let predicted = export(&trained());
    assert_eq!(predicted.code, Some(1));
    predicted.complains(&["failed:", TRAIN[0], "coord.npy"]);
    assert!(written() > 0);
}

#[test]
fn what_cannot_be_exported_leaves_no_folder() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let out = dir.path().join("out");
    let parts = ["the store has no scenes of the test split", "choose another --split"];
    refused(&[&"export-benchmark", &trained(), &"--data", &f.data, &"--out", &out], &parts);
    refused(&[&"check-submission", &dir.path(), &"--data", &f.data], &parts);
    let neither = run(&[&"export-benchmark", &"--data", &f.data, &"--out", &out]);
    assert_eq!(neither.code, Some(2));
    let both = run(&[&"export-benchmark", &trained(), &"--ground-truth", &"--data", &f.data, &"--out", &out]);
    assert_eq!(both.code, Some(2));
    let (_copy, data) = copy_of(&f.data);
    std::fs::remove_file(data.join("val").join(VAL).join("segment20.npy")).unwrap();
    let missing = ["missing, although it was written", "segment20.npy"];
    run(&[&"export-benchmark", &"--ground-truth", &"--data", &data, &"--out", &out]).complains(&missing);
    refused(&[&"evaluate", &trained(), &"--data", &data], &missing);
    // the same in a store of another program
    let folders = ["train", "val"].map(|split| std::fs::read_dir(data.join(split)).unwrap());
    for scene in folders.into_iter().flatten() {
        std::fs::remove_file(scene.unwrap().path().join("scene.json")).unwrap();
    }
    std::fs::remove_file(data.join("manifest.json")).unwrap();
    let truth = run(&[&"export-benchmark", &"--ground-truth", &"--data", &data, &"--out", &out]);
    assert_eq!(truth.code, Some(1));
    truth.complains(&["failed:", VAL, "has no labels", "choose an annotated split"]);
    assert!(!out.exists());
    refused(&[&"check-submission", &out, &"--data", &f.data, &"--split", &"val"], &["cannot read", "out"]);
    // a folder of something else
    let parts = ["which is not a prediction", "choose an empty folder"];
    refused(&[&"export-benchmark", &trained(), &"--data", &f.data, &"--split", &"val", &"--out", &trained()], &parts);
}

#[test]
fn many_missing_files_are_summed_up() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let (data, out) = (dir.path().join("data"), dir.path().join("out"));
    // two validation scans of ScanNet's official list
    for scan in ["scene0011_00", "scene0015_00"] {
        let copy = data.join("val").join(scan);
        support::files::copy_tree(&f.data.join("val").join(VAL), &copy);
        // a store of another program
        std::fs::remove_file(copy.join("scene.json")).unwrap();
    }
    let mut args: Vec<support::Arg> =
        vec![&"export-benchmark", &"--ground-truth", &"--data", &data, &"--split", &"val", &"--out", &out];
    ok(&args);
    args = vec![&"check-submission", &out, &"--data", &data, &"--split", &"val"];
    // the ids of vertices that are not scored are no predictions; only what is missing matters here
    for scan in ["scene0011_00", "scene0015_00"] {
        let file = out.join(format!("{scan}.txt"));
        std::fs::write(&file, "1\n".repeat(lines(&file).len())).unwrap();
    }
    let checked = run(&args);
    assert_eq!(checked.code, Some(1));
    let missing = "error: data set: 310 of 312 predictions are missing (scene0011_01, ";
    assert!(checked.out.contains(missing) && checked.out.contains("and 307 more)"), "{}", checked.out);
    assert!(checked.out.contains("--only-present") && checked.out.lines().count() == 2, "{}", checked.out);
    args.push(&"--only-present");
    let shown = ok(&args).out;
    assert!(shown.contains("2 scans checked: 0 errors") && shown.contains("complete"), "{shown}");
    let export: [support::Arg; 8] =
        [&"export-benchmark", &trained(), &"--data", &data, &"--split", &"val", &"--out", &out];
    assert_eq!(run(&export).code, Some(1));
    ok(&[&export[..], &[&"--only-present"]].concat());
}

#[test]
fn what_a_killed_export_left_does_not_stop_the_next() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let out = dir.path().join("out");
    std::fs::create_dir(&out).unwrap();
    for name in [format!(".tmp-{VAL}.txt.abcdef"), ".tmp-old".to_owned()] {
        std::fs::write(out.join(name), "half").unwrap();
    }
    let args: [support::Arg; 8] =
        [&"export-benchmark", &trained(), &"--data", &f.data, &"--split", &"val", &"--out", &out];
    let shown = ok(&args).out;
    // its own is removed, and another one is no reason to refuse the upload
    assert!(shown.contains("note: data set: '.tmp-old' is half a file") && shown.contains("complete"), "{shown}");
    assert!(!out.join(format!(".tmp-{VAL}.txt.abcdef")).exists());
}

#[test]
fn ids_with_a_point_are_warned_of_and_class_indices_guessed() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let out = dir.path().join("submission");
    ok(&[&"export-benchmark", &trained(), &"--data", &f.data, &"--split", &"val", &"--out", &out]);
    let file = out.join(format!("{VAL}.txt"));
    let ids = lines(&file);
    let write =
        |line: &dyn Fn(&i32) -> String| std::fs::write(&file, ids.iter().map(line).collect::<String>()).unwrap();
    let check = || run(&[&"check-submission", &out, &"--data", &f.data, &"--split", &"val"]);
    write(&|id| format!("{id}.0\n"));
    let shown = check();
    assert!(shown.code == Some(0) && shown.out.contains("an id with a point"), "{shown:?}");
    write(&|_| "0\n".into());
    let shown = check();
    assert!(shown.code == Some(1) && shown.out.contains("looks like class indices"), "{shown:?}");
    write(&|_| "nan\n".into());
    assert_eq!(check().code, Some(1));
}
