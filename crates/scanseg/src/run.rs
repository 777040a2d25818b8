//! The folder of a training run.
//!
//! | file | what |
//! |---|---|
//! | `config.toml` | the configuration with every key |
//! | `labels.toml` | the label set, if it is not built in |
//! | `manifest.json` | what the run was made from: program, seed, hashes of configuration and data |
//! | `metrics.jsonl` | a line for every step (loss, accuracy) and every evaluation |
//! | `last.safetensors`, `best.safetensors` | checkpoints |
//! | `.lock` | empty; locked while a training or an import writes |
//! | `evaluation-<split>-<protocol>.json`, `….md` | results of `evaluate`, with more in the name for another checkpoint or store |
//! | `evaluation-…-scenes.json` | the counts scene by scene, under protocols that pool scenes |

mod error;

pub use error::RunError;

use crate::checkpoint::Checkpoint;
use crate::config::{Config, ConfigError};
use crate::network::Network;
use crate::training::metrics::last_epoch;
use burn::tensor::Device;
use scannet::source::TEXT;
use scannet::{FolderLock, PreparedStore};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

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
    /// SHA-256 of `labels.toml`, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// Fingerprint of the prepared store; `None` if the weights were imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Folder of the prepared store as it was given; `None` if the weights were imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// The file that imported weights came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<WeightsOrigin>,
    /// The checkpoint of another run that the training started from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<WeightsOrigin>,
    /// Whether it is a copy of a run without the state of the training, see [`pack`](crate::pack).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub packed: bool,
}

/// The file that weights came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightsOrigin {
    /// Its path as it was given.
    pub file: PathBuf,
    /// Its SHA-256.
    pub sha256: String,
}

/// The checkpoints: the one with the best evaluation, and the last one.
pub(crate) const CHECKPOINTS: [&str; 2] = ["best.safetensors", "last.safetensors"];

impl RunManifest {
    fn of(config: &Config) -> Self {
        RunManifest {
            program: program(),
            seed: config.seed,
            config: scannet::sha256_hex(config.to_toml().as_bytes()),
            labels: own_labels(config).map(|text| scannet::sha256_hex(text.as_bytes())),
            data: None,
            data_dir: None,
            weights: None,
            start: None,
            packed: false,
        }
    }
}

/// A path as JSON can have it: what is not UTF-8 in it is replaced.
pub(crate) fn as_text(path: &Path) -> PathBuf {
    path.to_string_lossy().into_owned().into()
}

/// The configuration as a run keeps it: with a label set of the user's in the run's own folder.
fn stored(config: &Config) -> Config {
    let mut config = config.clone();
    if config.data.labels.is_file_path() {
        config.data.labels = config.data.labels.stored_as("labels.toml");
    }
    config
}

/// The text of a run's configuration without a key that earlier versions wrote into it; the other values that it could
/// have are refused.
fn without_precision(text: &str) -> String {
    text.replace("\nprecision = \"f32\"\n", "\n")
}

/// Reads the configuration of the run in a folder.
fn parse_config(text: &str, dir: &Path) -> Result<Config, ConfigError> {
    Config::parse(&without_precision(text), &dir.join("config.toml"), &[])
}

/// The text of `labels.toml`, for a label set that is not built in.
fn own_labels(config: &Config) -> Option<String> {
    config.data.labels.is_file_path().then(|| config.data.labels.to_toml())
}

