//! Updates of all weights of a network at once: a step of Adam (Kingma and Ba, *Adam: A Method for Stochastic
//! Optimization*, <https://arxiv.org/abs/1412.6980>), the length of the gradient, the moving average of the weights.
//!
//! A network has many small tensors. On a GPU, thirteen operations for each of them would take longer to launch than the
//! rest of a training step, and so would one operation for each. So an operation takes a list of tensors, as the
//! `_foreach_` functions of PyTorch do.

use crate::kernels;
pub use crate::kernels::adam::AdamStep;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Backend, BackendTensor, Dispatch, DispatchAutodiffContext, DispatchTensor, DispatchTensorKind, ExtensionType, Flex,
    TensorMetadata, backend_extension,
};
use burn::tensor::{Tensor, TensorData};
use burn_flex::FlexTensor;

/// Weights and the running means of their gradients and squared gradients, one of each for every tensor of a network.
#[derive(Debug, Clone, Default)]
pub struct AdamTensors {
    /// The weights.
    pub weights: Vec<Tensor<1>>,
    /// Running means of the gradients.
    pub moments_1: Vec<Tensor<1>>,
    /// Running means of the squared gradients.
    pub moments_2: Vec<Tensor<1>>,
}

/// Tensors of any lengths, in the form of a backend.
#[derive(Debug)]
pub struct TensorList<B: Backend>(pub Vec<FloatTensor<B>>);

impl<B: Backend> ExtensionType<B> for TensorList<B> {
    type Target = TensorList<Dispatch>;

    fn map_to_dispatch<F>(self, map_kind: F, autodiff: DispatchAutodiffContext) -> Self::Target
    where
        F: Fn(BackendTensor<B>) -> DispatchTensorKind,
    {
        let of = |tensor| DispatchTensor { kind: map_kind(BackendTensor::Float(tensor)), autodiff };
        TensorList(self.0.into_iter().map(of).collect())
    }

    fn map_from_dispatch<F>(target: Self::Target, unwrap_kind: F) -> Self
    where
        F: Fn(DispatchTensor) -> BackendTensor<B>,
    {
        TensorList(target.0.into_iter().map(|tensor| unwrap_kind(tensor).float()).collect())
    }

    fn routing_tensor(target: &Self::Target) -> Option<&DispatchTensor> {
        target.0.first()
    }

    fn routing_float_tensor(target: &Self::Target) -> Option<&DispatchTensor> {
        target.0.first()
    }

    fn autodiff_context(target: &Self::Target) -> DispatchAutodiffContext {
        target.0.first().map_or(DispatchAutodiffContext::Disabled, |tensor| tensor.autodiff)
    }
}

/// Optimiser updates that a backend implements. Lists are not empty, and those of one call have the same lengths.
#[backend_extension(Flex, Cube: cfg(feature = "cube"))]
pub trait UpdateBackend: Backend {
    /// Weights and both means after a step.
    fn points_adam(
        #[extension_type] weights: TensorList<Self>,
        #[extension_type] gradients: TensorList<Self>,
        #[extension_type] moments_1: TensorList<Self>,
        #[extension_type] moments_2: TensorList<Self>,
        step: AdamStep,
    ) -> (TensorList<Self>, TensorList<Self>, TensorList<Self>);

    /// `keep · average + (1 − keep) · newest`.
    fn points_follow(
        #[extension_type] averages: TensorList<Self>,
        #[extension_type] newest: TensorList<Self>,
        keep: f64,
    ) -> TensorList<Self>;

