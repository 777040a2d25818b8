//! One step of the optimisation.

use crate::config::Config;
use crate::network::Network;
use crate::sampling::{Batch, Geometry};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor};
use pointtensor::functional::cross_entropy;
use pointtensor::score::annotated_and_right;
use std::time::{Duration, Instant};

/// What a step gives, on its device: reading it waits for the step.
pub(super) struct Measured(Tensor<1>);

/// What a step gave.
pub(super) struct Outcome {
    pub loss: f64,
    /// Share of the annotated points with a weight that were right.
    pub accuracy: Option<f64>,
}

/// Time of each part of a step, of the calls: a GPU may still be at work when they return.
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

impl Measured {
    /// Waits for the step.
    pub fn read(self) -> Outcome {
        let values: Vec<f32> = self.0.into_data().try_to_vec().expect("losses are 32-bit floats");
        let [loss, seen, right] = values[..] else { unreachable!("three values were put there") };
        Outcome { loss: loss as f64, accuracy: (seen > 0.0).then(|| right as f64 / seen as f64) }
    }
}

/// [`run`] where it is fastest: on the CPU as a task of the thread pool, so that the many small operations of a step start at once instead of
/// being handed to the pool one by one and waited for.
pub(super) fn step(
    network: Network,
    optimizer: &mut ModuleOptimizer,
    batch: &Batch,
    config: &Config,
    rate: f64,
    device: &Device,
) -> (Network, Measured, Phases) {
    match Geometry::of(device) {
        Geometry::Host => rayon::scope(|_| run(network, optimizer, batch, config, rate, device)),
        // work that is given to a GPU by one thread stays in one queue
        Geometry::Device => run(network, optimizer, batch, config, rate, device),
    }
}

/// Forward, backward and update. Nothing waits for a GPU here, so that the next step can be given to it before this one is done.
fn run(
    network: Network,
    optimizer: &mut ModuleOptimizer,
    batch: &Batch,
    config: &Config,
    rate: f64,
    device: &Device,
) -> (Network, Measured, Phases) {
    let begin = Instant::now();
    let on_device = batch.to_device(device);
    let pyramid = on_device.pyramid.computing_with(config.train.precision.dtype());
    let (logits, added) = network.forward_training(config, &pyramid, on_device.features);
    let hits = annotated_and_right(logits.clone(), on_device.labels.clone(), on_device.weights.clone());
    let loss = cross_entropy(logits, on_device.labels, on_device.weights);
    let loss = added.into_iter().fold(loss, |loss, added| loss + added);
    let measured = Measured(Tensor::cat(vec![loss.clone().inner(), hits], 0));
    let scale = config.train.precision.loss_scale();
    let loss = if scale == 1.0 { loss } else { loss * scale };
    let forward = begin.elapsed();
    let gradients = GradientsParams::from_grads(loss.backward(), &network);
    let backward = begin.elapsed() - forward;
    let network = optimizer.step(rate, network, gradients);
    let phases = Phases { forward, backward, update: begin.elapsed() - forward - backward };
    (network, measured, phases)
}
