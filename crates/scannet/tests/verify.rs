//! Verification of raw folders, statistics, submissions.

mod common;

use common::*;
use labelset::LabelSet;
use scannet::*;

fn check(raw: &Raw) -> Report {
    verify(&raw.open(), &VerifyOptions::default(), &|_, _| {})
}

#[test]
fn a_good_folder_has_only_notes() {
    let raw = Raw::new();
    let counted = std::sync::atomic::AtomicUsize::new(0);
    let report = verify(&raw.open(), &VerifyOptions::default(), &|_, total| {
        assert_eq!(total, 5);
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(counted.into_inner(), 5);
    assert_eq!(report.summary(), "5 scans checked: 0 errors, 0 warnings, 2 notes", "{report}");
    assert!(report.is_ok());
}

#[test]
fn every_fault_is_found_and_has_a_remedy() {
    let raw = Raw::new();
    let write = |scan: &str, suffix: &str, bytes: &[u8]| std::fs::write(raw.file(scan, suffix), bytes).unwrap();
    let remove = |scan: &str, suffix: &str| std::fs::remove_file(raw.file(scan, suffix)).unwrap();

    write("scene0000_00", "_vh_clean_2.ply", b"");
    remove("scene0000_00", ".aggregation.json");
    remove("scene0000_00", "_vh_clean_2.labels.ply");
    write("scene0000_00", "_vh_clean.aggregation.json", b"{}");
    raw.objects("scene0000_01", &[("wall", &[10]), ("wall", &[10]), ("crate", &[11]), ("ceiling", &[12])]);
    let mut odd = NYU40;
    odd[11] = 149;
    write_labels_ply(raw.file("scene0000_01", "_vh_clean_2.labels.ply"), &Raw::mesh(1), &odd).unwrap();
    raw.objects("scene0001_00", &[("wall", &[5, 6, 7, 10])]);
    Segments { seg_indices: vec![1; 7], ..Segments::default() }
        .write(raw.file("scene0002_00", "_vh_clean_2.0.010000.segs.json"))
        .unwrap();
    raw.add_mesh("scans", "scene0800_00", 1);
    raw.add_mesh("scans_test", "scene0002_00", 1);
    raw.list("test", &["scene0707_00", "scene0708_00"]);
    let table = raw.path().join("scannetv2-labels.combined.tsv");
    let text = std::fs::read_to_string(&table).unwrap();
    std::fs::write(&table, format!("{text}1\twall\n")).unwrap();

    let report = check(&raw);
    let shown = report.to_string();
    for expected in [
        "warning: data set: 1 of the 2 test scans is not on disk: scene0708_00; fetch them",
        "warning: data set: 1 scan on disk is in no split list: scene0800_00; list them",
        "warning: data set: label table, line 5: left out: 'wall' has no NYU40 id",
        "error: scene0000_00: aggregation not found; fetch this file; '_vh_clean.aggregation.json' belongs",
        "error: scene0000_00: the file is empty (0 bytes), as after an interrupted download; fetch it again",
        "warning: scene0000_01: the label table has no raw name 'crate'; its vertices are ignored (3 vertices)",
        "warning: scene0000_01: labels.ply and aggregation.json disagree at 3 of 12 vertices",
        "note: scene0000_01: 1 of 4 objects are listed twice; the first listing was kept (3 vertices)",
        "note: scene0000_01: labels.ply: NYU40 id 149 is no class; its vertices are ignored (1 vertex)",
        "error: scene0001_00: 3 of the 4 segments of its objects do not exist in the mesh",
        "error: scene0002_00: segments of 7 vertices for a mesh of 12",
        "warning: scene0002_00: the scan is on disk twice; this one is not used; remove one",
        "note: scene0707_00: no axisAlignment",
    ] {
        assert!(shown.contains(expected), "{expected}\nis not in\n{shown}");
    }
    assert_eq!(report.count(Severity::Error), 4, "{shown}");
    assert!(report.findings.is_sorted() && report.findings.iter().all(|f| !f.remedy.is_empty()));
    let back: Report = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
    assert_eq!(back, report);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(pool.install(|| check(&raw)), report);
}

#[test]
fn statistics_count_what_is_there() {
    let (raw, out) = (Raw::new(), tempfile::tempdir().unwrap());
    preprocess(&raw.open(), out.path(), &PreprocessOptions::default(), &|_| {}).unwrap();
    let store = PreparedStore::open(out.path()).unwrap();
    let stats = split_stats(&store, Split::Train, &LabelSet::scannet20(), &|| {}).unwrap();
    assert_eq!((stats.points, stats.points_range, stats.ignored, stats.unannotated), (36, [12, 12], 18, 9));
    assert_eq!((stats.classes[0], stats.classes[4], stats.classes.iter().sum::<u64>()), (9, 9, 18));
    assert!((stats.spacing - 0.02).abs() < 1e-4 && (stats.largest_extent[0] - 0.1).abs() < 1e-4, "{stats:?}");
    assert_eq!((stats.scenes[1].instances, stats.scenes[1].min), (Some(3), [1.0, 0.0, 0.5]));
    let v1 = split_stats(&store, Split::Train, &LabelSet::pointnet_v1(), &|| {}).unwrap();
    assert_eq!((v1.classes[0], v1.classes[2], v1.ignored), (9, 9, 18));
    let test = split_stats(&store, Split::Test, &LabelSet::scannet20(), &|| {}).unwrap();
    assert_eq!((test.scenes[0].classes.as_ref(), test.ignored), (None, 0));
}

#[test]
fn a_missing_label_table_is_one_finding() {
    let raw = Raw::new();
    std::fs::remove_file(raw.path().join("scannetv2-labels.combined.tsv")).unwrap();
    let shown = check(&raw).to_string();
    assert!(shown.contains("warning: data set: there is no label table, so classes come from labels.ply"), "{shown}");
    assert!(shown.ends_with("5 scans checked: 0 errors, 1 warning, 1 note"), "{shown}");
    for scan in ["scene0000_00", "scene0002_00"] {
        std::fs::remove_file(raw.file(scan, "_vh_clean_2.labels.ply")).unwrap();
    }
    let shown = check(&raw).to_string();
    let expected =
        "label table, without which 2 scans cannot be labelled, not found; put scannetv2-labels.combined.tsv";
    assert!(shown.contains(&format!("error: data set: {expected}")), "{shown}");
    assert!(shown.ends_with("5 scans checked: 1 error, 0 warnings, 1 note"), "{shown}");
    let out = tempfile::tempdir().unwrap();
    let refused = preprocess(&raw.open(), out.path(), &PreprocessOptions::default(), &|_| {}).unwrap_err();
    assert!(refused.to_string().starts_with(expected), "{refused}");
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0);
    // the table lies one folder up
    let scans = RawDataset::open(raw.path().join("scans"), &RawOptions::default()).unwrap();
    std::fs::write(raw.path().join("scannetv2-labels.combined.tsv"), "x").unwrap();
    let shown = verify(&scans, &VerifyOptions::default(), &|_, _| {}).to_string();
    assert!(shown.contains("it is in the folder above: give"), "{shown}");
}

#[test]
fn scans_of_any_name_are_used_and_others_are_named() {
    let raw = Raw::new();
    for name in ["my kitchen", "Büro 2 (links)"] {
        raw.add(name, 1);
    }
    raw.list("val", &["scene0002_00", "my kitchen", "Büro 2 (links)"]);
    raw.add_mesh("scans", "renamed", 1);
    std::fs::rename(raw.path().join("scans/renamed"), raw.path().join("scans/hall")).unwrap();
    let shown = check(&raw).to_string();
    assert!(
        shown.contains("warning: data set: a folder with a mesh is not used as a scan; its mesh is not named"),
        "{shown}"
    );
    assert!(shown.ends_with("7 scans checked: 0 errors, 1 warning, 2 notes"), "{shown}");
    let out = tempfile::tempdir().unwrap();
    let outcome = preprocess(&raw.open(), out.path(), &PreprocessOptions::default(), &|_| {}).unwrap();
    assert_eq!((outcome.done.len(), outcome.failed.len()), (7, 0));
    let store = PreparedStore::open(out.path()).unwrap();
    assert_eq!(store.scenes(Split::Val), ["Büro 2 (links)", "my kitchen", "scene0002_00"]);
    let report = verify_store(&store, &LabelSet::scannet20(), &|_, _| {}).unwrap();
    assert_eq!(report.to_string(), "7 scans checked: 0 errors, 0 warnings, 0 notes");
}

#[test]
fn raw_folders_and_lists_that_are_nearly_right() {
    let raw = Raw::new();
    let open = |path: &std::path::Path| RawDataset::open(path, &RawOptions::default()).unwrap_err().to_string();
    let zip = raw.path().join("scans.zip");
    std::fs::write(&zip, "PK").unwrap();
    assert!(open(&zip).contains("this is a file, not a raw ScanNet folder; unpack it"));
    let message = open(&raw.path().join("scans/scene0000_00"));
    assert!(message.contains("the folder of one scan; give the folder that contains it"), "{message}");
    let above = tempfile::tempdir().unwrap();
    std::fs::rename(raw.path(), above.path().join("ScanNet")).unwrap();
    let message = open(above.path());
    assert!(message.contains("they are one folder deeper: give") && message.contains("ScanNet"), "{message}");
    std::fs::rename(above.path().join("ScanNet"), raw.path()).unwrap();

    for (line, expected) in [
        ("scene0000_00.ply", "line 2: 'scene0000_00.ply' is the name of a file; write 'scene0000_00'"),
        ("scene0000_00_vh_clean_2.ply", "write 'scene0000_00'; list the names of scans"),
        ("scans/scene0000_00", "'scans/scene0000_00' is not the name of a scan such as scene0000_00; list one name"),
    ] {
        raw.list("train", &["# train", line]);
        assert!(open(raw.path()).contains(expected), "{}", open(raw.path()));
    }
    // where nothing can be prepared, verify fails
    raw.list("train", &["scene0500_00"]);
    raw.list("val", &[]);
    raw.list("test", &[]);
    let report = check(&raw);
    let message = "error: data set: there is nothing to prepare: none of the 5 scans on disk is in a split list";
    assert!(report.to_string().contains(message) && !report.is_ok(), "{report}");
    // a file that a program left while it was writing the folder
    std::fs::write(raw.path().join(INCOMPLETE), "").unwrap();
    assert!(open(raw.path()).contains("the folder is not complete"));
}

#[test]
fn text_files_of_gigabytes_are_not_read() {
    let raw = Raw::new();
    let grow = |path: std::path::PathBuf| {
        let before = std::fs::read(&path).unwrap();
        std::fs::File::options().write(true).open(&path).unwrap().set_len(5 << 30).unwrap();
        let shown = match RawDataset::open(raw.path(), &RawOptions::default()) {
            Ok(raw) => verify(&raw, &VerifyOptions::default(), &|_, _| {}).to_string(),
            Err(error) => error.to_string(),
        };
        assert!(shown.contains(" MB, but such a file has at most "), "{}: {shown}", path.display());
        std::fs::write(path, before).unwrap();
    };
    grow(raw.path().join("splits/train.txt"));
    grow(raw.path().join("scannetv2-labels.combined.tsv"));
    for suffix in ["_vh_clean_2.0.010000.segs.json", ".aggregation.json", ".txt"] {
        grow(raw.file("scene0000_00", suffix));
    }
}

#[test]
fn submissions_are_checked_line_by_line() {
    let (raw, dir) = (Raw::new(), tempfile::tempdir().unwrap());
    let raw = raw.open();
    let labels = LabelSet::scannet20();
    let check = || check_submission(dir.path(), &raw.expected_scans(Split::Train).unwrap(), &labels).unwrap();
    let path = |scan: &str| dir.path().join(format!("{scan}.txt"));
    for scan in ["scene0000_00", "scene0000_01", "scene0001_00"] {
        write_benchmark_labels(path(scan), &[19; VERTICES], &labels).unwrap();
    }
    assert_eq!(check().summary(), "3 scans checked: 0 errors, 0 warnings, 0 notes");
    assert_eq!(std::fs::read_to_string(path("scene0000_00")).unwrap(), "39\n".repeat(VERTICES));
    for class in [-1, 20] {
        let message = write_benchmark_labels(path("x"), &[1, class], &labels).unwrap_err().to_string();
        assert!(message.contains(&format!("vertex 1 has class index {class}; predict one of the 20")), "{message}");
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let truth = elsewhere.path().join("truth.txt");
    write_benchmark_truth(&truth, &[-1, 0, 19], &labels).unwrap();
    assert_eq!(std::fs::read_to_string(&truth).unwrap(), "0\n1\n39\n");
    std::fs::remove_file(path("scene0000_00")).unwrap();
    std::fs::write(path("scene0000_01"), "1\n".repeat(11)).unwrap();
    std::fs::write(path("scene0001_00"), format!("{}19\n", "1\n".repeat(11))).unwrap();
    std::fs::write(dir.path().join("readme.md"), "").unwrap();
    let shown = check().to_string();
    for expected in [
        "error: data set: 'readme.md' is not a prediction",
        "error: scene0000_00: there is no scene0000_00.txt",
        "error: scene0000_01: 11 lines for 12 vertices",
        "error: scene0001_00: line 12 is '19', which is not an id of scannet20 (1 such lines)",
    ] {
        assert!(shown.contains(expected), "{expected}\nis not in\n{shown}");
    }
}
