//! The crate's error: what is wrong with which file, and what to do about it.

use crate::mesh::MAX_COORDINATE;
use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What is wrong with a file. [`Problem::remedy`] says what to do about it; [`Error`] adds the path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The operating system could not read it.
    #[error("cannot read: {0}")]
    Read(io::Error),
    /// The operating system could not write it.
    #[error("cannot write: {0}")]
    Write(io::Error),
    /// Another process is writing into the folder. The text says which.
    #[error("{0} is writing into this folder")]
    Busy(String),
    /// The file has no bytes at all.
    #[error("the file is empty (0 bytes), as after an interrupted download")]
    Empty,
    /// The scan has a header but no vertices.
    #[error("the scan has no vertices")]
    NoVertices,
    /// There are fewer bytes than the header promises.
    #[error("truncated: the header promises at least {need} bytes, but there are {have}")]
    Truncated {
        /// Number of bytes needed at least.
        need: u64,
        /// Number of bytes present.
        have: u64,
    },
    /// The file ends before the last of its records.
    #[error(
        "truncated: the header promises {promised} records of '{element}', but the file ends in or before number {number}"
    )]
    EndsEarly {
        /// What the records are of, such as `vertex`.
        element: String,
        /// Number of the record, from 1.
        number: usize,
        /// How many there should be.
        promised: usize,
    },
    /// There are more bytes than the header describes.
    #[error("{extra} bytes follow the data that the header describes: the file is damaged or its counts are wrong")]
    Trailing {
        /// Number of bytes left over.
        extra: u64,
    },
    /// A coordinate is NaN or infinite.
    #[error("vertex {vertex} has a coordinate that is not finite ({value:e})")]
    NotFinite {
        /// Index of the vertex.
        vertex: usize,
        /// The value found.
        value: f64,
    },
    /// A face refers to a vertex that does not exist.
    #[error("face {face} refers to vertex {index}, but there are {vertices} vertices")]
    FaceIndex {
        /// Index of the face.
        face: usize,
        /// Index of the vertex it refers to.
        index: i64,
        /// Number of vertices.
        vertices: usize,
    },
    /// A required vertex property is missing.
    #[error("the vertices have no property '{0}'")]
    MissingProperty(&'static str),
    /// A coordinate of the vertices is missing.
    #[error("the vertices have no property '{name}', but {found}")]
    MissingCoordinate {
        /// Its name.
        name: &'static str,
        /// The properties that they have.
        found: String,
    },
    /// The file is not a PLY file that can be read.
    #[error("not a readable PLY file: {0}")]
    Ply(String),
    /// The file is of another format, or came broken.
    #[error("this is {what}, not a PLY file")]
    NotPly {
        /// What it is.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A coordinate is too large for 32-bit floats.
    #[error(
        "vertex {vertex} is at {coord:?}, where 32-bit floats are {:?} m apart; only {MAX_COORDINATE} m from the origin \
         are allowed",
        spacing(coord)
    )]
    TooFar {
        /// Index of the vertex.
        vertex: usize,
        /// Its position.
        coord: [f32; 3],
    },
    /// Colours have a range that no program writes.
    #[error("{0}")]
    Color(String),
    /// The file is not the JSON that ScanNet uses.
    #[error("not ScanNet's JSON for {kind}: {detail}")]
    Json {
        /// Which file of a scan this should be.
        kind: &'static str,
        /// What the parser said, with line and column.
        detail: String,
    },
    /// A line of a text file cannot be used.
    #[error("line {line}: {detail}")]
    Line {
        /// Line number, from 1.
        line: usize,
        /// What is wrong.
        detail: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The label table cannot be used.
    #[error("not a ScanNet label table: {0}")]
    Table(String),
    /// The file is not an npy array that can be read.
    #[error("not a usable .npy array: {0}")]
    Npy(String),
    /// A label is a real number that is no integer.
    #[error("row {row} is {value}, but labels are whole numbers from -2147483648 to 2147483647")]
    RealLabel {
        /// Row of the array, or index of the vertex.
        row: usize,
        /// The value found.
        value: f64,
    },
    /// Files, arrays or labels that belong together do not fit.
    #[error("{what}")]
    Mismatch {
        /// What does not fit.
        what: String,
        /// What to do.
        remedy: Cow<'static, str>,
    },
    /// Something that should exist does not.
    #[error("{what} not found")]
    NotFound {
        /// What was looked for.
        what: String,
        /// What to do.
        remedy: Cow<'static, str>,
    },
    /// The manifest cannot be used.
    #[error("{what}")]
    Manifest {
        /// What is wrong.
        what: String,
        /// What to do.
        remedy: Cow<'static, str>,
    },
}

impl Problem {
    pub(crate) fn mismatch(what: impl Into<String>, remedy: impl Into<Cow<'static, str>>) -> Self {
        Problem::Mismatch { what: what.into(), remedy: remedy.into() }
    }

    pub(crate) fn not_found(what: impl Into<String>, remedy: impl Into<Cow<'static, str>>) -> Self {
        Problem::NotFound { what: what.into(), remedy: remedy.into() }
    }

