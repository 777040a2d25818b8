//! The cost of a block.

use std::ops::Add;

/// Number of multiply-accumulates of one forward pass over one cloud.
///
/// Only matrix products count. Normalisations, ReLU, softmax, biases and the residual do not: they are linear in the
/// number of values and cheap compared with the products.
///
/// Nothing is published about how the figures of LatentGNN's paper were counted. For its network on points, one
/// multiply-accumulate as one FLOP and `projections` alone come nearest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Macs {
    /// 1×1 projections: products of the features of all points and weight matrices.
    pub projections: u64,
    /// Products that relate points: between points and latent nodes, both ways (LatentGNN, linear in the number of
    /// points), or between points and keys (non-local, quadratic).
    pub affinity: u64,
    /// Products between latent nodes: their cosine similarities and the messages. Independent of the number of points.
    pub latent: u64,
}

impl Macs {
    /// Sum of all parts.
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

/// Number of multiply-accumulates of a product `[rows, inner] · [inner, columns]`.
pub(crate) fn product(rows: usize, inner: usize, columns: usize) -> u64 {
    rows as u64 * inner as u64 * columns as u64
}
