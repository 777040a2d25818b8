//! Output files that are complete or absent: written under a temporary name in the same folder, then renamed.

use crate::error::{IoAt, Problem, Result};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes a file through `fill`, then renames it into place; on any error nothing is left behind and an older file of
/// that name stays as it was.
///
/// The parent folder must exist. The contents are handed to the disk (fsync) before the rename, so that a crash leaves
/// the old file or the new one, never half of one.
///
/// # Errors
/// [`Problem::Write`] naming `path`, with the remedy for full, read-only and missing folders.
pub fn write(path: impl AsRef<Path>, fill: impl FnOnce(&mut BufWriter<&File>) -> std::io::Result<()>) -> Result<()> {
    let path = path.as_ref();
    let folder = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    if path.is_dir() {
        return Err(Problem::Write(std::io::Error::other("a folder of this name is in the way")).at(path));
    }
    // Readable for others as any newly created file is, not private as temporary files are.
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tmp-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let temporary = builder.tempfile_in(folder).writing(path)?;
    let mut out = BufWriter::with_capacity(1 << 16, temporary.as_file());
    fill(&mut out).and_then(|()| out.flush()).writing(path)?;
    drop(out);
    temporary.as_file().sync_all().writing(path)?;
    temporary.persist(path).map_err(|e| Problem::Write(e.error).at(path))?;
    Ok(())
}

/// [`write()`] of bytes that are already there.
///
/// # Errors
/// As [`write()`].
pub fn write_bytes(path: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    write(path, |w| w.write_all(bytes))
}

/// Writes bytes under a temporary name that is given, then renames them into place: whatever a killed run left under
/// that name is written over.
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
/// [`Problem::Write`] naming `path`.
pub fn create_dir_all(path: impl AsRef<Path>) -> Result<()> {
    std::fs::create_dir_all(path.as_ref()).writing(path.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_whole_files_and_leaves_no_temporary() {
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
        assert!(message.contains("read-only for you") && message.ends_with("a.txt"), "{message}");
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_and_a_folder_in_the_way_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let message = write_bytes(dir.path().join("no/a.txt"), b"").unwrap_err().to_string();
        assert!(message.contains("create the folder first") && message.ends_with("a.txt"), "{message}");
        std::fs::create_dir(dir.path().join("b")).unwrap();
        let message = write_bytes(dir.path().join("b"), b"").unwrap_err().to_string();
        assert!(message.contains("in the way"), "{message}");
    }
}
