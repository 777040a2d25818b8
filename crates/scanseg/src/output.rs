//! Where results may be written.

use crate::run::run_of;
use std::path::{Path, PathBuf};

/// Why a file cannot be an output.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// It cannot be written.
    #[error(transparent)]
    File(#[from] scannet::Error),
    /// It is what the command reads, or another output.
    #[error("the output would replace another file of this command; choose another name or folder: {}", .0.display())]
    Input(PathBuf),
    /// It belongs to a run or a data set.
    #[error("the output would take the place of a file of {owner}; choose another name or folder: {}", path.display())]
    Owned {
        /// The file.
        path: PathBuf,
        /// What it belongs to.
        owner: &'static str,
    },
}

/// Checks that a command may write its result to a file, before the work for it: that it can be written, is none of the
/// command's inputs or other outputs, and is not part of a run, a prepared store or a raw data set. Symbolic links count as what they
/// point to, and hard links as the same file.
///
/// # Errors
/// [`OutputError`] for the first of these that does not hold.
pub fn check_output(path: &Path, inputs: &[&Path]) -> Result<(), OutputError> {
    let Some(target) = scannet::atomic::check(path)? else { return Ok(()) };
    if inputs.iter().any(|input| is_same_file(input, &target)) {
        return Err(OutputError::Input(path.to_owned()));
    }
    match run_of(&target).or_else(|| scannet::data_set_of(&target)) {
        Some(owner) => Err(OutputError::Owned { path: path.to_owned(), owner }),
        None => Ok(()),
    }
}

/// What a folder is, if no results of something else should be among its files: `a training run`, `a prepared store` or
/// `a prepared scene`; `None` for all other folders.
pub fn owner_of(folder: &Path) -> Option<&'static str> {
    run_of(&folder.join("manifest.json")).or_else(|| scannet::prepared_folder(folder))
}

/// Whether two paths lead to the same file, which need not exist yet.
fn is_same_file(a: &Path, b: &Path) -> bool {
    match (identity(a), identity(b)) {
        (Ok(a), Ok(b)) => a == b,
        (Err(_), Err(_)) => matches!((place(a), place(b)), (Some(a), Some(b)) if a == b),
        _ => false,
    }
}

/// The folder and the name of a file that does not exist yet.
fn place(path: &Path) -> Option<(PathBuf, &std::ffi::OsStr)> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some((folder.canonicalize().ok()?, path.file_name()?))
}

/// What two names of one file have in common: its device and its number there.
#[cfg(unix)]
fn identity(path: &Path) -> std::io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

/// What two names of one file have in common, unless they are hard links.
#[cfg(not(unix))]
fn identity(path: &Path) -> std::io::Result<PathBuf> {
    path.canonicalize()
}
