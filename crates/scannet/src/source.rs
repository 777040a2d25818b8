//! Reads the files that users give, into memory.
//!
//! All readers open their files here. What is no regular file (a pipe, which would wait for a writer forever, a device,
//! a folder) is named at once, and no kind of file may be larger than any real one. Files are read and not mapped: if
//! another program truncates a mapped file, whoever reads it is killed.

use crate::error::{IoAt, Problem, Result};
use std::fs::{File, FileType};
use std::io::{Error, ErrorKind, Read};
use std::path::Path;

/// Most bytes of a text file: configurations, label sets and tables, split lists, a scan's `.txt`.
pub const TEXT: u64 = 16 << 20;

/// Most bytes of a JSON file, which may have numbers for each of ten million vertices.
pub const JSON: u64 = 128 << 20;

/// How much of a file is read before its beginning is checked.
const BEGINNING: u64 = 1 << 20;

/// Opens a regular file and returns its length.
///
/// # Errors
/// Those of [`File::open`]; also if the path leads to something else than a file, which the message names.
pub fn open(path: impl AsRef<Path>) -> std::io::Result<(File, u64)> {
    let path = path.as_ref();
    // Opening a pipe waits for a program that writes to it, so look first.
    let check = |kind: FileType| match what_else(kind) {
        None => Ok(()),
        Some(what @ "a pipe") => {
            Err(Error::new(ErrorKind::InvalidInput, format!("this is {what}, not a file; write it to a file first")))
        }
        Some(what) => Err(Error::new(ErrorKind::InvalidInput, format!("this is {what}, not a file"))),
    };
    check(std::fs::metadata(path)?.file_type())?;
    let file = File::open(path)?;
    let opened = file.metadata()?;
    check(opened.file_type())?;
    Ok((file, opened.len()))
}

/// Reads a file of at most `most` bytes, such as [`TEXT`].
///
/// # Errors
/// Those of [`open`] and of reading; also if the file is larger.
pub fn read(path: impl AsRef<Path>, most: u64) -> std::io::Result<Vec<u8>> {
    let (mut file, length) = open(path)?;
    if length > most {
        let what = format!("it has {} MB, but such a file has at most {} MB", length >> 20, most >> 20);
        return Err(Error::new(ErrorKind::FileTooLarge, what));
    }
    let mut bytes = Vec::new();
    append(&mut file, length, &mut bytes)?;
    Ok(bytes)
}

/// [`read`] for text.
///
/// # Errors
/// Those of [`read`]; also if the file is not UTF-8.
pub fn read_text(path: impl AsRef<Path>, most: u64) -> std::io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|_| Error::new(ErrorKind::InvalidData, "this is not UTF-8 text"))
}

/// [`read`] for a file that must not be empty.
pub(crate) fn read_some(path: &Path, most: u64) -> Result<Vec<u8>> {
    let bytes = read(path, most).reading(path)?;
    if bytes.is_empty() { Err(Problem::Empty.at(path)) } else { Ok(bytes) }
}

/// Reads a file that may be large, if its beginning is right: `check` gets that and the length of the whole file.
pub(crate) fn read_checked(path: &Path, check: impl FnOnce(&[u8], u64) -> Result<(), Problem>) -> Result<Vec<u8>> {
    let (mut file, length) = open(path).reading(path)?;
    if length == 0 {
        return Err(Problem::Empty.at(path));
    }
    let mut bytes = Vec::new();
    if length > BEGINNING {
        append(&mut file, BEGINNING, &mut bytes).reading(path)?;
        check(&bytes, length).map_err(|p| p.at(path))?;
    }
    let rest = length - bytes.len() as u64;
    append(&mut file, rest, &mut bytes).reading(path)?;
    Ok(bytes)
}

/// The beginning of a file that is not empty, and the length of the whole file.
pub(crate) fn beginning(path: &Path) -> Result<(Vec<u8>, u64)> {
    let (mut file, length) = open(path).reading(path)?;
    let mut bytes = Vec::new();
    append(&mut file, length.min(BEGINNING), &mut bytes).reading(path)?;
    if bytes.is_empty() { Err(Problem::Empty.at(path)) } else { Ok((bytes, length)) }
}

