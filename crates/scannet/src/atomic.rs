//! Output files that are complete or absent: they are written under a temporary name in the same folder, then renamed.
//!
//! A temporary file of `a.ply` is named `.tmp-a.ply.` and six random letters or digits, and its process holds a
//! lock on it. A process that is killed loses the lock, so whoever writes `a.ply` next knows which temporary files are
//! abandoned and removes them, and never those of a process that is still writing.
//!
//! Symbolic links are followed, as in most programs: the link stays, and the file that it leads to is replaced. Devices and pipes (`/dev/null`, `/dev/stdout`, a FIFO) are written to and not replaced.

use crate::error::{IoAt, Result};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// What the names of temporary files begin with.
const TEMPORARY: &str = ".tmp-";
/// Random characters at the end of a temporary name.
const RANDOM: usize = 6;

/// Writes a file with `fill`, then renames it into place. If this fails, nothing is left behind, and an older file of
/// that name stays as it was.
///
/// The parent folder must exist. The contents are synced to disk before the rename and the folder after it, so that a
/// crash leaves the old file or the new one, never half a file, and what is written later is never there without it.
///
/// # Errors
/// [`Problem::Write`](crate::Problem::Write) with `path`, and a remedy for full, read-only and missing folders.
pub fn write(path: impl AsRef<Path>, fill: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> Result<()> {
    let path = path.as_ref();
    put(path, fill).writing(path)
}

fn put(path: &Path, fill: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> io::Result<()> {
    let fill = |file: &File| {
        let mut out = BufWriter::with_capacity(1 << 16, file);
        fill(&mut out)?;
        out.flush()
    };
    let Some(path) = target(path)? else {
        return fill(&File::options().write(true).open(path)?);
    };
    let temporary = temporary(&path)?;
    fill(temporary.as_file())?;
    temporary.as_file().sync_all()?;
    temporary.persist(&path)?;
    // a folder that cannot be opened or synced, as on some file systems, has the file nevertheless
    if let Ok(folder) = File::open(folder(&path)) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Checks that [`write()`] can write a file of this name, before the work that makes its contents. Returns the file
/// that would be created or replaced, which is another one where `path` is a symbolic link; `None` for devices and
/// pipes.
///
/// # Errors
/// Those of [`write()`].
pub fn check(path: impl AsRef<Path>) -> Result<Option<PathBuf>> {
    let path = path.as_ref();
    let check = || {
        let target = target(path)?;
        target.as_deref().map(temporary).transpose()?;
        Ok(target)
    };
    check().writing(path)
}

/// The file that a name leads to; `None` for devices and pipes.
fn target(path: &Path) -> io::Result<Option<PathBuf>> {
    let kind = match std::fs::metadata(path) {
        Ok(metadata) => metadata.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return end_of_links(path).map(Some),
        Err(error) => return Err(error),
    };
    if kind.is_dir() {
        return Err(io::Error::other("a folder of this name is in the way"));
    }
    if kind.is_file() {
        return if path.is_symlink() { path.canonicalize().map(Some) } else { Ok(Some(path.to_owned())) };
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_block_device() || kind.is_socket() {
            return Err(io::Error::other("a block device or a socket of this name is in the way"));
        }
    }
    Ok(None)
}

/// The name at the end of a chain of links to a file that does not exist yet.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    while let Ok(to) = std::fs::read_link(&path) {
        path = folder(&path).join(to);
    }
    Ok(path)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new temporary file for a target, locked, after those that killed processes left for it have been removed.
fn temporary(path: &Path) -> io::Result<NamedTempFile> {
    let name = path.file_name().ok_or_else(|| io::Error::other("this is not the name of a file"))?;
    // file systems limit the length of names
    let name: String = name.to_string_lossy().chars().take(50).collect();
    let prefix = OsString::from(format!("{TEMPORARY}{name}."));
    remove_abandoned(folder(path), &prefix);
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).rand_bytes(RANDOM);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // those of a new file: temporary files are private by default
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    loop {
        let file = builder.tempfile_in(folder(path)).map_err(without_temporary_name)?;
        // On file systems without locks this fails, but there nobody removes the file either.
        let _ = file.as_file().lock();
        // Before it was locked, another process may have taken it for abandoned.
        if file.path().exists() {
            return Ok(file);
        }
    }
}

/// Removes the temporary files with this prefix that no process holds a lock on.
fn remove_abandoned(folder: &Path, prefix: &OsStr) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let random = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
        let ours = random.is_some_and(|r| r.len() == RANDOM && r.iter().all(u8::is_ascii_alphanumeric));
        if !ours || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            continue;
        }
        // The name is removed while the lock is held: its process sees that it is gone, and makes another file.
        if let Ok(file) = File::options().read(true).write(true).open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Whether a file has the name of a temporary file: what a killed process left, or what one is writing now.
pub(crate) fn is_temporary(name: &str) -> bool {
    name.starts_with(TEMPORARY)
}

/// The error of the system, without the temporary name that `tempfile` adds: the user did not ask for that file.
fn without_temporary_name(error: io::Error) -> io::Error {
    let text = error.to_string();
    match text.split_once(" at path ") {
        Some((system, _)) => io::Error::new(error.kind(), system.to_owned()),
        None => error,
    }
}

