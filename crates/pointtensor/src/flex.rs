//! The operations on burn's CPU backend: contiguous `f32` and `i32` tensors handed to [`crate::kernels`].

use crate::backend::PointBackend;
use crate::kernels::batch_norm::{Affine, NormGradients, NormState, Statistics, statistics};
use crate::kernels::max_pool::{Pooled, relu_max, relu_max_backward};
use crate::kernels::{cross_entropy, group, interpolate, matmul};
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::{DType, TensorData};
use burn_flex::FlexTensor;

/// A tensor made contiguous, so that it can be read as a slice.
struct Input(FlexTensor);

impl Input {
    fn new(tensor: FlexTensor) -> Self {
        Input(tensor.to_contiguous())
    }

    fn floats(&self) -> &[f32] {
        self.0
            .as_slice()
            .unwrap_or_else(|| panic!("point operations need f32 tensors, this one is {:?}", self.0.dtype()))
    }

    fn indices(&self) -> &[i32] {
        assert_eq!(self.0.dtype(), DType::I32, "point operations need i32 indices");
        self.0.as_slice().expect("a contiguous tensor")
    }

    fn columns(&self) -> usize {
        let shape = self.0.shape();
        shape[shape.num_dims() - 1]
    }

    fn rows(&self) -> usize {
        self.0.shape()[0]
    }

    fn vector(&self) -> Vec<f32> {
        self.floats().to_vec()
    }
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

fn vector(values: Vec<f32>) -> FlexTensor {
    let len = values.len();
    tensor(values, [len])
}

fn matrix(values: Vec<f32>, columns: usize) -> FlexTensor {
    let rows = values.len() / columns.max(1);
    tensor(values, [rows, columns])
}

fn affine(scale: &Input, shift: &Input) -> Affine {
    Affine { scale: scale.vector(), shift: shift.vector() }
}

fn norm_gradients(gradients: NormGradients, columns: usize) -> (FlexTensor, FlexTensor, FlexTensor) {
    (matrix(gradients.y, columns), vector(gradients.gamma), vector(gradients.beta))
}

/// The inputs of a backward pass of a normalisation.
struct NormInputs {
    y: Input,
    gamma: Input,
    beta: Input,
    stats: Statistics,
    epsilon: f32,
}

impl NormInputs {
    fn new(
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

    fn state(&self) -> NormState<'_> {
        NormState {
            y: self.y.floats(),
            gamma: self.gamma.floats(),
            beta: self.beta.floats(),
            stats: &self.stats,
            epsilon: self.epsilon,
        }
    }
}

/// Statistics of the batch and the normalisation that follows from them.
fn normalization(y: &Input, gamma: FlexTensor, beta: FlexTensor, epsilon: f64) -> (Statistics, Affine) {
    let (gamma, beta) = (Input::new(gamma), Input::new(beta));
    let stats = statistics(y.floats(), y.columns());
    let affine = Affine::new(gamma.floats(), beta.floats(), &stats, epsilon as f32);
    (stats, affine)
}

impl PointBackend for Flex {
    fn point_linear(x: FlexTensor, w: FlexTensor) -> FlexTensor {
        let (x, w) = (Input::new(x), Input::new(w));
        tensor(matmul::multiply(x.floats(), x.columns(), w.floats(), w.columns()), [x.rows(), w.columns()])
    }

    fn point_norm(
        y: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        epsilon: f64,
        relu: bool,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let y = Input::new(y);
        let (stats, affine) = normalization(&y, gamma, beta, epsilon);
        (matrix(affine.apply(y.floats(), relu), y.columns()), vector(stats.mean), vector(stats.var))
    }

    fn point_norm_relu_linear(
        y: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        w: FlexTensor,
        epsilon: f64,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let (y, w) = (Input::new(y), Input::new(w));
        let (stats, affine) = normalization(&y, gamma, beta, epsilon);
        let out = affine.relu_then_multiply(y.floats(), w.floats(), w.columns());
        (matrix(out, w.columns()), vector(stats.mean), vector(stats.var))
    }

    fn point_norm_relu_max(
        y: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        epsilon: f64,
        k: usize,
    ) -> (FlexTensor, FlexTensor, FlexTensor, FlexTensor) {
        let y = Input::new(y);
        let (stats, affine) = normalization(&y, gamma, beta, epsilon);
        let c = y.columns();
        let pooled = relu_max(y.floats(), &affine, k);
        let members = FlexTensor::from_data(TensorData::new(pooled.members, [y.rows() / k, c]));
        (matrix(pooled.values, c), members, vector(stats.mean), vector(stats.var))
    }

    fn point_group(
        points: FlexTensor,
        centers: FlexTensor,
        indices: FlexTensor,
        k: usize,
        _clouds: usize,
    ) -> FlexTensor {
        let (points, centers, indices) = (Input::new(points), Input::new(centers), Input::new(indices));
        let c = points.columns();
        matrix(group::relative(points.floats(), centers.floats(), c, indices.indices(), k), c)
    }

    fn point_interpolate(
        features: FlexTensor,
        indices: FlexTensor,
        weights: FlexTensor,
        k: usize,
        _clouds: usize,
    ) -> FlexTensor {
        let (features, indices, weights) = (Input::new(features), Input::new(indices), Input::new(weights));
        let c = features.columns();
        matrix(interpolate::interpolate(features.floats(), c, indices.indices(), weights.floats(), k), c)
    }

