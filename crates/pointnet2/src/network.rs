//! The segmentation network that single-scale and multi-scale grouping share.

use crate::block::{Block, Place, PlacedBlock};
use crate::counts::{Counts, Summary, SummaryRow, level_points};
use crate::error::{NetworkError, check_perceptron, check_positive, check_training};
use crate::feature_propagation::{FeaturePropagation, FeaturePropagationConfig};
use crate::multi_scale::MultiScaleAbstraction;
use crate::pyramid::PointPyramid;
use crate::set_abstraction::SetAbstraction;
use crate::spec::PyramidSpec;
use burn::module::{Initializer, Module, ModuleDisplay};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, FloatDType, Tensor};
use pointtensor::functional;
use pointtensor::layer::{PointDropout, SharedMlp, SharedMlpConfig};

/// A set abstraction level of a network: [`SetAbstraction`] or [`MultiScaleAbstraction`].
pub trait Abstraction: Module + ModuleDisplay {
    /// Features of the centers of level `level` (from 1), `[clouds · points, channels]`.
    fn forward(&self, pyramid: &PointPyramid, level: usize, features: Option<Tensor<2>>) -> Tensor<2>;
    /// Channels of the result.
    fn out_channels(&self) -> usize;
    /// Sets the weight of the newest batch in the running statistics.
    fn set_momentum(&mut self, momentum: f64);
    /// What the level learns and computes for one cloud, where it has so many centers and its groups so many members.
    fn counts(&self, centers: usize, members: &[usize]) -> Counts;
}

impl Abstraction for SetAbstraction {
    fn forward(&self, pyramid: &PointPyramid, level: usize, features: Option<Tensor<2>>) -> Tensor<2> {
        self.forward(pyramid, level, features)
    }
    fn out_channels(&self) -> usize {
        self.out_channels()
    }
    fn set_momentum(&mut self, momentum: f64) {
        self.set_momentum(momentum);
    }
    fn counts(&self, centers: usize, members: &[usize]) -> Counts {
        self.counts(centers, members[0])
    }
}

impl Abstraction for MultiScaleAbstraction {
    fn forward(&self, pyramid: &PointPyramid, level: usize, features: Option<Tensor<2>>) -> Tensor<2> {
        self.forward(pyramid, level, features)
    }
    fn out_channels(&self) -> usize {
        self.out_channels()
    }
    fn set_momentum(&mut self, momentum: f64) {
        self.set_momentum(momentum);
    }
    fn counts(&self, centers: usize, members: &[usize]) -> Counts {
        self.scales.iter().zip(members).map(|(scale, &members)| scale.counts(centers, members)).sum()
    }
}

/// PointNet++ for semantic segmentation: set abstraction levels, feature propagation back to every point, and a head of one hidden
/// layer; a [`Block`] may stand after any level. See [`crate::PointNet2Ssg`] and [`crate::PointNet2Msg`].
#[derive(Module, Debug)]
pub struct PointNet2<A: Module> {
    /// Set abstraction, from the finest level.
    pub abstractions: Vec<A>,
    /// Feature propagation, from the coarsest level.
    pub propagations: Vec<FeaturePropagation>,
    /// Hidden layer of the head.
    pub head: SharedMlp,
    /// Dropout behind it.
    pub dropout: PointDropout,
    /// Scores of the classes.
    pub classifier: Linear,
    /// What stands after each of `abstractions`.
    pub abstraction_blocks: Vec<Option<Block>>,
    /// What stands after each of `propagations`.
    pub propagation_blocks: Vec<Option<Block>>,
}

