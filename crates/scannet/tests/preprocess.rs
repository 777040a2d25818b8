//! Preprocessing: layout, resuming, failures, shards.

mod common;

use common::*;
use labelset::LabelSet;
use scannet::npy::Array;
use scannet::*;
use std::path::Path;

fn run(raw: &Raw, out: &Path, options: &PreprocessOptions) -> PreprocessOutcome {
    preprocess(&raw.open(), out, options, &|_| {}).unwrap()
}

/// All arrays of a scene, with labels of a set.
fn load(out: &Path, split: Split, scene: &str, labels: &LabelSet) -> Scene {
    let arrays = Arrays { color: true, normal: true, labels: Some(labels), instance: true };
    PreparedStore::open(out).unwrap().load_arrays(split, scene, &arrays).unwrap()
}

fn defaults() -> PreprocessOptions {
    PreprocessOptions::default()
}

#[test]
fn scenes_have_pointcepts_layout() {
    let (raw, out) = (Raw::new(), tempfile::tempdir().unwrap());
    let outcome = run(&raw, out.path(), &defaults());
    assert_eq!((outcome.done.len(), outcome.failed.len()), (5, 0));
    let names: Vec<String> = tree(out.path()).into_iter().map(|f| f.0).collect();
    let of = |scene: &str| names.iter().filter_map(|n| n.strip_prefix(scene)).collect::<Vec<_>>();
    let labelled =
        ["color.npy", "coord.npy", "instance.npy", "normal.npy", "scene.json", "segment20.npy", "segment200.npy"];
    assert_eq!(of("train/scene0000_00/"), labelled);
    assert_eq!(of("test/scene0707_00/"), ["color.npy", "coord.npy", "normal.npy", "scene.json"]);

    let bytes = std::fs::read(out.path().join("train/scene0000_01/coord.npy")).unwrap();
    let coord = Array::parse(&bytes).unwrap();
    assert!(coord.fortran_order && coord.shape == [VERTICES, 3]);
    let text = String::from_utf8_lossy(&bytes[10..80]).into_owned();
    assert!(text.starts_with("{'descr': '<f4', 'fortran_order': True, 'shape': (12, 3), }"), "{text}");
    assert_eq!(coord.points().unwrap(), Raw::mesh(1).coord);

    let store = PreparedStore::open(out.path()).unwrap();
    assert_eq!(store.scenes(Split::Train), ["scene0000_00", "scene0000_01", "scene0001_00"]);
    let scene = load(out.path(), Split::Train, "scene0000_01", &LabelSet::scannet20());
    assert_eq!(scene.segment.as_deref(), Some(&SEGMENT20[..]));
    assert_eq!(scene.instance.as_deref(), Some(&INSTANCE[..]));
    assert_eq!(scene.color.as_ref().unwrap()[3], [3., 1., 255.]);
    assert_eq!(scene.normal.as_ref().unwrap()[5], [0., 0., 1.]);
    let scene = load(out.path(), Split::Train, "scene0000_01", &LabelSet::scannet200());
    assert_eq!(scene.segment.unwrap()[..4], [0, 0, 0, 1]);
    let scene = load(out.path(), Split::Train, "scene0000_01", &LabelSet::pointnet_v1());
    assert_eq!(scene.segment.unwrap()[..10], [0, 0, 0, 2, 2, 2, -1, -1, -1, -1]);
    assert!(store.has_array(Split::Train, "scene0000_01", "segment200"));
    assert!(!store.has_array(Split::Train, "scene0000_01", "segment40"));
    let test = load(out.path(), Split::Test, "scene0707_00", &LabelSet::scannet20());
    assert!(test.segment.is_none() && test.instance.is_none() && test.normal.is_some());

    let entry = store.manifest().unwrap().entry("scene0000_01").unwrap();
    assert_eq!((entry.vertices, entry.unannotated, entry.classes.as_ref().unwrap()[4]), (12, Some(3), 3));
    let sources: Vec<&str> = entry.sources.iter().map(|s| s.file.as_str()).collect();
    assert_eq!(
        sources,
        [
            "scene0000_01_vh_clean_2.ply",
            "scene0000_01_vh_clean_2.0.010000.segs.json",
            "scene0000_01.aggregation.json",
            "scannetv2-labels.combined.tsv"
        ]
    );
}

