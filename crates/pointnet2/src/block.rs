//! LatentGNN and non-local blocks after the levels of a network.

use crate::error::NetworkError;
use burn::tensor::Device;
use latentgnn::{Block, BlockConfig, LatentGnnConfig, NonLocalConfig};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// The layer that a block follows. In TOML: `abstraction-2`, `propagation-0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Place {
    /// The set abstraction that makes this level, from 1, and PointNeXt's inverted residual blocks after it. Both the
    /// next set abstraction and the feature propagation back to this level see what the block returns.
    Abstraction(usize),
    /// The feature propagation back to this level, 0 for the input points.
    Propagation(usize),
}

impl Place {
    /// The place in words, for messages.
    pub(crate) fn words(&self) -> String {
        match self {
            Place::Abstraction(level) => format!("set abstraction {level}"),
            Place::Propagation(level) => format!("feature propagation to level {level}"),
        }
    }
}

impl From<Place> for String {
    fn from(place: Place) -> String {
        match place {
            Place::Abstraction(level) => format!("abstraction-{level}"),
            Place::Propagation(level) => format!("propagation-{level}"),
        }
    }
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let level = |prefix| name.strip_prefix(prefix).and_then(|level| level.parse().ok());
        let place = level("abstraction-").map(Place::Abstraction);
        place.or_else(|| level("propagation-").map(Place::Propagation)).ok_or_else(|| {
            format!("a block cannot follow {name:?}; write abstraction-2 or propagation-0, with the level's number")
        })
    }
}

/// A block and its place in a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacedBlock {
    /// The layer that it follows.
    pub after: Place,
    /// The block.
    #[serde(deserialize_with = "block")]
    pub block: BlockConfig,
}

/// Names the kinds if `kind` is missing; serde does so only if it is unknown.
fn block<'de, D: Deserializer<'de>>(table: D) -> Result<BlockConfig, D::Error> {
    BlockConfig::deserialize(table).map_err(|error| match error.to_string().contains("missing field `kind`") {
        true => {
            let kinds = BlockConfig::KINDS.map(|kind| format!("`{kind}`")).join(" or ");
            D::Error::custom(format!("missing field `kind`, expected {kinds}"))
        }
        false => error,
    })
}

impl PlacedBlock {
    /// The same block in several places.
    pub fn each(block: BlockConfig, places: impl IntoIterator<Item = Place>) -> Vec<PlacedBlock> {
        places.into_iter().map(|after| PlacedBlock { after, block: block.clone() }).collect()
    }
}

/// Channels of the layers that blocks can follow.
pub(crate) struct LayerChannels {
    /// Of the levels, from the finest.
    pub abstractions: Vec<usize>,
    /// Of the feature propagations, from the coarsest level.
    pub propagations: Vec<usize>,
}

impl LayerChannels {
    fn after(&self, place: Place) -> Option<usize> {
        match place {
            Place::Abstraction(level) => self.abstractions.get(level.checked_sub(1)?).copied(),
            Place::Propagation(level) => {
                self.propagations.get(self.abstractions.len().checked_sub(level.checked_add(1)?)?).copied()
            }
        }
    }

    /// Checks that the blocks can be built in their places.
    pub fn check(&self, blocks: &[PlacedBlock]) -> Result<(), NetworkError> {
        let levels = self.abstractions.len();
        for (index, PlacedBlock { after: place, block }) in blocks.iter().enumerate() {
            let place = *place;
            let channels = self.after(place).ok_or(NetworkError::NoSuchPlace { place, levels })?;
            if blocks[..index].iter().any(|other| other.after == place) {
                return Err(NetworkError::PlaceTaken { place });
            }
            block.validate(channels).map_err(|reason| NetworkError::Block { place, reason })?;
        }
        Ok(())
    }

    /// The blocks after the set abstractions and after the feature propagations, in the order of the layers.
    pub fn init(&self, blocks: &[PlacedBlock], device: &Device) -> [Vec<Option<Block>>; 2] {
        let block = |place| {
            let placed = blocks.iter().find(|placed| placed.after == place)?;
            Some(placed.block.init(self.after(place)?, device))
        };
        let levels = self.abstractions.len();
        [
            (1..=levels).map(|level| block(Place::Abstraction(level))).collect(),
            (0..levels).rev().map(|level| block(Place::Propagation(level))).collect(),
        ]
    }
}

/// The blocks that Zhang, Yan and He published for single-scale PointNet++ on 8192 points of ScanNet (ICML 2019): one
/// after each of the four set abstractions.
///
/// Their paper does not describe how parameters and FLOPs were counted. `scanseg summary` shows how near several
/// conventions come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishedBlocks {
    /// "+ NL block": non-local blocks, 0.7006M parameters (published 0.70M).
    NonLocal,
    /// "+ LatentGNN, 1 kernel": 80, 40, 20 and 10 latent nodes, channel stride 4, a way of its own to the latent nodes
    /// and back, and graph convolutions; 0.297M parameters (published 0.31M).
    LatentGnn1,
    /// "+ LatentGNN, 3 kernels": the same with three kernels of equal size; 0.537M parameters (published 0.54M).
    LatentGnn3,
}

impl PublishedBlocks {
    /// All of them.
    pub const ALL: [PublishedBlocks; 3] =
        [PublishedBlocks::NonLocal, PublishedBlocks::LatentGnn1, PublishedBlocks::LatentGnn3];

    /// Their name in the paper's table.
    pub fn name(self) -> &'static str {
        match self {
            PublishedBlocks::NonLocal => "NL block",
            PublishedBlocks::LatentGnn1 => "LatentGNN, 1 kernel",
            PublishedBlocks::LatentGnn3 => "LatentGNN, 3 kernels",
        }
    }

    /// The blocks, for a network's configuration.
    pub fn config(self) -> Vec<PlacedBlock> {
        let latent = |kernels| {
            move |nodes| {
                let config = LatentGnnConfig::default().with_latent_dims(vec![nodes; kernels]);
                BlockConfig::LatentGnn(config.with_graph_conv(true))
            }
        };
        let nodes = [80, 40, 20, 10];
        let blocks = match self {
            PublishedBlocks::NonLocal => nodes.map(|_| BlockConfig::NonLocal(NonLocalConfig::default())),
            PublishedBlocks::LatentGnn1 => nodes.map(latent(1)),
            PublishedBlocks::LatentGnn3 => nodes.map(latent(3)),
        };
        let placed = |(level, block)| PlacedBlock { after: Place::Abstraction(level), block };
        (1..).zip(blocks).map(placed).collect()
    }

    /// The published figures: "FLOPs" and parameters, in millions.
    pub fn published(self) -> [f64; 2] {
        match self {
            PublishedBlocks::NonLocal => [31.0, 0.70],
            PublishedBlocks::LatentGnn1 => [15.0, 0.31],
            PublishedBlocks::LatentGnn3 => [30.0, 0.54],
        }
    }
}
