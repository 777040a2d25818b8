//! A step of Adam (Kingma and Ba, *Adam: A Method for Stochastic Optimization*, <https://arxiv.org/abs/1412.6980>) as
//! one operation per weight tensor. With a backend's own operations it is thirteen, and a network has many small
//! tensors: on a GPU, launching those would take longer than the rest of a training step.

use crate::kernels;
pub use crate::kernels::adam::AdamStep;
use burn::backend::{Backend, Dispatch, Flex, TensorMetadata, backend_extension, tensor::FloatTensor};
use burn::tensor::{Tensor, TensorData};
use burn_flex::FlexTensor;

/// Weights and the running means of their gradients and squared gradients, all of one shape.
#[derive(Debug, Clone)]
pub struct AdamTensors<const D: usize> {
    /// The weights.
    pub weight: Tensor<D>,
    /// Running mean of the gradients.
    pub moment_1: Tensor<D>,
    /// Running mean of the squared gradients.
    pub moment_2: Tensor<D>,
}

/// Optimiser updates that a backend implements.
#[backend_extension(Flex, Cube: cfg(feature = "cube"))]
pub trait UpdateBackend: Backend {
    /// Weights and both means after a step.
    fn points_adam(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        moment_1: FloatTensor<Self>,
        moment_2: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// `keep · average + (1 − keep) · newest`.
    fn points_follow(average: FloatTensor<Self>, newest: FloatTensor<Self>, keep: f64) -> FloatTensor<Self> {
        let average = Self::float_mul_scalar(average, keep.into());
        Self::float_add(average, Self::float_mul_scalar(newest, (1.0 - keep).into()))
    }

    /// `total [1]` plus the sum of the squares of all values, `[1]`, always added in the same order.
    fn points_add_squares(total: FloatTensor<Self>, values: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// Weights and means after a step of Adam, `f32`: `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`,
/// `w ← shrink · w − rate · correction · m / (√v + ε)`, where `g` is the gradient plus `decay · w`. Every operation rounds as
/// burn's own Adam does on the CPU. No gradient flows through it.
///
/// # Shapes
/// All tensors have the same shape.
pub fn adam_step<const D: usize>(tensors: AdamTensors<D>, gradient: Tensor<D>, step: AdamStep) -> AdamTensors<D> {
    let AdamTensors { weight, moment_1, moment_2 } = tensors;
    let dims = weight.dims();
    assert!(
        gradient.dims() == dims && moment_1.dims() == dims && moment_2.dims() == dims,
        "adam_step: weights, gradient and means must have the same shape"
    );
    let (weight, moment_1, moment_2) = Dispatch::points_adam(
        weight.inner().into_dispatch(),
        gradient.inner().into_dispatch(),
        moment_1.inner().into_dispatch(),
        moment_2.inner().into_dispatch(),
        step,
    );
    AdamTensors {
        weight: Tensor::from_dispatch(weight),
        moment_1: Tensor::from_dispatch(moment_1),
        moment_2: Tensor::from_dispatch(moment_2),
    }
}

/// `keep · average + (1 − keep) · newest` of two tensors of one shape: a step of a moving average. No gradient flows
/// through it.
pub fn follow<const D: usize>(average: Tensor<D>, newest: Tensor<D>, keep: f64) -> Tensor<D> {
    assert!(average.dims() == newest.dims(), "follow: both tensors must have the same shape");
    let (average, newest) = (average.inner().into_dispatch(), newest.inner().into_dispatch());
    Tensor::from_dispatch(Dispatch::points_follow(average, newest, keep))
}

/// Adds the squares of all values of a tensor to `total`, `[1]`; the sum is the same at any number of threads. No
/// gradient flows through it.
pub fn add_squares<const D: usize>(total: Tensor<1>, values: Tensor<D>) -> Tensor<1> {
    let (total, values) = (total.inner().into_dispatch(), values.inner().into_dispatch());
    Tensor::from_dispatch(Dispatch::points_add_squares(total, values))
}

impl UpdateBackend for Flex {
    fn points_adam(
        weight: FlexTensor,
        gradient: FlexTensor,
        moment_1: FlexTensor,
        moment_2: FlexTensor,
        step: AdamStep,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let shape = weight.shape();
        let tensors = [weight, gradient, moment_1, moment_2].map(|tensor| tensor.to_contiguous());
        let [weight, gradient, moment_1, moment_2]: [&[f32]; 4] = tensors.each_ref().map(|tensor| {
            tensor.as_slice().unwrap_or_else(|| panic!("adam_step needs f32 values, not {:?}", tensor.dtype()))
        });
        let updated = kernels::adam::adam(weight, gradient, moment_1, moment_2, &step);
        let [weight, moment_1, moment_2] =
            updated.map(|values| FlexTensor::from_data(TensorData::new(values, shape.clone())));
        (weight, moment_1, moment_2)
    }

    fn points_add_squares(total: FlexTensor, values: FlexTensor) -> FlexTensor {
        let (total, values) = (total.to_contiguous(), values.to_contiguous());
        let [total, values]: [&[f32]; 2] = [&total, &values].map(|tensor| {
            tensor.as_slice().unwrap_or_else(|| panic!("add_squares needs f32 values, not {:?}", tensor.dtype()))
        });
        let sum = kernels::adam::sum_of_squares(values);
        FlexTensor::from_data(TensorData::new(vec![total[0] + sum], [1]))
    }
}
