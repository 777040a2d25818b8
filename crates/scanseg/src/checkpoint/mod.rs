//! Checkpoints: weights, optimiser state and progress in one safetensors file.
//!
//! The file is written under a temporary name and then renamed, so it is either complete or absent. Its bytes depend
//! only on its contents, so its SHA-256 identifies the state of a training: two runs with the same seed have the same
//! hash.
//!
//! Tensors named `model.…` are the network's parameters and running statistics. Where they are a moving average,
//! `training.…` are those that the training continues with. `optimizer.<number>.…` are the optimiser's state for the
//! parameter with that number. The metadata entry `scanseg` is JSON.
//!
//! All are 32-bit floats. In a model that is passed on, see [`pack`](crate::pack), matrices are 16-bit floats, and there
//! is no state of a training.
//!
//! Format 1, with other parameter names, can still be read; format 2 is written.

mod optimizer;

use crate::network::Network;
use crate::optimizer::Optimizer;
use crate::parameters::{Entry, current_name};
use crate::weights::{FileError, checked_safetensors, safetensors_metadata};
use burn::tensor::{Device, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Why a checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file cannot be read.
    #[error("cannot read the checkpoint ({reason}); check the path: {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What failed.
        reason: std::io::Error,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] scannet::Error),
    /// Not a checkpoint, or a damaged one.
    #[error("not a checkpoint of this program ({message}); take another checkpoint or train again: {}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A checkpoint of another network.
    #[error(
        "the checkpoint belongs to another architecture ({message}); use the configuration that it was trained with: \
         {}",
        path.display()
    )]
    Architecture {
        /// The file.
        path: PathBuf,
        /// The first difference.
        message: String,
    },
    /// A file with weights or optimiser state that are not numbers.
    #[error(
        "{name} has values that are NaN or infinite, so the network cannot be used; take another file or train again: {}",
        path.display()
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The first such tensor.
        name: String,
    },
    /// A training whose weights or optimiser state are not numbers any more.
    #[error(
        "{name} has become NaN or infinite by the end of epoch {epoch} (step {step}); the checkpoint was not written, and \
         an earlier one stays; start a new run with a lower train.learning_rate.start: {}",
        path.display()
    )]
    Diverged {
        /// The checkpoint.
        path: PathBuf,
        /// The first such tensor.
        name: String,
        /// The epoch.
        epoch: u64,
        /// The step.
        step: u64,
    },
}

/// How far a training has progressed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Epochs completed.
    pub epoch: u64,
    /// Steps completed.
    pub step: u64,
    /// Training samples (crops) seen.
    pub samples: u64,
    /// Epoch and score of the best evaluation so far.
    pub best: Option<(u64, f64)>,
}

/// A checkpoint in memory.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// How far the training had progressed.
    pub progress: Progress,
    /// SHA-256 of the file.
    pub hash: String,
    path: PathBuf,
    model: BTreeMap<String, Entry>,
    /// The weights in training, where `model` is an average; else empty.
    training: BTreeMap<String, Entry>,
    optimizer: optimizer::State,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    format: u32,
    progress: Progress,
    optimizer_scalars: BTreeMap<String, optimizer::Scalar>,
    optimizer_paths: BTreeMap<String, String>,
}

const FORMAT: u32 = 2;

/// A training at some moment: weights and optimiser state, copied from their device.
pub(crate) struct Snapshot {
    weights: BTreeMap<String, Entry>,
    /// The weights in training, where `weights` are an average; else empty.
    training: BTreeMap<String, Entry>,
    state: optimizer::State,
}

impl Snapshot {
    /// Copies the state of a training.
    pub fn take(network: &Network, average: Option<&Network>, optimizer: &Optimizer) -> Self {
        let (weights, training) = match average {
            Some(average) => (average.weights(), network.weights()),
            None => (network.weights(), BTreeMap::new()),
        };
        Snapshot { weights, training, state: optimizer::take(optimizer) }
    }

    /// Weights alone.
    pub fn of_weights(weights: BTreeMap<String, Entry>) -> Self {
        Snapshot { weights, training: BTreeMap::new(), state: optimizer::State::default() }
    }

