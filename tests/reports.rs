//! `scanseg report` and `scanseg runs`, and the event files of TensorBoard.

mod support;

use scannet::FolderLock;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use support::files::{json, tree};
use support::fixture::{VAL, copy_of, fixture, train, trained};
use support::{Arg, ok, refused, run};
use tempfile::TempDir;

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}: {}", path.display()))
}

/// The page of a command with these runs.
fn page(runs: &[&Path], more: &[Arg]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("page.html");
    let mut args: Vec<Arg> = vec![&"report", &"--out", &out];
    args.extend(runs.iter().map(|run| run as Arg));
    args.extend(more);
    ok(&args);
    text(&out)
}

fn has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is missing in:\n{page}");
    }
}

/// A copy of the trained run with evaluations by these protocols.
fn evaluated(protocols: &[&str]) -> (TempDir, PathBuf) {
    let (dir, run) = copy_of(trained());
    for protocol in protocols {
        ok(&[&"evaluate", &run, &"--data", &fixture().data, &"--protocol", protocol]);
    }
    (dir, run)
}

#[test]
fn a_run_without_an_evaluation() {
    let (dir, run) = copy_of(trained());
    let before = tree(&run);
    let out = dir.path().join("page.html");
    let begun = Instant::now();
    let shown = ok(&[&"report", &run, &"--out", &out]).out;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    has(&shown, &["run has no evaluation yet; this makes one: scanseg evaluate ", "written: "]);
    let page = text(&out);
    has(
        &page,
        &[
            "<title>Run run</title>",
            "finished, epoch 2 of 2",
            "has no evaluation in its folder",
            "Training loss",
            "Validation scores",
            "pointnet2-v1/point-accuracy",
            "points of a crop",
            "best checkpoint",
            "config.toml of run",
            "neighbors = 8",
            "scanseg train ",
        ],
    );
    assert!(!page.contains("http://www.w3.org/1999") && !page.contains("<script"));
    assert_eq!(before, tree(&run), "a report changes nothing in the run");
}

#[test]
fn protocols_scenes_and_views() {
    let (dir, run) = evaluated(&["pointnet2-v1", "scannet-benchmark", "per-scene-mean"]);
    ok(&[&"evaluate", &run, &"--data", &fixture().data, &"--checkpoint", &"last", &"--split", &"train"]);
    let (out, svg) = (dir.path().join("page.html"), dir.path().join("charts"));
    std::fs::write(dir.path().join(format!("view-{VAL}.html")), "").unwrap();
    let begun = Instant::now();
    ok(&[&"report", &run, &"--out", &out, &"--svg", &svg]);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let (page, link) = (text(&out), format!("<a href=\"./view-{VAL}.html\">{VAL}</a>"));
    has(
        &page,
        &[
            "pointnet2-v1, val, best checkpoint",
            "scannet-benchmark, val, best checkpoint",
            "per-scene-mean, val, best checkpoint",
            "pointnet2-v1, train, last checkpoint",
            "scannet-benchmark/point-miou",
            "counts of points",
            &link,
            "--protocol pointnet2-v1 --split train --checkpoint last",
        ],
    );
    // the same number as in the evaluation's own table
    let accuracy =
        json(&run.join("evaluation-val-scannet-benchmark.json"))["scores"]["scores"].as_array().and_then(|scores| {
            scores.iter().find(|score| score["id"] == "scannet-benchmark/point-accuracy")?["value"].as_f64()
        });
    has(&page, &[&format!(">{:.2} [", 100.0 * accuracy.unwrap())]);
    for name in [
        "loss",
        "accuracy",
        "validation",
        "classes-iou-scannet-benchmark-val-best-checkpoint",
        "confusion-run-pointnet2-v1-train-last-checkpoint-rows",
    ] {
        let chart = text(&svg.join(format!("{name}.svg")));
        assert!(chart.starts_with("<svg role=\"img\" ") && chart.trim_end().ends_with("</svg>"), "{name}");
    }
}

