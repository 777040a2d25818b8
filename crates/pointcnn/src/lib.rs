//! PointCNN as burn modules: its X-convolution, to put into a network of your own, and the segmentation network made of
//! it.
//!
//! Li, Bu, Sun, Wu, Di and Chen 2018, <https://arxiv.org/abs/1801.07791>. The sizes and the order of operations are
//! those of the authors' code for ScanNet (`pointcnn_seg/scannet_x8_2048_fps` in
//! <https://github.com/yangyanli/PointCNN>). The defaults, with neighbours K, dilation D, points P, channels C,
//! channels of lifted positions C_δ and depth multiplier m:
//!
//! | layer | K | D | P | C | C_δ | m |
//! |---|---|---|---|---|---|---|
//! | encoder 1 | 8 | 1 | all | 256 | 128 | 4 |
//! | encoder 2 | 12 | 2 | 768 | 512 | 64 | 2 |
//! | encoder 3 | 16 | 2 | 384 | 768 | 128 | 2 |
//! | encoder 4, with a global part of 256 channels | 16 | 4 | 128 | 1024 | 192 | 2 |
//! | decoder 1, onto level 4 | 16 | 4 | 128 | 1024 | 256 | 1 |
//! | decoder 2, onto level 3 | 16 | 2 | 384 | 768 | 256 | 1 |
//! | decoder 3, onto level 2 | 12 | 2 | 768 | 512 | 192 | 1 |
//! | decoder 4, onto level 1 | 8 | 2 | all | 256 | 128 | 1 |
//!
//! In the authors' file decoder 2 looks for neighbours on level 3, while the features that it takes are those of level 4.
//! Here a layer finds its neighbours where its features are.
//!
//! The head has two layers of 256 channels, dropout, and the scores. Every layer but the last one is linear without
//! bias, then ELU, then batch normalisation. Input features first go through a layer of half the channels of encoder
//! layer 1, whose C_δ then is a quarter of them.
//!
//! A neighbourhood has the K · D nearest *distinct* points of its center, of which every D-th is kept: see
//! [`Geometry::prepare`], also for what happens in clouds of few places. Neighbours are searched for on the host, in
//! the thread that prepares batches, whatever device the network runs on.
//!
//! The authors' coordinates are relative to the middle of the room's floor, which matters to the global part alone. A
//! network here knows its cloud and not the room, so they are relative to the cloud's middle and lowest point.
//!
//! ```
//! use burn::tensor::Device;
//! use pointcnn::{DecoderLayer, EncoderLayer, PointCnnConfig};
//! use pointmodel::{Network, NetworkConfig, NetworkShape, Prepared, SearchOn};
//!
//! let device = Device::flex();
//! let layer = |points, channels| EncoderLayer {
//!     neighbors: 8, dilation: 2, points, channels, lift: None, multiplier: None,
//! };
//! let back = DecoderLayer { neighbors: 4, dilation: 2, lift: None, multiplier: 1 };
//! let config = PointCnnConfig {
//!     encoder: vec![layer(None, 16), layer(Some(64), 32)],
//!     decoder: vec![back.clone(), back],
//!     head: vec![16],
//!     ..PointCnnConfig::default()
//! };
//! let network = config.init(&NetworkShape { points: 256, in_channels: 0, outputs: 20 }, &device);
//! let coord: Vec<[f32; 3]> = (0..256).map(|i| [(i % 16) as f32 * 0.05, (i / 16) as f32 * 0.05, 0.0]).collect();
//! let batch = config.prepare(&coord, 1, SearchOn::Host)?.into_device(&device);
//! let logits = network.forward(&batch, None);
//! assert_eq!(logits.dims(), [256, 20]);
//! # Ok::<(), pointmodel::BoxError>(())
//! ```
//!
//! Rows: a batch of `clouds` point sets of equal size is stored one after another, `[clouds · points, channels]`. On
//! the CPU results are the same to the bit at any number of threads. Not for: classification of whole clouds, clouds of
//! unequal size in one batch.

#![warn(missing_docs)]

mod config;
mod dense;
mod error;
mod geometry;
mod network;
mod plan;
mod x_conv;

pub use config::{DecoderLayer, EncoderLayer, PointCnnConfig};
pub use dense::Dense;
pub use error::PointCnnError;
pub use geometry::{Geometry, Neighborhoods, Neighbors};
pub use network::{DecoderConv, PointCnn};
pub use x_conv::{XConv, XConvConfig};
