//! One step of the optimisation.

use super::loss::{Truth, loss};
use crate::checkpoint::{Checkpoint, Snapshot};
use crate::config::{Config, Feature};
use crate::device::search_on;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::optimizer::Optimizer;
use crate::run::Run;
use crate::sampling::Batch;
use burn::tensor::{Device, Tensor};
use pointmodel::SearchOn;
use pointtensor::functional::count_correct;
use std::time::{Duration, Instant};

/// A network in training, with its optimiser.
pub(super) struct Learner {
    /// Taken out during a step.
    network: Option<Network>,
    optimizer: Optimizer,
    /// The moving average of the weights, if the configuration asks for one, on a device that records no gradients.
    average: Option<Network>,
    config: Config,
    /// Records gradients.
    device: Device,
}

/// The result of a step, on its device: reading it waits for the step.
pub(super) struct Measured(Tensor<1>);

/// The result of a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    pub loss: f64,
    /// Share of the annotated points of non-zero weight whose class was right.
    pub accuracy: Option<f64>,
}

/// Time of each part of a step. A GPU may still be at work when the calls return.
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
        Self::read_all(vec![self])[0]
    }

    /// Waits for several steps at once.
    pub fn read_all(steps: Vec<Self>) -> Vec<Outcome> {
        if steps.is_empty() {
            return Vec::new();
        }
        let values = Tensor::cat(steps.into_iter().map(|step| step.0).collect(), 0).into_data();
        let values: Vec<f32> = values.try_to_vec().expect("losses are 32-bit floats");
        let outcome = |values: &[f32]| {
            let &[loss, seen, right] = values else { unreachable!("a step measures three values") };
            Outcome { loss: loss as f64, accuracy: (seen > 0.0).then(|| right as f64 / seen as f64) }
        };
        values.chunks(3).map(outcome).collect()
    }
}

impl Learner {
    /// A network with initial weights and an optimiser without state; `device` is the one for inference.
    pub fn new(config: &Config, device: &Device) -> Self {
        let with_gradients = device.clone().autodiff();
        let network = Network::new(config, &with_gradients);
        // it starts at the same weights, which the seed gives, and shares no memory with them
        let average = (config.train.average > 0.0).then(|| Network::new(config, device));
        let optimizer = Optimizer::new(&config.train);
        Learner { network: Some(network), optimizer, average, config: config.clone(), device: with_gradients }
    }

    /// The network in training.
    pub fn network(&self) -> &Network {
        self.network.as_ref().expect("no step is running")
    }

    /// Replaces the network with one of the same configuration.
    pub fn set_network(&mut self, network: impl FnOnce(Network) -> Result<Network>) -> Result<()> {
        let own = self.network.take().expect("no step is running");
        self.network = Some(network(own)?);
        Ok(())
    }

    /// Takes the weights of another run's checkpoint; returns how many outputs have weights of their own, as the other run
    /// does not have their classes, and how many there are.
    ///
    /// # Errors
    /// If the network is another one, or its features do not begin with those of the other run.
    pub fn start_from(&mut self, run: &Run, checkpoint: &Checkpoint) -> Result<[usize; 2]> {
        let (own, other) = (self.config.data.clone(), &run.config.data);
        let differs = |what: String| Error::StartsFromOther { run: run.dir().to_owned(), what };
        let [kind, others] = [&self.config, &run.config].map(|config| config.model.kind());
        if kind != others {
            return Err(differs(format!("model.kind is {others}, not {kind}")));
        }
        let Some(added) = own.features.strip_prefix(&other.features[..]) else {
            let list = |features: &[Feature]| serde_json::to_string(features).expect("features have names");
            return Err(differs(format!(
                "data.features is {}, and {} does not begin with that",
                list(&other.features),
                list(&own.features)
            )));
        };
        let added: usize = added.iter().map(|feature| feature.channels()).sum();
        if own.level != other.level {
            return Err(differs(format!("data.level is {}, not {}", other.level, own.level)));
        }
        let (outputs, others) = (own.labels.outputs_in(&other.labels), other.labels.outputs());
        let cannot = |what: String| match added {
            0 => differs(what),
            _ => differs(format!("features cannot be added to it: {what}")),
        };
        let start = |network: Network| network.start_from(checkpoint.model(), &outputs, others, added).map_err(cannot);
        self.set_network(start)?;
        self.set_average(start)?;
        Ok([outputs.iter().filter(|from| from.is_none()).count(), outputs.len()])
    }

