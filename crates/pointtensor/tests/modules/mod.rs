//! Parameters of modules by name, and comparisons, for the tests of crates with modules, which include this file.

use burn::module::{Flag, Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use std::collections::BTreeMap;

pub fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

pub fn vec<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// The largest difference relative to the largest value, or to `least` if that is larger; NaN if there is one.
pub fn difference(a: &[f32], b: &[f32], least: f32) -> f32 {
    assert_eq!(a.len(), b.len());
    let scale = b.iter().fold(least, |m, v| m.max(v.abs()));
    let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0f32, |m, d| if d <= m { m } else { d });
    worst / scale
}

struct Assign<F> {
    path: Vec<String>,
    value: F,
}

impl<F: FnMut(&str, &[usize]) -> Vec<f32>> ModuleMapper for Assign<F> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, old, _) = param.consume();
        let device = old.device();
        let new = tensor((self.value)(&self.path.join("."), &old.dims()), old.dims(), &device);
        Param::initialized(id, if device.is_autodiff() { new.require_grad() } else { new })
    }
}

/// Replaces all parameters and running statistics of a module by the values for their names and shapes.
pub fn assign<M: Module>(module: M, value: impl FnMut(&str, &[usize]) -> Vec<f32>) -> M {
    module.map(&mut Assign { path: Vec::new(), value })
}

struct Fixed;

impl ModuleMapper for Fixed {
    fn map_flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
        flag.with_value(false)
    }
}

/// Switches a module to evaluation mode; its parameters still get gradients.
pub fn fixed_statistics<M: Module>(module: M) -> M {
    module.map(&mut Fixed)
}

struct Collect<'a> {
    path: Vec<String>,
    gradients: Option<&'a Gradients>,
    running: bool,
    found: BTreeMap<String, Option<Vec<f32>>>,
}

impl ModuleVisitor for Collect<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.path.join(".");
        if name.contains("running") == self.running {
            let value = match self.gradients {
                Some(gradients) => param.val().grad(gradients).map(vec),
                None => Some(vec(param.val())),
            };
            self.found.insert(name, value);
        }
    }
}

fn collect<M: Module>(module: &M, gradients: Option<&Gradients>, running: bool) -> BTreeMap<String, Option<Vec<f32>>> {
    let mut collect = Collect { path: Vec::new(), gradients, running, found: BTreeMap::new() };
    module.visit(&mut collect);
    collect.found
}

/// The gradients of all parameters that have one, by name.
pub fn gradients<M: Module>(module: &M, gradients: &Gradients) -> BTreeMap<String, Option<Vec<f32>>> {
    collect(module, Some(gradients), false)
}

/// Running statistics by name.
pub fn statistics<M: Module>(module: &M) -> BTreeMap<String, Vec<f32>> {
    // on the inner device, because this updates the statistics
    collect(&module.valid(), None, true).into_iter().map(|(name, value)| (name, value.unwrap())).collect()
}