#[test]
fn runs_of_different_label_sets_and_names() {
    let dir = tempfile::tempdir().unwrap();
    let [odd, other] = ["<script>&\"'", "other"].map(|name| dir.path().join(name));
    let name = "name='</script><b>'";
    train(&odd, &[&"--set", &name, &"--set", &"data.labels=scannet20", &"--set", &"train.evaluate_every=0"]);
    train(&other, &[&"--set", &"data.labels=pointnet-v1", &"--set", &"train.epochs=1"]);
    for run in [&odd, &other] {
        ok(&[&"evaluate", run, &"--data", &fixture().data, &"--protocol", &"pointcept"]);
    }
    let page = page(&[&odd, &other], &[]);
    has(
        &page,
        &[
            "&lt;script&gt;&amp;&quot;&#39; compared with other",
            "&lt;/script&gt;&lt;b&gt;",
            "other and &lt;script&gt;&amp;&quot;&#39; cannot be compared: different things are scored",
            "<th scope=\"row\">data.labels</th>",
            "<th scope=\"row\">train.epochs</th><td>2</td><td>1</td>",
            "scanseg evaluate",
        ],
    );
    for part in ["<script", "</script", "<b>"] {
        assert!(!page.contains(part), "{part}");
    }
    refused(&[&"report", &other, &other, &"--out", &dir.path().join("x.html")], &["the run is given twice"]);
}

#[test]
fn what_is_damaged_is_named_and_the_rest_is_shown() {
    let (_dir, run) = evaluated(&["pointnet2-v1", "scannet-benchmark"]);
    let out = run.with_file_name("page.html");
    let report = || {
        let ran = ok(&[&"report", &run, &"--out", &out]);
        (ran, text(&out))
    };
    // a killed run's last half line is nothing to complain about
    let metrics = text(&run.join("metrics.jsonl"));
    std::fs::write(run.join("metrics.jsonl"), &metrics[..metrics.len() - 20]).unwrap();
    let (ran, page) = report();
    assert_eq!(ran.err, "");
    assert!(page.contains("Training loss"));
    std::fs::write(run.join("metrics.jsonl"), format!("junk\n\u{0}\n{metrics}")).unwrap();
    report().0.complains(&["warning: run: metrics.jsonl has 2 lines that cannot be read"]);
    std::fs::remove_file(run.join("metrics.jsonl")).unwrap();
    let (ran, page) = report();
    ran.complains(&["metrics.jsonl"]);
    has(&page, &["No epoch has been trained.", "pointnet2-v1/point-accuracy"]);

    std::fs::write(run.join("evaluation-val-pointnet2-v1.json"), "{\"program\": ").unwrap();
    std::fs::remove_file(run.join("evaluation-val-scannet-benchmark-scenes.json")).unwrap();
    let (ran, page) = report();
    ran.complains(&[
        "evaluation-val-pointnet2-v1.json is left out: damaged, evaluate again",
        "evaluation-val-scannet-benchmark has no intervals",
    ]);
    has(&page, &["There are no counts by scene, so there are no intervals.", "No evaluation has counts by scene."]);
    // an evaluation of a checkpoint that is not there any more
    std::fs::copy(run.join("last.safetensors"), run.join("best.safetensors")).unwrap();
    let changed = text(&run.join("evaluation-val-scannet-benchmark.json"));
    let at = changed.find("\"checkpoint\": \"").unwrap() + 15;
    let changed = [&changed[..at], &"0".repeat(64), &changed[at + 64..]].concat();
    std::fs::write(run.join("evaluation-val-scannet-benchmark.json"), changed).unwrap();
    report().0.complains(&["is of an earlier checkpoint"]);
    std::fs::write(run.join("last.safetensors"), "short").unwrap();
    let (ran, page) = report();
    ran.complains(&["not a checkpoint of this program"]);
    has(&page, &["<td>broken</td>"]);
}

#[test]
fn a_run_before_its_first_epoch() {
    let (_dir, run) = copy_of(trained());
    for file in ["last.safetensors", "best.safetensors", "metrics.jsonl"] {
        std::fs::remove_file(run.join(file)).unwrap();
    }
    let page = page(&[&run], &[]);
    has(&page, &["stopped, epoch 0 of 2", "No epoch has been trained.", "--resume &amp;&amp; scanseg evaluate"]);
}

