//! Training, evaluation and everything else that writes results is killed at any moment, and started twice at once: it
//! continues and ends in the same bytes, or says clearly why it does not.

#![cfg_attr(not(unix), allow(unused))] // some tests are for Unix

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use support::files::{assert_no_temporaries, assert_same_tree, copy_tree, json};
use support::fixture::{TRAIN, VAL, fixture, mesh_file, train, trained};
use support::kills::{Case, at_once, rounds, succeed};
use support::{Arg, Ran, ok, program, run};

const EPOCHS: &str = "train.epochs=12";

fn train_command(run: &Path, more: &[Arg]) -> Command {
    let f = fixture();
    let mut args: Vec<Arg> = vec![&"train", &f.config, &"--data", &f.data, &"--out", &run, &"--set", &EPOCHS];
    args.extend(more);
    program(&args)
}

fn evaluate(run: &Path) -> Command {
    program(&[&"evaluate", &run, &"--data", &fixture().data])
}

fn predict(out: &Path) -> Command {
    program(&[&"predict", &trained(), &mesh_file(VAL), &"--out", &out])
}

fn export(out: &Path) -> Command {
    let f = fixture();
    program(&[&"export-benchmark", &trained(), &"--data", &f.data, &"--split", &"train", &"--out", &out])
}

/// The weights of the trained network, as another program would have them.
fn weights() -> &'static Path {
    static WEIGHTS: OnceLock<PathBuf> = OnceLock::new();
    WEIGHTS.get_or_init(|| {
        let file = fixture().data.with_file_name("weights.pth");
        ok(&[&"weights", &"export", &trained(), &"--out", &file]);
        file
    })
}

fn import(run: &Path) -> Command {
    program(&[&"weights", &"import", &weights(), &fixture().config, &"--out", &run])
}

fn run_copy(dir: &Path) {
    copy_tree(trained(), &dir.join("run"));
}

/// A run that was stopped after a third of its epochs.
fn stopped(dir: &Path) {
    static STOPPED: OnceLock<PathBuf> = OnceLock::new();
    let run = STOPPED.get_or_init(|| {
        let run = fixture().data.with_file_name("stopped");
        train(&run, &[&"--set", &EPOCHS, &"--stop-after", &"4"]);
        run
    });
    copy_tree(run, &dir.join("run"));
}

/// Any command that changes nothing, where there is nothing to continue.
fn nothing() -> Command {
    program(&[&"stats", &fixture().data])
}

#[test]
fn a_training_continues_after_a_kill() {
    let case = Case {
        name: "train",
        rounds: rounds(4, 50),
        prepare: &|_| {},
        command: &|dir| train_command(&dir.join("run"), &[]),
        killed: &|dir| {
            let evaluated = evaluate(&dir.join("run")).output().unwrap();
            let evaluated = Ran::from(evaluated);
            // where no epoch has ended, the run says so
            assert!(evaluated.code == Some(0) || evaluated.err.contains("run"), "{evaluated:?}");
            for end in [".json", ".md", "-scenes.json"] {
                let _ = std::fs::remove_file(dir.join("run").join(format!("evaluation-val-pointnet2-v1{end}")));
            }
        },
        again: &|dir| match dir.join("run/manifest.json").exists() {
            true => train_command(&dir.join("run"), &[&"--resume"]),
            false => train_command(&dir.join("run"), &[]),
        },
    };
    case.check();
}

/// A program started in the background by a script has the signal ignored, so it is told not to.
#[test]
#[cfg(target_os = "linux")]
fn an_interrupted_training_says_how_to_continue() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let train = train_command(&out, &[&"--set", &"train.epochs=2000"]);
    let mut command = Command::new("env");
    command.arg("--default-signal=INT").arg(train.get_program()).args(train.get_args());
    let mut training = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while !out.join("last.safetensors").exists() {
        assert!(training.try_wait().unwrap().is_none(), "it ended");
        std::thread::sleep(Duration::from_millis(20));
    }
    succeed({
        let mut kill = Command::new("kill");
        kill.args(["-INT", &training.id().to_string()]);
        kill
    });
    let ran = Ran::from(training.wait_with_output().unwrap());
    // ended by the signal, so that a script that calls the program ends too
    assert_eq!(ran.code, None, "{ran:?}");
    assert!(ran.err.contains("stopped: the same command with --resume continues"), "{ran:?}");
}

#[test]
fn an_evaluation_is_repeated_after_a_kill() {
    let command = |dir: &Path| evaluate(&dir.join("run"));
    let rounds = rounds(3, 30);
    let case =
        Case { name: "evaluate", rounds, prepare: &run_copy, command: &command, killed: &|_| {}, again: &command };
    case.check();
}

#[test]
fn a_prediction_is_whole_or_the_older_one() {
    let (command, out) = (|dir: &Path| predict(&dir.join("out.ply")), tempfile::tempdir().unwrap());
    succeed(command(out.path()));
    let whole = std::fs::read(out.path().join("out.ply")).unwrap();
    let case = Case {
        name: "predict",
        rounds: rounds(3, 30),
        prepare: &|dir| std::fs::write(dir.join("out.ply"), "ply, older").unwrap(),
        command: &command,
        killed: &|dir| {
            let left = std::fs::read(dir.join("out.ply")).unwrap();
            assert!(left == b"ply, older" || left == whole, "half a prediction");
        },
        again: &command,
    };
    case.check();
}

