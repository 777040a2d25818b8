//! Output files that are complete or absent: they are written under a temporary name in the same folder, then renamed.

use crate::error::{IoAt, Problem, Result};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes a file with `fill`, then renames it into place. If this fails, nothing is left behind, and an older file of
/// that name stays as it was.
///
/// The parent folder must exist. The contents are synced to disk before the rename, so that a crash leaves the old file
/// or the new one, never half a file.
///
/// # Errors
/// [`Problem::Write`] with `path`, and a remedy for full, read-only and missing folders.
pub fn write(path: impl AsRef<Path>, fill: impl FnOnce(&mut BufWriter<&File>) -> std::io::Result<()>) -> Result<()> {
    let path = path.as_ref();
    let folder = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    if path.is_dir() {
        return Err(Problem::Write(std::io::Error::other("a folder of this name is in the way")).at(path));
    }
    // With the permissions of a new file: temporary files are private by default.
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tmp-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let temporary = builder.tempfile_in(folder).map_err(without_temporary_name).writing(path)?;
    let mut out = BufWriter::with_capacity(1 << 16, temporary.as_file());
    fill(&mut out).and_then(|()| out.flush()).writing(path)?;
    drop(out);
    temporary.as_file().sync_all().writing(path)?;
    temporary.persist(path).map_err(|e| Problem::Write(e.error).at(path))?;
    Ok(())
}

/// The error of the system, without the temporary name that `tempfile` adds: the user did not ask for that file.
fn without_temporary_name(error: std::io::Error) -> std::io::Error {
    let system = error.get_ref().and_then(|inner| inner.source()).and_then(|source| source.downcast_ref());
    let code = system.and_then(std::io::Error::raw_os_error);
    code.map_or(error, std::io::Error::from_raw_os_error)
}

/// Writes a file that has these bytes, like [`write()`].
///
/// # Errors
/// Those of [`write()`].
pub fn write_bytes(path: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    write(path, |w| w.write_all(bytes))
}

/// Writes bytes under the given temporary name, then renames them into place. What a killed run left under that name is
/// overwritten.
pub(crate) fn write_through(path: &Path, temporary: &Path, bytes: &[u8]) -> Result<()> {
    let put = || {
        let mut file = File::create(temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(temporary, path)
    };
    put().inspect_err(|_| drop(std::fs::remove_file(temporary))).writing(path)
}

/// Creates a folder and its parents.
///
/// # Errors
/// [`Problem::Write`] with `path`.
pub fn create_dir_all(path: impl AsRef<Path>) -> Result<()> {
    std::fs::create_dir_all(path.as_ref()).writing(path.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_replaced_as_a_whole_and_no_temporary_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        write_bytes(&path, b"one").unwrap();
        write_bytes(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        let failed = write(&path, |w| {
            w.write_all(b"three")?;
            Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
        });
        let message = failed.unwrap_err().to_string();
        assert!(message.contains("free some space") && message.ends_with("a.txt"), "{message}");
        let denied = write(&path, |_| Err(std::io::ErrorKind::ReadOnlyFilesystem.into()));
        let message = denied.unwrap_err().to_string();
        assert!(message.contains("you may not write to this folder") && message.ends_with("a.txt"), "{message}");
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_and_a_folder_in_the_way_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        let message = write_bytes(dir.path().join("no/a.txt"), b"").unwrap_err().to_string();
        assert!(message.contains("create the folder first") && message.ends_with("a.txt"), "{message}");
        std::fs::create_dir(dir.path().join("b")).unwrap();
        let message = write_bytes(dir.path().join("b"), b"").unwrap_err().to_string();
        assert!(message.contains("in the way"), "{message}");
    }
}
