//! Experiments on scanned rooms: where scans and networks meet.
//!
//! | to | use |
//! |---|---|
//! | describe an experiment | [`Config`] |
//! | train a network on a prepared store | [`train`] |
//! | open the folder of a training run | [`Run`], [`Checkpoint`] |
//! | score a checkpoint on a split | [`evaluate`] |
//! | label every vertex of a scan, or of a prepared scene | [`predict`], [`predict_scene`] |
//! | see how fast training is | [`bench`](bench()) |
//! | choose the device that a network runs on, and test it | [`open_device`], [`doctor`] |
//! | take the model that ships with the program, or make one to pass on | [`BuiltInModel`], [`pack`] |
//! | exchange weights with PyTorch | [`export_weights`], [`import_weights`], [`load_weights`] |
//!
//! Networks live in crates of their own, which implement the traits of [`pointmodel`]; one table in this crate maps
//! `model.kind` to them. Classes come from a [`LabelSet`](labelset::LabelSet) that the configuration names.
//!
//! Everything random is drawn from the experiment's seed and the number of the epoch, crop or tile that it is for,
//! never from a shared generator. That is why a resumed run equals one that was never stopped, at any number of
//! threads.
//!
//! ```
//! use scanseg::{Config, DeviceName, Network, open_device};
//! use std::path::Path;
//!
//! let text = "[data]\nlabels = \"scannet20\"\n[model]\nkind = \"pointnet2-ssg\"\nhead = 64\n";
//! let config = Config::parse(text, Path::new("my.toml"), &["crop.points=4096".parse()?])?;
//! let network = Network::new(&config, &open_device(DeviceName::Cpu)?);
//! let summary = network.summary(config.crop.points);
//! assert_eq!(summary.rows.last().unwrap().output, [4096, 20]);
//! # Ok::<(), scanseg::Error>(())
//! ```

#![warn(missing_docs)]

mod architecture;
mod checkpoint;
pub mod config;
#[cfg(feature = "cuda")]
mod cuda;
mod device;
pub mod doctor;
mod error;
mod inference;
mod model;
mod network;
mod optimizer;
mod output;
mod parameters;
mod random;
mod run;
mod sampling;
mod scene;
pub mod table;
mod thinned;
mod training;
mod weights;

pub use burn::tensor::Device;
pub use checkpoint::{Checkpoint, CheckpointError, Progress};
pub use config::{Config, ConfigError, Override};
pub use device::{DeviceError, DeviceName, devices, open_device};
pub use error::{Error, Result};
pub use inference::{
    EvaluateEvent, Evaluated, Evaluation, PredictEvent, Prediction, ScanInput, Up, evaluate, points_of_first_scene,
    predict, predict_scene,
};
pub use model::{BuiltInModel, check_pack, pack};
pub use network::Network;
pub use output::{OutputError, check_output, owner_of};
pub use pointnet2::PublishedBlocks;
pub use pointtensor::profile::{MachinePeaks, OperationTime};
pub use run::{Run, RunError, RunManifest, WeightsOrigin};
pub use scene::SceneError;
pub use training::{
    BenchOptions, BenchReport, LABELLING, Phases, Pipelined, Timing, TrainEvent, TrainOptions, Trained, bench,
    peak_memory, steps, train,
};
pub use weights::{WeightsError, WeightsLayout, export_weights, import_weights, load_weights};
