//! Accuracy of point-cloud segmentation: confusion matrices, named protocols, tables.
mod batches;
mod class_set;
mod confusion;
mod error;
mod evaluator;
mod metric;
pub mod protocol;
mod scores;
mod scoring;
mod voxel;

pub use class_set::ClassSet;
pub use confusion::{ClassMean, ClassMetric, ConfusionMatrix};
pub use error::EvalError;
pub use evaluator::{Evaluator, Tile};
pub use metric::{MetricKind, Score};
pub use protocol::Protocol;
pub use scores::{ClassScore, Counts, Scores};
