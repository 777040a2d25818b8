//! The configuration of PointNet++.

use crate::block::{LayerChannels, Place, PlacedBlock};
use crate::error::{NetworkError, check, check_head, check_perceptron, check_positive, check_radius};
use crate::feature_propagation::FeaturePropagationConfig;
use crate::network::{PointNet2, classifier};
use crate::pyramid::Pyramid;
use crate::set_abstraction::{Pooling, ScaleShape, SetAbstractionConfig};
use crate::spec::{Grouping, LevelSpec, PyramidSpec};
use burn::module::Initializer;
use burn::tensor::Device;
use pointmodel::{BoxError, NetworkConfig, NetworkShape, SearchOn};
use pointops::Weighting;
use pointtensor::layer::{PointDropout, SharedMlpConfig};
use serde::{Deserialize, Serialize};

/// Most nearest neighbours that are grouped, as a GPU keeps them in memory of each unit.
const MOST_NEAREST: usize = 4096;

/// Which points belong to a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Neighborhood {
    /// The first points in index order within the radius.
    #[default]
    Ball,
    /// The nearest points.
    Nearest,
    /// All points of the level below, which makes a level of one point (group-all).
    All,
}

impl Neighborhood {
    fn is_ball(&self) -> bool {
        *self == Neighborhood::Ball
    }
}

/// One scale of a set abstraction level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaleConfig {
    /// Radius of a group in metres. Used by balls, and if positions are divided by it.
    pub radius: f32,
    /// Members of a group; not used if all points are grouped.
    pub neighbors: usize,
    /// Channels of the shared perceptron's layers.
    pub channels: Vec<usize>,
    /// Which points belong to a group.
    #[serde(default, skip_serializing_if = "Neighborhood::is_ball")]
    pub grouping: Neighborhood,
}

impl ScaleConfig {
    /// A ball query.
    pub fn ball(radius: f32, neighbors: usize, channels: impl Into<Vec<usize>>) -> Self {
        ScaleConfig { radius, neighbors, channels: channels.into(), grouping: Neighborhood::Ball }
    }
}

/// One set abstraction level, of one scale or several.
///
/// In TOML a level of one scale is written without `scales`:
/// `{ points = 1024, radius = 0.1, neighbors = 32, channels = [32, 32, 64] }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "LevelKeys", into = "LevelKeys")]
pub struct LevelConfig {
    /// Points kept; 1 if all points are grouped.
    pub points: usize,
    /// The scales at which points are grouped around each of them.
    pub scales: Vec<ScaleConfig>,
    /// How the features of a group's members become those of its center.
    pub pooling: Pooling,
    /// Whether positions relative to a group's center are divided by the radius; the authors' ScanNet network keeps
    /// metres.
    pub normalize: bool,
}

/// A level as it is written in TOML.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelKeys {
    points: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    radius: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    neighbors: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channels: Option<Vec<usize>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grouping: Option<Neighborhood>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scales: Option<Vec<ScaleConfig>>,
    #[serde(default)]
    pooling: Pooling,
    #[serde(default)]
    normalize: bool,
}

impl TryFrom<LevelKeys> for LevelConfig {
    type Error = String;

    fn try_from(keys: LevelKeys) -> Result<Self, String> {
        let LevelKeys { points, radius, neighbors, channels, grouping, scales, pooling, normalize } = keys;
        let short = radius.is_some() || neighbors.is_some() || channels.is_some() || grouping.is_some();
        let scales = match scales {
            Some(_) if short => {
                return Err("a level has either `scales`, or `radius`, `neighbors` and `channels` of its own".into());
            }
            Some(scales) => scales,
            None => {
                let missing = |key| format!("a level without `scales` is missing `{key}`");
                let grouping = grouping.unwrap_or_default();
                // not used there
                let unused = grouping == Neighborhood::All;
                vec![ScaleConfig {
                    radius: radius.or(unused.then_some(1.0)).ok_or_else(|| missing("radius"))?,
                    neighbors: neighbors.or(unused.then_some(1)).ok_or_else(|| missing("neighbors"))?,
                    channels: channels.ok_or_else(|| missing("channels"))?,
                    grouping,
                }]
            }
        };
        Ok(LevelConfig { points, scales, pooling, normalize })
    }
}

