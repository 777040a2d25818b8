//! Batch normalisation on a GPU.

use super::kernels::{norm, pool};
use super::launch::{Buffer, UNITS};
use super::sums::Parts;
use burn_cubecl::tensor::CubeTensor;

/// The normalisation as one multiply-add a value.
pub(super) struct Affine {
    pub scale: Buffer,
    pub shift: Buffer,
}

/// Mean and biased variance of every column of `y`.
pub(super) fn statistics(y: &Buffer) -> (Buffer, Buffer) {
    let (rows, columns) = (y.rows(), y.columns());
    let parts = Parts::new(rows, columns);
    let partials = parts.partials(y);
    let (mean, var) = (y.floats_beside([columns]), y.floats_beside([columns]));
    let (cubes, dim) = parts.cubes();
    // SAFETY: units stay within `rows` and `columns` of `y`.
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
            y.element(),
        );
        let totals = parts.totals(&partials);
        let (cubes, dim) = y.each(columns);
        norm::statistics::launch_unchecked(
            y.client(),
            cubes,
            dim,
            y.arg(),
            totals.arg(),
            mean.arg(),
            var.arg(),
            rows as f32,
            y.element(),
        );
    }
    (mean, var)
}

/// A normalisation with known statistics, and what its backward pass needs.
pub(super) struct Norm {
    y: Buffer,
    mean: Buffer,
    var: Buffer,
    affine: Affine,
    epsilon: f64,
}

/// Gradients of a normalisation by its input, γ and β.
pub(super) type Gradients = (CubeTensor, CubeTensor, CubeTensor);

impl Norm {
    /// With the statistics of the batch.
    pub fn of_batch(y: CubeTensor, gamma: CubeTensor, beta: CubeTensor, epsilon: f64) -> Self {
        let y = Buffer::features(y);
        let (mean, var) = statistics(&y);
        Norm::new(y, gamma, beta, mean, var, epsilon)
    }

    /// With statistics that a forward pass found.
    pub fn again(
        y: CubeTensor,
        gamma: CubeTensor,
        beta: CubeTensor,
        mean: CubeTensor,
        var: CubeTensor,
        epsilon: f64,
    ) -> Self {
        Norm::new(Buffer::features(y), gamma, beta, Buffer::floats(mean), Buffer::floats(var), epsilon)
    }

    fn new(y: Buffer, gamma: CubeTensor, beta: CubeTensor, mean: Buffer, var: Buffer, epsilon: f64) -> Self {
        let columns = y.columns();
        let (scale, shift) = (y.floats_beside([columns]), y.floats_beside([columns]));
        let (cubes, dim) = y.each(columns);
        let (gamma, beta) = (Buffer::floats(gamma), Buffer::floats(beta));
        // SAFETY: all are vectors of `columns` values.
        unsafe {
            norm::fold::launch_unchecked(
                y.client(),
                cubes,
                dim,
                gamma.arg(),
                beta.arg(),
                mean.arg(),
                var.arg(),
                scale.arg(),
                shift.arg(),
                epsilon as f32,
            );
        }
        Norm { y, mean, var, affine: Affine { scale, shift }, epsilon }
    }

    /// The normalised rows.
    pub fn apply(&self, relu: bool) -> CubeTensor {
        self.affine.apply(&self.y, relu)
    }

    /// Maximum over each `k` rows of what [`Self::apply`] gives, and the members it is of.
    pub fn relu_max(&self, k: usize) -> (CubeTensor, CubeTensor) {
        self.affine.relu_max(&self.y, k)
    }

    /// Mean and biased variance.
    pub fn statistics(self) -> (CubeTensor, CubeTensor) {
        (self.mean.tensor(), self.var.tensor())
    }

