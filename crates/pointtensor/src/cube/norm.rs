//! Batch normalisation on a GPU.

use super::kernels::{norm, pool, product};
use super::launch::{Buffer, UNITS, element};
use super::matmul::{self, Tiled};
use super::sums::{Adding, Parts};
use burn::backend::TensorMetadata;
use burn::tensor::DType;
use burn_cubecl::tensor::CubeTensor;

/// The normalisation as one multiply-add a value.
pub(super) struct Affine {
    pub scale: Buffer,
    pub shift: Buffer,
}

/// Members of a group from which on several units look for the largest.
const MANY: usize = 256;

/// A normalisation with known statistics, and what its backward pass needs.
pub(super) struct Norm {
    pub y: Buffer,
    pub gamma: Buffer,
    pub beta: Buffer,
    pub mean: Buffer,
    pub var: Buffer,
    pub epsilon: f32,
}

/// Gradients of a normalisation by its input, γ and β.
pub(super) type Gradients = (CubeTensor, CubeTensor, CubeTensor);

impl Norm {
    /// With the statistics of the batch, which are in the order mean and biased variance, and as what is to be applied.
    pub fn of_batch(y: CubeTensor, gamma: CubeTensor, beta: CubeTensor, epsilon: f64) -> (Self, Affine) {
        let (y, gamma, beta) = (Buffer::features(y), Buffer::floats(gamma), Buffer::floats(beta));
        let (rows, columns) = (y.rows(), y.columns());
        assert!(rows > 0, "a normalisation by the batch's statistics needs rows");
        let vector = || y.floats_beside([columns]);
        let (mean, var, affine) = (vector(), vector(), Affine { scale: vector(), shift: vector() });
        let parts = Parts::new(rows, columns);
        let partials = parts.partials(&y);
        let (cubes, dim) = parts.cubes();
        let adding = parts.adding();
        // SAFETY: units stay within `rows` and `columns` of `y`, and cubes have a column each of the vectors.
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
            norm::statistics::launch_unchecked(
                y.client(),
                adding.cubes,
                adding.dim,
                partials.arg(),
                gamma.arg(),
                beta.arg(),
                mean.arg(),
                var.arg(),
                affine.scale.arg(),
                affine.shift.arg(),
                rows,
                parts.block,
                adding.blocks,
                epsilon as f32,
                adding.units,
            );
        }
        (Norm { y, gamma, beta, mean, var, epsilon: epsilon as f32 }, affine)
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
        let [gamma, beta, mean, var] = [gamma, beta, mean, var].map(Buffer::floats);
        Norm { y: Buffer::features(y), gamma, beta, mean, var, epsilon: epsilon as f32 }
    }

    /// The normalised rows, once more.
    pub fn apply(&self, relu: bool) -> CubeTensor {
        Affine::folded([&self.gamma, &self.beta, &self.mean, &self.var], self.epsilon).apply(&self.y, relu)
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
        let (cubes, dim) = parts.cubes();
        // SAFETY: units stay within `rows` and `columns` of `y` and its gradient.
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
                y.element(),
            );
        }
        let shared = self.parameter_gradients(&partials, parts.adding());
        (self.input_gradient(&gradient, &shared.by_rows, relu), shared.gamma.tensor(), shared.beta.tensor())
    }

    /// Gradients from that of `relu(normalised rows) · w`, and that of `w`.
    pub fn backward_through_product(
        &self,
        w: CubeTensor,
        gradient: CubeTensor,
    ) -> (CubeTensor, CubeTensor, CubeTensor, CubeTensor) {
        let of_w = matmul::weight_gradient_normed(self, gradient.clone());
        if self.y.element() != element(DType::F32) || self.y.len() == 0 || gradient.shape().num_elements() == 0 {
            let (of_y, of_gamma, of_beta) = self.backward(matmul::input_gradient(gradient, w), true);
            return (of_y, of_gamma, of_beta, of_w);
        }
        let (y, w, gradient) = (&self.y, Buffer::floats(w), Buffer::floats(gradient));
        let plan = Tiled::new(&gradient, y.columns());
        let d = y.floats_beside([plan.rows, plan.columns]);
        let partials = y.floats_beside([2, plan.columns, plan.blocks()]);
        let (cubes, dim) = plan.cubes();
        // SAFETY: a cube reads and writes within the rows and columns of its tile that there are.
        unsafe {
            product::multiply_back_to_norm::launch_unchecked(
                y.client(),
                cubes,
                dim,
                gradient.arg(),
                w.arg(),
                y.arg(),
                self.gamma.arg(),
                self.beta.arg(),
                self.mean.arg(),
                self.var.arg(),
                d.arg(),
                partials.arg(),
                plan.rows,
                plan.inner,
                plan.columns,
                self.epsilon,
                plan.tile,
                plan.ragged(),
            );
        }
        let shared = self.parameter_gradients(&partials, Adding::new(plan.columns, plan.blocks()));
        let of_y = self.input_gradient(&d, &shared.by_rows, false);
        (of_y, shared.gamma.tensor(), shared.beta.tensor(), of_w)
    }

    /// Gradient by `y` from that of the normalised rows, or from that before the ReLU if that is not to be asked again.
    fn input_gradient(&self, gradient: &Buffer, shared: &Buffer, relu: bool) -> CubeTensor {
        let y = &self.y;
        let out = y.features_beside([y.rows(), y.columns()]);
        let (cubes, dim) = y.each_rows(norm::ROWS);
        // SAFETY: a unit works on rows of a column that there are.
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
                y.element(),
            );
        }
        out.tensor()
    }

    /// Gradients from that of the maxima of [`Affine::relu_max`].
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
            let shared = self.parameter_gradients(&partials, parts.adding());
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
                y.element(),
            );
            (out.tensor(), shared.gamma.tensor(), shared.beta.tensor())
        }
    }

    fn parameter_gradients(&self, partials: &Buffer, adding: Adding) -> Shared {
        let columns = self.y.columns();
        let vector = || self.y.floats_beside([columns]);
        let shared = Shared { gamma: vector(), beta: vector(), by_rows: self.y.floats_beside([5, columns]) };
        // SAFETY: a cube has a column each of the vectors and of the partial sums.
        unsafe {
            norm::parameter_gradients::launch_unchecked(
                self.y.client(),
                adding.cubes,
                adding.dim,
                partials.arg(),
                self.gamma.arg(),
                self.beta.arg(),
                self.mean.arg(),
                self.var.arg(),
                shared.gamma.arg(),
                shared.beta.arg(),
                shared.by_rows.arg(),
                self.y.rows() as f32,
                adding.blocks,
                self.epsilon,
                adding.units,
            );
        }
        shared
    }
}