impl From<LevelConfig> for LevelKeys {
    fn from(level: LevelConfig) -> Self {
        let LevelConfig { points, mut scales, pooling, normalize } = level;
        let one = if scales.len() == 1 { scales.pop() } else { None };
        let short = one.is_some();
        let (radius, neighbors, channels, grouping) = match one {
            Some(s) => (Some(s.radius), Some(s.neighbors), Some(s.channels), Some(s.grouping)),
            None => (None, None, None, None),
        };
        let scales = (!short).then_some(scales);
        LevelKeys { points, radius, neighbors, channels, grouping, scales, pooling, normalize }
    }
}

impl LevelConfig {
    /// A level with max pooling whose positions stay in metres.
    pub fn new(points: usize, scales: Vec<ScaleConfig>) -> Self {
        LevelConfig { points, scales, pooling: Pooling::Max, normalize: false }
    }

    /// A level of one ball query.
    pub fn ball(points: usize, radius: f32, neighbors: usize, channels: impl Into<Vec<usize>>) -> Self {
        LevelConfig::new(points, vec![ScaleConfig::ball(radius, neighbors, channels)])
    }

    /// A level of one point that groups all points of the level below.
    pub fn all(channels: impl Into<Vec<usize>>) -> Self {
        let scale = ScaleConfig { grouping: Neighborhood::All, ..ScaleConfig::ball(1.0, 1, channels) };
        LevelConfig::new(1, vec![scale])
    }

    /// Channels of the level's features.
    fn out_channels(&self) -> usize {
        self.scales.iter().filter_map(|scale| scale.channels.last()).sum()
    }

    fn spec(&self) -> LevelSpec {
        if self.scales.iter().any(|scale| scale.grouping == Neighborhood::All) {
            return LevelSpec::All;
        }
        let grouping = |scale: &ScaleConfig| {
            let (radius, neighbors) = (scale.radius, scale.neighbors);
            match scale.grouping {
                Neighborhood::Nearest => Grouping::Nearest { neighbors },
                _ => Grouping::Ball { radius, neighbors },
            }
        };
        LevelSpec::Sampled { points: self.points, groupings: self.scales.iter().map(grouping).collect(), own: None }
    }

    fn check(&self, level: usize) -> Result<(), NetworkError> {
        check_positive(format!("the number of points of level {level}"), self.points)?;
        let out_of_range =
            |name: String, value: usize| Err(NetworkError::OutOfRange { name, value: value.to_string(), range: "1" });
        for (scale, number) in self.scales.iter().zip(1..) {
            let of = match self.scales.len() {
                1 => format!("level {level}"),
                _ => format!("scale {number} of level {level}"),
            };
            check_perceptron(&of, &scale.channels)?;
            let neighbors = format!("the number of neighbors of {of}");
            check_positive(neighbors.clone(), scale.neighbors)?;
            if scale.grouping == Neighborhood::Nearest {
                check(scale.neighbors <= MOST_NEAREST, neighbors, scale.neighbors, "1 to 4096")?;
            }
            if scale.grouping == Neighborhood::All {
                if self.points != 1 {
                    let name = format!("the number of points of level {level} (which groups all points)");
                    return out_of_range(name, self.points);
                }
                if self.scales.len() != 1 {
                    let name = format!("the number of scales of level {level} (which groups all points)");
                    return out_of_range(name, self.scales.len());
                }
            }
            if scale.grouping.is_ball() || self.normalize {
                check_radius(format!("the radius of {of}"), scale.radius)?;
            }
        }
        if self.scales.is_empty() { Err(NetworkError::NoScales { level }) } else { Ok(()) }
    }
}

