//! The crate's error: what is wrong with which file, and what to do about it.

use std::path::{Path, PathBuf};

/// What is wrong with a file, and the remedy. Without the path: [`Error`] adds it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Reading failed in the operating system.
    #[error("cannot read: {0}{hint}", hint = read_hint(.0))]
    Read(std::io::Error),
    /// Writing failed in the operating system.
    #[error("cannot write: {0}{hint}", hint = write_hint(.0))]
    Write(std::io::Error),
    /// The file has no bytes at all.
    #[error("the file is empty (0 bytes), as an interrupted download leaves it; fetch it again")]
    Empty,
    /// The scan has a header but no vertices.
    #[error("the scan has no vertices; export it again, or leave it out of the split list")]
    NoVertices,
    /// Fewer bytes than the header promises.
    #[error("truncated: the header promises at least {need} bytes, there are {have}; fetch or export it again")]
    Truncated {
        /// Bytes needed at least.
        need: u64,
        /// Bytes there are.
        have: u64,
    },
    /// More bytes than the header describes.
    #[error(
        "{extra} bytes follow the data that the header describes: the file is damaged or its counts are wrong; fetch or export it again"
    )]
    Trailing {
        /// Bytes left over.
        extra: u64,
    },
    /// A coordinate is NaN or infinite.
    #[error("vertex {vertex} has a coordinate that is not finite ({value:e}); remove such vertices before export")]
    NotFinite {
        /// Index of the vertex.
        vertex: usize,
        /// The value found.
        value: f64,
    },
    /// A face names a vertex that does not exist.
    #[error("face {face} names vertex {index}, but there are {vertices} vertices; export the mesh again")]
    FaceIndex {
        /// Index of the face.
        face: usize,
        /// The vertex named.
        index: i64,
        /// How many vertices there are.
        vertices: usize,
    },
    /// A needed vertex property is missing.
    #[error("the vertices have no property '{0}'; export it with x, y and z")]
    MissingProperty(&'static str),
    /// Not a PLY file that can be read.
    #[error("not a readable PLY file: {0}; export it as binary little-endian PLY")]
    Ply(String),
    /// Not the JSON that ScanNet uses.
    #[error("not ScanNet's JSON for {kind}: {detail}; fetch the file again")]
    Json {
        /// Which file of a scan this should be.
        kind: &'static str,
        /// What the parser said, with line and column.
        detail: String,
    },
    /// A `key = value` file that cannot be used.
    #[error("line {line}: {detail}; fetch the file again")]
    Line {
        /// 1-based line.
        line: usize,
        /// What is wrong.
        detail: String,
    },
    /// The label table cannot be used.
    #[error(
        "not a ScanNet label table: {0}; use scannetv2-labels.combined.tsv (or v1's scannet-labels.combined.tsv) as downloaded"
    )]
    Table(String),
    /// Not an npy array that can be read here.
    #[error("not a usable .npy array: {0}; write it again with numpy.save")]
    Npy(String),
    /// Arrays of one scene disagree.
    #[error("{0}")]
    Mismatch(String),
    /// Something that should be there is not.
    #[error("{what} not found; {remedy}")]
    NotFound {
        /// What was looked for.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// A manifest that this version cannot use.
    #[error("{0}")]
    Manifest(String),
}

fn read_hint(e: &std::io::Error) -> &'static str {
    match e.kind() {
        std::io::ErrorKind::NotFound => "; check the path",
        std::io::ErrorKind::PermissionDenied => "; check the file's permissions",
        _ => "",
    }
}

fn write_hint(e: &std::io::Error) -> &'static str {
    match e.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            "; free some space or choose another folder, then run again"
        }
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            "; the folder is read-only for you, so choose another one or change its permissions"
        }
        std::io::ErrorKind::NotFound => "; create the folder first",
        _ => "",
    }
}

/// A [`Problem`] and the file or folder that has it; the path stands last in the message.
#[derive(Debug, thiserror::Error)]
#[error("{problem}: {}", path.display())]
pub struct Error {
    /// What is wrong.
    #[source]
    pub problem: Problem,
    /// Where.
    pub path: PathBuf,
}

/// Results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Problem {
    /// What is wrong and what to do about it, apart: the message's last clause is the remedy.
    pub fn what_and_remedy(&self) -> (String, String) {
        let message = self.to_string();
        match message.rsplit_once("; ") {
            Some((what, remedy)) => (what.to_owned(), remedy.to_owned()),
            None => (message, "look at the file".to_owned()),
        }
    }

    /// Puts the path to the problem.
    pub fn at(self, path: impl AsRef<Path>) -> Error {
        Error { problem: self, path: path.as_ref().to_path_buf() }
    }
}

/// Turns `io::Result` into this crate's, naming the path.
pub(crate) trait IoAt<T> {
    fn reading(self, path: &Path) -> Result<T>;
    fn writing(self, path: &Path) -> Result<T>;
}

impl<T> IoAt<T> for std::io::Result<T> {
    fn reading(self, path: &Path) -> Result<T> {
        self.map_err(|e| Problem::Read(e).at(path))
    }
    fn writing(self, path: &Path) -> Result<T> {
        self.map_err(|e| Problem::Write(e).at(path))
    }
}