    fn point_cross_entropy(logits: FlexTensor, targets: FlexTensor, weights: FlexTensor) -> FlexTensor {
        let (logits, targets, weights) = (Input::new(logits), Input::new(targets), Input::new(weights));
        vector(vec![cross_entropy::cross_entropy(
            logits.floats(),
            logits.columns(),
            targets.indices(),
            weights.floats(),
        )])
    }

    fn point_affine(y: FlexTensor, scale: FlexTensor, shift: FlexTensor, relu: bool) -> FlexTensor {
        let (y, scale, shift) = (Input::new(y), Input::new(scale), Input::new(shift));
        matrix(affine(&scale, &shift).apply(y.floats(), relu), y.columns())
    }

    fn point_affine_relu_linear(y: FlexTensor, scale: FlexTensor, shift: FlexTensor, w: FlexTensor) -> FlexTensor {
        let (y, scale, shift, w) = (Input::new(y), Input::new(scale), Input::new(shift), Input::new(w));
        matrix(affine(&scale, &shift).relu_then_multiply(y.floats(), w.floats(), w.columns()), w.columns())
    }

    fn point_affine_relu_max(y: FlexTensor, scale: FlexTensor, shift: FlexTensor, k: usize) -> FlexTensor {
        let (y, scale, shift) = (Input::new(y), Input::new(scale), Input::new(shift));
        matrix(relu_max(y.floats(), &affine(&scale, &shift), k).values, y.columns())
    }

    fn point_linear_input_gradient(gy: FlexTensor, w: FlexTensor) -> FlexTensor {
        let (gy, w) = (Input::new(gy), Input::new(w));
        matrix(matmul::input_gradient(gy.floats(), gy.columns(), w.floats(), w.rows()), w.rows())
    }

    fn point_linear_weight_gradient(x: FlexTensor, gy: FlexTensor) -> FlexTensor {
        let (x, gy) = (Input::new(x), Input::new(gy));
        matrix(matmul::weight_gradient(x.floats(), x.columns(), gy.floats(), gy.columns()), gy.columns())
    }

    fn point_norm_backward(
        y: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        var: FlexTensor,
        gz: FlexTensor,
        epsilon: f64,
        relu: bool,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let inputs = NormInputs::new(y, gamma, beta, mean, var, epsilon);
        let gz = Input::new(gz);
        norm_gradients(inputs.state().backward(gz.floats(), relu), gz.columns())
    }

    fn point_norm_relu_linear_backward(
        y: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        var: FlexTensor,
        w: FlexTensor,
        gout: FlexTensor,
        epsilon: f64,
    ) -> (FlexTensor, FlexTensor, FlexTensor, FlexTensor) {
        let inputs = NormInputs::new(y, gamma, beta, mean, var, epsilon);
        let (w, gout) = (Input::new(w), Input::new(gout));
        let (gradients, gw) = inputs.state().backward_through_multiply(w.floats(), gout.floats(), w.columns());
        let (gy, ggamma, gbeta) = norm_gradients(gradients, w.rows());
        (gy, ggamma, gbeta, matrix(gw, w.columns()))
    }

    fn point_norm_relu_max_backward(
        y: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        var: FlexTensor,
        values: FlexTensor,
        members: FlexTensor,
        gout: FlexTensor,
        epsilon: f64,
        k: usize,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let inputs = NormInputs::new(y, gamma, beta, mean, var, epsilon);
        let (values, members, gout) = (Input::new(values), Input::new(members), Input::new(gout));
        let pooled = Pooled { values: values.vector(), members: members.indices().to_vec() };
        norm_gradients(relu_max_backward(&inputs.state(), &pooled, gout.floats(), k), gout.columns())
    }

    fn point_scatter_add(gout: FlexTensor, indices: FlexTensor, rows: usize, clouds: usize) -> FlexTensor {
        let (gout, indices) = (Input::new(gout), Input::new(indices));
        let c = gout.columns();
        matrix(group::scatter_add(gout.floats(), c, indices.indices(), rows, clouds), c)
    }

    fn point_group_center_gradient(gout: FlexTensor, k: usize) -> FlexTensor {
        let gout = Input::new(gout);
        matrix(group::center_gradient(gout.floats(), gout.columns(), k), gout.columns())
    }

    fn point_interpolate_backward(
        gout: FlexTensor,
        indices: FlexTensor,
        weights: FlexTensor,
        k: usize,
        rows: usize,
        clouds: usize,
    ) -> FlexTensor {
        let (gout, indices, weights) = (Input::new(gout), Input::new(indices), Input::new(weights));
        let c = gout.columns();
        matrix(
            interpolate::interpolate_backward(gout.floats(), c, indices.indices(), weights.floats(), k, rows, clouds),
            c,
        )
    }

    fn point_cross_entropy_backward(
        logits: FlexTensor,
        targets: FlexTensor,
        weights: FlexTensor,
        upstream: FlexTensor,
    ) -> FlexTensor {
        let (logits, targets, weights) = (Input::new(logits), Input::new(targets), Input::new(weights));
        let upstream = Input::new(upstream).floats()[0];
        let c = logits.columns();
        matrix(
            cross_entropy::cross_entropy_backward(logits.floats(), c, targets.indices(), weights.floats(), upstream),
            c,
        )
    }
}