impl<A: Abstraction> PointNet2<A> {
    /// Scores of every point for every class.
    ///
    /// # Shapes
    /// - `pyramid`: as the network's configuration describes it
    /// - `features`: `[clouds · points, in_channels]`, `None` if that is 0
    /// - result: `[clouds · points, classes]`
    pub fn forward(&self, pyramid: &PointPyramid, features: Option<Tensor<2>>) -> Tensor<2> {
        assert_eq!(pyramid.levels(), self.abstractions.len(), "levels of the pyramid and the network");
        let mut levels = vec![features];
        for (index, (abstraction, block)) in self.abstractions.iter().zip(&self.abstraction_blocks).enumerate() {
            let features = abstraction.forward(pyramid, index + 1, levels[index].clone());
            levels.push(Some(apply(block, features, pyramid.clouds)));
        }
        let mut features = levels.pop().flatten().expect("the last level has features");
        let levels_down = (1..=self.abstractions.len()).rev();
        for ((propagation, block), level) in self.propagations.iter().zip(&self.propagation_blocks).zip(levels_down) {
            let skip = levels.pop().flatten().filter(|_| level > 1);
            features = propagation.forward(pyramid, level, skip, features);
            features = apply(block, features, pyramid.clouds);
        }
        classify(&self.classifier, self.dropout.forward(self.head.forward(features)))
    }

    /// Sets the weight of the newest batch in the running statistics of all normalisations.
    pub fn set_momentum(&mut self, momentum: f64) {
        self.abstractions.iter_mut().for_each(|abstraction| abstraction.set_momentum(momentum));
        self.propagations.iter_mut().for_each(|propagation| propagation.mlp.set_momentum(momentum));
        self.head.set_momentum(momentum);
        let blocks = self.abstraction_blocks.iter_mut().chain(&mut self.propagation_blocks);
        blocks.flatten().for_each(|block| block.set_momentum(momentum));
    }

    /// What every layer learns, computes and gives for one cloud of so many points.
    ///
    /// `spec` is the geometry of the network's configuration.
    pub fn summary(&self, spec: &PyramidSpec, points: usize) -> Summary {
        let levels = level_points(spec, points);
        let mut rows = Vec::new();
        let row = |name: String, output, counts| SummaryRow { name, output, counts, block: None };
        let block_row = |name: String, block: &Block, points| {
            let (counts, macs) = block.counts(points);
            SummaryRow { name, output: [points, block.channels()], counts, block: Some(macs) }
        };
        for (index, (abstraction, block)) in self.abstractions.iter().zip(&self.abstraction_blocks).enumerate() {
            let (centers, members) = (levels[index + 1], spec.levels[index].members(levels[index]));
            let counts = abstraction.counts(centers, &members);
            rows.push(row(format!("abstractions.{index}"), [centers, abstraction.out_channels()], counts));
            rows.extend(block.iter().map(|block| block_row(format!("abstraction_blocks.{index}"), block, centers)));
        }
        for (index, (propagation, block)) in self.propagations.iter().zip(&self.propagation_blocks).enumerate() {
            let points = levels[self.abstractions.len() - 1 - index];
            let counts = Counts::of_mlp(&propagation.mlp, points);
            rows.push(row(format!("propagations.{index}"), [points, propagation.mlp.out_channels()], counts));
            rows.extend(block.iter().map(|block| block_row(format!("propagation_blocks.{index}"), block, points)));
        }
        rows.push(row("head".into(), [points, self.head.out_channels()], Counts::of_mlp(&self.head, points)));
        let classes = self.classifier.weight.lazy_shape().dims::<2>()[1];
        rows.push(row("classifier".into(), [points, classes], Counts::of_linear(&self.classifier, points)));
        Summary::new(rows)
    }
}

fn apply(block: &Option<Block>, features: Tensor<2>, clouds: usize) -> Tensor<2> {
    match block {
        Some(block) => {
            let dtype = features.dtype();
            let features = block.forward(functional::of_type(features, FloatDType::F32), clouds);
            functional::of_type(features, dtype.into())
        }
        None => features,
    }
}

/// A linear layer on rows, by the product that is fast for many rows.
pub(crate) fn classify(classifier: &Linear, x: Tensor<2>) -> Tensor<2> {
    let x = functional::of_type(x, FloatDType::F32);
    let logits = functional::linear(x, classifier.weight.val());
    match &classifier.bias {
        Some(bias) => logits + bias.val().unsqueeze(),
        None => logits,
    }
}

