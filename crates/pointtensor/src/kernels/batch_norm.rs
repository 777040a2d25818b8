//! Batch normalisation over rows with an optional ReLU, alone or followed by a product with a weight matrix.
//!
//! Ioffe and Szegedy 2015, <https://arxiv.org/abs/1502.03167>: `z = γ (y − mean) / sqrt(var + ε) + β` with the mean and
//! the biased variance of each column. Normalised activations are not stored: the backward pass computes them again
//! from `y`, which costs one multiply-add per value and saves half the memory of a training step.

use super::matmul::{add_pieces, gradient_pieces};
use super::rows::{self, Terms};
use super::tile::{Panels, weight_gradient_block};
use super::{Unwritten, fill_matrix, fill_rows, in_order, pieces, task_rows, unwritten, vectorized};
use rayon::prelude::*;

/// Mean and biased variance of each column.
#[derive(Debug, Clone)]
pub struct Statistics {
    /// Mean of each column, `[channels]`.
    pub mean: Vec<f32>,
    /// Biased variance of each column, `[channels]`.
    pub var: Vec<f32>,
}

/// Sums of `y − shift` and of its square over some rows, for each column.
pub(crate) type Moments = (Vec<f32>, Vec<f32>);

/// Statistics of the columns of `y [rows, c]`, in one pass. The first row is subtracted before squaring, so that the
/// variance of a column far from zero keeps its digits; partial sums are added in `f64`.
pub fn statistics(y: &[f32], c: usize) -> Statistics {
    let rows = y.len() / c;
    let shift = &y[..c];
    let piece = task_rows(c);
    let partials = in_order(rows.div_ceil(piece), |index| {
        let block = &y[index * piece * c..(((index + 1) * piece).min(rows)) * c];
        let (mut sum, mut square) = (vec![0f32; c], vec![0f32; c]);
        vectorized(|| rows::moments(&mut sum, &mut square, block, shift));
        (sum, square)
    });
    Statistics::of_moments(&partials, shift, rows)
}

impl Statistics {
    /// From the moments of each piece, which have `rows` rows in all; they are added in `f64`.
    pub(crate) fn of_moments(pieces: &[Moments], shift: &[f32], rows: usize) -> Self {
        let c = shift.len();
        let (mut sum, mut square) = (vec![0f64; c], vec![0f64; c]);
        for (s, q) in pieces {
            for i in 0..c {
                sum[i] += s[i] as f64;
                square[i] += q[i] as f64;
            }
        }
        let n = rows as f64;
        let mean = (0..c).map(|i| (sum[i] / n + shift[i] as f64) as f32).collect();
        let var = (0..c).map(|i| (square[i] / n - (sum[i] / n) * (sum[i] / n)).max(0.0) as f32).collect();
        Statistics { mean, var }
    }
}

/// The lower bound of the results.
pub(super) fn lowest(relu: bool) -> f32 {
    if relu { 0.0 } else { f32::NEG_INFINITY }
}

/// The normalisation as one multiply-add per value: `z = scale · y + shift`.
#[derive(Debug, Clone)]
pub struct Affine {
    /// `γ / sqrt(var + ε)`, `[channels]`.
    pub scale: Vec<f32>,
    /// `β − mean · scale`, `[channels]`.
    pub shift: Vec<f32>,
}

impl Affine {
    /// Folds parameters and statistics into scale and shift.
    pub fn new(gamma: &[f32], beta: &[f32], stats: &Statistics, epsilon: f32) -> Self {
        let scale: Vec<f32> = gamma.iter().zip(&stats.var).map(|(g, v)| g / (v + epsilon).sqrt()).collect();
        let shift = beta.iter().zip(&stats.mean).zip(&scale).map(|((b, m), s)| b - m * s).collect();
        Affine { scale, shift }
    }

    /// `z = scale · y + shift`, then ReLU if `relu`, for some rows on the calling thread.
    pub(crate) fn apply_block<'a>(&self, z: &'a mut Unwritten, y: &[f32], relu: bool) -> &'a mut [f32] {
        vectorized(|| rows::affine(z, y, &self.scale, &self.shift, lowest(relu)))
    }

    /// `z [rows, c] = scale · y + shift`, then ReLU if `relu`.
    pub fn apply(&self, y: &[f32], relu: bool) -> Vec<f32> {
        let c = self.scale.len();
        fill_matrix(pieces(y.len() / c, task_rows(c)), c, |rows, z| {
            self.apply_block(z, &y[rows.start * c..rows.end * c], relu)
        })
    }

    /// `relu(scale · y + shift) · w`, without storing the first factor. `y [rows, ci]`, `w [ci, co]`, result
    /// `[rows, co]`.
    pub fn relu_then_multiply(&self, y: &[f32], w: &[f32], co: usize) -> Vec<f32> {
        let ci = self.scale.len();
        let (piece, w) = ((task_rows(ci.max(co)) / 2).max(32).next_multiple_of(48), Panels::new(w, ci, co));
        fill_matrix(pieces(y.len() / ci, piece), co, |rows, out| {
            let y = &y[rows.start * ci..rows.end * ci];
            w.multiply(out, self.apply_block(&mut unwritten(y.len()), y, true))
        })
    }
}