    /// Fails if a value is NaN or infinite; `path` is the checkpoint that is not written then.
    pub fn check(self, path: &Path, progress: &Progress) -> Result<Self, CheckpointError> {
        let tensors = [&self.training, &self.weights, &self.state.tensors];
        let found = tensors.into_iter().find_map(not_finite).cloned();
        match found {
            Some(name) => {
                let (epoch, step) = (progress.epoch, progress.step);
                Err(CheckpointError::Diverged { path: path.to_owned(), name: self.parameter(&name), epoch, step })
            }
            None => Ok(self),
        }
    }

    /// The name of a tensor, with that of the parameter whose optimiser state it is.
    fn parameter(&self, name: &str) -> String {
        let number = name.split('.').next().unwrap_or_default();
        match self.state.paths.get(number) {
            Some(parameter) => format!("the optimiser's state of {parameter} ({name})"),
            None => name.to_owned(),
        }
    }

    /// Writes a checkpoint and returns the SHA-256 of the file.
    pub fn save(&self, path: &Path, progress: &Progress) -> Result<String, CheckpointError> {
        write(path, self, progress, Matrices::Full)
    }

    /// Writes a checkpoint with matrices in half precision, and returns the SHA-256 of the file.
    pub fn save_halved(&self, path: &Path, progress: &Progress) -> Result<String, CheckpointError> {
        write(path, self, progress, Matrices::Half)
    }
}

/// The first tensor with a value that is NaN or infinite.
fn not_finite(tensors: &BTreeMap<String, Entry>) -> Option<&String> {
    let bad = |entry: &Entry| !entry.values.iter().all(|value| value.is_finite());
    tensors.iter().find(|(_, entry)| bad(entry)).map(|(name, _)| name)
}

/// How matrices are written. Other tensors, such as running variances, which may be too small for half precision, are
/// always written in full.
#[derive(Clone, Copy, PartialEq)]
enum Matrices {
    Full,
    Half,
}

impl Matrices {
    fn bytes(self, entry: &Entry) -> (Dtype, Cow<'_, [u8]>) {
        if self == Matrices::Half && entry.shape.len() > 1 {
            let halves = entry.values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes());
            (Dtype::F16, halves.collect())
        } else {
            (Dtype::F32, bytemuck::cast_slice(&entry.values).into())
        }
    }
}

fn write(path: &Path, snapshot: &Snapshot, progress: &Progress, matrices: Matrices) -> Result<String, CheckpointError> {
    let Snapshot { weights, training, state } = snapshot;
    let metadata = Metadata {
        format: FORMAT,
        progress: progress.clone(),
        optimizer_scalars: state.scalars.clone(),
        optimizer_paths: state.paths.clone(),
    };
    let metadata = serde_json::to_string(&metadata).expect("metadata can be written as JSON");
    let named = weights.iter().map(|(n, e)| (format!("model.{n}"), e));
    let named = named.chain(training.iter().map(|(n, e)| (format!("training.{n}"), e)));
    let named = named.chain(state.tensors.iter().map(|(n, e)| (format!("optimizer.{n}"), e)));
    let tensors: Vec<_> = named.map(|(name, entry)| (name, &entry.shape, matrices.bytes(entry))).collect();
    let views = tensors.iter().map(|(name, shape, (dtype, bytes))| {
        (name, TensorView::new(*dtype, shape.to_vec(), bytes).expect("the shape fits the values"))
    });
    let bytes = safetensors::serialize(views, Some(HashMap::from([("scanseg".to_owned(), metadata)])))
        .expect("tensors of a checkpoint can be serialized");
    scannet::atomic::write_bytes(path, &bytes)?;
    Ok(scannet::sha256_hex(&bytes))
}

fn failed(path: &Path, error: FileError) -> CheckpointError {
    match error {
        FileError::Read(reason) => CheckpointError::Read { path: path.to_owned(), reason },
        FileError::Damaged(message) => CheckpointError::Damaged { path: path.to_owned(), message },
    }
}

/// What a file's header says of the checkpoint.
fn metadata(header: &safetensors::tensor::Metadata) -> Result<Metadata, String> {
    let text = header.metadata().as_ref().and_then(|m| m.get("scanseg")).ok_or("it has no scanseg metadata")?;
    let metadata: Metadata = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if !(1..=FORMAT).contains(&metadata.format) {
        return Err(format!("its format is {}, but this program reads formats up to {FORMAT}", metadata.format));
    }
    Ok(metadata)
}