/// Writes a file that has these bytes, like [`write()`].
///
/// # Errors
/// Those of [`write()`].
pub fn write_bytes(path: impl AsRef<Path>, bytes: &[u8]) -> Result<()> {
    write(path, |w| w.write_all(bytes))
}

/// Writes bytes under the given temporary name, then renames them into place. What a killed run left under that name is
/// removed.
pub(crate) fn write_through(path: &Path, temporary: &Path, bytes: &[u8]) -> Result<()> {
    let put = || {
        let _ = std::fs::remove_file(temporary);
        let mut file = File::create_new(temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(temporary, path)
    };
    put().inspect_err(|_| drop(std::fs::remove_file(temporary))).writing(path)
}

/// Creates a folder and its parents.
///
/// # Errors
/// [`Problem::Write`](crate::Problem::Write) with `path`.
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

    #[test]
    fn what_killed_processes_left_is_removed_and_what_others_write_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in [".tmp-a.txt.AbC123", ".tmp-a.txt.live00", ".tmp-b.txt.AbC123", ".tmp-a.txt.notes", ".tmp-abcdef"] {
            std::fs::write(at(name), "half").unwrap();
        }
        let live = File::open(at(".tmp-a.txt.live00")).unwrap();
        live.lock().unwrap();
        write(at("a.txt"), |w| {
            // its own is held too: another writer of the same file does not touch it
            write_bytes(at("a.txt"), b"first").unwrap();
            w.write_all(b"last")
        })
        .unwrap();
        let names = || {
            let entries = std::fs::read_dir(dir.path()).unwrap();
            let mut names: Vec<String> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        let others = [".tmp-a.txt.notes", ".tmp-abcdef", ".tmp-b.txt.AbC123", "a.txt"];
        assert_eq!(names(), [&[".tmp-a.txt.live00"], &others[..]].concat());
        assert_eq!(std::fs::read(at("a.txt")).unwrap(), b"last");
        // not only dropped: a process that another test is just starting holds a copy of the descriptor, and of the lock
        live.unlock().unwrap();
        assert_eq!(check(at("a.txt")).unwrap(), Some(at("a.txt")));
        assert_eq!(names(), others);
    }

    #[test]
    fn long_names_are_written() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["x".repeat(255), "ö".repeat(127)] {
            write_bytes(dir.path().join(name), b"").unwrap();
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
        assert!(write_bytes(Path::new(".."), b"").unwrap_err().to_string().contains("in the way"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_the_file_at_its_end_is_replaced() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("far")).unwrap();
        symlink("far/a.txt", at("a.txt")).unwrap();
        symlink("a.txt", at("twice.txt")).unwrap();
        for text in ["new", "replaced"] {
            write_bytes(at("twice.txt"), text.as_bytes()).unwrap();
            assert!(at("a.txt").is_symlink() && at("twice.txt").is_symlink() && !at("far/a.txt").is_symlink());
            assert_eq!(std::fs::read_to_string(at("far/a.txt")).unwrap(), text);
        }
        symlink("circle", at("circle")).unwrap();
        assert!(write_bytes(at("circle"), b"").is_err());
        // a link of a temporary file's name is nobody's temporary file
        std::fs::write(at("victim"), "safe").unwrap();
        symlink("victim", at(".tmp-b.txt.AbC123")).unwrap();
        symlink("victim", at(".tmp-c.txt")).unwrap();
        write_bytes(at("b.txt"), b"b").unwrap();
        write_through(&at("c.txt"), &at(".tmp-c.txt"), b"c").unwrap();
        assert_eq!(std::fs::read_to_string(at("victim")).unwrap(), "safe");
        assert_eq!(std::fs::read_to_string(at("c.txt")).unwrap(), "c");
        assert!(!at("c.txt").is_symlink());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn devices_and_pipes_are_written_to() {
        use std::os::unix::fs::FileTypeExt;
        let dir = tempfile::tempdir().unwrap();
        let make = |name: &str, kind: &[&str]| {
            let path = dir.path().join(name);
            let mut made = std::process::Command::new("mknod");
            made.arg(&path).args(kind).stderr(std::process::Stdio::null());
            made.status().is_ok_and(|status| status.success()).then_some(path)
        };
        let pipe = make("pipe", &["p"]).unwrap();
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read_to_string(pipe).unwrap()
        });
        assert_eq!(check(&pipe).unwrap(), None);
        write_bytes(&pipe, b"through").unwrap();
        assert_eq!(reader.join().unwrap(), "through");
        assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
        // only root can make one of its own, and only root could replace the system's
        let null = make("null", &["c", "1", "3"]).unwrap_or("/dev/null".into());
        write_bytes(&null, b"nothing").unwrap();
        assert!(std::fs::metadata(&null).unwrap().file_type().is_char_device());
        if let Some(full) = make("full", &["c", "1", "7"]) {
            assert!(write_bytes(full, b"x").unwrap_err().to_string().contains("free some space"));
        }
    }
}
