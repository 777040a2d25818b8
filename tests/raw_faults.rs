//! Scans that cannot be used: what the program says about them, and that the other scans are still prepared.

mod support;

use labelset::{LabelSet, NO_CLASS};
use scannet::{Aggregation, Arrays, PreparedStore, Segments, Split, read_mesh, write_mesh};
use std::path::Path;
use support::files::{assert_no_temporaries, json, paths};
use support::fixture::{TRAIN, VAL, raw_copy, scan_file};
use support::{Ran, ok, run};

const BROKEN: &str = TRAIN[0];
const MESH: &str = "_vh_clean_2.ply";
const SEGMENTS: &str = "_vh_clean_2.0.010000.segs.json";
const OBJECTS: &str = ".aggregation.json";
const LABELS: &str = "_vh_clean_2.labels.ply";

/// Breaks one scan, and asserts that verify and preprocess name the scan, the file, what is wrong and what to do, and
/// that nothing of the scan is written while the others are prepared.
fn broken(break_it: impl FnOnce(&Path), file: &str, parts: &[&str]) {
    let (dir, raw) = raw_copy();
    break_it(&raw);
    let path = scan_file(&raw, BROKEN, file).display().to_string();

    let verified = run(&[&"verify", &raw]);
    assert_eq!(verified.code, Some(1), "{verified:?}");
    let line = verified.out.lines().find(|l| l.starts_with(&format!("error: {BROKEN}: "))).unwrap_or_default();
    assert!(
        line.ends_with(&path) && parts.iter().all(|p| line.contains(p)),
        "{parts:?} and {path} in\n{}",
        verified.out
    );

    let data = dir.path().join("data");
    let prepared = run(&[&"preprocess", &raw, &"--out", &data]);
    assert_eq!(prepared.code, Some(1), "{prepared:?}");
    assert!(prepared.out.contains("2 scans prepared, 0 unchanged, 1 failed"), "{}", prepared.out);
    let line = prepared.err.lines().last().unwrap_or_default();
    assert!(line.starts_with(&format!("  {BROKEN}: ")) && line.ends_with(&path), "{}", prepared.err);
    prepared.complains(parts);

    assert_no_temporaries(&data);
    assert!(paths(&data).iter().all(|p| !p.display().to_string().contains(BROKEN)), "half-written: {:?}", paths(&data));
    let store = PreparedStore::open(&data).unwrap();
    assert_eq!(
        (store.scenes(Split::Train), store.scenes(Split::Val)),
        (&[TRAIN[1].to_owned()][..], &[VAL.to_owned()][..])
    );
}

fn file(raw: &Path, suffix: &str) -> std::path::PathBuf {
    scan_file(raw, BROKEN, suffix)
}

#[test]
fn a_missing_mesh() {
    broken(|raw| std::fs::remove_file(file(raw, MESH)).unwrap(), MESH, &["cannot read", "check the path"]);
}

#[test]
fn missing_segments() {
    broken(
        |raw| {
            std::fs::remove_file(file(raw, SEGMENTS)).unwrap();
            std::fs::remove_file(file(raw, LABELS)).unwrap();
        },
        SEGMENTS,
        &["segments not found", "fetch the scan's segs.json"],
    );
}

#[test]
fn a_truncated_mesh() {
    let cut = |raw: &Path| {
        let bytes = std::fs::read(file(raw, MESH)).unwrap();
        std::fs::write(file(raw, MESH), &bytes[..bytes.len() / 2]).unwrap();
    };
    broken(cut, MESH, &["truncated: the header promises at least", "fetch or export it again"]);
}

#[test]
fn an_empty_mesh_file() {
    broken(
        |raw| std::fs::write(file(raw, MESH), "").unwrap(),
        MESH,
        &["the file is empty (0 bytes)", "fetch it again"],
    );
}

#[test]
fn a_mesh_without_vertices() {
    let empty = "ply\nformat binary_little_endian 1.0\nelement vertex 0\n\
                 property float x\nproperty float y\nproperty float z\nend_header\n";
    broken(|raw| std::fs::write(file(raw, MESH), empty).unwrap(), MESH, &["the scan has no vertices", "leave it out"]);
}

