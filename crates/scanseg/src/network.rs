//! A network of any kind.

use crate::architecture::{AnyNetwork, Architecture};
use crate::config::Config;
use crate::device::{is_cpu, search_on};
use crate::optimizer::Optimizer;
use crate::parameters::{Entry, Parameter};
use crate::random::{Purpose, generator};
use burn::tensor::{Device, Tensor};
use pointmodel::{BoxError, Summary};
use pointtensor::functional::matrix;
use rand::RngExt;
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A network of any kind that a configuration can name.
pub struct Network {
    network: Box<dyn AnyNetwork>,
    architecture: Architecture,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("architecture", &self.architecture).finish_non_exhaustive()
    }
}

impl Network {
    /// Builds the network of a configuration, with initial weights drawn from its seed: the same on every device.
    pub fn new(config: &Config, device: &Device) -> Self {
        // burn's generator belongs to the whole process: networks that two threads make would take each other's draws
        static DRAWING: Mutex<()> = Mutex::new(());
        let drawn = |device: &Device| {
            let _alone = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
            device.seed(generator(config.seed, Purpose::Weights, &[]).random());
            config.model.architecture().init(&config.shape(), device)
        };
        let network = if is_cpu(device) {
            drawn(device)
        } else {
            // every device has a generator of its own, so the CPU's draws for all of them
            let weights = drawn(&Device::flex().autodiff()).weights();
            drawn(device).with_weights(&weights).expect("two networks of one configuration have the same parameters")
        };
        Network { network, architecture: config.model.architecture().clone() }
    }

    /// Scores every point of `clouds` point sets of equal size for every output, `[clouds · points · outputs]`.
    ///
    /// # Shapes
    /// - `coord`: `[clouds · points]`, in metres
    /// - `features`: `[clouds · points · channels]`, `None` without features
    ///
    /// # Errors
    /// If the clouds do not fit the configuration.
    pub fn scores(
        &self,
        coord: &[[f32; 3]],
        features: Option<&[f32]>,
        clouds: usize,
        device: &Device,
    ) -> Result<Vec<f32>, BoxError> {
        let geometry = self.architecture.prepare(coord, clouds, search_on(device))?;
        let geometry = geometry.into_device(device);
        let features = features.map(|f| matrix(f.to_vec(), f.len() / coord.len().max(1), device));
        let scores = self.forward(geometry.as_ref(), features).into_data();
        Ok(scores.try_to_vec().expect("scores are 32-bit floats"))
    }

    /// What every layer learns, computes and returns for one cloud of `points` points.
    pub fn summary(&self, points: usize) -> Summary {
        self.network.summary(points)
    }

    /// Number of learned parameters: weights and biases, not running statistics.
    pub fn learned_parameters(&self) -> usize {
        self.network.learned_parameters()
    }

    /// Logits of every point, `[clouds · points, outputs]`.
    pub(crate) fn forward(&self, geometry: &dyn Any, features: Option<Tensor<2>>) -> Tensor<2> {
        self.network.forward(geometry, features)
    }

    /// Scores of every point of a whole scene, see [`pointmodel::SceneScorer`]; `None` if the network takes clouds only.
    pub(crate) fn score_scene(
        &self,
        coord: &[[f32; 3]],
        device: &Device,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Option<Vec<f32>> {
        self.architecture.score_scene(self.network.as_ref(), coord, device, progress)
    }

    /// [`Self::forward`], and what the network itself adds to the loss, `[1]`.
    pub(crate) fn forward_training(
        &self,
        geometry: &dyn Any,
        features: Option<Tensor<2>>,
    ) -> (Tensor<2>, Option<Tensor<1>>) {
        self.network.forward_training(geometry, features)
    }

    /// Updates the weights, see [`AnyNetwork::update`]; also returns how long the gradients took.
    pub(crate) fn update(self, optimizer: &mut Optimizer, loss: Tensor<1>, rate: f64) -> (Self, Duration) {
        let (network, backward) = self.network.update(optimizer, loss, rate);
        (Network { network, ..self }, backward)
    }

    /// Moves weights and running statistics towards those of another network of this configuration: the old ones count
    /// `keep`, the new ones the rest.
    pub(crate) fn follow(self, newest: &Network, keep: f64) -> Self {
        Network { network: self.network.follow(newest.network.as_ref(), keep), ..self }
    }

    /// The network for inference: without gradients, using its running statistics.
    pub(crate) fn valid(&self) -> Self {
        Network { network: self.network.valid(), architecture: self.architecture.clone() }
    }

    /// Parameters and running statistics by name.
    pub(crate) fn weights(&self) -> BTreeMap<String, Entry> {
        self.network.weights()
    }

    /// Parameters and running statistics, without their values.
    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        self.network.parameters()
    }

    /// The network with other weights, or else the first difference in names or shapes.
    pub(crate) fn with_weights(self, weights: &BTreeMap<String, Entry>) -> Result<Self, String> {
        Ok(Network { network: self.network.with_weights(weights)?, ..self })
    }

