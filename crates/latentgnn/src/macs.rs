//! How much a block computes.

use std::ops::Add;

/// Multiply-accumulates of one forward pass over one cloud.
///
/// Only matrix products are counted. Normalisations, ReLU, softmax, biases and the residual are left out: they are linear in the
/// number of values and small beside the products.
///
/// The figures published with LatentGNN fit `projections + affinity` for LatentGNN and `projections` alone for the non-local block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Macs {
    /// 1×1 projections of point features: a product of every point's features with a weight matrix.
    pub projections: u64,
    /// Products along the affinity of points: between points and latent nodes there and back (LatentGNN, linear in the points),
    /// or between points and keys (non-local, quadratic).
    pub affinity: u64,
    /// Products among latent nodes: their cosine similarities, and the step along them. Does not depend on the number of points.
    pub latent: u64,
}

impl Macs {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.projections + self.affinity + self.latent
    }
}

impl Add for Macs {
    type Output = Macs;

    fn add(self, other: Macs) -> Macs {
        Macs {
            projections: self.projections + other.projections,
            affinity: self.affinity + other.affinity,
            latent: self.latent + other.latent,
        }
    }
}

impl std::iter::Sum for Macs {
    fn sum<I: Iterator<Item = Macs>>(macs: I) -> Macs {
        macs.fold(Macs::default(), Add::add)
    }
}

/// Multiply-accumulates of a product `[rows, inner] · [inner, columns]`.
pub(crate) fn product(rows: usize, inner: usize, columns: usize) -> u64 {
    rows as u64 * inner as u64 * columns as u64
}
