//! The values of a network as lists, for operations that update all of them at once.

use super::Path;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use std::collections::HashMap;

/// A parameter or running statistic of a network.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub id: ParamId,
    pub name: String,
    pub shape: Vec<usize>,
}

/// Values of parameters, each in row-major order and without a record of gradients.
pub(crate) type Values = Vec<Tensor<1>>;

/// Takes the values of the parameters that have a gradient out of a network, until they are given back, and returns them
/// and their gradients. There is no other copy of them then, so a GPU can change them in place.
pub(crate) fn take_learned<M: Module>(network: M, gradients: GradientsParams) -> (M, Vec<Parameter>, [Values; 2]) {
    let mut take = Take { gradients: Some(gradients), ..Take::default() };
    let network = network.map(&mut take);
    (network, take.taken, [take.values, take.taken_gradients])
}

/// Takes the values of all parameters and running statistics out of a network, as [`take_learned`] does.
pub(crate) fn take_all<M: Module>(network: M) -> (M, Vec<Parameter>, Values) {
    let mut take = Take::default();
    let network = network.map(&mut take);
    (network, take.taken, take.values)
}

/// Gives a network the values of the parameters that they were taken out of.
pub(crate) fn give<'a, M: Module>(
    network: M,
    parameters: impl IntoIterator<Item = &'a Parameter>,
    values: Values,
) -> M {
    let of = |(parameter, values): (&'a Parameter, _)| (parameter.id, (&parameter.shape[..], values));
    network.map(&mut Give(parameters.into_iter().zip(values).map(of).collect()))
}

/// All parameters and running statistics and their values, in the order in which they are taken. Nothing waits for a GPU.
pub(crate) fn all<M: Module>(network: &M) -> (Vec<Parameter>, Values) {
    let mut gather = Gather::default();
    // `valid` first brings the running statistics up to date
    network.valid().visit(&mut gather);
    (gather.parameters, gather.values)
}

fn flat<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    let len = tensor.shape().num_elements();
    tensor.inner().reshape([len])
}

#[derive(Default)]
struct Take {
    path: Path,
    /// If there are gradients, what has none of them stays.
    gradients: Option<GradientsParams>,
    taken: Vec<Parameter>,
    values: Values,
    taken_gradients: Values,
    /// Stands for what was taken.
    nothing: Option<Tensor<1>>,
}

impl Take {
    /// A tensor that shares its memory with all others of these.
    fn nothing<const D: usize>(&mut self, device: &Device) -> Tensor<D> {
        self.nothing.get_or_insert_with(|| Tensor::empty([1], device)).clone().reshape([1; D])
    }
}

impl ModuleMapper for Take {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.0.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.0.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if let Some(gradients) = &mut self.gradients {
            match gradients.remove::<D>(param.id) {
                Some(gradient) => self.taken_gradients.push(flat(gradient)),
                None => return param,
            }
        }
        let id = param.id;
        param.map(|tensor| {
            let nothing = self.nothing(&tensor.device()).set_require_grad(tensor.is_require_grad());
            self.taken.push(Parameter { id, name: self.path.name(), shape: tensor.dims().to_vec() });
            self.values.push(flat(tensor));
            nothing
        })
    }
}

struct Give<'a>(HashMap<ParamId, (&'a [usize], Tensor<1>)>);

impl ModuleMapper for Give<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some((shape, values)) = self.0.remove(&param.id) else { return param };
        let shape: [usize; D] = shape.try_into().expect("the shape that the parameter had");
        param.map(|nothing| {
            let values = values.reshape(shape);
            let values = if nothing.device().is_autodiff() { Tensor::from_inner(values) } else { values };
            values.set_require_grad(nothing.is_require_grad())
        })
    }
}

#[derive(Default)]
struct Gather {
    path: Path,
    parameters: Vec<Parameter>,
    values: Values,
}

impl ModuleVisitor for Gather {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.0.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.0.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        self.parameters.push(Parameter { id: param.id, name: self.path.name(), shape: tensor.dims().to_vec() });
        self.values.push(flat(tensor));
    }
}