/// What the configurations of both groupings share.
pub(crate) struct Frame<'a> {
    /// Channels of the features of every set abstraction, from the finest.
    pub channels: Vec<usize>,
    pub classes: usize,
    pub propagation: &'a [Vec<usize>],
    pub head: usize,
    pub dropout: f64,
    pub momentum: f64,
    pub initializer: &'a Initializer,
    pub blocks: &'a [PlacedBlock],
}

impl Frame<'_> {
    pub(crate) fn validate(&self) -> Result<(), NetworkError> {
        let (levels, propagations) = (self.channels.len(), self.propagation.len());
        if levels == 0 {
            return Err(NetworkError::NoLevels);
        }
        if levels != propagations {
            return Err(NetworkError::Propagations { levels, propagations });
        }
        for (index, channels) in self.propagation.iter().enumerate() {
            check_perceptron(Place::Propagation(levels - 1 - index).words(), channels)?;
        }
        check_positive("head", self.head)?;
        check_training(self.classes, self.dropout, self.momentum)?;
        for (index, PlacedBlock { place, block }) in self.blocks.iter().enumerate() {
            let place = *place;
            let channels = self.channels_after(place).ok_or(NetworkError::NoSuchPlace { place, levels })?;
            if self.blocks[..index].iter().any(|other| other.place == place) {
                return Err(NetworkError::PlaceTaken { place });
            }
            block.validate(channels, self.momentum).map_err(|source| NetworkError::Block { place, source })?;
        }
        Ok(())
    }

    fn channels_after(&self, place: Place) -> Option<usize> {
        match place {
            Place::Abstraction(level) => self.channels.get(level.checked_sub(1)?).copied(),
            Place::Propagation(level) => self.propagation.get(self.step(level)?)?.last().copied(),
        }
    }

    /// Which of the propagations goes back to a level.
    fn step(&self, level: usize) -> Option<usize> {
        (self.channels.len()).checked_sub(level + 1)
    }

    fn block(&self, place: Place, device: &Device) -> Option<Block> {
        let placed = self.blocks.iter().find(|placed| placed.place == place)?;
        Some(placed.block.init(self.channels_after(place)?, self.momentum, device))
    }

    /// The network of valid configurations.
    pub(crate) fn build<A: Abstraction>(self, abstractions: Vec<A>, device: &Device) -> PointNet2<A> {
        let levels = self.channels.len();
        let mut coarse = self.channels[levels - 1];
        let mut propagations = Vec::new();
        for (step, layers) in self.propagation.iter().enumerate() {
            // the authors' network does not show the input features to the last propagation
            let skip = (levels - 1 - step).checked_sub(1).map_or(0, |below| self.channels[below]);
            let config = FeaturePropagationConfig::new(skip, coarse, layers.clone());
            let config = config.with_initializer(self.initializer.clone()).with_momentum(self.momentum);
            propagations.push(config.init(device));
            coarse = layers[layers.len() - 1];
        }
        PointNet2 {
            abstractions,
            propagations,
            head: SharedMlpConfig::new(coarse, vec![self.head])
                .with_initializer(self.initializer.clone())
                .with_momentum(self.momentum)
                .init(device),
            dropout: PointDropout::new(self.dropout),
            classifier: classifier(self.head, self.classes, self.initializer, device),
            abstraction_blocks: (1..=levels).map(|level| self.block(Place::Abstraction(level), device)).collect(),
            propagation_blocks: (0..levels).rev().map(|level| self.block(Place::Propagation(level), device)).collect(),
        }
    }
}

/// The layer of the classes' scores; its bias starts at 0, as the authors' do.
pub(crate) fn classifier(channels: usize, classes: usize, initializer: &Initializer, device: &Device) -> Linear {
    let mut linear = LinearConfig::new(channels, classes).with_initializer(initializer.clone()).init(device);
    linear.bias = Some(Initializer::Zeros.init([classes], device));
    linear
}
