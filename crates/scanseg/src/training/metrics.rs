//! `metrics.jsonl`: a line of JSON for every step and every evaluation.

use crate::checkpoint::Progress;
use crate::run::RunError;
use segeval::Scores;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
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

/// The file, open for more lines.
pub(super) struct MetricsFile {
    path: PathBuf,
    file: BufWriter<File>,
}

impl MetricsFile {
    /// Opens the file and removes the lines of steps that no checkpoint holds: those after `step`, and a last line that
    /// was being written when the program was killed.
    pub fn open(path: &Path, step: u64) -> Result<Self, RunError> {
        let kept = if path.exists() && step > 0 {
            let text = crate::run::read(path)?;
            let lines =
                text.lines().filter(|line| serde_json::from_str::<Line>(line).is_ok_and(|line| line.at() <= step));
            lines.flat_map(|line| [line, "\n"]).collect()
        } else {
            String::new()
        };
        scannet::atomic::write_bytes(path, kept.as_bytes())?;
        let file = File::options().append(true).open(path).map_err(|e| write_failed(path, e))?;
        Ok(MetricsFile { path: path.to_owned(), file: BufWriter::new(file) })
    }

    pub fn add(&mut self, line: &Line) -> Result<(), RunError> {
        let text = serde_json::to_string(line).expect("a line can be written as JSON");
        writeln!(self.file, "{text}").map_err(|e| write_failed(&self.path, e))
    }

    pub fn flush(&mut self) -> Result<(), RunError> {
        self.file.flush().map_err(|e| write_failed(&self.path, e))
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
        let mut file = MetricsFile::open(&path, 0).unwrap();
        (1..=5).for_each(|s| file.add(&line(s)).unwrap());
        file.flush().unwrap();
        drop(file);
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"kind\":\"step\",\"epo");
        std::fs::write(&path, text).unwrap();

        let mut file = MetricsFile::open(&path, 3).unwrap();
        file.add(&line(4)).unwrap();
        file.flush().unwrap();
        let steps: Vec<u64> = std::fs::read_to_string(&path)
            .unwrap()
            .lines()
            .map(|l| serde_json::from_str::<Line>(l).unwrap().at())
            .collect();
        assert_eq!(steps, [1, 2, 3, 4]);
    }
}
