//! Tensors as slices, and what operations cost.

use crate::kernels::batch_norm::{Affine, NormGradients, NormState, Statistics, statistics};
use crate::kernels::{bipartite, x_conv};
use crate::profile::Cost;
use burn::backend::TensorMetadata;
use burn::tensor::{DType, TensorData};
use burn_flex::FlexTensor;

/// A contiguous tensor, which can be read as a slice.
pub(super) struct Input(pub(super) FlexTensor);

impl Input {
    pub(super) fn new(tensor: FlexTensor) -> Self {
        Input(tensor.to_contiguous())
    }

    pub(super) fn floats(&self) -> &[f32] {
        self.0.as_slice().unwrap_or_else(|| panic!("point operations need f32 values, not {:?}", self.0.dtype()))
    }

    pub(super) fn indices(&self) -> &[i32] {
        assert_eq!(self.0.dtype(), DType::I32, "point operations need i32 indices");
        self.0.as_slice().expect("a contiguous tensor")
    }

    pub(super) fn columns(&self) -> usize {
        let shape = self.0.shape();
        shape[shape.num_dims() - 1]
    }

    pub(super) fn rows(&self) -> usize {
        self.0.shape()[0]
    }

    pub(super) fn vector(&self) -> Vec<f32> {
        self.floats().to_vec()
    }
}

pub(super) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

pub(super) fn vector(values: Vec<f32>) -> FlexTensor {
    let len = values.len();
    tensor(values, [len])
}

pub(super) fn matrix(values: Vec<f32>, columns: usize) -> FlexTensor {
    let rows = values.len() / columns.max(1);
    tensor(values, [rows, columns])
}

pub(super) fn affine(scale: &Input, shift: &Input) -> Affine {
    Affine { scale: scale.vector(), shift: shift.vector() }
}

pub(super) fn norm_gradients(gradients: NormGradients, columns: usize) -> (FlexTensor, FlexTensor, FlexTensor) {
    (matrix(gradients.y, columns), vector(gradients.gamma), vector(gradients.beta))
}

/// The inputs of the backward pass of a normalisation.
pub(super) struct NormInputs {
    pub(super) y: Input,
    pub(super) gamma: Input,
    pub(super) beta: Input,
    pub(super) stats: Statistics,
    pub(super) epsilon: f32,
}

impl NormInputs {
    pub(super) fn new(
        y: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        var: FlexTensor,
        epsilon: f64,
    ) -> Self {
        let stats = Statistics { mean: Input::new(mean).vector(), var: Input::new(var).vector() };
        NormInputs {
            y: Input::new(y),
            gamma: Input::new(gamma),
            beta: Input::new(beta),
            stats,
            epsilon: epsilon as f32,
        }
    }

    pub(super) fn state(&self) -> NormState<'_> {
        NormState {
            y: self.y.floats(),
            gamma: self.gamma.floats(),
            beta: self.beta.floats(),
            stats: &self.stats,
            epsilon: self.epsilon,
        }
    }
}

/// The statistics of the batch, and the normalisation with them.
pub(super) fn normalization(y: &Input, gamma: FlexTensor, beta: FlexTensor, epsilon: f64) -> (Statistics, Affine) {
    let (gamma, beta) = (Input::new(gamma), Input::new(beta));
    let stats = statistics(y.floats(), y.columns());
    let affine = Affine::new(gamma.floats(), beta.floats(), &stats, epsilon as f32);
    (stats, affine)
}

/// The cost of an operation on `rows` rows with `ci` input and `co` output columns.
pub(super) fn cost(rows: usize, ci: usize, co: usize, flops: usize, values: usize) -> Cost {
    Cost { shape: [rows, ci, co], flops: flops as f64, values: values as f64 }
}

/// The cost of `products` products of `rows` by `ci` with `ci` by `co` matrices that move `ins` matrices of `ci` and
/// `outs` of `co` columns.
pub(super) fn product(rows: usize, ci: usize, co: usize, products: usize, ins: usize, outs: usize) -> Cost {
    cost(rows, ci, co, 2 * rows * ci * co * products, rows * (ci * ins + co * outs) + ci * co)
}

/// The inputs of an X-convolution.
pub(super) struct XConvInputs {
    pub(super) transform: Input,
    pub(super) features: Input,
    pub(super) indices: Input,
    pub(super) w: Input,
}

impl XConvInputs {
    pub(super) fn new(transform: FlexTensor, features: FlexTensor, indices: FlexTensor, w: FlexTensor) -> Self {
        let [transform, features, indices, w] = [transform, features, indices, w].map(Input::new);
        XConvInputs { transform, features, indices, w }
    }

    pub(super) fn shape(&self) -> x_conv::Shape {
        let (k, channels) = (self.w.rows(), self.features.columns());
        x_conv::Shape { k, channels, multiplier: self.w.columns() / channels }
    }

    pub(super) fn view(&self) -> x_conv::Inputs<'_> {
        x_conv::Inputs {
            transform: self.transform.floats(),
            features: self.features.floats(),
            indices: self.indices.indices(),
            weights: self.w.floats(),
            shape: self.shape(),
        }
    }

    /// The cost of computing it `times` times.
    pub(super) fn cost(&self, times: usize) -> Cost {
        let x_conv::Shape { k, channels, multiplier } = self.shape();
        let (centers, columns) = (self.transform.rows(), self.w.columns());
        let flops = 2 * centers * k * channels * (k + multiplier) * times;
        cost(centers * k, channels, columns, flops, centers * (k * (k + channels) + columns) * times)
    }
}

pub(super) fn bipartite_shape(relation: &Input, channels: usize, clouds: usize) -> bipartite::Shape {
    bipartite::Shape { clouds, points: relation.rows() / clouds.max(1), nodes: relation.columns(), channels }
}
