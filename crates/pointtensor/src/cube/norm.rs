//! Batch normalisation on a GPU.

use super::kernels::{norm, pool};
use super::launch::{Buffer, UNITS, cubes};
use super::sums::{FinalSums, PartialSums};
use burn_cubecl::tensor::CubeTensor;

/// The normalisation as one multiply-add per value.
pub(super) struct Affine {
    pub scale: Buffer,
    pub shift: Buffer,
}

/// In groups of at least this many members, several units search for the largest.
const MANY: usize = 256;

/// A normalisation with its input and statistics.
pub(super) struct Norm {
    pub y: Buffer,
    pub gamma: Buffer,
    pub beta: Buffer,
    pub mean: Buffer,
    pub var: Buffer,
    pub epsilon: f32,
}

/// Gradients of a normalisation with respect to its input, γ and β.
pub(super) type Gradients = (CubeTensor, CubeTensor, CubeTensor);

impl Norm {
    /// Computes the statistics of the batch, and the multiply-add to apply.
    pub fn of_batch(y: CubeTensor, gamma: CubeTensor, beta: CubeTensor, epsilon: f64) -> (Self, Affine) {
        let (y, gamma, beta) = (Buffer::floats(y), Buffer::floats(gamma), Buffer::floats(beta));
        let (rows, columns) = (y.rows(), y.columns());
        assert!(rows > 0, "batch normalisation needs at least one row");
        let vector = || y.floats_beside([columns]);
        let (mean, var, affine) = (vector(), vector(), Affine { scale: vector(), shift: vector() });
        let parts = PartialSums::new(rows, columns);
        let partials = parts.partials(&y);
        let (cubes, dim) = parts.cubes();
        let sums = parts.final_sums();
        // SAFETY: units stay within the `rows` and `columns` of `y`, and each cube has one column of the vectors.
        unsafe {
            norm::moments::launch_unchecked(
                y.client(),
                cubes,
                dim,
                y.arg(),
                partials.arg(),
                rows,
                columns,
                parts.block,
                parts.width,
                UNITS,
            );
            norm::statistics::launch_unchecked(
                y.client(),
                sums.cubes,
                sums.dim,
                partials.arg(),
                gamma.arg(),
                beta.arg(),
                mean.arg(),
                var.arg(),
                affine.scale.arg(),
                affine.shift.arg(),
                rows,
                parts.block,
                sums.blocks,
                epsilon as f32,
                sums.units,
            );
        }
        (Norm { y, gamma, beta, mean, var, epsilon: epsilon as f32 }, affine)
    }

    /// With the statistics of the forward pass.
    pub fn with_statistics(
        y: CubeTensor,
        gamma: CubeTensor,
        beta: CubeTensor,
        mean: CubeTensor,
        var: CubeTensor,
        epsilon: f64,
    ) -> Self {
        let [gamma, beta, mean, var] = [gamma, beta, mean, var].map(Buffer::floats);
        Norm { y: Buffer::floats(y), gamma, beta, mean, var, epsilon: epsilon as f32 }
    }

    /// The mean and the biased variance.
    pub fn statistics(self) -> (CubeTensor, CubeTensor) {
        (self.mean.tensor(), self.var.tensor())
    }

    /// Gradients from that of the normalised rows.
    pub fn backward(&self, gradient: CubeTensor, relu: bool) -> Gradients {
        let (y, gradient) = (&self.y, Buffer::floats(gradient));
        let (rows, columns) = (y.rows(), y.columns());
        let parts = PartialSums::new(rows, columns);
        let partials = parts.partials(y);
        let (cubes, dim) = parts.cubes();
        // SAFETY: units stay within the `rows` and `columns` of `y` and its gradient.
        unsafe {
            norm::gradient_sums::launch_unchecked(
                y.client(),
                cubes,
                dim,
                y.arg(),
                gradient.arg(),
                self.gamma.arg(),
                self.beta.arg(),
                self.mean.arg(),
                self.var.arg(),
                partials.arg(),
                rows,
                columns,
                parts.block,
                self.epsilon,
                relu,
                parts.width,
                UNITS,
            );
        }
        let shared = self.parameter_gradients(&partials, parts.final_sums());
        (self.input_gradient(&gradient, &shared.by_rows, relu), shared.gamma.tensor(), shared.beta.tensor())
    }

