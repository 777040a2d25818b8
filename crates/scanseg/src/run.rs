//! The folder of a training run.
//!
//! | file | what |
//! |---|---|
//! | `config.toml` | the configuration with every key |
//! | `manifest.json` | what the run was made from: program, seed, hashes of configuration and data |
//! | `metrics.jsonl` | a line a step (loss, accuracy) and a line an evaluation |
//! | `last.safetensors`, `best.safetensors` | checkpoints |
//! | `.lock` | empty; locked by the training that is writing |
//! | `evaluation-<split>-<protocol>.json`, `….md` | results of `evaluate` |

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::config::{Config, ConfigError};
use crate::network::Network;
use burn::tensor::Device;
use scannet::PreparedStore;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// Why a run cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Not a run folder.
    #[error("not the folder of a training run (it has no {file}); give the folder that train wrote: {}", dir.display())]
    NotARun {
        /// The folder.
        dir: PathBuf,
        /// What is missing.
        file: &'static str,
    },
    /// There is something in the folder already.
    #[error("the folder has a run already; continue it with --resume or choose another folder: {}", .0.display())]
    Exists(PathBuf),
    /// Another training is under way in the folder.
    #[error("another training is writing into this folder; wait for it to end, or choose another folder: {}", .0.display())]
    Busy(PathBuf),
    /// The run was made from something else.
    #[error("cannot resume: {what} differs from the run's; {remedy}: {}", dir.display())]
    Differs {
        /// The folder.
        dir: PathBuf,
        /// What differs.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// The run's weights came from a file.
    #[error("cannot resume: the run's weights were imported and have no training to continue; train into another folder: {}", .0.display())]
    Imported(PathBuf),
    /// The stored configuration does not parse.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The checkpoint cannot be used.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A file cannot be written, or the data cannot be read.
    #[error(transparent)]
    File(#[from] scannet::Error),
    /// A file cannot be read.
    #[error("cannot read ({source}): {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What failed.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write ({source}); check the disk's space and the folder's permissions: {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What failed.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("damaged ({message}); restore it or train again: {}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

/// What a run was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunManifest {
    /// Program and version.
    pub program: String,
    /// The configuration's seed.
    pub seed: u64,
    /// SHA-256 of `config.toml`.
    pub config: String,
    /// Fingerprint of the prepared store; none where the weights were imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Folder of the prepared store as it was given; none where the weights were imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// The file that imported weights came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<WeightsOrigin>,
}

/// The file that imported weights came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightsOrigin {
    /// Its path as it was given.
    pub file: PathBuf,
    /// Its SHA-256.
    pub sha256: String,
}

impl RunManifest {
    fn of(config: &Config) -> Self {
        RunManifest {
            program: program(),
            seed: config.seed,
            config: scannet::sha256_hex(config.to_toml().as_bytes()),
            data: None,
            data_dir: None,
            weights: None,
        }
    }
}

/// Name and version of this program.
pub(crate) fn program() -> String {
    format!("scanseg {}", env!("CARGO_PKG_VERSION"))
}

/// An opened run.
#[derive(Debug, Clone)]
pub struct Run {
    dir: PathBuf,
    /// The configuration.
    pub config: Config,
    /// What it was made from.
    pub manifest: RunManifest,
}

impl Run {
    /// Opens the folder of a run.
    ///
    /// # Errors
    /// If it is none, or its files are damaged.
    pub fn open(dir: &Path) -> Result<Self, RunError> {
        for file in ["config.toml", "manifest.json"] {
            if !dir.join(file).is_file() {
                return Err(RunError::NotARun { dir: dir.to_owned(), file });
            }
        }
        let config = Config::read(&dir.join("config.toml"), &[])?;
        let path = dir.join("manifest.json");
        let text = read(&path)?;
        let manifest: RunManifest = serde_json::from_str(&text)
            .map_err(|e| RunError::Damaged { path: path.clone(), message: e.to_string() })?;
        if manifest.config != scannet::sha256_hex(config.to_toml().as_bytes()) {
            let message = "config.toml was changed after the run was started".to_owned();
            return Err(RunError::Damaged { path: dir.join("config.toml"), message });
        }
        Ok(Run { dir: dir.to_owned(), config, manifest })
    }

