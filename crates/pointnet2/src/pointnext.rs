//! The configuration of PointNeXt.

use crate::block::{LayerChannels, PlacedBlock};
use crate::config::WeightingKeys;
use crate::error::{NetworkError, check, check_head, check_positive, check_radius};
use crate::feature_propagation::FeaturePropagationConfig;
use crate::inverted_residual::InvertedResidualConfig;
use crate::network::{PointNet2, classifier};
use crate::pyramid::Pyramid;
use crate::set_abstraction::{ScaleShape, SetAbstractionConfig};
use crate::spec::{Grouping, LevelSpec, PyramidSpec};
use burn::module::Initializer;
use burn::nn::LinearConfig;
use burn::tensor::Device;
use pointmodel::{BoxError, NetworkConfig, NetworkShape, SearchOn};
use pointops::Weighting;
use pointtensor::layer::{PointDropout, SharedMlpConfig};
use serde::{Deserialize, Serialize};

/// Layers of each feature propagation.
const PROPAGATION_LAYERS: usize = 2;

/// Configuration of PointNeXt for segmentation (Qian et al. 2022, <https://arxiv.org/abs/2206.04670>): PointNet++ with
/// a stem, relative coordinates divided by the radius, and residual connections.
///
/// Level `i` (from 1) has `width · 2^i` channels. Its set abstraction groups points within `radius · 2^(i - 1)`, its
/// [inverted residual blocks](crate::InvertedResidual) within twice that. A feature propagation has two layers of as
/// many channels as the level that it leads to has, `width` for the input points; the head's hidden layer has `width`.
///
/// From the paper and the authors' configurations for S3DIS (which have the published 0.8 and 3.8 million parameters):
/// all sizes, `radius`, `neighbors`, and where ReLUs are. From the authors' code: a stem without normalisation and ReLU,
/// the radius of inverted residual blocks, interpolation by the inverse distance, dropout, PyTorch's initial weights.
///
/// Chosen here: `points`, which divides 8192 points by 4 four times (the authors divide whatever a cloud has); and that
/// the stem sees coordinates relative to the middle of the cloud and then the features of the experiment. The authors
/// give it colors and heights alone on S3DIS, and coordinates too on ScanNet. Their smallest configuration for ScanNet
/// has other set abstractions and a head that sees the whole cloud, which the paper does not describe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PointNextConfig {
    /// Channels of the stem; every level has twice as many as the one below.
    pub width: usize,
    /// Points kept by each level, from the finest.
    pub points: Vec<usize>,
    /// Radius of the first set abstraction in metres; every level doubles it.
    pub radius: f32,
    /// Members of a group.
    pub neighbors: usize,
    /// Layers of each set abstraction.
    pub abstraction_layers: usize,
    /// Whether set abstractions have a residual connection from the features of the points that they keep.
    pub abstraction_residual: bool,
    /// Number of inverted residual blocks after each set abstraction.
    pub inverted_residuals: Vec<usize>,
    /// How many times more channels the hidden layer of an inverted residual block has.
    pub expansion: usize,
    /// How the weights of the three nearest points fall with distance in feature propagation, as in
    /// [`crate::PointNet2Config::interpolation`].
    #[serde(with = "WeightingKeys")]
    pub interpolation: Weighting,
    /// Probability that a value of the head's hidden layer is dropped in training.
    pub dropout: f64,
    /// LatentGNN and non-local blocks, at most one in each place.
    pub blocks: Vec<PlacedBlock>,
}

/// Uniform up to `1 / sqrt(inputs)`: PyTorch's, which the authors' code leaves as it is.
pub(crate) fn pytorch() -> Initializer {
    Initializer::KaimingUniform { gain: 1.0 / 3f64.sqrt(), fan_out_only: false }
}

impl Default for PointNextConfig {
    fn default() -> Self {
        PointNextConfig::s()
    }
}

impl PointNextConfig {
    /// PointNeXt-S: set abstractions of two layers with residual connections, and no inverted residual blocks.
    pub fn s() -> Self {
        PointNextConfig {
            width: 32,
            points: vec![2048, 512, 128, 32],
            radius: 0.1,
            neighbors: 32,
            abstraction_layers: 2,
            abstraction_residual: true,
            inverted_residuals: vec![0; 4],
            expansion: 4,
            interpolation: Weighting::InverseDistance,
            dropout: 0.5,
            blocks: Vec::new(),
        }
    }

    /// PointNeXt-B: set abstractions of one layer, and inverted residual blocks after them.
    pub fn b() -> Self {
        PointNextConfig {
            abstraction_layers: 1,
            abstraction_residual: false,
            inverted_residuals: vec![1, 2, 1, 1],
            ..PointNextConfig::s()
        }
    }

