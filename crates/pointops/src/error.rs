//! The error type of the crate.

/// What is wrong with the arguments of an operation.
///
/// `what` names the argument (`"points"`, `"centers"`, `"queries"`, …), and `index` is its first bad entry.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PointError {
    /// A set that needs at least one point is empty.
    #[error("{what} is empty; pass at least one point")]
    Empty {
        /// The argument.
        what: &'static str,
    },
    /// A coordinate is NaN or infinite.
    #[error("{what}[{index}] has a coordinate that is NaN or infinite; remove such points first")]
    NotFinite {
        /// The argument.
        what: &'static str,
        /// The first such point.
        index: usize,
    },
    /// Indices are 32 bits wide.
    #[error("{what} has {len} points, more than the {max} that 32-bit indices allow; split the set")]
    TooManyPoints {
        /// The argument.
        what: &'static str,
        /// Its length.
        len: usize,
        /// The largest length allowed.
        max: usize,
    },
    /// More samples than points.
    #[error("cannot sample {count} of {points} points; sample at most {points}")]
    CountTooLarge {
        /// Number of samples.
        count: usize,
        /// Number of points.
        points: usize,
    },
    /// The first sample is not one of the points.
    #[error("start {start} is out of range for {points} points")]
    StartOutOfRange {
        /// The index.
        start: usize,
        /// Number of points.
        points: usize,
    },
    /// `k` is zero.
    #[error("k is 0; it must be at least 1")]
    ZeroNeighbors,
    /// More neighbours than points.
    #[error("cannot find {k} neighbours among {points} points; k can be at most {points}")]
    NeighborsExceedPoints {
        /// Number of neighbours.
        k: usize,
        /// Number of points.
        points: usize,
    },
    /// Groups of many more members than there are points.
    #[error("groups of {k} members are too large; k can be at most {max}")]
    GroupTooLarge {
        /// Number of members.
        k: usize,
        /// The largest number allowed: that of the points, or [`MAX_GROUP`](crate::MAX_GROUP) if they are fewer.
        max: usize,
    },
    /// The result is larger than the memory.
    #[error("{rows} rows of {k} indices do not fit in memory; split the queries")]
    ResultTooLarge {
        /// Number of queries.
        rows: usize,
        /// Number of indices per query.
        k: usize,
    },
    /// A radius that is not a positive finite number.
    #[error("radius {radius} m must be positive and finite")]
    BadRadius {
        /// The radius.
        radius: f32,
    },
    /// A voxel size that is not a positive finite number.
    #[error("voxel size {size} m must be positive and finite")]
    BadVoxelSize {
        /// The size.
        size: f64,
    },
    /// There are too many voxels to number.
    #[error("voxels of {size} m are too small for an extent of {extent:?} m; use larger voxels or remove outliers")]
    VoxelsTooFine {
        /// Edge of a voxel in metres.
        size: f64,
        /// Extent of the points along x, y and z in metres.
        extent: [f64; 3],
    },
    /// The points of a batch do not divide into clouds of equal size.
    #[error("{what} has {len} points, which do not divide into {batch} clouds of equal size")]
    BatchMismatch {
        /// The argument.
        what: &'static str,
        /// Its length.
        len: usize,
        /// Number of clouds.
        batch: usize,
    },
    /// An argument that needs one entry per point has another length.
    #[error("{what} has {len} entries, but there are {expected} points")]
    LengthMismatch {
        /// The argument.
        what: &'static str,
        /// Its length.
        len: usize,
        /// Number of points.
        expected: usize,
    },
    /// A face refers to a vertex that does not exist.
    #[error("face {face} refers to vertex {vertex}, but there are {points} vertices")]
    FaceOutOfRange {
        /// Index of the face.
        face: usize,
        /// The vertex it refers to.
        vertex: u32,
        /// Number of vertices.
        points: usize,
    },
    /// The k-d tree could not be built.
    #[error("cannot build the k-d tree: {reason}; use IndexKind::Grid")]
    KdTree {
        /// The tree's message.
        reason: String,
    },
}
