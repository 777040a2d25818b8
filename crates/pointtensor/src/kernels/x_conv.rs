//! PointCNN's X-convolution up to its pointwise product: the transformation of each center times the features of its
//! neighbours, then a depthwise 1×K convolution. See [`crate::functional::x_conv`].
//!
//! Neither the gathered nor the transformed features are stored: a center's fit in the cache.

use super::tile::{multiply_block, multiply_transposed_block, weight_gradient_block};
use super::{fill_matrix, fill_rows, pieces, unwritten, vectorized, zeroed};

/// The sizes of an X-convolution.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Neighbours of a center.
    pub k: usize,
    /// Channels of the features.
    pub channels: usize,
    /// Channels of the result for each channel of the features.
    pub multiplier: usize,
}

/// Centers per task.
const PIECE: usize = 32;

/// The inputs of an X-convolution.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// `[centers, k · k]`.
    pub transform: &'a [f32],
    /// `[rows, channels]`.
    pub features: &'a [f32],
    /// `[centers · k]`, rows of `features`.
    pub indices: &'a [i32],
    /// `[k, multiplier · channels]`.
    pub weights: &'a [f32],
    /// The sizes.
    pub shape: Shape,
}

/// Adds `Σ_i t[i, c] w[i, q, c]` to `out[q, c]`.
#[inline(always)]
fn depthwise(out: &mut [f32], t: &[f32], w: &[f32], c: usize) {
    let columns = out.len();
    for (t, w) in t.chunks_exact(c).zip(w.chunks_exact(columns)) {
        for (out, w) in out.chunks_exact_mut(c).zip(w.chunks_exact(c)) {
            let (out, w, t) = (&mut out[..c], &w[..c], &t[..c]);
            for i in 0..c {
                out[i] += t[i] * w[i];
            }
        }
    }
}

/// Adds `Σ_q g[q, c] w[i, q, c]` to `gt[i, c]`, and `t[i, c] g[q, c]` to `gw[i, q, c]`.
#[inline(always)]
fn depthwise_backward([gt, gw]: [&mut [f32]; 2], t: &[f32], w: &[f32], g: &[f32], c: usize) {
    let columns = g.len();
    let rows = gt.chunks_exact_mut(c).zip(gw.chunks_exact_mut(columns));
    for ((gt, gw), (t, w)) in rows.zip(t.chunks_exact(c).zip(w.chunks_exact(columns))) {
        let parts = gw.chunks_exact_mut(c).zip(w.chunks_exact(c)).zip(g.chunks_exact(c));
        for ((gw, w), g) in parts {
            let (gt, gw, t, w, g) = (&mut gt[..c], &mut gw[..c], &t[..c], &w[..c], &g[..c]);
            for i in 0..c {
                gt[i] += g[i] * w[i];
                gw[i] += g[i] * t[i];
            }
        }
    }
}

/// Adds rows to the rows that `indices` name.
#[inline(always)]
fn scatter(to: &mut [f32], first: usize, rows: &[f32], indices: &[i32], c: usize) {
    for (row, &index) in rows.chunks_exact(c).zip(indices) {
        let (to, row) = (&mut to[(index as usize - first) * c..][..c], &row[..c]);
        for i in 0..c {
            to[i] += row[i];
        }
    }
}

impl Inputs<'_> {
    fn transform_of(&self, center: usize) -> &[f32] {
        let square = self.shape.k * self.shape.k;
        &self.transform[center * square..(center + 1) * square]
    }

    fn indices_of(&self, center: usize) -> &[i32] {
        &self.indices[center * self.shape.k..(center + 1) * self.shape.k]
    }

    /// The features of a center's neighbours, `[k, channels]`: copied to `room`, unless they are next to each other.
    fn members<'a>(&'a self, center: usize, room: &'a mut Vec<f32>) -> &'a [f32] {
        let (indices, c) = (self.indices_of(center), self.shape.channels);
        if indices.windows(2).all(|pair| pair[1] == pair[0] + 1) {
            return &self.features[indices[0] as usize * c..][..indices.len() * c];
        }
        room.clear();
        indices.iter().for_each(|&index| room.extend_from_slice(&self.features[index as usize * c..][..c]));
        room
    }

    /// `[centers, multiplier · channels]`.
    pub fn forward(&self) -> Vec<f32> {
        let Shape { k, channels, multiplier } = self.shape;
        let columns = multiplier * channels;
        fill_matrix(pieces(self.indices.len() / k, PIECE), columns, |centers, out| {
            let (out, mut t, mut room) = (zeroed(out), unwritten(k * channels), Vec::new());
            for (center, out) in centers.zip(out.chunks_exact_mut(columns)) {
                let members = self.members(center, &mut room);
                let t = multiply_block(&mut t, self.transform_of(center), k, members, channels);
                vectorized(|| depthwise(out, t, self.weights, channels));
            }
            out
        })
    }

    /// Gradients with respect to the transformations, the features and the weights, from `gout [centers, multiplier ·
    /// channels]`.
    ///
    /// The rows belong to `clouds` clouds of equal size. Indices stay within their cloud, so clouds run in parallel.
    pub fn backward(&self, gout: &[f32], clouds: usize) -> [Vec<f32>; 3] {
        let Shape { k, channels, multiplier } = self.shape;
        let columns = multiplier * channels;
        let (centers, rows) = (self.indices.len() / k / clouds, self.features.len() / channels / clouds);
        let each = [centers * k * k, rows * channels];
        let ([gtransform, gfeatures], gw) = fill_rows(pieces(clouds, 1), each, |cloud, [gtransform, gfeatures]| {
            let cloud = cloud.start;
            let (gtransform, gfeatures) = (zeroed(gtransform), zeroed(gfeatures));
            let (mut gw, mut room) = (vec![0.0; k * columns], Vec::new());
            let (mut t, mut gt, mut gmembers) =
                (unwritten(k * channels), vec![0.0; k * channels], vec![0.0; k * channels]);
            for (index, gtransform) in gtransform.chunks_exact_mut(k * k).enumerate() {
                let center = cloud * centers + index;
                let (transform, members) = (self.transform_of(center), self.members(center, &mut room));
                let t = multiply_block(&mut t, transform, k, members, channels);
                let g = &gout[center * columns..(center + 1) * columns];
                gt.fill(0.0);
                vectorized(|| depthwise_backward([&mut gt, &mut gw], t, self.weights, g, channels));
                product_with_transposed(gtransform, &gt, members, k, channels);
                weight_gradient_block(&mut gmembers, transform, k, &gt, channels, false);
                vectorized(|| scatter(gfeatures, cloud * rows, &gmembers, self.indices_of(center), channels));
            }
            ([gtransform, gfeatures], gw)
        });
        [gtransform, gfeatures, super::sum_in_order(gw, k * columns)]
    }
}

/// `out [k, k] = gt [k, c] · membersᵀ`.
fn product_with_transposed(out: &mut [f32], gt: &[f32], members: &[f32], k: usize, c: usize) {
    let mut product = unwritten(k * k);
    out.copy_from_slice(multiply_transposed_block(&mut product, gt, c, members, k));
}
