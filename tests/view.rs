//! Pages and pictures of scans, with and without networks that label them.

mod support;

use std::path::{Path, PathBuf};
use support::fixture::{VAL, copy_of, fixture, mesh_file, train, trained};
use support::{Arg, Ran, ok, program, refused};

/// The header of a page, as its program reads it.
fn header(page: &Path) -> serde_json::Value {
    let html = std::fs::read_to_string(page).unwrap();
    let (_, rest) = html.split_once("<script type=\"application/json\" id=\"header\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// Makes a page with these arguments and returns its header.
fn page_of(args: &[Arg]) -> serde_json::Value {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("page.html");
    let mut all: Vec<Arg> = vec![&"view"];
    all.extend(args);
    let more: [Arg; 2] = [&"--out", &out];
    all.extend(more);
    let told = ok(&all).out;
    assert!(
        told.contains("points, ") && told.contains("open it in any browser") && told.contains("page.html"),
        "{told}"
    );
    header(&out)
}

fn scene() -> PathBuf {
    fixture().data.join("val").join(VAL)
}

fn points() -> usize {
    scannet::vertex_count(mesh_file(VAL)).unwrap()
}

#[test]
fn a_page_of_a_scan_is_written_beside_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let ran = program(&[&"view", &mesh_file(VAL)]).current_dir(dir.path()).output().unwrap();
    let ran = Ran::from(ran);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let name = format!("{VAL}_vh_clean_2.html");
    assert_eq!(support::files::paths(dir.path()).len(), 1);
    let header = header(&dir.path().join(&name));
    assert_eq!(header["name"], format!("{VAL}_vh_clean_2"));
    assert_eq!(header["points"], points());
    assert_eq!((&header["color"], &header["normal"]), (&true.into(), &true.into()));
    assert!(header["truth"].is_null() && header["predictions"].as_array().unwrap().is_empty());
}

#[test]
fn prepared_scenes_have_truth_and_runs_predict() {
    let plain = page_of(&[&scene()]);
    let counted: u64 = plain["truth"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!((counted as usize, &plain["name"]), (points(), &VAL.into()));
    assert!(plain["predictions"].as_array().unwrap().is_empty());
    assert_eq!(page_of(&[&fixture().data, &"--scene", &VAL])["truth"], plain["truth"]);

    let labelled = page_of(&[&scene(), &"--run", &trained()]);
    let prediction = &labelled["predictions"][0];
    assert_eq!((&prediction["name"], &prediction["confidence"]), (&"run".into(), &true.into()));
    let [right, wrong] = ["right", "wrong"].map(|key| prediction[key].as_u64().unwrap());
    assert_eq!(right + wrong, counted - labelled["truth"][0].as_u64().unwrap());
    // a run by itself finds the store that it was trained on
    assert_eq!(page_of(&[&trained()]), labelled);
    assert_eq!(page_of(&[&trained(), &"--data", &fixture().data, &"--scene", &VAL]), labelled);

    // the same scan as a file, and what predict writes
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.ply");
    ok(&[&"predict", &trained(), &mesh_file(VAL), &"--out", &out]);
    let own = page_of(&[&out, &"--labels", &"pointnet-v1"]);
    assert!(own["truth"].is_null());
    assert_eq!(own["predictions"][0]["confidence"], true);
    let of_file = page_of(&[&mesh_file(VAL), &"--run", &trained()]);
    assert_eq!(own["predictions"][0]["counts"], of_file["predictions"][0]["counts"]);
    assert_eq!(of_file["predictions"][0]["counts"], prediction["counts"]);
    let judged = page_of(&[&out, &"--run", &trained()]);
    // its colours are those of classes now, so the network sees something else; but the truth is what it said before
    assert_eq!(judged["truth"], own["predictions"][0]["counts"]);
}

#[test]
fn runs_are_compared_if_they_have_the_same_classes() {
    let dir = tempfile::tempdir().unwrap();
    let (short, other) = (dir.path().join("short"), dir.path().join("other"));
    train(&short, &[&"--set", &"train.epochs=1"]);
    train(&other, &[&"--set", &"train.epochs=1", &"--set", &"data.labels=\"scannet20\""]);
    let both = page_of(&[&scene(), &"--run", &trained(), &"--run", &short, &"--checkpoint", &"last"]);
    let names: Vec<_> = both["predictions"].as_array().unwrap().iter().map(|each| each["name"].clone()).collect();
    assert_eq!(names, ["run", "short"]);
    let page = dir.path().join("page.html");
    let view = |args: &[Arg], parts: &[&str]| {
        let mut all: Vec<Arg> = vec![&"view", &"--out", &page];
        all.extend(args);
        refused(&all, parts);
        assert!(!page.exists());
    };
    view(&[&scene(), &"--run", &trained(), &"--run", &other], &["different label sets, pointnet-v1 and scannet20"]);
    view(&[&trained(), &"--run", &short, &"--run", &short, &"--run", &short], &["4 runs are too many", "at most 3"]);
    view(&[&trained(), &"--labels", &"scannet20"], &["leave out --labels"]);
    let (_guard, copy) = copy_of(trained());
    let manifest = copy.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace(&fixture().data.display().to_string(), "/gone")).unwrap();
    view(&[&copy], &["was trained on /gone, which is not there; add --data PREPARED"]);
}

#[test]
fn inputs_that_are_nothing_to_show() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    };
    let out = dir.path().join("out");
    let view = |args: &[Arg], parts: &[&str]| {
        for (command, option) in [("view", "--out"), ("render", "--png")] {
            let mut all: Vec<Arg> = vec![&command, &option, &out];
            all.extend(args);
            refused(&all, parts);
            assert!(!out.exists());
        }
    };
    let properties = "property float x\nproperty float y\nproperty float z\nend_header\n";
    let cloud = |rows: &str, n: usize| format!("ply\nformat ascii 1.0\nelement vertex {n}\n{properties}{rows}");
    let empty = dir.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    view(
        &[&empty],
        &["neither a prepared store, nor a scene of one, nor the folder of a run", "or the file of a scan"],
    );
    view(&[&write("notes.txt", "no scan")], &["not a scan in a supported format", "notes.txt"]);
    view(&[&dir.path().join("missing.ply")], &["cannot read", "check the path"]);
    view(&[&write("none.ply", &cloud("", 0))], &["the scan has no vertices"]);
    view(&[&write("nan.ply", &cloud("nan 0 0\n", 1))], &["vertex 0 has a coordinate that is not finite"]);
    view(
        &[&mesh_file(VAL), &"--run", &dir.path().join("no-run")],
        &["there is no such folder, nor a model of this name"],
    );
    view(&[&mesh_file(VAL), &"--scene", &VAL], &["--scene and --split belong to a run or a prepared store"]);
    view(&[&mesh_file(VAL), &"--data", &fixture().data], &["--data belongs to a run"]);
    view(&[&scene(), &"--split", &"val"], &["this is a scene"]);
    view(&[&scene(), &"--data", &fixture().data], &["--data belongs to a run"]);
    view(&[&fixture().data, &"--scene", &"scene0000_00"], &["scene scene0000_00", "check its name and split"]);
    view(&[&fixture().data, &"--split", &"test"], &["the store has no test scenes; choose another --split"]);
    view(&[&mesh_file(VAL), &"--labels", &"none"], &["none"]);
    let alone = write("alone/coord.npy", "");
    view(&[&alone.parent().unwrap()], &["is not in a split of a prepared store", "STORE/val/NAME"]);
    #[cfg(unix)]
    view(&[&"/dev/null"], &["this is a device, not a file"]);
    // one point is enough
    let one = write("one.ply", &cloud("1 2 3\n", 1));
    assert_eq!(page_of_one(&one)["points"], 1);
}

