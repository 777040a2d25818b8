//! Scans that a network cannot label.

mod support;

use scannet::{Mesh, read_mesh, write_mesh};
use std::path::{Path, PathBuf};
use support::files::assert_no_temporaries;
use support::fixture::{VAL, mesh_file, train, trained};
use support::{ok, refused};

const POINT: &str = "property float x\nproperty float y\nproperty float z\n";
const COLOR: &str = "property uchar red\nproperty uchar green\nproperty uchar blue\n";

fn text(dir: &Path, properties: &str, rows: &[&str]) -> PathBuf {
    let path = dir.join("scan.ply");
    let header = format!("ply\nformat ascii 1.0\nelement vertex {}\n{properties}end_header\n", rows.len());
    std::fs::write(&path, header + &rows.join("\n") + "\n").unwrap();
    path
}

/// Asserts that a scan is not labelled, and that an older output stays as it was.
fn not_labelled(run: &Path, scan: &Path, parts: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.ply");
    std::fs::write(&out, "older").unwrap();
    let mut parts = parts.to_vec();
    let name = scan.display().to_string();
    parts.push(&name);
    refused(&[&"predict", &run, &scan, &"--out", &out], &parts);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "older");
    assert_no_temporaries(dir.path());
}

#[test]
fn a_scan_without_the_colours_that_the_network_needs() {
    let dir = tempfile::tempdir().unwrap();
    let scan = text(dir.path(), POINT, &["0 0 0", "1 0 0", "0 1 0"]);
    not_labelled(trained(), &scan, &["has no colour", "use scans with red, green and blue"]);
}

#[test]
fn normals_are_computed_from_faces_but_not_from_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    train(&run, &[&"--set", &"data.features=[\"normal\"]", &"--set", &"train.epochs=1"]);
    let mesh = read_mesh(mesh_file(VAL)).unwrap();
    ok(&[&"predict", &run, &mesh_file(VAL), &"--out", &dir.path().join("out.ply")]);
    let cloud = dir.path().join("cloud.ply");
    write_mesh(&cloud, &Mesh { faces: Vec::new(), ..mesh }).unwrap();
    not_labelled(&run, &cloud, &["needs normals", "neither normals nor faces"]);
}

#[test]
fn files_that_are_not_scans() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let mesh = std::fs::read(mesh_file(VAL)).unwrap();
    not_labelled(trained(), &dir.path().join("missing.ply"), &["cannot read", "check the path"]);
    not_labelled(trained(), dir.path(), &["cannot read"]);
    not_labelled(trained(), &write("empty.ply", b""), &["the file is empty"]);
    not_labelled(trained(), &write("half.ply", &mesh[..mesh.len() / 2]), &["truncated", "fetch or export it again"]);
    not_labelled(trained(), &write("notes.txt", b"no scan"), &["not a readable PLY file", "export it as binary"]);
    not_labelled(trained(), &text(dir.path(), POINT, &[]), &["the scan has no vertices"]);
    not_labelled(trained(), &text(dir.path(), POINT, &["0 nan 0"]), &["vertex 0 has a coordinate that is not finite"]);
    not_labelled(
        trained(),
        &text(dir.path(), "property float x\n", &["0"]),
        &["no property 'y'", "export the mesh with this property"],
    );
}

#[test]
fn coordinates_that_are_not_in_metres_are_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let properties = format!("{POINT}{COLOR}");
    for far in ["8000 6000 0 1 2 3", "1e30 0 0 1 2 3", "3e38 3e38 0 1 2 3"] {
        let scan = text(dir.path(), &properties, &["0 0 0 1 2 3", "-1e3 0 0 1 2 3", far]);
        not_labelled(trained(), &scan, &["m wide", "give coordinates in metres without stray vertices"]);
    }
}

#[test]
fn a_single_vertex_is_a_scan() {
    let dir = tempfile::tempdir().unwrap();
    let scan = text(dir.path(), &format!("{POINT}{COLOR}"), &["5 6 7 1 2 3"]);
    let out = dir.path().join("out.ply");
    ok(&[&"predict", &trained(), &scan, &"--out", &out]);
    assert_eq!(read_mesh(&out).unwrap().coord, [[5.0, 6.0, 7.0]]);
}

#[test]
fn the_scan_itself_is_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let scan = text(dir.path(), POINT, &["0 0 0", "0.1 0 0", "0 0.1 0"]);
    let before = std::fs::read(&scan).unwrap();
    refused(
        &[&"predict", &trained(), &scan, &"--out", &scan],
        &["the output would replace a file that it is made from", "choose another name"],
    );
    assert_eq!(std::fs::read(&scan).unwrap(), before);
}
