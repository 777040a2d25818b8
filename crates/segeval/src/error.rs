//! What can go wrong, and what to do about it.

use crate::Protocol;

/// Why an evaluation was refused. An evaluator that returned an error is unchanged by the call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// Two of the arrays that describe the same points have different lengths.
    #[error("{what} has {given} entries where {expected} points were given; pass one entry a point")]
    LengthMismatch {
        /// The array at fault: `truth`, `prediction` or `core`.
        what: &'static str,
        /// Its length.
        given: usize,
        /// The number of points.
        expected: usize,
    },
    /// A coordinate is NaN or infinite, so the point lies in no voxel.
    #[error("the coordinates of point {index} are not finite; drop or repair such points before the evaluation")]
    NonFiniteCoord {
        /// Index of the first such point.
        index: usize,
    },
    /// A truth label is neither a class nor one of the labels to ignore: most often labels of another label space.
    #[error(
        "truth label {label} of point {index} is neither a class of the evaluation nor a label it ignores; \
         map the labels to the evaluator's class set, or name the label with ClassSet::ignoring"
    )]
    UnknownTruthLabel {
        /// The label.
        label: i32,
        /// Index of the first such point.
        index: usize,
    },
    /// Tiles were given to a protocol that scores vertices, or the other way round.
    #[error("protocol {protocol} cannot score {given}; {remedy}")]
    WrongInput {
        /// The evaluator's protocol.
        protocol: Protocol,
        /// `tiles` or `vertices`.
        given: &'static str,
        /// What to call instead.
        remedy: &'static str,
    },
    /// The protocol needs to know where scenes end, and the last one has not been ended.
    #[error(
        "protocol {protocol} depends on where scenes end, and tiles were added after the last end; call end_scene after each scene's last tile"
    )]
    OpenScene {
        /// The evaluator's protocol.
        protocol: Protocol,
    },
    /// The points of a tile cannot be put into voxels.
    #[error("voxels of a tile: {0}")]
    Voxels(#[from] pointops::PointError),
    /// Both tiles and vertices were given to one evaluator.
    #[error("this evaluator was given {before} before and now {given}; use one evaluator for each")]
    MixedInput {
        /// What it was given first.
        before: &'static str,
        /// What it was given now.
        given: &'static str,
    },
    /// Two evaluators or matrices that do not measure the same thing were merged.
    #[error("cannot merge: the two sides differ in their {what}; merge evaluators made alike")]
    MergeMismatch {
        /// What differs.
        what: &'static str,
    },
    /// A class index is not below the number of classes.
    #[error("class index {class} is out of range for {classes} classes")]
    ClassOutOfRange {
        /// The index.
        class: usize,
        /// The number of classes.
        classes: usize,
    },
    /// A class set, its labels or its weights make no sense.
    #[error("bad class set: {0}")]
    BadClassSet(String),
    /// Counts that do not form a confusion matrix.
    #[error("bad confusion matrix: {0}")]
    BadMatrix(String),
    /// A batch of no tiles.
    #[error("the batch size must be at least 1 tile")]
    ZeroBatchSize,
    /// No protocol of this name.
    #[error(
        "unknown protocol {0:?}; choose one of pointnet2-v1, pointnet2-v1-compat, scannet-benchmark, pointcept, per-scene-mean"
    )]
    UnknownProtocol(String),
    /// No metric of this name.
    #[error("unknown metric {0:?}; metric ids read protocol/metric, as in pointnet2-v1/voxel-accuracy")]
    UnknownMetric(String),
    /// Scores could not be read from or written to JSON.
    #[error("scores are not valid JSON of this version: {0}")]
    Json(#[from] serde_json::Error),
}
