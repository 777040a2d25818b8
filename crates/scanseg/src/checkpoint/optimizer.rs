//! The state of an optimiser by name, in the format of burn's own optimisers.

use crate::optimizer::{Optimizer, State as OfParameter};
use crate::parameters::{Entry, Parameter};
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Tensors, numbers and parameter names. Names begin with the number of the parameter.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub tensors: BTreeMap<String, Entry>,
    pub scalars: BTreeMap<String, Scalar>,
    pub paths: BTreeMap<String, String>,
}

/// A whole number.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) enum Scalar {
    UInt(u64),
}

pub(super) fn take(optimizer: &Optimizer) -> State {
    let mut state = State::default();
    for (number, OfParameter { parameter, steps, means }) in optimizer.states() {
        state.paths.insert(number.to_string(), parameter.name.clone());
        state.scalars.insert(format!("{number}.__rank"), Scalar::UInt(parameter.shape.len() as u64));
        if optimizer.counts_steps() {
            state.scalars.insert(format!("{number}.momentum.time"), Scalar::UInt(*steps));
        }
        for (name, mean) in optimizer.means().iter().zip(means) {
            let values = mean.to_data().try_to_vec().expect("means are 32-bit floats");
            let entry = Entry { shape: parameter.shape.clone(), values };
            state.tensors.insert(format!("{number}.momentum.{name}"), entry);
        }
    }
    state
}

/// Gives an optimiser of the same kind its state, on a device. Else says what is wrong with it: it must be that of some of
/// the network's parameters.
pub(super) fn give(
    optimizer: Optimizer,
    state: &State,
    parameters: Vec<Parameter>,
    device: &Device,
) -> Result<Optimizer, String> {
    let parameters: BTreeMap<_, _> = parameters.into_iter().map(|own| (own.id.val().to_string(), own)).collect();
    let of_parameter = |(number, name): (&String, &String)| {
        let own = parameters.get(number).filter(|own| own.name == *name);
        let parameter = own.ok_or_else(|| format!("{name} is not the network's parameter {number}"))?.clone();
        let mean = |mean: &&str| {
            let of = format!("{number}.momentum.{mean}");
            let found = state.tensors.get(&of).filter(|found| found.shape == parameter.shape);
            let values = found.ok_or_else(|| format!("optimizer.{of} must have the shape of {name}"))?.values.clone();
            let len = values.len();
            Ok::<_, String>(Tensor::from_data(TensorData::new(values, [len]), device))
        };
        let means = optimizer.means().iter().map(mean).collect::<Result<_, _>>()?;
        let steps = match state.scalars.get(&format!("{number}.momentum.time")) {
            None if !optimizer.counts_steps() => 0,
            // Adam takes powers of this number
            Some(Scalar::UInt(steps)) if *steps < i32::MAX as u64 => *steps,
            _ => return Err(format!("the number of steps of {name} is missing or too large")),
        };
        Ok((parameter.id.val(), OfParameter { parameter, steps, means }))
    };
    let states = state.paths.iter().map(of_parameter).collect::<Result<BTreeMap<_, _>, String>>()?;
    match state.tensors.len() == states.len() * optimizer.means().len() {
        true => Ok(optimizer.with_states(states)),
        false => Err("it has values of the optimiser for parameters that it does not name".into()),
    }
}
