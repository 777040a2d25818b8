//! Products with a relation between the points of a cloud and a few nodes, scaled to length 1: how LatentGNN (Zhang,
//! Yan and He 2019, <https://arxiv.org/abs/1905.11634>, equations 5 and 7) gathers points into latent nodes and returns
//! their features to the points.
//!
//! The scaled relation is never stored: the smaller side of each product is divided by the lengths, and each row of its
//! gradient is finished while it is in the cache.
//!
//! For clouds of `n` points, one after another: relation `[clouds · n, d]`, features `[clouds · n, c]`, latent features
//! `[clouds · d, c]`.

use super::matmul::GRADIENT_PIECES;
use super::tile::{multiply_block, multiply_transposed_block, weight_gradient_block};
use super::unit::{across, along, dot, inverse_length, inverse_lengths, lengths, scale, scaled};
use super::{fill_matrix, fill_rows, in_order, pieces, sum_in_order, task_rows, vectorized, zeroed};
use std::ops::Range;

/// Along which axis the relation between points and latent nodes is scaled to length 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitLength {
    /// Over the points of a cloud: one length per node, `[clouds · nodes]`.
    OverPoints,
    /// Over the nodes: one length per point, `[clouds · points]`.
    OverNodes,
}

/// The size of a product.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Number of clouds.
    pub clouds: usize,
    /// Points of each cloud.
    pub points: usize,
    /// Latent nodes of each cloud, d.
    pub nodes: usize,
    /// Channels of the features, c.
    pub channels: usize,
}

impl Shape {
    /// Rows per piece of a cloud. The number of pieces depends on the shape alone and is that of a weight gradient.
    fn piece(&self) -> usize {
        let pieces = (GRADIENT_PIECES / self.clouds.max(1)).max(1);
        self.points.div_ceil(pieces).max(64)
    }

    /// The rows of all clouds in blocks, each of one cloud.
    fn blocks(self) -> impl Iterator<Item = Range<usize>> {
        let block = task_rows(self.nodes.max(self.channels));
        (0..self.clouds).flat_map(move |cloud| {
            let first = cloud * self.points;
            pieces(self.points, block).map(move |rows| first + rows.start..first + rows.end)
        })
    }

    /// Runs `task` on the pieces of all clouds and adds the results of each cloud in order.
    fn sum_pieces(&self, len: usize, task: impl Fn(Range<usize>) -> Vec<f32> + Send + Sync) -> Vec<Vec<f32>> {
        let (rows, pieces) = (self.piece(), self.points.div_ceil(self.piece()));
        let mut partials = in_order(self.clouds * pieces, |i| {
            let (cloud, piece) = (i / pieces, i % pieces);
            let (first, last) = (piece * rows, ((piece + 1) * rows).min(self.points));
            task(cloud * self.points + first..cloud * self.points + last)
        })
        .into_iter();
        (0..self.clouds).map(|_| sum_in_order(partials.by_ref().take(pieces).collect(), len)).collect()
    }
}

/// `Âᵀ · X` for each cloud, where Â is the relation A scaled to length 1. Returns
/// `(latent [clouds · d, c], 1 / lengths)`.
pub fn to_latent(relation: &[f32], features: &[f32], shape: Shape, unit: UnitLength) -> (Vec<f32>, Vec<f32>) {
    let Shape { nodes: d, channels: c, .. } = shape;
    let by_point = match unit {
        UnitLength::OverNodes => inverse_lengths(relation, d),
        UnitLength::OverPoints => Vec::new(),
    };
    let sums = shape.sum_pieces(d * c + d, |rows| {
        let mut sums = vec![0.0; d * c + d];
        let (product, squares) = sums.split_at_mut(d * c);
        let a = &relation[rows.start * d..rows.end * d];
        let x = &features[rows.start * c..rows.end * c];
        match unit {
            UnitLength::OverPoints => {
                vectorized(|| add_squares(squares, a));
                weight_gradient_block(product, a, d, x, c, false);
            }
            UnitLength::OverNodes => weight_gradient_block(product, a, d, &scaled(x, c, &by_point[rows]), c, false),
        }
        sums
    });
    let mut latent = Vec::with_capacity(shape.clouds * d * c);
    let mut inverse = by_point;
    for sums in sums {
        let (product, squares) = sums.split_at(d * c);
        if unit == UnitLength::OverNodes {
            latent.extend_from_slice(product);
            continue;
        }
        let first = inverse.len();
        inverse.extend(squares.iter().copied().map(inverse_length));
        latent.extend(scaled(product, c, &inverse[first..]));
    }
    (latent, inverse)
}

