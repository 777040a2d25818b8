//! Experiments on scanned rooms: where scans and networks meet.
//!
//! | to | use |
//! |---|---|
//! | describe an experiment | [`Config`] |
//! | train a network on a prepared store | [`train`] |
//! | open what training left behind | [`Run`], [`Checkpoint`] |
//! | score a checkpoint on a split | [`evaluate`] |
//! | label every vertex of a scan, or of a prepared scene | [`predict`], [`predict_scene`] |
//! | see how fast training is | [`bench`](bench()) |
//! | choose what a network runs on, and see whether that works | [`open_device`], [`doctor`] |
//! | exchange weights with PyTorch | [`export_weights`], [`import_weights`], [`load_weights`] |
//!
//! Everything random is drawn from the experiment's seed and the number of what it is drawn for (epoch, crop, tile), never from a
//! running generator: that is why a resumed run equals one that was never stopped, at any number of threads.

#![warn(missing_docs)]

mod checkpoint;
pub mod config;
#[cfg(feature = "cuda")]
pub mod cuda;
mod device;
pub mod doctor;
mod inference;
mod network;
mod random;
mod run;
mod sampling;
mod scene;
mod training;
pub mod weights;

pub use burn::tensor::Device;
pub use checkpoint::{Checkpoint, CheckpointError, Progress};
pub use config::{Config, ConfigError, Override};
pub use device::{DeviceError, DeviceName, devices, open_device};
pub use inference::{
    EvaluateEvent, Evaluation, Prediction, ScanInput, evaluate, evaluate_network, predict, predict_scene,
};
pub use network::Network;
pub use pointnet2::PublishedBlocks;
pub use pointtensor::profile::{Peaks as MachinePeaks, Row as OperationTime};
pub use run::{Run, RunError, RunManifest, WeightsOrigin};
pub use sampling::{Crop, Tile};
pub use scene::{SceneError, ScenePoints};
pub use training::{
    BenchOptions, BenchReport, Phases, TimeOptions, Timing, TrainEvent, TrainOptions, Trained, bench, time_parts, train,
};
pub use weights::{WeightsError, WeightsLayout, export_weights, import_weights, load_weights};

/// Classes a network tells apart: the 20 of the benchmark and, first, "unannotated" ([`scannet::LabelSpace::PointnetV1`]).
pub const CLASSES: usize = 21;
