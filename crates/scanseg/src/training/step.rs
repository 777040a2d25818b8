//! One step of the optimisation.

use crate::CLASSES;
use crate::config::Config;
use crate::network::Network;
use crate::sampling::Batch;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Device;
use pointtensor::functional::cross_entropy;
use std::time::{Duration, Instant};

/// What a step gives.
pub(super) struct Stepped {
    pub network: Network,
    pub loss: f64,
    /// Share of the annotated points with a weight that were right.
    pub accuracy: Option<f64>,
    pub phases: Phases,
}

/// Time of each part of a step.
#[derive(Debug, Clone, Copy)]
pub struct Phases {
    /// Batch to the device, network, loss and accuracy.
    pub forward: Duration,
    /// Gradients.
    pub backward: Duration,
    /// Update of the weights.
    pub update: Duration,
}

impl Phases {
    /// Time of the step.
    pub fn total(&self) -> Duration {
        self.forward + self.backward + self.update
    }
}

/// Forward, backward and update.
pub(super) fn step(
    network: Network,
    optimizer: &mut ModuleOptimizer,
    batch: &Batch,
    config: &Config,
    rate: f64,
    device: &Device,
) -> Stepped {
    let begin = Instant::now();
    let on_device = batch.to_device(device);
    let (logits, added) = network.forward_training(config, &on_device.pyramid, on_device.features);
    let loss = cross_entropy(logits.clone(), on_device.labels, on_device.weights);
    let loss = added.into_iter().fold(loss, |loss, added| loss + added);
    let value = loss.clone().into_scalar::<f32>() as f64;
    let scores: Vec<f32> = logits.inner().into_data().try_to_vec().expect("scores are 32-bit floats");
    let accuracy = accuracy(&scores, &batch.labels, &batch.weights);
    let forward = begin.elapsed();
    let gradients = GradientsParams::from_grads(loss.backward(), &network);
    let backward = begin.elapsed() - forward;
    let network = optimizer.step(rate, network, gradients);
    let phases = Phases { forward, backward, update: begin.elapsed() - forward - backward };
    Stepped { network, loss: value, accuracy, phases }
}

fn accuracy(scores: &[f32], labels: &[i32], weights: &[f32]) -> Option<f64> {
    let (mut seen, mut right) = (0u64, 0u64);
    for ((scores, &label), &weight) in scores.chunks_exact(CLASSES).zip(labels).zip(weights) {
        if label > 0 && weight > 0.0 {
            seen += 1;
            right += (crate::inference::best_class(scores, 0) == label) as u64;
        }
    }
    (seen > 0).then(|| right as f64 / seen as f64)
}