    /// Checks that a folder has no run yet. (The manifest is written last: without it a start was cut short, and may be made again.)
    pub(crate) fn check_free(dir: &Path) -> Result<(), RunError> {
        let taken =
            ["manifest.json", "best.safetensors", "last.safetensors"].iter().any(|file| dir.join(file).exists());
        if taken { Err(RunError::Exists(dir.to_owned())) } else { Ok(()) }
    }

    /// Starts a run in a folder that has none yet.
    pub(crate) fn create(dir: &Path, config: &Config, store: &PreparedStore) -> Result<Self, RunError> {
        Run::check_free(dir)?;
        let (data, data_dir) = (Some(store.fingerprint()?), Some(store.dir().to_owned()));
        Run::write(dir, config, RunManifest { data, data_dir, ..RunManifest::of(config) })
    }

    /// Makes a run of imported weights; the checkpoint stands in the folder already.
    pub(crate) fn create_imported(dir: &Path, config: &Config, weights: WeightsOrigin) -> Result<Self, RunError> {
        Run::write(dir, config, RunManifest { weights: Some(weights), ..RunManifest::of(config) })
    }

    fn write(dir: &Path, config: &Config, manifest: RunManifest) -> Result<Self, RunError> {
        scannet::atomic::create_dir_all(dir)?;
        scannet::atomic::write_bytes(dir.join("config.toml"), config.to_toml().as_bytes())?;
        let text = serde_json::to_string_pretty(&manifest).expect("a manifest can be written as JSON") + "\n";
        scannet::atomic::write_bytes(dir.join("manifest.json"), text.as_bytes())?;
        Ok(Run { dir: dir.to_owned(), config: config.clone(), manifest })
    }

    /// Keeps other trainings out of a folder, which is made if need be, as long as the result lives: a lock that ends with the process,
    /// however that ends. The file stays.
    pub(crate) fn lock(dir: &Path) -> Result<File, RunError> {
        scannet::atomic::create_dir_all(dir)?;
        let path = dir.join(".lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|source| RunError::Write { path, source })?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(RunError::Busy(dir.to_owned())),
            // some file systems have no locks
            Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
        }
    }

    /// Removes files that a killed training was about to rename.
    pub(crate) fn remove_temporaries(&self) -> Result<(), RunError> {
        let read = |source| RunError::Read { path: self.dir.clone(), source };
        for entry in std::fs::read_dir(&self.dir).map_err(read)? {
            let path = entry.map_err(read)?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".tmp-")) {
                std::fs::remove_file(&path).map_err(|source| RunError::Write { path, source })?;
            }
        }
        Ok(())
    }

    /// Checks that a run can be continued with this configuration and data.
    pub(crate) fn check_same(&self, config: &Config, store: &PreparedStore) -> Result<(), RunError> {
        let differs = |what, remedy| Err(RunError::Differs { dir: self.dir.clone(), what, remedy });
        if *config != self.config {
            return differs("the configuration", "resume with the same file and --set options, or start a new run");
        }
        if self.manifest.weights.is_some() {
            return Err(RunError::Imported(self.dir.clone()));
        }
        if self.manifest.data != Some(store.fingerprint()?) {
            return differs(
                "the data",
                "resume with the prepared store that the run was started with, or start a new run",
            );
        }
        Ok(())
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Path of a file of the run.
    pub fn path(&self, file: &str) -> PathBuf {
        self.dir.join(file)
    }

    /// Reads the checkpoint of the best evaluation, or the last one if there was none.
    ///
    /// # Errors
    /// If there is no checkpoint or it is damaged.
    pub fn checkpoint(&self) -> Result<Checkpoint, RunError> {
        let best = self.path("best.safetensors");
        let last = self.path("last.safetensors");
        match (best.exists(), last.exists()) {
            (true, _) => Ok(Checkpoint::read(&best)?),
            (false, true) => Ok(Checkpoint::read(&last)?),
            _ => Err(RunError::NotARun { dir: self.dir.clone(), file: "last.safetensors" }),
        }
    }

    /// A checkpoint's network, ready for inference.
    ///
    /// # Errors
    /// If the checkpoint is of another architecture.
    pub fn network(&self, checkpoint: &Checkpoint, device: &Device) -> Result<Network, RunError> {
        Ok(checkpoint.load_network(Network::new(&self.config, device))?)
    }
}

pub(crate) fn read(path: &Path) -> Result<String, RunError> {
    std::fs::read_to_string(path).map_err(|source| RunError::Read { path: path.to_owned(), source })
}