    /// Gradients from that of the normalised rows.
    pub fn backward(&self, gradient: CubeTensor, relu: bool) -> Gradients {
        let (y, gradient) = (&self.y, Buffer::features(gradient));
        let (rows, columns) = (y.rows(), y.columns());
        let parts = Parts::new(rows, columns);
        let partials = parts.partials(y);
        let out = y.features_beside([rows, columns]);
        let (cubes, dim) = parts.cubes();
        // SAFETY: units stay within `rows` and `columns` of `y` and its gradient.
        unsafe {
            norm::gradient_sums::launch_unchecked(
                y.client(),
                cubes,
                dim,
                y.arg(),
                gradient.arg(),
                self.affine.scale.arg(),
                self.affine.shift.arg(),
                self.mean.arg(),
                partials.arg(),
                rows,
                columns,
                parts.block,
                relu,
                parts.width,
                UNITS,
                y.element(),
            );
            let shared = self.parameter_gradients(&parts.totals(&partials));
            let (cubes, dim) = y.each(out.len());
            norm::input_gradient::launch_unchecked(
                y.client(),
                cubes,
                dim,
                y.arg(),
                gradient.arg(),
                self.affine.scale.arg(),
                self.affine.shift.arg(),
                self.mean.arg(),
                shared.offset.arg(),
                shared.slope.arg(),
                out.arg(),
                columns,
                relu,
                y.element(),
            );
            (out.tensor(), shared.gamma.tensor(), shared.beta.tensor())
        }
    }

    /// Gradients from that of the maxima of [`Self::relu_max`].
    pub fn backward_max(&self, values: CubeTensor, members: CubeTensor, gradient: CubeTensor, k: usize) -> Gradients {
        let (y, gradient) = (&self.y, Buffer::features(gradient));
        let (values, members) = (Buffer::features(values), Buffer::indices(members));
        let (groups, columns) = (values.rows(), y.columns());
        let parts = Parts::new(groups, columns);
        let partials = parts.partials(y);
        let out = y.features_beside([y.rows(), columns]);
        let (cubes, dim) = parts.cubes();
        // SAFETY: units stay within the groups, and members within their group's `k` rows of `y`.
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
                parts.width,
                UNITS,
                y.element(),
            );
            let shared = self.parameter_gradients(&parts.totals(&partials));
            let (cubes, dim) = y.each(out.len());
            pool::input_gradient::launch_unchecked(
                y.client(),
                cubes,
                dim,
                y.arg(),
                values.arg(),
                members.arg(),
                gradient.arg(),
                self.affine.scale.arg(),
                self.mean.arg(),
                shared.offset.arg(),
                shared.slope.arg(),
                out.arg(),
                columns,
                k,
                y.element(),
            );
            (out.tensor(), shared.gamma.tensor(), shared.beta.tensor())
        }
    }

    fn parameter_gradients(&self, totals: &Buffer) -> Shared {
        let columns = self.y.columns();
        let vector = || self.y.floats_beside([columns]);
        let shared = Shared { gamma: vector(), beta: vector(), offset: vector(), slope: vector() };
        let (cubes, dim) = self.y.each(columns);
        // SAFETY: all are vectors of `columns` values, `totals` two of them.
        unsafe {
            norm::parameter_gradients::launch_unchecked(
                self.y.client(),
                cubes,
                dim,
                totals.arg(),
                self.var.arg(),
                shared.gamma.arg(),
                shared.beta.arg(),
                shared.offset.arg(),
                shared.slope.arg(),
                self.y.rows() as f32,
                self.epsilon as f32,
            );
        }
        shared
    }
}

/// Gradients of the parameters, and what is the same for all rows of that by `y`.
struct Shared {
    gamma: Buffer,
    beta: Buffer,
    offset: Buffer,
    slope: Buffer,
}

impl Affine {
    /// From given vectors.
    pub fn new(scale: CubeTensor, shift: CubeTensor) -> Self {
        Affine { scale: Buffer::floats(scale), shift: Buffer::floats(shift) }
    }

    /// `scale · y + shift`, clipped at zero if `relu`.
    pub fn apply(&self, y: &Buffer, relu: bool) -> CubeTensor {
        let z = y.features_beside([y.rows(), y.columns()]);
        let (cubes, dim) = y.each(z.len());
        // SAFETY: one unit a value of `y`.
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
                y.element(),
            );
        }
        z.tensor()
    }

    /// Maximum over each `k` rows of what [`Self::apply`] with ReLU gives, and the members it is of.
    pub fn relu_max(&self, y: &Buffer, k: usize) -> (CubeTensor, CubeTensor) {
        let shape = [y.rows() / k, y.columns()];
        let (values, members) = (y.features_beside(shape), y.indices_beside(shape));
        let (cubes, dim) = y.each(values.len());
        // SAFETY: one unit a value of the result, which reads `k` rows of its group.
        unsafe {
            pool::relu_max::launch_unchecked(
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
                y.element(),
            );
        }
        (values.tensor(), members.tensor())
    }
}
