//! Outputs that cannot be written, and readers that go away.

#![cfg_attr(not(unix), allow(unused))] // some tests are for Unix

mod support;

use std::path::Path;
use support::files::{assert_no_temporaries, paths, tree};
use support::fixture::{TRAIN, VAL, copy_of, fixture, mesh_file, raw_copy, scan_file, trained};
use support::{Arg, Ran, ok, program, refused};

/// Runs the program with an output that is closed before anything is written to it.
fn with_closed(args: &[Arg], close_out: bool, close_err: bool) -> Ran {
    let mut child = program(args).spawn().unwrap();
    if close_out {
        drop(child.stdout.take());
    }
    if close_err {
        drop(child.stderr.take());
    }
    Ran::from(child.wait_with_output().unwrap())
}

#[test]
fn a_reader_that_goes_away_stops_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("stats.json");
    let ran = with_closed(&[&"stats", &fixture().data, &"--json", &file], true, false);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert!(file.is_file());

    let run = dir.path().join("run");
    let f = fixture();
    let ran = with_closed(&[&"train", &f.config, &"--data", &f.data, &"--out", &run], true, true);
    assert_eq!(ran.code, Some(0));
    assert_eq!(
        std::fs::read(run.join("last.safetensors")).unwrap(),
        std::fs::read(trained().join("last.safetensors")).unwrap()
    );
}

