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
    std::fs::write(&out, "ply, older").unwrap();
    let mut parts = parts.to_vec();
    let name = scan.display().to_string();
    parts.push(&name);
    refused(&[&"predict", &run, &scan, &"--out", &out], &parts);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "ply, older");
    assert_no_temporaries(dir.path());
}

#[test]
fn a_scan_without_the_colours_that_the_network_needs() {
    let dir = tempfile::tempdir().unwrap();
    let scan = text(dir.path(), POINT, &["0 0 0", "1 0 0", "0 1 0"]);
    not_labelled(trained(), &scan, &["has no colour", "use scans with red, green and blue"]);
}

/// A cloud of points with colours and normals.
fn cloud(path: &Path, mesh: &Mesh, normal: &[[f32; 3]]) {
    let mut bytes = b"ply\nformat binary_little_endian 1.0\n".to_vec();
    let properties = format!("{POINT}{COLOR}{}", POINT.replace(" float ", " float n"));
    bytes.extend(format!("element vertex {}\n{properties}end_header\n", normal.len()).bytes());
    for ((p, c), n) in mesh.coord.iter().zip(mesh.color.as_ref().unwrap()).zip(normal) {
        p.iter().for_each(|v| bytes.extend(v.to_le_bytes()));
        bytes.extend(c);
        n.iter().for_each(|v| bytes.extend(v.to_le_bytes()));
    }
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn normals_are_made_by_one_rule_and_bad_ones_do_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let (run, out) = (dir.path().join("run"), dir.path().join("out.ply"));
    train(&run, &[&"--set", &"data.features=[\"normal\"]", &"--set", &"train.epochs=1"]);
    let mesh = read_mesh(mesh_file(VAL)).unwrap();
    let predict = |scan: &Path| {
        let note = ok(&[&"predict", &run, &scan, &"--out", &out]).err;
        (read_mesh(&out).unwrap().label.unwrap(), note)
    };
    assert!(!predict(&mesh_file(VAL)).1.contains("normals"));
    let path = dir.path().join("cloud.ply");
    let bare = Mesh { faces: Vec::new(), ..mesh };
    write_mesh(&path, &bare).unwrap();
    let (estimated, note) = predict(&path);
    assert!(note.contains("normals are estimated from 16 neighbouring points"), "{note}");
    let unit = scannet::normals(&bare).unwrap().normal;
    cloud(&path, &bare, &unit);
    let (given, note) = predict(&path);
    assert!(given == estimated && !note.contains("normals are") && !note.contains("normals were"), "{note}");
    assert!(note.contains("the output has no normals"), "{note}");
    cloud(&path, &bare, &unit.iter().map(|n| n.map(|v| v * 1024.0)).collect::<Vec<_>>());
    let (long, note) = predict(&path);
    assert!(long == given && note.contains("normals were scaled to length 1"), "{note}");
    for bad in [[0.0; 3], [f32::NAN, 0.0, 1.0], [0.0, f32::INFINITY, 0.0]] {
        cloud(&path, &bare, &vec![bad; unit.len()]);
        let (made, note) = predict(&path);
        assert!(made == estimated && note.contains("normals were zero or not finite"), "{note}");
    }
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
    not_labelled(trained(), &write("empty.ply", b""), &["the file is empty"]);
    not_labelled(trained(), &write("half.ply", &mesh[..mesh.len() / 2]), &["truncated", "fetch or export it again"]);
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n";
    not_labelled(trained(), &write("lfs.ply", pointer), &["a Git LFS pointer", "git lfs pull"]);
    not_labelled(trained(), &write("page.ply", b"<!DOCTYPE html><html>"), &["a web page", "fetch the file again"]);
    not_labelled(trained(), &write("cloud.las", b"LASF\0\0"), &["not a readable LAS file", "export it again"]);
    not_labelled(
        trained(),
        &write("notes.txt", b"no scan"),
        &["not a scan in a supported format", "export it as binary"],
    );
    not_labelled(trained(), &text(dir.path(), POINT, &[]), &["the scan has no vertices"]);
    not_labelled(trained(), &text(dir.path(), POINT, &["0 nan 0"]), &["vertex 0 has a coordinate that is not finite"]);
    not_labelled(
        trained(),
        &text(dir.path(), "property float x\n", &["0"]),
        &["no property 'y', but x", "name the coordinates x, y and z in its header"],
    );
}