#[test]
fn a_second_run_redoes_only_what_changed() {
    let (raw, out) = (Raw::new(), tempfile::tempdir().unwrap());
    run(&raw, out.path(), &defaults());
    let first = tree(out.path());
    let again = run(&raw, out.path(), &defaults());
    assert_eq!((again.done.len(), again.skipped.len()), (0, 5));
    assert_eq!(tree(out.path()), first);

    raw.objects("scene0000_01", &[("wall", &[11])]);
    std::fs::write(out.path().join("train/scene0001_00/normal.npy"), b"cut").unwrap();
    std::fs::remove_dir_all(out.path().join("test/scene0707_00")).unwrap();
    let again = run(&raw, out.path(), &defaults());
    assert_eq!(again.done, ["scene0000_01", "scene0001_00", "scene0707_00"]);
    assert_eq!(again.skipped, ["scene0000_00", "scene0002_00"]);
    let fresh = tempfile::tempdir().unwrap();
    run(&raw, fresh.path(), &defaults());
    assert_eq!(tree(out.path()), tree(fresh.path()));

    // damage that keeps the size is found too
    let path = out.path().join("train/scene0001_00/coord.npy");
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let store = PreparedStore::open(out.path()).unwrap();
    let message = store.check_files(&[Split::Train]).unwrap_err().to_string();
    assert!(message.starts_with("damaged: its bytes are not those") && message.ends_with("coord.npy"), "{message}");
    assert_eq!(store.check_files(&[Split::Val, Split::Test]).unwrap().files, 6 + 3);
    let report = verify_store(&store, &LabelSet::scannet20(), &|_, _| {}).unwrap();
    assert!(report.to_string().contains("error: scene0001_00: damaged: its bytes"), "{report}");
    assert_eq!(run(&raw, out.path(), &defaults()).done, ["scene0001_00"]);
    assert_eq!(tree(out.path()), tree(fresh.path()));
}

#[test]
fn other_options_are_refused_unless_forced() {
    let (raw, out) = (Raw::new(), tempfile::tempdir().unwrap());
    run(&raw, out.path(), &PreprocessOptions { nyu40: true, ..defaults() });
    let before = tree(out.path());
    let go = |options: PreprocessOptions| preprocess(&raw.open(), out.path(), &options, &|_| {});
    let message = go(defaults()).unwrap_err().to_string();
    let expected =
        "the store has 5 scans prepared with --nyu40, this run has the default options; give the same options";
    assert!(message.starts_with(expected) && message.contains("--force"), "{message}");
    assert_eq!(tree(out.path()), before);
    let forced = PreprocessOptions { force: true, normals: false, ..defaults() };
    assert_eq!(go(forced).unwrap().done.len(), 5);
    assert!(!out.path().join("train/scene0000_00/normal.npy").exists());
    assert!(!out.path().join("train/scene0000_00/segment40.npy").exists());
    // scans of another raw folder stay, so they must have the same options
    let other = Raw::new();
    for split in ["train", "val"] {
        other.list(split, &[]);
    }
    other.add_mesh("scans_test", "scene0709_00", 3);
    other.list("test", &["scene0709_00"]);
    let message = preprocess(&other.open(), out.path(), &PreprocessOptions { force: true, ..defaults() }, &|_| {});
    let message = message.unwrap_err().to_string();
    assert!(message.contains("was prepared with --no-normals, this run has the default options"), "{message}");
    run(&other, out.path(), &PreprocessOptions { normals: false, ..defaults() });
    assert_eq!(PreparedStore::open(out.path()).unwrap().scenes(Split::Test).len(), 2);
}

#[test]
fn scenes_of_an_interrupted_run_on_other_scans_are_not_taken_over() {
    let (raw, out) = (Raw::new(), tempfile::tempdir().unwrap());
    run(&raw, out.path(), &defaults());
    // as a kill leaves it: some scenes, and no manifest
    std::fs::remove_file(out.path().join("manifest.json")).unwrap();
    std::fs::remove_dir_all(out.path().join("val")).unwrap();
    let message = PreparedStore::open(out.path()).unwrap_err().to_string();
    assert!(message.starts_with("the preparation of the store was interrupted; run preprocess again"), "{message}");
    for split in ["train", "val"] {
        raw.list(split, &[]);
    }
    let message = preprocess(&raw.open(), out.path(), &defaults(), &|_| {}).unwrap_err().to_string();
    assert!(message.contains("scene0000_00 is from a preparation of other scans, which was interrupted"), "{message}");
}

