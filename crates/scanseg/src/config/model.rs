//! The network of an experiment.

use pointnet2::{
    BlockConfig as Block, LevelConfig as Level, MultiScaleConfig, Neighborhood, NetworkError, Place, PlacedBlock,
    PointNet2MsgConfig, PointNet2SsgConfig, PointNetConfig, Pooling, PyramidSpec, ScaleConfig as Scale,
};
use serde::{Deserialize, Serialize};

/// The network, by its `kind`; each kind has keys of its own, with the published network as default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum ModelConfig {
    /// PointNet++ with single-scale grouping.
    #[serde(rename = "pointnet2-ssg")]
    PointNet2Ssg(SingleScale),
    /// PointNet++ with multi-scale grouping.
    #[serde(rename = "pointnet2-msg")]
    PointNet2Msg(MultiScale),
    /// PointNet.
    #[serde(rename = "pointnet")]
    PointNet(Plain),
}

impl Default for ModelConfig {
    fn default() -> Self {
        ModelConfig::PointNet2Ssg(SingleScale::default())
    }
}

/// Keys of `pointnet2-ssg`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SingleScale {
    /// Set abstraction levels, from the finest.
    pub levels: Vec<LevelConfig>,
    /// Channels of the feature propagation perceptrons, from the coarsest level.
    pub propagation: Vec<Vec<usize>>,
    /// Channels of the head's hidden layer.
    pub head: usize,
    /// Probability that a value of the head's hidden layer is dropped in training.
    pub dropout: f64,
    /// LatentGNN and non-local blocks, at most one a place.
    pub blocks: Vec<BlockConfig>,
}

/// Keys of `pointnet2-msg`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MultiScale {
    /// Set abstraction levels, from the finest.
    pub levels: Vec<MultiScaleLevel>,
    /// Channels of the feature propagation perceptrons, from the coarsest level.
    pub propagation: Vec<Vec<usize>>,
    /// Channels of the head's hidden layer.
    pub head: usize,
    /// Probability that a value of the head's hidden layer is dropped in training.
    pub dropout: f64,
    /// LatentGNN and non-local blocks, at most one a place.
    pub blocks: Vec<BlockConfig>,
}

/// Keys of `pointnet`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plain {
    /// Whether a small network turns the coordinates of every crop.
    pub input_transform: bool,
    /// Whether a small network turns the features of every point.
    pub feature_transform: bool,
    /// Channels of the perceptron whose result the head sees of every point.
    pub local: Vec<usize>,
    /// Channels of the perceptron behind it, whose maximum over the crop the head sees.
    pub global: Vec<usize>,
    /// Channels of the head's hidden layers.
    pub head: Vec<usize>,
    /// Probability that a value of the head's last hidden layer is dropped in training.
    pub dropout: f64,
    /// Weight of what is added to the loss where the transform of the features is not orthogonal.
    pub transform_loss: f64,
}

/// Which points a group has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Neighbors {
    /// The first ones in index order within the radius.
    #[default]
    Ball,
    /// The nearest ones.
    Nearest,
    /// All points of the level below, which makes a level of one point.
    All,
}

/// How the features of a group's members become those of its center.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pool {
    /// The largest of each channel.
    #[default]
    Max,
    /// The mean of each channel.
    Average,
}

/// One set abstraction level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelConfig {
    /// Points kept.
    pub points: usize,
    /// Radius of a group in metres.
    pub radius: f32,
    /// Members of a group.
    pub neighbors: usize,
    /// Channels of the shared perceptron's layers.
    pub channels: Vec<usize>,
    /// Which points a group has.
    #[serde(default)]
    pub grouping: Neighbors,
    /// How a group's features become one.
    #[serde(default)]
    pub pooling: Pool,
    /// Whether positions relative to a group's center are divided by the radius.
    #[serde(default)]
    pub normalize: bool,
}

/// One set abstraction level of several scales.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MultiScaleLevel {
    /// Points kept.
    pub points: usize,
    /// What is grouped around each.
    pub scales: Vec<ScaleConfig>,
    /// How a group's features become one.
    #[serde(default)]
    pub pooling: Pool,
    /// Whether positions relative to a group's center are divided by the radius.
    #[serde(default)]
    pub normalize: bool,
}

/// One scale of a level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleConfig {
    /// Radius of a group in metres.
    pub radius: f32,
    /// Members of a group.
    pub neighbors: usize,
    /// Channels of the shared perceptron's layers.
    pub channels: Vec<usize>,
}

