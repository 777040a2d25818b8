//! PointNet++ for semantic segmentation.

use crate::feature_propagation::FeaturePropagation;
use crate::point_pyramid::PointPyramid;
use crate::pyramid::Pyramid;
use crate::set_abstraction::SetAbstraction;
use crate::spec::PyramidSpec;
use burn::module::{Initializer, Module};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, FloatDType, Tensor};
use latentgnn::{Block, Macs};
use pointmodel::{Counts, Network, Summary, SummaryRow};
use pointtensor::functional;
use pointtensor::layer::{PointDropout, SharedMlp};

/// PointNet++ for semantic segmentation (Qi, Yi, Su and Guibas 2017, <https://arxiv.org/abs/1706.02413>): set
/// abstraction levels, feature propagation back to every point, and a head of one hidden layer; a [`Block`] may follow
/// any level. Built by [`crate::PointNet2Config`].
#[derive(Module, Debug)]
pub struct PointNet2 {
    /// Set abstraction, from the finest level.
    pub abstractions: Vec<SetAbstraction>,
    /// Feature propagation, from the coarsest level.
    pub propagations: Vec<FeaturePropagation>,
    /// Hidden layer of the head.
    pub head: SharedMlp,
    /// Dropout after it.
    pub dropout: PointDropout,
    /// Scores of the classes.
    pub classifier: Linear,
    /// The block after each of `abstractions`.
    pub abstraction_blocks: Vec<Option<Block>>,
    /// The block after each of `propagations`.
    pub propagation_blocks: Vec<Option<Block>>,
    /// The geometry that the network needs.
    #[module(skip)]
    pub pyramid: PyramidSpec,
}

impl Network for PointNet2 {
    type Prepared = Pyramid;

    fn forward(&self, pyramid: &PointPyramid, features: Option<Tensor<2>>) -> Tensor<2> {
        assert_eq!(pyramid.levels(), self.abstractions.len(), "levels of the pyramid and the network");
        let mut levels = vec![features];
        for (index, (abstraction, block)) in self.abstractions.iter().zip(&self.abstraction_blocks).enumerate() {
            let features = abstraction.forward(pyramid, index + 1, levels[index].clone());
            levels.push(Some(apply(block, features, pyramid.clouds())));
        }
        let mut features = levels.pop().flatten().expect("the last level has features");
        let levels_down = (1..=self.abstractions.len()).rev();
        for ((propagation, block), level) in self.propagations.iter().zip(&self.propagation_blocks).zip(levels_down) {
            let skip = levels.pop().flatten().filter(|_| level > 1);
            features = propagation.forward(pyramid, level, skip, features);
            features = apply(block, features, pyramid.clouds());
        }
        classify(&self.classifier, self.dropout.forward(self.head.forward(features)))
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.abstractions.iter_mut().for_each(|abstraction| abstraction.set_momentum(momentum));
        self.propagations.iter_mut().for_each(|propagation| propagation.mlp.set_momentum(momentum));
        self.head.set_momentum(momentum);
        let blocks = self.abstraction_blocks.iter_mut().chain(&mut self.propagation_blocks);
        blocks.flatten().for_each(|block| block.set_momentum(momentum));
    }

    fn summary(&self, points: usize) -> Summary {
        let levels: Vec<usize> =
            std::iter::once(points).chain(self.pyramid.levels.iter().map(|level| level.points())).collect();
        let mut rows = Vec::new();
        for (index, (abstraction, block)) in self.abstractions.iter().zip(&self.abstraction_blocks).enumerate() {
            let (centers, members) = (levels[index + 1], self.pyramid.levels[index].members(levels[index]));
            let output = [centers, abstraction.out_channels()];
            rows.push(SummaryRow::new(format!("abstractions.{index}"), output, abstraction.counts(centers, &members)));
            rows.extend(block.iter().map(|block| block_row(format!("abstraction_blocks.{index}"), block, centers)));
        }
        for (index, (propagation, block)) in self.propagations.iter().zip(&self.propagation_blocks).enumerate() {
            let points = levels[self.abstractions.len() - 1 - index];
            let output = [points, propagation.mlp.out_channels()];
            let counts = Counts::of_mlp(&propagation.mlp, points);
            rows.push(SummaryRow::new(format!("propagations.{index}"), output, counts));
            rows.extend(block.iter().map(|block| block_row(format!("propagation_blocks.{index}"), block, points)));
        }
        let head = Counts::of_mlp(&self.head, points);
        rows.push(SummaryRow::new("head", [points, self.head.out_channels()], head));
        rows.push(classifier_row(&self.classifier, points));
        Summary::new(rows)
    }
}

fn block_row(name: String, block: &Block, points: usize) -> SummaryRow {
    let Macs { projections, affinity, latent } = block.macs(points);
    let counts = Counts { params: block.learned_params(), macs: projections + affinity + latent };
    let kinds = vec![
        ("projections", projections),
        ("products between points and latent nodes, or of all pairs of points", affinity),
        ("products among latent nodes", latent),
    ];
    SummaryRow { name, output: [points, block.channels()], counts, block: Some(kinds) }
}

/// Applies a block to each cloud, in `f32`.
fn apply(block: &Option<Block>, features: Tensor<2>, clouds: usize) -> Tensor<2> {
    let Some(block) = block else { return features };
    let (dtype, [rows, channels]) = (features.dtype(), features.dims());
    let features = functional::of_type(features, FloatDType::F32).reshape([clouds, rows / clouds, channels]);
    functional::of_type(block.forward(features).reshape([rows, channels]), dtype.into())
}

/// A linear layer on rows, with the product that is fast for many rows.
pub(crate) fn classify(classifier: &Linear, x: Tensor<2>) -> Tensor<2> {
    let x = functional::of_type(x, FloatDType::F32);
    let logits = functional::linear(x, classifier.weight.val());
    match &classifier.bias {
        Some(bias) => logits + bias.val().unsqueeze(),
        None => logits,
    }
}

/// The layer that scores the classes; its bias starts at 0, as the authors' does.
pub(crate) fn classifier(channels: usize, classes: usize, initializer: &Initializer, device: &Device) -> Linear {
    let mut linear = LinearConfig::new(channels, classes).with_initializer(initializer.clone()).init(device);
    linear.bias = Some(Initializer::Zeros.init([classes], device));
    linear
}

pub(crate) fn classifier_row(classifier: &Linear, points: usize) -> SummaryRow {
    let classes = classifier.weight.lazy_shape().dims::<2>()[1];
    SummaryRow::new("classifier", [points, classes], Counts::of_linear(classifier, points))
}
