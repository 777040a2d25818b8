//! What a network learns and computes.

use crate::spec::PyramidSpec;
use burn::nn::Linear;
use latentgnn::Macs;
use pointtensor::layer::SharedMlp;
use std::ops::Add;

/// Learned values and multiply-accumulates.
///
/// Learned are weights, biases, scales and shifts, but not the running statistics that burn's `num_params` counts too. Of the
/// computation only matrix products are counted, as in [`latentgnn::Macs`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Learned values.
    pub params: usize,
    /// Multiply-accumulates of one forward pass over one cloud, in the classical formulation: every layer of a perceptron is applied
    /// to every member of every group. This crate computes less, since it applies the first layer before grouping.
    pub macs: u64,
}

impl Counts {
    pub(crate) fn of_mlp(mlp: &SharedMlp, rows: usize) -> Counts {
        let weights: usize = mlp.weights.iter().map(|w| w.lazy_shape().num_elements()).sum();
        let norms: usize = mlp.norms.iter().map(|norm| 2 * norm.channels()).sum();
        Counts { params: weights + norms, macs: rows as u64 * weights as u64 }
    }

    pub(crate) fn of_linear(linear: &Linear, rows: usize) -> Counts {
        let weights = linear.weight.lazy_shape().num_elements();
        let biases = linear.bias.as_ref().map_or(0, |bias| bias.lazy_shape().num_elements());
        Counts { params: weights + biases, macs: rows as u64 * weights as u64 }
    }
}

impl Add for Counts {
    type Output = Counts;

    fn add(self, other: Counts) -> Counts {
        Counts { params: self.params + other.params, macs: self.macs + other.macs }
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Counts>>(counts: I) -> Counts {
        counts.fold(Counts::default(), Add::add)
    }
}

/// One layer of a [`Summary`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryRow {
    /// Path of the module in the network, as in its records.
    pub name: String,
    /// Shape of the result for one cloud, `[points, channels]`.
    pub output: [usize; 2],
    /// What it learns and computes.
    pub counts: Counts,
    /// For a LatentGNN or non-local block, its multiply-accumulates by kind; they add up to those of `counts`.
    pub block: Option<Macs>,
}

/// The layers of a network, and what they cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The layers in the order in which they are applied.
    pub rows: Vec<SummaryRow>,
    /// All of them.
    pub total: Counts,
}

impl Summary {
    pub(crate) fn new(rows: Vec<SummaryRow>) -> Self {
        let total = rows.iter().map(|row| row.counts).sum();
        Summary { rows, total }
    }

    /// Learned values of the blocks, and their multiply-accumulates by kind: what they cost over the network without them.
    ///
    /// The figures published with LatentGNN fit `projections + affinity` for LatentGNN and `projections` alone for the non-local
    /// block.
    pub fn blocks(&self) -> (usize, Macs) {
        let blocks = self.rows.iter().filter_map(|row| row.block.map(|macs| (row.counts.params, macs)));
        blocks.fold((0, Macs::default()), |(params, macs), (p, m)| (params + p, macs + m))
    }
}

/// Points of every level, from the input's.
pub(crate) fn level_points(spec: &PyramidSpec, points: usize) -> Vec<usize> {
    std::iter::once(points).chain(spec.levels.iter().map(|level| level.points())).collect()
}
