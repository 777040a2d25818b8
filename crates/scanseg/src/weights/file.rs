//! What a file of weights holds: names, types and shapes of its tensors, whose values are read later.
//!
//! A file of kilobytes must not make gigabytes, so what these formats promise is checked before their readers see it:
//! the length of a safetensors header, and the number of instructions of a pickle. PyTorch writes zips without
//! compression, so a compressed one is refused. This module knows nothing of tensors and is also fuzzed.

use pytorch_reader::{DType, PytorchError, PytorchReader};
use safetensors::Dtype;
use safetensors::tensor::Metadata;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use zip::{CompressionMethod, ZipArchive};

/// Most bytes of a safetensors header: enough for 40,000 tensors.
const MOST_HEADER: u64 = 4 << 20;

/// Most instructions of a pickle, each of which may make an object of 100 bytes: enough for 5,000 tensors.
const MOST_INSTRUCTIONS: usize = 200_000;

/// Most bytes of a pickle.
const MOST_PICKLE: u64 = 16 << 20;

/// The number that the legacy format of `torch.save` begins with.
const LEGACY: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// Pickles of a legacy file before its values: number, version, system, state dict, keys.
const LEGACY_PICKLES: usize = 5;

/// Why a file has no tensors.
#[derive(Debug)]
pub(crate) enum FileError {
    /// It cannot be read.
    Read(Error),
    /// It is damaged, or something else.
    Damaged(String),
}

impl From<Error> for FileError {
    fn from(error: Error) -> Self {
        FileError::Read(error)
    }
}

/// How a tensor's values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    F64,
    F32,
    F16,
    Bf16,
}

/// A tensor of a file.
pub(crate) struct Stored {
    pub shape: Vec<usize>,
    /// The type of the values; the name of another type if they are no floats.
    pub kind: Result<Kind, String>,
    place: Place,
}

/// Where the values are.
enum Place {
    Pytorch(Box<pytorch_reader::Tensor>),
    /// Offset and number of bytes.
    Safetensors(Arc<File>, u64, u64),
}

impl Stored {
    /// The bytes of the values, in the shape's order, each little-endian; look at the shape first, so as not to read
    /// what does not fit.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, String> {
        match &self.place {
            Place::Pytorch(tensor) if cfg!(target_endian = "little") => tensor.read().map_err(|e| e.to_string()),
            Place::Pytorch(_) => Err("PyTorch files are read on little-endian machines only".into()),
            Place::Safetensors(file, start, length) => section(file, *start, *length).map_err(|e| e.to_string()),
        }
    }
}

/// All tensors of a file by name; names in nested dictionaries are joined with dots.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<String, Stored>, FileError> {
    let (mut file, length) = scannet::source::open(path)?;
    let mut start = Vec::new();
    (&mut file).take(512).read_to_end(&mut start)?;
    file.rewind()?;
    if let Some(header) = safetensors_header(&start) {
        return safetensors(file, length, header);
    }
    if start.starts_with(b"PK") && !start.starts_with(b"PK\x05\x06") {
        check_zip(file)?;
    } else if start[..start.len().min(64)].windows(LEGACY.len()).any(|bytes| bytes == LEGACY) {
        let mut reader = BufReader::new(file).take(MOST_PICKLE);
        let mut left = MOST_INSTRUCTIONS;
        (0..LEGACY_PICKLES).try_for_each(|_| skim(&mut reader, &mut left))?;
    } else {
        let message = match scannet::broken(&start) {
            Some(found) => format!("this is {}; {}", found.what, found.remedy),
            None if length == 0 => "the file is empty".into(),
            None => "it is neither safetensors nor what torch.save writes".into(),
        };
        return Err(FileError::Damaged(message));
    }
    let reader = PytorchReader::new(path).map_err(|error| match error {
        PytorchError::Io(error) if error.kind() != ErrorKind::UnexpectedEof => FileError::Read(error),
        error => FileError::Damaged(error.to_string()),
    })?;
    Ok(reader.into_tensors().into_iter().map(|(name, tensor)| (name, of_pytorch(tensor))).collect())
}

fn of_pytorch(tensor: pytorch_reader::Tensor) -> Stored {
    let kind = match tensor.dtype() {
        DType::F64 => Ok(Kind::F64),
        DType::F32 => Ok(Kind::F32),
        DType::F16 => Ok(Kind::F16),
        DType::BF16 => Ok(Kind::Bf16),
        other => Err(format!("{other:?}")),
    };
    Stored { shape: tensor.shape().to_vec(), kind, place: Place::Pytorch(Box::new(tensor)) }
}