/// Configuration of [`PointNet2`]: PointNet++ with single-scale or multi-scale grouping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PointNet2Config {
    /// Set abstraction levels, from the finest.
    pub levels: Vec<LevelConfig>,
    /// Channels of the feature propagation perceptrons, from the coarsest level.
    pub propagation: Vec<Vec<usize>>,
    /// How the weights of the three nearest points fall with distance in feature propagation. In TOML
    /// `"inverse-squared-distance"`, as in the authors' code, or `"inverse-distance"`, as in `Pointnet2_PyTorch` and
    /// mmdetection3d.
    #[serde(with = "WeightingKeys")]
    pub interpolation: Weighting,
    /// Channels of the head's hidden layer.
    pub head: usize,
    /// Probability that a value of the head's hidden layer is dropped in training.
    pub dropout: f64,
    /// LatentGNN and non-local blocks, at most one in each place.
    pub blocks: Vec<PlacedBlock>,
    /// Distribution of the initial weights outside the blocks; the authors use Xavier's.
    #[serde(skip, default = "xavier")]
    pub initializer: Initializer,
}

/// [`Weighting`] as it is written in TOML.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Weighting", rename_all = "kebab-case")]
pub(crate) enum WeightingKeys {
    InverseSquaredDistance,
    InverseDistance,
}

fn xavier() -> Initializer {
    Initializer::XavierUniform { gain: 1.0 }
}

impl Default for PointNet2Config {
    fn default() -> Self {
        PointNet2Config::ssg()
    }
}

impl PointNet2Config {
    /// The single-scale network that the authors trained on ScanNet, for 8192 points.
    pub fn ssg() -> Self {
        let level = |points, radius, channels: [usize; 3]| LevelConfig::ball(points, radius, 32, channels);
        PointNet2Config::scannet(vec![
            level(1024, 0.1, [32, 32, 64]),
            level(256, 0.2, [64, 64, 128]),
            level(64, 0.4, [128, 128, 256]),
            level(16, 0.8, [256, 256, 512]),
        ])
    }

    /// A multi-scale network for scenes, for 8192 points.
    ///
    /// The authors published its accuracy on scenes but not the network. Levels, radii, members, perceptrons and
    /// propagation are those of `pointnet2_sem_seg_msg.py` in <https://github.com/yanx27/Pointnet_Pointnet2_pytorch>.
    pub fn msg() -> Self {
        let level = |points, radius: f32, narrow: [usize; 3], wide: [usize; 3]| {
            let scales = vec![ScaleConfig::ball(radius, 16, narrow), ScaleConfig::ball(2.0 * radius, 32, wide)];
            LevelConfig::new(points, scales)
        };
        PointNet2Config::scannet(vec![
            level(1024, 0.05, [16, 16, 32], [32, 32, 64]),
            level(256, 0.1, [64, 64, 128], [64, 96, 128]),
            level(64, 0.2, [128, 196, 256], [128, 196, 256]),
            level(16, 0.4, [256, 256, 512], [256, 384, 512]),
        ])
    }

    fn scannet(levels: Vec<LevelConfig>) -> Self {
        PointNet2Config {
            levels,
            propagation: vec![vec![256, 256], vec![256, 256], vec![256, 128], vec![128, 128, 128]],
            interpolation: Weighting::default(),
            head: 128,
            dropout: 0.5,
            blocks: Vec::new(),
            initializer: xavier(),
        }
    }

    /// The same configuration with other numbers of points, from the finest level.
    pub fn with_points(mut self, points: impl IntoIterator<Item = usize>) -> Self {
        for (level, points) in self.levels.iter_mut().zip(points) {
            level.points = points;
        }
        self
    }

    /// The same configuration with these blocks.
    pub fn with_blocks(mut self, blocks: Vec<PlacedBlock>) -> Self {
        self.blocks = blocks;
        self
    }

