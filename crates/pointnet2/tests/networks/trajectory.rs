//! Twenty steps of Adam from the same weights on the same batches, against PyTorch's losses.

use crate::support::{self, Network, Reference, tensor};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use pointnet2::{Pyramid, PyramidSpec};
use pointtensor::functional::cross_entropy;

fn follow<N: Network>(name: &str, spec: PyramidSpec, init: impl Fn(&Device) -> N) {
    follow_steps(name, 20, spec, init);
}

fn follow_steps<N: Network>(name: &str, steps: usize, spec: PyramidSpec, init: impl Fn(&Device) -> N) {
    let reference = Reference::load(name);
    let device = Device::flex().autodiff();
    let batches = [0, 1].map(|batch| {
        let (coord, clouds) = reference.coord(&format!("step.{batch}.coord"));
        let labels = reference.integers(&format!("step.{batch}.labels"));
        let (weights, _) = reference.get(&format!("step.{batch}.weights"));
        let points = labels.len();
        (
            Pyramid::build(&coord, clouds, &spec).unwrap().to_device(&device),
            reference.rows(&format!("step.{batch}.features"), &device),
            Tensor::<1, Int>::from_data(TensorData::new(labels, [points]), &device),
            tensor(weights, [points], &device),
        )
    });
    let mut network = reference.start(init(&device));
    let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
    let (losses, _) = reference.get("losses");
    let mut worst = 0f32;
    for (step, expected) in losses.into_iter().enumerate().take(steps) {
        let (pyramid, features, labels, weights) = batches[step % 2].clone();
        let loss = cross_entropy(network.scores(&pyramid, Some(features)), labels, weights);
        let value: f32 = loss.clone().into_scalar();
        worst = worst.max((value - expected).abs() / expected);
        assert!((value - expected).abs() < 1e-3 * expected, "{name} step {step}: {value} instead of {expected}");
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(1e-3, network, gradients);
    }
    println!("{name}: losses differ by at most {worst:e}");
}

#[test]
fn single_scale() {
    let configs = [
        ("ssg", support::ssg()),
        ("ssg_group_all", support::ssg_group_all()),
        ("ssg_latentgnn1", support::ssg_latent_gnn_1()),
        ("ssg_latentgnn3", support::ssg_latent_gnn_3()),
        ("ssg_non_local", support::ssg_non_local()),
    ];
    for (name, config) in configs {
        follow(name, config.pyramid(), |device| config.init(device));
    }
}

#[test]
fn multi_scale() {
    let config = support::msg();
    follow("msg", config.pyramid(), |device| config.init(device));
}

#[test]
fn pointnet() {
    // The transforms come from batch normalisations over four rows, one a cloud. In PyTorch with 64 bits, gradients that are off by 1e-7 move
    // the losses of twenty steps by up to 4 %, for any seed: with 32 bits no two implementations agree for longer than the first steps.
    for (name, transforms, steps) in [("pointnet", false, 20), ("pointnet_transforms", true, 5)] {
        let config = support::pointnet(transforms);
        follow_steps(name, steps, config.pyramid(), |device| config.init(device));
    }
}