/// The length of the header, if a file begins with such a length and the header's opening brace.
fn safetensors_header(start: &[u8]) -> Option<u64> {
    let (length, rest) = start.split_first_chunk()?;
    (rest.first() == Some(&b'{') && length[6..] == [0, 0]).then(|| u64::from_le_bytes(*length))
}

/// The bytes of a safetensors file, if its header is right.
pub(crate) fn checked_safetensors(path: &Path) -> Result<Vec<u8>, FileError> {
    let (_, length) = scannet::source::open(path)?;
    safetensors_metadata(path)?;
    Ok(scannet::source::read(path, length)?)
}

/// The header of a safetensors file, if it is right and the file has all tensors.
pub(crate) fn safetensors_metadata(path: &Path) -> Result<Metadata, FileError> {
    let (mut file, length) = scannet::source::open(path)?;
    let mut start = Vec::new();
    (&mut file).take(9).read_to_end(&mut start)?;
    let header = safetensors_header(&start).ok_or_else(|| FileError::Damaged("it is no safetensors file".into()))?;
    metadata(&mut file, length, header)
}

/// The header of a file of this length, which begins with the header's length.
fn metadata(file: &mut File, length: u64, header: u64) -> Result<Metadata, FileError> {
    if header > MOST_HEADER || header > length.saturating_sub(8) {
        return Err(FileError::Damaged(format!("its header claims {header} bytes")));
    }
    let text = section(file, 8, header)?;
    let metadata: Metadata =
        serde_json::from_slice(&text).map_err(|e| FileError::Damaged(format!("its header: {e}")))?;
    let (data, rest) = (metadata.data_len() as u64, length - 8 - header);
    if data != rest {
        return Err(FileError::Damaged(format!("its tensors have {data} bytes, but {rest} follow the header")));
    }
    Ok(metadata)
}

fn safetensors(mut file: File, length: u64, header: u64) -> Result<BTreeMap<String, Stored>, FileError> {
    let (metadata, first) = (metadata(&mut file, length, header)?, 8 + header);
    let file = Arc::new(file);
    let stored = |(name, info): (String, &safetensors::tensor::TensorInfo)| {
        let kind = match info.dtype {
            Dtype::F64 => Ok(Kind::F64),
            Dtype::F32 => Ok(Kind::F32),
            Dtype::F16 => Ok(Kind::F16),
            Dtype::BF16 => Ok(Kind::Bf16),
            other => Err(format!("{other:?}")),
        };
        let (start, end) = info.data_offsets;
        let place = Place::Safetensors(file.clone(), first + start as u64, (end - start) as u64);
        (name, Stored { shape: info.shape.clone(), kind, place })
    };
    Ok(metadata.tensors().into_iter().map(stored).collect())
}

fn section(mut file: &File, start: u64, length: u64) -> std::io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

/// Refuses a zip that is compressed, or whose pickle has too many instructions.
fn check_zip(file: File) -> Result<(), FileError> {
    let damaged = |e: zip::result::ZipError| FileError::Damaged(e.to_string());
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    for index in 0..zip.len() {
        let entry = zip.by_index_raw(index).map_err(damaged)?;
        let name = entry.name().map_err(damaged)?.into_owned();
        if entry.compression() != CompressionMethod::Stored || entry.compressed_size() != entry.size() {
            let message = format!("{name} in it is compressed, which torch.save never does");
            return Err(FileError::Damaged(message));
        }
        if name.ends_with("data.pkl") {
            let mut left = MOST_INSTRUCTIONS;
            skim(&mut BufReader::new(entry).take(MOST_PICKLE), &mut left)?;
        }
    }
    Ok(())
}

