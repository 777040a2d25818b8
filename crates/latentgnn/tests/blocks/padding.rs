//! Clouds of different sizes in one batch.

use crate::support::{Block, Random, difference, latent_gnns, non_locals, statistics, tensor, vec};
use burn::tensor::{Device, Tensor};

const CHANNELS: usize = 8;
const POINTS: usize = 24;
/// Which points are real. The padding of the first cloud is at its end, that of the second is spread out.
const REAL: [fn(usize) -> bool; 2] = [|i| i < 17, |i| i % 3 != 0];

fn mask(device: &Device) -> Tensor<2> {
    let values = REAL.iter().flat_map(|real| (0..POINTS).map(move |i| f32::from(u8::from(real(i)))));
    tensor(values.collect(), [REAL.len(), POINTS], device)
}

/// Features that are `padding` where there is padding.
fn features(padding: f32, device: &Device) -> Tensor<3> {
    let mut values = Random(1).values(REAL.len() * POINTS * CHANNELS);
    for (place, value) in values.iter_mut().enumerate() {
        let (cloud, point) = (place / CHANNELS / POINTS, place / CHANNELS % POINTS);
        if !REAL[cloud](point) {
            *value = padding;
        }
    }
    tensor(values, [REAL.len(), POINTS, CHANNELS], device)
}

/// The real rows of a cloud.
fn real(values: &[f32], cloud: usize) -> Vec<f32> {
    let row = |point| &values[(cloud * POINTS + point) * CHANNELS..][..CHANNELS];
    (0..POINTS).filter(|&point| REAL[cloud](point)).flat_map(row).copied().collect()
}

fn all_real(values: &[f32]) -> Vec<f32> {
    (0..REAL.len()).flat_map(|cloud| real(values, cloud)).collect()
}

fn check_content<B: Block>(make: impl Fn(&Device) -> Vec<B>) {
    for device in [Device::flex(), Device::flex().autodiff()] {
        for (zeros, other) in make(&device).into_iter().zip(make(&device)) {
            let expected = all_real(&vec(zeros.apply_masked(features(0.0, &device), mask(&device))));
            for padding in [1e6, f32::NAN, f32::INFINITY] {
                let values = vec(other.apply_masked(features(padding, &device), mask(&device)));
                assert_eq!(all_real(&values), expected);
            }
        }
    }
}

#[test]
fn values_of_padding_change_no_bit() {
    check_content(|device| latent_gnns(CHANNELS, device));
    check_content(|device| non_locals(CHANNELS, 1, device));
    check_content(|device| non_locals(CHANNELS, 2, device));
}

#[test]
fn padding_keeps_its_values() {
    let device = Device::flex();
    for block in latent_gnns(CHANNELS, &device) {
        let values = vec(block.forward_masked(features(5.0, &device), mask(&device)));
        assert!(values[17 * CHANNELS..POINTS * CHANNELS].iter().all(|&value| value == 5.0));
    }
}

fn check_evaluation<B: Block>(blocks: Vec<B>, device: &Device) {
    let padded = features(3.0, device);
    for block in blocks {
        let values = vec(block.apply_masked(padded.clone(), mask(device)));
        for cloud in 0..REAL.len() {
            let alone = real(&vec(padded.clone()), cloud);
            let alone = tensor(alone.clone(), [1, alone.len() / CHANNELS, CHANNELS], device);
            assert!(difference(&real(&values, cloud), &vec(block.apply(alone))) < 1e-5);
        }
    }
}

#[test]
fn clouds_do_not_depend_on_the_batch_in_evaluation() {
    let device = Device::flex();
    check_evaluation(latent_gnns(CHANNELS, &device), &device);
    check_evaluation(non_locals(CHANNELS, 1, &device), &device);
}

/// Result of a forward pass in training, with or without padding, and the gradient with respect to `x`.
fn train<B: Block>(block: &B, x: Tensor<3>, upstream: Tensor<3>, mask: Option<Tensor<2>>) -> (Vec<f32>, Vec<f32>) {
    let x = x.require_grad();
    let y = match mask {
        Some(mask) => block.apply_masked(x.clone(), mask),
        None => block.apply(x.clone()),
    };
    let grads = (y.clone() * upstream).sum().backward();
    (vec(y), vec(x.grad(&grads).unwrap()))
}

fn check_training<B: Block>(make: impl Fn(&Device) -> Vec<B>) {
    let device = Device::flex().autodiff();
    for (one, other) in make(&device).into_iter().zip(make(&device)) {
        let x = features(3.0, &device).narrow(0, 0, 1);
        let upstream = Random(2).tensor([1, POINTS, CHANNELS], &device);
        let first = |x: &Tensor<3>| x.clone().slice([0..1, 0..17]);
        let plain = train(&one, first(&x), first(&upstream), None);
        let padded = train(&other, x, upstream.clone(), Some(mask(&device).narrow(0, 0, 1)));
        let real = 17 * CHANNELS;
        assert!(difference(&padded.0[..real], &plain.0) < 1e-5);
        assert!(difference(&padded.1[..real], &plain.1) < 1e-4);
        // only the gradient through the residual connection
        assert_eq!(padded.1[real..], vec(upstream)[real..]);
        for (name, value) in statistics(&other) {
            assert!(difference(&value, &statistics(&one)[&name]) < 1e-5, "{name}");
        }
    }
}

#[test]
fn padding_does_not_change_training() {
    check_training(|device| latent_gnns(CHANNELS, device));
    check_training(|device| non_locals(CHANNELS, 1, device));
}

fn check_extremes<B: Block>(blocks: Vec<B>, device: &Device) {
    let x = Random(3).tensor([2, POINTS, CHANNELS], device);
    for block in blocks {
        let none = block.apply_masked(x.clone(), Tensor::zeros([2, POINTS], device));
        assert_eq!(vec(none), vec(x.clone()));
        let all = block.apply_masked(x.clone(), Tensor::ones([2, POINTS], device));
        assert!(difference(&vec(all), &vec(block.apply(x.clone()))) < 1e-6);
        let second = Tensor::cat(vec![Tensor::zeros([1, POINTS], device), Tensor::ones([1, POINTS], device)], 0);
        let second = vec(block.apply_masked(x.clone(), second));
        assert_eq!(second[..POINTS * CHANNELS], vec(x.clone())[..POINTS * CHANNELS]);
        assert!(second.iter().all(|value| value.is_finite()));
    }
}

#[test]
fn clouds_may_have_no_padding_or_only_padding() {
    for device in [Device::flex(), Device::flex().autodiff()] {
        check_extremes(latent_gnns(CHANNELS, &device), &device);
        check_extremes(non_locals(CHANNELS, 2, &device), &device);
    }
}
