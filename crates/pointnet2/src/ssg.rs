//! The single-scale segmentation network.

use crate::feature_propagation::{FeaturePropagation, FeaturePropagationConfig};
use crate::pyramid::{LevelSpec, PointPyramid, PyramidSpec};
use crate::set_abstraction::{SetAbstraction, SetAbstractionConfig};
use burn::config::Config;
use burn::module::{Initializer, Module};
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use pointtensor::layer::{SharedMlp, SharedMlpConfig};

/// One set abstraction level.
#[derive(Config, Debug, PartialEq)]
pub struct LevelConfig {
    /// Points kept.
    pub points: usize,
    /// Radius of a group in metres.
    pub radius: f32,
    /// Members of a group.
    pub neighbors: usize,
    /// Channels of the shared perceptron's layers.
    pub channels: Vec<usize>,
}

/// Configuration of [`PointNet2Ssg`].
#[derive(Config, Debug)]
pub struct PointNet2SsgConfig {
    /// Channels of the input features beside the coordinates; 0 for coordinates alone.
    pub in_channels: usize,
    /// Number of classes.
    pub classes: usize,
    /// Set abstraction levels, from the finest.
    pub levels: Vec<LevelConfig>,
    /// Channels of the feature propagation perceptrons, from the coarsest level.
    pub propagation: Vec<Vec<usize>>,
    /// Channels of the head's hidden layer.
    #[config(default = 128)]
    pub head: usize,
    /// Probability that a value of the head's hidden layer is dropped in training.
    #[config(default = 0.5)]
    pub dropout: f64,
    /// Weight of the newest batch in the running statistics.
    #[config(default = 0.1)]
    pub momentum: f64,
}

impl PointNet2SsgConfig {
    /// The network that the authors trained on ScanNet, on coordinates alone and for 8192 points.
    pub fn scannet(classes: usize) -> Self {
        let level = |points, radius, channels: [usize; 3]| LevelConfig::new(points, radius, 32, channels.to_vec());
        PointNet2SsgConfig::new(
            0,
            classes,
            vec![
                level(1024, 0.1, [32, 32, 64]),
                level(256, 0.2, [64, 64, 128]),
                level(64, 0.4, [128, 128, 256]),
                level(16, 0.8, [256, 256, 512]),
            ],
            vec![vec![256, 256], vec![256, 256], vec![256, 128], vec![128, 128, 128]],
        )
    }

    /// The same with other numbers of points, from the finest level.
    pub fn with_points(mut self, points: impl IntoIterator<Item = usize>) -> Self {
        for (level, points) in self.levels.iter_mut().zip(points) {
            level.points = points;
        }
        self
    }

    /// The geometry that the network wants of its input.
    pub fn pyramid(&self) -> PyramidSpec {
        let level = |l: &LevelConfig| LevelSpec { points: l.points, radius: l.radius, neighbors: l.neighbors };
        PyramidSpec { levels: self.levels.iter().map(level).collect() }
    }

    /// Initialises the weights from the device's random generator.
    ///
    /// # Panics
    /// If there are no levels, a perceptron has no layers, or there are not as many propagations as levels.
    pub fn init(&self, device: &Device) -> PointNet2Ssg {
        assert!(!self.levels.is_empty(), "a PointNet++ network has at least one level");
        assert_eq!(self.levels.len(), self.propagation.len(), "as many propagations as levels");
        // channels of every level's features, from the input's
        let mut channels = vec![self.in_channels];
        let mut abstractions = Vec::new();
        for level in &self.levels {
            let config = SetAbstractionConfig::new(channels[channels.len() - 1], level.channels.clone());
            abstractions.push(config.with_momentum(self.momentum).init(device));
            channels.push(*level.channels.last().expect("a perceptron has at least one layer"));
        }
        let mut coarse = channels[self.levels.len()];
        let mut propagations = Vec::new();
        for (step, layers) in self.propagation.iter().enumerate() {
            let fine = self.levels.len() - 1 - step;
            // the authors' network does not show the input features to the last propagation
            let skip = if fine == 0 { 0 } else { channels[fine] };
            let config = FeaturePropagationConfig::new(skip, coarse, layers.clone());
            propagations.push(config.with_momentum(self.momentum).init(device));
            coarse = *layers.last().expect("a perceptron has at least one layer");
        }
        PointNet2Ssg {
            abstractions,
            propagations,
            head: SharedMlpConfig::new(coarse, vec![self.head]).with_momentum(self.momentum).init(device),
            dropout: DropoutConfig::new(self.dropout).init(),
            classifier: LinearConfig::new(self.head, self.classes)
                .with_initializer(Initializer::XavierUniform { gain: 1.0 })
                .init(device),
        }
    }
}

/// PointNet++ with single-scale grouping for semantic segmentation: set abstraction levels, feature propagation back to every
/// point, and a head of one hidden layer.
#[derive(Module, Debug)]
pub struct PointNet2Ssg {
    /// Set abstraction, from the finest level.
    pub abstractions: Vec<SetAbstraction>,
    /// Feature propagation, from the coarsest level.
    pub propagations: Vec<FeaturePropagation>,
    /// Hidden layer of the head.
    pub head: SharedMlp,
    /// Dropout behind it.
    pub dropout: Dropout,
    /// Scores of the classes.
    pub classifier: Linear,
}

impl PointNet2Ssg {
    /// Scores of every point for every class.
    ///
    /// # Shapes
    /// - `pyramid`: of the network's [`PointNet2SsgConfig::pyramid`]
    /// - `features`: `[clouds · points, in_channels]`, `None` if that is 0
    /// - result: `[clouds · points, classes]`
    pub fn forward(&self, pyramid: &PointPyramid, features: Option<Tensor<2>>) -> Tensor<2> {
        assert_eq!(pyramid.levels(), self.abstractions.len(), "levels of the pyramid and the network");
        let mut levels = vec![features];
        for (index, abstraction) in self.abstractions.iter().enumerate() {
            levels.push(Some(abstraction.forward(pyramid, index + 1, levels[index].clone())));
        }
        let mut features = levels.pop().flatten().expect("the last level has features");
        for (propagation, level) in self.propagations.iter().zip((1..=self.abstractions.len()).rev()) {
            let skip = levels.pop().flatten().filter(|_| level > 1);
            features = propagation.forward(pyramid, level, skip, features);
        }
        let hidden = self.dropout.forward(self.head.forward(features));
        let bias = self.classifier.bias.as_ref().map(|b| b.val().unsqueeze());
        let logits = pointtensor::functional::linear(hidden, self.classifier.weight.val());
        match bias {
            Some(bias) => logits + bias,
            None => logits,
        }
    }

    /// Sets the weight of the newest batch in the running statistics of all normalisations.
    pub fn set_momentum(&mut self, momentum: f64) {
        self.abstractions.iter_mut().for_each(|a| a.mlp.set_momentum(momentum));
        self.propagations.iter_mut().for_each(|p| p.mlp.set_momentum(momentum));
        self.head.set_momentum(momentum);
    }
}