#[test]
fn coordinates_that_are_not_in_metres_are_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let properties = format!("{POINT}{COLOR}");
    let scan = text(dir.path(), &properties, &["0 0 0 1 2 3", "-1e3 0 0 1 2 3", "8000 6000 0 1 2 3"]);
    not_labelled(trained(), &scan, &["m wide", "give coordinates in metres"]);
    for far in ["1e30 0 0 1 2 3", "1e20 0 0 1 2 3", "0 0 -3e38 1 2 3", "691234.1 5334567.1 519 1 2 3"] {
        let scan = text(dir.path(), &properties, &["0 0 0 1 2 3", "-1e3 0 0 1 2 3", far]);
        not_labelled(trained(), &scan, &["vertex 2 is at [", "32-bit floats are", "subtract one offset from all"]);
    }
}

#[test]
fn scans_in_other_units_are_labelled_as_those_in_metres() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let mesh = scannet::read_mesh(mesh_file(VAL)).unwrap();
    let run = trained();
    let labelled = |factor: f32, more: &[support::Arg]| {
        let (scan, out) = (at("scan.ply"), at("out.ply"));
        let coord = mesh.coord.iter().map(|p| p.map(|v| v * factor)).collect::<Vec<_>>();
        write_mesh(&scan, &Mesh { coord: coord.clone(), ..mesh.clone() }).unwrap();
        let mut args: Vec<support::Arg> = vec![&"predict", &run, &scan, &"--out", &out];
        args.extend(more);
        let told = ok(&args).err;
        let labelled = scannet::read_mesh(&out).unwrap();
        assert_eq!(labelled.coord, coord, "the output has the coordinates of the scan");
        (labelled.label.unwrap(), told)
    };
    let (expected, told) = labelled(1.0, &[]);
    assert!(!told.contains("units"), "{told}");
    for (factor, more, part) in [
        (1000.0, &[][..], "warning: the scan is"),
        (100.0, &[], "taken for centimetres"),
        (1.0 / 0.3048, &[&"--units" as support::Arg, &"ft"], ""),
    ] {
        let (labels, told) = labelled(factor, more);
        assert!(told.contains(part), "{told}");
        let same = labels.iter().zip(&expected).filter(|(a, b)| a == b).count();
        assert!(same * 100 >= expected.len() * 99, "{factor}: {same} of {} labels", expected.len());
    }
    // what was predicted can be shown again, without the network
    let again = ok(&[&"render", &at("out.ply"), &"--by", &"class,confidence", &"--png", &at("again.png")]);
    assert!(again.out.contains("colours: "), "{again:?}");
    write_mesh(
        at("scan.ply"),
        &Mesh { coord: mesh.coord.iter().map(|p| p.map(|v| v * 1e3)).collect(), ..mesh.clone() },
    )
    .unwrap();
    let png = at("scan.png");
    let told = ok(&[&"render", &at("scan.ply"), &"--png", &png]).err;
    assert!(told.contains("taken for millimetres"), "{told}");
    refused(
        &[&"predict", &at("scan.ply"), &"--units", &"m", &"--out", &at("out.ply")],
        &["give coordinates in metres"],
    );
}

/// None of these may wait for a writer.
#[test]
#[cfg(unix)]
fn a_pipe_where_a_file_belongs_is_named_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe.toml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    not_labelled(trained(), &pipe, &["this is a pipe, not a file", "write it to a file first"]);
    not_labelled(trained(), Path::new("/dev/zero"), &["this is a device, not a file"]);
    let (f, out) = (support::fixture::fixture(), dir.path().join("run"));
    refused(&[&"train", &pipe, &"--data", &f.data, &"--out", &out], &["this is a pipe, not a file"]);
    refused(&[&"weights", &"import", &pipe, &f.config, &"--out", &out], &["this is a pipe, not a file"]);
    let labels = format!("data.labels={:?}", pipe.display().to_string());
    refused(&[&"train", &f.config, &"--data", &f.data, &"--out", &out, &"--set", &labels], &["not a text file"]);
    assert!(!out.exists());
}

/// A name that is not UTF-8 works everywhere.
#[test]
#[cfg(target_os = "linux")]
fn names_that_are_not_utf8() {
    use std::os::unix::ffi::OsStrExt;
    let dir = tempfile::tempdir().unwrap();
    let at = |end: &str| dir.path().join(std::ffi::OsStr::from_bytes(&[b"\xff\xfe", end.as_bytes()].concat()));
    let f = support::fixture::fixture();
    std::fs::copy(mesh_file(VAL), at("scan.ply")).unwrap();
    ok(&[&"predict", &trained(), &at("scan.ply"), &"--out", &at("out.ply")]);
    assert!(at("out.ply").is_file());
    support::files::copy_tree(&f.data, &at("data"));
    ok(&[&"train", &f.config, &"--data", &at("data"), &"--out", &at("run"), &"--set", &"train.epochs=1"]);
    ok(&[&"weights", &"export", &at("run"), &"--out", &at("weights.safetensors")]);
    ok(&[&"weights", &"import", &at("weights.safetensors"), &f.config, &"--out", &at("imported")]);
}