/// A block and its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockConfig {
    /// After what it stands: `abstraction-2` is the set abstraction that makes level 2, `propagation-0` the feature propagation back to
    /// the input points.
    pub after: String,
    /// What it is.
    pub block: BlockKind,
}

/// A block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum BlockKind {
    /// LatentGNN: by way of latent nodes, linear in the number of points.
    LatentGnn(LatentGnn),
    /// A non-local block: all pairs of points.
    NonLocal(NonLocal),
}

/// Keys of a `latent-gnn` block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LatentGnn {
    /// Latent nodes of every kernel.
    pub latent_dims: Vec<usize>,
    /// Whether the two ways between points and latent nodes share their weights.
    pub symmetric: bool,
    /// Kernels work on this part of the channels.
    pub channel_stride: usize,
    /// Whether every kernel ends in a graph convolution.
    pub graph_conv: bool,
}

impl Default for LatentGnn {
    fn default() -> Self {
        LatentGnn { latent_dims: vec![100], symmetric: false, channel_stride: 4, graph_conv: false }
    }
}

/// Keys of a `non-local` block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NonLocal {
    /// How strongly a point listens to another.
    pub affinity: Affinity,
    /// Channels of the embeddings; half of the features' if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inner: Option<usize>,
    /// Every so many-th point is listened to.
    pub sub_sample: usize,
}

impl Default for NonLocal {
    fn default() -> Self {
        NonLocal { affinity: Affinity::default(), inner: None, sub_sample: 1 }
    }
}

/// How strongly a point listens to another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Affinity {
    /// Softmax of the product of two embeddings.
    #[default]
    EmbeddedGaussian,
    /// Softmax of the product of the features.
    Gaussian,
    /// Product of two embeddings.
    DotProduct,
    /// ReLU of a linear map of two embeddings.
    Concatenation,
}

impl Default for SingleScale {
    fn default() -> Self {
        let classic = PointNet2SsgConfig::scannet(crate::CLASSES);
        let level = |l: &Level| LevelConfig {
            points: l.points,
            radius: l.radius,
            neighbors: l.neighbors,
            channels: l.channels.clone(),
            grouping: Neighbors::Ball,
            pooling: Pool::Max,
            normalize: false,
        };
        SingleScale {
            levels: classic.levels.iter().map(level).collect(),
            propagation: classic.propagation,
            head: classic.head,
            dropout: classic.dropout,
            blocks: Vec::new(),
        }
    }
}

impl Default for MultiScale {
    fn default() -> Self {
        let classic = PointNet2MsgConfig::scannet(crate::CLASSES);
        let scale = |s: &Scale| ScaleConfig { radius: s.radius, neighbors: s.neighbors, channels: s.channels.clone() };
        let level = |l: &MultiScaleConfig| MultiScaleLevel {
            points: l.points,
            scales: l.scales.iter().map(scale).collect(),
            pooling: Pool::Max,
            normalize: false,
        };
        MultiScale {
            levels: classic.levels.iter().map(level).collect(),
            propagation: classic.propagation,
            head: classic.head,
            dropout: classic.dropout,
            blocks: Vec::new(),
        }
    }
}

impl Default for Plain {
    fn default() -> Self {
        let classic = PointNetConfig::new(0, crate::CLASSES);
        Plain {
            input_transform: classic.input_transform,
            feature_transform: classic.feature_transform,
            local: classic.local,
            global: classic.global,
            head: classic.head,
            dropout: classic.dropout,
            transform_loss: 1e-3,
        }
    }
}

/// The configuration of a network of the `pointnet2` crate.
pub(crate) enum Architecture {
    SingleScale(PointNet2SsgConfig),
    MultiScale(PointNet2MsgConfig),
    Plain(PointNetConfig),
}

impl Architecture {
    pub fn validate(&self) -> Result<(), NetworkError> {
        match self {
            Architecture::SingleScale(config) => config.validate(),
            Architecture::MultiScale(config) => config.validate(),
            Architecture::Plain(config) => config.validate(),
        }
    }

    pub fn pyramid(&self) -> PyramidSpec {
        match self {
            Architecture::SingleScale(config) => config.pyramid(),
            Architecture::MultiScale(config) => config.pyramid(),
            Architecture::Plain(config) => config.pyramid(),
        }
    }
}

