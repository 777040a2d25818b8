//! Running statistics of a normalisation: both moved in one operation, and made one multiply-add with the parameters in one. Made of a
//! backend's own these are six and five, on tensors so small that a GPU takes longer to start them than to compute them.

use burn::backend::{Backend, Dispatch, Flex, backend_extension, tensor::FloatTensor};
use burn::tensor::{Tensor, TensorData};
use burn_flex::FlexTensor;

/// Weights of a mean of what was and what is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// Of the running statistics.
    pub running: f32,
    /// Of the batch's mean.
    pub mean: f32,
    /// Of the batch's variance.
    pub var: f32,
}

/// Running statistics that a backend moves itself.
#[backend_extension(Flex, Cube: cfg(feature = "cube"))]
pub trait RunningBackend: Backend {
    /// Mean and variance after a batch.
    fn points_follow(
        mean: FloatTensor<Self>,
        var: FloatTensor<Self>,
        batch_mean: FloatTensor<Self>,
        batch_var: FloatTensor<Self>,
        shares: Shares,
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

/// `running · shares.running + batch · share` of mean and variance, `f32`. No gradient flows through it.
///
/// # Shapes
/// All are `[channels]`.
pub(crate) fn follow(running: [Tensor<1>; 2], batch: [Tensor<1>; 2], shares: Shares) -> [Tensor<1>; 2] {
    let [mean, var] = running.map(|tensor| tensor.inner().into_dispatch());
    let [batch_mean, batch_var] = batch.map(|tensor| tensor.inner().into_dispatch());
    let (mean, var) = Dispatch::points_follow(mean, var, batch_mean, batch_var, shares);
    [Tensor::from_dispatch(mean), Tensor::from_dispatch(var)]
}

/// Scale `γ / sqrt(var + ε)` and shift `β − mean · scale`, of γ and β, and of mean and variance. No gradient flows through it.
///
/// # Shapes
/// All are `[channels]`.
pub(crate) fn fold(parameters: [Tensor<1>; 2], statistics: [Tensor<1>; 2], epsilon: f64) -> [Tensor<1>; 2] {
    let [gamma, beta] = parameters.map(|tensor| tensor.inner().into_dispatch());
    let [mean, var] = statistics.map(|tensor| tensor.inner().into_dispatch());
    let (scale, shift) = Dispatch::points_fold(gamma, beta, mean, var, epsilon);
    [Tensor::from_dispatch(scale), Tensor::from_dispatch(shift)]
}

/// The values of a vector.
fn values(tensor: FlexTensor) -> Vec<f32> {
    let tensor = tensor.to_contiguous();
    tensor.as_slice().unwrap_or_else(|| panic!("statistics are f32, not {:?}", tensor.dtype())).to_vec()
}

fn vector(values: Vec<f32>) -> FlexTensor {
    let len = values.len();
    FlexTensor::from_data(TensorData::new(values, [len]))
}

impl RunningBackend for Flex {
    fn points_follow(
        mean: FlexTensor,
        var: FlexTensor,
        batch_mean: FlexTensor,
        batch_var: FlexTensor,
        shares: Shares,
    ) -> (FlexTensor, FlexTensor) {
        let moved = |running: FlexTensor, batch: FlexTensor, share: f32| {
            let pairs = values(running).into_iter().zip(values(batch));
            vector(pairs.map(|(r, b)| r * shares.running + b * share).collect())
        };
        (moved(mean, batch_mean, shares.mean), moved(var, batch_var, shares.var))
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