impl Checkpoint {
    /// Reads a checkpoint.
    ///
    /// # Errors
    /// If the file cannot be read, is not a checkpoint of this program, or has a value that is NaN or infinite.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let bytes = checked_safetensors(path).map_err(|error| failed(path, error))?;
        Checkpoint::of_bytes(&bytes, path)
    }

    /// Reads a checkpoint from the bytes of a file.
    pub(crate) fn of_bytes(bytes: &[u8], path: &Path) -> Result<Self, CheckpointError> {
        let checkpoint = Checkpoint::parse(bytes, path)
            .map_err(|message| CheckpointError::Damaged { path: path.to_owned(), message })?;
        let bad = |kind: &str, tensors| not_finite(tensors).map(|name| format!("{kind}.{name}"));
        let tensors = [
            ("model", &checkpoint.model),
            ("training", &checkpoint.training),
            ("optimizer", &checkpoint.optimizer.tensors),
        ];
        let found = tensors.into_iter().find_map(|(kind, tensors)| bad(kind, tensors));
        match found {
            Some(name) => Err(CheckpointError::NotFinite { path: path.to_owned(), name }),
            None => Ok(checkpoint),
        }
    }

    /// How far the training of a checkpoint had progressed, without reading its tensors: their values are not checked,
    /// but all are there.
    ///
    /// # Errors
    /// If the file cannot be read, or is not a checkpoint of this program.
    pub fn read_progress(path: &Path) -> Result<Progress, CheckpointError> {
        let header = safetensors_metadata(path).and_then(|header| metadata(&header).map_err(FileError::Damaged));
        Ok(header.map_err(|error| failed(path, error))?.progress)
    }

    fn parse(bytes: &[u8], path: &Path) -> Result<Self, String> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?;
        let metadata = metadata(&header)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
        let (mut model, mut training, mut optimizer) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (name, view) in tensors.iter() {
            // the bytes of a file need not be aligned
            let values = match view.dtype() {
                Dtype::F32 => view.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
                Dtype::F16 => view.data().as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
                _ => return Err(format!("{name} does not hold floats of 32 or 16 bits")),
            };
            let entry = Entry { shape: view.shape().to_vec(), values };
            match name.split_once('.') {
                Some(("model", rest)) => model.insert(current_name(rest), entry),
                Some(("training", rest)) => training.insert(rest.to_owned(), entry),
                Some(("optimizer", rest)) => optimizer.insert(rest.to_owned(), entry),
                _ => return Err(format!("unexpected tensor {name}")),
            };
        }
        Ok(Checkpoint {
            progress: metadata.progress,
            hash: scannet::sha256_hex(bytes),
            path: path.to_owned(),
            model,
            training,
            optimizer: optimizer::State {
                tensors: optimizer,
                scalars: metadata.optimizer_scalars,
                paths: metadata.optimizer_paths.into_iter().map(|(id, path)| (id, current_name(&path))).collect(),
            },
        })
    }

    /// Loads the weights into a network of the same architecture.
    ///
    /// # Errors
    /// If a parameter is missing, left over, or has another shape.
    pub fn load_network(&self, network: Network) -> Result<Network, CheckpointError> {
        self.load(network, &self.model)
    }

    /// Loads the weights that a training continues with.
    pub(crate) fn load_training_network(&self, network: Network) -> Result<Network, CheckpointError> {
        self.load(network, if self.training.is_empty() { &self.model } else { &self.training })
    }

    fn load(&self, network: Network, weights: &BTreeMap<String, Entry>) -> Result<Network, CheckpointError> {
        network
            .with_weights(weights)
            .map_err(|message| CheckpointError::Architecture { path: self.path.clone(), message })
    }

    /// Loads the state into an optimiser of the same kind for a network, on a device.
    ///
    /// # Errors
    /// If the state is not that of some of the network's parameters.
    pub(crate) fn load_optimizer(
        &self,
        optimizer: Optimizer,
        network: &Network,
        device: &Device,
    ) -> Result<Optimizer, CheckpointError> {
        optimizer::give(optimizer, &self.optimizer, network.parameters(), device)
            .map_err(|message| CheckpointError::Damaged { path: self.path.clone(), message })
    }

    /// Parameters and running statistics by name.
    pub(crate) fn model(&self) -> &BTreeMap<String, Entry> {
        &self.model
    }

    /// The file it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
