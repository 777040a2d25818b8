//! What the runs of a table reached.

use super::rows::Row;
use crate::inference::Evaluation;
use crate::run::RunManifest;
use pointmodel::Summary;
use segeval::bootstrap::{Estimate, Resamples, difference, estimate};
use segeval::{EvalError, MetricKind, Protocol, SceneScores};

/// The protocols by which every run is scored.
pub const PROTOCOLS: [Protocol; 2] = [Protocol::PointNet2V1, Protocol::ScanNetBenchmark];

/// The numbers of the table: those of the published one, and the benchmark's.
pub const NUMBERS: [(Protocol, MetricKind); 5] = [
    (Protocol::PointNet2V1, MetricKind::PointAccuracy),
    (Protocol::PointNet2V1, MetricKind::VoxelAccuracy),
    (Protocol::PointNet2V1, MetricKind::ClassPointAccuracy),
    (Protocol::PointNet2V1, MetricKind::ClassVoxelAccuracy),
    (Protocol::ScanNetBenchmark, MetricKind::PointMiou),
];

/// One training, and its scores by each of [`PROTOCOLS`].
#[derive(Debug, Clone)]
pub struct RunResult {
    /// Its seed.
    pub seed: u64,
    /// What it was made from.
    pub manifest: RunManifest,
    /// The commands that make it again.
    pub commands: Vec<String>,
    /// Scores by protocol.
    pub evaluations: Vec<Evaluation>,
    /// The same by scene, for intervals.
    pub scenes: Vec<SceneScores>,
}

/// The runs of a row.
#[derive(Debug, Clone)]
pub struct RowResult {
    /// The row.
    pub row: &'static Row,
    /// What its network learns, and computes for one crop.
    pub summary: Summary,
    /// Which vertices are scored, and the label set. Only rows in which these are the same can be compared.
    pub scored: String,
    /// Its runs, one for each seed.
    pub runs: Vec<RunResult>,
}

/// Draws of scenes for an interval.
const DRAWS: usize = 10_000;
/// Seed of the draws, so that a table is the same each time it is made.
const SEED: u64 = 1;
/// Share of the draws that an interval holds.
const CONFIDENCE: f64 = 0.95;

/// Draws of the scenes that a table is scored on.
pub(super) fn resamples(scenes: usize) -> Resamples {
    Resamples::new(scenes, DRAWS, SEED)
}

impl RowResult {
    /// A number over the seeds, with an interval over the scenes; `None` if it is undefined.
    ///
    /// # Errors
    /// If the runs were not scored on the same scenes.
    pub(super) fn estimate(
        &self,
        (protocol, metric): (Protocol, MetricKind),
        resamples: &Resamples,
    ) -> Result<Option<Estimate>, EvalError> {
        estimate(&self.scenes_by(protocol, |_| true), metric, resamples, CONFIDENCE)
    }

    /// How much more this row reaches than another one on the same scenes, with the seeds that both have; `None` if they
    /// share none.
    ///
    /// # Errors
    /// If the runs were not scored on the same scenes.
    pub(super) fn gain_over(
        &self,
        baseline: &RowResult,
        (protocol, metric): (Protocol, MetricKind),
        resamples: &Resamples,
    ) -> Result<Option<Estimate>, EvalError> {
        let has = |row: &RowResult, seed: u64| row.runs.iter().any(|run| run.seed == seed);
        let of = |row: &RowResult| row.scenes_by(protocol, |seed| has(self, seed) && has(baseline, seed));
        match of(self) {
            own if own.is_empty() => Ok(None),
            own => difference(&own, &of(baseline), metric, resamples, CONFIDENCE),
        }
    }

    /// The counts by scene of the runs with some seeds.
    fn scenes_by(&self, protocol: Protocol, seeds: impl Fn(u64) -> bool) -> Vec<SceneScores> {
        let scenes = self.runs.iter().filter(|run| seeds(run.seed)).flat_map(|run| &run.scenes);
        scenes.filter(|scores| scores.protocol() == protocol).cloned().collect()
    }
}
