//! Configurations that no network can be built from, and clouds that no network can take.

use crate::block::Place;

/// Why a network cannot be built from its configuration, or cannot take a batch of clouds.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// There are no set abstraction levels.
    #[error("a PointNet++ network needs at least one level")]
    NoLevels,
    /// A level has no scales.
    #[error("level {level} has no scales; give it at least one")]
    NoScales {
        /// Level, from 1.
        level: usize,
    },
    /// The number of feature propagations differs from the number of levels.
    #[error(
        "{levels} levels need as many feature propagations, not {propagations}; list one for each in `propagation`"
    )]
    Propagations {
        /// Number of levels.
        levels: usize,
        /// Number of feature propagations.
        propagations: usize,
    },
    /// A perceptron has no layers, or one without channels.
    #[error("the perceptron of {of} is {channels:?}; it needs at least one layer, and each at least one channel")]
    Perceptron {
        /// What it belongs to.
        of: String,
        /// Its channels.
        channels: Vec<usize>,
    },
    /// A number outside the range of its field.
    #[error("{name} is {value}; it must be {range}")]
    OutOfRange {
        /// Name of the field.
        name: String,
        /// Its value.
        value: String,
        /// The range.
        range: &'static str,
    },
    /// A level keeps more points than there are, or none.
    #[error(
        "level {level} keeps {points} of {below} points; `points` must be at least 1 and at most the points of the \
         level below (crop.points for the first level)"
    )]
    TooManyPoints {
        /// Level, from 1.
        level: usize,
        /// Points it keeps.
        points: usize,
        /// Points of the level below.
        below: usize,
    },
    /// More nearest neighbours than points.
    #[error(
        "level {level} groups the {neighbors} nearest of {below} points; `neighbors` must be at most the points of the \
         level below where the nearest are grouped"
    )]
    TooManyNeighbors {
        /// Level, from 1.
        level: usize,
        /// Members of a group.
        neighbors: usize,
        /// Points of the level below.
        below: usize,
    },
    /// A block after something that the network does not have.
    #[error("there is no {} in a network of {levels} levels, so no block can follow it", place.words())]
    NoSuchPlace {
        /// The place given for the block.
        place: Place,
        /// Number of levels.
        levels: usize,
    },
    /// Two blocks in one place.
    #[error("two blocks follow {}; only one can", place.words())]
    PlaceTaken {
        /// Where they are.
        place: Place,
    },
    /// A block that cannot be built.
    #[error("the block after {}: {reason}", place.words())]
    Block {
        /// Where it is.
        place: Place,
        /// What is wrong with it.
        reason: latentgnn::ConfigError,
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

pub(crate) fn check_perceptron(of: impl Into<String>, channels: &[usize]) -> Result<(), NetworkError> {
    match channels.is_empty() || channels.contains(&0) {
        true => Err(NetworkError::Perceptron { of: of.into(), channels: channels.to_vec() }),
        false => Ok(()),
    }
}

pub(crate) fn check_positive(name: impl Into<String>, value: usize) -> Result<(), NetworkError> {
    check(value > 0, name, value, "a positive integer")
}

pub(crate) fn check_radius(name: impl Into<String>, radius: f32) -> Result<(), NetworkError> {
    check(radius > 0.0 && radius.is_finite(), name, radius, "a positive number")
}

/// Checks what the heads of all networks have in common.
pub(crate) fn check_head(outputs: usize, dropout: f64) -> Result<(), NetworkError> {
    check_positive("the number of outputs", outputs)?;
    check((0.0..1.0).contains(&dropout), "dropout", dropout, "at least 0 and below 1")
}

pub(crate) fn check(
    holds: bool,
    name: impl Into<String>,
    value: impl ToString,
    range: &'static str,
) -> Result<(), NetworkError> {
    match holds {
        true => Ok(()),
        false => Err(NetworkError::OutOfRange { name: name.into(), value: value.to_string(), range }),
    }
}
