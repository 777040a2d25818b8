//! PointNet++ as burn modules: set abstraction, feature propagation and the single-scale segmentation network.
//!
//! Qi, Yi, Su and Guibas 2017, <https://arxiv.org/abs/1706.02413>.
//!
//! Which points stand for which is geometry and knows no weights, so it is found on the host before a network runs, in parallel with
//! the step before: a [`PyramidSpec`] says how many points each level keeps and how far it looks, [`Pyramid::build`] finds centers,
//! groups and interpolation neighbours with the `pointops` crate, and [`Pyramid::to_device`] gives the [`PointPyramid`] that a network takes.
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

#![warn(missing_docs)]

mod block;
mod counts;
mod error;
mod feature_propagation;
mod msg;
mod multi_scale;
mod network;
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
pub use pyramid::{PointPyramid, Pyramid};
pub use set_abstraction::{Pooling, SetAbstraction, SetAbstractionConfig};
pub use spec::{Grouping, LevelSpec, PyramidError, PyramidSpec};
pub use ssg::{LevelConfig, Neighborhood, PointNet2Ssg, PointNet2SsgConfig};
pub use transform::{TransformNet, TransformNetConfig, orthogonality_loss};
