//! Running statistics of a normalisation: one operation updates both, and one folds them and the parameters into a
//! multiply-add. With a backend's own operations these are six and five, on tensors so small that a GPU takes longer to
//! launch them than to compute them.

use burn::backend::{Backend, Dispatch, Flex, backend_extension, tensor::FloatTensor};
use burn::tensor::{Tensor, TensorData};
use burn_flex::FlexTensor;

/// The weights of an update of running statistics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UpdateWeights {
    /// Weight of the old running statistics.
    pub running: f32,
    /// Weight of the mean of the batch.
    pub mean: f32,
    /// Weight of the variance of the batch.
    pub var: f32,
}

/// Updates of running statistics that a backend implements.
#[backend_extension(Flex, Cube: cfg(feature = "cube"))]
pub trait RunningBackend: Backend {
    /// Mean and variance after a batch.
    fn points_update_running(
        mean: FloatTensor<Self>,
        var: FloatTensor<Self>,
        batch_mean: FloatTensor<Self>,
        batch_var: FloatTensor<Self>,
        weights: UpdateWeights,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// Scale and shift of a normalisation with these statistics.
    fn points_fold(
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        var: FloatTensor<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

/// Updates mean and variance to `running · weights.running + batch · weight`, in `f32`. No gradient flows through it.
///
/// # Shapes
/// All are `[channels]`.
pub(crate) fn update(running: [Tensor<1>; 2], batch: [Tensor<1>; 2], weights: UpdateWeights) -> [Tensor<1>; 2] {
    check([&running[0], &running[1], &batch[0], &batch[1]]);
    let [mean, var] = running.map(|tensor| tensor.inner().into_dispatch());
    let [batch_mean, batch_var] = batch.map(|tensor| tensor.inner().into_dispatch());
    let (mean, var) = Dispatch::points_update_running(mean, var, batch_mean, batch_var, weights);
    [Tensor::from_dispatch(mean), Tensor::from_dispatch(var)]
}

/// Scale `γ / sqrt(var + ε)` and shift `β − mean · scale`, from `[γ, β]` and `[mean, variance]`. No gradient flows
/// through it.
///
/// # Shapes
/// All are `[channels]`.
pub(crate) fn fold(parameters: [Tensor<1>; 2], statistics: [Tensor<1>; 2], epsilon: f64) -> [Tensor<1>; 2] {
    check([&parameters[0], &parameters[1], &statistics[0], &statistics[1]]);
    let [gamma, beta] = parameters.map(|tensor| tensor.inner().into_dispatch());
    let [mean, var] = statistics.map(|tensor| tensor.inner().into_dispatch());
    let (scale, shift) = Dispatch::points_fold(gamma, beta, mean, var, epsilon);
    [Tensor::from_dispatch(scale), Tensor::from_dispatch(shift)]
}

fn check(vectors: [&Tensor<1>; 4]) {
    let lengths = vectors.map(|vector| vector.dims()[0]);
    assert!(lengths == [lengths[0]; 4], "running statistics: vectors of different lengths {lengths:?}");
}

/// The values of a vector.
fn values(tensor: FlexTensor) -> Vec<f32> {
    let tensor = tensor.to_contiguous();
    tensor.as_slice().unwrap_or_else(|| panic!("statistics must be f32, not {:?}", tensor.dtype())).to_vec()
}

fn vector(values: Vec<f32>) -> FlexTensor {
    let len = values.len();
    FlexTensor::from_data(TensorData::new(values, [len]))
}

impl RunningBackend for Flex {
    fn points_update_running(
        mean: FlexTensor,
        var: FlexTensor,
        batch_mean: FlexTensor,
        batch_var: FlexTensor,
        weights: UpdateWeights,
    ) -> (FlexTensor, FlexTensor) {
        let update = |running: FlexTensor, batch: FlexTensor, weight: f32| {
            let pairs = values(running).into_iter().zip(values(batch));
            vector(pairs.map(|(r, b)| r * weights.running + b * weight).collect())
        };
        (update(mean, batch_mean, weights.mean), update(var, batch_var, weights.var))
    }

    fn points_fold(
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        var: FlexTensor,
        epsilon: f64,
    ) -> (FlexTensor, FlexTensor) {
        let (mean, var) = (values(mean), values(var));
        let scale: Vec<f32> = values(gamma).iter().zip(&var).map(|(g, v)| g / (v + epsilon as f32).sqrt()).collect();
        let shift = values(beta).iter().zip(mean.iter().zip(&scale)).map(|(b, (m, s))| b - m * s).collect();
        (vector(scale), vector(shift))
    }
}
