//! Both blocks give PyTorch's outputs, running statistics and gradients. See `tests/reference/latentgnn_layers.py`.

use crate::support::{Block, assign, difference, fixed_statistics, gradients, statistics, tensor, vec};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use latentgnn::{Activation, LatentGnnConfig, NonLocalAffinity, NonLocalConfig};
use safetensors::SafeTensors;

const CHANNELS: usize = 8;
/// The mode and batch size of each run of most cases.
const ALL_RUNS: [(&str, usize); 4] = [("train", 1), ("train", 4), ("eval", 1), ("eval", 4)];
const FEW_RUNS: [(&str, usize); 2] = [("train", 4), ("eval", 1)];

pub struct Reference(Vec<u8>);

impl Reference {
    pub fn load(name: &str) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/reference/latentgnn");
        let path = format!("{folder}/{name}.safetensors");
        Reference(std::fs::read(&path).unwrap_or_else(|error| panic!("{error}: {path}")))
    }

    pub fn get(&self, name: &str) -> (Vec<f32>, Vec<usize>) {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let view = tensors.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let values = view.data().chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect();
        (values, view.shape().to_vec())
    }

    fn features(&self, name: &str, device: &Device) -> Tensor<3> {
        let (values, shape) = self.get(name);
        tensor(values, shape.try_into().unwrap(), device)
    }
}

fn close(what: &str, own: &[f32], reference: &[f32], tolerance: f32) {
    let difference = difference(own, reference);
    assert!(difference < tolerance, "{what} differs by {difference}");
}

/// Whether a parameter's exact gradient is 0, because it shifts the input of a batch normalisation or all inputs of a
/// softmax.
fn cancels(case: &str, mode: &str, param: &str) -> bool {
    param == "restore.bias" && mode == "train"
        || param == "phi.bias" && ["embedded_gaussian", "sub_sampled"].contains(&case)
}

fn compare<B: Block>(name: &str, init: impl Fn(&Device) -> B) {
    compare_runs(name, &ALL_RUNS, init);
}

fn compare_runs<B: Block>(name: &str, runs: &[(&str, usize)], init: impl Fn(&Device) -> B) {
    let reference = Reference::load(name);
    let device = Device::flex().autodiff();
    let load = |block: B| {
        assign(block, |param, shape| {
            let (values, its_shape) = reference.get(&format!("start.{param}"));
            assert_eq!(shape, its_shape, "shape of {param}");
            values
        })
    };
    for &(mode, batch) in runs {
        let key = format!("{mode}.{batch}");
        let block = load(init(&device));
        let block = if mode == "eval" { fixed_statistics(block) } else { block };
        let x = reference.features(&format!("{key}.input"), &device).require_grad();
        let y = block.apply(x.clone());
        let grads = (y.clone() * reference.features(&format!("{key}.upstream"), &device)).sum().backward();

        let (output, _) = reference.get(&format!("{key}.output"));
        close(&format!("{name} {key} output"), &vec(y), &output, 1e-4);
        let (gradient, _) = reference.get(&format!("{key}.gradient.input"));
        close(&format!("{name} {key} input"), &vec(x.grad(&grads).unwrap()), &gradient, 1e-3);
        for (param, own) in gradients(&block, &grads) {
            let (what, own) = (format!("{name} {key} {param}"), own.expect("a gradient"));
            let (gradient, _) = reference.get(&format!("{key}.gradient.{param}"));
            if cancels(name, mode, &param) {
                // rounding errors on both sides
                assert!(own.iter().chain(&gradient).all(|value| value.abs() < 1e-4), "{what}: {own:?}");
            } else {
                close(&what, &own, &gradient, 1e-3);
            }
        }
        if mode == "train" {
            for (param, own) in statistics(&block) {
                close(&format!("{name} {key} {param}"), &own, &reference.get(&format!("{key}.after.{param}")).0, 1e-4);
            }
        } else {
            // the same on a device without gradients, where the layers have other code
            let block = load(init(&Device::flex()));
            let x = reference.features(&format!("{key}.input"), &Device::flex());
            close(&format!("{name} {key} output without gradients"), &vec(block.apply(x)), &output, 1e-4);
        }
    }
}

fn latent_gnn(latent_dims: &[usize], symmetric: bool, graph_conv: bool) -> LatentGnnConfig {
    LatentGnnConfig::default()
        .with_channel_stride(2)
        .with_latent_dims(latent_dims.to_vec())
        .with_symmetric(symmetric)
        .with_graph_conv(graph_conv)
}

#[test]
fn asymmetric() {
    compare("asymmetric", |device| latent_gnn(&[5], false, false).init(CHANNELS, device));
}

#[test]
fn asymmetric_mixture_with_graph_convolution() {
    compare("asymmetric_mixture", |device| latent_gnn(&[5, 3], false, true).init(CHANNELS, device));
}

#[test]
fn symmetric() {
    compare("symmetric", |device| latent_gnn(&[5], true, false).init(CHANNELS, device));
}

#[test]
fn symmetric_mixture_with_graph_convolution() {
    compare("symmetric_mixture", |device| latent_gnn(&[4, 3, 6], true, true).init(CHANNELS, device));
}

#[test]
fn relu_of_the_sum_of_the_kernels() {
    let config = latent_gnn(&[5, 3], false, true).with_activation(Activation::Sum);
    compare_runs("relu_of_sum", &FEW_RUNS, |device| config.init(CHANNELS, device));
}

#[test]
fn without_residual() {
    let config = latent_gnn(&[5], true, false).with_residual(false);
    compare_runs("without_residual", &FEW_RUNS, |device| config.init(CHANNELS, device));
}

/// Reduced features that are about 1e-6 long before they are scaled to length 1.
#[test]
fn tiny_features() {
    compare_runs("tiny_features", &FEW_RUNS, |device| latent_gnn(&[5, 3], false, true).init(CHANNELS, device));
}

#[test]
fn non_local() {
    for (name, affinity) in [
        ("embedded_gaussian", NonLocalAffinity::EmbeddedGaussian),
        ("gaussian", NonLocalAffinity::Gaussian),
        ("dot_product", NonLocalAffinity::DotProduct),
        ("concatenation", NonLocalAffinity::Concatenation),
    ] {
        compare(name, |device| NonLocalConfig::default().with_affinity(affinity).init(CHANNELS, device));
    }
}

#[test]
fn non_local_with_fewer_keys() {
    compare("sub_sampled", |device| NonLocalConfig::default().with_sub_sample(5).init(CHANNELS, device));
}

#[test]
fn parameters_have_the_names_of_the_reference() {
    // `assign` above looks up every name in the reference; this checks the opposite direction
    let block = latent_gnn(&[5, 3], false, true).init(CHANNELS, &Device::flex());
    let mut names = Vec::new();
    let _ = assign(block.clone(), |name, shape| {
        names.push(format!("start.{name}"));
        vec![0.0; shape.iter().product()]
    });
    names.sort();
    let reference = Reference::load("asymmetric_mixture");
    let tensors = SafeTensors::deserialize(&reference.0).unwrap();
    let mut expected: Vec<_> = tensors.names().into_iter().filter(|name| name.starts_with("start.")).collect();
    expected.sort();
    assert_eq!(names, expected);
    assert_eq!(block.num_params() - block.learned_params(), 2 * (4 + 4 + 8 + 2 * (5 + 3 + 4)));
}
