//! Label sets other than the default: built-in ones, and classes of the user's own.

mod support;

use std::path::Path;
use support::files::json;
use support::fixture::{TINY, VAL, fixture, mesh_file};
use support::{ok, refused};

/// The tiny experiment with a label set.
fn config(dir: &Path, labels: &str) -> std::path::PathBuf {
    let path = dir.join("experiment.toml");
    let text = TINY.replace("[data]\n", &format!("[data]\nlabels = \"{labels}\"\n"));
    std::fs::write(&path, text.replace("evaluate_every = 1", "evaluate_every = 2")).unwrap();
    path
}

/// Classes in an evaluation.
fn classes(evaluation: &serde_json::Value) -> usize {
    evaluation["scores"]["per_class"].as_array().unwrap().len()
}

#[test]
fn scannet200_trains_and_evaluates_with_head_common_and_tail() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let run = dir.path().join("run");
    let config = config(dir.path(), "scannet200");
    ok(&[&"train", &config, &"--data", &f.data, &"--out", &run]);
    let shown = ok(&[&"evaluate", &run, &"--data", &f.data, &"--protocol", &"scannet-benchmark"]).out;
    for part in ["scannet-benchmark/point-miou/head", "scannet-benchmark/point-miou/tail", "office chair"] {
        assert!(shown.contains(part), "{part} is missing:\n{shown}");
    }
    let evaluation = json(&run.join("evaluation-val-scannet-benchmark.json"));
    assert_eq!((classes(&evaluation), evaluation["scores"]["labels"].as_str()), (200, Some("scannet200")));
    let groups = evaluation["scores"]["groups"].as_array().unwrap();
    let names: Vec<_> = groups.iter().map(|group| (group["name"].as_str(), group["classes"].as_u64())).collect();
    assert_eq!(names, [(Some("head"), Some(66)), (Some("common"), Some(68)), (Some("tail"), Some(66))]);
    // files carry the ids of the label table, in PLY as in the benchmark's format
    ok(&[&"predict", &run, &mesh_file(VAL), &"--out", &dir.path().join("labelled.ply")]);
    assert!(ok(&[&"stats", &f.data, &"--labels", &"scannet200"]).out.contains("points by class of scannet200"));
    let out = dir.path().join("submission");
    ok(&[&"export-benchmark", &run, &"--data", &f.data, &"--split", &"val", &"--out", &out]);
    let check: [support::Arg; 6] = [&"check-submission", &out, &"--data", &f.data, &"--split", &"val"];
    ok(&[&check[..], &[&"--labels", &"scannet200"]].concat());
    let truth = dir.path().join("truth");
    let labels = "--labels=scannet200";
    ok(&[&"export-benchmark", &"--ground-truth", &labels, &"--data", &f.data, &"--split", &"val", &"--out", &truth]);
    let ids = std::fs::read_to_string(truth.join(format!("{VAL}.txt"))).unwrap();
    assert!(ids.lines().any(|id| id.parse::<i32>().unwrap() > 40), "ids of the label table");
}

#[test]
fn generated_rooms_have_the_classes_of_scannet200_by_name() {
    // their label table numbers its rows in its own way
    let count = |set: &str, index: usize| {
        let shown = ok(&[&"stats", &fixture().data, &"--labels", &set, &"--json", &"-", &"--quiet"]).out;
        let stats: serde_json::Value = serde_json::from_str(&shown).unwrap();
        stats[0]["classes"][index].as_u64().unwrap()
    };
    // wall, floor and bed, of which every one is called so
    for (of_20, of_200) in [(0, 0), (1, 2), (3, 10)] {
        assert_eq!(count("scannet20", of_20), count("scannet200", of_200));
    }
    assert!(count("scannet200", 2) > 0);
}

#[test]
fn the_repositorys_experiments_take_every_built_in_set() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/pointnet2-ssg.toml");
    for (labels, outputs) in [("pointnet-v1", 21), ("scannet20", 20), ("scannet200", 200), ("nyu40", 40)] {
        let set = format!("data.labels={labels}");
        let shown = ok(&[&"summary", &config, &"--set", &set]).out;
        assert!(shown.contains(&format!("8192 × {outputs} ")), "{shown}");
    }
}

#[test]
fn scannet20_has_no_output_for_unannotated_points() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let run = dir.path().join("run");
    ok(&[&"train", &config(dir.path(), "scannet20"), &"--data", &f.data, &"--out", &run]);
    assert!(ok(&[&"summary", &run.join("config.toml")]).out.contains("256 × 20"));
    let text = std::fs::read_to_string(run.join("config.toml")).unwrap();
    assert!(text.contains("select_by = \"class-voxel-accuracy\"") && !run.join("labels.toml").exists(), "{text}");
    ok(&[&"export-benchmark", &run, &"--data", &f.data, &"--split", &"val", &"--out", &dir.path().join("submission")]);
}