#[test]
fn what_is_no_run_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("page.html");
    refused(&[&"report", &dir.path(), &"--out", &out], &["not the folder of a training run"]);
    refused(&[&"report", &fixture().data, &"--out", &out], &["not the folder of a training run"]);
    refused(&[&"report", &dir.path().join("missing"), &"--out", &out], &["not the folder of a training run"]);
    assert!(!out.exists());
    std::fs::create_dir(dir.path().join("runs")).unwrap();
    refused(&[&"report", &dir.path(), &"--out", &out], &["a table without results"]);
    // not into the run's own files
    let (_other, run) = copy_of(trained());
    refused(&[&"report", &run, &"--out", &run.join("config.toml")], &["the output would take the place"]);
    std::fs::write(dir.path().join("table.json"), "{\"recipe\": 1}").unwrap();
    refused(&[&"report", &dir.path(), &"--out", &out], &["damaged, run scanseg table again"]);
    refused(&[&"report", &dir.path(), &run, &"--out", &out], &["this is a table, which has a page of its own"]);
}

#[test]
fn a_table_has_a_page() {
    let dir = tempfile::tempdir().unwrap();
    let (table, out) = (dir.path().join("table"), dir.path().join("page.html"));
    let small = ["--rows", "ssg", "--seeds", "1", "--set", "crop.points=1024", "--set", "train.epochs=1"];
    let mut args: Vec<Arg> = vec![&"table", &"--data", &fixture().data, &"--out", &table, &"--set", &"train.batch=2"];
    args.extend(small.iter().map(|arg| arg as Arg));
    ok(&args);
    ok(&[&"report", &table, &"--out", &out, &"--svg", &dir.path().join("charts")]);
    has(
        &text(&out),
        &["Results with the recipe classic", "PointNet++ (SSG)", "Training loss", "peak memory", "scanseg train "],
    );
    assert!(dir.path().join("charts/loss.svg").is_file());
    // a run of a table knows what it costs
    let run = table.join("runs/ssg-classic-1");
    let page = page(&[&run], &[]);
    has(&page, &["cpu, ", " ms</td>"]);
    assert!(!page.contains("Time and memory are those of bench.json"));
}

#[test]
fn event_files_grow_with_the_metrics() {
    let (_dir, run) = copy_of(trained());
    let file = run.join("events.out.tfevents.scanseg");
    page(&[&run], &[&"--tensorboard"]);
    let whole = std::fs::read(&file).unwrap();
    // the first record: 24 bytes, time 0, then the name of the format
    assert_eq!(whole[..8], 24u64.to_le_bytes());
    assert!(whole[12..36].ends_with(b"brain.Event:2"));
    for kept in [whole.len() / 2, 0, whole.len()] {
        std::fs::write(&file, &whole[..kept]).unwrap();
        page(&[&run], &[&"--tensorboard"]);
        assert!(std::fs::read(&file).unwrap() == whole, "{kept}");
    }
    // one of another training is replaced
    std::fs::write(&file, [b"other", &whole[5..]].concat()).unwrap();
    page(&[&run], &[&"--tensorboard"]);
    assert!(std::fs::read(&file).unwrap() == whole);
    // a training writes the same, and it does not disturb resuming
    let trained = run.with_file_name("again");
    train(&trained, &[&"--tensorboard", &"--stop-after", &"1"]);
    let half = std::fs::read(trained.join("events.out.tfevents.scanseg")).unwrap();
    assert!(half.len() < whole.len() && whole.starts_with(&half));
    train(&trained, &[&"--tensorboard", &"--resume"]);
    assert!(std::fs::read(trained.join("events.out.tfevents.scanseg")).unwrap() == whole);
}