#[test]
fn scans_far_away_are_labelled_with_a_word_about_it() {
    let dir = tempfile::tempdir().unwrap();
    let mesh = read_mesh(mesh_file(VAL)).unwrap();
    let (scan, out) = (dir.path().join("scan.ply"), dir.path().join("out.ply"));
    let coord = mesh.coord.iter().map(|p| [p[0] + 50_000.0, p[1], p[2]]).collect();
    write_mesh(&scan, &Mesh { coord, ..mesh }).unwrap();
    ok(&[&"predict", &trained(), &scan, &"--out", &out]).complains(&[
        "note: ",
        "as in a map's grid",
        "subtract an offset",
    ]);
}

/// The built-in model sees coordinates alone.
#[test]
fn what_a_network_does_not_see_need_not_be_right() {
    let dir = tempfile::tempdir().unwrap();
    let (out, page) = (dir.path().join("out.ply"), dir.path().join("page.html"));
    let labelled = |properties: &str, row: &str, parts: &[&str]| {
        let scan = text(dir.path(), properties, &["0 0 0 1 2 3", row]);
        ok(&[&"predict", &scan, &"--out", &out]).complains(parts);
        assert_eq!(read_mesh(&out).unwrap().coord.len(), 2);
    };
    let labels = COLOR.replace("uchar red", "float label");
    labelled(&format!("{POINT}{labels}"), "1 0 0 1.5 2 3", &["its labels are left out", "1.5"]);
    let colors = COLOR.replace("uchar", "ushort");
    labelled(&format!("{POINT}{colors}"), "1 0 0 4095 2 3", &["its colours are left out", "4095"]);
    labelled(
        &format!("{}{COLOR}", POINT.to_uppercase().replace("PROPERTY FLOAT", "property float")),
        "1 0 0 4 5 6",
        &[],
    );
    refused(&[&"view", &text(dir.path(), &format!("{POINT}{labels}"), &["0 0 0 1.5 2 3"]), &"--out", &page], &["1.5"]);
}

#[test]
fn odd_scans_are_labelled_soon_and_with_a_word_about_it() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.ply");
    let mesh = read_mesh(mesh_file(VAL)).unwrap();
    let labelled = |coord: Vec<[f32; 3]>, more: &[support::Arg], parts: &[&str]| {
        let scan = dir.path().join("scan.ply");
        write_mesh(&scan, &Mesh { coord, ..Mesh::default() }).unwrap();
        let mut args: Vec<support::Arg> = vec![&"predict", &scan, &"--out", &out];
        args.extend(more);
        ok(&args).complains(parts);
    };
    let scaled = |factor: f32| mesh.coord.iter().map(|p| p.map(|v| v * factor)).collect::<Vec<_>>();
    labelled(scaled(3.28), &[], &["m high", "storeys"]);
    labelled(scaled(0.001), &[], &["convert its coordinates to metres", "m large"]);
    labelled(scaled(1.0), &[&"--up", &"-z"], &["labelled floor", "--up -z"]);
    // what some sensors write where they see nothing
    let nothing = mesh.coord.iter().enumerate().map(|(i, p)| if i % 2 == 0 { *p } else { [0.0; 3] });
    labelled(nothing.collect(), &[], &["many vertices lie at the same place, (0.000, 0.000, 0.000)"]);
    let mut strays = mesh.coord.clone();
    strays.extend((0..mesh.coord.len() / 60).map(|i| [50_000.0 - i as f32 * 90.0, i as f32 * 80.0, 0.0]));
    let scan = dir.path().join("strays.ply");
    write_mesh(&scan, &Mesh { coord: strays, ..Mesh::default() }).unwrap();
    refused(&[&"predict", &scan, &"--out", &out], &["m wide", "most of it lies within", "remove its stray points"]);
}

#[test]
fn several_scans_are_a_folder_and_outputs_are_of_their_own_kind() {
    let dir = tempfile::tempdir().unwrap();
    let (scan, las) = (mesh_file(VAL), dir.path().join("out.las"));
    refused(
        &[&"predict", &scan, &scan, &"--out", &dir.path().join("out.ply")],
        &["to label several scans, give their folder"],
    );
    refused(&[&"predict", &scan, &"--out", &las], &["a PLY file, not a .las file", "ends in .ply"]);
    let folder = format!("{}/new/", dir.path().display());
    refused(&[&"predict", &scan, &"--out", &folder], &["the output is a file, not a folder; add its name"]);
    refused(&[&"view", &scan, &"--out", &dir.path().join("view.ply")], &["a web page", "ends in .html"]);
    refused(&[&"render", &scan, &"--png", &dir.path().join("a.jpg")], &["a PNG picture", "ends in .png"]);
    assert!(std::fs::read_dir(dir.path()).unwrap().next().is_none());
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
        &["the output would replace another file of this command", "choose another name"],
    );
    assert_eq!(std::fs::read(&scan).unwrap(), before);
}