/// Gradients of [`to_latent`] with respect to the relation and the features, from that of the latent features.
///
/// With lengths s over the points, `dA = X Gᵀ / s − A · (Σ G Z) / s²`, where Z is the result. With lengths over the
/// nodes, the part along the relation is taken out of D = X Gᵀ, the gradient of the scaled relation:
/// `dA = (D − Â (D · Â)) / s`. Where s is [`super::unit::LEAST_LENGTH`], it is a constant, and nothing is subtracted.
pub fn to_latent_backward(
    relation: &[f32],
    features: &[f32],
    latent: &[f32],
    inverse: &[f32],
    gout: &[f32],
    shape: Shape,
    unit: UnitLength,
) -> (Vec<f32>, Vec<f32>) {
    let Shape { nodes: d, channels: c, .. } = shape;
    // The factor of both products and, for lengths over the points, what is subtracted from each row.
    let (gradient, along) = match unit {
        UnitLength::OverNodes => (gout.to_vec(), Vec::new()),
        UnitLength::OverPoints => {
            let dots = gout.chunks_exact(c).zip(latent.chunks_exact(c)).map(|(g, z)| vectorized(|| dot(g, z)));
            (scaled(gout, c, inverse), dots.zip(inverse).map(|(dot, &inverse)| along(dot, inverse)).collect())
        }
    };
    let ([ga, gx], _) = fill_rows(shape.blocks(), [d, c], |rows, [ga, gx]| {
        let cloud = rows.start / shape.points;
        let (a, x) = (&relation[rows.start * d..rows.end * d], &features[rows.start * c..rows.end * c]);
        let g = &gradient[cloud * d * c..(cloud + 1) * d * c];
        let ga = multiply_transposed_block(ga, x, c, g, d);
        let gx = multiply_block(gx, a, d, g, c);
        vectorized(|| match unit {
            UnitLength::OverPoints => subtract_scaled(ga, a, &along[cloud * d..(cloud + 1) * d]),
            UnitLength::OverNodes => {
                across(ga, a, d, &inverse[rows.clone()]);
                scale(gx, c, &inverse[rows]);
            }
        });
        ([ga, gx], ())
    });
    (ga, gx)
}

/// `Â · Z` for each cloud, where Â is the relation A scaled to length 1 over the nodes. Returns
/// `(features [clouds · n, c], 1 / lengths)`.
pub fn from_latent(relation: &[f32], latent: &[f32], shape: Shape) -> (Vec<f32>, Vec<f32>) {
    let Shape { nodes: d, channels: c, .. } = shape;
    let ([features, inverse], _) = fill_rows(shape.blocks(), [c, 1], |rows, [features, inverse]| {
        let cloud = rows.start / shape.points;
        let a = &relation[rows.start * d..rows.end * d];
        let features = multiply_block(features, a, d, &latent[cloud * d * c..(cloud + 1) * d * c], c);
        let inverse = zeroed(inverse);
        vectorized(|| {
            lengths(inverse, a, d);
            scale(features, c, inverse);
        });
        ([features, inverse], ())
    });
    (features, inverse)
}

/// Gradients of [`from_latent`] with respect to the relation and the latent features, from that of the features.
pub fn from_latent_backward(
    relation: &[f32],
    latent: &[f32],
    inverse: &[f32],
    gout: &[f32],
    shape: Shape,
) -> (Vec<f32>, Vec<f32>) {
    let Shape { nodes: d, channels: c, .. } = shape;
    let ga = fill_matrix(shape.blocks(), d, |rows, ga| {
        let cloud = rows.start / shape.points;
        let a = &relation[rows.start * d..rows.end * d];
        let g = &gout[rows.start * c..rows.end * c];
        let ga = multiply_transposed_block(ga, g, c, &latent[cloud * d * c..(cloud + 1) * d * c], d);
        vectorized(|| across(ga, a, d, &inverse[rows]));
        ga
    });
    let sums = shape.sum_pieces(d * c, |rows| {
        let mut sum = vec![0.0; d * c];
        let g = scaled(&gout[rows.start * c..rows.end * c], c, &inverse[rows.clone()]);
        weight_gradient_block(&mut sum, &relation[rows.start * d..rows.end * d], d, &g, c, false);
        sum
    });
    (ga, sums.concat())
}

/// Adds the squares of each column.
#[inline(always)]
fn add_squares(sums: &mut [f32], rows: &[f32]) {
    let d = sums.len();
    for row in rows.chunks_exact(d) {
        let (sums, row) = (&mut sums[..d], &row[..d]);
        for i in 0..d {
            sums[i] += row[i] * row[i];
        }
    }
}

/// `x −= a · factors` by column.
#[inline(always)]
fn subtract_scaled(x: &mut [f32], a: &[f32], factors: &[f32]) {
    let d = factors.len();
    for (x, a) in x.chunks_exact_mut(d).zip(a.chunks_exact(d)) {
        let (x, a) = (&mut x[..d], &a[..d]);
        for i in 0..d {
            x[i] -= a[i] * factors[i];
        }
    }
}
