//! The bytes of a file, memory-mapped if possible.

use crate::error::{IoAt, Problem, Result};
use std::fs::File;
use std::ops::Deref;
use std::path::Path;

/// More bytes than the mesh of any scan has.
const LARGEST_SCAN: u64 = 1 << 30;

/// More bytes than any text file of a data set has: lists, tables, manifests.
pub(crate) const LARGEST_TEXT: u64 = 64 << 20;

/// Reads a text file of at most `most` bytes. Whatever lies there (a pipe, a sparse file of gigabytes), this does not
/// wait, and does not read more.
pub(crate) fn read_text(path: &Path, most: u64) -> Result<Vec<u8>> {
    use std::io::Read;
    let meta = std::fs::metadata(path).reading(path)?;
    if !meta.is_file() {
        let what = if meta.is_dir() { "this is a folder, not a file" } else { "this is not a regular file" };
        return Err(Problem::Read(std::io::Error::other(what)).at(path));
    }
    let mut bytes = Vec::new();
    if meta.len() <= most {
        File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes)).reading(path)?;
    }
    if meta.len() > most || bytes.len() as u64 > most {
        let what = format!("it has {} MB, but such a file has at most {}", meta.len() >> 20, most >> 20);
        return Err(Problem::mismatch(what, "check what it is, and fetch it again").at(path));
    }
    Ok(bytes)
}

/// The bytes of an open file.
pub(crate) enum Source {
    Mapped(memmap2::Mmap),
    Read(Vec<u8>),
}

impl Source {
    /// Opens a non-empty file to read all of it.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        // Page faults would take longer than reading the file at once. But the header of a file that is too large for a
        // scan is checked before the rest is read.
        Self::map(path, |bytes| bytes <= LARGEST_SCAN)
    }

    /// Opens a non-empty file to read a little at its start.
    pub(crate) fn open_header(path: &Path) -> Result<Self> {
        Self::map(path, |_| false)
    }

    fn map(path: &Path, all_at_once: impl Fn(u64) -> bool) -> Result<Self> {
        let file = File::open(path).reading(path)?;
        let meta = file.metadata().reading(path)?;
        if meta.is_dir() {
            return Err(Problem::Read(std::io::Error::other("this is a folder, not a file")).at(path));
        }
        if meta.is_file() && meta.len() == 0 {
            return Err(Problem::Empty.at(path));
        }
        let mut options = memmap2::MmapOptions::new();
        if all_at_once(meta.len()) {
            options.populate();
        }
        // SAFETY: the map is read-only and private to this process. If another process truncates the file while it is
        // mapped, this one ends with a bus error; data sets are not rewritten while they are read.
        match unsafe { options.map(&file) } {
            Ok(map) => Ok(Source::Mapped(map)),
            // Some network and overlay file systems, and pipes, cannot be mapped.
            Err(_) => Ok(Source::Read(std::fs::read(path).reading(path)?)),
        }
    }
}

impl Deref for Source {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Source::Mapped(m) => m,
            Source::Read(v) => v,
        }
    }
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