/// Gradients of a normalisation.
#[derive(Debug, Clone)]
pub struct NormGradients {
    /// With respect to the input, `[rows, c]`.
    pub y: Vec<f32>,
    /// With respect to γ, `[c]`.
    pub gamma: Vec<f32>,
    /// With respect to β, `[c]`.
    pub beta: Vec<f32>,
}

/// What the backward pass of a normalisation needs from its forward pass.
#[derive(Debug, Clone, Copy)]
pub struct NormState<'a> {
    /// The input, `[rows, c]`.
    pub y: &'a [f32],
    /// Scale parameter γ, `[c]`.
    pub gamma: &'a [f32],
    /// Shift parameter β, `[c]`.
    pub beta: &'a [f32],
    /// Statistics of the batch.
    pub stats: &'a Statistics,
    /// Added to the variance.
    pub epsilon: f32,
}

impl NormState<'_> {
    pub(crate) fn channels(&self) -> usize {
        self.gamma.len()
    }

    pub(crate) fn rows(&self) -> usize {
        self.y.len() / self.channels().max(1)
    }

    pub(crate) fn affine(&self) -> Affine {
        Affine::new(self.gamma, self.beta, self.stats, self.epsilon)
    }

    pub(crate) fn inverse_deviation(&self) -> Vec<f32> {
        self.stats.var.iter().map(|v| 1.0 / (v + self.epsilon).sqrt()).collect()
    }

    /// The terms of each row's gradient, `dy = scale · (dz − offset − slope · (y − mean))`, from `Σ dz` and `dγ`. The
    /// mean is subtracted from every value, because the sum of the three terms is often much smaller than each of them.
    pub(crate) fn terms<'b>(&'b self, scale: &'b [f32], sum_dz: &[f32], dgamma: &[f32]) -> Terms<'b> {
        let n = self.rows() as f32;
        let slope = dgamma.iter().zip(self.inverse_deviation()).map(|(d, inverse)| d * inverse / n).collect();
        Terms { scale, mean: &self.stats.mean, offset: sum_dz.iter().map(|sum| sum / n).collect(), slope }
    }

    /// `(dγ, dβ)` from `Σ dz` and `Σ dz (y − mean)` of the pieces, which are added in their order.
    pub(super) fn parameter_gradients(&self, partials: Vec<Sums>) -> (Vec<f32>, Vec<f32>) {
        let mut total = Sums::new(self.channels());
        for partial in &partials {
            total.add(partial);
        }
        let inverse = self.inverse_deviation();
        let gamma = total.product.iter().zip(inverse).map(|(p, inverse)| (p * inverse as f64) as f32).collect();
        (gamma, total.sum.iter().map(|s| *s as f32).collect())
    }

    /// Gradients of `z = norm(y)`, followed by ReLU if `relu`, from `gz [rows, c]`.
    pub fn backward(&self, gz: &[f32], relu: bool) -> NormGradients {
        let (c, rows) = (self.channels(), self.rows());
        let affine = self.affine();
        let piece = task_rows(c);
        let partials = in_order(rows.div_ceil(piece), |index| {
            let range = index * piece * c..((index + 1) * piece).min(rows) * c;
            let mut sums = Sums::new(c);
            sums.add_rows(&gz[range.clone()], &self.y[range], &affine, &self.stats.mean, relu);
            sums
        });
        let (gamma, beta) = self.parameter_gradients(partials);
        let terms = self.terms(&affine.scale, &beta, &gamma);
        let gy = fill_matrix(pieces(rows, piece), c, |rows, gy| {
            let range = rows.start * c..rows.end * c;
            let (gz, y) = (&gz[range.clone()], &self.y[range]);
            vectorized(|| rows::gradient(gy, gz, y, &terms, &affine.shift, lowest(relu)))
        });
        NormGradients { y: gy, gamma, beta }
    }

    /// Gradients of `relu(norm(y)) · w` with respect to `y`, γ, β and `w [c, co]`, from `gout [rows, co]`.
    ///
    /// The first pass, over blocks of rows that stay in the cache, computes the activations again, adds to the gradient
    /// of the weights, and goes back through product and ReLU. The second adds the terms that depend on sums over all
    /// rows.
    pub fn backward_through_multiply(&self, w: &[f32], gout: &[f32], co: usize) -> (NormGradients, Vec<f32>) {
        let (ci, rows) = (self.channels(), self.rows());
        let (affine, w) = (self.affine(), Panels::transposed(w, ci, co));
        let block = (128 * 1024 / (ci + co).max(1)).max(32);
        let piece = rows.div_ceil(block).div_ceil(gradient_pieces(ci, co)).max(1) * block;
        let ([mut gradient], partials) = fill_rows(pieces(rows, piece), [ci], |range, [gradient]| {
            let y = &self.y[range.start * ci..range.end * ci];
            let gout = &gout[range.start * co..range.end * co];
            let (mut gw, mut sums) = (vec![0.0; ci * co], Sums::new(ci));
            let mut z = unwritten(block.min(rows) * ci);
            let blocks = gradient.chunks_mut(block * ci).zip(y.chunks(block * ci)).zip(gout.chunks(block * co));
            let mut written = 0;
            for (index, ((gradient, y), gout)) in blocks.enumerate() {
                let z = affine.apply_block(&mut z[..y.len()], y, true);
                weight_gradient_block(&mut gw, z, ci, gout, co, index > 0);
                let gradient = w.multiply(gradient, gout);
                sums.add_masked_rows(gradient, y, z, &self.stats.mean);
                written += gradient.len();
            }
            assert_eq!(written, gradient.len(), "inputs of different lengths");
            // SAFETY: the blocks follow one another and were written to the end, see the assertion.
            ([unsafe { gradient.assume_init_mut() }], (gw, sums))
        });
        let (products, sums): (Vec<_>, Vec<_>) = partials.into_iter().unzip();
        let (gamma, beta) = self.parameter_gradients(sums);
        let terms = self.terms(&affine.scale, &beta, &gamma);
        let piece = task_rows(ci) * ci;
        gradient
            .par_chunks_mut(piece)
            .zip(self.y.par_chunks(piece))
            .for_each(|(gradient, y)| vectorized(|| rows::gradient_in_place(gradient, y, &terms)));
        (NormGradients { y: gradient, gamma, beta }, add_pieces(products))
    }
}