#[test]
fn the_exit_code_reports_failures_that_nobody_reads() {
    let (dir, raw) = raw_copy();
    std::fs::write(scan_file(&raw, TRAIN[0], "_vh_clean_2.ply"), "").unwrap();
    for (close_out, close_err) in [(true, false), (false, true), (true, true)] {
        let data = dir.path().join(format!("data-{close_out}-{close_err}"));
        let ran = with_closed(&[&"preprocess", &raw, &"--out", &data], close_out, close_err);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(close_err || ran.err.contains("the file is empty"), "{ran:?}");
        assert_eq!(with_closed(&[&"verify", &raw], close_out, close_err).code, Some(1));
    }
    let ran = with_closed(&[&"stats", &dir.path().join("missing")], true, true);
    assert_eq!(ran.code, Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn output_to_a_full_disk_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let ran = Ran::from(program(&[&"stats", &fixture().data]).stdout(full).output().unwrap());
    assert_eq!(ran.code, Some(1));
    ran.complains(&["error: cannot write to standard output", "No space left"]);
}

#[test]
fn folders_that_cannot_be_created_are_named() {
    let (dir, f) = (tempfile::tempdir().unwrap(), fixture());
    // nobody can write a path below a file, not even root
    let file = dir.path().join("file");
    std::fs::write(&file, "mine").unwrap();
    let below = file.join("out");
    let small: [Arg; 4] = [&"--train", &"1", &"--spacing", &"0.1"];
    for out in [&below, &file] {
        let name = out.display().to_string();
        let mut rooms: Vec<Arg> = vec![&"rooms", &"--out", out];
        rooms.extend(small);
        refused(&rooms, &["cannot", &name]);
        refused(&[&"preprocess", &f.raw, &"--out", out], &["cannot write", &name]);
        refused(&[&"train", &f.config, &"--data", &f.data, &"--out", out], &["cannot write", &name]);
    }
    let name = below.display().to_string();
    refused(&[&"predict", &trained(), &mesh_file(VAL), &"--out", &below], &["cannot write", &name]);
    refused(&[&"stats", &f.data, &"--json", &below], &["cannot write", &name]);
    refused(&[&"verify", &f.raw, &"--json", &below], &["cannot write", &name]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    let missing = dir.path().join("missing/out.ply");
    refused(
        &[&"predict", &trained(), &mesh_file(VAL), &"--out", &missing],
        &["cannot write", "create the folder first", "missing/out.ply"],
    );
    refused(
        &[&"predict", &trained(), &mesh_file(VAL), &"--out", &dir.path()],
        &["a folder of this name is in the way"],
    );
    assert_eq!(paths(dir.path()), [file]);
}

#[test]
fn rooms_are_not_written_among_other_files() {
    let (_dir, data) = copy_of(&fixture().data);
    let before = tree(&data);
    refused(&[&"rooms", &"--out", &data, &"--train", &"1"], &["the folder is not empty", "choose an empty folder"]);
    refused(&[&"rooms", &"--out", &data.join("new"), &"--spacing", &"5"], &["spacing", "give 0.01 to 0.1"]);
    refused(&[&"rooms", &"--out", &data.join("new"), &"--train", &"0", &"--val", &"0"], &["at least one scan"]);
    assert!(tree(&data) == before);
}

/// Runs the program with a limit on the size of files, as if the disk were full. The limit holds for root as well.
#[cfg(target_os = "linux")]
fn with_small_files(kilobytes: u32, args: &[Arg]) -> Ran {
    let mut command = std::process::Command::new("bash");
    let script = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$@\"");
    command.args(["-c", &script, "bash", env!("CARGO_BIN_EXE_scanseg")]).args(args.iter().map(|a| a.as_ref()));
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.code, Some(1), "{ran:?}");
    ran
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_leaves_nothing_half_written() {
    let (dir, f) = (tempfile::tempdir().unwrap(), fixture());
    let full = "cannot write: File too large";
    let at = |name: &str| dir.path().join(name);

    let data = at("data");
    let ran = with_small_files(100, &[&"preprocess", &f.raw, &"--out", &data]);
    ran.complains(&[full, TRAIN[0], VAL]);
    assert!(ran.out.contains("0 scans prepared, 0 unchanged, 3 failed"), "{}", ran.out);
    assert!(paths(&data).iter().all(|p| p.extension().is_none_or(|e| e != "npy")), "{:?}", paths(&data));

    let run = at("run");
    let ran = with_small_files(16, &[&"train", &f.config, &"--data", &f.data, &"--out", &run]);
    ran.complains(&[full, "best.safetensors"]);
    assert!(!run.join("best.safetensors").exists() && !run.join("last.safetensors").exists());

    let labelled = at("labelled.ply");
    std::fs::write(&labelled, "ply, older").unwrap();
    let ran = with_small_files(16, &[&"predict", &trained(), &mesh_file(VAL), &"--out", &labelled]);
    ran.complains(&[full, "labelled.ply"]);
    assert_eq!(std::fs::read_to_string(&labelled).unwrap(), "ply, older");

    let (_copy, scored) = copy_of(trained());
    let before = tree(&scored);
    let ran = with_small_files(4, &[&"evaluate", &scored, &"--data", &f.data]);
    ran.complains(&[full, "evaluation-val-pointnet2-v1.json"]);
    assert!(tree(&scored) == before);

    let rooms = at("rooms");
    let ran =
        with_small_files(100, &[&"rooms", &"--out", &rooms, &"--train", &"1", &"--val", &"0", &"--spacing", &"0.05"]);
    ran.complains(&[full, "scene9000_00_vh_clean_2.ply"]);
    assert!(!Path::new(&scan_file(&rooms, TRAIN[0], "_vh_clean_2.ply")).exists());
    assert_no_temporaries(dir.path());

    // with space again, everything continues in the same folders
    support::ok(&[&"preprocess", &f.raw, &"--out", &data]);
    support::files::assert_same_tree(&f.data, &data);
    support::ok(&[&"train", &f.config, &"--data", &f.data, &"--out", &run, &"--resume"]);
    assert_eq!(
        std::fs::read(run.join("last.safetensors")).unwrap(),
        std::fs::read(trained().join("last.safetensors")).unwrap()
    );
}

#[test]
fn outputs_replace_no_file_of_a_run_a_store_or_a_raw_data_set() {
    let f = fixture();
    let (_run_dir, run) = copy_of(trained());
    let (_data_dir, data) = copy_of(&f.data);
    let (_raw_dir, raw) = raw_copy();
    let before = [&run, &data, &raw].map(|folder| tree(folder));
    let mesh = scan_file(&raw, VAL, "_vh_clean_2.ply");
    let replace = "the output would take the place of a file of";
    let of_run = [replace, "a training run", "choose another name or folder"];
    for file in ["config.toml", "manifest.json", "metrics.jsonl", "best.safetensors", "last.safetensors", ".lock"] {
        refused(&[&"predict", &run, &mesh, &"--out", &run.join(file)], &of_run);
    }
    for file in ["last.safetensors", "evaluation-val-pointnet2-v1.safetensors"] {
        refused(&[&"weights", &"export", &run, &"--out", &run.join(file)], &of_run);
    }
    refused(&[&"stats", &data, &"--json", &data.join("manifest.json")], &[replace, "a prepared store"]);
    let coord = data.join("val").join(VAL).join("coord.npy");
    refused(&[&"stats", &data, &"--json", &coord], &[replace, "a prepared scene"]);
    let table = raw.join("scannetv2-labels.combined.tsv");
    refused(&[&"verify", &raw, &"--json", &table], &[replace, "a raw data set"]);
    let other = scan_file(&raw, TRAIN[0], "_vh_clean_2.ply");
    refused(&[&"predict", &run, &mesh, &"--out", &other], &[replace, "a raw scan"]);
    refused(
        &[&"bench", &f.config, &"--json", &run.join("metrics.jsonl")],
        &[replace, "a training run", "metrics.jsonl"],
    );
    // a prediction of this scan has the name of its meta file
    let scan = raw.join("scans").join(VAL);
    refused(
        &[&"export-benchmark", &run, &"--data", &data, &"--split", &"val", &"--out", &scan],
        &[replace, "a raw scan"],
    );
    assert!(before == [&run, &data, &raw].map(|folder| tree(folder)));
    // other names beside them are free
    support::ok(&[&"predict", &run, &mesh, &"--out", &run.join("labelled.ply")]);
    support::ok(&[&"stats", &data, &"--json", &data.join("stats.json")]);
}

#[cfg(unix)]
#[test]
fn inputs_are_not_replaced_under_any_name() {
    let (dir, f) = (tempfile::tempdir().unwrap(), fixture());
    let at = |name: &str| dir.path().join(name);
    let bytes = std::fs::read(mesh_file(VAL)).unwrap();
    std::fs::write(at("scan.ply"), &bytes).unwrap();
    std::os::unix::fs::symlink("scan.ply", at("link.ply")).unwrap();
    std::fs::hard_link(at("scan.ply"), at("hard.ply")).unwrap();
    std::os::unix::fs::symlink(trained().join("last.safetensors"), at("weights.safetensors")).unwrap();
    let parts = ["the output would replace another file of this command"];
    for (scan, out) in [("scan.ply", "link.ply"), ("link.ply", "scan.ply"), ("scan.ply", "hard.ply")] {
        refused(&[&"predict", &trained(), &at(scan), &"--out", &at(out)], &parts);
    }
    refused(
        &[&"weights", &"export", &trained(), &"--out", &at("weights.safetensors"), &"--checkpoint", &"last"],
        &parts,
    );
    refused(&[&"weights", &"export", &trained(), &"--out", &at("weights.safetensors")], &["a training run"]);
    assert_eq!(std::fs::read(at("scan.ply")).unwrap(), bytes);
    // a link to anything else stays, and what it points to is written
    std::fs::create_dir(at("far")).unwrap();
    std::os::unix::fs::symlink("far/stats.json", at("stats.json")).unwrap();
    support::ok(&[&"stats", &f.data, &"--json", &at("stats.json")]);
    assert!(at("stats.json").is_symlink() && at("far/stats.json").is_file());
}

#[cfg(target_os = "linux")]
#[test]
fn devices_and_pipes_are_written_to() {
    use std::os::unix::fs::FileTypeExt;
    let (dir, f) = (tempfile::tempdir().unwrap(), fixture());
    let at = |name: &str| dir.path().join(name);
    let file = at("stats.json");
    support::ok(&[&"stats", &f.data, &"--json", &file]);
    let expected = std::fs::read_to_string(&file).unwrap();

    // standard output is the file's alone, and what is said goes to standard error
    let ran = support::ok(&[&"stats", &f.data, &"--json", &"/dev/stdout"]);
    assert_eq!(ran.out, expected);
    ran.complains(&["points by class of scannet20"]);
    let whole = at("whole.ply");
    support::ok(&[&"predict", &trained(), &mesh_file(VAL), &"--out", &whole]);
    let piped = program(&[&"predict", &trained(), &mesh_file(VAL), &"--out", &"/dev/stdout"]).output().unwrap();
    assert!(piped.stdout == std::fs::read(&whole).unwrap());

    let pipe = at("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    support::ok(&[&"stats", &f.data, &"--json", &pipe]);
    assert_eq!(reader.join().unwrap(), expected);
    assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());

    // a device of the test's own, which only root can make; nobody else could replace the system's
    let null = at("null");
    let made = std::process::Command::new("mknod").arg(&null).args(["c", "1", "3"]).output().unwrap();
    let null = if made.status.success() { null } else { "/dev/null".into() };
    support::ok(&[&"stats", &f.data, &"--json", &null]);
    support::ok(&[&"predict", &trained(), &mesh_file(VAL), &"--out", &null]);
    assert!(std::fs::metadata(&null).unwrap().file_type().is_char_device());
}

#[test]
fn names_cannot_command_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("submission");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("\u{1b}[2Jfake\nerror"), "").unwrap();
    let f = fixture();
    let shown = support::run(&[&"check-submission", &out, &"--data", &f.data, &"--split", &"val"]).out;
    assert!(shown.contains(r"'\u{1b}[2Jfake\nerror' is not a prediction") && !shown.contains('\u{1b}'), "{shown}");

    let run = dir.path().join("run");
    let name = r#"name="\u001b]0;owned\u0007 <img src=x> [link](x)""#;
    let shown = support::ok(&[&"train", &f.config, &"--data", &f.data, &"--out", &run, &"--set", &name]).out;
    let more = support::ok(&[&"evaluate", &run, &"--data", &f.data]).out;
    assert!(!shown.contains('\u{1b}') && !more.contains('\u{1b}'), "{shown}{more}");
    let report = std::fs::read_to_string(run.join("evaluation-val-pointnet2-v1.md")).unwrap();
    assert!(report.starts_with(r"# \\u{1b}]0;owned\\u{7} \<img src=x> \[link](x): 1 scene of val"), "{report}");
}

