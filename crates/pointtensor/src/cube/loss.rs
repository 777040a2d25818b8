//! Cross entropy on a GPU.

use super::kernels::loss;
use super::launch::{Buffer, UNITS};
use super::sums::PartialSums;
use burn_cubecl::tensor::CubeTensor;

/// Logits, targets and weights of points.
pub(super) struct Scored {
    logits: Buffer,
    targets: Buffer,
    weights: Buffer,
    smoothing: f32,
}

impl Scored {
    pub fn new(logits: CubeTensor, targets: CubeTensor, weights: CubeTensor, smoothing: f64) -> Self {
        let (logits, targets, weights) = (Buffer::floats(logits), Buffer::indices(targets), Buffer::floats(weights));
        assert!(
            logits.columns() > 0 && [targets.len(), weights.len()] == [logits.rows(); 2],
            "each row of logits needs a target and a weight"
        );
        Scored { logits, targets, weights, smoothing: smoothing as f32 }
    }

    /// The sum of the weighted losses and the number of non-zero weights, `[2, 1]`.
    fn sums(&self) -> Buffer {
        let parts = PartialSums::new(self.logits.rows(), 1);
        let partials = parts.partials(&self.logits);
        let (cubes, dim) = parts.cubes();
        // SAFETY: each row has logits, one target and one weight, and the kernel takes targets within the classes.
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
                self.smoothing,
                parts.block,
                UNITS,
            );
        }
        parts.totals(&partials)
    }

    /// The mean loss, `[1]`.
    pub fn loss(&self) -> CubeTensor {
        let totals = self.sums();
        let out = self.logits.floats_beside([1]);
        let (cubes, dim) = self.logits.each(1);
        // SAFETY: one unit writes one value.
        unsafe { loss::loss_mean::launch_unchecked(self.logits.client(), cubes, dim, totals.arg(), out.arg()) };
        out.tensor()
    }

    /// The gradient with respect to the logits.
    pub fn gradient(&self, upstream: CubeTensor) -> CubeTensor {
        let totals = self.sums();
        let upstream = Buffer::floats(upstream);
        let (rows, classes) = (self.logits.rows(), self.logits.columns());
        let out = self.logits.floats_beside([rows, classes]);
        let (cubes, dim) = self.logits.each(rows);
        // SAFETY: one unit per row, which has logits, one target and one weight; targets are only compared.
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
                self.smoothing,
            );
        }
        out.tensor()
    }

    /// The number of points with a target of at least `first` and a weight, and of correct predictions among them,
    /// `[2, 1]`.
    pub fn correct(&self, first: usize) -> CubeTensor {
        let parts = PartialSums::new(self.logits.rows(), 1);
        let partials = parts.partials(&self.logits);
        let (cubes, dim) = parts.cubes();
        // SAFETY: as for the loss.
        unsafe {
            loss::correct_sums::launch_unchecked(
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
                first as i32,
                UNITS,
            );
        }
        parts.totals(&partials).tensor()
    }
}