/// Gradients of the parameters, and what is the same for all rows of that by `y`, `[5, columns]`.
struct Shared {
    gamma: Buffer,
    beta: Buffer,
    by_rows: Buffer,
}

impl Affine {
    /// From given vectors.
    pub fn new(scale: CubeTensor, shift: CubeTensor) -> Self {
        Affine { scale: Buffer::floats(scale), shift: Buffer::floats(shift) }
    }

    /// Of γ, β, mean and variance.
    pub fn folded(of: [&Buffer; 4], epsilon: f32) -> Self {
        let [gamma, beta, mean, var] = of;
        let (client, columns) = (gamma.client(), gamma.len());
        let affine = Affine { scale: gamma.floats_beside([columns]), shift: gamma.floats_beside([columns]) };
        let (cubes, dim) = gamma.each(columns);
        // SAFETY: all are vectors of `columns` values.
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

    /// `scale · y + shift`, clipped at zero if `relu`.
    pub fn apply(&self, y: &Buffer, relu: bool) -> CubeTensor {
        let z = y.features_beside([y.rows(), y.columns()]);
        let (cubes, dim) = y.each_rows(norm::ROWS);
        // SAFETY: a unit works on rows of a column that there are.
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
        if k >= MANY {
            let (groups, columns) = (values.rows(), y.columns());
            let (cubes, dim) = matmul::cubes(groups * columns.div_ceil(UNITS / pool::LANES), UNITS);
            // SAFETY: the units of a value read the `k` rows of its group, and the first of them writes it.
            unsafe {
                pool::relu_max_of_many::launch_unchecked(
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
                    UNITS,
                    y.element(),
                );
            }
            return (values.tensor(), members.tensor());
        }
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