#[test]
fn stores_of_another_program_are_replaced_only_by_force() {
    let (raw, out) = (Raw::new(), tempfile::tempdir().unwrap());
    let scene = out.path().join("train/scene0000_00");
    std::fs::create_dir_all(&scene).unwrap();
    std::fs::write(scene.join("coord.npy"), npy::encode_points(&[[0.0; 3]], true)).unwrap();
    let before = tree(out.path());
    let message = preprocess(&raw.open(), out.path(), &defaults(), &|_| {}).unwrap_err().to_string();
    assert!(message.starts_with("1 scene was prepared by another program; choose another folder"), "{message}");
    assert_eq!(tree(out.path()), before);
    let forced = PreprocessOptions { force: true, ..defaults() };
    assert_eq!(run(&raw, out.path(), &forced).done.len(), 5);
}

#[test]
fn shards_of_other_options_or_other_scans_are_not_merged() {
    let raw = Raw::new();
    let prepare = |out: &Path, shard: &str, options: PreprocessOptions| {
        run(&raw, out, &PreprocessOptions { shard: Some(shard.parse().unwrap()), ..options });
    };
    let refused = |out: &Path, parts: &[&str]| {
        for message in [merge_manifests(out).map(drop), PreparedStore::open(out).map(drop)] {
            let message = message.unwrap_err().to_string();
            assert!(parts.iter().all(|p| message.contains(p)), "{message}");
        }
    };
    let mixed = tempfile::tempdir().unwrap();
    prepare(mixed.path(), "1/2", defaults());
    prepare(mixed.path(), "2/2", PreprocessOptions { align: true, ..defaults() });
    refused(mixed.path(), &["the store is mixed: scene0000_00 was prepared with the default options", "with --align"]);
    // a scene that was not copied, and one that was prepared again elsewhere
    let out = tempfile::tempdir().unwrap();
    prepare(out.path(), "1/2", defaults());
    prepare(out.path(), "2/2", defaults());
    let (scene, aside) = (out.path().join("train/scene0001_00"), out.path().join("aside"));
    std::fs::rename(&scene, &aside).unwrap();
    refused(out.path(), &["train/scene0001_00 is missing, or is not the one that its shard prepared"]);
    std::fs::rename(&aside, &scene).unwrap();
    // a whole store is changed by a shard, and is not whole until all shards have run
    run(&raw, out.path(), &defaults());
    prepare(out.path(), "1/2", defaults());
    refused(out.path(), &["manifest.shard-2-of-2.json not found"]);
    // shards that saw other scans
    raw.list("test", &[]);
    prepare(out.path(), "2/2", defaults());
    refused(out.path(), &["its shards divide different scans (5 and 4)"]);
    // counts in names are not believed
    std::fs::write(out.path().join("manifest.shard-1-of-18446744073709551615.json"), "").unwrap();
    refused(out.path(), &["its shards divide different scans"]);
    assert!("1/10001".parse::<Shard>().is_err() && "10000/10000".parse::<Shard>().is_ok());
}

