//! Runs and checkpoints that cannot be used.

mod support;

use safetensors::SafeTensors;
use std::path::{Path, PathBuf};
use support::files::{assert_no_temporaries, paths};
use support::fixture::{VAL, copy_of, fixture, mesh_file, train, trained};
use support::{ok, refused};
use tempfile::TempDir;

const BEST: &str = "best.safetensors";
const LAST: &str = "last.safetensors";

fn run_copy() -> (TempDir, PathBuf) {
    copy_of(trained())
}

/// Asserts that neither evaluation nor prediction accepts the run, and that they write nothing.
fn unusable(run: &Path, parts: &[&str]) {
    let before = paths(run);
    let out = run.with_file_name("labelled.ply");
    refused(&[&"evaluate", &run, &"--data", &fixture().data], parts);
    refused(&[&"predict", &run, &mesh_file(VAL), &"--out", &out], parts);
    assert!(!out.exists());
    assert_eq!(paths(run), before);
}

/// Asserts that the run cannot be resumed with these additional arguments, and does not change.
fn not_resumed(run: &Path, more: &[support::Arg], parts: &[&str]) {
    let f = fixture();
    let before = support::files::tree(run);
    let mut args: Vec<support::Arg> = vec![&"train", &f.config, &"--data", &f.data, &"--out", &run, &"--resume"];
    args.extend(more);
    refused(&args, parts);
    assert!(support::files::tree(run) == before);
}

#[test]
fn a_checkpoint_of_another_network_is_refused() {
    let (dir, run) = run_copy();
    let other = dir.path().join("other");
    train(&other, &[&"--set", &"model.head=24", &"--set", &"train.epochs=1"]);
    for file in [BEST, LAST] {
        std::fs::copy(other.join(file), run.join(file)).unwrap();
    }
    unusable(&run, &["another architecture", "should be [", "use the configuration that it was trained with", BEST]);
    not_resumed(&run, &[], &["another architecture", LAST]);

    // fewer layers: something is left over
    let deeper = dir.path().join("deeper");
    train(&deeper, &[&"--set", &"model.propagation=[[16],[16,16,16]]", &"--set", &"train.epochs=1"]);
    std::fs::copy(deeper.join(BEST), run.join(BEST)).unwrap();
    unusable(&run, &["another architecture", BEST]);
}

#[test]
fn damaged_checkpoints_are_refused() {
    let (_dir, run) = run_copy();
    let whole = std::fs::read(run.join(BEST)).unwrap();
    let mut hostile = u64::MAX.to_le_bytes().to_vec();
    hostile.extend(&whole[8..]);
    let foreign = b"\x02\x00\x00\x00\x00\x00\x00\x00{}".to_vec();
    for bytes in [whole[..whole.len() / 2].to_vec(), whole[..5].to_vec(), Vec::new(), hostile, foreign] {
        for file in [BEST, LAST] {
            std::fs::write(run.join(file), &bytes).unwrap();
        }
        unusable(&run, &["not a checkpoint of this program", "take another checkpoint or train again", BEST]);
        not_resumed(&run, &[], &["not a checkpoint of this program", LAST]);
    }
    // the other checkpoint still works
    std::fs::write(run.join(LAST), &whole).unwrap();
    ok(&[&"evaluate", &run, &"--data", &fixture().data, &"--checkpoint", &"last"]);
}

/// Changes what a checkpoint says of its contents.
fn edit(file: &Path, change: impl Fn(&mut serde_json::Value)) {
    let bytes = std::fs::read(file).unwrap();
    let (length, rest) = bytes.split_at(8);
    let (header, values) = rest.split_at(u64::from_le_bytes(length.try_into().unwrap()) as usize);
    let mut header: serde_json::Value = serde_json::from_slice(header).unwrap();
    let about = &mut header["__metadata__"]["scanseg"];
    let mut metadata = serde_json::from_str(about.as_str().unwrap()).unwrap();
    change(&mut metadata);
    *about = metadata.to_string().into();
    let header = header.to_string();
    let header = format!("{header:<width$}", width = header.len().next_multiple_of(8));
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), values].concat();
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn a_damaged_state_of_the_optimiser_is_refused() {
    type Change<'a> = &'a dyn Fn(&mut serde_json::Value);
    let changes: [(Change, &str); 5] = [
        (&|state| state["optimizer_paths"] = serde_json::json!({}), "for parameters that it does not name"),
        (&|state| state["optimizer_paths"]["1"] = "head.norms.0.beta".into(), "is not the network's parameter 1"),
        (&|state| state["optimizer_paths"]["01"] = "head.norms.0.beta".into(), "is not the network's parameter 01"),
        (&|state| state["optimizer_scalars"]["1.momentum.time"]["UInt"] = u64::MAX.into(), "the number of steps of"),
        (&|state| state["optimizer_scalars"] = serde_json::json!({}), "the number of steps of"),
    ];
    for (change, message) in changes {
        let (_dir, run) = run_copy();
        edit(&run.join(LAST), change);
        not_resumed(&run, &[], &[message, "take another checkpoint or train again", LAST]);
    }
}

