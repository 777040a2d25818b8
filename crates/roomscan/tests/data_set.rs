//! Data sets on disk.

use roomscan::{BENCHMARK_IDS, RoomError, RoomsConfig, Sensor, generate, generate_scan};
use scannet::Split;
use std::collections::BTreeMap;
use std::path::Path;

/// A coarse configuration for quick tests. The rooms are the same as at 2 cm.
fn coarse(train: usize, val: usize) -> RoomsConfig {
    RoomsConfig { train, val, spacing: 0.05, views: 32, ..RoomsConfig::default() }
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(next) = pending.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
                out.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    out
}

#[test]
fn one_seed_gives_the_same_bytes_at_any_thread_count() {
    let config = RoomsConfig { sensors: Sensor::ALL.to_vec(), ..coarse(4, 1) };
    let run = |threads: usize, config: &RoomsConfig| {
        let folder = tempfile::tempdir().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let summary = pool.install(|| generate(config, folder.path(), &|_| {})).unwrap();
        (files(folder.path()), summary)
    };
    let (one, summary) = run(1, &config);
    let (three, again) = run(3, &config);
    assert_eq!(one.keys().collect::<Vec<_>>(), three.keys().collect::<Vec<_>>());
    assert!(one == three && summary == again);
    let (other, _) = run(2, &RoomsConfig { seed: 1, ..config });
    assert_ne!(
        one["scans/scene9000_00/scene9000_00_vh_clean_2.ply"],
        other["scans/scene9000_00/scene9000_00_vh_clean_2.ply"]
    );
}

#[test]
fn the_files_read_back_as_what_was_generated() {
    let config = RoomsConfig { sensors: vec![Sensor::LaserScanner, Sensor::PhoneLidar], ..coarse(2, 0) };
    let out = tempfile::tempdir().unwrap();
    let seen = std::sync::Mutex::new(Vec::new());
    let summary = generate(&config, out.path(), &|p| seen.lock().unwrap().push((p.done, p.total, p.scan))).unwrap();
    assert_eq!(seen.into_inner().unwrap().len(), 2);
    let table = scannet::LabelTable::read(out.path().join("scannetv2-labels.combined.tsv")).unwrap();
    assert!(table.faults().is_empty() && table.has_ids());
    for index in 0..2 {
        let room = generate_scan(config.seed, index, &config).unwrap();
        let file = |suffix: &str| out.path().join("scans").join(&room.scan).join(format!("{}{suffix}", room.scan));
        let mesh = scannet::read_mesh(file("_vh_clean_2.ply")).unwrap();
        assert!(mesh.coord == room.coord && mesh.faces == room.faces && mesh.color.as_ref() == Some(&room.color));
        let labels = scannet::read_mesh(file("_vh_clean_2.labels.ply")).unwrap();
        assert_eq!(labels.label.unwrap(), room.nyu40());
        let segments = scannet::Segments::read(file("_vh_clean_2.0.010000.segs.json")).unwrap();
        assert_eq!(segments.seg_indices, room.segments);
        let aggregation = scannet::Aggregation::read(file(".aggregation.json")).unwrap();
        assert_eq!(aggregation.groups.len(), room.objects.len());
        // Look up the names in the table, as a ScanNet reader does: the labels must be the same.
        let mut id_of = BTreeMap::new();
        for group in &aggregation.groups {
            let id = table.nyu40_id(&group.label).unwrap();
            group.segments.iter().for_each(|s| assert!(id_of.insert(*s, id).is_none()));
        }
        let ids: Vec<i32> = segments.seg_indices.iter().map(|s| id_of.get(s).copied().unwrap_or(0)).collect();
        assert_eq!(ids, room.nyu40());
        let meta = scannet::ScanMeta::read(file(".txt")).unwrap();
        let sensor = meta.entries.iter().find(|(key, _)| key == "sensor").map(|(_, name)| name.as_str());
        assert_eq!(sensor, Some(["laser-scanner", "phone-lidar"][index]));
        assert_eq!(mesh.faces.is_empty(), index == 0);
        let alignment = meta.axis_alignment.unwrap();
        let off =
            (0..16).map(|i| (alignment[i / 4][i % 4] - room.axis_alignment[i / 4][i % 4]).abs()).fold(0.0, f64::max);
        assert!(off < 1e-5, "{off}");
        assert_eq!(summary.scans[index], room.summary(config.split(index).0));
    }
    let list = |split: &str| std::fs::read_to_string(out.path().join(format!("splits/scannetv2_{split}.txt"))).unwrap();
    assert_eq!((list("train").as_str(), list("val").as_str()), ("scene9000_00\nscene9001_00\n", ""));
}