#[test]
fn a_run_is_not_written_into_the_store() {
    let (_dir, data) = copy_of(&fixture().data);
    let before = tree(&data);
    for out in [data.clone(), data.join("runs/tiny"), data.join("train/tiny")] {
        refused(&[&"train", &fixture().config, &"--data", &data, &"--out", &out], &["written into a prepared store"]);
    }
    assert_eq!(tree(&data), before);
}

#[test]
fn results_of_a_run_are_not_written_into_another_or_into_a_store() {
    let (_run, other) = copy_of(trained());
    let (_dir, data) = copy_of(&fixture().data);
    let before = [tree(&other), tree(&data)];
    for (out, part) in [(&other, "that of a training run"), (&data, "that of a prepared store")] {
        refused(&[&"evaluate", &trained(), &"--data", &data, &"--out", out], &[part, "choose another one"]);
    }
    assert_eq!([tree(&other), tree(&data)], before);
    // its own folder by another name is no other
    let own = other.join("..").join(other.file_name().unwrap());
    support::ok(&[&"evaluate", &other, &"--data", &data, &"--out", &own]);
    let free = other.with_file_name("free");
    refused(&[&"evaluate", &other, &"--data", &other.join("no store"), &"--out", &free], &["no store"]);
    assert!(!free.exists(), "a command that fails leaves no folder");
}