    pub(crate) fn manifest(what: impl Into<String>, remedy: impl Into<Cow<'static, str>>) -> Self {
        Problem::Manifest { what: what.into(), remedy: remedy.into() }
    }

    /// What to do about it; `None` for errors of the operating system that say all there is to say.
    pub fn remedy(&self) -> Option<Cow<'_, str>> {
        let remedy = match self {
            Problem::Read(e) => return read_remedy(e).map(Cow::from),
            Problem::Write(e) => return write_remedy(e).map(Cow::from),
            Problem::Busy(_) => "wait for it to end, or choose another folder",
            Problem::Empty => "fetch it again",
            Problem::NoVertices => "export it again, or leave it out",
            Problem::Truncated { .. } | Problem::EndsEarly { .. } | Problem::Trailing { .. } => {
                "fetch or export it again"
            }
            Problem::NotFinite { .. } => "remove such vertices before export",
            Problem::FaceIndex { .. } => "export the mesh again",
            Problem::NotPly { remedy, .. } => remedy,
            Problem::TooFar { .. } => {
                "remove such vertices before export; if all of them are so far away, subtract one offset from all, or \
                 export them as PLY with coordinates of 64 bits"
            }
            Problem::Color(_) => "write the colours as bytes from 0 to 255 (uchar)",
            Problem::MissingCoordinate { .. } => "name the coordinates x, y and z in its header",
            Problem::MissingProperty(_) => "export the mesh with this property",
            Problem::Ply(_) => "export it as binary little-endian PLY",
            Problem::Json { .. } => "fetch the file again",
            Problem::Line { remedy, .. } => remedy,
            Problem::Table(_) => {
                "use scannetv2-labels.combined.tsv (or v1's scannet-labels.combined.tsv) as downloaded"
            }
            Problem::RealLabel { .. } => {
                "write the labels as integers, with the number for 'no label' where there is none"
            }
            Problem::Npy(_) => "write it again with numpy.save",
            Problem::Mismatch { remedy, .. } | Problem::NotFound { remedy, .. } | Problem::Manifest { remedy, .. } => {
                remedy
            }
        };
        Some(Cow::from(remedy))
    }

    /// Adds the path to the problem.
    pub fn at(self, path: impl AsRef<Path>) -> Error {
        Error { problem: self, path: path.as_ref().to_path_buf() }
    }
}

/// Distance to the next number of the type, at the largest coordinate.
fn spacing(coord: &[f32; 3]) -> f32 {
    let largest = coord.iter().fold(0f32, |m, v| m.max(v.abs()));
    largest.next_up() - largest
}

fn read_remedy(e: &io::Error) -> Option<&'static str> {
    match e.kind() {
        io::ErrorKind::NotFound => Some("check the path"),
        io::ErrorKind::PermissionDenied => Some("check the file's permissions"),
        io::ErrorKind::FileTooLarge => Some("give the file that belongs here"),
        io::ErrorKind::NotADirectory => Some("check the path; if this is an archive, unpack it and give the folder"),
        _ => None,
    }
}

fn write_remedy(e: &io::Error) -> Option<&'static str> {
    match e.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some("free some space or choose another folder, then run again")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Some("you may not write to this folder, so choose another one or change its permissions")
        }
        io::ErrorKind::NotFound => Some("create the folder first"),
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            Some("a file is in the way; choose another path")
        }
        _ => None,
    }
}

/// A [`Problem`] and the file or folder that has it. The message is "problem; remedy: path".
#[derive(Debug, thiserror::Error)]
pub struct Error {
    /// What is wrong.
    pub problem: Problem,
    /// Where.
    pub path: PathBuf,
}

impl Error {
    /// Turns an error about a folder under its temporary name into one about the final folder, which is the one that
    /// users know.
    pub fn renamed(self, temporary: &Path, folder: &Path) -> Self {
        match self.path.strip_prefix(temporary) {
            Ok(file) if file.as_os_str().is_empty() => self.problem.at(folder),
            Ok(file) => self.problem.at(folder.join(file)),
            Err(_) => self,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.problem)?;
        self.problem.remedy().iter().try_for_each(|remedy| write!(f, "; {remedy}"))?;
        write!(f, ": {}", self.path.display())
    }
}

/// Results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Turns `io::Result` into this crate's, with the path.
pub(crate) trait IoAt<T> {
    fn reading(self, path: &Path) -> Result<T>;
    fn writing(self, path: &Path) -> Result<T>;
}

impl<T> IoAt<T> for io::Result<T> {
    fn reading(self, path: &Path) -> Result<T> {
        self.map_err(|e| Problem::Read(e).at(path))
    }
    fn writing(self, path: &Path) -> Result<T> {
        self.map_err(|e| Problem::Write(e).at(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_problem_remedy_and_path_once() {
        let error = Problem::Read(io::ErrorKind::NotFound.into()).at("a/b.ply");
        assert_eq!(error.to_string(), "cannot read: entity not found; check the path: a/b.ply");
        assert!(std::error::Error::source(&error).is_none());
        let error = Problem::Read(io::Error::other("x")).at("a");
        assert_eq!(error.to_string(), "cannot read: x: a");
    }
}