    /// The sum of the squares of all values, `[1]`, always added in the same order.
    fn points_sum_of_squares(#[extension_type] values: TensorList<Self>) -> FloatTensor<Self>;

    /// All values times `factor`, `[1]`.
    fn points_scale(#[extension_type] values: TensorList<Self>, factor: FloatTensor<Self>) -> TensorList<Self>;
}

/// Weights and means after a step of Adam, `f32`: `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`,
/// `w ← shrink · w − rate · correction · m / (√v + ε)`, where `g` is the gradient plus `decay · w`. Every operation rounds as
/// burn's own Adam does on the CPU. No gradient flows through it. A GPU writes into the tensors of which there is no other
/// copy.
///
/// # Shapes
/// There are as many gradients as weights and means of each kind, and those of one place have the same length.
pub fn adam_step(tensors: AdamTensors, gradients: Vec<Tensor<1>>, step: AdamStep) -> AdamTensors {
    let AdamTensors { weights, moments_1, moments_2 } = tensors;
    for list in [&gradients, &moments_1, &moments_2] {
        same_lengths("adam_step", &weights, list);
    }
    if weights.is_empty() {
        return AdamTensors { weights, moments_1, moments_2 };
    }
    let (weights, moments_1, moments_2) =
        Dispatch::points_adam(list(weights), list(gradients), list(moments_1), list(moments_2), step);
    AdamTensors { weights: tensors_of(weights), moments_1: tensors_of(moments_1), moments_2: tensors_of(moments_2) }
}

/// `keep · average + (1 − keep) · newest` for each pair of tensors of one length: a step of moving averages. No gradient
/// flows through it. A GPU writes into averages of which there is no other copy.
pub fn follow(averages: Vec<Tensor<1>>, newest: Vec<Tensor<1>>, keep: f64) -> Vec<Tensor<1>> {
    same_lengths("follow", &averages, &newest);
    if averages.is_empty() {
        return averages;
    }
    tensors_of(Dispatch::points_follow(list(averages), list(newest), keep))
}

/// The sum of the squares of all values of at least one tensor, `[1]`; it is the same at any number of threads. No gradient
/// flows through it.
pub fn sum_of_squares(mut values: Vec<Tensor<1>>) -> Tensor<1> {
    let device = values.first().expect("sum_of_squares: needs at least one tensor").device().inner();
    // an empty tensor has one value on a GPU, of any size
    values.retain(|tensor| tensor.dims() != [0]);
    if values.is_empty() {
        return Tensor::zeros([1], &device);
    }
    Tensor::from_dispatch(Dispatch::points_sum_of_squares(list(values)))
}

/// All values times `factor`, `[1]`. No gradient flows through it. A GPU writes into the tensors of which there is no other
/// copy.
pub fn scale(values: Vec<Tensor<1>>, factor: Tensor<1>) -> Vec<Tensor<1>> {
    assert!(factor.dims() == [1], "scale: the factor must be one value");
    if values.is_empty() {
        return values;
    }
    tensors_of(Dispatch::points_scale(list(values), factor.inner().into_dispatch()))
}

fn same_lengths(operation: &str, a: &[Tensor<1>], b: &[Tensor<1>]) {
    let same = a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.dims() == b.dims());
    assert!(same, "{operation}: the lists must have tensors of the same lengths");
}

fn list(tensors: Vec<Tensor<1>>) -> TensorList<Dispatch> {
    TensorList(tensors.into_iter().map(|tensor| tensor.inner().into_dispatch()).collect())
}

fn tensors_of(list: TensorList<Dispatch>) -> Vec<Tensor<1>> {
    list.0.into_iter().map(Tensor::from_dispatch).collect()
}

/// The values of a tensor.
fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().unwrap_or_else(|| panic!("updates of weights need f32 values, not {:?}", tensor.dtype()))
}

impl UpdateBackend for Flex {
    fn points_adam(
        weights: TensorList<Self>,
        gradients: TensorList<Self>,
        moments_1: TensorList<Self>,
        moments_2: TensorList<Self>,
        step: AdamStep,
    ) -> (TensorList<Self>, TensorList<Self>, TensorList<Self>) {
        let mut updated = [(); 3].map(|()| TensorList(Vec::new()));
        let moments = moments_1.0.into_iter().zip(moments_2.0);
        for ((weight, gradient), (moment_1, moment_2)) in weights.0.into_iter().zip(gradients.0).zip(moments) {
            let shape = weight.shape();
            let tensors = [weight, gradient, moment_1, moment_2].map(|tensor| tensor.to_contiguous());
            let [weight, gradient, moment_1, moment_2] = tensors.each_ref().map(values);
            let next = kernels::adam::adam(weight, gradient, moment_1, moment_2, &step);
            for (list, values) in updated.iter_mut().zip(next) {
                list.0.push(FlexTensor::from_data(TensorData::new(values, shape.clone())));
            }
        }
        updated.into()
    }

    fn points_follow(averages: TensorList<Self>, newest: TensorList<Self>, keep: f64) -> TensorList<Self> {
        let follow = |(average, newest)| {
            let average = Self::float_mul_scalar(average, keep.into());
            Self::float_add(average, Self::float_mul_scalar(newest, (1.0 - keep).into()))
        };
        TensorList(averages.0.into_iter().zip(newest.0).map(follow).collect())
    }

    fn points_sum_of_squares(list: TensorList<Self>) -> FlexTensor {
        let squares = |tensor: FlexTensor| kernels::adam::sum_of_squares(values(&tensor.to_contiguous()));
        let total: f32 = list.0.into_iter().map(squares).sum();
        FlexTensor::from_data(TensorData::new(vec![total], [1]))
    }

    fn points_scale(list: TensorList<Self>, factor: FlexTensor) -> TensorList<Self> {
        TensorList(list.0.into_iter().map(|tensor| Self::float_mul(tensor, factor.clone())).collect())
    }
}