    /// The geometry that the network needs.
    pub fn pyramid(&self) -> PyramidSpec {
        let level = |(level, (&points, &residuals)): (usize, (&usize, &usize))| {
            let ball = |radius| Grouping::Ball { radius, neighbors: self.neighbors };
            let radius = self.radius_of(level);
            let own = (residuals > 0).then(|| ball(2.0 * radius));
            LevelSpec::Sampled { points, groupings: vec![ball(radius)], own }
        };
        let levels = self.points.iter().zip(&self.inverted_residuals).enumerate().map(level).collect();
        PyramidSpec { levels, interpolation: self.interpolation }
    }

    /// Checks that a network can be built and run.
    ///
    /// # Errors
    /// See [`NetworkError`].
    pub fn check(&self, shape: &NetworkShape) -> Result<(), NetworkError> {
        let (levels, residuals) = (self.points.len(), self.inverted_residuals.len());
        check((1..=4096).contains(&self.width), "width", self.width, "from 1 to 4096")?;
        check((1..=8).contains(&levels), "the number of levels in `points`", levels, "from 1 to 8")?;
        check(residuals == levels, "the number of levels in `inverted_residuals`", residuals, "that of `points`")?;
        check_radius("radius", self.radius)?;
        check_positive("neighbors", self.neighbors)?;
        check(
            (1..=16).contains(&self.abstraction_layers),
            "abstraction_layers",
            self.abstraction_layers,
            "from 1 to 16",
        )?;
        let most = self.inverted_residuals.iter().copied().max().unwrap_or(0);
        check(most <= 64, "the largest of `inverted_residuals`", most, "at most 64")?;
        check((1..=64).contains(&self.expansion), "expansion", self.expansion, "from 1 to 64")?;
        check_head(shape.outputs, self.dropout)?;
        self.channels().check(&self.blocks)?;
        self.pyramid().check(shape.points)
    }

    /// Radius of the set abstraction of a level, counted from 0.
    fn radius_of(&self, level: usize) -> f32 {
        self.radius * (1u32 << level) as f32
    }

    fn channels(&self) -> LayerChannels {
        let levels = self.points.len();
        LayerChannels {
            abstractions: (1..=levels).map(|level| self.width << level).collect(),
            propagations: (0..levels).rev().map(|level| self.width << level).collect(),
        }
    }
}

impl NetworkConfig for PointNextConfig {
    type Network = PointNet2;

    fn validate(&self, shape: &NetworkShape) -> Result<(), BoxError> {
        Ok(self.check(shape)?)
    }

    fn init(&self, shape: &NetworkShape, device: &Device) -> PointNet2 {
        self.check(shape).unwrap_or_else(|error| panic!("{error}"));
        let layers = self.channels();
        let stem = LinearConfig::new(3 + shape.in_channels, self.width).with_initializer(pytorch());
        let abstraction = |(level, &channels): (usize, &usize)| {
            let below = channels / 2;
            let mut layers = vec![below; self.abstraction_layers - 1];
            layers.push(channels);
            SetAbstractionConfig::new(below, vec![ScaleShape { channels: layers, radius: Some(self.radius_of(level)) }])
                .with_residual(self.abstraction_residual)
                .with_initializer(pytorch())
                .init(device)
        };
        let residuals = |((level, &channels), &count): ((usize, &usize), &usize)| {
            let config =
                InvertedResidualConfig::new(channels, 2.0 * self.radius_of(level)).with_expansion(self.expansion);
            (0..count).map(|_| config.init(device)).collect()
        };
        let propagation = |&channels: &usize| {
            FeaturePropagationConfig::new(channels, 2 * channels, vec![channels; PROPAGATION_LAYERS])
                .with_initializer(pytorch())
                .init(device)
        };
        let levels = || layers.abstractions.iter().enumerate();
        let [abstraction_blocks, propagation_blocks] = layers.init(&self.blocks, device);
        PointNet2 {
            stem: Some(stem.init(device)),
            abstractions: levels().map(abstraction).collect(),
            residuals: levels().zip(&self.inverted_residuals).map(residuals).collect(),
            propagations: layers.propagations.iter().map(propagation).collect(),
            head: SharedMlpConfig::new(self.width, vec![self.width]).with_initializer(pytorch()).init(device),
            dropout: PointDropout::new(self.dropout),
            classifier: classifier(self.width, shape.outputs, &pytorch(), device),
            abstraction_blocks,
            propagation_blocks,
            pyramid: self.pyramid(),
        }
    }

    fn prepare(&self, coord: &[[f32; 3]], clouds: usize, search: SearchOn) -> Result<Pyramid, BoxError> {
        Ok(Pyramid::prepare(coord, clouds, self.pyramid(), search)?)
    }
}