#[test]
fn a_network_may_say_that_a_vertex_has_none_of_the_classes() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let (run, none) = (dir.path().join("run"), dir.path().join("none"));
    let config = config(dir.path(), "scannet20+none");
    ok(&[&"train", &config, &"--data", &f.data, &"--out", &run]);
    assert!(ok(&[&"summary", &run.join("config.toml")]).out.contains("256 × 21"));
    ok(&[&"train", &config, &"--data", &f.data, &"--out", &none, &"--set", &"evaluate.none=0.0"]);
    let (ply, counts) = (dir.path().join("labelled.ply"), dir.path().join("counts.json"));
    let predict = |run: &Path| {
        let shown = ok(&[&"predict", &run, &mesh_file(VAL), &"--out", &ply, &"--json", &counts]).out;
        (scannet::read_mesh(&ply).unwrap().label.unwrap(), shown)
    };
    // only where the configuration lets it
    assert!(!predict(&run).0.contains(&0));
    let (ids, shown) = predict(&none);
    assert!(ids.iter().all(|id| *id == 0) && shown.contains("no class"), "{shown}");
    let expected = serde_json::json!([{ "class": "no class", "label": 0, "color": "#000000", "vertices": ids.len() }]);
    assert_eq!(json(&counts)["classes"], expected);
    let evaluate = |protocol: &str| {
        ok(&[&"evaluate", &none, &"--data", &f.data, &"--protocol", &protocol]);
        json(&none.join(format!("evaluation-val-{protocol}.json")))["scores"]["labels"].clone()
    };
    let png = dir.path().join("picture.png");
    let key = ok(&[&"render", &mesh_file(VAL), &"--run", &none, &"--by", &"class", &"--png", &png]).out;
    assert!(key.contains("no class #545458"), "{key}");
    // the same classes as scannet20, whose scores have no name of their own
    assert_eq!(evaluate("scannet-benchmark"), serde_json::Value::Null);
    // the benchmark has no such answer
    let out = dir.path().join("submission");
    ok(&[&"export-benchmark", &none, &"--data", &f.data, &"--split", &"val", &"--out", &out]);
    ok(&[&"check-submission", &out, &"--data", &f.data, &"--split", &"val"]);
    assert!(std::fs::read_to_string(out.join(format!("{VAL}.txt"))).unwrap().lines().all(|id| id != "0"));
}

#[test]
fn nyu40_needs_a_store_with_its_array() {
    let (f, dir) = (fixture(), tempfile::tempdir().unwrap());
    let (run, data) = (dir.path().join("run"), dir.path().join("data"));
    let config = config(dir.path(), "nyu40");
    let parts = ["has no labels", "prepare the store again with --nyu40"];
    refused(&[&"train", &config, &"--data", &f.data, &"--out", &run], &parts);
    assert!(!run.exists());
    ok(&[&"preprocess", &f.raw, &"--out", &data, &"--nyu40"]);
    ok(&[&"train", &config, &"--data", &data, &"--out", &run]);
    ok(&[&"evaluate", &run, &"--data", &data, &"--protocol", &"pointcept"]);
    assert_eq!(classes(&json(&run.join("evaluation-val-pointcept.json"))), 40);
}

const OWN: &str = r#"
name = "floor-or-not"
ignore = [-1, 7]
classes = [
    { name = "floor", label = 1, id = 11, color = [152, 223, 138] },
    { name = "not the floor", label = 0 },
]
"#;

/// A store of folders with any names: half a floor and a wall, and labels of the user's own.
fn own_store(data: &Path) {
    for scene in ["train/my kitchen", "train/b", "val/über-room"] {
        let folder = data.join(scene);
        std::fs::create_dir_all(&folder).unwrap();
        let (mut coord, mut segment) = (Vec::new(), Vec::new());
        for i in 0..3000 {
            let (u, v) = ((i % 60) as f32 * 0.05, (i / 60) as f32 * 0.05);
            coord.push(if i % 3 == 0 { [u, 0.0, v] } else { [u, v, 0.0] });
            segment.push(if i % 100 == 0 { 7 } else { i32::from(i % 3 != 0) });
        }
        std::fs::write(folder.join("coord.npy"), scannet::npy::encode_points(&coord, false)).unwrap();
        std::fs::write(folder.join("segment.npy"), scannet::npy::encode_labels(&segment)).unwrap();
    }
    std::fs::write(data.join("labels.toml"), OWN).unwrap();
}

