//! Parameters by name, and numbers that look random.

use burn::module::{Flag, Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use latentgnn::{LatentGnn, LatentGnnConfig, LatentMode, NonLocal, NonLocalAffinity, NonLocalConfig};
use std::collections::BTreeMap;

pub const AFFINITIES: [NonLocalAffinity; 4] = [
    NonLocalAffinity::EmbeddedGaussian,
    NonLocalAffinity::Gaussian,
    NonLocalAffinity::DotProduct,
    NonLocalAffinity::Concatenation,
];

/// Numbers in −1..1 (the splitmix64 generator).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    pub fn values(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.next()).collect()
    }

    pub fn tensor<const D: usize>(&mut self, shape: [usize; D], device: &Device) -> Tensor<D> {
        tensor(self.values(shape.iter().product()), shape, device)
    }
}

pub fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

pub fn vec<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// Largest difference relative to the largest value.
pub fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let scale = b.iter().fold(1e-2f32, |m, v| m.max(v.abs()));
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

/// The module with all parameters and running statistics replaced by what `value` says for their names and shapes.
pub fn assign<M: Module>(module: M, value: impl FnMut(&str, &[usize]) -> Vec<f32>) -> M {
    module.map(&mut Assign { path: Vec::new(), value })
}

/// The module with random parameters and statistics, and so with a λ or γ that lets everything through.
pub fn randomised<M: Module>(module: M, seed: u64) -> M {
    let mut random = Random(seed);
    assign(module, |name, shape| {
        let values = random.values(shape.iter().product());
        let positive = ["gamma", "running_var", "lambda"].iter().any(|end| name.ends_with(end));
        values.into_iter().map(|value| if positive { 1.0 + 0.5 * value } else { value }).collect()
    })
}

struct Fixed;

impl ModuleMapper for Fixed {
    fn map_flag(&mut self, flag: Param<Flag>) -> Param<Flag> {
        flag.with_value(false)
    }
}

/// The module in evaluation mode, but with parameters that still get gradients.
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

/// Gradients of all parameters by name, where there is one.
pub fn gradients<M: Module>(module: &M, gradients: &Gradients) -> BTreeMap<String, Option<Vec<f32>>> {
    collect(module, Some(gradients), false)
}

/// Running statistics by name.
pub fn statistics<M: Module + Clone>(module: &M) -> BTreeMap<String, Vec<f32>> {
    // on the inner device, which brings the statistics up to date
    collect(&module.valid(), None, true).into_iter().map(|(name, value)| (name, value.unwrap())).collect()
}

/// LatentGNN blocks of every structure, with random weights.
pub fn latent_gnns(channels: usize, device: &Device) -> Vec<LatentGnn> {
    let modes = [LatentMode::Asymmetric, LatentMode::Symmetric];
    let structures = modes.into_iter().flat_map(|mode| [(mode, vec![5], false), (mode, vec![4, 6], true)]);
    structures
        .enumerate()
        .map(|(seed, (mode, latent_dims, graph_conv))| {
            let config = LatentGnnConfig::new(channels).with_channel_stride(2).with_latent_dims(latent_dims);
            randomised(config.with_mode(mode).with_graph_conv(graph_conv).init(device), seed as u64)
        })
        .collect()
}

/// Non-local blocks of every affinity, with random weights.
pub fn non_locals(channels: usize, sub_sample: usize, device: &Device) -> Vec<NonLocal> {
    let init = |(seed, &affinity)| {
        let config = NonLocalConfig::new(channels).with_affinity(affinity).with_sub_sample(sub_sample);
        randomised(config.init(device), seed as u64)
    };
    AFFINITIES.iter().enumerate().map(init).collect()
}

/// A block of either kind, for tests that hold for both.
pub trait Block: Module {
    fn apply(&self, x: Tensor<3>) -> Tensor<3>;
    fn apply_masked(&self, x: Tensor<3>, mask: Tensor<2>) -> Tensor<3>;
}

impl Block for LatentGnn {
    fn apply(&self, x: Tensor<3>) -> Tensor<3> {
        self.forward(x)
    }
    fn apply_masked(&self, x: Tensor<3>, mask: Tensor<2>) -> Tensor<3> {
        self.forward_masked(x, mask)
    }
}

impl Block for NonLocal {
    fn apply(&self, x: Tensor<3>) -> Tensor<3> {
        self.forward(x)
    }
    fn apply_masked(&self, x: Tensor<3>, mask: Tensor<2>) -> Tensor<3> {
        self.forward_masked(x, mask)
    }
}
