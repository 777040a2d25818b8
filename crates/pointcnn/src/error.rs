//! Configurations that no network can be built from, and clouds that no network can take.

/// Why a network cannot be built from its configuration, or cannot take a batch of clouds.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PointCnnError {
    /// There are no layers.
    #[error("a PointCNN needs at least one layer in `encoder`")]
    NoLayers,
    /// The number of decoder layers differs from that of encoder layers.
    #[error(
        "{encoder} encoder layers need as many in `decoder`, not {decoder}: one onto each level, the last level first"
    )]
    Decoder {
        /// Layers of the encoder.
        encoder: usize,
        /// Layers of the decoder.
        decoder: usize,
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
    /// The first encoder layer leaves points out.
    #[error(
        "encoder layer 1 keeps {points} of {all} points, but every point gets scores; leave its `points` out, which \
         keeps all"
    )]
    FirstKeepsAll {
        /// Points it keeps.
        points: usize,
        /// Points of a cloud.
        all: usize,
    },
    /// A layer keeps more points than there are, or none.
    #[error(
        "encoder layer {layer} keeps {points} of {below} points; `points` must be at least 1 and at most the points of \
         the layer before (crop.points for the first)"
    )]
    TooManyPoints {
        /// Layer, from 1.
        layer: usize,
        /// Points it keeps.
        points: usize,
        /// Points of the layer before.
        below: usize,
    },
    /// More neighbours than points.
    #[error(
        "{layer} looks at the {neighbors} · {dilation} nearest of {points} points; `neighbors` times `dilation` must be \
         at most the points of the level it takes features from"
    )]
    TooManyNeighbors {
        /// The layer.
        layer: String,
        /// Neighbours of a center.
        neighbors: usize,
        /// Every `dilation`-th of the nearest points is a neighbour.
        dilation: usize,
        /// Points of the level that they are on.
        points: usize,
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
    name: impl Into<String>,
    value: impl ToString,
    range: &'static str,
) -> Result<(), PointCnnError> {
    match holds {
        true => Ok(()),
        false => Err(PointCnnError::OutOfRange { name: name.into(), value: value.to_string(), range }),
    }
}
