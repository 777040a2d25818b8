//! The parameters and running statistics of a network by name.

mod names;
mod taken;

pub(crate) use names::current_name;
pub(crate) use taken::{Parameter, all, give, take_learned};

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};
use std::collections::{BTreeMap, BTreeSet};
use taken::take_all;

/// A tensor of 32-bit floats.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

#[derive(Default)]
struct Path(Vec<String>);

impl Path {
    fn name(&self) -> String {
        self.0.join(".")
    }
}

/// All float parameters and running statistics.
pub(crate) fn collect<M: Module>(network: &M) -> BTreeMap<String, Entry> {
    let (parameters, values) = all(network);
    let entry = |(Parameter { name, shape, .. }, values): (Parameter, Tensor<1>)| {
        let values = values.into_data().try_to_vec().expect("parameters are 32-bit floats");
        (name, Entry { shape, values })
    };
    parameters.into_iter().zip(values).map(entry).collect()
}

struct Apply<'a> {
    path: Path,
    entries: &'a BTreeMap<String, Entry>,
    used: BTreeSet<String>,
    error: Option<String>,
}

impl ModuleMapper for Apply<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.0.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.0.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.name();
        let shape = param.val().dims();
        match self.entries.get(&name) {
            Some(entry) if entry.shape == shape => {
                self.used.insert(name);
                param.map(|tensor| {
                    // a GPU pads the rows of a matrix to a round length, and then every product copies it; it does not
                    // pad vectors
                    let data = TensorData::new(entry.values.clone(), [entry.values.len()]);
                    let values = Tensor::<1>::from_data(data, &tensor.device()).reshape(shape);
                    values.set_require_grad(tensor.is_require_grad())
                })
            }
            other => {
                let found = other.map_or("is missing".to_owned(), |e| format!("is {:?}", e.shape));
                self.error.get_or_insert(format!("{name} should be {shape:?} but {found}"));
                param
            }
        }
    }
}

/// Returns the network with these entries, or else the first difference in names or shapes.
pub(crate) fn apply<M: Module>(network: M, entries: &BTreeMap<String, Entry>) -> Result<M, String> {
    let mut apply = Apply { path: Path::default(), entries, used: BTreeSet::new(), error: None };
    let network = network.map(&mut apply);
    let left = entries.keys().find(|name| !apply.used.contains(*name)).map(|name| format!("{name} is left over"));
    match apply.error.or(left) {
        Some(error) => Err(error),
        None => Ok(network),
    }
}

/// Moves parameters and running statistics of a network towards those of `newest`: the old ones count `keep`, the new ones
/// the rest. Nothing waits for a GPU.
pub(crate) fn follow<M: Module>(average: M, newest: &M, keep: f64) -> M {
    let (average, parameters, values) = take_all(average);
    give(average, &parameters, pointtensor::follow(values, all(newest).1, keep))
}
