//! Point operations on burn tensors, with fused CPU kernels and their own backward passes.
//!
//! Point networks are made of few operations on tall, narrow matrices (a row a point, a column a channel). burn's own operations
//! are written for other shapes; these fuse what belongs together and keep less for the backward pass.
//!
//! - [`functional`] has the operations on [`burn::Tensor`]: products, normalisation, pooling, grouping, interpolation, loss.
//! - [`adam`] is a step of the optimiser in one operation a tensor.
//! - [`layer`] has the modules made of them: [`layer::SharedMlp`] (linear, batch norm, ReLU, repeated), [`layer::PointNorm`].
//! - [`backend::PointBackend`] is the trait a backend implements; [`kernels`] are the CPU kernels, free of burn; [`generic`] has the
//!   same operations made of burn's own, for backends without kernels.
//!
//! [`profile`] tells where their time goes.
//!
//! Results are the same to the bit at any number of threads. What this crate is not for: images, convolutions, padded batches of
//! clouds of unequal size.

#![warn(missing_docs)]

pub mod adam;
mod autodiff;
pub mod backend;
#[cfg(feature = "cube")]
mod cube;
mod flex;
pub mod functional;
pub mod generic;
pub mod geometry;
pub mod kernels;
pub mod layer;
pub mod profile;
pub mod running;
pub mod score;
pub mod self_test;