    /// Continues with the optimiser's state of a checkpoint, on a device.
    pub fn load_optimizer(&mut self, checkpoint: &Checkpoint, device: &Device) -> Result<()> {
        self.optimizer = checkpoint.load_optimizer(self.optimizer.clone(), self.network(), device)?;
        Ok(())
    }

    /// The state of the training.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::take(self.network(), self.average.as_ref(), &self.optimizer)
    }

    /// Replaces the moving average.
    pub fn set_average(&mut self, average: impl FnOnce(Network) -> Result<Network>) -> Result<()> {
        self.average = self.average.take().map(average).transpose()?;
        Ok(())
    }

    /// What the training has reached, for inference: the average, or else the network itself.
    pub fn result(&self) -> Network {
        self.average.as_ref().unwrap_or(self.network()).valid()
    }

    /// Runs step `number`, from 0, with a learning rate.
    ///
    /// On the CPU it runs as a task of the thread pool, so that its many small operations start at once instead of
    /// being handed to the pool and waited for one by one.
    pub fn step(&mut self, batch: Batch, rate: f64, number: u64) -> (Measured, Phases) {
        match search_on(&self.device) {
            SearchOn::Host => rayon::scope(|_| self.run(batch, rate, number)),
            // work that one thread gives to a GPU stays in one queue
            SearchOn::Device => self.run(batch, rate, number),
        }
    }

    /// How many threads make batches. Parts of making a batch are serial, so one thread does not keep all cores busy.
    pub fn makers(&self) -> usize {
        match search_on(&self.device) {
            SearchOn::Host => 1,
            SearchOn::Device => 3,
        }
    }

    /// How many steps to start before their results are read. A read waits for everything that the GPU was given before.
    /// Then it has nothing to do until the next step's first kernel, which takes the host several milliseconds.
    pub fn unread_steps(&self) -> usize {
        match search_on(&self.device) {
            SearchOn::Host => 1,
            SearchOn::Device => 16,
        }
    }

    /// Sets the momentum of the batch normalisations.
    pub fn set_momentum(&mut self, momentum: f64) {
        self.network.as_mut().expect("no step is running").set_momentum(momentum);
    }

    /// Forward, backward and update. Nothing waits for a GPU here, so that it can be given the next step before this
    /// one is done, except for the Lovász loss.
    fn run(&mut self, batch: Batch, rate: f64, number: u64) -> (Measured, Phases) {
        let network = self.network.take().expect("no step is running");
        let begin = Instant::now();
        let truth = Truth::of(&batch, &self.config.train);
        let (input, targets, weights) = batch.into_device(&self.device);
        let (logits, added) = network.forward_training(input.geometry.as_ref(), input.features);
        let first = usize::from(self.config.data.labels.unannotated_output());
        let correct = count_correct(logits.clone(), targets.clone(), weights.clone(), first);
        let loss = loss(logits, targets, weights, truth.as_ref(), &self.config.train);
        let loss = added.into_iter().fold(loss, |loss, added| loss + added);
        let measured = Measured(Tensor::cat(vec![loss.clone().inner(), correct], 0));
        let forward = begin.elapsed();
        let (network, backward) = network.update(&mut self.optimizer, loss, rate);
        if let Some(average) = self.average.take() {
            let so_far = (1.0 + number as f64) / (10.0 + number as f64);
            self.average = Some(average.follow(&network, so_far.min(self.config.train.average)));
        }
        self.network = Some(network);
        (measured, Phases { forward, backward, update: begin.elapsed() - forward - backward })
    }
}
