//! Running statistics of a normalisation, both moved in one operation: made of a backend's own it is six, on tensors so small that a GPU
//! takes longer to start them than to compute them.

use burn::backend::{Backend, Dispatch, Flex, TensorMetadata, backend_extension, tensor::FloatTensor};
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

impl RunningBackend for Flex {
    fn points_follow(
        mean: FlexTensor,
        var: FlexTensor,
        batch_mean: FlexTensor,
        batch_var: FlexTensor,
        shares: Shares,
    ) -> (FlexTensor, FlexTensor) {
        let moved = |running: FlexTensor, batch: FlexTensor, share: f32| {
            let (running, batch) = (running.to_contiguous(), batch.to_contiguous());
            let values = |tensor: &FlexTensor| -> Vec<f32> {
                tensor.as_slice().unwrap_or_else(|| panic!("statistics are f32, not {:?}", tensor.dtype())).to_vec()
            };
            let pairs = values(&running).into_iter().zip(values(&batch));
            let next: Vec<f32> = pairs.map(|(r, b)| r * shares.running + b * share).collect();
            FlexTensor::from_data(TensorData::new(next, running.shape()))
        };
        (moved(mean, batch_mean, shares.mean), moved(var, batch_var, shares.var))
    }
}
