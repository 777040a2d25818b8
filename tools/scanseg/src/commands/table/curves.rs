//! Learning curves of runs as SVG.

use crate::plot::{COLORS, Series, chart};
use anyhow::Context;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A line of `metrics.jsonl`; those of evaluations have no loss.
#[derive(Deserialize)]
struct Line {
    epoch: u64,
    loss: Option<f64>,
    accuracy: Option<f64>,
}

/// Bytes of the longest file of metrics that is read: tens of millions of steps.
const LONGEST: u64 = 8 << 30;

/// Sums over the steps of an epoch.
#[derive(Default, Clone, Copy)]
struct Sums {
    loss: f64,
    losses: usize,
    accuracy: f64,
    accuracies: usize,
}

/// The means of every epoch over all runs of a system.
pub struct Curve {
    name: String,
    epochs: BTreeMap<u64, Sums>,
}

impl Curve {
    /// Reads the metrics of runs.
    pub fn read<'a>(name: &str, runs: impl IntoIterator<Item = &'a Path>) -> anyhow::Result<Self> {
        let mut epochs: BTreeMap<u64, Sums> = BTreeMap::new();
        for run in runs {
            let path = run.join("metrics.jsonl");
            let text = scannet::source::read_text(&path, LONGEST);
            let text = text.with_context(|| format!("cannot read {}", path.display()))?;
            for line in text.lines() {
                let line: Line = serde_json::from_str(line).with_context(|| format!("damaged: {}", path.display()))?;
                let sums = epochs.entry(line.epoch).or_default();
                if let Some(loss) = line.loss {
                    (sums.loss, sums.losses) = (sums.loss + loss, sums.losses + 1);
                }
                if let Some(accuracy) = line.accuracy.filter(|_| line.loss.is_some()) {
                    (sums.accuracy, sums.accuracies) = (sums.accuracy + accuracy, sums.accuracies + 1);
                }
            }
        }
        Ok(Curve { name: name.to_owned(), epochs })
    }
}

/// The training loss of every epoch.
pub fn loss_chart(curves: &[Curve]) -> anyhow::Result<String> {
    draw("Training loss", "loss", curves, |sums| sums.loss / sums.losses as f64)
}

/// The share of the training crops' points that were classified right, in percent, for every epoch.
pub fn accuracy_chart(curves: &[Curve]) -> anyhow::Result<String> {
    draw("Accuracy on training crops", "%", curves, |sums| 100.0 * sums.accuracy / sums.accuracies as f64)
}

fn draw(title: &str, unit: &str, curves: &[Curve], value: impl Fn(&Sums) -> f64) -> anyhow::Result<String> {
    let series: Vec<Series> = curves
        .iter()
        .zip(COLORS.into_iter().cycle())
        .map(|(curve, color)| Series {
            name: &curve.name,
            points: curve.epochs.iter().map(|(epoch, sums)| (*epoch as f64, value(sums))).collect(),
            color,
        })
        .collect();
    chart(title, "epoch", unit, &series)
}
