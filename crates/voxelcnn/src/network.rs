//! The network.

use crate::grid::{GridsOnDevice, VoxelGrids};
use crate::stage::Stage;
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Tensor, activation::relu};
use pointmodel::{Counts, Network, Summary, SummaryRow};
use pointtensor::functional;
use pointtensor::layer::PointDropout;

/// 3DCNN (Dai et al. 2017, <https://arxiv.org/abs/1702.04405>): stages of convolutions on the whole grid, a hidden layer
/// on all that is left of it, and scores for every height of the middle column. Built by
/// [`VoxelCnnConfig`](crate::VoxelCnnConfig).
///
/// A point gets the scores of its height, also outside the middle column.
#[derive(Module, Debug)]
pub struct VoxelCnn {
    /// Stages of convolutions, from the input.
    pub stages: Vec<Stage>,
    /// Hidden layer; its input is (cell, channel) of the last stage, z slowest and x fastest.
    pub hidden: Linear,
    /// Dropout after it.
    pub dropout: PointDropout,
    /// Scores of the classes, `[hidden, heights · classes]`.
    pub classifier: Linear,
    /// Cells along z.
    pub height: usize,
}

impl VoxelCnn {
    /// Returns the scores of every height of the middle column of each cloud, `[clouds · height, outputs]`.
    pub fn columns(&self, grids: &GridsOnDevice) -> Tensor<2> {
        let x = self.stages.iter().fold(grids.cells.clone(), |x, stage| stage.forward(x, grids.clouds));
        let values = x.dims().iter().product::<usize>() / grids.clouds;
        self.classify(x.reshape([grids.clouds, values]))
    }

    /// Scores of every height from what the stages leave of each column.
    ///
    /// # Shapes
    /// - `x`: `[columns, cells · channels]`
    /// - result: `[columns · height, outputs]`
    pub(crate) fn classify(&self, x: Tensor<2>) -> Tensor<2> {
        let columns = x.dims()[0];
        let hidden = self.dropout.forward(relu(linear(&self.hidden, x)));
        let scores = linear(&self.classifier, hidden);
        let outputs = scores.dims()[1] / self.height;
        scores.reshape([columns * self.height, outputs])
    }
}

/// A linear layer with bias, with the product of `pointtensor`.
fn linear(layer: &Linear, x: Tensor<2>) -> Tensor<2> {
    let y = functional::linear(x, layer.weight.val());
    match &layer.bias {
        Some(bias) => functional::add_bias(y, bias.val()),
        None => y,
    }
}

impl Network for VoxelCnn {
    type Prepared = VoxelGrids;

    fn forward(&self, grids: &GridsOnDevice, features: Option<Tensor<2>>) -> Tensor<2> {
        assert!(features.is_none(), "VoxelCnn: it takes no features");
        let ones = Tensor::ones([grids.levels.dims()[0], 1], &grids.cells.device());
        functional::interpolate(self.columns(grids), grids.levels.clone(), ones, grids.clouds)
    }

    fn set_momentum(&mut self, momentum: f64) {
        self.stages.iter_mut().for_each(|stage| stage.mlp.set_momentum(momentum));
    }

    fn summary(&self, _: usize) -> Summary {
        let stage = |(index, stage): (usize, &Stage)| {
            let output = [stage.cells_out().iter().product(), stage.mlp.out_channels()];
            SummaryRow::new(format!("stages.{index}"), output, stage.counts())
        };
        let width = |layer: &Linear| layer.weight.lazy_shape().dims::<2>()[1];
        let mut rows: Vec<SummaryRow> = self.stages.iter().enumerate().map(stage).collect();
        rows.push(SummaryRow::new("hidden", [1, width(&self.hidden)], Counts::of_linear(&self.hidden, 1)));
        let output = [self.height, width(&self.classifier) / self.height];
        rows.push(SummaryRow::new("classifier", output, Counts::of_linear(&self.classifier, 1)));
        Summary::new(rows)
    }
}