#[test]
fn a_submission_is_completed_after_a_kill() {
    let command = |dir: &Path| export(&dir.join("out"));
    let case = Case {
        name: "export-benchmark",
        rounds: rounds(3, 30),
        prepare: &|_| {},
        command: &command,
        killed: &|dir| {
            let (f, out) = (fixture(), dir.join("out"));
            if !out.exists() {
                return;
            }
            let checked = run(&[&"check-submission", &out, &"--data", &f.data, &"--split", &"train"]);
            let whole = TRAIN.iter().all(|scan| out.join(format!("{scan}.txt")).exists());
            assert_eq!(checked.code, Some(i32::from(!whole)), "{checked:?}");
            assert!(!checked.out.contains("is not a prediction") && !checked.out.contains("lines for"), "{checked:?}");
        },
        again: &command,
    };
    case.check();
}

#[test]
fn an_import_is_repeated_after_a_kill() {
    let command = |dir: &Path| import(&dir.join("run"));
    let imported = |dir: &Path| dir.join("run/last.safetensors").exists();
    let case = Case {
        name: "weights import",
        rounds: rounds(4, 30),
        prepare: &|_| {},
        command: &command,
        killed: &|dir| {
            let out = dir.with_extension("ply");
            let ran = run(&[&"predict", &dir.join("run"), &mesh_file(VAL), &"--out", &out]);
            assert_eq!(ran.code, Some(i32::from(!imported(dir))), "{ran:?}");
        },
        again: &|dir| if imported(dir) { nothing() } else { command(dir) },
    };
    case.check();
}

/// Two processes that write the same.
struct Pair<'a> {
    name: &'a str,
    prepare: &'a dyn Fn(&Path),
    command: &'a dyn Fn(&Path) -> Command,
    /// What one of them may say instead of writing.
    refusals: &'a [&'a str],
}

impl Pair<'_> {
    /// Runs one alone, then both at once in new folders: each must succeed or refuse, one must succeed, and what they
    /// leave must be what the one alone left.
    fn check(&self) {
        let dir = tempfile::tempdir().unwrap();
        let whole = dir.path().join("whole");
        std::fs::create_dir(&whole).unwrap();
        (self.prepare)(&whole);
        succeed((self.command)(&whole));
        let (rounds, mut refused) = (rounds(2, 30), 0);
        for round in 0..rounds {
            let folder = dir.path().join(format!("round-{round}"));
            std::fs::create_dir(&folder).unwrap();
            (self.prepare)(&folder);
            let ran = at_once([(self.command)(&folder), (self.command)(&folder)]);
            for ran in &ran {
                let refusal = self.refusals.iter().any(|part| ran.err.contains(part));
                assert!(ran.code == Some(0) || (ran.code == Some(1) && refusal), "{}: {ran:?}", self.name);
                refused += usize::from(refusal);
            }
            assert!(ran.iter().any(|ran| ran.code == Some(0)), "{}: {ran:?}", self.name);
            assert_same_tree(&whole, &folder);
            assert_no_temporaries(&folder);
            std::fs::remove_dir_all(&folder).unwrap();
        }
        println!("{}: {rounds} pairs, {refused} of {} refused; all ended alike", self.name, 2 * rounds);
    }
}

#[test]
fn of_two_trainings_into_one_folder_one_is_refused() {
    let command = |dir: &Path| train_command(&dir.join("run"), &[]);
    let refusals = ["is writing into this folder", "the folder has a run already"];
    Pair { name: "two trainings", prepare: &|_| {}, command: &command, refusals: &refusals }.check();
    let command = |dir: &Path| train_command(&dir.join("run"), &[&"--resume"]);
    Pair { name: "two resumed trainings", prepare: &stopped, command: &command, refusals: &refusals[..1] }.check();
}

#[test]
fn of_two_imports_into_one_folder_one_is_refused() {
    let command = |dir: &Path| import(&dir.join("run"));
    let refusals = ["is writing into this folder", "the folder has a run already"];
    Pair { name: "two imports", prepare: &|_| {}, command: &command, refusals: &refusals }.check();
}

#[test]
fn two_that_write_the_same_result_both_succeed() {
    let evaluate = |dir: &Path| evaluate(&dir.join("run"));
    Pair { name: "two evaluations", prepare: &run_copy, command: &evaluate, refusals: &[] }.check();
    let predict = |dir: &Path| predict(&dir.join("out.ply"));
    Pair { name: "two predictions", prepare: &|_| {}, command: &predict, refusals: &[] }.check();
    let export = |dir: &Path| export(&dir.join("out"));
    Pair { name: "two submissions", prepare: &|_| {}, command: &export, refusals: &["is writing into this folder"] }
        .check();
    let weights = |dir: &Path| program(&[&"weights", &"export", &trained(), &"--out", &dir.join("weights.pth")]);
    Pair { name: "two exports of weights", prepare: &|_| {}, command: &weights, refusals: &[] }.check();
}

#[test]
fn an_evaluation_beside_a_resumed_training_disturbs_neither() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole");
    stopped(&whole);
    succeed(train_command(&whole.join("run"), &[&"--resume"]));
    let rounds = rounds(3, 30);
    for round in 0..rounds {
        let folder = dir.path().join(format!("round-{round}"));
        stopped(&folder);
        let run = folder.join("run");
        for ran in at_once([train_command(&run, &[&"--resume"]), evaluate(&run)]) {
            assert_eq!(ran.code, Some(0), "{ran:?}");
        }
        let files = [".json", ".md", "-scenes.json"].map(|end| run.join(format!("evaluation-val-pointnet2-v1{end}")));
        let [result, shown, _] = &files;
        let checkpoint = json(result)["checkpoint"].as_str().unwrap().to_owned();
        assert!(std::fs::read_to_string(shown).unwrap().contains(&checkpoint));
        for file in &files {
            std::fs::remove_file(file).unwrap();
        }
        assert_same_tree(&whole, &folder);
        assert_no_temporaries(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
    }
    println!("evaluation beside a resumed training: {rounds} pairs; all succeeded, and the runs ended alike");
}
