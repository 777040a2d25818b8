//! What a network learns and computes.

use burn::nn::Linear;
use pointtensor::layer::SharedMlp;
use serde::Serialize;
use std::ops::Add;

/// Learned values and multiply-accumulates.
///
/// Weights, biases, scales and shifts are learned; the running statistics that burn's `num_params` also counts are not.
/// Of the computation, only matrix products count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Learned values.
    pub params: usize,
    /// Multiply-accumulates of one forward pass over one cloud, in the classical formulation: every layer of a shared
    /// perceptron is applied to every member of every group, even where the program computes less.
    pub macs: u64,
}

impl Counts {
    /// Counts of a shared perceptron applied to `rows` rows.
    pub fn of_mlp(mlp: &SharedMlp, rows: usize) -> Counts {
        let weights: usize = mlp.weights.iter().map(|w| w.lazy_shape().num_elements()).sum();
        let norms: usize = mlp.norms.iter().map(|norm| 2 * norm.channels()).sum();
        Counts { params: weights + norms, macs: rows as u64 * weights as u64 }
    }

    /// Counts of a linear layer applied to `rows` rows.
    pub fn of_linear(linear: &Linear, rows: usize) -> Counts {
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SummaryRow {
    /// Path of the module in the network, as in its records.
    pub name: String,
    /// Shape of the result for one cloud, `[points, channels]`.
    pub output: [usize; 2],
    /// What it learns and computes.
    pub counts: Counts,
    /// For a block that is added to a network, its multiply-accumulates by kind; they add up to those of `counts`.
    pub block: Option<Vec<(&'static str, u64)>>,
}

impl SummaryRow {
    /// A layer of the network itself.
    pub fn new(name: impl Into<String>, output: [usize; 2], counts: Counts) -> Self {
        SummaryRow { name: name.into(), output, counts, block: None }
    }
}

/// The layers of a network, and what they cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The layers in the order in which they are applied.
    pub rows: Vec<SummaryRow>,
    /// Their sum.
    pub total: Counts,
}

impl Summary {
    /// Sums up the layers.
    pub fn new(rows: Vec<SummaryRow>) -> Self {
        let total = rows.iter().map(|row| row.counts).sum();
        Summary { rows, total }
    }

    /// What the blocks add to the network: learned values, and multiply-accumulates by kind.
    pub fn blocks(&self) -> (usize, Vec<(&'static str, u64)>) {
        let (mut params, mut kinds) = (0, Vec::<(&str, u64)>::new());
        for row in &self.rows {
            for &(kind, macs) in row.block.iter().flatten() {
                match kinds.iter_mut().find(|(known, _)| *known == kind) {
                    Some((_, sum)) => *sum += macs,
                    None => kinds.push((kind, macs)),
                }
            }
            params += row.block.as_ref().map_or(0, |_| row.counts.params);
        }
        (params, kinds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_summed_by_kind() {
        let row = |params, block| SummaryRow {
            name: String::new(),
            output: [1, 1],
            counts: Counts { params, macs: 10 },
            block,
        };
        let summary = Summary::new(vec![
            row(1, None),
            row(2, Some(vec![("projections", 7), ("products", 3)])),
            row(4, Some(vec![("projections", 10)])),
        ]);
        assert_eq!(summary.total, Counts { params: 7, macs: 30 });
        assert_eq!(summary.blocks(), (6, vec![("projections", 17), ("products", 3)]));
    }
}
