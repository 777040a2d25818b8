//! What the program shows: quiet or as JSON, in colour or not, help, completions and manual pages.

mod support;

use serde_json::Value;
use support::fixture::{VAL, copy_of, fixture, mesh_file, trained};
use support::{Arg, ok, program, run};

fn json(args: &[Arg]) -> Value {
    let ran = run(args);
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

#[test]
fn every_command_that_reports_does_so_as_json() {
    let f = fixture();
    let dir = tempfile::tempdir().unwrap();
    let (_dir, run_dir) = copy_of(trained());
    let to = |name: &str| dir.path().join(name);
    assert!(json(&[&"verify", &f.raw, &"--json", &"-"])["findings"].is_array());
    assert!(json(&[&"verify", &"--store", &f.data, &"--json", &"-"])["findings"].is_array());
    let prepared = json(&[&"preprocess", &f.raw, &"--out", &to("data"), &"--json", &"-"]);
    assert!(!prepared["prepared"].as_array().unwrap().is_empty(), "{prepared}");
    assert_eq!(prepared["failed"], Value::Array(Vec::new()));
    assert!(json(&[&"stats", &f.data, &"--json", &"-"])[0]["points"].as_u64().unwrap() > 0);
    let summary = json(&[&"summary", &f.config, &"--json", &"-"]);
    assert!(summary["total"]["params"].as_u64().unwrap() > 0, "{summary}");
    let evaluation = json(&[&"evaluate", &run_dir, &"--data", &f.data, &"--json", &"-"]);
    assert_eq!(evaluation["split"], "val");
    let predicted = json(&[&"predict", &run_dir, &mesh_file(VAL), &"--out", &to("labelled.ply"), &"--json", &"-"]);
    assert!(predicted["classes"][0]["vertices"].as_u64().unwrap() > 0, "{predicted}");
    assert_eq!(json(&[&"doctor", &"--json", &"-"])["passed"], true);
    let submission = to("submission");
    ok(&[&"export-benchmark", &"--ground-truth", &"--data", &f.data, &"--out", &submission]);
    let checked = json(&[
        &"check-submission",
        &submission,
        &"--data",
        &f.data,
        &"--split",
        &"val",
        &"--only-present",
        &"--json",
        &"-",
    ]);
    assert_eq!(checked["findings"][0]["scan"], VAL, "{checked}");
}

#[test]
fn a_quiet_program_shows_errors_alone() {
    let f = fixture();
    let ran = run(&[&"stats", &f.data, &"--quiet"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "", ""));
    let ran = run(&[&"-q", &"stats", &"missing"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    assert!(ran.err.starts_with("error: "), "{ran:?}");
}

#[test]
fn there_is_no_colour_without_a_terminal() {
    for arguments in [&["--help"][..], &["train", "--help"], &["stats", "missing"]] {
        let output = program(&[]).args(arguments).output().unwrap();
        assert!(![output.stdout, output.stderr].concat().contains(&0x1b), "{arguments:?}");
    }
}

#[test]
fn shells_and_man_get_their_files() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(ok(&[&"completions", &shell]).out.contains("export-benchmark"), "{shell}");
    }
    assert!(ok(&[&"man"]).out.starts_with(".ie"));
    let dir = tempfile::tempdir().unwrap();
    ok(&[&"man", &"--out", &dir.path()]);
    for page in ["scanseg.1", "scanseg-train.1", "scanseg-weights-export.1"] {
        let text = std::fs::read_to_string(dir.path().join(page)).unwrap();
        assert!(text.contains(".SH SYNOPSIS") || text.contains(".SH NAME"), "{page}: {text}");
    }
}
