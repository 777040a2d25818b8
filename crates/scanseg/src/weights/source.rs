//! Tensors of files that other programs wrote.

use super::WeightsError;
use crate::checkpoint::Entry;
use burn::tensor::{bf16, f16};
use pytorch_reader::{DType, PytorchError, PytorchReader};
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeMap;
use std::path::Path;

/// A tensor of a file: floats, or the name of the type if it is of others.
pub(super) type Read = Result<Entry, String>;

pub(super) fn bytes(file: &Path) -> Result<Vec<u8>, WeightsError> {
    std::fs::read(file).map_err(|source| WeightsError::Read { path: file.to_owned(), source })
}

/// All tensors of a file by name, dictionaries in dictionaries with dots between.
pub(super) fn read(file: &Path) -> Result<BTreeMap<String, Read>, WeightsError> {
    let damaged = |message| WeightsError::Damaged { path: file.to_owned(), message };
    if is_safetensors(file)? {
        return read_safetensors(&bytes(file)?).map_err(damaged);
    }
    let reader = PytorchReader::new(file).map_err(|error| match error {
        PytorchError::Io(source) if source.kind() == std::io::ErrorKind::NotFound => {
            WeightsError::Read { path: file.to_owned(), source }
        }
        error => damaged(error.to_string()),
    })?;
    let mut tensors = BTreeMap::new();
    for (name, tensor) in reader.into_tensors() {
        let bytes = tensor.read().map_err(|e| damaged(e.to_string()))?;
        let values = match tensor.dtype() {
            DType::F32 => Ok(floats(&bytes, f32::from_ne_bytes)),
            DType::F64 => Ok(floats(&bytes, |b| f64::from_ne_bytes(b) as f32)),
            DType::F16 => Ok(floats(&bytes, |b| f16::from_ne_bytes(b).to_f32())),
            DType::BF16 => Ok(floats(&bytes, |b| bf16::from_ne_bytes(b).to_f32())),
            other => Err(format!("{other:?}")),
        };
        tensors.insert(name, values.map(|values| Entry { shape: tensor.shape().to_vec(), values }));
    }
    Ok(tensors)
}

/// Whether a file begins with the length of a header and the header's brace.
fn is_safetensors(file: &Path) -> Result<bool, WeightsError> {
    use std::io::Read;
    let mut start = Vec::new();
    let read = std::fs::File::open(file).and_then(|f| f.take(9).read_to_end(&mut start));
    read.map_err(|source| WeightsError::Read { path: file.to_owned(), source })?;
    Ok(start.len() == 9 && start[8] == b'{' && start[6..8] == [0, 0])
}

fn read_safetensors(bytes: &[u8]) -> Result<BTreeMap<String, Read>, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
    let tensor = |(name, view): (&str, safetensors::tensor::TensorView)| {
        let values = match view.dtype() {
            Dtype::F32 => Ok(floats(view.data(), f32::from_le_bytes)),
            Dtype::F64 => Ok(floats(view.data(), |b| f64::from_le_bytes(b) as f32)),
            Dtype::F16 => Ok(floats(view.data(), |b| f16::from_le_bytes(b).to_f32())),
            Dtype::BF16 => Ok(floats(view.data(), |b| bf16::from_le_bytes(b).to_f32())),
            other => Err(format!("{other:?}")),
        };
        (name.to_owned(), values.map(|values| Entry { shape: view.shape().to_vec(), values }))
    };
    Ok(file.iter().map(tensor).collect())
}

fn floats<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.chunks_exact(N).map(|b| value(b.try_into().expect("chunks of this size"))).collect()
}
