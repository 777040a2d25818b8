//! Accuracy of point-cloud segmentation: confusion matrices, named protocols, tables.
//!
//! For the same predictions, papers report point, voxel, class and calibrated accuracies and several mIoUs, which
//! differ by twenty points and more. Here every number has the id of its protocol, as in `pointnet2-v1/voxel-accuracy`;
//! the page of [`protocol`] says what each id means and which public code computes the same.
//!
//! An [`Evaluator`] takes true and predicted classes, as class indices of a [`LabelSet`](labelset::LabelSet), and
//! returns [`Scores`]:
//!
//! ```
//! use labelset::{LabelSet, NO_CLASS};
//! use segeval::{Comparison, Evaluator, Protocol, Scores};
//!
//! let mut evaluator = Evaluator::new(Protocol::Pointcept, &LabelSet::scannet20()); // 0 = wall, 1 = floor, …
//! evaluator.add_scene(&[0, 0, 1, NO_CLASS], &[0, 1, 1, 4])?;
//! let scores = evaluator.finish()?;
//! assert_eq!(scores.point_miou(), Some(0.5)); // wall 1/2, floor 1/2; the truth of the last vertex is ignored
//! println!("{}", scores.summary_table(Comparison::None).to_text());
//! assert_eq!(Scores::from_json(&scores.to_json()?)?, scores);
//! # Ok::<(), segeval::EvalError>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | score sampled tiles as PointNet++ does (the default) | [`Protocol::PointNet2V1`], [`Evaluator::add_tile`] |
//! | reproduce numbers of PointNet++'s own code | [`Protocol::PointNet2V1Compat`], [`Evaluator::add_tile`] |
//! | score every vertex | [`Protocol::ScanNetBenchmark`] or [`Protocol::Pointcept`], [`Evaluator::add_scene`] |
//! | read, store or compare results | [`Scores`], its JSON and its tables |
//! | say how sure a number is, or compare two systems | [`Evaluator::finish_by_scene`], [`bootstrap`] |
//! | count something else | [`ConfusionMatrix`] |
//!
//! Instance segmentation (average precision) is out of scope. Choosing tiles and sampling points is up to the caller.

mod batches;
pub mod bootstrap;
mod class_counts;
mod confusion;
mod error;
mod evaluator;
mod metric;
pub mod protocol;
mod report;
mod scenes;
mod scores;
mod scoring;
mod table;
mod voxel;

pub use class_counts::ClassCounts;
pub use confusion::{ClassMean, ClassMetric, ConfusionMatrix};
pub use error::EvalError;
pub use evaluator::{Evaluator, Tile};
pub use metric::{MetricKind, Score};
pub use protocol::Protocol;
pub use report::{Comparison, ConfusionCells, confusion_table};
pub use scenes::{SceneCounts, SceneScores};
pub use scores::{ClassScore, Counts, GroupScore, Scores};
pub use table::{Align, Table, html, markdown, percent, printable};
