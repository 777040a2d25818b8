//! What can go wrong, and what to do about it.

use crate::Protocol;
use pointops::PointError;

/// Why an evaluation was refused. A call that returns an error leaves the evaluator unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// Arrays of the same points differ in length.
    #[error("{what} has {given} entries for {expected} points; pass one entry per point")]
    LengthMismatch {
        /// The array: `truth`, `prediction` or `core`.
        what: &'static str,
        /// Its length.
        given: usize,
        /// Number of points.
        expected: usize,
    },
    /// A coordinate is NaN or infinite, so the point is in no voxel.
    #[error("the coordinates of point {index} are not finite; remove or repair such points before the evaluation")]
    NonFiniteCoord {
        /// Index of the first such point.
        index: usize,
    },
    /// A class index is neither a class of the label set nor -1 for "no class", as in labels that were not converted.
    #[error(
        "the {what} of point {index} is class index {class}, but there are {classes} classes; \
         convert labels to class indices with LabelSet::classes_of_labels"
    )]
    UnknownClass {
        /// The array: `truth` or `prediction`.
        what: &'static str,
        /// The class index.
        class: i32,
        /// Index of the first such point.
        index: usize,
        /// Number of classes.
        classes: usize,
    },
    /// Tiles were given to a protocol that scores vertices, or vice versa.
    #[error("protocol {protocol} cannot score {given}; {remedy}")]
    WrongInput {
        /// The evaluator's protocol.
        protocol: Protocol,
        /// `tiles` or `vertices`.
        given: &'static str,
        /// What to call instead.
        remedy: &'static str,
    },
    /// The protocol depends on where scenes end, and the last scene was not ended.
    #[error(
        "protocol {protocol} depends on where scenes end, and the last scene was not ended; \
         call end_scene after the last tile of each scene"
    )]
    OpenScene {
        /// The evaluator's protocol.
        protocol: Protocol,
    },
    /// The points of a tile cannot be put into voxels.
    #[error("voxels of a tile: {0}")]
    Voxels(PointError),
    /// Both tiles and vertices were given to one evaluator.
    #[error("this evaluator was given {before} before, and now {given}; use one evaluator for each")]
    MixedInput {
        /// What it was given first.
        before: &'static str,
        /// What it was given now.
        given: &'static str,
    },
    /// Two evaluators or matrices that do not measure the same thing cannot be merged.
    #[error("cannot merge: the two sides differ in their {what}; create both in the same way")]
    MergeMismatch {
        /// What differs.
        what: &'static str,
    },
    /// A class index is not below the number of classes.
    #[error("class index {class} is out of range for {classes} classes")]
    ClassOutOfRange {
        /// The index.
        class: usize,
        /// Number of classes.
        classes: usize,
    },
    /// The counts do not form a confusion matrix.
    #[error("bad confusion matrix: {0}")]
    BadMatrix(String),
    /// The protocol's numbers are not computed from the pooled counts of all scenes, so scenes cannot be resampled.
    #[error(
        "protocol {protocol} does not pool the counts of all scenes, so there is no bootstrap over its scenes; \
         use pointnet2-v1, scannet-benchmark or pointcept"
    )]
    NotPooled {
        /// The protocol.
        protocol: Protocol,
    },
    /// The scenes of an evaluation were not named one by one.
    #[error("there are {names} names for {scenes} scenes; name each scene once, in the order of the evaluation")]
    SceneNames {
        /// Names given.
        names: usize,
        /// Scenes evaluated.
        scenes: usize,
    },
    /// The counts of scenes contradict each other.
    #[error("bad counts of scenes: {0}")]
    BadCounts(String),
    /// Draws of scenes, or the confidence, that do not fit.
    #[error("bad resampling: {0}")]
    BadResamples(String),
    /// Runs that were not scored alike.
    #[error("these runs cannot be compared: {0}; evaluate all by one protocol on the same scenes and classes")]
    NotComparable(String),
    /// A batch has no tiles.
    #[error("the batch size must be at least 1 tile")]
    ZeroBatchSize,
    /// There is no protocol of this name.
    #[error("unknown protocol {name:?}; choose one of {}", Protocol::ids(), name = .0)]
    UnknownProtocol(String),
    /// There is no metric of this name.
    #[error("unknown metric {0:?}; ids of metrics have the form protocol/metric, as in pointnet2-v1/voxel-accuracy")]
    UnknownMetric(String),
    /// Scores could not be read from or written to JSON.
    #[error("the scores are not valid JSON of this version: {0}")]
    Json(serde_json::Error),
}

impl From<PointError> for EvalError {
    fn from(error: PointError) -> Self {
        Self::Voxels(error)
    }
}

impl From<serde_json::Error> for EvalError {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}
