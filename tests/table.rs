//! `scanseg table`: rows trained and scored by one command, which can be killed at any time.

mod support;

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use support::fixture::fixture;
use support::{Arg, ok, program, refused, run};

/// Two rows, two seeds, a schedule of seconds.
const TINY: [&str; 14] = [
    "--rows",
    "ssg,latentgnn1",
    "--seeds",
    "2",
    "--set",
    "crop.points=1024",
    "--set",
    "train.epochs=2",
    "--set",
    "train.batch=2",
    "--set",
    "evaluate.batch=2",
    "--set",
    "latentgnn1:train.crops_per_scene=2",
];

fn arguments<'a>(out: &'a &'a Path, more: &[Arg<'a>]) -> Vec<Arg<'a>> {
    let mut args: Vec<Arg> = vec![&"table", &"--data", &fixture().data, &"--out", out];
    args.extend(TINY.iter().map(|arg| arg as Arg));
    args.extend(more);
    args
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}: {}", path.display()))
}

#[test]
fn a_table_that_was_killed_ends_in_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, killed) = (dir.path().join("whole"), dir.path().join("killed"));
    let shown = ok(&arguments(&whole.as_path(), &[])).out;
    for part in ["2 rows × 2 seeds", "ms a step, about", "in all on this machine", "PointNet++ (SSG)", "table.md"] {
        assert!(shown.contains(part), "{part} is missing in:\n{shown}");
    }

    // in the third of four runs
    let third = killed.join("runs/ssg-classic-2/manifest.json");
    let mut child =
        program(&arguments(&killed.as_path(), &[])).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while !third.exists() {
        assert!(child.try_wait().unwrap().is_none(), "the table ended before it could be killed");
        assert!(start.elapsed() < Duration::from_secs(300), "the moment to kill the table never came");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    ok(&arguments(&killed.as_path(), &[&"--threads", &"1"]));
    for run in ["ssg-classic-1", "ssg-classic-2", "latentgnn1-classic-1", "latentgnn1-classic-2"] {
        let file = Path::new("runs").join(run).join("last.safetensors");
        assert!(std::fs::read(whole.join(&file)).unwrap() == std::fs::read(killed.join(&file)).unwrap(), "{run}");
    }
    // the commands name the folder
    let [of_whole, of_killed] = [&whole, &killed].map(|dir| {
        ["table.md", "table.json", "table.tex", "loss.svg", "accuracy.svg"]
            .map(|file| text(&dir.join(file)).replace(&dir.display().to_string(), "DIR"))
    });
    assert_eq!(of_whole, of_killed);

    let [markdown, json, latex, loss, _] = of_whole;
    assert!(loss.contains("PointNet++ (SSG)") && loss.ends_with("</svg>\n"), "{loss}");
    for part in ["## Gains", "## Runs", "pointnet2-v1", "scannet-benchmark", "± ", "81.5", "scanseg train DIR/configs/"]
    {
        assert!(markdown.contains(part), "{part} is missing in:\n{markdown}");
    }
    assert!(latex.contains("\\begin{tabular}") && latex.contains("SSG + LatentGNN, 1 kernel &"), "{latex}");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let second = &json["rows"][1]["runs"][1];
    for (part, length) in [("config", 64), ("data", 64)] {
        assert_eq!(second["manifest"][part].as_str().unwrap().len(), length, "{part}");
    }
    assert_eq!(second["evaluations"][0]["checkpoint"].as_str().unwrap().len(), 64);
    assert!(json["rows"][1]["gains"]["gains"]["pointnet2-v1/point-accuracy"]["low"].is_number(), "{json:#}");

    // what is done is not done again
    let again = ok(&arguments(&whole.as_path(), &[])).out;
    assert_eq!(again.matches("is done").count(), 4, "{again}");

    // other settings do not mix with these
    refused(&arguments(&whole.as_path(), &[&"--set", &"train.batch=3"]), &["the folder has runs of other settings"]);
}

#[test]
fn what_is_damaged_or_of_other_data_is_not_in_the_table() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("table");
    let rest: [Arg; 12] = [
        &"--out",
        &out,
        &"--rows",
        &"pointnet",
        &"--seeds",
        &"2",
        &"--set",
        &"crop.points=256",
        &"--set",
        &"train.epochs=1",
        &"--set",
        &"train.batch=2",
    ];
    let table = |data: &Path, more: &[Arg]| {
        let mut args: Vec<Arg> = vec![&"table", &"--data", &data];
        args.extend(rest);
        args.extend(more);
        run(&args)
    };
    let data = &fixture().data;
    assert_eq!(table(data, &[]).code, Some(0));
    let written = text(&out.join("table.json"));
    assert!(text(&out.join("cost.md")).contains("PointNet"));

    // scores that cannot be read are made again, and a run that cannot be is left out while the other stays
    let damage = |file: &str| std::fs::write(out.join("runs").join(file), "{").unwrap();
    damage("pointnet-classic-2/evaluation-val-pointnet2-v1-last.json");
    damage("pointnet-classic-2/evaluation-val-scannet-benchmark-last-scenes.json");
    assert_eq!(table(data, &[]).code, Some(0));
    assert_eq!(text(&out.join("table.json")), written);
    damage("pointnet-classic-1/manifest.json");
    let ran = table(data, &[]);
    assert_eq!(ran.code, Some(1));
    ran.complains(&["error: PointNet, seed 1", "damaged", "1 run failed and is missing from the table"]);
    let left: serde_json::Value = serde_json::from_str(&text(&out.join("table.json"))).unwrap();
    assert_eq!(left["rows"][0]["runs"].as_array().unwrap().len(), 1);

    // results of one store never appear under another's name
    let other = dir.path().join("other");
    ok(&[
        &"rooms",
        &"--out",
        &dir.path().join("raw"),
        &"--train",
        &"2",
        &"--val",
        &"1",
        &"--spacing",
        &"0.05",
        &"--seed",
        &"5",
    ]);
    ok(&[&"preprocess", &dir.path().join("raw"), &"--out", &other]);
    let before = text(&out.join("table.json"));
    let ran = table(&other, &[]);
    assert_eq!(ran.code, Some(1));
    ran.complains(&["the data differs", "2 runs failed and are missing"]);
    assert_eq!(text(&out.join("table.json")), before);

    for (set, part) in [
        ("seed=7", "choose how many with --seeds"),
        ("recipe=modern", "choose the recipe with --recipe"),
        ("ssg:train.batch=4", "the row ssg is not among --rows"),
    ] {
        table(data, &[&"--set", &set]).complains(&[part]);
    }
    let inside = data.join("table");
    let ran = run(&[&"table", &"--data", data, &"--out", &inside, &"--rows", &"pointnet"]);
    ran.complains(&["the table would be written into the prepared store"]);
    let _ = std::fs::remove_dir(&inside);
}

#[test]
fn rows_and_recipes_that_do_not_exist_are_named_with_those_that_do() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("table");
    let data = &fixture().data;
    let unknown = run(&[&"table", &"--data", data, &"--out", &out, &"--rows", &"sgg"]);
    assert_eq!(unknown.code, Some(2));
    unknown.complains(&["the table has no row \"sgg\"; choose from 3dcnn, pointnet"]);
    let moderm: [Arg; 9] = [&"table", &"--data", data, &"--out", &out, &"--rows", &"ssg", &"--recipe", &"moderm"];
    refused(&moderm, &["choose one of classic, modern, mmdet"]);
}