    /// The network with the weights and statistics of another one. Its last `added` channels of features, which the other
    /// one lacks, get weights of zero. Else the first difference in names or shapes.
    ///
    /// - `outputs`: for each output that of the other network whose weights it takes; others keep their own
    /// - `others`: number of the other network's outputs
    pub(crate) fn start_from(
        self,
        weights: &BTreeMap<String, Entry>,
        outputs: &[Option<usize>],
        others: usize,
        added: usize,
    ) -> Result<Self, String> {
        let mut weights = weights.clone();
        let own = self.weights();
        if added > 0 {
            // Features are the last rows of the weights that they go into. (PointCNN has other layers without features.)
            for (name, own) in &own {
                let Some(other) = weights.get_mut(name) else { continue };
                if own.shape[0] == other.shape[0] + added && own.shape[1..] == other.shape[1..] {
                    other.shape[0] += added;
                    other.values.resize(own.values.len(), 0.0);
                }
            }
        }
        for (name, mut own) in own.into_iter().filter(|(name, _)| name.starts_with("classifier.")) {
            // outputs are its last dimension, those of a height after those of the one below
            let mut rows = weights.get(&name).map_or([].chunks_exact(1), |other| other.values.chunks_exact(others));
            for (own, other) in own.values.chunks_exact_mut(outputs.len()).zip(&mut rows) {
                own.iter_mut().zip(outputs).for_each(|(own, from)| *own = from.map_or(*own, |from| other[from]));
            }
            weights.insert(name, own);
        }
        self.with_weights(&weights)
    }

    /// Sets the weight of the newest batch in the running statistics of all normalisations.
    pub(crate) fn set_momentum(&mut self, momentum: f64) {
        self.network.set_momentum(momentum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::KINDS;

    #[test]
    fn outputs_of_the_same_classes_are_those_of_the_start() {
        const POINTS: usize = 2048;
        let device = Device::flex();
        let mut rng = generator(1, Purpose::Order, &[]);
        let coord: Vec<[f32; 3]> = (0..POINTS).map(|_| std::array::from_fn(|_| rng.random_range(-1.0..1.0))).collect();
        for kind in KINDS {
            let config = |labels: &str, seed: u64| {
                let crop = if kind.name == "voxelcnn" { "crop.size = 0.048\ncrop.margin = 0.72" } else { "" };
                let text = format!(
                    "seed = {seed}\ndata.features = []\ndata.labels = \"{labels}\"\ncrop.points = {POINTS}\n{crop}\n\
                     model.kind = \"{}\"",
                    kind.name
                );
                Config::parse(&text, std::path::Path::new("test.toml"), &[]).unwrap()
            };
            let (start, own) = (config("pointnet-v1", 1), config("scannet200", 2));
            let outputs = own.data.labels.outputs_in(&start.data.labels);
            let shared = outputs.iter().flatten().count();
            assert!((10..20).contains(&shared), "{shared}");
            let start = Network::new(&start, &device);
            let own = Network::new(&own, &device).start_from(&start.weights(), &outputs, 21, 0).unwrap();
            let scores = |network: Network| network.valid().scores(&coord, None, 1, &device).unwrap();
            let (before, after) = (scores(start), scores(own));
            for (before, after) in before.chunks_exact(21).zip(after.chunks_exact(200)) {
                for (from, after) in outputs.iter().zip(after).filter_map(|(from, after)| Some(((*from)?, after))) {
                    assert!((before[from] - after).abs() <= 1e-5 * after.abs().max(1.0), "{}", kind.name);
                }
            }
        }
    }

    #[test]
    fn features_that_a_start_lacks_change_nothing_at_first() {
        const POINTS: usize = 2048;
        let device = Device::flex();
        let mut rng = generator(1, Purpose::Order, &[]);
        let mut values = |n: usize| -> Vec<f32> { (0..n).map(|_| rng.random_range(-1.0..1.0)).collect() };
        let coord: Vec<[f32; 3]> = values(3 * POINTS).chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
        let features = values(4 * POINTS);
        let heights: Vec<f32> = features.iter().copied().step_by(4).collect();
        for kind in KINDS.iter().filter(|kind| kind.name != "voxelcnn") {
            let config = |features: &str, seed: u64| {
                let text = format!(
                    "seed = {seed}\ndata.features = {features}\ncrop.points = {POINTS}\nmodel.kind = \"{}\"",
                    kind.name
                );
                Config::parse(&text, std::path::Path::new("test.toml"), &[]).unwrap()
            };
            let wider = || Network::new(&config("[\"height\", \"color\"]", 2), &device);
            for (own, heights) in [("[\"height\"]", Some(&heights[..])), ("[]", None)] {
                let start = Network::new(&config(own, 1), &device);
                let outputs: Vec<_> = (0..21).map(Some).collect();
                let wider = wider().start_from(&start.weights(), &outputs, 21, if heights.is_some() { 3 } else { 4 });
                if (kind.name, heights) == ("pointcnn", None) {
                    assert!(wider.unwrap_err().contains("is missing"));
                    continue;
                }
                let before = start.valid().scores(&coord, heights, 1, &device).unwrap();
                let after = wider.unwrap().valid().scores(&coord, Some(&features), 1, &device).unwrap();
                let apart = before.iter().zip(&after).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                let most = before.iter().fold(0.0f32, |most, score| most.max(score.abs()));
                assert!(apart <= 1e-5 * most.max(1.0), "{} {own}: {apart} of {most}", kind.name);
            }
        }
    }
}