    /// Gradient with respect to `y` from that of the normalised rows; with `relu` from that after the ReLU.
    pub fn input_gradient(&self, gradient: &Buffer, shared: &Buffer, relu: bool) -> CubeTensor {
        let y = &self.y;
        let out = y.floats_beside([y.rows(), y.columns()]);
        let (cubes, dim) = y.each_rows(norm::ROWS);
        // SAFETY: a unit works on existing rows of one column.
        unsafe {
            norm::input_gradient::launch_unchecked(
                y.client(),
                cubes,
                dim,
                y.arg(),
                gradient.arg(),
                shared.arg(),
                out.arg(),
                y.columns(),
                relu,
            );
        }
        out.tensor()
    }

    /// Gradients from that of the maxima of [`Affine::max`].
    pub fn backward_max(
        &self,
        values: CubeTensor,
        members: CubeTensor,
        gradient: CubeTensor,
        relu: bool,
        k: usize,
    ) -> Gradients {
        let (y, gradient) = (&self.y, Buffer::floats(gradient));
        let (values, members) = (Buffer::floats(values), Buffer::indices(members));
        let (groups, columns) = (values.rows(), y.columns());
        let parts = PartialSums::new(groups, columns);
        let partials = parts.partials(y);
        let out = y.floats_beside([y.rows(), columns]);
        let (cubes, dim) = parts.cubes();
        // SAFETY: units stay within the groups, and members within the `k` rows of their group.
        unsafe {
            pool::gradient_sums::launch_unchecked(
                y.client(),
                cubes,
                dim,
                y.arg(),
                values.arg(),
                members.arg(),
                gradient.arg(),
                self.mean.arg(),
                partials.arg(),
                groups,
                columns,
                k,
                parts.block,
                relu,
                parts.width,
                UNITS,
            );
            let shared = self.parameter_gradients(&partials, parts.final_sums());
            let (cubes, dim) = y.each(values.len() * k.div_ceil(pool::MEMBERS));
            pool::input_gradient::launch_unchecked(
                y.client(),
                cubes,
                dim,
                y.arg(),
                values.arg(),
                members.arg(),
                gradient.arg(),
                shared.by_rows.arg(),
                out.arg(),
                columns,
                k,
                relu,
            );
            (out.tensor(), shared.gamma.tensor(), shared.beta.tensor())
        }
    }

    pub fn parameter_gradients(&self, partials: &Buffer, sums: FinalSums) -> ParameterGradients {
        let columns = self.y.columns();
        let vector = || self.y.floats_beside([columns]);
        let shared =
            ParameterGradients { gamma: vector(), beta: vector(), by_rows: self.y.floats_beside([5, columns]) };
        // SAFETY: each cube has one column of the vectors and of the partial sums.
        unsafe {
            norm::parameter_gradients::launch_unchecked(
                self.y.client(),
                sums.cubes,
                sums.dim,
                partials.arg(),
                self.gamma.arg(),
                self.beta.arg(),
                self.mean.arg(),
                self.var.arg(),
                shared.gamma.arg(),
                shared.beta.arg(),
                shared.by_rows.arg(),
                self.y.rows() as f32,
                sums.blocks,
                self.epsilon,
                sums.units,
            );
        }
        shared
    }
}

/// Gradients of the parameters, and the terms `[5, columns]` that all rows of the gradient of `y` share.
pub(super) struct ParameterGradients {
    pub gamma: Buffer,
    pub beta: Buffer,
    pub by_rows: Buffer,
}

