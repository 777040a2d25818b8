//! Models that are passed on: small runs without the state of a training. One ships with the program.

use crate::checkpoint::{Checkpoint, Snapshot};
use crate::run::{Run, RunError};
use std::path::Path;

/// A model that ships with the program. Its folder `models/<name>` in the repository is a run, and has a model card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuiltInModel {
    /// Labels the scan of any room with ScanNet's twenty classes. It was trained on generated rooms, so nobody's licence
    /// restricts its use.
    AnyScan,
}

impl BuiltInModel {
    /// All of them.
    pub const ALL: [BuiltInModel; 1] = [BuiltInModel::AnyScan];

    /// Its name, such as `any-scan`.
    pub fn name(self) -> &'static str {
        match self {
            BuiltInModel::AnyScan => "any-scan",
        }
    }

    /// The model of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }

    /// Its run, whose folder is its name, and its checkpoint.
    ///
    /// # Errors
    /// None that a user can cause.
    pub fn open(self) -> Result<(Run, Checkpoint), RunError> {
        let (config, manifest, weights): (_, _, &[u8]) = match self {
            BuiltInModel::AnyScan => (
                include_str!("../../../models/any-scan/config.toml"),
                include_str!("../../../models/any-scan/manifest.json"),
                include_bytes!("../../../models/any-scan/last.safetensors"),
            ),
        };
        let run = Run::of_texts(self.name(), config, manifest)?;
        let checkpoint = Checkpoint::of_bytes(weights, &run.path("last.safetensors"))?;
        Ok((run, checkpoint))
    }
}

/// Checks, before the work, that [`pack`] can write a copy of a run into a folder that is no part of a prepared store.
///
/// # Errors
/// If the folder has a run already, another file would be replaced, or it is in the store.
pub fn check_pack(run: &Run, out: &Path, store: &Path) -> Result<(), RunError> {
    Run::check_free(out, &run.config, Some(store))
}

/// Writes a copy of a run that is small enough to pass on: its configuration, its manifest, and the weights of one
/// checkpoint with matrices in half precision, as `last.safetensors`. The copy can evaluate and predict, not train.
///
/// # Errors
/// If the folder has a run already or a file cannot be written.
pub fn pack(run: &Run, checkpoint: &Checkpoint, out: &Path) -> Result<Run, RunError> {
    let _lock = Run::claim(out, &run.config, None, "weights pack")?;
    let copy = run.copy_description(out)?;
    let weights = Snapshot::of_weights(checkpoint.model().clone());
    weights.save_halved(&copy.path("last.safetensors"), &checkpoint.progress)?;
    Ok(copy)
}