#[test]
fn a_header_that_promises_the_moon() {
    let hostile = |raw: &Path| {
        let mut bytes = b"ply\nformat binary_little_endian 1.0\nelement vertex 18446744073709551615\n".to_vec();
        bytes.extend(b"property float x\nproperty float y\nproperty float z\nend_header\n");
        std::fs::write(file(raw, MESH), bytes).unwrap();
    };
    broken(hostile, MESH, &["truncated", "fetch or export it again"]);
}

#[test]
fn a_coordinate_that_is_not_a_number() {
    let nan = |raw: &Path| {
        let mut mesh = read_mesh(file(raw, MESH)).unwrap();
        mesh.coord[7][1] = f32::NAN;
        write_mesh(file(raw, MESH), &mesh).unwrap();
    };
    broken(nan, MESH, &["vertex 7 has a coordinate that is not finite", "remove such vertices"]);
}

#[test]
fn segments_of_another_mesh() {
    let shorten = |raw: &Path| {
        let mut segments = Segments::read(file(raw, SEGMENTS)).unwrap();
        segments.seg_indices.truncate(1000);
        segments.write(file(raw, SEGMENTS)).unwrap();
    };
    broken(shorten, OBJECTS, &["segments of 1000 vertices for a mesh of"]);
}

#[test]
fn objects_of_another_mesh() {
    let shift = |raw: &Path| {
        let mut objects = Aggregation::read(file(raw, OBJECTS)).unwrap();
        objects.groups.iter_mut().flat_map(|g| &mut g.segments).for_each(|s| *s += 1_000_000);
        objects.write(file(raw, OBJECTS)).unwrap();
    };
    broken(
        shift,
        OBJECTS,
        &["segments of its objects do not exist in the mesh", "use 'scene9000_00.aggregation.json'"],
    );
}

#[test]
fn json_that_ends_too_early() {
    let cut = |raw: &Path| {
        let bytes = std::fs::read(file(raw, OBJECTS)).unwrap();
        std::fs::write(file(raw, OBJECTS), &bytes[..bytes.len() - 20]).unwrap();
    };
    broken(cut, OBJECTS, &["not ScanNet's JSON for objects", "fetch the file again"]);
}

/// Prepares a raw folder into a new store next to it.
fn preprocess(dir: &Path, raw: &Path) -> Ran {
    ok(&[&"preprocess", &raw, &"--out", &dir.join("data")])
}

#[test]
fn a_few_unknown_segments_are_reported_and_the_scan_is_prepared() {
    let (dir, raw) = raw_copy();
    let mut objects = Aggregation::read(file(&raw, OBJECTS)).unwrap();
    let named: usize = objects.groups.iter().map(|g| g.segments.len()).sum();
    objects.groups[0].segments.push(1_000_000);
    objects.write(file(&raw, OBJECTS)).unwrap();
    let shown = preprocess(dir.path(), &raw).out;
    let expected = format!("{BROKEN}: objects name 1 of {} segments that the mesh does not have", named + 1);
    assert!(shown.contains(&expected) && shown.contains("3 scans prepared, 0 unchanged, 0 failed"), "{shown}");
}

#[test]
fn unknown_names_are_reported_with_their_vertices_and_the_scan_is_prepared() {
    let (dir, raw) = raw_copy();
    let mut objects = Aggregation::read(file(&raw, OBJECTS)).unwrap();
    objects.groups[0].label = "blorp".into();
    objects.write(file(&raw, OBJECTS)).unwrap();
    let segments = Segments::read(file(&raw, SEGMENTS)).unwrap();
    let vertices = segments.seg_indices.iter().filter(|s| objects.groups[0].segments.contains(s)).count();
    assert!(vertices > 0);
    let expected =
        format!("{BROKEN}: the label table has no raw name 'blorp'; its vertices are ignored ({vertices} vertices)");
    let shown = preprocess(dir.path(), &raw).out;
    assert!(shown.contains(&expected) && shown.contains("3 scans prepared, 0 unchanged, 0 failed"), "{shown}");
    let store = PreparedStore::open(dir.path().join("data")).unwrap();
    let labels = LabelSet::scannet20();
    let arrays = Arrays { labels: Some(&labels), ..Arrays::default() };
    let classes = store.load_arrays(Split::Train, BROKEN, &arrays).unwrap().segment.unwrap();
    for (vertex, segment) in segments.seg_indices.iter().enumerate() {
        if objects.groups[0].segments.contains(segment) {
            assert_eq!(classes[vertex], NO_CLASS);
        }
    }
}