#[test]
fn a_scan_that_fails_leaves_the_store_and_comes_back() {
    let (raw, out, fresh) = (Raw::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(&raw, fresh.path(), &defaults());
    run(&raw, out.path(), &defaults());
    let mesh = raw.file("scene0000_01", "_vh_clean_2.ply");
    let bytes = std::fs::read(&mesh).unwrap();
    std::fs::write(&mesh, b"ply\n").unwrap();
    assert_eq!(run(&raw, out.path(), &defaults()).failed.len(), 1);
    let store = PreparedStore::open(out.path()).unwrap();
    assert_eq!(store.scenes(Split::Train), ["scene0000_00", "scene0001_00"]);
    assert_eq!(store.manifest().unwrap().failed[0].id, "scene0000_01");
    let report = verify_store(&store, &LabelSet::scannet20(), &|_, _| {}).unwrap().to_string();
    assert!(
        report.contains("warning: data set: 1 scan could not be prepared: scene0000_01; run preprocess"),
        "{report}"
    );
    std::fs::write(&mesh, bytes).unwrap();
    assert_eq!(run(&raw, out.path(), &defaults()).done, ["scene0000_01"]);
    assert_eq!(tree(out.path()), tree(fresh.path()));
}

#[test]
fn a_scan_that_moves_to_another_split_leaves_the_old_one() {
    let (raw, out, fresh) = (Raw::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(&raw, out.path(), &defaults());
    raw.list("train", &["scene0000_00", "scene0001_00"]);
    raw.list("val", &["scene0002_00", "scene0000_01"]);
    run(&raw, fresh.path(), &defaults());
    let (old, new) = (out.path().join("train/scene0000_01"), out.path().join("val/scene0000_01"));
    assert_eq!(run(&raw, out.path(), &defaults()).done, ["scene0000_01"]);
    assert!(!old.exists() && new.is_dir());
    assert_eq!(tree(out.path()), tree(fresh.path()));
}

#[test]
fn nyu40_ids_are_written_on_request() {
    let (raw, out) = (Raw::new(), tempfile::tempdir().unwrap());
    run(&raw, out.path(), &defaults());
    let manifest = || std::fs::read_to_string(out.path().join("manifest.json")).unwrap();
    assert!(!manifest().contains("nyu40"));
    let with = PreprocessOptions { nyu40: true, ..defaults() };
    let forced = PreprocessOptions { force: true, ..with.clone() };
    assert_eq!(run(&raw, out.path(), &forced).done.len(), 5);
    assert_eq!(run(&raw, out.path(), &with).skipped.len(), 5);
    assert!(manifest().contains("\"nyu40\": true"));
    let bytes = std::fs::read(out.path().join("train/scene0000_00/segment40.npy")).unwrap();
    assert_eq!(bytes, npy::encode_labels(&NYU40));
    let scene = load(out.path(), Split::Train, "scene0000_00", &LabelSet::nyu40());
    assert_eq!(scene.segment.unwrap(), NYU40.map(|id| id - 1));
    assert!(!out.path().join("test/scene0707_00/segment40.npy").exists());
}

#[test]
fn a_changed_table_or_split_counts_as_a_change() {
    let (raw, out) = (Raw::new(), tempfile::tempdir().unwrap());
    run(&raw, out.path(), &defaults());
    let table = raw.path().join("scannetv2-labels.combined.tsv");
    let text = std::fs::read_to_string(&table).unwrap();
    std::fs::write(&table, text.replace("45\tceiling\tceiling\t1\t22", "45\tceiling\tceiling\t1\t39")).unwrap();
    assert_eq!(run(&raw, out.path(), &defaults()).done.len(), 4);
    assert_eq!(load(out.path(), Split::Val, "scene0002_00", &LabelSet::scannet20()).segment.unwrap()[6], 19);

    raw.list("train", &["scene0000_00", "scene0000_01"]);
    raw.list("val", &["scene0002_00", "scene0001_00"]);
    assert_eq!(run(&raw, out.path(), &defaults()).done, ["scene0001_00"]);
    assert!(!out.path().join("train/scene0001_00").exists() && out.path().join("val/scene0001_00").exists());
}

#[test]
fn failures_are_collected_and_other_scans_are_prepared() {
    let (raw, out) = (Raw::new(), tempfile::tempdir().unwrap());
    let mesh = raw.file("scene0000_01", "_vh_clean_2.ply");
    let bytes = std::fs::read(&mesh).unwrap();
    std::fs::write(&mesh, &bytes[..bytes.len() - 7]).unwrap();
    std::fs::remove_file(raw.file("scene0001_00", ".aggregation.json")).unwrap();
    std::fs::remove_file(raw.file("scene0001_00", "_vh_clean_2.labels.ply")).unwrap();
    raw.objects("scene0002_00", &[("crate", &[10, 11])]);
    raw.add("scene0800_00", 3);
    raw.list("test", &["scene0707_00", "scene0708_00"]);
    let seen = std::sync::Mutex::new(Vec::new());
    let outcome = preprocess(&raw.open(), out.path(), &defaults(), &|p| {
        seen.lock().unwrap().push((p.scan.to_owned(), matches!(p.state, ScanState::Failed(_)), p.finished, p.total));
    })
    .unwrap();
    assert_eq!(outcome.done, ["scene0000_00", "scene0002_00", "scene0707_00"]);
    let failed: Vec<String> = outcome.failed.iter().map(|(s, e)| format!("{s}: {e}")).collect();
    assert!(failed[0].starts_with("scene0000_01: truncated") && failed[0].ends_with("_vh_clean_2.ply"), "{failed:?}");
    assert!(failed[1].starts_with("scene0001_00: annotation not found"), "{failed:?}");
    assert!(
        outcome.faults.iter().any(|(s, f)| s == "scene0002_00" && f.kind == FaultKind::UnknownName && f.vertices == 6)
    );
    assert_eq!(outcome.missing, [(Split::Test, "scene0708_00".to_owned())]);
    assert_eq!(outcome.unlisted, ["scene0800_00"]);
    let mut seen = seen.into_inner().unwrap();
    // Calls can overlap, so the numbers come in any order.
    let mut finished: Vec<usize> = seen.iter().map(|s| s.2).collect();
    finished.sort();
    assert_eq!(finished, [1, 2, 3, 4, 5]);
    seen.sort();
    assert_eq!(seen.iter().filter(|s| s.1).map(|s| s.0.as_str()).collect::<Vec<_>>(), ["scene0000_01", "scene0001_00"]);
    assert!(seen.iter().all(|s| s.3 == 5));

    let names: Vec<String> = tree(out.path()).into_iter().map(|f| f.0).collect();
    assert!(!names.iter().any(|n| n.contains("scene0000_01") || n.contains(".tmp") || n.contains(".old")), "{names:?}");
    // Once the file is repaired, the run continues where it stopped.
    std::fs::write(&mesh, &bytes).unwrap();
    assert_eq!(run(&raw, out.path(), &defaults()).done, ["scene0000_01"]);
}

#[test]
fn merged_shards_have_the_bytes_of_one_run() {
    let (raw, whole, parts) = (Raw::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(&raw, whole.path(), &defaults());
    let shard = |i| PreprocessOptions { shard: Shard::new(i, 2), ..defaults() };
    let first = run(&raw, parts.path(), &shard(1));
    assert_eq!(first.done, ["scene0000_00", "scene0001_00", "scene0707_00"]);
    assert!(first.manifest.ends_with("manifest.shard-1-of-2.json"));
    let message = PreparedStore::open(parts.path()).unwrap_err().to_string();
    assert!(message.contains("manifest.shard-2-of-2.json not found; run these shards"), "{message}");
    assert!(merge_manifests(parts.path()).is_err());
    assert_eq!(run(&raw, parts.path(), &shard(1)).skipped.len(), 3);
    run(&raw, parts.path(), &shard(2));
    let (a, b) = (PreparedStore::open(whole.path()).unwrap(), PreparedStore::open(parts.path()).unwrap());
    assert_eq!(a.fingerprint().unwrap(), b.fingerprint().unwrap());
    // a file that came damaged, or not at all, makes no whole store
    let array = parts.path().join("train/scene0001_00/segment20.npy");
    let bytes = std::fs::read(&array).unwrap();
    for (damage, part) in [(Some(&bytes[..bytes.len() - 1]), "bytes, but"), (None, "missing, although it was written")]
    {
        match damage {
            Some(bytes) => std::fs::write(&array, bytes).unwrap(),
            None => std::fs::remove_file(&array).unwrap(),
        }
        let message = merge_manifests(parts.path()).unwrap_err().to_string();
        assert!(message.contains(part) && message.ends_with("segment20.npy"), "{message}");
        assert!(!parts.path().join("manifest.json").exists());
    }
    std::fs::write(&array, bytes).unwrap();
    merge_manifests(parts.path()).unwrap();
    assert_eq!(tree(whole.path()), tree(parts.path()));
    assert_eq!(run(&raw, parts.path(), &defaults()).skipped.len(), 5);
    assert_eq!("2/4".parse::<Shard>().unwrap(), Shard::new(2, 4).unwrap());
    assert!("0/4".parse::<Shard>().is_err() && "5/4".parse::<Shard>().is_err() && "1/0".parse::<Shard>().is_err());
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let raw = Raw::new();
    let outputs: Vec<_> = [1, 4]
        .into_iter()
        .map(|threads| {
            let out = tempfile::tempdir().unwrap();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| run(&raw, out.path(), &defaults()));
            tree(out.path())
        })
        .collect();
    assert_eq!(outputs[0], outputs[1]);
}

#[test]
fn alignment_is_applied_and_its_absence_is_a_fault() {
    let (raw, out) = (Raw::new(), tempfile::tempdir().unwrap());
    let outcome = run(&raw, out.path(), &PreprocessOptions { align: true, ..defaults() });
    let scene = load(out.path(), Split::Train, "scene0000_00", &LabelSet::scannet20());
    let [x, y, z] = Raw::mesh(0).coord[4];
    assert_eq!(scene.coord[4], [-y, x, z + 1.0]);
    let faults: Vec<_> = outcome.faults.iter().filter(|(_, f)| f.kind == FaultKind::NoAxisAlignment).collect();
    assert_eq!((faults.len(), faults[0].0.as_str()), (1, "scene0707_00"));
}

/// What is far from the origin, as in the coordinates of a country, keeps its shape when it is aligned.
#[test]
fn alignment_keeps_far_scans_near_the_origin() {
    let (raw, out) = (Raw::new(), tempfile::tempdir().unwrap());
    let far = Mesh { offset: [691_200.0, 5_334_600.0, 0.0], ..Raw::mesh(0) };
    write_mesh(raw.file("scene0000_00", "_vh_clean_2.ply"), &far).unwrap();
    run(&raw, out.path(), &PreprocessOptions { align: true, ..defaults() });
    let coord = load(out.path(), Split::Train, "scene0000_00", &LabelSet::scannet20()).coord;
    for (now, [x, y, z]) in coord.iter().zip(far.coord) {
        let expected = [-y, x, z + 1.0];
        assert!((0..3).all(|k| (now[k] - expected[k]).abs() < 1e-5), "{now:?}, not {expected:?}");
    }
}

#[test]
fn a_scan_whose_annotation_has_no_object_is_named() {
    let (raw, out) = (Raw::new(), tempfile::tempdir().unwrap());
    raw.objects("scene0000_01", &[]);
    let outcome = run(&raw, out.path(), &defaults());
    let faults: Vec<_> = outcome.faults.iter().filter(|(_, f)| f.kind == FaultKind::NoObjects).collect();
    assert_eq!((faults.len(), faults[0].0.as_str()), (1, "scene0000_01"));
    let report = verify(&raw.open(), &VerifyOptions::default(), &|_, _| {}).to_string();
    assert!(report.contains("warning: scene0000_01: the annotation has no object (12 vertices)"), "{report}");
}

#[test]
fn label_meshes_replace_a_missing_table() {
    let (raw, out) = (Raw::new(), tempfile::tempdir().unwrap());
    std::fs::remove_file(raw.path().join("scannetv2-labels.combined.tsv")).unwrap();
    let outcome = run(&raw, out.path(), &defaults());
    assert_eq!(outcome.faults.iter().filter(|(_, f)| f.kind == FaultKind::NoInstances).count(), 4);
    let scene = load(out.path(), Split::Val, "scene0002_00", &LabelSet::scannet20());
    assert_eq!((scene.segment.as_deref(), scene.instance), (Some(&SEGMENT20[..]), None));
}

#[test]
fn runs_that_cannot_start_say_why() {
    let (raw, out) = (Raw::new(), tempfile::tempdir().unwrap());
    let of = |release, out: &Path| {
        let raw = RawDataset::open(raw.path(), &RawOptions { release, ..RawOptions::default() }).unwrap();
        preprocess(&raw, out, &defaults(), &|_| {}).map(drop).unwrap_err().to_string()
    };
    let go = |out: &Path| of(Release::V2, out);
    run(&raw, out.path(), &defaults());
    let message = of(Release::V1, out.path());
    assert!(message.contains("release V2") && message.contains("another folder"), "{message}");
    let file = out.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(go(&file).contains("cannot write"));
    std::fs::write(out.path().join("manifest.json"), br#"{"format":9}"#).unwrap();
    assert!(go(out.path()).contains("format 9, this program reads 2"));
    std::fs::write(out.path().join("manifest.json"), b"{").unwrap();
    assert!(go(out.path()).contains("not a store's manifest"));
    // raw data with a store in their folder would not be taken for raw data any more
    let before = tree(raw.path());
    for inside in ["", "scans", "scans/scene0000_00", "scans/scene0000_00/new"] {
        let message = go(&raw.path().join(inside));
        assert!(message.contains("the output folder has the raw scans; choose another folder"), "{message}");
    }
    assert_eq!(tree(raw.path()), before);
    for split in ["train", "val", "test"] {
        raw.list(split, &[]);
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(go(empty.path()).contains("none of the 5 scans on disk is in a split list"));
}

#[test]
fn arrays_have_the_bytes_of_pointcepts_steps_in_numpy() {
    let (raw, out) = (Raw::new(), tempfile::tempdir().unwrap());
    run(&raw, out.path(), &defaults());
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/pointcept");
    let ours = out.path().join("train/scene0000_00");
    for name in ["coord", "color", "segment20", "segment200", "instance"] {
        let file = format!("{name}.npy");
        let (a, b) = (std::fs::read(ours.join(&file)).unwrap(), std::fs::read(reference.join(&file)).unwrap());
        assert!(a == b, "{file} differs from numpy's");
    }
}
