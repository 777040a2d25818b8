//! Tensors of files that other programs wrote, as floats.

use super::WeightsError;
use super::file::{self, FileError, Kind, Stored};
use crate::parameters::current_name;
use burn::tensor::{bf16, f16};
use std::collections::BTreeMap;
use std::path::Path;

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
        let kind = self.kind.clone().map_err(NoValues::OtherType)?;
        let bytes = self.bytes().map_err(NoValues::Damaged)?;
        Ok(match kind {
            Kind::F32 => floats(&bytes, f32::from_le_bytes),
            Kind::F64 => floats(&bytes, |b| f64::from_le_bytes(b) as f32),
            Kind::F16 => floats(&bytes, |b| f16::from_le_bytes(b).to_f32()),
            Kind::Bf16 => floats(&bytes, |b| bf16::from_le_bytes(b).to_f32()),
        })
    }
}

/// All tensors of a file by name; names in nested dictionaries are joined with dots, and names from earlier versions of
/// this program become the current ones.
pub(super) fn read(file: &Path) -> Result<BTreeMap<String, Stored>, WeightsError> {
    let tensors = file::read(file).map_err(|error| match error {
        FileError::Read(reason) => WeightsError::Read { path: file.to_owned(), reason },
        FileError::Damaged(message) => WeightsError::Damaged { path: file.to_owned(), message },
    })?;
    Ok(tensors.into_iter().map(|(name, stored)| (current_name(&name), stored)).collect())
}

fn floats<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.chunks_exact(N).map(|b| value(b.try_into().expect("chunks of this size"))).collect()
}