#[test]
fn runs_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    let copy = |name: &str| {
        let to = dir.path().join(name);
        support::files::copy_tree(trained(), &to);
        to
    };
    let nothing = refused(&[&"runs", &dir.path()], &["no run is in this folder or below it"]);
    assert_eq!(nothing.out, "");
    refused(&[&"runs", &dir.path().join("missing")], &["cannot read the folder"]);

    let (_finished, busy) = (copy("deep/er/finished"), copy("busy"));
    let (new, odd, cut) = (copy("new"), copy("odd"), copy("cut"));
    for file in ["last.safetensors", "best.safetensors", "metrics.jsonl"] {
        std::fs::remove_file(new.join(file)).unwrap();
    }
    std::fs::write(odd.join("config.toml"), "seed = 2\n").unwrap();
    let checkpoint = std::fs::read(cut.join("last.safetensors")).unwrap();
    std::fs::write(cut.join("last.safetensors"), &checkpoint[..checkpoint.len() / 2]).unwrap();
    let _lock = FolderLock::exclusive(&busy, "train").unwrap();

    let list = dir.path().join("list.json");
    let shown = ok(&[&"runs", &dir.path(), &"--json", &list]).out;
    has(&shown, &["odd is broken: damaged (config.toml was changed", "cut is broken: not a checkpoint", " s ago"]);
    let value = json(&list);
    let of = |path: &str| value.as_array().unwrap().iter().find(|row| row["path"] == path).unwrap().clone();
    for (path, state, epoch) in [
        ("deep/er/finished", "finished", Some(2)),
        ("busy", "training", Some(2)),
        ("new", "stopped", Some(0)),
        ("odd", "broken", None),
        ("cut", "broken", None),
    ] {
        let row = of(path);
        assert_eq!((row["state"].as_str(), row["epoch"].as_u64()), (Some(state), epoch), "{row}");
        assert_eq!(row["error"].is_null(), state != "broken", "{row}");
    }
    assert_eq!(of("busy")["best"]["id"], "pointnet2-v1/calibrated-voxel-accuracy");
    assert!(of("new")["best"].is_null());
    let order = |sort: &str| {
        let shown = ok(&[&"runs", &dir.path(), &"--sort", &sort]).out;
        let rows = shown.lines().skip(2).take(5).map(|line| line.split_whitespace().next().unwrap().to_owned());
        rows.collect::<Vec<String>>()
    };
    assert_eq!(order("name"), ["busy", "cut", "deep/er/finished", "new", "odd"]);
    // those with a score, then those without
    assert_eq!(order("score"), ["busy", "deep/er/finished", "cut", "new", "odd"]);
    std::thread::sleep(Duration::from_millis(20));
    std::fs::write(new.join("note.txt"), "x").unwrap();
    assert_eq!(order("age")[0], "new");
    // a run itself, and a list into a run's own files
    assert!(run(&[&"runs", &busy]).out.contains("training"));
    refused(&[&"runs", &dir.path(), &"--json", &busy.join("config.toml")], &["the output would take the place"]);
}

#[test]
fn pictures_are_drawn_and_linked() {
    let dir = tempfile::tempdir().unwrap();
    let (_run, run) = copy_of(trained());
    let f = fixture();
    ok(&[&"evaluate", &run, &"--data", &f.data]);
    let page = dir.path().join("report.html");
    ok(&[&"report", &run, &"--data", &f.data, &"--pictures", &"--out", &page]);
    let view = dir.path().join(format!("view-{VAL}.html"));
    assert!(std::fs::read_to_string(&view).unwrap().starts_with("<!DOCTYPE html>"));
    let shows = |page: &Path| {
        let text = std::fs::read_to_string(page).unwrap();
        assert!(text.contains(&format!("href=\"./view-{VAL}.html\"")) && text.contains("data:image/png;base64,"));
    };
    shows(&page);
    // another store may have other scans of the same names
    let (_other, other) = copy_of(&f.data);
    let described = |path: &&PathBuf| path.ends_with("manifest.json") || path.ends_with("scene.json");
    support::files::paths(&other).iter().filter(described).for_each(|path| std::fs::remove_file(path).unwrap());
    ok(&[&"evaluate", &run, &"--data", &other]);
    for store in [&f.data, &other] {
        let said = ok(&[&"report", &run, &"--data", store, &"--pictures", &"--out", &page]).out;
        assert!(said.contains("evaluations on other stores have none"), "{said}");
        assert_eq!(text(&page).matches("data:image/png;base64,").count(), 1);
    }
    // a later report links to the views, without labelling anything; their pictures may be of other runs
    ok(&[&"report", &run, &"--out", &page]);
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(text.contains(&format!("href=\"./view-{VAL}.html\"")) && !text.contains("data:image/png"));
    // a run that was never scored has no best scene
    let (_new, new) = copy_of(trained());
    refused(&[&"report", &new, &"--pictures", &"--out", &page], &["no scene can be chosen"]);
}

#[test]
fn metrics_that_end_too_early_are_named() {
    let (_dir, run) = copy_of(trained());
    let metrics = text(&run.join("metrics.jsonl"));
    for kept in [0, 1] {
        let lines: Vec<&str> = metrics.lines().take(kept).collect();
        std::fs::write(run.join("metrics.jsonl"), lines.join("\n") + "\n").unwrap();
        has(&page(&[&run], &[]), &["metrics.jsonl ends at epoch", "the curves lack the rest"]);
    }
}
