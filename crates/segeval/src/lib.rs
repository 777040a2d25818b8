//! Accuracy of point-cloud segmentation: confusion matrices, named protocols, tables.
//!
//! The literature reports point, voxel, class and calibrated accuracies and several mIoUs of the same predictions, twenty
//! points and more apart. Here every number carries the id of the protocol it was scored by, as in
//! `pointnet2-v1/voxel-accuracy`; the page of [`protocol`] says what each id means and which public code it equals.
//!
//! | to | use |
//! |---|---|
//! | score sampled tiles as PointNet++ does (the default) | [`Evaluator`] with [`Protocol::PointNet2V1`], [`Evaluator::add_tile`] |
//! | repeat numbers of PointNet++'s own code | the same with [`Protocol::PointNet2V1Compat`] |
//! | score a prediction for every vertex | [`Protocol::ScanNetBenchmark`] or [`Protocol::Pointcept`], [`Evaluator::add_scene`] |
//! | score other classes, or labels of another coding | [`ClassSet`], [`Evaluator::with_classes`] |
//! | read, store or compare results | [`Scores`], its JSON and its tables |
//! | count something else | [`ConfusionMatrix`] alone |
//!
//! Not for instances (average precision), and not for choosing tiles or drawing points, which the caller does.
//!
//! ```
//! use segeval::{Comparison, Evaluator, Protocol, Scores};
//!
//! // Pointcept's train ids: 0 = wall, 1 = floor, …, -1 = ignore.
//! let mut evaluator = Evaluator::new(Protocol::Pointcept);
//! evaluator.add_scene(&[0, 0, 1, -1], &[0, 1, 1, 4])?;
//! let scores = evaluator.finish()?;
//! assert_eq!(scores.point_miou(), Some(0.5)); // wall 1/2, floor 1/2; the prediction 4 meets ignored truth
//! println!("{}", scores.summary_table(Comparison::None).to_text());
//! assert_eq!(Scores::from_json(&scores.to_json()?)?, scores);
//! # Ok::<(), segeval::EvalError>(())
//! ```

mod batches;
mod class_set;
mod confusion;
mod error;
mod evaluator;
mod metric;
pub mod protocol;
mod report;
mod scores;
mod scoring;
mod table;
mod voxel;

pub use class_set::ClassSet;
pub use confusion::{ClassMean, ClassMetric, ConfusionMatrix};
pub use error::EvalError;
pub use evaluator::{Evaluator, Tile};
pub use metric::{MetricKind, Score};
pub use protocol::Protocol;
pub use report::{Comparison, ConfusionCells, confusion_table};
pub use scores::{ClassScore, Counts, Scores};
pub use table::{Align, Table, percent};
