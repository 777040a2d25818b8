//! Blocks with random weights, and random numbers.

#[path = "../../../pointtensor/tests/modules/mod.rs"]
mod modules;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use latentgnn::{Activation, LatentGnn, LatentGnnConfig, NonLocal, NonLocalAffinity, NonLocalConfig};
pub use modules::{assign, fixed_statistics, gradients, statistics, tensor, vec};

pub const AFFINITIES: [NonLocalAffinity; 4] = [
    NonLocalAffinity::EmbeddedGaussian,
    NonLocalAffinity::Gaussian,
    NonLocalAffinity::DotProduct,
    NonLocalAffinity::Concatenation,
];

/// Largest difference relative to the largest value.
pub fn difference(a: &[f32], b: &[f32]) -> f32 {
    modules::difference(a, b, 1e-2)
}

/// Random numbers in −1..1, from the splitmix64 generator.
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

/// The module with random parameters and running statistics. λ and γ are positive, so that the block is not the
/// identity.
pub fn randomised<M: Module>(module: M, seed: u64) -> M {
    let mut random = Random(seed);
    assign(module, |name, shape| {
        let values = random.values(shape.iter().product());
        let positive = ["gamma", "running_var", "lambda"].iter().any(|end| name.ends_with(end));
        values.into_iter().map(|value| if positive { 1.0 + 0.5 * value } else { value }).collect()
    })
}

/// LatentGNN blocks of all structures, with random weights.
pub fn latent_gnns(channels: usize, device: &Device) -> Vec<LatentGnn> {
    let structures =
        [false, true].into_iter().flat_map(|symmetric| [(symmetric, vec![5], false), (symmetric, vec![4, 6], true)]);
    let relu_of_sum = LatentGnnConfig::default().with_latent_dims(vec![4, 6]).with_graph_conv(true);
    let relu_of_sum = relu_of_sum.with_activation(Activation::Sum);
    let init = |seed: usize, config: LatentGnnConfig| {
        randomised(config.with_channel_stride(2).init(channels, device), seed as u64)
    };
    structures
        .enumerate()
        .map(|(seed, (symmetric, latent_dims, graph_conv))| {
            let config = LatentGnnConfig::default().with_latent_dims(latent_dims).with_symmetric(symmetric);
            init(seed, config.with_graph_conv(graph_conv))
        })
        .chain([init(4, relu_of_sum)])
        .collect()
}

/// Non-local blocks with all affinities, with random weights.
pub fn non_locals(channels: usize, sub_sample: usize, device: &Device) -> Vec<NonLocal> {
    let init = |(seed, &affinity)| {
        let config = NonLocalConfig::default().with_affinity(affinity).with_sub_sample(sub_sample);
        randomised(config.init(channels, device), seed as u64)
    };
    AFFINITIES.iter().enumerate().map(init).collect()
}

/// What the tests of both kinds of blocks call.
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