#[test]
fn the_users_own_classes_train_without_a_line_of_rust() {
    let dir = tempfile::tempdir().unwrap();
    let (data, run) = (dir.path().join("store"), dir.path().join("run"));
    own_store(&data);
    // the path is relative to the configuration that names it
    let path = config(dir.path(), "store/labels.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("features = [\"color\", \"height\"]", "features = [\"height\"]")).unwrap();
    ok(&[&"train", &path, &"--data", &data, &"--out", &run, &"--set", &"train.epochs=6"]);
    let stats = ok(&[&"stats", &data]).out;
    assert!(stats.contains("points by class of floor-or-not"), "{stats}");
    // the run keeps its label set: it evaluates and predicts without the file
    std::fs::remove_file(data.join("labels.toml")).unwrap();
    let shown = ok(&[&"evaluate", &run, &"--data", &data]).out;
    assert!(shown.contains("not the floor"), "{shown}");
    let evaluation = json(&run.join("evaluation-val-pointnet2-v1.json"));
    assert_eq!((classes(&evaluation), evaluation["scores"]["labels"].as_str()), (2, Some("floor-or-not")));
    let out = dir.path().join("exported");
    let shown = ok(&[&"export-benchmark", &run, &"--data", &data, &"--split", &"val", &"--out", &out]).out;
    assert!(shown.contains("complete, with the ids of floor-or-not for val"), "{shown}");
    let labelled = dir.path().join("labelled.ply");
    ok(&[&"predict", &run, &mesh_file(VAL), &"--out", &labelled]);
    let ids = scannet::read_mesh(&labelled).unwrap().label.unwrap();
    assert!(ids.iter().all(|id| [0, 11].contains(id)));
    // changed labels are refused
    std::fs::write(run.join("labels.toml"), OWN.replace("11", "12")).unwrap();
    refused(&[&"evaluate", &run, &"--data", &data], &["labels.toml was changed after the run was started"]);
}

#[test]
fn messages_about_label_sets_that_do_not_fit_say_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let (f, run, data) = (fixture(), dir.path().join("run"), dir.path().join("store"));
    own_store(&data);
    let train = |labels: &str, data: &Path, parts: &[&str]| {
        let set = format!("data.labels={labels}");
        refused(&[&"train", &f.config, &"--data", &data, &"--out", &run, &"--set", &set], parts);
        assert!(!run.exists());
    };
    train("scannet21", &f.data, &["no label set is called \"scannet21\"", "pointnet-v1, scannet20, scannet200, nyu40"]);
    train("missing.toml", &f.data, &["missing.toml", "cannot read"]);
    let no_color = "data.features=[]";
    let own = data.join("labels.toml");
    refused(
        &[&"train", &f.config, &"--data", &data, &"--out", &run, &"--set", &no_color],
        &["has no labels", "data.labels=", &own.display().to_string()],
    );
    let broken = dir.path().join("broken.toml");
    std::fs::write(&broken, OWN.replace("colour", "").replace("color", "colour")).unwrap();
    train(&broken.display().to_string(), &f.data, &["unknown field `colour`", "broken.toml"]);
    // 0 in the benchmark's files is a vertex that is not scored
    refused(
        &[&"export-benchmark", &"--ground-truth", &"--data", &data, &"--out", &dir.path().join("truth")],
        &["a class of floor-or-not has id 0", "ids from 1"],
    );
    // a label that the set does not know
    std::fs::write(&broken, OWN.replace(", 7]", "]")).unwrap();
    let set = format!("data.labels={}", broken.display());
    refused(
        &[&"train", &f.config, &"--data", &data, &"--out", &run, &"--set", &no_color, &"--set", &set],
        &["row 0 has label 7", "floor-or-not", "segment.npy"],
    );
}

#[test]
fn files_of_the_user_are_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let (data, own) = (dir.path().join("store"), dir.path().join("own"));
    own_store(&data);
    std::fs::create_dir(&own).unwrap();
    std::fs::write(own.join("labels.toml"), OWN).unwrap();
    let labels = format!("data.labels={}", data.join("labels.toml").display());
    let train = |out: &Path, labels: &str, parts: &[&str]| {
        let (f, features) = (fixture(), "data.features=[]");
        let args: [support::Arg; 8] = [&"train", &f.config, &"--data", &data, &"--out", &out, &"--set", &features];
        refused(&[&args[..], &[&"--set", &labels]].concat(), parts);
    };
    train(&own, &labels, &["has a labels.toml that the run would replace", "choose another folder"]);
    train(&data, &labels, &["would be written into a prepared store"]);
    assert_eq!(std::fs::read_to_string(own.join("labels.toml")).unwrap(), OWN);
    // nothing to train on is no training
    std::fs::write(own.join("labels.toml"), OWN.replace("label = 1", "label = 3").replace("label = 0", "label = 2"))
        .unwrap();
    let none = own.join("labels.toml");
    std::fs::write(&none, std::fs::read_to_string(&none).unwrap().replace("[-1, 7]", "\"others\"")).unwrap();
    let labels = format!("data.labels={}", none.display());
    train(&dir.path().join("run"), &labels, &["no point of the train scenes has a class of floor-or-not"]);
    assert!(!dir.path().join("run").exists());
}