fn page_of_one(scan: &Path) -> serde_json::Value {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("one.html");
    let told = ok(&[&"view", &scan, &"--out", &out]).out;
    assert!(told.starts_with("1 point, "), "{told}");
    header(&out)
}

#[test]
fn outputs_never_replace_what_they_are_made_from() {
    let (_guard, data) = copy_of(&fixture().data);
    let (dir, scan) = (tempfile::tempdir().unwrap(), mesh_file(VAL));
    let copy = dir.path().join("scan.ply");
    std::fs::copy(&scan, &copy).unwrap();
    for (command, option) in [("view", "--out"), ("render", "--png")] {
        refused(&[&command, &copy, &option, &copy], &["the output would replace another file of this command"]);
        let array = data.join("val").join(VAL).join("coord.npy");
        refused(&[&command, &data, &option, &array], &["a file of"]);
        refused(&[&command, &copy, &option, &dir.path().join("no/where")], &["create the folder first"]);
    }
    assert_eq!(std::fs::read(&copy).unwrap(), std::fs::read(&scan).unwrap());
}

#[test]
fn pictures_are_side_by_side_and_the_same_each_time() {
    let dir = tempfile::tempdir().unwrap();
    let render = |args: &[Arg]| {
        let out = dir.path().join("out.png");
        let mut all: Vec<Arg> = vec![&"render", &"--size", &"64x48", &"--png", &out];
        all.extend(args);
        ok(&all);
        std::fs::read(&out).unwrap()
    };
    // the sides are the first numbers of a PNG file
    let sides = |png: &[u8]| [16, 20].map(|at| u32::from_be_bytes(png[at..at + 4].try_into().unwrap()));
    let first = render(&[&scene()]);
    assert_eq!(sides(&first), [64, 48]);
    assert!(first == render(&[&scene(), &"--by", &"color", &"--view", &"perspective"]));
    let all = render(&[&scene(), &"--run", &trained(), &"--by", &"color,truth,class,error,confidence,normal,height"]);
    assert_eq!(sides(&all), [7 * 64, 48]);
    assert!(
        all == render(&[&trained(), &"--threads", &"1", &"--by", &"color,truth,class,error,confidence,normal,height"])
    );
    let views = [
        render(&[&mesh_file(VAL)]),
        render(&[&mesh_file(VAL), &"--view", &"top"]),
        render(&[&mesh_file(VAL), &"--view", &"section"]),
        render(&[&mesh_file(VAL), &"--view", &"section", &"--cut", &"0.5"]),
        render(&[&mesh_file(VAL), &"--azimuth", &"-80"]),
        render(&[&mesh_file(VAL), &"--elevation", &"10"]),
    ];
    assert!((0..views.len()).all(|i| (0..i).all(|j| views[i] != views[j])));
    assert!(render(&[&scene(), &"--by", &"class"]) == render(&[&scene(), &"--by", &"truth"]));
    let out = dir.path().join("none.png");
    refused(&[&"render", &mesh_file(VAL), &"--png", &out, &"--by", &"error"], &["has no annotation"]);
    refused(&[&"render", &scene(), &"--png", &out, &"--by", &"error"], &["has no prediction; name a run"]);
    for wrong in ["64", "64x", "0x48", "64x9000"] {
        let ran = support::run(&[&"render", &scene(), &"--png", &out, &"--size", &wrong]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
    }
    assert!(!out.exists());
}
