//! Products of normalised rows, which are never stored: the normalisation is applied as a tile is read.

use super::kernels::product;
use super::launch::Buffer;
use super::matmul::{self, Blocks, Tiled, add_parts, of_nothing};
use super::norm::{Affine, Norm};
use super::sums::FinalSums;
use burn::backend::TensorMetadata;
use burn_cubecl::tensor::CubeTensor;

/// `relu(affine(y [rows, ci])) · w [ci, co]`.
pub(super) fn multiply_normed(y: &Buffer, affine: &Affine, w: CubeTensor) -> CubeTensor {
    let w = Buffer::floats(w);
    let plan = Tiled::new(y, w.columns());
    if let Some(zeros) = of_nothing(y, &w, [plan.rows, plan.columns]) {
        return zeros.tensor();
    }
    let out = y.floats_beside([plan.rows, plan.columns]);
    let (cubes, dim) = plan.cubes();
    // SAFETY: a cube reads and writes only existing rows and columns of its tile; each column of `y` has a scale and a
    // shift.
    unsafe {
        product::multiply_normed::launch_unchecked(
            y.client(),
            cubes,
            dim,
            y.arg(),
            affine.scale.arg(),
            affine.shift.arg(),
            w.arg(),
            out.arg(),
            plan.rows,
            plan.inner,
            plan.columns,
            plan.tile,
            plan.ragged(),
        );
    }
    out.tensor()
}

/// `relu(norm(y [rows, ci]))ᵀ · gy [rows, co]`.
pub(super) fn weight_gradient_normed(norm: &Norm, gy: CubeTensor) -> CubeTensor {
    let y = &norm.y;
    let gy = Buffer::floats(gy);
    let (rows, ci, co) = (y.rows(), y.columns(), gy.columns());
    if let Some(zeros) = of_nothing(y, &gy, [ci, co]) {
        return zeros.tensor();
    }
    let Blocks { tile, block, count, cubes: (cubes, dim) } = Blocks::new(rows, ci, co, y);
    let parts = y.floats_beside([count, ci, co]);
    // SAFETY: a cube reads only existing rows of its block and writes its own tile of the block's product; the vectors
    // have a value for each column of `y`.
    unsafe {
        product::multiply_normed_rows::launch_unchecked(
            y.client(),
            cubes,
            dim,
            y.arg(),
            norm.gamma.arg(),
            norm.beta.arg(),
            norm.mean.arg(),
            norm.var.arg(),
            gy.arg(),
            parts.arg(),
            rows,
            ci,
            co,
            block,
            norm.epsilon,
            tile,
        );
    }
    add_parts(&parts).tensor()
}

impl Norm {
    /// Gradients with respect to `y`, γ, β and `w`, from that of `relu(normalised rows) · w`.
    pub fn backward_through_product(
        &self,
        w: CubeTensor,
        gradient: CubeTensor,
    ) -> (CubeTensor, CubeTensor, CubeTensor, CubeTensor) {
        let of_w = weight_gradient_normed(self, gradient.clone());
        if self.y.len() == 0 || gradient.shape().num_elements() == 0 {
            let (of_y, of_gamma, of_beta) = self.backward(matmul::input_gradient(gradient, w), true);
            return (of_y, of_gamma, of_beta, of_w);
        }
        let (y, w, gradient) = (&self.y, Buffer::floats(w), Buffer::floats(gradient));
        let plan = Tiled::new(&gradient, y.columns());
        let d = y.floats_beside([plan.rows, plan.columns]);
        let partials = y.floats_beside([2, plan.columns, plan.blocks()]);
        let (cubes, dim) = plan.cubes();
        // SAFETY: a cube reads and writes only existing rows and columns of its tile.
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
        let shared = self.parameter_gradients(&partials, FinalSums::new(plan.columns, plan.blocks()));
        let of_y = self.input_gradient(&d, &shared.by_rows, false);
        (of_y, shared.gamma.tensor(), shared.beta.tensor(), of_w)
    }
}