#[test]
fn checkpoints_that_are_lost_are_missed() {
    let (_dir, run) = run_copy();
    // where one of them is cut off, a training that goes on would not mend it
    let best = std::fs::read(run.join(BEST)).unwrap();
    std::fs::write(run.join(BEST), &best[..best.len() / 2]).unwrap();
    let f = fixture();
    let resumed = || ok(&[&"train", &f.config, &"--data", &f.data, &"--out", &run, &"--resume"]);
    let chosen = "is lost or damaged; no epochs are left, so restore the file";
    resumed().complains(&["warning: best.safetensors, of epoch", chosen]);
    std::fs::remove_file(run.join(BEST)).unwrap();
    unusable(&run, &["the run has lost best.safetensors, its checkpoint of epoch", "--checkpoint last"]);
    resumed().complains(&[chosen]);
    ok(&[&"evaluate", &run, &"--data", &fixture().data, &"--checkpoint", &"last"]);
    std::fs::remove_file(run.join(LAST)).unwrap();
    // it had one, so a training that began again would replace what the metrics tell of
    let lost = ["the run has lost its checkpoint last.safetensors", "train again into another folder"];
    unusable(&run, &lost);
    not_resumed(&run, &[], &lost);
    std::fs::remove_file(run.join("metrics.jsonl")).unwrap();
    unusable(&run, &["the run has no checkpoint", "continue it with train --resume", "run"]);
}

#[test]
fn an_edited_configuration_is_refused() {
    let (_dir, run) = run_copy();
    let config = run.join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("head = 16", "head = 24")).unwrap();
    unusable(&run, &["config.toml was changed after the run was started", "restore it or train again", "config.toml"]);
}

#[test]
fn a_damaged_manifest_is_refused() {
    let (_dir, run) = run_copy();
    std::fs::write(run.join("manifest.json"), "{\"program\": ").unwrap();
    unusable(&run, &["damaged (", "restore it or train again", "manifest.json"]);
    std::fs::remove_file(run.join("manifest.json")).unwrap();
    unusable(&run, &["not the folder of a training run (it has no manifest.json)", "give the folder that train wrote"]);
}

#[test]
fn a_folder_that_is_not_a_run_is_refused() {
    let f = fixture();
    refused(&[&"evaluate", &f.data, &"--data", &f.data], &["not the folder of a training run (it has no config.toml)"]);
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    refused(
        &[&"train", &f.config, &"--data", &f.data, &"--out", &out, &"--resume"],
        &["not the folder of a training run"],
    );
    assert!(!out.exists());
}

#[test]
fn resuming_needs_the_same_configuration_and_data() {
    let (dir, run) = run_copy();
    not_resumed(
        &run,
        &[&"--set", &"train.epochs=5"],
        &["cannot resume: the configuration (epochs = 5, in the run epochs = 2) differs", "resume with the same file"],
    );
    not_resumed(
        &run,
        &[&"--set", &"seed=2"],
        &["cannot resume: the configuration (seed = 2, in the run seed = 1) differs"],
    );
    let f = fixture();
    let other = dir.path().join("data");
    ok(&[&"preprocess", &f.raw, &"--out", &other, &"--no-normals"]);
    let before = support::files::tree(&run);
    let args: [support::Arg; 7] = [&"train", &f.config, &"--data", &other, &"--out", &run, &"--resume"];
    refused(&args, &["cannot resume: the data differs", "resume with the prepared store"]);
    assert!(support::files::tree(&run) == before);
}

#[test]
fn a_store_may_move_between_start_and_resume() {
    let (dir, run) = run_copy();
    let (_data_dir, data) = copy_of(&fixture().data);
    ok(&[&"train", &fixture().config, &"--data", &data, &"--out", &run, &"--resume"]);
    assert_no_temporaries(dir.path());
}

#[test]
fn a_folder_with_a_run_is_not_trained_into() {
    let (_dir, run) = run_copy();
    let f = fixture();
    let before = support::files::tree(&run);
    let parts =
        ["the folder has a run already", "choose another one, or continue a training with train --resume", "run"];
    refused(&[&"train", &f.config, &"--data", &f.data, &"--out", &run], &parts);
    assert!(support::files::tree(&run) == before);
}