/// Reads up to `length` bytes; fewer if the file has become shorter, and no more if it has grown.
fn append(file: &mut File, length: u64, bytes: &mut Vec<u8>) -> std::io::Result<()> {
    bytes.try_reserve_exact(usize::try_from(length).unwrap_or(usize::MAX))?;
    file.take(length).read_to_end(bytes)?;
    Ok(())
}

/// What a path leads to, if not to a file.
fn what_else(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some("a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("a pipe");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
    }
    Some("something else")
}

/// Returns the SHA-256 as 64 lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex(&sha2::Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut s, b| {
        write!(s, "{b:02x}").expect("a String takes any text");
        s
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of a gigabyte that takes no room on the disk.
    fn gigabyte(path: &Path) {
        File::create(path).unwrap().set_len(1 << 30).unwrap();
    }

    #[test]
    fn files_are_read_whole_and_empty_ones_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        for length in [1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20] {
            let bytes: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            assert!(read(&path, TEXT).unwrap() == bytes && read_some(&path, TEXT).unwrap() == bytes);
            let mut seen = None;
            let whole = read_checked(&path, |start, all| {
                seen = Some((start.len(), all));
                Ok(())
            });
            assert!(whole.unwrap() == bytes);
            assert_eq!(seen, (length > 1 << 20).then_some((1 << 20, length as u64)));
            assert_eq!(beginning(&path).unwrap().1, length as u64);
        }
        std::fs::write(&path, "").unwrap();
        assert!(read(&path, TEXT).unwrap().is_empty());
        for error in
            [read_some(&path, TEXT).err(), read_checked(&path, |_, _| Ok(())).err(), beginning(&path).map(|_| ()).err()]
        {
            assert!(matches!(error.unwrap().problem, Problem::Empty));
        }
    }

    #[test]
    fn what_is_too_large_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        gigabyte(&path);
        for most in [TEXT, JSON] {
            let message = read(&path, most).unwrap_err().to_string();
            assert_eq!(message, format!("it has 1024 MB, but such a file has at most {} MB", most >> 20));
        }
        assert!(read_text(&path, TEXT).is_err());
        let refused = read_checked(&path, |start, length| {
            assert_eq!((start.len(), length), (1 << 20, 1 << 30));
            Err(Problem::NoVertices)
        });
        assert!(refused.is_err());
        std::fs::write(&path, b"\xff").unwrap();
        assert_eq!(read_text(&path, TEXT).unwrap_err().to_string(), "this is not UTF-8 text");
    }

    /// As happens while a download is written again. A mapped file would end the process here.
    #[test]
    fn a_file_may_become_shorter_while_it_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        gigabyte(&path);
        let cut = || File::options().write(true).open(&path).unwrap().set_len((1 << 20) + 5).unwrap();
        let bytes = read_checked(&path, |_, _| {
            cut();
            Ok(())
        });
        assert_eq!(bytes.unwrap().len(), (1 << 20) + 5);
    }

    #[test]
    #[cfg(unix)]
    fn what_is_no_file_is_named_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let (pipe, socket) = (dir.path().join("pipe"), dir.path().join("socket"));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for (path, what) in [
            (dir.path(), "a folder"),
            (pipe.as_path(), "a pipe"),
            (socket.as_path(), "a socket"),
            (Path::new("/dev/null"), "a device"),
            (Path::new("/dev/zero"), "a device"),
        ] {
            let remedy = if what == "a pipe" { "; write it to a file first" } else { "" };
            let expected = format!("this is {what}, not a file{remedy}");
            assert_eq!(read(path, TEXT).unwrap_err().to_string(), expected);
            let message = beginning(path).unwrap_err().to_string();
            assert_eq!(message, format!("cannot read: {expected}: {}", path.display()));
        }
        assert_eq!(open(dir.path().join("none")).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
