//! Updates of lists of tensors: the values of the CPU, and nothing that is shared changes.

use crate::support::{Random, devices, floats, values};
use burn::tensor::{Device, Tensor};
use pointtensor::{AdamStep, AdamTensors, adam_step, follow, scale, sum_of_squares};

/// Lengths of more tensors than a launch takes, one of them of more values than a launch has units.
const LENGTHS: [usize; 19] = [1, 140_001, 64, 8777, 3, 300, 32, 1, 1000, 256, 7, 70_001, 33, 5, 128, 2048, 21, 2, 999];

fn lists(r: &mut Random) -> Vec<Vec<f32>> {
    LENGTHS.map(|len| r.values(len)).into()
}

fn on(lists: &[Vec<f32>], device: &Device) -> Vec<Tensor<1>> {
    lists.iter().map(|values| floats(values, [values.len()], device)).collect()
}

fn each(tensors: Vec<Tensor<1>>) -> Vec<f32> {
    tensors.into_iter().flat_map(values).collect()
}

#[test]
fn adam_matches_the_cpu() {
    let mut r = Random::new(12);
    let [weights, gradients, moments_1, moments_2] = [(); 4].map(|()| lists(&mut r));
    for decay in [0.0, 0.01] {
        let step =
            AdamStep { beta_1: 0.9, beta_2: 0.999, correction: 0.4, epsilon: 1e-8, decay, shrink: 0.99, rate: 1e-2 };
        let updated = |device: &Device| {
            let moments_2 = on(&moments_2, device).into_iter().map(Tensor::abs).collect();
            let tensors = AdamTensors { weights: on(&weights, device), moments_1: on(&moments_1, device), moments_2 };
            // these must not change, although the tensors are updated in place
            let kept = tensors.clone();
            let AdamTensors { weights, moments_1, moments_2 } = adam_step(tensors, on(&gradients, device), step);
            let before = [kept.weights, kept.moments_1, kept.moments_2].map(each);
            ([weights, moments_1, moments_2].map(each), before)
        };
        let (cpu, before) = updated(&Device::flex());
        for device in devices() {
            let (found, found_before) = updated(&device);
            assert!(found_before == before, "a shared tensor changed on {device:?}");
            for (a, b) in found.iter().flatten().zip(cpu.iter().flatten()) {
                assert!((a - b).abs() <= 1e-6 * b.abs().max(1e-2), "{a} and {b} on {device:?}");
            }
        }
    }
}

#[test]
fn averages_and_lengths_match_the_cpu() {
    let mut r = Random::new(15);
    let [old, new] = [(); 2].map(|()| lists(&mut r));
    for tensors in [1, 19] {
        let (old, new) = (&old[19 - tensors..], &new[19 - tensors..]);
        let updated = |device: &Device| {
            let factor = floats(&[0.7], [1], device);
            let (old_on, new_on) = (on(old, device), on(new, device));
            let mut with_an_empty_one = new_on.clone();
            with_an_empty_one.push(Tensor::zeros([0], device));
            let lists = [
                follow(old_on.clone(), new_on.clone(), 0.9),
                scale(new_on.clone(), factor),
                vec![sum_of_squares(with_an_empty_one)],
            ];
            assert!(
                [old_on, new_on].map(each) == [old.concat(), new.concat()],
                "a shared tensor changed on {device:?}"
            );
            lists.map(each).concat()
        };
        let cpu = updated(&Device::flex());
        for device in devices() {
            for (a, b) in updated(&device).iter().zip(&cpu) {
                assert!((a - b).abs() <= 1e-5 * b.abs().max(1e-2), "{a} and {b} on {device:?}");
            }
        }
    }
}