/// Passes over one pickle, up to its end, and counts its instructions down.
///
/// See <https://github.com/python/cpython/blob/main/Lib/pickletools.py> for the instructions and their arguments.
fn skim(pickle: &mut impl BufRead, left: &mut usize) -> Result<(), FileError> {
    let cut = || FileError::Damaged("its pickle ends too early, or is too long".into());
    loop {
        *left = left
            .checked_sub(1)
            .ok_or_else(|| FileError::Damaged(format!("its pickle has more than {MOST_INSTRUCTIONS} instructions")))?;
        let [instruction] = bytes(pickle).ok_or_else(cut)?;
        let skip = match instruction {
            b'.' => return Ok(()),
            b'K' | b'h' | b'q' | 0x80 | 0x82 => 1,
            b'M' | 0x83 => 2,
            b'J' | b'j' | b'r' | 0x84 => 4,
            b'G' | 0x95 => 8,
            // a length and as many bytes
            b'U' | b'C' | 0x8a | 0x8c => bytes::<1>(pickle).ok_or_else(cut)?[0].into(),
            b'T' | b'X' | b'B' | 0x8b => u32::from_le_bytes(bytes(pickle).ok_or_else(cut)?).into(),
            0x8d | 0x8e | 0x96 => u64::from_le_bytes(bytes(pickle).ok_or_else(cut)?),
            b'I' | b'L' | b'F' | b'S' | b'V' | b'g' | b'p' | b'P' => line(pickle).ok_or_else(cut)?,
            // two lines
            b'c' | b'i' => line(pickle).and_then(|_| line(pickle)).ok_or_else(cut)?,
            _ => 0,
        };
        if std::io::copy(&mut pickle.take(skip), &mut std::io::sink())? < skip {
            return Err(cut());
        }
    }
}

/// The next bytes, unless there are fewer.
fn bytes<const N: usize>(pickle: &mut impl BufRead) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    pickle.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// Passes over a line, which leaves nothing to skip.
fn line(pickle: &mut impl BufRead) -> Option<u64> {
    let length = pickle.skip_until(b'\n').ok()?;
    (length > 0).then_some(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    fn message(bytes: &[u8]) -> String {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        match read(file.path()).err().expect("refused") {
            FileError::Damaged(message) => message,
            FileError::Read(error) => panic!("{error}"),
        }
    }

    fn zip_of(pickle: &[u8]) -> Vec<u8> {
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file("archive/data.pkl", options).unwrap();
        zip.write_all(pickle).unwrap();
        zip.finish().unwrap().into_inner()
    }

    fn legacy(pickle: &[u8]) -> Vec<u8> {
        let magic = [&b"\x80\x02\x8a\x0a"[..], &LEGACY, b"."].concat();
        [&magic[..], b"\x80\x02M\xe9\x03.", b"\x80\x02}.", pickle, b"\x80\x02]."].concat()
    }

    #[test]
    fn pickles_with_too_many_instructions_are_refused() {
        for instruction in
            [&b"N"[..], b"(", b"]", b"}", b"K\x01", b"2", b"I1\n", b"cx\ny\n", b"C\x02ab", b"X\x01\0\0\0a"]
        {
            let many = [b"\x80\x02(N", &instruction.repeat(MOST_INSTRUCTIONS)[..], b"l."].concat();
            for bytes in [zip_of(&many), legacy(&many)] {
                assert_eq!(message(&bytes), "its pickle has more than 200000 instructions");
            }
        }
    }

    #[test]
    fn pickles_that_end_early_or_claim_too_much_are_refused() {
        for pickle in [
            &b""[..],
            b"\x80",
            b"\x80\x02(",
            b"X\xff\xff\xff\xff.",
            b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
            b"\x96\xff\xff\xff\xff\0\0\0\0.",
            b"cmodule",
            b"T\x05\0\0\0ab.",
        ] {
            for bytes in [zip_of(pickle), legacy(pickle)[..legacy(pickle).len() - 4].to_vec()] {
                assert_eq!(message(&bytes), "its pickle ends too early, or is too long", "{pickle:?}");
            }
        }
    }

    #[test]
    fn headers_that_claim_too_much_are_refused() {
        for length in [5u64, 9, MOST_HEADER + 1, 1 << 40] {
            let bytes = [&length.to_le_bytes()[..], b"{}"].concat();
            let text = message(&bytes);
            assert_eq!(text, format!("its header claims {length} bytes"));
        }
        let huge = br#"{"a":{"dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]}}"#;
        let text = message(&[&(huge.len() as u64).to_le_bytes()[..], huge].concat());
        assert_eq!(text, "its tensors have 4398046511104 bytes, but 0 follow the header");
    }

    #[test]
    fn other_files_are_named() {
        for (bytes, what) in [
            (&b""[..], "the file is empty"),
            (b"version https://git-lfs.github.com/spec/v1\n", "this is a Git LFS pointer"),
            (b"<!DOCTYPE html>", "this is a web page"),
            (b"\x80\x02}.", "it is neither safetensors nor what torch.save writes"),
        ] {
            assert!(message(bytes).starts_with(what), "{}", message(bytes));
        }
    }
}
