//! A step of Adam (Kingma and Ba, *Adam: A Method for Stochastic Optimization*, <https://arxiv.org/abs/1412.6980>) as one operation for each tensor of
//! weights. Made of a backend's own it is thirteen, and a network has many small tensors: on a GPU starting them would take longer
//! than the rest of a training step.

use crate::kernels;
use burn::backend::{Backend, Dispatch, Flex, TensorMetadata, backend_extension, tensor::FloatTensor};
use burn::tensor::{Tensor, TensorData};
use burn_flex::FlexTensor;

/// What all values of a step have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// Share of the mean gradient that stays.
    pub beta_1: f32,
    /// Share of the mean squared gradient that stays.
    pub beta_2: f32,
    /// `√(1 − β₂ᵗ) / (1 − β₁ᵗ)`, which makes up for means that began at zero.
    pub correction: f32,
    /// Added to the root of the mean squared gradient: ε, times `√(1 − β₂ᵗ)` where ε is meant for the corrected one.
    pub epsilon: f32,
    /// Times the weights is added to the gradient.
    pub decay: f32,
    /// The learning rate.
    pub rate: f32,
}

/// Weights, and the running means of gradients and of squared gradients, all of one shape.
#[derive(Debug, Clone)]
pub struct AdamTensors<const D: usize> {
    /// The weights.
    pub weight: Tensor<D>,
    /// Mean of gradients.
    pub moment_1: Tensor<D>,
    /// Mean of squared gradients.
    pub moment_2: Tensor<D>,
}

/// Updates that a backend makes itself.
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
}

/// Weights and means after a step with a gradient, `f32`, which no gradient flows through:
/// `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`, `w ← w − rate · correction · m / (√v + ε)`, with `g` the gradient and `decay · w`. Every operation
/// is rounded as burn's own Adam rounds it on the CPU.
///
/// # Shapes
/// All are the same.
pub fn adam<const D: usize>(tensors: AdamTensors<D>, gradient: Tensor<D>, step: AdamStep) -> AdamTensors<D> {
    let AdamTensors { weight, moment_1, moment_2 } = tensors;
    let dims = weight.dims();
    assert!(
        gradient.dims() == dims && moment_1.dims() == dims && moment_2.dims() == dims,
        "adam: weights, gradient and means have one shape"
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
            tensor.as_slice().unwrap_or_else(|| panic!("adam needs f32 values, not {:?}", tensor.dtype()))
        });
        let updated = kernels::adam::adam(weight, gradient, moment_1, moment_2, &step);
        let [weight, moment_1, moment_2] =
            updated.map(|values| FlexTensor::from_data(TensorData::new(values, shape.clone())));
        (weight, moment_1, moment_2)
    }
}