    /// The geometry that the network needs.
    pub fn pyramid(&self) -> PyramidSpec {
        let levels = self.levels.iter().map(LevelConfig::spec).collect();
        PyramidSpec { levels, interpolation: self.interpolation }
    }

    /// Checks that a network can be built and run.
    ///
    /// # Errors
    /// See [`NetworkError`].
    pub fn check(&self, shape: &NetworkShape) -> Result<(), NetworkError> {
        self.levels.iter().zip(1..).try_for_each(|(level, number)| level.check(number))?;
        let (levels, propagations) = (self.levels.len(), self.propagation.len());
        if levels == 0 {
            return Err(NetworkError::NoLevels);
        }
        if levels != propagations {
            return Err(NetworkError::Propagations { levels, propagations });
        }
        for (index, channels) in self.propagation.iter().enumerate() {
            check_perceptron(format!("the {}", Place::Propagation(levels - 1 - index).words()), channels)?;
        }
        check_positive("head", self.head)?;
        check_head(shape.outputs, self.dropout)?;
        self.channels().check(&self.blocks)?;
        self.pyramid().check(shape.points)
    }

    fn channels(&self) -> LayerChannels {
        LayerChannels {
            abstractions: self.levels.iter().map(LevelConfig::out_channels).collect(),
            propagations: self.propagation.iter().filter_map(|channels| channels.last().copied()).collect(),
        }
    }

    fn mlp(&self, in_channels: usize, channels: Vec<usize>) -> SharedMlpConfig {
        SharedMlpConfig::new(in_channels, channels).with_initializer(self.initializer.clone())
    }
}

impl NetworkConfig for PointNet2Config {
    type Network = PointNet2;

    fn validate(&self, shape: &NetworkShape) -> Result<(), BoxError> {
        Ok(self.check(shape)?)
    }

    fn init(&self, shape: &NetworkShape, device: &Device) -> PointNet2 {
        self.check(shape).unwrap_or_else(|error| panic!("{error}"));
        let layers = self.channels();
        let channels = &layers.abstractions;
        let inputs = std::iter::once(&shape.in_channels).chain(channels);
        let abstraction = |(level, &in_channels): (&LevelConfig, &usize)| {
            let scale = |scale: &ScaleConfig| ScaleShape {
                channels: scale.channels.clone(),
                radius: level.normalize.then_some(scale.radius),
            };
            SetAbstractionConfig::new(in_channels, level.scales.iter().map(scale).collect())
                .with_pooling(level.pooling)
                .with_initializer(self.initializer.clone())
                .init(device)
        };
        let abstractions = self.levels.iter().zip(inputs).map(abstraction).collect();
        let levels = channels.len();
        let mut coarse = channels[levels - 1];
        let mut propagations = Vec::new();
        for (step, layers) in self.propagation.iter().enumerate() {
            // the authors' network does not show the input features to the last propagation
            let skip = (levels - 1 - step).checked_sub(1).map_or(0, |below| channels[below]);
            let config = FeaturePropagationConfig::new(skip, coarse, layers.clone());
            propagations.push(config.with_initializer(self.initializer.clone()).init(device));
            coarse = layers[layers.len() - 1];
        }
        let [abstraction_blocks, propagation_blocks] = layers.init(&self.blocks, device);
        PointNet2 {
            stem: None,
            abstractions,
            residuals: Vec::new(),
            propagations,
            head: self.mlp(coarse, vec![self.head]).init(device),
            dropout: PointDropout::new(self.dropout),
            classifier: classifier(self.head, shape.outputs, &self.initializer, device),
            abstraction_blocks,
            propagation_blocks,
            pyramid: self.pyramid(),
        }
    }

    fn prepare(&self, coord: &[[f32; 3]], clouds: usize, search: SearchOn) -> Result<Pyramid, BoxError> {
        Ok(Pyramid::prepare(coord, clouds, self.pyramid(), search)?)
    }
}