/// The files that describe a run, and their texts.
fn descriptions(config: &Config) -> Vec<(&'static str, String)> {
    let labels = own_labels(config).map(|text| ("labels.toml", text));
    std::iter::once(("config.toml", config.to_toml())).chain(labels).collect()
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
    /// If it is not the folder of a run, or its files are damaged.
    pub fn open(dir: &Path) -> Result<Self, RunError> {
        for file in ["config.toml", "manifest.json"] {
            if !dir.join(file).exists() {
                let trained = CHECKPOINTS.iter().any(|file| dir.join(file).exists());
                let lock = dir.join(".lock");
                if lock.exists() && !trained && scannet::data_set_of(&lock).is_none() {
                    return Err(RunError::NotStarted(dir.to_owned()));
                }
                return Err(RunError::NotARun { dir: dir.to_owned(), file });
            }
        }
        let text = read(&dir.join("config.toml"))?;
        let manifest = parse_manifest(&read(&dir.join("manifest.json"))?, dir)?;
        let labels = manifest.labels.as_ref().map(|hash| ("labels.toml", hash.clone()));
        for (file, hash) in [("config.toml", manifest.config.clone())].into_iter().chain(labels) {
            let path = dir.join(file);
            if !path.exists() {
                return Err(RunError::Damaged { path, message: format!("{file} is missing") });
            }
            if hash != scannet::sha256_hex(read(&path)?.as_bytes()) {
                let message = format!("{file} was changed after the run was started");
                return Err(RunError::Damaged { path, message });
            }
        }
        let config = parse_config(&text, dir)?;
        Ok(Run { dir: dir.to_owned(), config, manifest })
    }

    /// A run whose files are in memory, with a name instead of a folder.
    pub(crate) fn of_texts(name: &str, config: &str, manifest: &str) -> Result<Self, RunError> {
        let dir = PathBuf::from(name);
        let config = parse_config(config, &dir)?;
        let manifest = parse_manifest(manifest, &dir)?;
        Ok(Run { dir, config, manifest })
    }

    /// Writes the description of a run into a new folder, for a copy of it.
    pub(crate) fn copy_description(&self, out: &Path) -> Result<Self, RunError> {
        Run::check_free(out, &self.config, None)?;
        let data = self.manifest.clone();
        Run::write(out, &self.config, |manifest| RunManifest {
            config: manifest.config,
            labels: manifest.labels,
            packed: true,
            ..data
        })
    }

    /// Checks that a run can be started in a folder: it has no run yet, no other files of the names that a run has, and
    /// is neither a store nor a folder in this one. A start that was interrupted can be repeated: a training's has no manifest, which is written
    /// last, and one that begins with a checkpoint has a manifest but no checkpoint.
    pub(crate) fn check_free(dir: &Path, config: &Config, store: Option<&Path>) -> Result<(), RunError> {
        if store.is_some_and(|store| is_below(dir, store)) || scannet::prepared_folder(dir).is_some() {
            return Err(RunError::IsStore(dir.to_owned()));
        }
        let checkpoint = CHECKPOINTS.iter().any(|file| dir.join(file).exists());
        if checkpoint || (dir.join("manifest.json").exists() && !checkpoint_comes_with_start(dir)) {
            return Err(RunError::Exists(dir.to_owned()));
        }
        let replaced = |(file, text): &(&'static str, String)| match scannet::source::read_text(dir.join(file), TEXT) {
            // a configuration as runs keep it is from a start that was interrupted
            Ok(found) if *file == "config.toml" => {
                parse_config(&found, dir).map(|config| config.to_toml()).ok() != Some(without_precision(&found))
            }
            Ok(found) => found != *text,
            Err(_) => dir.join(file).exists(),
        };
        match descriptions(&stored(config)).into_iter().find(replaced) {
            Some((file, _)) => Err(RunError::WouldReplace { dir: dir.to_owned(), file }),
            None => Ok(()),
        }
    }

    /// Starts a run in a folder that has none yet.
    pub(crate) fn create(
        dir: &Path,
        config: &Config,
        store: &PreparedStore,
        start: Option<&Checkpoint>,
    ) -> Result<Self, RunError> {
        let (data, data_dir) = (Some(store.fingerprint()?), Some(as_text(store.dir())));
        let origin = |start: &Checkpoint| WeightsOrigin { file: as_text(start.path()), sha256: start.hash.clone() };
        let start = start.map(origin);
        Run::write(dir, config, |manifest| RunManifest { data, data_dir, start, ..manifest })
    }

    /// Makes a run for imported weights, whose checkpoint comes last: without it, the import can be repeated.
    pub(crate) fn create_imported(dir: &Path, config: &Config, weights: WeightsOrigin) -> Result<Self, RunError> {
        Run::write(dir, config, |manifest| RunManifest { weights: Some(weights), ..manifest })
    }

    fn write(dir: &Path, config: &Config, complete: impl FnOnce(RunManifest) -> RunManifest) -> Result<Self, RunError> {
        let config = stored(config);
        scannet::atomic::create_dir_all(dir)?;
        for (file, text) in descriptions(&config) {
            scannet::atomic::write_bytes(dir.join(file), text.as_bytes())?;
        }
        let manifest = complete(RunManifest::of(&config));
        let text = serde_json::to_string_pretty(&manifest).expect("a manifest can be written as JSON") + "\n";
        scannet::atomic::write_bytes(dir.join("manifest.json"), text.as_bytes())?;
        Ok(Run { dir: dir.to_owned(), config, manifest })
    }

    /// Keeps other writers of a run out of a folder, which is created if needed, for as long as the result lives.
    pub(crate) fn lock(dir: &Path, task: &str) -> Result<FolderLock, RunError> {
        scannet::atomic::create_dir_all(dir)?;
        Ok(FolderLock::exclusive(dir, task)?)
    }

    /// [`lock`](Run::lock) for a new run, of which [`check_free`](Run::check_free) holds.
    pub(crate) fn claim(dir: &Path, config: &Config, store: Option<&Path>, task: &str) -> Result<FolderLock, RunError> {
        let lock = Run::lock(dir, task)?;
        // another process may have made a run there since it was last checked
        Run::check_free(dir, config, store)?;
        Ok(lock)
    }

    /// Checks that a run is one of this configuration and data.
    ///
    /// # Errors
    /// If either differs, the run's weights were imported, or it is a packed copy.
    pub fn check_same(&self, config: &Config, store: &PreparedStore) -> Result<(), RunError> {
        let differs = |what: String, remedy| Err(RunError::Differs { dir: self.dir.clone(), what, remedy });
        if *config != self.config {
            let what = match difference(&self.config.to_toml(), &config.to_toml()) {
                Some((own, other)) => format!("the configuration ({other}, in the run {own})"),
                None => "the label set".to_owned(),
            };
            return differs(what, "resume with the same file and --set options, or start a new run");
        }
        if self.manifest.weights.is_some() {
            return Err(RunError::Imported(self.dir.clone()));
        }
        if self.manifest.packed {
            return Err(RunError::Packed(self.dir.clone()));
        }
        // runs of earlier versions name a store without a manifest by the sizes of its arrays
        let same = self.manifest.data == Some(store.fingerprint()?)
            || (store.manifest().is_none() && self.manifest.data == Some(store.fingerprint_of_sizes()?));
        if !same {
            return differs(
                "the data".to_owned(),
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

    /// Reads the checkpoint of the best evaluation, or the last one if there was no evaluation.
    ///
    /// # Errors
    /// If there is no checkpoint or it is damaged.
    pub fn checkpoint(&self) -> Result<Checkpoint, RunError> {
        let best = self.path("best.safetensors");
        let last = self.path("last.safetensors");
        match (best.exists(), last.exists()) {
            (true, _) => Ok(Checkpoint::read(&best)?),
            (false, true) => {
                let last = Checkpoint::read(&last)?;
                self.check_best(&last)?;
                Ok(last)
            }
            _ if self.manifest.weights.is_some() => Err(RunError::HalfImported(self.dir.clone())),
            _ if self.manifest.start.is_some() && !self.path("metrics.jsonl").exists() => {
                Err(RunError::NotStarted(self.dir.clone()))
            }
            _ => self.check_last().and(Err(RunError::NoCheckpoint(self.dir.clone()))),
        }
    }

    /// Checks that the last checkpoint of a training is there, or that there was none yet. One follows every epoch, and
    /// one comes before the first where a training starts from other weights.
    pub(crate) fn check_last(&self) -> Result<(), RunError> {
        if self.path("last.safetensors").exists() {
            return Ok(());
        }
        let metrics = self.path("metrics.jsonl");
        let began = if self.manifest.start.is_some() { metrics.exists() } else { last_epoch(&metrics) > 1 };
        match began {
            true => Err(RunError::CheckpointLost(self.dir.clone())),
            false => Ok(()),
        }
    }

    /// Checks that the best checkpoint is there, if `last`, the last one, knows of one. A packed copy has one alone.
    pub(crate) fn check_best(&self, last: &Checkpoint) -> Result<(), RunError> {
        let path = self.path("best.safetensors");
        match last.progress.best {
            Some((epoch, _)) if !self.manifest.packed && !path.exists() => {
                Err(RunError::BestLost { dir: self.dir.clone(), epoch })
            }
            Some(_) if path.exists() => Ok(Checkpoint::read_progress(&path).map(drop)?),
            _ => Ok(()),
        }
    }

    /// A checkpoint's network, ready for inference.
    ///
    /// # Errors
    /// If the checkpoint belongs to another architecture.
    pub fn network(&self, checkpoint: &Checkpoint, device: &Device) -> Result<Network, RunError> {
        Ok(checkpoint.load_network(Network::new(&self.config, device))?)
    }
}

/// `a training run` if a file of this name would be part of one.
pub(crate) fn run_of(path: &Path) -> Option<&'static str> {
    let (folder, name) = (path.parent()?, path.file_name()?.to_str()?);
    let has = |file: &str| folder.join(file).exists();
    let is_run = has("config.toml") && (has("manifest.json") || has(".lock"));
    let described = ["config.toml", "labels.toml", "manifest.json", "metrics.jsonl", ".lock"];
    let own = described.contains(&name) || CHECKPOINTS.contains(&name) || name.starts_with("evaluation-");
    (is_run && own).then_some("a training run")
}

fn parse_manifest(text: &str, dir: &Path) -> Result<RunManifest, RunError> {
    let damaged = |e: serde_json::Error| RunError::Damaged { path: dir.join("manifest.json"), message: e.to_string() };
    serde_json::from_str(text).map_err(damaged)
}

/// Whether a folder has the manifest of a run that begins with a checkpoint, an import or a training that starts from the
/// weights of another run, and nothing that came after it.
fn checkpoint_comes_with_start(dir: &Path) -> bool {
    if dir.join("metrics.jsonl").exists() {
        return false;
    }
    let text = read(&dir.join("manifest.json")).unwrap_or_default();
    let manifest = serde_json::from_str::<RunManifest>(&text);
    manifest.is_ok_and(|manifest| manifest.weights.is_some() || manifest.start.is_some())
}

/// The first line of each of two texts that the other lacks.
fn difference<'a>(own: &'a str, other: &'a str) -> Option<(&'a str, &'a str)> {
    let lacking = |text: &'a str, other: &'a str| {
        text.lines().find(|line| !line.starts_with("labels = ") && other.lines().all(|there| there != *line))
    };
    let (own, other) = (lacking(own, other), lacking(other, own));
    (own.is_some() || other.is_some()).then(|| (own.unwrap_or("nothing"), other.unwrap_or("nothing")))
}

/// The text of a file of a run.
pub(crate) fn read(path: &Path) -> Result<String, RunError> {
    scannet::source::read_text(path, TEXT).map_err(|reason| RunError::Read { path: path.to_owned(), reason })
}

/// Whether a folder, which need not exist, is another one or below it.
fn is_below(dir: &Path, above: &Path) -> bool {
    let Ok(dir) = std::path::absolute(dir) else { return false };
    let existing = dir.ancestors().find_map(|part| part.canonicalize().ok());
    matches!((existing, above.canonicalize()), (Some(dir), Ok(above)) if dir.starts_with(&above))
}