#[test]
fn both_splits_of_the_default_set_contain_all_twenty_classes() {
    let config = coarse(24, 6);
    let out = tempfile::tempdir().unwrap();
    let summary = generate(&config, out.path(), &|_| {}).unwrap();
    println!("unlabeled {:.3}", summary.unlabeled);
    assert!((0.08..0.25).contains(&summary.unlabeled), "{}", summary.unlabeled);
    for split in [Split::Train, Split::Val] {
        let mut count = [0u32; 41];
        for scan in summary.scans.iter().filter(|s| s.split == split) {
            let path = out.path().join(format!("scans/{0}/{0}_vh_clean_2.labels.ply", scan.scan));
            scannet::read_mesh(path).unwrap().label.unwrap().iter().for_each(|&id| count[id as usize] += 1);
        }
        for id in BENCHMARK_IDS {
            assert!(count[id as usize] >= 30, "NYU40 id {id}: {} vertices, {split}", count[id as usize]);
        }
    }
}

#[test]
fn folders_of_others_are_not_touched() {
    let out = tempfile::tempdir().unwrap();
    let theirs = out.path().join("thesis.txt");
    std::fs::write(&theirs, "mine").unwrap();
    let error = generate(&coarse(1, 0), out.path(), &|_| {}).unwrap_err();
    assert!(matches!(error, RoomError::NotOurs { .. }));
    assert!(error.to_string().ends_with(&out.path().display().to_string()), "{error}");
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 1);
    let overwrite = RoomsConfig { overwrite: true, ..coarse(1, 0) };
    generate(&overwrite, out.path(), &|_| {}).unwrap();
    assert_eq!(std::fs::read_to_string(theirs).unwrap(), "mine");
}

#[test]
fn a_second_run_removes_the_scans_of_the_first() {
    let out = tempfile::tempdir().unwrap();
    generate(&coarse(2, 0), out.path(), &|_| {}).unwrap();
    assert!(out.path().join("scans/scene9001_00").is_dir());
    let message = generate(&coarse(1, 0), out.path(), &|_| {}).unwrap_err().to_string();
    assert!(
        message.contains("has rooms of another configuration (their train is 2, not 1); choose another"),
        "{message}"
    );
    generate(&RoomsConfig { overwrite: true, ..coarse(1, 0) }, out.path(), &|_| {}).unwrap();
    assert!(out.path().join("scans/scene9000_00").is_dir());
    assert!(!out.path().join("scans/scene9001_00").exists());
}

#[test]
fn a_second_run_keeps_what_is_whole() {
    let out = tempfile::tempdir().unwrap();
    let first = generate(&coarse(2, 1), out.path(), &|_| {}).unwrap();
    let before = files(out.path());
    // damaged, half-written and missing scans, as after a kill
    let scan = |name: &str| out.path().join("scans").join(name);
    std::fs::write(scan("scene9000_00").join("scene9000_00.txt"), "x").unwrap();
    std::fs::rename(scan("scene9002_00"), scan(".tmp-scene9002_00")).unwrap();
    std::fs::write(out.path().join("splits/.tmp-x"), "").unwrap();
    std::fs::write(out.path().join(scannet::INCOMPLETE), "").unwrap();
    let again = generate(&coarse(2, 1), out.path(), &|_| {}).unwrap();
    assert!(files(out.path()) == before);
    assert_eq!((first.kept, again.kept), (0, 1));
    assert_eq!(again, roomscan::Summary { kept: 1, ..first });
}

#[test]
fn an_error_names_a_file_that_is_in_the_way() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("rooms");
    std::fs::write(&file, "x").unwrap();
    let message = generate(&coarse(1, 0), &file, &|_| {}).unwrap_err().to_string();
    assert!(message.ends_with("rooms"), "{message}");
}
