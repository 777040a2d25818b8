//! The one error type of the crate.

/// What can be wrong with the arguments of a point-set operation.
///
/// `what` names the argument (`"points"`, `"centers"`, `"queries"`, …) and `index` the first offending entry of it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PointError {
    /// A set that must hold at least one point holds none.
    #[error("{what} is empty; give at least one point")]
    Empty {
        /// The argument.
        what: &'static str,
    },
    /// A coordinate is NaN or infinite.
    #[error("{what}[{index}] has a coordinate that is NaN or infinite; remove such points first")]
    NotFinite {
        /// The argument.
        what: &'static str,
        /// The first offending point.
        index: usize,
    },
    /// Indices are 32 bits wide.
    #[error("{what} holds {len} points, more than the {max} that 32-bit indices allow; split the set")]
    TooManyPoints {
        /// The argument.
        what: &'static str,
        /// Its length.
        len: usize,
        /// The largest length allowed.
        max: usize,
    },
    /// More samples than points were asked for.
    #[error("cannot sample {count} of {points} points; ask for at most {points}")]
    CountTooLarge {
        /// Samples asked for.
        count: usize,
        /// Points there are.
        points: usize,
    },
    /// The first sample does not exist.
    #[error("start {start} is not an index of {points} points")]
    StartOutOfRange {
        /// The index given.
        start: usize,
        /// Points there are.
        points: usize,
    },
    /// `k` is zero.
    #[error("k is 0; ask for at least one neighbour")]
    ZeroNeighbors,
    /// More neighbours than points were asked for.
    #[error("cannot find {k} neighbours among {points} points; ask for at most {points}")]
    NeighborsExceedPoints {
        /// Neighbours asked for.
        k: usize,
        /// Points there are.
        points: usize,
    },
    /// The result would not fit in memory that can be addressed.
    #[error("{rows} rows of {k} indices are too many to address; split the queries")]
    ResultTooLarge {
        /// Queries.
        rows: usize,
        /// Indices per query.
        k: usize,
    },
    /// A radius that is not a positive finite number.
    #[error("radius {radius} is not a positive finite number of metres")]
    BadRadius {
        /// The radius given.
        radius: f32,
    },
    /// A voxel edge that is not a positive finite number.
    #[error("voxel size {size} is not a positive finite number of metres")]
    BadVoxelSize {
        /// The size given.
        size: f64,
    },
    /// The voxels of the extent cannot be numbered.
    #[error("voxels of {size} m are too fine for an extent of {extent:?} m; use larger voxels or remove far outliers")]
    VoxelsTooFine {
        /// Edge of a voxel.
        size: f64,
        /// Extent of the points along x, y, z.
        extent: [f64; 3],
    },
    /// A batch that does not divide its points into clouds of equal size.
    #[error("{what} holds {len} points, which is not a whole number of points for each of {batch} clouds")]
    BatchMismatch {
        /// The argument.
        what: &'static str,
        /// Its length.
        len: usize,
        /// Clouds in the batch.
        batch: usize,
    },
    /// Two arguments that belong together differ in length.
    #[error("{what} has {len} entries where {expected} are needed, one a point")]
    LengthMismatch {
        /// The argument.
        what: &'static str,
        /// Its length.
        len: usize,
        /// The length needed.
        expected: usize,
    },
    /// A face names a vertex that does not exist.
    #[error("face {face} names vertex {vertex}, but there are {points} vertices")]
    FaceOutOfRange {
        /// Index of the face.
        face: usize,
        /// The vertex it names.
        vertex: u32,
        /// Vertices there are.
        points: usize,
    },
    /// An array whose second axis is not x, y, z.
    #[error("an array of points has shape [n, 3]; this one has {columns} columns")]
    BadShape {
        /// Length of the second axis.
        columns: usize,
    },
    /// The k-d tree could not be built.
    #[error("the k-d tree could not be built ({reason}); use IndexKind::Grid")]
    KdTree {
        /// What the tree said.
        reason: String,
    },
}
