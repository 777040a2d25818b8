//! Configurations that no network can be built from, and clouds that no network can take.

/// Why a network cannot be built from its configuration, or cannot take a batch of clouds.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VoxelError {
    /// A number outside the range of its key.
    #[error("{name} is {value}; it must be {range}")]
    OutOfRange {
        /// Name of the key.
        name: &'static str,
        /// Its value.
        value: String,
        /// The range.
        range: &'static str,
    },
    /// A grid that the convolutions shrink to nothing.
    #[error(
        "grid is {grid:?}, and before stage {stage} of {stages} there are {left:?} cells left; a stage needs at least \
         3 × 3 × 4, so make the grid larger or list fewer stages in `channels`"
    )]
    GridTooSmall {
        /// Cells along x, y and z.
        grid: [usize; 3],
        /// The first stage that cannot be applied, from 1.
        stage: usize,
        /// Number of stages.
        stages: usize,
        /// Cells before it.
        left: [usize; 3],
    },
    /// The points have features, which the network does not see.
    #[error(
        "a voxelcnn network sees occupied voxels alone, and the points have {channels} more channels; set \
         data.features = []"
    )]
    Features {
        /// Channels of a point besides its coordinates.
        channels: usize,
    },
    /// Clouds of unequal size.
    #[error("{points} points are not {clouds} clouds of equal size")]
    UnequalClouds {
        /// Points given.
        points: usize,
        /// Clouds asked for.
        clouds: usize,
    },
    /// A coordinate is NaN or infinite.
    #[error("the coordinates of point {index} are not finite; remove such points")]
    NotFinite {
        /// Index of the first such point.
        index: usize,
    },
}

pub(crate) fn check(
    holds: bool,
    name: &'static str,
    value: impl std::fmt::Debug,
    range: &'static str,
) -> Result<(), VoxelError> {
    if holds { Ok(()) } else { Err(VoxelError::OutOfRange { name, value: format!("{value:?}"), range }) }
}
