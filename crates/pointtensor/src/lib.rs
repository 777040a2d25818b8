//! Point operations on burn tensors, with fused kernels and their own backward passes.
//!
//! Point networks use a few operations on tall, narrow matrices: one row per point, one column per channel. burn's
//! general operations are made for other shapes. The ones here fuse what belongs together and keep less for the
//! backward pass.
//!
//! - [`functional`] has the operations on [`burn::Tensor`]: products, normalisation, pooling, grouping, interpolation,
//!   loss, dropout.
//! - [`geometry`] has sampling, neighbours and voxels on tensors.
//! - [`layer`] has the modules made of them: [`layer::SharedMlp`] (linear, batch norm, ReLU, repeated),
//!   [`layer::PointNorm`], [`layer::PointDropout`].
//! - [`adam_step`], [`follow`], [`sum_of_squares`] and [`scale`] take all weights or gradients of a network at once.
//! - [`profile`] tells where the time of the CPU operations goes, [`self_test()`] whether a device computes what the
//!   CPU does.
//!
//! ```
//! use burn::tensor::{Device, Distribution, Tensor};
//! use pointtensor::layer::SharedMlpConfig;
//!
//! let device = Device::flex().autodiff();
//! // The same two layers for each of 1000 points, then the maximum over groups of 10 of them.
//! let mlp = SharedMlpConfig::new(6, vec![32, 64]).init(&device);
//! let points = Tensor::<2>::random([1000, 6], Distribution::Default, &device);
//! let projected = pointtensor::functional::linear(points, mlp.first_weight());
//! let features = mlp.forward_projected_max(projected, 10);
//! assert_eq!(features.dims(), [100, 64]);
//! let gradients = features.sum().backward();
//! assert!(mlp.first_weight().grad(&gradients).is_some());
//! ```
//!
//! # Backends
//!
//! The CPU (burn's Flex backend) has kernels for everything. With the feature `cuda` or `wgpu`, GPUs have kernels too:
//! with the same indices to the bit, and values within rounding.
//!
//! The operations of [`functional`] (all but [`functional::count_correct`]) also have a generic
//! form made of burn's own operations. A backend without kernels runs these, and the CPU kernels are tested against
//! them. Geometry, updates of weights, [`functional::count_correct`] and the running statistics of [`layer::PointNorm`]
//! have no generic form: a backend must implement them.
//!
//! Results on the CPU are the same to the bit at any number of threads. Not for images, convolutions or padded batches
//! of clouds of unequal size.

#![warn(missing_docs)]

mod adam;
mod autodiff;
mod backend;
#[cfg(feature = "cube")]
mod cube;
mod flex;
pub mod functional;
mod generic;
pub mod geometry;
mod kernels;
pub mod layer;
pub mod profile;
mod running;
mod score;
mod self_test;

pub use adam::{AdamStep, AdamTensors, adam_step, follow, scale, sum_of_squares};
pub use self_test::{SelfTest, self_test};
