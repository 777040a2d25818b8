//! Killing the program at any moment: it must then continue, and end as if nothing had happened.
//!
//! A test runs a few rounds; with `SCANSEG_KILLS=long`, as `tools/kill-tests` sets it, as many as the test names.

use super::files::{assert_no_temporaries, assert_same_tree};
use super::{Ran, files};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Rounds of a test: `few`, or `many` in the long form.
pub fn rounds(few: usize, many: usize) -> usize {
    match std::env::var("SCANSEG_KILLS") {
        Ok(length) if length == "long" => many,
        _ => few,
    }
}

/// A number in 0..1 that depends on the case and the round alone.
pub fn random(case: &str, round: usize) -> f64 {
    let hash = scannet::sha256_hex(format!("{case} {round}").as_bytes());
    f64::from(u32::from_str_radix(&hash[..8], 16).unwrap()) / f64::from(u32::MAX)
}

/// Starts a command and kills it after a delay. Returns whether it still ran.
pub fn kill_after(mut command: Command, delay: Duration) -> bool {
    let mut child = start(&mut command);
    std::thread::sleep(delay);
    let ran = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    ran
}

/// Runs two commands at the same time, and returns how both ended; neither may crash.
pub fn at_once(commands: [Command; 2]) -> [Ran; 2] {
    let running = commands.map(|mut command| command.spawn().expect("the program starts"));
    running.map(|child| finished(child.wait_with_output().unwrap().into()))
}

/// What is killed, and how it goes on.
pub struct Case<'a> {
    /// Its name, which the moments of the kills are made from.
    pub name: &'a str,
    /// How often it is killed.
    pub rounds: usize,
    /// Makes a new folder ready for the command; for example, copies a run into it.
    pub prepare: &'a dyn Fn(&Path),
    /// The command that writes into the folder.
    pub command: &'a dyn Fn(&Path) -> Command,
    /// Looks at what the kill left, for example that nothing reads it as whole.
    pub killed: &'a dyn Fn(&Path),
    /// The command that continues; it may look at what is in the folder.
    pub again: &'a dyn Fn(&Path) -> Command,
}

impl Case<'_> {
    /// Runs the command to its end in one folder. Then, in a new folder each round, kills it at a random moment,
    /// continues, and asserts that the folder holds the same bytes as the first, and no temporary files.
    ///
    /// Goes on until as many as `rounds` still ran when they were killed, and returns their number.
    pub fn check(&self) -> usize {
        let dir = tempfile::tempdir().unwrap();
        let whole = dir.path().join("whole");
        std::fs::create_dir(&whole).unwrap();
        (self.prepare)(&whole);
        let begun = Instant::now();
        succeed((self.command)(&whole));
        let mut time = begun.elapsed();
        let (mut killed, mut round) = (0, 0);
        // a round counts if the command still ran; where it did not, the first one took longer than usual
        while killed < self.rounds {
            assert!(round < 20 * self.rounds, "{} is too short to be killed", self.name);
            let folder = dir.path().join(format!("round-{round}"));
            std::fs::create_dir(&folder).unwrap();
            (self.prepare)(&folder);
            let delay = time.mul_f64(random(self.name, round));
            match kill_after((self.command)(&folder), delay) {
                true => killed += 1,
                false => time = time.mul_f64(0.9),
            }
            (self.killed)(&folder);
            succeed((self.again)(&folder));
            println!("{} round {round}: killed after {} ms", self.name, delay.as_millis());
            assert_same_tree(&whole, &folder);
            assert_no_temporaries(&folder);
            std::fs::remove_dir_all(&folder).unwrap();
            round += 1;
        }
        println!(
            "{}: killed {killed} times, over before it was killed {} times; all ended alike",
            self.name,
            round - killed
        );
        killed
    }
}

/// Runs a command that must succeed.
pub fn succeed(mut command: Command) -> Ran {
    let ran = finished(command.output().expect("the program starts").into());
    assert_eq!(ran.code, Some(0), "out:\n{}\nerr:\n{}", ran.out, ran.err);
    ran
}

fn start(command: &mut Command) -> Child {
    command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().expect("the program starts")
}

fn finished(ran: Ran) -> Ran {
    assert!(!ran.err.contains("panicked") && ran.code.is_some_and(|c| c != 101), "the program crashed: {ran:?}");
    ran
}

/// The SHA-256 of a folder's files and their names, to compare many folders.
pub fn tree_hash(folder: &Path) -> String {
    let files = files::tree(folder).into_iter();
    let lines: String = files.map(|(p, bytes)| format!("{} {}\n", scannet::sha256_hex(&bytes), p.display())).collect();
    scannet::sha256_hex(lines.as_bytes())
}
