//! Checkpoints: weights, optimiser state and progress in one safetensors file.
//!
//! The file is written under a temporary name and then renamed, so it is either complete or absent. Its bytes depend
//! only on its contents, so its SHA-256 identifies the state of a training: two runs with the same seed have the same
//! hash.
//!
//! Tensors named `model.…` are the network's parameters and running statistics; those named `optimizer.<number>.…` are
//! the optimiser's state for the parameter with that number. The metadata entry `scanseg` is JSON.
//!
//! Format 1, with other parameter names, can still be read; format 2 is written.

mod optimizer;

use crate::network::Network;
use crate::parameters::{Entry, current_name};
use crate::weights::{FileError, checked_safetensors};
use burn::optim::ModuleOptimizer;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
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
    /// The optimiser's state cannot be converted.
    #[error("the optimiser's state cannot be converted: {0}")]
    Optimizer(String),
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
    optimizer: BTreeMap<String, Entry>,
    optimizer_scalars: BTreeMap<String, burn_pack::Scalar>,
    optimizer_paths: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    format: u32,
    progress: Progress,
    optimizer_scalars: BTreeMap<String, burn_pack::Scalar>,
    optimizer_paths: BTreeMap<String, String>,
}

const FORMAT: u32 = 2;

/// Writes a checkpoint and returns the SHA-256 of the file.
pub(crate) fn save(
    path: &Path,
    network: &Network,
    optimizer: &ModuleOptimizer,
    progress: &Progress,
) -> Result<String, CheckpointError> {
    write(path, &network.weights(), optimizer::take(optimizer)?, progress)
}

/// Writes a checkpoint of weights alone, without optimiser state.
pub(crate) fn save_weights(
    path: &Path,
    weights: &BTreeMap<String, Entry>,
    progress: &Progress,
) -> Result<String, CheckpointError> {
    write(path, weights, optimizer::State::default(), progress)
}

fn write(
    path: &Path,
    weights: &BTreeMap<String, Entry>,
    state: optimizer::State,
    progress: &Progress,
) -> Result<String, CheckpointError> {
    let metadata = Metadata {
        format: FORMAT,
        progress: progress.clone(),
        optimizer_scalars: state.scalars,
        optimizer_paths: state.paths,
    };
    let metadata = serde_json::to_string(&metadata).expect("metadata can be written as JSON");
    let named = weights.iter().map(|(n, e)| (format!("model.{n}"), e));
    let named = named.chain(state.tensors.iter().map(|(n, e)| (format!("optimizer.{n}"), e)));
    let views: Vec<(String, TensorView)> = named
        .map(|(name, entry)| {
            let view = TensorView::new(Dtype::F32, entry.shape.clone(), bytemuck::cast_slice(&entry.values));
            (name, view.expect("the shape fits the values"))
        })
        .collect();
    let bytes = safetensors::serialize(views, Some(HashMap::from([("scanseg".to_owned(), metadata)])))
        .map_err(|e| CheckpointError::Optimizer(e.to_string()))?;
    scannet::atomic::write_bytes(path, &bytes)?;
    Ok(scannet::sha256_hex(&bytes))
}

impl Checkpoint {
    /// Reads a checkpoint.
    ///
    /// # Errors
    /// If the file cannot be read or is not a checkpoint of this program.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let bytes = checked_safetensors(path).map_err(|error| match error {
            FileError::Read(reason) => CheckpointError::Read { path: path.to_owned(), reason },
            FileError::Damaged(message) => CheckpointError::Damaged { path: path.to_owned(), message },
        })?;
        Checkpoint::parse(&bytes, path).map_err(|message| CheckpointError::Damaged { path: path.to_owned(), message })
    }

    fn parse(bytes: &[u8], path: &Path) -> Result<Self, String> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?;
        let text = header.metadata().as_ref().and_then(|m| m.get("scanseg")).ok_or("it has no scanseg metadata")?;
        let metadata: Metadata = serde_json::from_str(text).map_err(|e| e.to_string())?;
        if !(1..=FORMAT).contains(&metadata.format) {
            return Err(format!("its format is {}, but this program reads formats up to {FORMAT}", metadata.format));
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
        let (mut model, mut optimizer) = (BTreeMap::new(), BTreeMap::new());
        for (name, view) in tensors.iter() {
            if view.dtype() != Dtype::F32 {
                return Err(format!("{name} does not hold 32-bit floats"));
            }
            // the bytes of a file need not be aligned
            let values =
                view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().expect("four bytes"))).collect();
            let entry = Entry { shape: view.shape().to_vec(), values };
            match name.split_once('.') {
                Some(("model", rest)) => model.insert(current_name(rest), entry),
                Some(("optimizer", rest)) => optimizer.insert(rest.to_owned(), entry),
                _ => return Err(format!("unexpected tensor {name}")),
            };
        }
        Ok(Checkpoint {
            progress: metadata.progress,
            hash: scannet::sha256_hex(bytes),
            path: path.to_owned(),
            model,
            optimizer,
            optimizer_scalars: metadata.optimizer_scalars,
            optimizer_paths: metadata.optimizer_paths.into_iter().map(|(id, path)| (id, current_name(&path))).collect(),
        })
    }

    /// Loads the weights into a network of the same architecture.
    ///
    /// # Errors
    /// If a parameter is missing, left over, or has another shape.
    pub fn load_network(&self, network: Network) -> Result<Network, CheckpointError> {
        network
            .with_weights(&self.model)
            .map_err(|message| CheckpointError::Architecture { path: self.path.clone(), message })
    }

    /// Loads the state into an optimiser of the same kind.
    pub(crate) fn load_optimizer(&self, optimizer: ModuleOptimizer) -> Result<ModuleOptimizer, CheckpointError> {
        let state = optimizer::State {
            tensors: self.optimizer.clone(),
            scalars: self.optimizer_scalars.clone(),
            paths: self.optimizer_paths.clone(),
        };
        optimizer::give(optimizer, state)
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