#[test]
fn outputs_do_not_replace_each_other_or_files_of_another_kind() {
    let (_dir, run) = copy_of(trained());
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    // neither is there yet
    refused(
        &[&"predict", &run, &mesh_file(VAL), &"--out", &at("k.ply"), &"--json", &at("./k.ply")],
        &["replace another file of this command"],
    );
    for name in ["scan", "scan.ply"] {
        std::fs::copy(mesh_file(VAL), at(name)).unwrap();
    }
    for name in ["page", "page.html"] {
        std::fs::write(at(name), "<!DOCTYPE html>").unwrap();
    }
    let before = tree(dir.path());
    let (scene, data) = (fixture().data.join("val").join(VAL), &fixture().data);
    let other = ["a file of another kind", "remove that file first"];
    refused(&[&"view", &scene, &"--out", &at("scan")], &other);
    refused(&[&"render", &scene, &"--png", &at("page")], &other);
    refused(&[&"report", &run, &"--out", &at("scan")], &other);
    refused(&[&"stats", data, &"--json", &at("scan.ply")], &other);
    refused(&[&"predict", &run, &mesh_file(VAL), &"--out", &at("page")], &other);
    refused(&[&"view", &scene, &"--out", &"-"], &["/dev/stdout"]);
    assert_eq!(tree(dir.path()), before);
    ok(&[&"view", &scene, &"--out", &at("page.html")]);
}
