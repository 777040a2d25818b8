//! PointNet, PointNet++ and PointNeXt as burn modules: their layers, to put into a network of your own, and the
//! segmentation networks made of them.
//!
//! | to | use |
//! |---|---|
//! | label every point | [`PointNet2Config::ssg`], or [`PointNet2Config::msg`], which sees every neighbourhood at two scales, with twice the parameters and half again as many products |
//! | label every point with residual connections, and scale width and depth | [`PointNextConfig::s`], [`PointNextConfig::b`] |
//! | label points without neighbourhoods, as a baseline | [`PointNetConfig`], with or without its [`TransformNet`]s |
//! | let all points of a level exchange features | `blocks` of [`PointNet2Config`] and [`PointNextConfig`]: a [`PlacedBlock`] for each [`Place`] |
//! | build a network of your own | [`SetAbstraction`] and [`FeaturePropagation`] over a [`PointPyramid`]; `examples/own_network.rs` |
//! | see what a network costs | [`Network::summary`](pointmodel::Network::summary) |
//!
//! Qi, Su, Mo and Guibas 2017, <https://arxiv.org/abs/1612.00593> (PointNet); Qi, Yi, Su and Guibas 2017,
//! <https://arxiv.org/abs/1706.02413> (PointNet++); Qian et al. 2022, <https://arxiv.org/abs/2206.04670> (PointNeXt);
//! Zhang, Yan and He 2019, <https://arxiv.org/abs/1905.11634> (LatentGNN).
//!
//! Which points are sampled and grouped is geometry and needs no weights. A [`PyramidSpec`] says how many points each
//! level keeps and how far it looks; [`Pyramid::prepare`] finds centers, groups and interpolation neighbours, in a
//! thread alongside the training step or, for a GPU, on the device; either way the result is the same. Moved to a
//! device it is the [`PointPyramid`] that a network takes.
//!
//! ```
//! use burn::tensor::Device;
//! use pointmodel::{Network, NetworkConfig, NetworkShape, Prepared, SearchOn};
//! use pointnet2::PointNet2Config;
//!
//! let device = Device::flex();
//! let config = PointNet2Config::ssg().with_points([64, 32, 16, 8]);
//! let network = config.init(&NetworkShape { points: 256, in_channels: 0, outputs: 20 }, &device);
//! let coord: Vec<[f32; 3]> = (0..256).map(|i| [(i % 16) as f32 * 0.05, (i / 16) as f32 * 0.05, 0.0]).collect();
//! let batch = config.prepare(&coord, 1, SearchOn::Host)?.into_device(&device);
//! let logits = network.forward(&batch, None);
//! assert_eq!(logits.dims(), [256, 20]);
//! # Ok::<(), pointmodel::BoxError>(())
//! ```
//!
//! Rows: a batch of `clouds` point sets of equal size is stored one after another, `[clouds · points, channels]`.
//!
//! On a device with gradients (`device.autodiff()`) a module is in training: normalisations use and update the statistics
//! of the batch, and dropout drops. To evaluate a trained network, call `.valid()` first.
//!
//! On the CPU results are the same to the bit at any number of threads. Not for: clouds of unequal size in one batch,
//! voxels, grids.

#![warn(missing_docs)]

mod block;
mod config;
mod error;
mod feature_propagation;
mod inverted_residual;
mod network;
mod point_pyramid;
mod pointnet;
mod pointnext;
mod pyramid;
mod set_abstraction;
mod spec;
mod transform;

pub use block::{Place, PlacedBlock, PublishedBlocks};
pub use config::{LevelConfig, Neighborhood, PointNet2Config, ScaleConfig};
pub use error::NetworkError;
pub use feature_propagation::{FeaturePropagation, FeaturePropagationConfig};
pub use inverted_residual::{InvertedResidual, InvertedResidualConfig};
pub use network::PointNet2;
pub use point_pyramid::{Groups, Interpolation, PointPyramid};
pub use pointnet::{PointNet, PointNetConfig};
pub use pointnext::PointNextConfig;
pub use pointops::Weighting;
pub use pyramid::Pyramid;
pub use set_abstraction::{AbstractionScale, Pooling, ScaleShape, SetAbstraction, SetAbstractionConfig};
pub use spec::{Grouping, LevelSpec, PyramidSpec};
pub use transform::{TransformNet, TransformNetConfig, orthogonality_loss};
