//! LatentGNN and non-local blocks after the levels of a network.

use latentgnn::{BlockConfig, LatentGnnConfig, NonLocalConfig};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// The layer that a block follows. In TOML: `abstraction-2`, `propagation-0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Place {
    /// The set abstraction that makes this level, from 1. Both the next set abstraction and the feature propagation
    /// back to this level see what the block returns.
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

/// Blocks whose counts over single-scale PointNet++ on 8192 points come closest to those that Zhang, Yan and He
/// published for ScanNet (ICML 2019). The paper does not say where its blocks are or how large; these were found by
/// counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishedBlocks {
    /// "+ NL block": 0.7006M parameters (published 0.70M) and 33.6M multiply-accumulates of projections (published
    /// 31M), from a non-local block after each of the four set abstractions.
    NonLocal,
    /// "+ LatentGNN, 1 kernel": 0.307M (0.31M) and 15.2M without the products among latent nodes (15M), from one kernel
    /// of 100 latent nodes after the set abstractions 2 to 4.
    LatentGnn1,
    /// "+ LatentGNN, 3 kernels": 0.543M (0.54M) and 29.5M (30M), from three kernels of 80 latent nodes after the set
    /// abstractions 2 to 4.
    LatentGnn3,
}

impl PublishedBlocks {
    /// The blocks, for a network's configuration.
    pub fn config(self) -> Vec<PlacedBlock> {
        let latent = |dims| BlockConfig::LatentGnn(LatentGnnConfig::default().with_latent_dims(dims));
        let (block, levels) = match self {
            PublishedBlocks::NonLocal => (BlockConfig::NonLocal(NonLocalConfig::default()), 1..=4),
            PublishedBlocks::LatentGnn1 => (latent(vec![100]), 2..=4),
            PublishedBlocks::LatentGnn3 => (latent(vec![80; 3]), 2..=4),
        };
        PlacedBlock::each(block, levels.map(Place::Abstraction))
    }

    /// The published figures: multiply-accumulates ("FLOPs") and parameters, in millions.
    pub fn published(self) -> [f64; 2] {
        match self {
            PublishedBlocks::NonLocal => [31.0, 0.70],
            PublishedBlocks::LatentGnn1 => [15.0, 0.31],
            PublishedBlocks::LatentGnn3 => [30.0, 0.54],
        }
    }
}
