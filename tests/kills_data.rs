//! Preparing data is killed at any moment, and started twice at once. It continues, and ends in the same bytes; what is
//! not whole is never read.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::files::{assert_no_temporaries, assert_same_tree, copy_tree};
use support::fixture::{fixture, trained};
use support::kills::{Case, at_once, random, rounds};
use support::{Arg, ok, program, refused, run};

fn preprocess(dir: &Path, more: &[Arg]) -> Command {
    let data = dir.join("data");
    let mut args: Vec<Arg> = vec![&"preprocess", &fixture().raw, &"--out", &data];
    args.extend(more);
    program(&args)
}

/// Asserts that nothing reads a store that is not whole; a store that is whole is the expected one.
fn whole_or_refused(data: &Path, whole: &Path) {
    if !data.exists() || data.join("manifest.json").exists() {
        if data.exists() {
            let scenes = |dir: &Path| scannet::PreparedStore::open(dir).unwrap().fingerprint().unwrap();
            assert_eq!(scenes(data), scenes(whole));
        }
        return;
    }
    let (f, out) = (fixture(), data.with_file_name("output"));
    let readers: [&[Arg]; 7] = [
        &[&"stats", &data],
        &[&"merge", &data],
        &[&"verify", &"--store", &data],
        &[&"train", &f.config, &"--data", &data, &"--out", &out],
        &[&"evaluate", &trained(), &"--data", &data],
        &[&"export-benchmark", &"--ground-truth", &"--data", &data, &"--out", &out],
        &[&"check-submission", &out, &"--data", &data],
    ];
    for args in readers {
        refused(args, &[&data.display().to_string()]);
        assert!(!out.exists());
    }
}

#[test]
fn preprocess_continues_after_a_kill() {
    let command = |dir: &Path| preprocess(dir, &[]);
    Case {
        name: "preprocess",
        rounds: rounds(4, 50),
        prepare: &|_| {},
        command: &command,
        killed: &|dir| whole_or_refused(&dir.join("data"), &fixture().data),
        again: &command,
    }
    .check();
}

#[test]
fn a_whole_store_is_not_whole_while_it_is_prepared_again() {
    let command = |dir: &Path| preprocess(dir, &[&"--force"]);
    Case {
        name: "preprocess --force",
        rounds: rounds(2, 50),
        prepare: &|dir| copy_tree(&fixture().data, &dir.join("data")),
        command: &command,
        killed: &|dir| whole_or_refused(&dir.join("data"), &fixture().data),
        again: &|dir| preprocess(dir, &[]),
    }
    .check();
}

#[test]
fn other_options_after_a_kill_are_refused_or_forced() {
    let f = fixture();
    Case {
        name: "preprocess --align, then without",
        rounds: rounds(2, 30),
        prepare: &|_| {},
        command: &|dir| preprocess(dir, &[&"--align"]),
        killed: &|dir| {
            let data = dir.join("data");
            let ran = run(&[&"preprocess", &f.raw, &"--out", &data]);
            // the kill may have come before the first scene
            if ran.code == Some(1) {
                ran.complains(&["prepared with --align, this run has the default options", "give the same options"]);
            } else {
                assert_same_tree(&f.data, &data);
            }
            ok(&[&"preprocess", &f.raw, &"--out", &data, &"--force"]);
            assert_same_tree(&f.data, &data);
            assert_no_temporaries(&data);
        },
        again: &|dir| preprocess(dir, &[&"--align", &"--force"]),
    }
    .check();
}

