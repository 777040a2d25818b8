//! Batch normalisation over rows with an optional ReLU, alone or followed by a product with a weight matrix.
//!
//! Ioffe and Szegedy 2015, <https://arxiv.org/abs/1502.03167>: `z = γ (y − mean) / sqrt(var + ε) + β` with the mean and the biased
//! variance of each column. Normalised activations are never stored: the backward pass computes them again from `y`, which costs
//! one multiply-add a value and saves half of the memory of a training step.

use super::matmul::{Block, multiply_block, multiply_transposed_block, weight_gradient_of};
use super::{in_order, output, sum_in_order, task_rows};
use rayon::prelude::*;

/// Mean and biased variance of every column.
#[derive(Debug, Clone)]
pub struct Statistics {
    /// Mean of each column, `[channels]`.
    pub mean: Vec<f32>,
    /// Biased variance of each column, `[channels]`.
    pub var: Vec<f32>,
}

/// Column statistics of `y [rows, c]`, in one pass. Values are shifted by the first row before they are squared, so that the
/// variance of a column far from zero keeps its digits; partial sums are added in `f64`.
pub fn statistics(y: &[f32], c: usize) -> Statistics {
    let rows = y.len() / c;
    let shift = &y[..c];
    let piece = task_rows(c);
    let partials = in_order(rows.div_ceil(piece), |index| {
        let block = &y[index * piece * c..(((index + 1) * piece).min(rows)) * c];
        let (mut sum, mut square) = (vec![0f32; c], vec![0f32; c]);
        let (s, q, shift) = (&mut sum[..c], &mut square[..c], &shift[..c]);
        for row in block.chunks_exact(c) {
            let row = &row[..c];
            for i in 0..c {
                let d = row[i] - shift[i];
                s[i] += d;
                q[i] += d * d;
            }
        }
        (sum, square)
    });
    let (mut sum, mut square) = (vec![0f64; c], vec![0f64; c]);
    for (s, q) in &partials {
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

/// The normalisation as one multiply-add a value: `z = scale · y + shift`.
#[derive(Debug, Clone)]
pub struct Affine {
    /// `γ / sqrt(var + ε)`, `[channels]`.
    pub scale: Vec<f32>,
    /// `β − mean · scale`, `[channels]`.
    pub shift: Vec<f32>,
}

impl Affine {
    /// Folds parameters and statistics.
    pub fn new(gamma: &[f32], beta: &[f32], stats: &Statistics, epsilon: f32) -> Self {
        let scale: Vec<f32> = gamma.iter().zip(&stats.var).map(|(g, v)| g / (v + epsilon).sqrt()).collect();
        let shift = beta.iter().zip(&stats.mean).zip(&scale).map(|((b, m), s)| b - m * s).collect();
        Affine { scale, shift }
    }

    /// `z = scale · y + shift`, clipped at zero if `relu`, for some rows on the calling thread.
    pub(crate) fn apply_block(&self, z: &mut [f32], y: &[f32], relu: bool) {
        let c = self.scale.len();
        let (scale, shift) = (&self.scale[..c], &self.shift[..c]);
        let floor = if relu { 0.0 } else { f32::NEG_INFINITY };
        for (z, y) in z.chunks_exact_mut(c).zip(y.chunks_exact(c)) {
            let (z, y) = (&mut z[..c], &y[..c]);
            for i in 0..c {
                // not `f32::max`, which would turn NaN into the floor and hide it
                let value = y[i] * scale[i] + shift[i];
                z[i] = if value < floor { floor } else { value };
            }
        }
    }

    /// `z [rows, c]` of [`Self::apply_block`] for all rows.
    pub fn apply(&self, y: &[f32], relu: bool) -> Vec<f32> {
        let mut z = output(y.len());
        let piece = task_rows(self.scale.len()) * self.scale.len();
        z.par_chunks_mut(piece).zip(y.par_chunks(piece)).for_each(|(z, y)| self.apply_block(z, y, relu));
        z
    }

    /// `relu(scale · y + shift) · w`, without storing the first factor. `y [rows, ci]`, `w [ci, co]`, result `[rows, co]`.
    pub fn relu_then_multiply(&self, y: &[f32], w: &[f32], co: usize) -> Vec<f32> {
        let ci = self.scale.len();
        let rows = y.len() / ci;
        let mut out = output(rows * co);
        let piece = (task_rows(ci.max(co)) / 2).max(32);
        out.par_chunks_mut(piece * co).zip(y.par_chunks(piece * ci)).for_each_init(Vec::new, |scratch, (out, y)| {
            scratch.resize(y.len(), 0.0);
            self.apply_block(scratch, y, true);
            multiply_block(out, scratch, ci, w, co);
        });
        out
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

/// What the backward pass of a normalisation needs to know of its forward pass.
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

    /// Coefficients `(a, b)` of the part of the gradient that is the same for all rows: `dy = scale · dz + a + b · y`, from
    /// `Σ dz` and `dγ`.
    pub(crate) fn shared_terms(&self, scale: &[f32], sum_dz: &[f32], dgamma: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let n = self.rows() as f32;
        let inverse = self.inverse_deviation();
        let b: Vec<f32> = (0..self.channels()).map(|i| -scale[i] * dgamma[i] / n * inverse[i]).collect();
        let a = (0..self.channels()).map(|i| -scale[i] * sum_dz[i] / n - b[i] * self.stats.mean[i]).collect();
        (a, b)
    }

    /// Backward pass in place: `gradient` holds `dz [rows, c]` and becomes `dy`. Returns `(dγ, dβ)`.
    fn backward_in_place(&self, gradient: &mut [f32], relu: bool) -> (Vec<f32>, Vec<f32>) {
        let (c, rows) = (self.channels(), self.rows());
        let affine = self.affine();
        let piece = task_rows(c);
        let partials = in_order(rows.div_ceil(piece), |index| {
            let range = index * piece * c..((index + 1) * piece).min(rows) * c;
            self.sums(&gradient[range.clone()], &self.y[range], &affine, relu)
        });
        let (sums, products): (Vec<_>, Vec<_>) = partials.into_iter().unzip();
        let dbeta = sum_in_order(sums, c);
        let mut dgamma = sum_in_order(products, c);
        for (d, inverse) in dgamma.iter_mut().zip(self.inverse_deviation()) {
            *d *= inverse;
        }
        let (a, b) = self.shared_terms(&affine.scale, &dbeta, &dgamma);
        gradient.par_chunks_mut(piece * c).zip(self.y.par_chunks(piece * c)).for_each(|(gradient, y)| {
            let (scale, shift, a, b) = (&affine.scale[..c], &affine.shift[..c], &a[..c], &b[..c]);
            for (g, y) in gradient.chunks_exact_mut(c).zip(y.chunks_exact(c)) {
                let (g, y) = (&mut g[..c], &y[..c]);
                for i in 0..c {
                    let pass = (!relu | (y[i] * scale[i] + shift[i] > 0.0)) as u32 as f32;
                    g[i] = scale[i] * (g[i] * pass) + a[i] + b[i] * y[i];
                }
            }
        });
        (dgamma, dbeta)
    }

    /// `Σ dz` and `Σ dz (y − mean)` over some rows, where `dz` is the gradient behind the ReLU.
    fn sums(&self, gradient: &[f32], y: &[f32], affine: &Affine, relu: bool) -> (Vec<f32>, Vec<f32>) {
        let c = self.channels();
        let (mut sum, mut product) = (vec![0f32; c], vec![0f32; c]);
        let (s, p) = (&mut sum[..c], &mut product[..c]);
        let (scale, shift, mean) = (&affine.scale[..c], &affine.shift[..c], &self.stats.mean[..c]);
        for (g, y) in gradient.chunks_exact(c).zip(y.chunks_exact(c)) {
            let (g, y) = (&g[..c], &y[..c]);
            for i in 0..c {
                let pass = (!relu | (y[i] * scale[i] + shift[i] > 0.0)) as u32 as f32;
                let d = g[i] * pass;
                s[i] += d;
                p[i] += d * (y[i] - mean[i]);
            }
        }
        (sum, product)
    }

    /// Gradients of `z = bn(y)`, behind a ReLU if `relu`, from `gz [rows, c]`.
    pub fn backward(&self, gz: &[f32], relu: bool) -> NormGradients {
        let mut y = gz.to_vec();
        let (gamma, beta) = self.backward_in_place(&mut y, relu);
        NormGradients { y, gamma, beta }
    }

    /// Gradients of `relu(bn(y)) · w` from `gout [rows, co]`: of `y`, γ, β and of `w [c, co]`.
    pub fn backward_through_multiply(&self, w: &[f32], gout: &[f32], co: usize) -> (NormGradients, Vec<f32>) {
        let (ci, rows) = (self.channels(), self.rows());
        let affine = self.affine();
        let gw = weight_gradient_of(rows, ci, co, gout, |first, last, scratch| {
            scratch.resize(scratch.len().max((last - first) * ci), 0.0);
            affine.apply_block(&mut scratch[..(last - first) * ci], &self.y[first * ci..last * ci], true);
            Block::Scratch
        });
        let mut gradient = output(rows * ci);
        let piece = task_rows(ci.max(co)).max(32);
        gradient
            .par_chunks_mut(piece * ci)
            .zip(gout.par_chunks(piece * co))
            .for_each(|(g, gout)| multiply_transposed_block(g, gout, co, w, ci));
        let (gamma, beta) = self.backward_in_place(&mut gradient, true);
        (NormGradients { y: gradient, gamma, beta }, gw)
    }
}
