//! The multi-scale segmentation network.

use crate::block::PlacedBlock;
use crate::error::{NetworkError, check_perceptron, check_positive, check_radius};
use crate::multi_scale::MultiScaleAbstraction;
use crate::network::{Frame, PointNet2};
use crate::set_abstraction::{Pooling, SetAbstractionConfig};
use crate::spec::{Grouping, LevelSpec, PyramidSpec};
use burn::config::Config;
use burn::module::Initializer;
use burn::tensor::Device;

/// One scale of a set abstraction level.
#[derive(Config, Debug, PartialEq)]
pub struct ScaleConfig {
    /// Radius of a group in metres.
    pub radius: f32,
    /// Members of a group.
    pub neighbors: usize,
    /// Channels of the shared perceptron's layers.
    pub channels: Vec<usize>,
}

/// One set abstraction level of several scales. Its groups are balls.
#[derive(Config, Debug, PartialEq)]
pub struct MultiScaleConfig {
    /// Points kept.
    pub points: usize,
    /// What is grouped around each, and how.
    pub scales: Vec<ScaleConfig>,
    /// How the features of a group's members become those of its center.
    #[config(default = "Pooling::Max")]
    pub pooling: Pooling,
    /// Whether positions relative to a group's center are divided by the scale's radius.
    #[config(default = false)]
    pub normalize: bool,
}

impl MultiScaleConfig {
    fn spec(&self) -> LevelSpec {
        let ball = |scale: &ScaleConfig| Grouping::Ball { radius: scale.radius, neighbors: scale.neighbors };
        LevelSpec::Sampled { points: self.points, groupings: self.scales.iter().map(ball).collect() }
    }

    fn validate(&self, level: usize) -> Result<(), NetworkError> {
        check_positive(format!("the number of points of level {level}"), self.points)?;
        if self.scales.is_empty() {
            return Err(NetworkError::NoScales { level });
        }
        for (scale, number) in self.scales.iter().zip(1..) {
            check_perceptron(format!("scale {number} of level {level}"), &scale.channels)?;
            check_positive(format!("the number of neighbors of scale {number} of level {level}"), scale.neighbors)?;
            check_radius(format!("the radius of scale {number} of level {level}"), scale.radius)?;
        }
        Ok(())
    }
}

/// Configuration of [`PointNet2Msg`].
#[derive(Config, Debug)]
pub struct PointNet2MsgConfig {
    /// Channels of the input features beside the coordinates; 0 for coordinates alone.
    pub in_channels: usize,
    /// Number of classes.
    pub classes: usize,
    /// Set abstraction levels, from the finest.
    pub levels: Vec<MultiScaleConfig>,
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
    /// Distribution of the initial weights outside the blocks; the authors use Xavier's.
    #[config(default = "Initializer::XavierUniform { gain: 1.0 }")]
    pub initializer: Initializer,
    /// LatentGNN and non-local blocks, at most one a place.
    #[config(default = "vec![]")]
    pub blocks: Vec<PlacedBlock>,
}

impl PointNet2MsgConfig {
    /// The network for scenes, on coordinates alone and for 8192 points.
    ///
    /// The authors published no multi-scale network for scenes, only its accuracy. Levels, radii, members, perceptrons and propagation
    /// are those of `pointnet2_sem_seg_msg.py` in <https://github.com/yanx27/Pointnet_Pointnet2_pytorch>.
    pub fn scannet(classes: usize) -> Self {
        let level = |points, radius: f32, narrow: [usize; 3], wide: [usize; 3]| {
            let scales =
                vec![ScaleConfig::new(radius, 16, narrow.to_vec()), ScaleConfig::new(2.0 * radius, 32, wide.to_vec())];
            MultiScaleConfig::new(points, scales)
        };
        PointNet2MsgConfig::new(
            0,
            classes,
            vec![
                level(1024, 0.05, [16, 16, 32], [32, 32, 64]),
                level(256, 0.1, [64, 64, 128], [64, 96, 128]),
                level(64, 0.2, [128, 196, 256], [128, 196, 256]),
                level(16, 0.4, [256, 256, 512], [256, 384, 512]),
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
        PyramidSpec { levels: self.levels.iter().map(MultiScaleConfig::spec).collect() }
    }

    /// Checks that a network can be built.
    ///
    /// # Errors
    /// See [`NetworkError`].
    pub fn validate(&self) -> Result<(), NetworkError> {
        self.levels.iter().zip(1..).try_for_each(|(level, number)| level.validate(number))?;
        self.frame().validate()
    }

    /// Initialises the weights from the device's random generator.
    ///
    /// # Panics
    /// With the message of [`Self::validate`], if that gives an error; check first what a user wrote.
    pub fn init(&self, device: &Device) -> PointNet2Msg {
        self.validate().unwrap_or_else(|error| panic!("{error}"));
        let frame = self.frame();
        let inputs = std::iter::once(&self.in_channels).chain(&frame.channels);
        let abstraction = |(level, &inputs): (&MultiScaleConfig, &usize)| {
            let scale = |scale: &ScaleConfig| {
                SetAbstractionConfig::new(inputs, scale.channels.clone())
                    .with_pooling(level.pooling)
                    .with_radius(level.normalize.then_some(scale.radius))
                    .with_initializer(self.initializer.clone())
                    .with_momentum(self.momentum)
                    .init(device)
            };
            MultiScaleAbstraction { scales: level.scales.iter().map(scale).collect() }
        };
        let abstractions = self.levels.iter().zip(inputs).map(abstraction).collect();
        frame.build(abstractions, device)
    }

    fn frame(&self) -> Frame<'_> {
        let out_channels =
            |level: &MultiScaleConfig| level.scales.iter().filter_map(|scale| scale.channels.last()).sum();
        Frame {
            channels: self.levels.iter().map(out_channels).collect(),
            classes: self.classes,
            propagation: &self.propagation,
            head: self.head,
            dropout: self.dropout,
            momentum: self.momentum,
            initializer: &self.initializer,
            blocks: &self.blocks,
        }
    }
}

/// PointNet++ with multi-scale grouping for semantic segmentation.
pub type PointNet2Msg = PointNet2<MultiScaleAbstraction>;
