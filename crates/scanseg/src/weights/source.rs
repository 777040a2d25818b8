//! Tensors of files that other programs wrote.

use super::WeightsError;
use crate::parameters::current_name;
use burn::tensor::{bf16, f16};
use pytorch_reader::{DType, PytorchError, PytorchReader};
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeMap;
use std::path::Path;

/// A tensor of a file.
pub(super) struct Stored {
    pub shape: Vec<usize>,
    values: Values,
}

enum Values {
    Floats(Vec<f32>),
    /// Still in the file, which may claim more values than fit into memory.
    InFile(Box<pytorch_reader::Tensor>),
    /// The name of another type.
    Other(String),
}

/// Why there are no values.
pub(super) enum NoValues {
    /// They are of another type.
    OtherType(String),
    /// The file is damaged.
    Damaged(String),
}

impl Stored {
    /// The values, in the shape's order; look at the shape first, so as not to read what does not fit.
    pub fn read(self) -> Result<Vec<f32>, NoValues> {
        let tensor = match self.values {
            Values::Floats(values) => return Ok(values),
            Values::Other(name) => return Err(NoValues::OtherType(name)),
            Values::InFile(tensor) => tensor,
        };
        let bytes = || tensor.read().map_err(|e| NoValues::Damaged(e.to_string()));
        match tensor.dtype() {
            DType::F32 => Ok(floats(&bytes()?, f32::from_ne_bytes)),
            DType::F64 => Ok(floats(&bytes()?, |b| f64::from_ne_bytes(b) as f32)),
            DType::F16 => Ok(floats(&bytes()?, |b| f16::from_ne_bytes(b).to_f32())),
            DType::BF16 => Ok(floats(&bytes()?, |b| bf16::from_ne_bytes(b).to_f32())),
            other => Err(NoValues::OtherType(format!("{other:?}"))),
        }
    }
}

pub(super) fn bytes(file: &Path) -> Result<Vec<u8>, WeightsError> {
    std::fs::read(file).map_err(|reason| WeightsError::Read { path: file.to_owned(), reason })
}

/// All tensors of a file by name; names in nested dictionaries are joined with dots, and names from earlier versions of
/// this program become the current ones.
pub(super) fn read(file: &Path) -> Result<BTreeMap<String, Stored>, WeightsError> {
    let damaged = |message| WeightsError::Damaged { path: file.to_owned(), message };
    if is_safetensors(file)? {
        let tensors = read_safetensors(&bytes(file)?).map_err(damaged)?;
        return Ok(tensors.into_iter().map(|(name, stored)| (current_name(&name), stored)).collect());
    }
    let reader = PytorchReader::new(file).map_err(|error| match error {
        PytorchError::Io(reason) if reason.kind() == std::io::ErrorKind::NotFound => {
            WeightsError::Read { path: file.to_owned(), reason }
        }
        error => damaged(error.to_string()),
    })?;
    let stored = |(name, tensor): (String, pytorch_reader::Tensor)| {
        let shape = tensor.shape().to_vec();
        (name, Stored { shape, values: Values::InFile(Box::new(tensor)) })
    };
    Ok(reader.into_tensors().into_iter().map(stored).collect())
}

/// Whether a file begins with the length of a header and the header's opening brace.
fn is_safetensors(file: &Path) -> Result<bool, WeightsError> {
    use std::io::Read;
    let mut start = Vec::new();
    let read = std::fs::File::open(file).and_then(|f| f.take(9).read_to_end(&mut start));
    read.map_err(|reason| WeightsError::Read { path: file.to_owned(), reason })?;
    Ok(start.len() == 9 && start[8] == b'{' && start[6..8] == [0, 0])
}

fn read_safetensors(bytes: &[u8]) -> Result<BTreeMap<String, Stored>, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
    let tensor = |(name, view): (&str, safetensors::tensor::TensorView)| {
        let values = match view.dtype() {
            Dtype::F32 => Values::Floats(floats(view.data(), f32::from_le_bytes)),
            Dtype::F64 => Values::Floats(floats(view.data(), |b| f64::from_le_bytes(b) as f32)),
            Dtype::F16 => Values::Floats(floats(view.data(), |b| f16::from_le_bytes(b).to_f32())),
            Dtype::BF16 => Values::Floats(floats(view.data(), |b| bf16::from_le_bytes(b).to_f32())),
            other => Values::Other(format!("{other:?}")),
        };
        (name.to_owned(), Stored { shape: view.shape().to_vec(), values })
    };
    Ok(file.iter().map(tensor).collect())
}

fn floats<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.chunks_exact(N).map(|b| value(b.try_into().expect("chunks of this size"))).collect()
}
