//! A training that is killed and resumed ends like one that was left alone, to the byte.

mod support;

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use support::files::{assert_no_temporaries, assert_same_tree, copy_tree};
use support::fixture::{fixture, train, trained};
use support::{Arg, ok, program, refused};

const EPOCHS: &str = "train.epochs=60";
/// 2 scenes × 4 crops in batches of 4.
const STEPS: usize = 120;

fn arguments<'a>(run: &'a &'a Path, more: &[Arg<'a>]) -> Vec<Arg<'a>> {
    let f = fixture();
    let mut args: Vec<Arg> = vec![&"train", &f.config, &"--data", &f.data, &"--out", run, &"--set", &EPOCHS];
    args.extend(more);
    args
}

/// Starts a training and kills it as soon as `when` holds.
fn train_and_kill(run: &Path, more: &[Arg], when: impl Fn() -> bool) {
    let mut child = program(&arguments(&run, more)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while !when() {
        assert!(child.try_wait().unwrap().is_none(), "the training ended before it could be killed");
        assert!(start.elapsed() < Duration::from_secs(60), "the moment to kill the training never came");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "the training was over before it was killed");
}

fn steps_written(run: &Path) -> usize {
    std::fs::read_to_string(run.join("metrics.jsonl")).unwrap_or_default().matches("\"step\",").count()
}

#[test]
fn killed_again_and_again_it_ends_as_if_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, killed) = (dir.path().join("whole"), dir.path().join("killed"));
    train(&whole, &[&"--set", &EPOCHS]);

    let last = killed.join("last.safetensors");
    train_and_kill(&killed, &[], || last.exists());
    assert!(steps_written(&killed) < STEPS);
    // what a kill in the middle of writing leaves
    std::fs::write(killed.join(".tmp-last.safetensors.abcdef"), "half a checkpoint").unwrap();
    let reached = steps_written(&killed);
    train_and_kill(&killed, &[&"--resume"], || steps_written(&killed) > reached + 4);
    let shown = ok(&arguments(&killed.as_path(), &[&"--resume", &"--threads", &"1"])).out;
    assert!(shown.contains("continuing after step"), "{shown}");
    assert_no_temporaries(&killed);
    assert_same_tree(&whole, &killed);

    // resuming a finished run changes nothing
    ok(&arguments(&killed.as_path(), &[&"--resume"]));
    assert_same_tree(&whole, &killed);
}

#[test]
fn killed_before_the_first_checkpoint_it_starts_again() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, killed) = (dir.path().join("whole"), dir.path().join("killed"));
    train(&whole, &[&"--set", &EPOCHS]);
    let manifest = killed.join("manifest.json");
    train_and_kill(&killed, &[], || manifest.exists());
    for checkpoint in ["last.safetensors", "best.safetensors"] {
        let _ = std::fs::remove_file(killed.join(checkpoint));
    }
    ok(&arguments(&killed.as_path(), &[&"--resume"]));
    assert_same_tree(&whole, &killed);
}

#[test]
fn killed_between_best_and_last_it_evaluates_again() {
    let dir = tempfile::tempdir().unwrap();
    let (two, three) = (dir.path().join("two"), dir.path().join("three"));
    train(&three, &[&"--set", &"train.epochs=3"]);
    // the run after its second epoch, with the best checkpoint and the metrics of the third
    train_and_keep(&two, dir.path());
    for file in ["best.safetensors", "metrics.jsonl"] {
        std::fs::copy(three.join(file), two.join(file)).unwrap();
    }
    train_resumed(&two);
    assert_same_tree(&three, &two);
}

/// A run of three epochs, as if it had been killed after the second.
fn train_and_keep(run: &Path, scratch: &Path) {
    let f = fixture();
    let source = scratch.join("source");
    let log = || std::fs::read_to_string(source.join("metrics.jsonl")).unwrap_or_default();
    // three epochs pass too fast to kill the run between them: take the checkpoint of a run with the same seed that
    // ends after two
    ok(&[&"train", &f.config, &"--data", &f.data, &"--out", &source, &"--set", &"train.epochs=2"]);
    assert_eq!(log().lines().count(), 6);
    let three = scratch.join("three");
    copy_tree(&source, run);
    for file in ["config.toml", "manifest.json"] {
        std::fs::copy(three.join(file), run.join(file)).unwrap();
    }
}

fn train_resumed(run: &Path) {
    train(run, &[&"--set", &"train.epochs=3", &"--resume"]);
}