impl Affine {
    /// From scale and shift.
    pub fn new(scale: CubeTensor, shift: CubeTensor) -> Self {
        Affine { scale: Buffer::floats(scale), shift: Buffer::floats(shift) }
    }

    /// From γ, β, mean and variance.
    pub fn folded(of: [&Buffer; 4], epsilon: f32) -> Self {
        let [gamma, beta, mean, var] = of;
        let (client, columns) = (gamma.client(), gamma.len());
        let affine = Affine { scale: gamma.floats_beside([columns]), shift: gamma.floats_beside([columns]) };
        let (cubes, dim) = gamma.each(columns);
        // SAFETY: all vectors have `columns` values.
        unsafe {
            norm::fold::launch_unchecked(
                client,
                cubes,
                dim,
                gamma.arg(),
                beta.arg(),
                mean.arg(),
                var.arg(),
                affine.scale.arg(),
                affine.shift.arg(),
                epsilon,
            );
        }
        affine
    }

    /// `scale · y + shift`, then ReLU if `relu`.
    pub fn apply(&self, y: &Buffer, relu: bool) -> CubeTensor {
        let z = y.floats_beside([y.rows(), y.columns()]);
        let (cubes, dim) = y.each_rows(norm::ROWS);
        // SAFETY: a unit works on existing rows of one column.
        unsafe {
            norm::affine::launch_unchecked(
                y.client(),
                cubes,
                dim,
                y.arg(),
                self.scale.arg(),
                self.shift.arg(),
                z.arg(),
                y.columns(),
                relu,
            );
        }
        z.tensor()
    }

    /// Maximum over each `k` rows of the result of [`Self::apply`], and the members that have it.
    pub fn max(&self, y: &Buffer, relu: bool, k: usize) -> (CubeTensor, CubeTensor) {
        let shape = [y.rows() / k, y.columns()];
        let (values, members) = (y.floats_beside(shape), y.indices_beside(shape));
        if k >= MANY {
            let (groups, columns) = (values.rows(), y.columns());
            let (cubes, dim) = cubes(groups * columns.div_ceil(UNITS / pool::LANES), UNITS);
            // SAFETY: the units of a value read the `k` rows of its group, and the first one writes it.
            unsafe {
                pool::affine_max_of_many::launch_unchecked(
                    y.client(),
                    cubes,
                    dim,
                    y.arg(),
                    self.scale.arg(),
                    self.shift.arg(),
                    values.arg(),
                    members.arg(),
                    groups,
                    columns,
                    k,
                    relu,
                    UNITS,
                );
            }
            return (values.tensor(), members.tensor());
        }
        let (cubes, dim) = y.each(values.len());
        // SAFETY: one unit per value of the result, which reads the `k` rows of its group.
        unsafe {
            pool::affine_max::launch_unchecked(
                y.client(),
                cubes,
                dim,
                y.arg(),
                self.scale.arg(),
                self.shift.arg(),
                values.arg(),
                members.arg(),
                y.columns(),
                k,
                relu,
            );
        }
        (values.tensor(), members.tensor())
    }
}

/// ELU of all values.
pub(super) fn elu(y: &Buffer) -> Buffer {
    let out = y.floats_beside([y.rows(), y.columns()]);
    let (cubes, dim) = y.each(out.len());
    // SAFETY: one unit per value.
    unsafe {
        norm::elu::launch_unchecked(y.client(), cubes, dim, y.arg(), out.arg());
    }
    out
}

/// The gradient with respect to `y` from that with respect to its ELU.
pub(super) fn elu_gradient(y: &Buffer, gradient: &Buffer) -> Buffer {
    let out = y.floats_beside([y.rows(), y.columns()]);
    let (cubes, dim) = y.each(out.len());
    // SAFETY: one unit per value, and both have the shape of `y`.
    unsafe {
        norm::elu_gradient::launch_unchecked(y.client(), cubes, dim, y.arg(), gradient.arg(), out.arg());
    }
    out
}
