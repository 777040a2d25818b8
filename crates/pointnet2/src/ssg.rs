//! The single-scale segmentation network.

use crate::block::PlacedBlock;
use crate::error::{NetworkError, check_perceptron, check_positive, check_radius};
use crate::network::{Frame, PointNet2};
use crate::set_abstraction::{Pooling, SetAbstraction, SetAbstractionConfig};
use crate::spec::{Grouping, LevelSpec, PyramidSpec};
use burn::config::Config;
use burn::module::Initializer;
use burn::tensor::Device;

/// Which points a group has.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Neighborhood {
    /// The first ones in index order within the radius.
    Ball,
    /// The nearest ones.
    Nearest,
    /// All points of the level below, which makes a level of one point (group-all).
    All,
}

/// One set abstraction level.
#[derive(Config, Debug, PartialEq)]
pub struct LevelConfig {
    /// Points kept; 1 where the neighborhood is all points.
    pub points: usize,
    /// Radius of a group in metres; it means nothing to other neighborhoods than balls, unless they are normalised by it.
    pub radius: f32,
    /// Members of a group; all points below where the neighborhood is all points.
    pub neighbors: usize,
    /// Channels of the shared perceptron's layers.
    pub channels: Vec<usize>,
    /// Which points a group has.
    #[config(default = "Neighborhood::Ball")]
    pub neighborhood: Neighborhood,
    /// How the features of a group's members become those of its center.
    #[config(default = "Pooling::Max")]
    pub pooling: Pooling,
    /// Whether positions relative to a group's center are divided by the radius; the authors' ScanNet network keeps metres.
    #[config(default = false)]
    pub normalize: bool,
}

impl LevelConfig {
    /// A level of one point that groups all points of the level below.
    pub fn all(channels: Vec<usize>) -> Self {
        LevelConfig::new(1, 1.0, 1, channels).with_neighborhood(Neighborhood::All)
    }

    fn spec(&self) -> LevelSpec {
        let (radius, neighbors) = (self.radius, self.neighbors);
        let grouping = match self.neighborhood {
            Neighborhood::Ball => Grouping::Ball { radius, neighbors },
            Neighborhood::Nearest => Grouping::Nearest { neighbors },
            Neighborhood::All => return LevelSpec::All,
        };
        LevelSpec::Sampled { points: self.points, groupings: vec![grouping] }
    }

    fn validate(&self, level: usize) -> Result<(), NetworkError> {
        check_perceptron(format!("level {level}"), &self.channels)?;
        check_positive(format!("the number of points of level {level}"), self.points)?;
        check_positive(format!("the number of neighbors of level {level}"), self.neighbors)?;
        if self.neighborhood == Neighborhood::All && self.points != 1 {
            let name = format!("the number of points of level {level} (which groups all points)");
            return Err(NetworkError::OutOfRange { name, value: self.points.to_string(), range: "1" });
        }
        match self.neighborhood == Neighborhood::Ball || self.normalize {
            true => check_radius(format!("the radius of level {level}"), self.radius),
            false => Ok(()),
        }
    }
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
    /// Distribution of the initial weights outside the blocks; the authors use Xavier's.
    #[config(default = "Initializer::XavierUniform { gain: 1.0 }")]
    pub initializer: Initializer,
    /// LatentGNN and non-local blocks, at most one a place.
    #[config(default = "vec![]")]
    pub blocks: Vec<PlacedBlock>,
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
        PyramidSpec { levels: self.levels.iter().map(LevelConfig::spec).collect() }
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
    pub fn init(&self, device: &Device) -> PointNet2Ssg {
        self.validate().unwrap_or_else(|error| panic!("{error}"));
        let frame = self.frame();
        let inputs = std::iter::once(&self.in_channels).chain(&frame.channels);
        let abstraction = |(level, &inputs): (&LevelConfig, &usize)| {
            SetAbstractionConfig::new(inputs, level.channels.clone())
                .with_pooling(level.pooling)
                .with_radius(level.normalize.then_some(level.radius))
                .with_initializer(self.initializer.clone())
                .with_momentum(self.momentum)
                .init(device)
        };
        let abstractions = self.levels.iter().zip(inputs).map(abstraction).collect();
        frame.build(abstractions, device)
    }

    fn frame(&self) -> Frame<'_> {
        Frame {
            channels: self.levels.iter().map(|level| level.channels.last().copied().unwrap_or(0)).collect(),
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

/// PointNet++ with single-scale grouping for semantic segmentation.
pub type PointNet2Ssg = PointNet2<SetAbstraction>;