#[test]
fn every_evaluation_has_a_name_of_its_own() {
    let (dir, run) = run_copy();
    let f = fixture();
    let other = dir.path().join("other");
    ok(&[&"preprocess", &f.raw, &"--out", &other, &"--no-normals"]);
    let evaluate = |data: &Path, which: &str| {
        let shown = ok(&[&"evaluate", &run, &"--data", &data, &"--checkpoint", &which]).out;
        let file = shown.lines().find_map(|line| line.strip_prefix("written: ").filter(|f| f.ends_with(".json")));
        PathBuf::from(file.unwrap())
    };
    let files =
        [evaluate(&f.data, "best"), evaluate(&f.data, "last"), evaluate(&other, "best"), evaluate(&other, "last")];
    let data = support::files::json(&files[2])["data"].as_str().unwrap()[..8].to_owned();
    let names = files.each_ref().map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned());
    let plain = "evaluation-val-pointnet2-v1";
    let expected = [plain, "-last", &format!("-data-{data}"), &format!("-last-data-{data}")];
    assert_eq!(names[0], plain);
    for (name, end) in names.iter().zip(expected).skip(1) {
        assert_eq!(*name, format!("{plain}{end}"));
    }
    for (file, which) in files.iter().zip([BEST, LAST, BEST, LAST]) {
        let hash = scannet::sha256_hex(&std::fs::read(run.join(which)).unwrap());
        assert_eq!(support::files::json(file)["checkpoint"], hash);
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_file_is_an_error_at_once() {
    for file in ["config.toml", "manifest.json", BEST] {
        let (_dir, run) = run_copy();
        std::fs::remove_file(run.join(file)).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(run.join(file)).status().unwrap().success());
        refused(&[&"evaluate", &run, &"--data", &fixture().data], &["this is a pipe, not a file", file]);
    }
}

/// The checkpoint with one value of a tensor replaced; also returns the tensor's name.
fn with_value(whole: &[u8], prefix: &str, value: f32) -> (Vec<u8>, String) {
    let tensors = SafeTensors::deserialize(whole).unwrap();
    let (name, view) =
        tensors.iter().filter(|(name, _)| name.starts_with(prefix)).min_by_key(|(name, _)| *name).unwrap();
    let start = view.data().as_ptr() as usize - whole.as_ptr() as usize;
    let last = start + view.data().len() - 4;
    let mut bytes = whole.to_vec();
    bytes[last..last + 4].copy_from_slice(&value.to_le_bytes());
    (bytes, name.to_owned())
}

#[test]
fn checkpoints_with_values_that_are_not_numbers_are_refused() {
    let (_dir, run) = run_copy();
    let whole = std::fs::read(run.join(LAST)).unwrap();
    for value in [f32::NAN, f32::INFINITY] {
        for prefix in ["model.", "optimizer."] {
            let (bytes, name) = with_value(&whole, prefix, value);
            for file in [BEST, LAST] {
                std::fs::write(run.join(file), &bytes).unwrap();
            }
            unusable(&run, &[&name, "NaN or infinite", "take another file or train again", BEST]);
            not_resumed(&run, &[], &[&name, "NaN or infinite", LAST]);
            let (imported, f) = (run.with_file_name("imported"), fixture());
            if prefix == "model." {
                let args: [support::Arg; 6] = [&"weights", &"import", &run.join(LAST), &f.config, &"--out", &imported];
                refused(&args, &[&name, "holds", LAST]);
                assert!(!imported.exists());
            }
        }
    }
}

/// The weights are numbers, but what the network computes is not.
#[test]
fn scores_that_are_not_finite_are_no_labels() {
    let (_dir, run) = run_copy();
    let whole = std::fs::read(run.join(LAST)).unwrap();
    let (bytes, _) = with_value(&whole, "model.classifier.weight", f32::MAX);
    std::fs::write(run.join(BEST), bytes).unwrap();
    unusable(&run, &["scores are NaN or infinite", "use another checkpoint"]);
}

/// The loss of a step is that before its update, so only the weights show that the last one went wrong.
#[test]
fn weights_that_stop_being_numbers_in_the_last_step_are_not_saved() {
    let (dir, f) = (tempfile::tempdir().unwrap(), fixture());
    // one step in an epoch; its gradient overflows when it is squared, or at once
    for (decay, what) in [("1e38", "the optimiser's state of"), ("1e39", "has become NaN or infinite")] {
        let run = dir.path().join(decay);
        let decay = format!("train.weight_decay={decay}");
        let set: [support::Arg; 4] = [&"--set", &"train.batch=8", &"--set", &decay];
        let mut args: Vec<support::Arg> = vec![&"train", &f.config, &"--data", &f.data, &"--out", &run];
        args.extend(set);
        let parts = ["by the end of epoch 1 (step 1)", "the checkpoint was not written", "learning_rate", LAST, what];
        refused(&args, &parts);
        assert!(!run.join(LAST).exists() && !run.join(BEST).exists());
        assert_no_temporaries(&run);
    }
}
