//! PointNet++ and PointNeXt for semantic segmentation.

use crate::feature_propagation::FeaturePropagation;
use crate::inverted_residual::InvertedResidual;
use crate::point_pyramid::PointPyramid;
use crate::pyramid::Pyramid;
use crate::set_abstraction::SetAbstraction;
use crate::spec::PyramidSpec;
use burn::module::{Initializer, Module};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use latentgnn::{Block, Macs};
use pointmodel::{Counts, Network, Summary, SummaryRow};
use pointtensor::functional;
use pointtensor::layer::{PointDropout, SharedMlp};

/// PointNet++ for semantic segmentation (Qi, Yi, Su and Guibas 2017, <https://arxiv.org/abs/1706.02413>): set
/// abstraction levels, feature propagation back to every point, and a head of one hidden layer; a [`Block`] may follow
/// any level. Built by [`crate::PointNet2Config`].
///
/// With a stem and inverted residual blocks it is PointNeXt, built by [`crate::PointNextConfig`].
#[derive(Module, Debug)]
pub struct PointNet2 {
    /// PointNeXt's linear map of (coordinate, features) of every input point, which the first set abstraction and the
    /// last feature propagation see instead of the features. Coordinates are those of [`PointPyramid::coord`].
    pub stem: Option<Linear>,
    /// Set abstraction, from the finest level.
    pub abstractions: Vec<SetAbstraction>,
    /// PointNeXt's blocks after each of `abstractions`; empty in PointNet++.
    pub residuals: Vec<Vec<InvertedResidual>>,
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
        let mut levels = vec![self.input(pyramid, features)];
        for (index, (abstraction, block)) in self.abstractions.iter().zip(&self.abstraction_blocks).enumerate() {
            let mut features = abstraction.forward(pyramid, index + 1, levels[index].clone());
            for residual in self.residuals.get(index).into_iter().flatten() {
                features = residual.forward(pyramid, index + 1, features);
            }
            levels.push(Some(apply(block, features, pyramid.clouds())));
        }
        let mut features = levels.pop().flatten().expect("the last level has features");
        let levels_down = (1..=self.abstractions.len()).rev();
        for ((propagation, block), level) in self.propagations.iter().zip(&self.propagation_blocks).zip(levels_down) {
            let skip = levels.pop().flatten().filter(|_| propagation.skip_channels > 0);
            features = propagation.forward(pyramid, level, skip, features);
            features = apply(block, features, pyramid.clouds());
        }
        linear(&self.classifier, self.dropout.forward(self.head.forward(features)))
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.abstractions.iter_mut().for_each(|abstraction| abstraction.set_momentum(momentum));
        self.residuals.iter_mut().flatten().for_each(|residual| residual.set_momentum(momentum));
        self.propagations.iter_mut().for_each(|propagation| propagation.mlp.set_momentum(momentum));
        self.head.set_momentum(momentum);
        let blocks = self.abstraction_blocks.iter_mut().chain(&mut self.propagation_blocks);
        blocks.flatten().for_each(|block| block.set_momentum(momentum));
    }

    fn summary(&self, points: usize) -> Summary {
        let levels: Vec<usize> =
            std::iter::once(points).chain(self.pyramid.levels.iter().map(|level| level.points())).collect();
        let mut rows: Vec<_> = self.stem.iter().map(|stem| linear_row("stem", stem, points)).collect();
        for (index, (abstraction, block)) in self.abstractions.iter().zip(&self.abstraction_blocks).enumerate() {
            let level = &self.pyramid.levels[index];
            let (centers, members) = (levels[index + 1], level.members(levels[index]));
            let output = [centers, abstraction.out_channels()];
            rows.push(SummaryRow::new(format!("abstractions.{index}"), output, abstraction.counts(centers, &members)));
            for (number, residual) in self.residuals.get(index).into_iter().flatten().enumerate() {
                let counts = residual.counts(centers, level.own_members());
                rows.push(SummaryRow::new(format!("residuals.{index}.{number}"), output, counts));
            }
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
        rows.push(linear_row("classifier", &self.classifier, points));
        Summary::new(rows)
    }
}

impl PointNet2 {
    /// The features that the first level sees.
    fn input(&self, pyramid: &PointPyramid, features: Option<Tensor<2>>) -> Option<Tensor<2>> {
        let Some(stem) = &self.stem else { return features };
        let inputs = match features {
            Some(features) => Tensor::cat(vec![pyramid.coord(0), features], 1),
            None => pyramid.coord(0),
        };
        Some(linear(stem, inputs))
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

/// Applies a block to each cloud.
fn apply(block: &Option<Block>, features: Tensor<2>, clouds: usize) -> Tensor<2> {
    let Some(block) = block else { return features };
    let [rows, channels] = features.dims();
    block.forward(features.reshape([clouds, rows / clouds, channels])).reshape([rows, channels])
}

/// A linear layer on rows, with the product that is fast for many rows.
pub(crate) fn linear(layer: &Linear, x: Tensor<2>) -> Tensor<2> {
    let y = functional::linear(x, layer.weight.val());
    match &layer.bias {
        Some(bias) => functional::add_bias(y, bias.val()),
        None => y,
    }
}

/// The layer that scores the classes; its bias starts at 0, as the authors' does.
pub(crate) fn classifier(channels: usize, classes: usize, initializer: &Initializer, device: &Device) -> Linear {
    let mut linear = LinearConfig::new(channels, classes).with_initializer(initializer.clone()).init(device);
    linear.bias = Some(Initializer::Zeros.init([classes], device));
    linear
}

pub(crate) fn linear_row(name: &str, layer: &Linear, points: usize) -> SummaryRow {
    let outputs = layer.weight.lazy_shape().dims::<2>()[1];
    SummaryRow::new(name, [points, outputs], Counts::of_linear(layer, points))
}
