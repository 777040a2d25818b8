//! Stores of other programs: Pointcept's layout with and without optional arrays, scenes of any name, and damaged ones.

use labelset::LabelSet;
use scannet::{Arrays, PreparedStore, Scene, Split, npy};
use std::path::Path;

const COORD: [[f32; 3]; 3] = [[0., 1., 2.], [3., 4., 5.], [-1., 0.5, 0.25]];

fn array(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let text = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), data].concat()
}

fn put(store: &Path, name: &str, bytes: &[u8]) {
    let path = store.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// All arrays of a scene, with the labels of a set.
fn load(store: &PreparedStore, split: Split, scene: &str, labels: &LabelSet) -> scannet::Result<Scene> {
    store.load_arrays(split, scene, &Arrays { color: true, normal: true, labels: Some(labels), instance: true })
}

#[test]
fn pointcept_stores_without_manifest_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str, bytes: &[u8]| put(dir.path(), name, bytes);
    at("train/scene0191_00/coord.npy", &npy::encode_points(&COORD, true));
    at("train/scene0191_00/color.npy", &array("|u1", false, "(3, 3)", &[0, 1, 2, 3, 4, 5, 6, 7, 255]));
    at("train/scene0191_00/segment20.npy", &npy::encode_labels(&[0, -1, 19]));
    at("train/scene0191_00/segment200.npy", &array("<i2", false, "(3,)", &[1, 0, 255, 255, 199, 0]));
    at("train/scene0191_00/instance.npy", &array("<i4", false, "(3,)", &[7i32, -1, 0].map(i32::to_le_bytes).concat()));
    let doubles: Vec<u8> = COORD.as_flattened().iter().flat_map(|&v| f64::from(v).to_le_bytes()).collect();
    at("test/scene0707_00/coord.npy", &array("<f8", false, "(3, 3)", &doubles));
    at("val/.tmp-scene/coord.npy", b"");
    at("val/notes.txt", b"");
    let store = PreparedStore::open(dir.path()).unwrap();
    assert!(store.manifest().is_none());
    assert_eq!((store.scenes(Split::Train).len(), store.scenes(Split::Val).len()), (1, 0));
    assert_eq!(store.split_of("scene0707_00"), Some(Split::Test));
    let scene = load(&store, Split::Train, "scene0191_00", &LabelSet::scannet20()).unwrap();
    assert_eq!(scene.coord, COORD);
    assert_eq!(scene.color.unwrap(), [[0., 1., 2.], [3., 4., 5.], [6., 7., 255.]]);
    assert_eq!((scene.segment, scene.normal), (Some(vec![0, -1, 19]), None));
    assert_eq!(scene.instance, Some(vec![7, -1, 0]));
    let scene = load(&store, Split::Train, "scene0191_00", &LabelSet::scannet200()).unwrap();
    assert_eq!(scene.segment, Some(vec![1, -1, 199]));
    let test = load(&store, Split::Test, "scene0707_00", &LabelSet::scannet20()).unwrap();
    assert_eq!((test.coord.as_slice(), test.color, test.segment), (&COORD[..], None, None));

    let before = store.fingerprint().unwrap();
    assert_eq!(before, store.fingerprint().unwrap());
    at("test/scene0707_00/color.npy", &npy::encode_points(&COORD, false));
    assert_ne!(before, store.fingerprint().unwrap());
}

#[test]
fn scenes_may_have_any_name_and_labels_of_any_set() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str, bytes: &[u8]| put(dir.path(), name, bytes);
    for scene in ["train/Büro 2 (links)", "train/a", "train/.tmp-b", "val/.hidden"] {
        at(&format!("{scene}/coord.npy"), &npy::encode_points(&COORD, false));
    }
    at("train/a/segment.npy", &npy::encode_labels(&[7, -1, 3]));
    let store = PreparedStore::open(dir.path()).unwrap();
    assert_eq!(store.scenes(Split::Train), ["Büro 2 (links)", "a"]);
    assert!(store.scenes(Split::Val).is_empty());
    let text = "name = \"x\"\nclasses = [{ name = \"b\", label = 3 }, { name = \"a\", label = 7 }]";
    let labels = LabelSet::parse(text).unwrap();
    assert_eq!(load(&store, Split::Train, "a", &labels).unwrap().segment, Some(vec![1, -1, 0]));
    assert_eq!(load(&store, Split::Train, "Büro 2 (links)", &labels).unwrap().segment, None);
    assert!(store.has_array(Split::Train, "a", "segment") && !store.has_array(Split::Train, "a", "color"));
    assert!(!store.has_array(Split::Val, "a", "segment"));
    at("train/a/segment.npy", &npy::encode_labels(&[7, 4, 3]));
    let message = load(&store, Split::Train, "a", &labels).unwrap_err().to_string();
    assert!(message.starts_with("row 1 has label 4, which label set x does not know; add it to `ignore`"), "{message}");
}

