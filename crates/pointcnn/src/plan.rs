//! What each X-convolution of a network sees and makes.

use crate::config::PointCnnConfig;
use crate::error::PointCnnError;

/// The sizes of one X-convolution. Level 0 is the input; level `i` is made by encoder layer `i`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layer {
    /// Number among the encoder's or decoder's layers, from 1.
    pub number: usize,
    pub in_encoder: bool,
    /// Level of the neighbours and their features.
    pub from: usize,
    /// Level of the centers.
    pub to: usize,
    pub neighbors: usize,
    pub dilation: usize,
    /// Channels of the neighbours' features, 0 if there are none.
    pub features: usize,
    /// Channels of the features made of positions.
    pub lift: usize,
    pub multiplier: usize,
    /// Channels of the result without the global part.
    pub channels: usize,
    /// Channels of the global part, 0 if there is none.
    pub global: usize,
    /// Channels that the encoder made at the centers, which a decoder layer fuses with its own.
    pub skip: usize,
}

impl Layer {
    /// The layer in words, for messages.
    pub fn name(&self) -> String {
        format!("{} layer {}", if self.in_encoder { "encoder" } else { "decoder" }, self.number)
    }
}

/// A quarter, at least 1.
fn quarter(channels: usize) -> usize {
    (channels / 4).max(1)
}

/// Channels that the input features are brought to, as in the authors' network.
pub(crate) fn input_channels(config: &PointCnnConfig) -> usize {
    (config.encoder[0].channels / 2).max(1)
}

/// The X-convolutions in the order in which they are applied. The configuration must have layers.
pub(crate) fn layers(config: &PointCnnConfig, in_channels: usize) -> Vec<Layer> {
    let last = config.encoder.len();
    let channels = |level: usize| config.encoder[level - 1].channels;
    let global = quarter(channels(last));
    // what a level's features have
    let made = |level: usize| channels(level) + if level == last { global } else { 0 };
    let encoder = config.encoder.iter().zip(1..).map(|(layer, number)| {
        let (features, lift, multiplier) = match number {
            1 if in_channels == 0 => (0, (layer.channels / 2).max(1), 4),
            1 => (input_channels(config), quarter(layer.channels), 4),
            _ => {
                let before = channels(number - 1);
                (before, quarter(before), layer.channels.div_ceil(before))
            }
        };
        Layer {
            number,
            in_encoder: true,
            from: number - 1,
            to: number,
            neighbors: layer.neighbors,
            dilation: layer.dilation,
            features,
            lift: layer.lift.unwrap_or(lift),
            multiplier: layer.multiplier.unwrap_or(multiplier),
            channels: layer.channels,
            global: if number == last { global } else { 0 },
            skip: 0,
        }
    });
    let decoder = config.decoder.iter().zip(1..).map(|(layer, number)| {
        let (to, from) = (last + 1 - number, (last + 2 - number).min(last));
        Layer {
            number,
            in_encoder: false,
            from,
            to,
            neighbors: layer.neighbors,
            dilation: layer.dilation,
            features: if number == 1 { made(last) } else { channels(from) },
            lift: layer.lift.unwrap_or_else(|| quarter(channels(from))),
            multiplier: layer.multiplier,
            channels: channels(to),
            global: 0,
            skip: made(to),
        }
    });
    encoder.chain(decoder).collect()
}

/// Points of every level of a cloud of `points` points, from level 0.
pub(crate) fn level_points(config: &PointCnnConfig, points: usize) -> Vec<usize> {
    let mut levels = vec![points];
    for layer in &config.encoder {
        levels.push(layer.points.unwrap_or(levels[levels.len() - 1]));
    }
    levels
}

/// Checks that the layers find their points in clouds of `points` points.
pub(crate) fn check_points(config: &PointCnnConfig, points: usize) -> Result<(), PointCnnError> {
    let levels = level_points(config, points);
    for (pair, layer) in levels.windows(2).zip(1..) {
        if !(1..=pair[0]).contains(&pair[1]) {
            return Err(PointCnnError::TooManyPoints { layer, points: pair[1], below: pair[0] });
        }
    }
    if levels[1] != points {
        return Err(PointCnnError::FirstKeepsAll { points: levels[1], all: points });
    }
    for layer in layers(config, 0) {
        let (neighbors, dilation, points) = (layer.neighbors, layer.dilation, levels[layer.from]);
        if neighbors.saturating_mul(dilation) > points {
            return Err(PointCnnError::TooManyNeighbors { layer: layer.name(), neighbors, dilation, points });
        }
    }
    Ok(())
}