#[test]
fn an_interrupted_start_can_be_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let (run, f) = (dir.path().join("run"), fixture());
    let other = std::fs::read_to_string(trained().join("config.toml")).unwrap().replace("seed = 1", "seed = 2");
    std::fs::create_dir(&run).unwrap();
    std::fs::write(run.join("config.toml"), other).unwrap();
    refused(
        &[&"train", &f.config, &"--data", &f.data, &"--out", &run, &"--resume"],
        &["it has no manifest.json", "run"],
    );
    std::fs::write(run.join(".lock"), "").unwrap();
    let args: [Arg; 7] = [&"train", &f.config, &"--data", &f.data, &"--out", &run, &"--resume"];
    refused(&args, &["the start was interrupted", "start the training again, without --resume"]);
    train(&run, &[]);
    // an experiment of the user's is not part of an interrupted start
    let own = dir.path().join("own");
    std::fs::create_dir(&own).unwrap();
    std::fs::copy(&f.config, own.join("config.toml")).unwrap();
    refused(&arguments(&own.as_path(), &[]), &["has a config.toml that the run would replace"]);
}

#[test]
fn a_folder_takes_one_training_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    train(&run, &[&"--set", &EPOCHS]);
    let other = std::fs::File::create(run.join(".lock")).unwrap();
    other.try_lock().unwrap();
    refused(&arguments(&run.as_path(), &[&"--resume"]), &["is writing into this folder", "run"]);
    drop(other);
    ok(&arguments(&run.as_path(), &[&"--resume"]));
}

#[test]
fn a_run_stopped_after_an_epoch_continues_from_there() {
    let dir = tempfile::tempdir().unwrap();
    let (whole, parts) = (dir.path().join("whole"), dir.path().join("parts"));
    train(&whole, &[&"--set", &EPOCHS]);
    let shown = ok(&arguments(&parts.as_path(), &[&"--stop-after", &"7"])).out;
    assert!(shown.contains("trained 7 epochs"), "{shown}");
    assert_eq!(steps_written(&parts), STEPS * 7 / 60);
    // an epoch that it has already passed leaves nothing to do
    let shown = ok(&arguments(&parts.as_path(), &[&"--resume", &"--stop-after", &"3"])).out;
    assert!(shown.contains("trained 7 epochs"), "{shown}");
    ok(&arguments(&parts.as_path(), &[&"--resume", &"--stop-after", &"1000"]));
    assert_same_tree(&whole, &parts);
}

#[test]
fn lines_lost_from_the_metrics_are_missed() {
    let (dir, f) = (tempfile::tempdir().unwrap(), fixture());
    let run = dir.path().join("run");
    train(&run, &[]);
    let metrics = run.join("metrics.jsonl");
    let text = std::fs::read_to_string(&metrics).unwrap();
    // two epochs of two steps and an evaluation each; the first lines are kept
    let half: String = text.lines().take(3).flat_map(|line| [line, "\n"]).collect();
    std::fs::write(&metrics, half).unwrap();
    let args: [Arg; 7] = [&"train", &f.config, &"--data", &f.data, &"--out", &run, &"--resume"];
    let said = ok(&args);
    said.complains(&["warning: metrics.jsonl lacks 2 of the 4 steps up to the checkpoint"]);
    std::fs::write(&metrics, text).unwrap();
    assert_eq!(ok(&args).err, "");
}

#[test]
fn temporary_files_of_an_evaluation_are_left_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    train(&run, &[]);
    let temporary = run.join(".tmp-evaluation-val-pointnet2-v1.json.abcdef");
    std::fs::write(&temporary, "half").unwrap();
    let writing = std::fs::File::open(&temporary).unwrap();
    writing.lock().unwrap();
    let f = fixture();
    ok(&[&"train", &f.config, &"--data", &f.data, &"--out", &run, &"--resume"]);
    ok(&[&"evaluate", &run, &"--data", &f.data]);
    assert!(temporary.exists());
    drop(writing);
    ok(&[&"evaluate", &run, &"--data", &f.data]);
    assert_no_temporaries(&run);
}

#[test]
fn the_line_of_an_evaluation_shows_what_decides() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("run");
    let shown = ok(&arguments(&run.as_path(), &[&"--set", &"train.select_by=macro-f1"])).out;
    let lines: Vec<&str> = shown.lines().filter(|line| line.contains("validation point accuracy")).collect();
    assert!(lines[0].contains("(pointnet2-v1); macro F1 ") && lines[0].ends_with(" %, best so far"), "{}", lines[0]);
    let number =
        |line: &str| -> f64 { line.split("; macro F1 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap() };
    let (mut best, mut fell) = (-1.0, 0);
    for line in lines {
        match line.ends_with("best so far") {
            true => assert!(number(line) >= best, "{line}"),
            false => {
                assert!(line.contains(&format!("(best: {best:.1} % after epoch ")), "{line}");
                fell += 1;
            }
        }
        best = f64::max(best, number(line));
    }
    assert!(fell > 0, "{shown}");
}
