//! The optimiser's state in an order that does not change from run to run.
//!
//! burn writes it in the order of a hash map; here its record is taken apart and sorted.

use super::CheckpointError;
use crate::parameters::Entry;
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::tensor::{Bytes, DType};
use burn_pack::{Reader, Scalar, Tensor, Writer};
use std::collections::BTreeMap;

/// Tensors, numbers and parameter paths by name.
#[derive(Default)]
pub(super) struct State {
    pub tensors: BTreeMap<String, Entry>,
    pub scalars: BTreeMap<String, Scalar>,
    pub paths: BTreeMap<String, String>,
}

fn failed(error: impl std::fmt::Display) -> CheckpointError {
    CheckpointError::Optimizer(error.to_string())
}

pub(super) fn take(optimizer: &ModuleOptimizer) -> Result<State, CheckpointError> {
    let reader = Reader::from_bytes(optimizer.into_bytes().map_err(failed)?).map_err(failed)?;
    let (scalars, paths) = (reader.scalars().clone(), reader.metadata().clone());
    let mut tensors = BTreeMap::new();
    for tensor in reader.into_tensors().map_err(failed)? {
        let (name, dtype, shape, _, bytes) = tensor.into_parts().map_err(failed)?;
        if dtype != DType::F32 {
            return Err(failed(format!("{name} holds {dtype:?}, not 32-bit floats")));
        }
        let values = bytes.chunks_exact(4).map(|b| f32::from_ne_bytes(b.try_into().expect("four bytes"))).collect();
        tensors.insert(name, Entry { shape: shape.to_vec(), values });
    }
    Ok(State { tensors, scalars, paths })
}

pub(super) fn give(optimizer: ModuleOptimizer, state: State) -> Result<ModuleOptimizer, CheckpointError> {
    let tensor = |(name, entry): (String, Entry)| {
        // names are "<parameter>.<field>"
        let parameter = name.split('.').next().and_then(|number| number.parse().ok());
        let bytes = Bytes::from_bytes_vec(bytemuck::cast_slice::<f32, u8>(&entry.values).to_vec());
        Tensor::new(name, DType::F32, entry.shape, parameter, bytes)
    };
    let mut writer = Writer::new(state.tensors.into_iter().map(tensor).collect());
    for (key, value) in &state.scalars {
        writer = writer.with_scalar(key, *value);
    }
    for (key, value) in &state.paths {
        writer = writer.with_metadata(key, value);
    }
    let record = OptimizerRecord::from_bytes(writer.into_bytes().map_err(failed)?).map_err(failed)?;
    Ok(optimizer.load_record(record))
}