/// The sums over rows in the gradients of γ and β, for each column. Rows of a block are added in `f32`, blocks in
/// `f64`.
pub(super) struct Sums {
    /// `Σ dz`.
    sum: Vec<f64>,
    /// `Σ dz (y − mean)`.
    product: Vec<f64>,
}

impl Sums {
    pub(super) fn new(c: usize) -> Self {
        Sums { sum: vec![0.0; c], product: vec![0.0; c] }
    }

    fn add(&mut self, other: &Sums) {
        self.sum.iter_mut().zip(&other.sum).for_each(|(sum, value)| *sum += value);
        self.product.iter_mut().zip(&other.product).for_each(|(sum, value)| *sum += value);
    }

    pub(super) fn add_block(&mut self, sum: &[f32], product: &[f32]) {
        self.sum.iter_mut().zip(sum).for_each(|(sum, value)| *sum += *value as f64);
        self.product.iter_mut().zip(product).for_each(|(sum, value)| *sum += *value as f64);
    }

    /// Adds rows, given the gradient of the output.
    fn add_rows(&mut self, gz: &[f32], y: &[f32], affine: &Affine, mean: &[f32], relu: bool) {
        let c = mean.len();
        let (mut sum, mut product) = (vec![0f32; c], vec![0f32; c]);
        vectorized(|| rows::sums(&mut sum, &mut product, gz, y, [&affine.scale, &affine.shift, mean], lowest(relu)));
        self.add_block(&sum, &product);
    }

    /// Clears the gradient where the activation `z` is zero and adds the rows.
    fn add_masked_rows(&mut self, gradient: &mut [f32], y: &[f32], z: &[f32], mean: &[f32]) {
        let c = mean.len();
        let (mut sum, mut product) = (vec![0f32; c], vec![0f32; c]);
        vectorized(|| rows::masked_sums(&mut sum, &mut product, gradient, y, z, mean));
        self.add_block(&sum, &product);
    }
}