#[test]
#[cfg(unix)]
fn a_folder_of_scans_is_labelled_whole() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let (scans, out) = (at("scans"), at("out/labelled"));
    let counts = out.join("counts.json");
    refused(&[&"predict", &scans, &"--out", &out], &["No such file"]);
    std::fs::create_dir(&scans).unwrap();
    std::fs::write(scans.join("poses.txt"), "1 2 3\n4 5 6\n").unwrap();
    refused(&[&"predict", &scans, &"--out", &out], &["the folder has no file that ends in .ply, .las"]);
    assert!(!out.exists());
    std::fs::copy(mesh_file(VAL), scans.join("b.ply")).unwrap();
    std::fs::write(scans.join("a.PLY"), "ply\nformat").unwrap();
    let mesh = read_mesh(mesh_file(VAL)).unwrap();
    let line = |p: &[f32; 3]| format!("{} {} {}\n", p[0], p[1], p[2]);
    std::fs::write(scans.join("c.xyz"), mesh.coord.iter().map(line).collect::<String>()).unwrap();
    std::os::unix::fs::symlink("nowhere.ply", scans.join("lost.ply")).unwrap();
    refused(&[&"predict", &scans, &"--out", &scans], &["labelled scans would lie among the scans"]);
    std::fs::create_dir_all(scans.join("sub")).unwrap();
    refused(&[&"predict", &scans, &"--out", &"-"], &["into a folder, not a file"]);
    let json = scans.join("b.ply");
    refused(&[&"predict", &trained(), &scans, &"--out", &out, &"--json", &json], &["b.ply"]);
    refused(&[&"predict", &scans, &"--out", &at("out.ply")], &["into a folder, not a file"]);
    refused(&[&"predict", &mesh_file(VAL), &scans, &"--out", &out], &["this is a file, not the folder of a run"]);

    // the second is labelled, the others are not, and an older result stays
    std::fs::create_dir_all(&out).unwrap();
    std::fs::write(out.join("lost.ply"), "ply, older").unwrap();
    let ran = support::run(&[&"predict", &trained(), &scans, &"--out", &out, &"--json", &counts]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("2/4: ") && ran.out.contains("1 scan labelled, 3 failed"), "{ran:?}");
    let (during, end) = ran.err.split_once("failed:\n").unwrap();
    for (number, name) in [(1, "a.PLY"), (3, "c.xyz"), (4, "lost.ply")] {
        let said = |text: &str, begin: &str| text.lines().any(|line| line.starts_with(begin) && line.contains(name));
        assert!(said(during, &format!("error: {number}/4: ")) && said(end, "  "), "{name}: {ran:?}");
    }
    assert_eq!(std::fs::read_to_string(out.join("lost.ply")).unwrap(), "ply, older");
    std::fs::remove_file(out.join("lost.ply")).unwrap();
    for part in [
        "lost.ply",
        "the file that is there stays as it is",
        "1 other file is left out",
        "has no colour",
        "1 folder in it is not looked into",
    ] {
        assert!(during.contains(part), "{part}: {ran:?}");
    }
    assert_eq!(support::files::paths(&out), [out.join("b.ply"), counts.clone()]);
    let alone = at("alone.ply");
    ok(&[&"predict", &trained(), &mesh_file(VAL), &"--out", &alone]);
    let whole = std::fs::read(&alone).unwrap();
    assert!(whole == std::fs::read(out.join("b.ply")).unwrap());
    assert!(String::from_utf8_lossy(&whole).contains("property int label\nproperty float confidence\n"));
    let counts = support::files::json(&counts);
    let (done, failed) = (&counts["scans"][0], counts["failed"].as_array().unwrap());
    assert!(done["scan"].as_str().unwrap().ends_with("b.ply") && done["classes"][0]["vertices"].is_u64(), "{done}");
    assert!(failed.len() == 3 && failed[1]["error"].as_str().unwrap().contains("has no colour"), "{failed:?}");

    // names that differ in their ends alone
    for name in ["a.PLY", "c.xyz", "lost.ply"] {
        std::fs::remove_file(scans.join(name)).unwrap();
    }
    std::fs::write(scans.join("b.xyz"), mesh.coord.iter().map(line).collect::<String>()).unwrap();
    ok(&[&"predict", &scans, &"--out", &at("both")]);
    assert_eq!(support::files::paths(&at("both")), ["b.ply", "b.xyz.ply"].map(|name| at("both").join(name)));
    std::fs::write(scans.join("b.xyz.ply"), "").unwrap();
    refused(&[&"predict", &scans, &"--out", &at("both")], &["b.xyz and ", "b.xyz.ply would be written to one file"]);
}
