//! Layers and networks against PyTorch: outputs, running statistics and all gradients, in training and evaluation mode,
//! for batches of 1 and 3 clouds with duplicated points. See `tests/reference/pointcnn_layers.py`.

use crate::support::{Reference, difference, fixed_statistics, gradients, shape, small, statistics, vec};
use burn::module::{Initializer, Module};
use burn::tensor::{Device, Tensor};
use pointcnn::{Dense, Neighbors, XConv, XConvConfig};
use pointmodel::{Network, NetworkConfig, Prepared, SearchOn};

/// Compares a case; `run` gets the module, the reference, the number of clouds and the features, if there are any.
fn compare<M: Module>(
    name: &str,
    with_features: bool,
    init: impl Fn(&Device) -> M,
    run: impl Fn(&M, &Reference, usize, Option<Tensor<2>>) -> Tensor<2>,
) {
    let reference = Reference::load(name);
    let (plain, device) = (Device::flex(), Device::flex().autodiff());
    let (mut worst, mut worst_gradient) = (0f32, 0f32);
    let mut close = |what: String, own: &[f32], of: &str, tolerance: f32| {
        let difference = difference(own, &reference.get(of).0);
        assert!(difference < tolerance, "{name} {what} differs by {difference}");
        let worst = if tolerance > 1e-4 { &mut worst_gradient } else { &mut worst };
        *worst = worst.max(difference);
    };
    for (mode, clouds) in [("train", 1), ("train", 3), ("eval", 1), ("eval", 3)] {
        let key = format!("{mode}.{clouds}");
        let feed = |device: &Device| with_features.then(|| reference.rows(&format!("{clouds}.features"), device));
        let module = reference.start(init(&device));
        let module = if mode == "eval" { fixed_statistics(module) } else { module };
        let features = feed(&device).map(Tensor::require_grad);
        let y = run(&module, &reference, clouds, features.clone());
        let grads = (y.clone() * reference.rows(&format!("{clouds}.upstream"), &device)).sum().backward();
        close(format!("{key} output"), &vec(y), &format!("{key}.output"), 1e-4);
        let own = gradients(&module, &grads).into_iter();
        let own: Vec<_> = own.chain(features.map(|x| ("features".to_string(), vec(x.grad(&grads).unwrap())))).collect();
        let largest = own.iter().flat_map(|(_, own)| own).fold(0f32, |m, v| m.max(v.abs()));
        for (of, own) in own {
            let of = format!("{key}.gradient.{of}");
            if reference.get(&of).0.iter().all(|value| value.abs() < 1e-9) {
                // exactly 0, like the gradient of a shift before a batch normalisation: ours is rounding noise
                assert!(own.iter().all(|v| v.abs() < 1e-4 * largest), "{name} {of} is not 0");
            } else {
                close(of.clone(), &own, &of, 1e-3);
            }
        }
        if mode == "train" {
            for (param, own) in statistics(&module) {
                let of = format!("{key}.after.{param}");
                close(of.clone(), &own, &of, 1e-4);
            }
        } else {
            // the same on a device without gradients, where layers compute differently
            let y = run(&reference.start(init(&plain)), &reference, clouds, feed(&plain));
            close(format!("{key} plain output"), &vec(y), &format!("{key}.output"), 1e-4);
        }
    }
    println!("{name}: {worst} {worst_gradient}");
}

fn x_conv(name: &str, config: XConvConfig, dilation: usize) {
    let run = |module: &XConv, reference: &Reference, clouds: usize, features: Option<Tensor<2>>| {
        let (coord, device) = (reference.coord(&format!("{clouds}.coord")), module.mix.val().device());
        let near = [config.neighbors, dilation];
        let neighbors = Neighbors::find(&coord, &coord, clouds, near, &device).unwrap();
        module.forward(&neighbors, features, None, clouds)
    };
    compare(name, config.features > 0, |device| config.init(device), run);
}

#[test]
fn dense_layer() {
    let init = |device: &Device| Dense::init(5, 7, &Initializer::XavierNormal { gain: 1.0 }, device);
    compare("dense", true, init, |dense, _, _, features| dense.forward(features.unwrap()));
}

#[test]
fn x_convolution() {
    x_conv("x_conv", XConvConfig::new(4, 5, 3, 2, 7), 2);
}

#[test]
fn x_convolution_with_more_neighbors_than_places() {
    x_conv("x_conv_few_places", XConvConfig::new(9, 0, 3, 3, 6), 4);
}

#[test]
fn networks() {
    for (name, in_channels) in [("network", 0), ("network_features", 2)] {
        let init = |device: &Device| small().init(&shape(40, in_channels), device);
        compare(name, in_channels > 0, init, |network, reference, clouds, features| {
            let coord = reference.coord(&format!("{clouds}.coord"));
            let device = network.classifier.weight.val().device();
            let batch = small().prepare(&coord, clouds, SearchOn::Host).unwrap().into_device(&device);
            network.forward(&batch, features)
        });
    }
}

#[test]
fn every_normalisation_has_the_momentum_that_was_set() {
    let device = Device::flex().autodiff();
    let reference = Reference::load("network_features");
    let batch = small().prepare(&reference.coord("3.coord"), 3, SearchOn::Host).unwrap();
    let batch = batch.into_device(&device);
    for (momentum, changed) in [(0.0, false), (0.5, true)] {
        let mut network = small().init(&shape(40, 2), &device);
        network.set_momentum(momentum);
        let before = statistics(&network);
        network.forward(&batch, Some(reference.rows("3.features", &device)));
        for ((name, before), (_, after)) in before.iter().zip(statistics(&network)) {
            assert_eq!(*before != after, changed, "{name}");
        }
    }
}