impl Pool {
    fn pooling(self) -> Pooling {
        match self {
            Pool::Max => Pooling::Max,
            Pool::Average => Pooling::Average,
        }
    }
}

impl ModelConfig {
    /// The network's configuration, for points of so many feature channels.
    ///
    /// # Errors
    /// If a block stands after something that has no name here.
    pub(crate) fn architecture(&self, in_channels: usize, momentum: f64) -> Result<Architecture, String> {
        Ok(match self {
            ModelConfig::PointNet2Ssg(model) => {
                let level = |l: &LevelConfig| {
                    let neighborhood = match l.grouping {
                        Neighbors::Ball => Neighborhood::Ball,
                        Neighbors::Nearest => Neighborhood::Nearest,
                        Neighbors::All => Neighborhood::All,
                    };
                    Level::new(l.points, l.radius, l.neighbors, l.channels.clone())
                        .with_neighborhood(neighborhood)
                        .with_pooling(l.pooling.pooling())
                        .with_normalize(l.normalize)
                };
                let levels = model.levels.iter().map(level).collect();
                Architecture::SingleScale(
                    PointNet2SsgConfig::new(in_channels, crate::CLASSES, levels, model.propagation.clone())
                        .with_head(model.head)
                        .with_dropout(model.dropout)
                        .with_momentum(momentum)
                        .with_blocks(placed(&model.blocks)?),
                )
            }
            ModelConfig::PointNet2Msg(model) => {
                let scale = |s: &ScaleConfig| Scale::new(s.radius, s.neighbors, s.channels.clone());
                let level = |l: &MultiScaleLevel| {
                    MultiScaleConfig::new(l.points, l.scales.iter().map(scale).collect())
                        .with_pooling(l.pooling.pooling())
                        .with_normalize(l.normalize)
                };
                let levels = model.levels.iter().map(level).collect();
                Architecture::MultiScale(
                    PointNet2MsgConfig::new(in_channels, crate::CLASSES, levels, model.propagation.clone())
                        .with_head(model.head)
                        .with_dropout(model.dropout)
                        .with_momentum(momentum)
                        .with_blocks(placed(&model.blocks)?),
                )
            }
            ModelConfig::PointNet(model) => Architecture::Plain(
                PointNetConfig::new(in_channels, crate::CLASSES)
                    .with_input_transform(model.input_transform)
                    .with_feature_transform(model.feature_transform)
                    .with_local(model.local.clone())
                    .with_global(model.global.clone())
                    .with_head(model.head.clone())
                    .with_dropout(model.dropout)
                    .with_momentum(momentum),
            ),
        })
    }
}

/// Blocks as the networks take them; their channels follow from their places.
fn placed(blocks: &[BlockConfig]) -> Result<Vec<PlacedBlock>, String> {
    blocks.iter().map(|b| Ok(PlacedBlock::new(place(&b.after)?, b.block.config()))).collect()
}

fn place(name: &str) -> Result<Place, String> {
    let level = |prefix| name.strip_prefix(prefix).and_then(|level| level.parse().ok());
    level("abstraction-").map(Place::Abstraction).or_else(|| level("propagation-").map(Place::Propagation)).ok_or_else(
        || {
            format!(
                "a block cannot stand after {name:?}; write abstraction-2 or propagation-0, with the level's number"
            )
        },
    )
}

impl BlockKind {
    fn config(&self) -> Block {
        match self {
            BlockKind::LatentGnn(block) => {
                let mode = match block.symmetric {
                    true => latentgnn::LatentMode::Symmetric,
                    false => latentgnn::LatentMode::Asymmetric,
                };
                Block::LatentGnn(
                    latentgnn::LatentGnnConfig::new(0)
                        .with_latent_dims(block.latent_dims.clone())
                        .with_mode(mode)
                        .with_channel_stride(block.channel_stride)
                        .with_graph_conv(block.graph_conv),
                )
            }
            BlockKind::NonLocal(block) => {
                use latentgnn::NonLocalAffinity as A;
                let affinity = match block.affinity {
                    Affinity::EmbeddedGaussian => A::EmbeddedGaussian,
                    Affinity::Gaussian => A::Gaussian,
                    Affinity::DotProduct => A::DotProduct,
                    Affinity::Concatenation => A::Concatenation,
                };
                Block::NonLocal(
                    latentgnn::NonLocalConfig::new(0)
                        .with_affinity(affinity)
                        .with_inner(block.inner)
                        .with_sub_sample(block.sub_sample),
                )
            }
        }
    }
}
