//! Products.

use super::kernels::sums;
use super::launch::{Buffer, element};
use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::{DType, Shape};
use burn_cubecl::CubeBackend;
use burn_cubecl::tensor::CubeTensor;
use cubek::matmul::definition::{MatmulElems, MatmulGlobalElems};
use cubek::matmul::launch::launch_ref;
use cubek::matmul::multi_level;
use cubek::matmul::strategy::Strategy;
use cubek::std::InputBinding;

/// Rows that one partial product of [`weight_gradient`] takes at least.
const LEAST_ROWS: usize = 1024;

/// `x [rows, ci] · w [ci, co]`, of the type of `x`.
pub(super) fn multiply(x: CubeTensor, w: CubeTensor) -> CubeTensor {
    let (w, dtype) = (of_type(w, x.dtype), x.dtype);
    product(x, w, dtype)
}

/// `gy [rows, co] · w [ci, co]ᵀ`, of the type of `gy`.
pub(super) fn input_gradient(gy: CubeTensor, w: CubeTensor) -> CubeTensor {
    let (w, dtype) = (of_type(w, gy.dtype), gy.dtype);
    product(gy, CubeBackend::float_swap_dims(w, 0, 1), dtype)
}

/// `a [batch, m, k] · b [batch, k, n]`, of the type of both.
pub(super) fn product_each(a: CubeTensor, b: CubeTensor) -> CubeTensor {
    let dtype = a.dtype;
    product(a, b, dtype)
}

/// Weights, which are `f32`, as what they are multiplied with.
fn of_type(w: CubeTensor, dtype: DType) -> CubeTensor {
    if w.dtype == dtype { w } else { CubeBackend::float_cast(w, dtype.into()) }
}

/// `x [rows, ci]ᵀ · gy [rows, co]`, always `f32`, as the weights are.
///
/// The result is small and its sums are long: one block of the result would be the work of one cube. So the rows are cut into equal
/// parts, each has a product of its own, and those are added in their order.
pub(super) fn weight_gradient(x: CubeTensor, gy: CubeTensor) -> CubeTensor {
    let rows = x.shape()[0];
    let (ci, co) = (x.shape()[1], gy.shape()[1]);
    let parts = (1..=rows / LEAST_ROWS).rev().find(|parts| rows.is_multiple_of(*parts)).unwrap_or(1);
    if parts == 1 {
        return product(CubeBackend::float_swap_dims(x, 0, 1), gy, DType::F32);
    }
    let cut =
        |tensor: CubeTensor, columns| CubeBackend::float_reshape(tensor, Shape::new([parts, rows / parts, columns]));
    let x = CubeBackend::float_swap_dims(cut(x, ci), 1, 2);
    let products = Buffer::floats(product(x, cut(gy, co), DType::F32));
    let out = products.floats_beside([ci, co]);
    let (cubes, dim) = products.each(ci * co);
    // SAFETY: a unit adds value `i` of `parts` products of `ci · co` values.
    unsafe {
        sums::add_parts::launch_unchecked(products.client(), cubes, dim, products.arg(), out.arg(), parts);
    }
    out.tensor()
}

/// A product of matrices, or of batches of them, with sums in `f32`.
///
/// `f32` is multiplied as `f32`: what burn chooses by itself rounds the factors to 10 bits (TF32) on NVIDIA's tensor cores. Halves go
/// there.
fn product(a: CubeTensor, b: CubeTensor, result: DType) -> CubeTensor {
    let (rank, dtype) = (a.shape().num_dims(), a.dtype);
    assert_eq!(dtype, b.dtype, "both factors of a product must be of one type");
    let mut shape = a.shape();
    shape[rank - 1] = b.shape()[rank - 1];
    let element = element(dtype);
    let out = Buffer::like(&a, shape, result);
    let strategy: Strategy = match dtype {
        DType::F32 => multi_level::Strategy::SimpleUnit(Default::default()).into(),
        _ => Strategy::default(),
    };
    let types = MatmulGlobalElems { lhs: element, rhs: element, out: out.element() };
    let mut elements = MatmulElems::from_globals(&types);
    launch_ref(
        &strategy,
        &a.client.clone(),
        InputBinding::new(a.binding(), element),
        InputBinding::new(b.binding(), element),
        out.clone().tensor().binding(),
        &mut elements,
    )
    .unwrap_or_else(|error| panic!("a product that this device cannot compute: {error:?}"));
    out.tensor()
}
