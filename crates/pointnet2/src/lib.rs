//! PointNet and PointNet++ as burn modules: their layers, to put into a model of one's own, and the segmentation networks made of them.
//!
//! | to | use |
//! |---|---|
//! | label every point | [`PointNet2Ssg`], or [`PointNet2Msg`], which sees every neighbourhood at two scales, with twice the parameters and half again as many products |
//! | do so without neighbourhoods, as a baseline | [`PointNet`], with or without its [`TransformNet`]s |
//! | let all points of a level hear of each other | `blocks` of a network's configuration: a [`BlockConfig`] after a [`Place`] |
//! | build a network of one's own | [`SetAbstraction`], [`MultiScaleAbstraction`], [`FeaturePropagation`] over a [`PointPyramid`] |
//! | see what a network costs | [`PointNet2::summary`], [`PointNet::summary`] |
//!
//! Qi, Su, Mo and Guibas 2017, <https://arxiv.org/abs/1612.00593> (PointNet); Qi, Yi, Su and Guibas 2017,
//! <https://arxiv.org/abs/1706.02413> (PointNet++); Zhang, Yan and He 2019, <https://arxiv.org/abs/1905.11634> (LatentGNN).
//!
//! Which points stand for which is geometry and knows no weights, so it is found on the host before a network runs, in parallel with
//! the step before: a [`PyramidSpec`] says how many points each level keeps and how far it looks, [`Pyramid::build`] finds centers,
//! groups and interpolation neighbours with the `pointops` crate, and [`Pyramid::to_device`] gives the [`PointPyramid`] that a network takes.
//! For a network on a GPU, [`Pyramid::prepare`] leaves the search to `to_device`, which makes it there, with the same result.
//!
//! ```
//! use burn::tensor::Device;
//! use pointnet2::{PointNet2SsgConfig, Pyramid};
//!
//! let device = Device::flex();
//! let config = PointNet2SsgConfig::scannet(21).with_points([64, 32, 16, 8]);
//! let network = config.init(&device);
//! let coord: Vec<[f32; 3]> = (0..256).map(|i| [(i % 16) as f32 * 0.05, (i / 16) as f32 * 0.05, 0.0]).collect();
//! let pyramid = Pyramid::build(&coord, 1, &config.pyramid()).unwrap().to_device(&device);
//! let logits = network.forward(&pyramid, None);
//! assert_eq!(logits.dims(), [256, 21]);
//! ```
//!
//! Rows: a batch of `clouds` equally large point sets is stored one after another, `[clouds · points, channels]`.
//!
//! Results are the same to the bit at any number of threads on the CPU. Not for: clouds of unequal size in one batch, voxels, grids.

#![warn(missing_docs)]

mod block;
mod counts;
mod error;
mod feature_propagation;
mod msg;
mod multi_scale;
mod network;
mod on_device;
mod pointnet;
mod pyramid;
mod set_abstraction;
mod spec;
mod ssg;
mod transform;

pub use block::{Block, BlockConfig, Place, PlacedBlock, PublishedBlocks};
pub use counts::{Counts, Summary, SummaryRow};
pub use error::NetworkError;
pub use feature_propagation::{FeaturePropagation, FeaturePropagationConfig};
pub use msg::{MultiScaleConfig, PointNet2Msg, PointNet2MsgConfig, ScaleConfig};
pub use multi_scale::MultiScaleAbstraction;
pub use network::{Abstraction, PointNet2};
pub use pointnet::{PointNet, PointNetConfig, PointNetOutput};
pub use pyramid::{LevelIndices, PointPyramid, Pyramid};
pub use set_abstraction::{Pooling, SetAbstraction, SetAbstractionConfig};
pub use spec::{Grouping, LevelSpec, PyramidError, PyramidSpec};
pub use ssg::{LevelConfig, Neighborhood, PointNet2Ssg, PointNet2SsgConfig};
pub use transform::{TransformNet, TransformNetConfig, orthogonality_loss};
