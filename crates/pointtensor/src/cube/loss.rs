//! Cross entropy on a GPU.

use super::kernels::loss;
use super::launch::{Buffer, UNITS};
use super::sums::Parts;
use burn_cubecl::tensor::CubeTensor;

/// Scores, targets and weights of some points.
pub(super) struct Scored {
    logits: Buffer,
    targets: Buffer,
    weights: Buffer,
}

impl Scored {
    pub fn new(logits: CubeTensor, targets: CubeTensor, weights: CubeTensor) -> Self {
        Scored { logits: Buffer::floats(logits), targets: Buffer::indices(targets), weights: Buffer::floats(weights) }
    }

    /// Sum of the weighted losses, and number of points whose weight is not zero: `[2, 1]`.
    fn sums(&self) -> Buffer {
        let parts = Parts::new(self.logits.rows(), 1);
        let partials = parts.partials(&self.logits);
        let (cubes, dim) = parts.cubes();
        // SAFETY: one row of logits, one target and one weight for each row; targets are classes, which is the caller's promise.
        unsafe {
            loss::loss_sums::launch_unchecked(
                self.logits.client(),
                cubes,
                dim,
                self.logits.arg(),
                self.targets.arg(),
                self.weights.arg(),
                partials.arg(),
                self.logits.rows(),
                self.logits.columns(),
                parts.block,
                UNITS,
            );
        }
        parts.totals(&partials)
    }

    /// Mean loss, `[1]`.
    pub fn loss(&self) -> CubeTensor {
        let totals = self.sums();
        let out = self.logits.floats_beside([1]);
        let (cubes, dim) = self.logits.each(1);
        // SAFETY: one unit writes one value.
        unsafe { loss::loss_mean::launch_unchecked(self.logits.client(), cubes, dim, totals.arg(), out.arg()) };
        out.tensor()
    }

    /// Gradient by the logits.
    pub fn gradient(&self, upstream: CubeTensor) -> CubeTensor {
        let totals = self.sums();
        let upstream = Buffer::floats(upstream);
        let (rows, classes) = (self.logits.rows(), self.logits.columns());
        let out = self.logits.floats_beside([rows, classes]);
        let (cubes, dim) = self.logits.each(rows);
        // SAFETY: one unit a row.
        unsafe {
            loss::loss_gradient::launch_unchecked(
                self.logits.client(),
                cubes,
                dim,
                self.logits.arg(),
                self.targets.arg(),
                self.weights.arg(),
                totals.arg(),
                upstream.arg(),
                out.arg(),
                rows,
                classes,
            );
        }
        out.tensor()
    }

    /// Annotated points with a weight, and those of them that are right: `[2]`.
    pub fn hits(&self) -> CubeTensor {
        let parts = Parts::new(self.logits.rows(), 1);
        let partials = parts.partials(&self.logits);
        let (cubes, dim) = parts.cubes();
        // SAFETY: as for the loss.
        unsafe {
            loss::hit_sums::launch_unchecked(
                self.logits.client(),
                cubes,
                dim,
                self.logits.arg(),
                self.targets.arg(),
                self.weights.arg(),
                partials.arg(),
                self.logits.rows(),
                self.logits.columns(),
                parts.block,
                UNITS,
            );
        }
        parts.totals(&partials).tensor()
    }
}
