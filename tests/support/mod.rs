//! What all tests of the program share: running it, a small generated set, and looking at what it left behind.
#![allow(dead_code)]

pub mod files;
pub mod fixture;
pub mod kills;

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};

/// An argument: text or a path.
pub type Arg<'a> = &'a dyn AsRef<OsStr>;

/// How a run of the program ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

impl Ran {
    /// Asserts that the program's complaints contain all of these texts.
    pub fn complains(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is not in the program's complaints:\n{}", self.err);
        }
    }
}

/// The program with arguments, not yet running, its output kept.
pub fn program(args: &[Arg]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scanseg"));
    command.args(args.iter().map(|a| a.as_ref())).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program; whatever happens it must not panic or be killed.
pub fn run(args: &[Arg]) -> Ran {
    let ran = Ran::from(program(args).output().expect("the program starts"));
    assert!(!ran.err.contains("panicked") && ran.code.is_some_and(|c| c != 101), "the program crashed: {ran:?}");
    ran
}

/// Runs the program and asserts that it succeeds.
pub fn ok(args: &[Arg]) -> Ran {
    let ran = run(args);
    assert_eq!(ran.code, Some(0), "out:\n{}\nerr:\n{}", ran.out, ran.err);
    ran
}

/// Runs the program and asserts that it fails with exit code 1 and one complaint that contains all of these texts.
pub fn refused(args: &[Arg], parts: &[&str]) -> Ran {
    let ran = run(args);
    assert_eq!(ran.code, Some(1), "out:\n{}\nerr:\n{}", ran.out, ran.err);
    assert_eq!(ran.err.matches("error: ").count(), 1, "expected exactly one complaint:\n{}", ran.err);
    ran.complains(parts);
    ran
}
