//! Why a run cannot be used.

use crate::checkpoint::CheckpointError;
use crate::config::ConfigError;
use std::path::PathBuf;

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
    /// The start of a run was interrupted.
    #[error("nothing was trained here, since the start was interrupted; start the training again, without --resume: {}", .0.display())]
    NotStarted(PathBuf),
    /// The folder has a run already.
    #[error("the folder has a run already; choose another one, or continue a training with train --resume: {}", .0.display())]
    Exists(PathBuf),
    /// The folder has a file that the run would replace.
    #[error("the folder has a {file} that the run would replace; choose another folder: {}", dir.display())]
    WouldReplace {
        /// The folder.
        dir: PathBuf,
        /// The file.
        file: &'static str,
    },
    /// The run would be written into a prepared store.
    #[error("the run would be written into a prepared store; choose another folder: {}", .0.display())]
    IsStore(PathBuf),
    /// No epoch has ended yet.
    #[error("the run has no checkpoint, since no epoch has ended; continue it with train --resume: {}", .0.display())]
    NoCheckpoint(PathBuf),
    /// Epochs have ended, and the checkpoint that each of them leaves is gone.
    #[error(
        "the run has lost its checkpoint last.safetensors; restore this file, or train again into another folder: {}",
        .0.display()
    )]
    CheckpointLost(PathBuf),
    /// The checkpoint of the best evaluation is gone.
    #[error(
        "the run has lost best.safetensors, its checkpoint of epoch {epoch}; restore this file, take the last one with \
         --checkpoint last, or train again into another folder: {}",
        dir.display()
    )]
    BestLost {
        /// The folder.
        dir: PathBuf,
        /// The epoch.
        epoch: u64,
    },
    /// Weights were being imported when the program was stopped.
    #[error("the run has no checkpoint, since its import was interrupted; repeat weights import: {}", .0.display())]
    HalfImported(PathBuf),
    /// The run has another configuration or other data.
    #[error("cannot resume: {what} differs; {remedy}: {}", dir.display())]
    Differs {
        /// The folder.
        dir: PathBuf,
        /// What differs.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The run's weights came from a file.
    #[error(
        "cannot resume: the run's weights were imported, so there is no training to continue; train into another \
         folder: {}", .0.display()
    )]
    Imported(PathBuf),
    /// The run is a copy without the state of the training.
    #[error(
        "cannot resume: the run is a packed copy, which has no state of its training; continue the training in its own \
         folder: {}", .0.display()
    )]
    Packed(PathBuf),
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
    #[error("cannot read ({reason}): {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What failed.
        reason: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write ({reason}); check the free space and the folder's permissions: {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What failed.
        reason: std::io::Error,
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
