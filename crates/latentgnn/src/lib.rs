//! LatentGNN and non-local blocks for point clouds, as burn modules on `[batch, points, channels]`.
//!
//! Shared perceptrons see one point, set abstractions its neighbourhood. These blocks add to each point's features
//! what they learn from all points of its cloud. They keep the shape and, with their residual connection, start as the
//! identity, so you can put one between any two layers of a network:
//!
//! - [`LatentGnn`] passes messages through a few latent nodes: linear in the number of points. Start with this one.
//! - [`NonLocal`] relates all pairs of points: quadratic in the number of points. It is the usual baseline.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use latentgnn::LatentGnnConfig;
//!
//! let device = Device::flex();
//! let block = LatentGnnConfig::default().with_latent_dims(vec![10, 20]).init(64, &device);
//! let features = Tensor::<3>::ones([2, 256, 64], &device);
//! assert_eq!(block.forward(features).dims(), [2, 256, 64]);
//! ```
//!
//! | to | use |
//! |---|---|
//! | put a block into a network of your own | [`LatentGnnConfig`], and `examples/own_network.rs` |
//! | let a configuration file choose the block | [`BlockConfig`], which gives a [`Block`] |
//! | process clouds of different sizes in one batch | [`LatentGnn::forward_masked`], [`NonLocal::forward_masked`] |
//! | process images | [`on_grid`], and `examples/image_network.rs` |
//! | count parameters and multiply-accumulates | `learned_params` and `macs`; `docs/published-counts.md` has them beside the published ones |
//!
//! Neither block sees where points are, unless the features contain their coordinates.
//!
//! On a device with gradients (`device.autodiff()`) a module is in training: normalisations use and update the statistics
//! of the batch, and dropout drops. To evaluate a trained network, call `.valid()` first.
//!
//! On the CPU, results are the same to the bit at any number of threads.

#![warn(missing_docs)]

mod block;
mod clouds;
mod error;
mod grid;
mod kernel;
mod latent_gnn;
mod latent_gnn_config;
mod macs;
mod non_local;
mod projection;

pub use block::{Block, BlockConfig};
pub use error::ConfigError;
pub use grid::on_grid;
pub use kernel::LatentKernel;
pub use latent_gnn::LatentGnn;
pub use latent_gnn_config::{Activation, LatentGnnConfig};
pub use macs::Macs;
pub use non_local::{NonLocal, NonLocalAffinity, NonLocalConfig};
pub use projection::{Linear, Projection};
