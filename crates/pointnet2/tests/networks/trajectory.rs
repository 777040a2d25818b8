//! Twenty steps of Adam from the same weights on the same batches, against PyTorch's losses.

use crate::support::{self, Config, Reference, shape, tensor};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use pointmodel::{Network, Prepared, SearchOn};
use pointtensor::functional::cross_entropy;

fn follow(name: &str, steps: usize, config: impl Config) {
    let reference = Reference::load(name);
    let device = Device::flex().autodiff();
    let batches = [0, 1].map(|batch| {
        let (coord, clouds) = reference.coord(&format!("step.{batch}.coord"));
        let labels = reference.integers(&format!("step.{batch}.labels"));
        let (weights, _) = reference.get(&format!("step.{batch}.weights"));
        let points = labels.len();
        (
            config.prepare(&coord, clouds, SearchOn::Host).unwrap().into_device(&device),
            reference.rows(&format!("step.{batch}.features"), &device),
            Tensor::<1, Int>::from_data(TensorData::new(labels, [points]), &device),
            tensor(weights, [points], &device),
        )
    });
    let mut network = reference.start(config.init(&shape(40), &device));
    let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
    let (losses, _) = reference.get("losses");
    let mut worst = 0f32;
    for (step, expected) in losses.into_iter().enumerate().take(steps) {
        let (pyramid, features, labels, weights) = batches[step % 2].clone();
        let loss = cross_entropy(network.forward(&pyramid, Some(features)), labels, weights);
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
    for (name, config) in [
        ("ssg", support::ssg()),
        ("ssg_group_all", support::ssg_group_all()),
        ("ssg_latentgnn1", support::ssg_latent_gnn_1()),
        ("ssg_latentgnn3", support::ssg_latent_gnn_3()),
        ("ssg_non_local", support::ssg_non_local()),
    ] {
        follow(name, 20, config);
    }
}

#[test]
fn multi_scale() {
    follow("msg", 20, support::msg());
}

#[test]
fn pointnet() {
    follow("pointnet", 20, support::pointnet(false));
    // The transforms come from batch normalisations over four rows, one for each cloud. In PyTorch with 64 bits, errors
    // of 1e-7 in the gradients change the losses of twenty steps by up to 4 %, for any seed; so with 32 bits no two
    // implementations agree for longer than the first steps.
    follow("pointnet_transforms", 5, support::pointnet(true));
}

#[test]
fn pointnext() {
    follow("pointnext_s", 20, support::pointnext_s());
    follow("pointnext_b", 20, support::pointnext_b());
}
