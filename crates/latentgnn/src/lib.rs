//! LatentGNN and non-local blocks for unordered points, as burn modules on `[batch, points, channels]`.
//!
//! Both blocks add to every point's features what it learns from all other points of its cloud, keep the shape, and start as the
//! identity, so that they can be put between any two layers:
//!
//! - [`LatentGnn`] goes through a few latent nodes: linear in the number of points. Use this one.
//! - [`NonLocal`] relates all pairs of points: quadratic. It is what LatentGNN is compared with.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use latentgnn::LatentGnnConfig;
//!
//! let device = Device::flex();
//! let block = LatentGnnConfig::new(64).with_latent_dims(vec![10, 20]).init(&device);
//! let features = Tensor::<3>::ones([2, 256, 64], &device);
//! assert_eq!(block.forward(features).dims(), [2, 256, 64]);
//! ```
//!
//! [`on_grid`] applies either to images. `macs` counts a block's multiply-accumulates, `learned_params` its parameters.
//!
//! Results are the same to the bit at any number of threads on the CPU. What this crate is not for: affinities that depend on where
//! points are; neither block sees positions, unless these are among the features.

#![warn(missing_docs)]

mod clouds;
mod error;
mod grid;
mod kernel;
mod latent_gnn;
mod macs;
mod non_local;
mod projection;

pub use error::ConfigError;
pub use grid::on_grid;
pub use kernel::LatentKernel;
pub use latent_gnn::{LatentGnn, LatentGnnConfig, LatentMode};
pub use macs::Macs;
pub use non_local::{NonLocal, NonLocalAffinity, NonLocalConfig};
pub use projection::{Linear, Projection};
