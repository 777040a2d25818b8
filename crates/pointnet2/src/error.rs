//! What a configuration can say that no network can be built from.

use crate::block::Place;

/// A configuration that no network can be built from.
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
    /// There are not as many feature propagations as levels.
    #[error("{levels} levels need as many feature propagations, not {propagations}")]
    Propagations {
        /// Levels there are.
        levels: usize,
        /// Feature propagations there are.
        propagations: usize,
    },
    /// A perceptron has no layers, or one without channels.
    #[error("the perceptron of {of} is {channels:?}; it needs at least one layer, and each at least one channel")]
    Perceptron {
        /// Whose perceptron.
        of: String,
        /// Its channels.
        channels: Vec<usize>,
    },
    /// A number is not one that the field can take.
    #[error("{name} is {value}, which is not in {range}")]
    OutOfRange {
        /// Name of the field.
        name: String,
        /// What it says.
        value: String,
        /// What it may be.
        range: &'static str,
    },
    /// A block stands where the network has nothing.
    #[error("a block cannot stand after {} of a network of {levels} levels", place.words())]
    NoSuchPlace {
        /// Where it stands.
        place: Place,
        /// Levels there are.
        levels: usize,
    },
    /// Two blocks stand at one place.
    #[error("two blocks stand after {}; only one can", place.words())]
    PlaceTaken {
        /// Where they stand.
        place: Place,
    },
    /// A block cannot be built.
    #[error("the block after {}: {source}", place.words())]
    Block {
        /// Where it stands.
        place: Place,
        /// What is wrong with it.
        source: latentgnn::ConfigError,
    },
}

pub(crate) fn check_perceptron(of: impl Into<String>, channels: &[usize]) -> Result<(), NetworkError> {
    match channels.is_empty() || channels.contains(&0) {
        true => Err(NetworkError::Perceptron { of: of.into(), channels: channels.to_vec() }),
        false => Ok(()),
    }
}

pub(crate) fn check_positive(name: impl Into<String>, value: usize) -> Result<(), NetworkError> {
    match value {
        0 => Err(NetworkError::OutOfRange {
            name: name.into(),
            value: value.to_string(),
            range: "the positive integers",
        }),
        _ => Ok(()),
    }
}

pub(crate) fn check_radius(name: impl Into<String>, radius: f32) -> Result<(), NetworkError> {
    match radius > 0.0 && radius.is_finite() {
        false => Err(NetworkError::OutOfRange {
            name: name.into(),
            value: radius.to_string(),
            range: "the positive numbers",
        }),
        true => Ok(()),
    }
}

/// Checks what all networks have.
pub(crate) fn check_training(classes: usize, dropout: f64, momentum: f64) -> Result<(), NetworkError> {
    check_positive("classes", classes)?;
    let wrong = |name: &str, value: f64, range| {
        Err(NetworkError::OutOfRange { name: name.into(), value: value.to_string(), range })
    };
    if !(0.0..1.0).contains(&dropout) {
        return wrong("dropout", dropout, "0 to below 1");
    }
    if !(0.0..=1.0).contains(&momentum) {
        return wrong("momentum", momentum, "0 to 1");
    }
    Ok(())
}