#[test]
fn all_failures_are_listed_at_the_end_by_scan() {
    let (dir, raw) = raw_copy();
    std::fs::write(scan_file(&raw, TRAIN[1], MESH), "ply\nnonsense").unwrap();
    std::fs::remove_file(scan_file(&raw, BROKEN, MESH)).unwrap();
    let data = dir.path().join("data");
    let prepared = run(&[&"preprocess", &raw, &"--out", &data]);
    assert_eq!(prepared.code, Some(1));
    let lines: Vec<&str> = prepared.err.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "failed:"), "{}", prepared.err);
    assert!(lines[1].starts_with(&format!("  {}: cannot read", TRAIN[0])), "{}", prepared.err);
    assert!(lines[2].starts_with(&format!("  {}: not a readable PLY file", TRAIN[1])), "{}", prepared.err);
    let manifest = json(&data.join("manifest.json"));
    assert_eq!(manifest["scans"].as_array().unwrap().len(), 1);
    // with training scans missing there is nothing to train on, and no folder is left
    let config = &support::fixture::fixture().config;
    let out = dir.path().join("run");
    support::refused(
        &[&"train", config, &"--data", &data, &"--out", &out],
        &["no training scenes", "preprocess scans of the train split"],
    );
    assert!(!out.exists());
}

#[test]
fn folders_that_are_not_scannet_folders() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("nothing");
    for command in ["verify", "preprocess"] {
        let data = dir.path().join("data");
        let go = |raw: &Path, parts: &[&str]| match command {
            "verify" => support::refused(&[&command, &raw], parts),
            _ => support::refused(&[&command, &raw, &"--out", &data], parts),
        };
        go(&missing, &["cannot read", "check the path", "nothing"]);
        go(
            dir.path(),
            &["scans (folders such as scans/scene0000_00", "not found", "give the folder that contains 'scans'"],
        );
        assert!(!data.exists());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn paths_that_are_not_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let name = |bytes: &'static [u8]| std::ffi::OsStr::from_bytes(bytes);
    let (dir, copy) = raw_copy();
    let (raw, data) = (dir.path().join(name(b"r\xff")), dir.path().join(name(b"d\xff")));
    std::fs::rename(copy, &raw).unwrap();
    ok(&[&"preprocess", &raw, &"--out", &data]);
    ok(&[&"stats", &data]);
    ok(&[&"merge", &data]);
    ok(&[&"verify", &"--store", &data]);
    // a folder with such a name, or with line breaks in it, cannot be in a list
    for other in [name(b"scans/a\xff"), name(b"scans/a\nb")] {
        std::fs::create_dir(raw.join(other)).unwrap();
        std::fs::write(raw.join(other).join("x_vh_clean_2.ply"), "").unwrap();
    }
    let shown = ok(&[&"verify", &raw]).out;
    assert_eq!(shown.matches("a folder with a mesh is not used as a scan; its name has").count(), 2, "{shown}");
    assert!(shown.contains("3 scans checked: 0 errors, 2 warnings"), "{shown}");
    std::fs::create_dir(data.join(name(b"val/b\xff"))).unwrap();
    std::fs::write(data.join(name(b"val/b\xff/coord.npy")), "").unwrap();
    support::refused(&[&"verify", &"--store", &data], &["the scene's name is not UTF-8; rename its folder"]);
}