#[test]
fn shards_and_merge_continue_after_a_kill() {
    let shard = |dir: &Path, shard: &'static str| preprocess(dir, &[&"--shard", &shard]);
    let merge = |dir: &Path| program(&[&"merge", &dir.join("data")]);
    let done = |mut command: Command| assert!(command.output().unwrap().status.success());
    let killed = |dir: &Path| whole_or_refused(&dir.join("data"), &fixture().data);
    let first = |dir: &Path| shard(dir, "1/2");
    let second = |dir: &Path| shard(dir, "2/2");
    let case = |name, prepare: &dyn Fn(&Path), command: &dyn Fn(&Path) -> Command, killed: &dyn Fn(&Path)| {
        Case { name, rounds: rounds(2, 17), prepare, command, killed, again: command }.check()
    };
    case("shard 1/2", &|_| {}, &first, &killed);
    case("shard 2/2", &|dir| done(first(dir)), &second, &|dir| {
        // all shards together are a store too, but only when the second has finished
        match dir.join("data/manifest.shard-2-of-2.json").exists() {
            true => drop(ok(&[&"stats", &dir.join("data")])),
            false => killed(dir),
        }
    });
    let shards = |dir: &Path| {
        done(first(dir));
        done(second(dir));
    };
    case("merge", &shards, &merge, &|_| {});
    let dir = tempfile::tempdir().unwrap();
    shards(dir.path());
    done(merge(dir.path()));
    assert_same_tree(&fixture().data, &dir.path().join("data"));
}

fn rooms(dir: &Path) -> Command {
    let raw = dir.join("raw");
    program(&[&"rooms", &"--out", &raw, &"--train", &"2", &"--val", &"1", &"--spacing", &"0.1"])
}

#[test]
fn rooms_continue_after_a_kill() {
    Case {
        name: "rooms",
        rounds: rounds(2, 30),
        prepare: &|_| {},
        command: &rooms,
        killed: &|dir| {
            let (raw, data) = (dir.join("raw"), dir.join("data"));
            if raw.join(".incomplete").exists() {
                refused(&[&"verify", &raw], &["the folder is not complete", "run it again"]);
                refused(&[&"preprocess", &raw, &"--out", &data], &["the folder is not complete"]);
            }
        },
        again: &rooms,
    }
    .check();
}

/// Starts two commands at once in a new folder, some milliseconds apart; asserts that one succeeds and the other does
/// too or is told that the folder is taken, and returns the folder.
fn pair(name: &str, round: usize, command: &dyn Fn(&Path) -> Command, prepare: &dyn Fn(&Path)) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    prepare(dir.path());
    std::thread::sleep(std::time::Duration::from_millis((random(name, round) * 5.0) as u64));
    let ran = at_once([command(dir.path()), command(dir.path())]);
    assert!(ran.iter().any(|r| r.code == Some(0)), "{ran:?}");
    let busy = ran.iter().filter(|r| r.code != Some(0));
    busy.for_each(|r| r.complains(&["is writing into this folder; wait for it to end"]));
    dir
}

#[test]
fn two_writers_do_not_spoil_each_other() {
    let f = fixture();
    let data = |dir: &tempfile::TempDir| -> PathBuf { dir.path().join("data") };
    for round in 0..rounds(2, 30) {
        let dir = pair("preprocess", round, &|dir| preprocess(dir, &[]), &|_| {});
        assert_same_tree(&f.data, &data(&dir));
        let again = |dir: &Path| preprocess(dir, &[&"--force"]);
        let dir = pair("again", round, &again, &|dir| copy_tree(&f.data, &dir.join("data")));
        assert_same_tree(&f.data, &data(&dir));

        // different shards of a set may run at once; merges may not
        let dir = tempfile::tempdir().unwrap();
        let shards = |dir: &Path| {
            let ran = at_once([preprocess(dir, &[&"--shard", &"1/2"]), preprocess(dir, &[&"--shard", &"2/2"])]);
            assert!(ran.iter().all(|r| r.code == Some(0)), "{ran:?}");
        };
        shards(dir.path());
        ok(&[&"merge", &data(&dir)]);
        assert_same_tree(&f.data, &data(&dir));
        let dir = pair("merge", round, &|dir| program(&[&"merge", &dir.join("data")]), &shards);
        assert_same_tree(&f.data, &data(&dir));
    }
    let whole = tempfile::tempdir().unwrap();
    assert!(rooms(whole.path()).output().unwrap().status.success());
    for round in 0..rounds(1, 30) {
        let dir = pair("rooms", round, &rooms, &|_| {});
        assert_same_tree(whole.path(), dir.path());
    }
}