#[test]
fn a_scene_without_its_points_is_an_error_and_not_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let scene = |name: &str| dir.path().join("train").join(name);
    for (name, file) in [("whole", "coord.npy"), ("half", "coords.npy"), ("notes", "readme.txt")] {
        std::fs::create_dir_all(scene(name)).unwrap();
        std::fs::write(scene(name).join(file), npy::encode_points(&[[0.0; 3]], false)).unwrap();
    }
    let message = PreparedStore::open(dir.path()).unwrap_err().to_string();
    assert!(
        message.starts_with("coord.npy of a scene with other arrays not found; add it") && message.ends_with("half")
    );
    std::fs::remove_dir_all(scene("half")).unwrap();
    assert_eq!(PreparedStore::open(dir.path()).unwrap().scenes(Split::Train), ["whole"]);
}

#[test]
fn damaged_scenes_give_errors_with_file_and_fault() {
    let dir = tempfile::tempdir().unwrap();
    assert!(PreparedStore::open(dir.path()).unwrap_err().to_string().contains("prepared scenes (folders"));
    assert!(PreparedStore::open(dir.path().join("no")).unwrap_err().to_string().contains("check the path"));
    let good = npy::encode_points(&COORD, true);
    let at = |name: &str, bytes: &[u8]| put(dir.path(), &format!("train/s/{name}"), bytes);
    at("coord.npy", &good);
    let store = PreparedStore::open(dir.path()).unwrap();
    let labels = LabelSet::scannet20();
    let load = |split| load(&store, split, "s", &labels).map(drop).unwrap_err();
    assert!(load(Split::Val).to_string().contains("scene s in val not found"));
    for (name, bytes, expected) in [
        ("coord.npy", good[..good.len() - 3].to_vec(), "truncated"),
        ("coord.npy", npy::encode_points(&[], true), "no vertices"),
        ("coord.npy", array("<f4", false, "(3,)", &[0; 12]), "instead of [n, 3]"),
        ("coord.npy", array("<f4", false, "(1, 3)", &[0xff; 12]), "not finite"),
        ("color.npy", npy::encode_points(&COORD[..2], true), "2 rows, but coord.npy has 3"),
        (
            "segment20.npy",
            npy::encode_labels(&[0, 20, 0]),
            "row 1 has label 20, which label set scannet20 does not know",
        ),
        ("segment20.npy", npy::encode_labels(&[0]), "1 rows, but coord.npy has 3"),
        ("instance.npy", b"".to_vec(), "0 bytes"),
    ] {
        at("coord.npy", &good);
        at(name, &bytes);
        let message = load(Split::Train).to_string();
        assert!(message.contains(expected) && message.ends_with(name), "{message}");
        std::fs::remove_file(dir.path().join("train/s").join(name)).unwrap();
    }
}

#[test]
fn a_scene_in_two_splits_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for scene in ["train/s", "test/s", "val/t"] {
        put(dir.path(), &format!("{scene}/coord.npy"), &npy::encode_points(&COORD, true));
    }
    let message = PreparedStore::open(dir.path()).unwrap_err().to_string();
    assert!(message.starts_with("scene s is in train and again in test; remove one, or rename one"), "{message}");
}

#[test]
fn colors_and_normals_of_other_programs() {
    let dir = tempfile::tempdir().unwrap();
    let at =
        |name: &str, rows: [[f32; 3]; 3]| put(dir.path(), &format!("train/s/{name}"), &npy::encode_points(&rows, true));
    at("coord.npy", COORD);
    let store = PreparedStore::open(dir.path()).unwrap();
    let load = || load(&store, Split::Train, "s", &LabelSet::scannet20());
    for (colors, expected) in [
        (
            [[0.0, 0.5, 0.25], [0.0; 3], [1.0; 3]],
            Some("the colours are 0 to 1 instead of 0 to 255; multiply them by 255"),
        ),
        ([[-1.0, 0.5, 0.25], [0.0; 3], [1.0; 3]], Some("the colours are -1 to 1 instead of 0 to 255; write red")),
        ([[65535.0; 3], [0.0; 3], [1.0; 3]], Some("divide them by 257")),
        ([[0.0; 3]; 3], None),
        ([[255.0; 3], [0.0; 3], [1.0; 3]], None),
    ] {
        at("color.npy", colors);
        match expected {
            Some(expected) => {
                let message = load().unwrap_err().to_string();
                assert!(message.contains(expected) && message.ends_with("color.npy"), "{message}");
            }
            None => assert_eq!(load().unwrap().color.unwrap(), colors),
        }
    }
    at("normal.npy", [[0.0, 0.0, 1e30], [0.0; 3], [0.6, 0.0, -0.8]]);
    assert_eq!(load().unwrap().normal.unwrap(), [[0.0, 0.0, 1.0], [0.0; 3], [0.6, 0.0, -0.8]]);
}

#[test]
fn arrays_that_are_not_asked_for_are_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str, bytes: &[u8]| put(dir.path(), &format!("train/s/{name}"), bytes);
    at("coord.npy", &npy::encode_points(&COORD, true));
    at("segment20.npy", &npy::encode_labels(&[0, 1, 2]));
    at("color.npy", b"no array");
    let store = PreparedStore::open(dir.path()).unwrap();
    let labels = LabelSet::scannet20();
    let arrays = Arrays { labels: Some(&labels), ..Arrays::default() };
    let scene = store.load_arrays(Split::Train, "s", &arrays).unwrap();
    assert_eq!((scene.color, scene.segment), (None, Some(vec![0, 1, 2])));
    assert!(load(&store, Split::Train, "s", &labels).unwrap_err().to_string().ends_with("color.npy"));
}
