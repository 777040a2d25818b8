//! `metrics.jsonl`: a line of JSON for every step and every evaluation.

use crate::checkpoint::Progress;
use crate::run::RunError;
use scannet::source::JSON;
use segeval::Scores;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Line {
    /// A training step.
    Step { epoch: u64, step: u64, samples: u64, loss: f64, accuracy: Option<f64>, learning_rate: f64 },
    /// An evaluation of the validation split: metrics by their ids.
    Evaluation { epoch: u64, step: u64, scores: BTreeMap<String, Option<f64>> },
}

impl Line {
    pub fn step(epoch: u64, progress: &Progress, loss: f64, accuracy: Option<f64>, learning_rate: f64) -> Self {
        Line::Step { epoch, step: progress.step, samples: progress.samples, loss, accuracy, learning_rate }
    }

    pub fn evaluation(progress: &Progress, scores: &Scores) -> Self {
        let scores = scores.scores.iter().map(|s| (s.id(), s.value)).collect();
        Line::Evaluation { epoch: progress.epoch, step: progress.step, scores }
    }

    fn at(&self) -> u64 {
        match self {
            Line::Step { step, .. } | Line::Evaluation { step, .. } => *step,
        }
    }
}

/// The last epoch of which a file of metrics has a line; 0 if there is none.
pub(crate) fn last_epoch(path: &Path) -> u64 {
    let Ok(file) = File::open(path) else { return 0 };
    let lines = BufReader::new(file).lines().map_while(Result::ok);
    let epoch = |line: String| match serde_json::from_str(&line).ok()? {
        Line::Step { epoch, .. } | Line::Evaluation { epoch, .. } => Some(epoch),
    };
    lines.filter_map(epoch).max().unwrap_or(0)
}

/// More bytes than a line has.
const LONGEST_LINE: u64 = 1024;

/// The file, open for more lines.
pub(super) struct MetricsFile {
    path: PathBuf,
    file: BufWriter<File>,
}

impl MetricsFile {
    /// Opens the file and removes the lines of steps that no checkpoint holds: those after `step`, and a last line that
    /// was being written when the program was killed. Also returns how many of the steps up to `step` have no line; since
    /// lines are on the disk before the checkpoint that counts them, there are none unless the file was damaged.
    pub fn open(path: &Path, step: u64) -> Result<(Self, u64), RunError> {
        let (mut kept, mut recorded) = (String::new(), BTreeSet::new());
        if path.exists() {
            let bytes = scannet::source::read(path, step.saturating_mul(LONGEST_LINE).saturating_add(JSON));
            let bytes = bytes.map_err(|reason| RunError::Read { path: path.to_owned(), reason })?;
            for text in String::from_utf8_lossy(&bytes).lines() {
                let Ok(line) = serde_json::from_str::<Line>(text) else { continue };
                if line.at() > step {
                    continue;
                }
                kept.extend([text, "\n"]);
                if let Line::Step { step, .. } = line {
                    recorded.insert(step);
                }
            }
        }
        scannet::atomic::write_bytes(path, kept.as_bytes())?;
        let file = File::options().append(true).open(path).map_err(|e| write_failed(path, e))?;
        let unrecorded = step.saturating_sub(recorded.len() as u64);
        Ok((MetricsFile { path: path.to_owned(), file: BufWriter::new(file) }, unrecorded))
    }

    pub fn add(&mut self, line: &Line) -> Result<(), RunError> {
        let text = serde_json::to_string(line).expect("a line can be written as JSON");
        writeln!(self.file, "{text}").map_err(|e| write_failed(&self.path, e))
    }

    /// Waits until all lines are on the disk.
    pub fn sync(&mut self) -> Result<(), RunError> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        synced.map_err(|e| write_failed(&self.path, e))
    }
}

fn write_failed(path: &Path, reason: std::io::Error) -> RunError {
    RunError::Write { path: path.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resuming_drops_lines_after_the_checkpoint() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("metrics.jsonl");
        let line =
            |step| Line::Step { epoch: 1, step, samples: step * 4, loss: 2.0, accuracy: None, learning_rate: 1e-3 };
        let (mut file, _) = MetricsFile::open(&path, 0).unwrap();
        (1..=5).for_each(|s| file.add(&line(s)).unwrap());
        file.sync().unwrap();
        drop(file);
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"kind\":\"step\",\"epo");
        std::fs::write(&path, text).unwrap();

        let (mut file, unrecorded) = MetricsFile::open(&path, 3).unwrap();
        assert_eq!(unrecorded, 0);
        file.add(&line(4)).unwrap();
        file.sync().unwrap();
        let steps: Vec<u64> = std::fs::read_to_string(&path)
            .unwrap()
            .lines()
            .map(|l| serde_json::from_str::<Line>(l).unwrap().at())
            .collect();
        assert_eq!(steps, [1, 2, 3, 4]);
        // Windows replaces no file that is open
        drop(file);
        assert_eq!(MetricsFile::open(&path, 9).unwrap().1, 5);
    }
}
