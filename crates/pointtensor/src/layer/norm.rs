//! Batch normalisation over rows.

use crate::functional::{self, NormParams, Normed};
use crate::running::{self, UpdateWeights};
use burn::config::Config;
use burn::module::{Flag, Initializer, Module, ModuleMapper, Param, RunningState};
use burn::tensor::{
    Device, Tensor,
    activation::{elu, relu},
};

/// Configuration of [`PointNorm`].
#[derive(Config, Debug)]
pub struct PointNormConfig {
    /// Number of channels.
    pub channels: usize,
    /// Added to the variance.
    #[config(default = 1e-5)]
    pub epsilon: f64,
    /// Weight of the newest batch in the running statistics.
    #[config(default = 0.1)]
    pub momentum: f64,
}

impl PointNormConfig {
    /// Creates the layer with γ = 1, β = 0, running mean 0 and running variance 1.
    pub fn init(&self, device: &Device) -> PointNorm {
        PointNorm {
            gamma: Initializer::Ones.init([self.channels], device),
            beta: Initializer::Zeros.init([self.channels], device),
            running_mean: RunningState::new(Tensor::zeros([self.channels], device)),
            running_var: RunningState::new(Tensor::ones([self.channels], device)),
            training: Param::from_bool(true),
            momentum: self.momentum,
            epsilon: self.epsilon,
        }
    }
}

/// Batch normalisation over the rows of `[rows, channels]` (Ioffe and Szegedy 2015,
/// <https://arxiv.org/abs/1502.03167>).
///
/// On an autodiff device it normalises with the statistics of the batch and updates the running ones. On other devices,
/// or when frozen, it uses the running ones. The running variance is unbiased, as in PyTorch.
#[derive(Module, Debug)]
pub struct PointNorm {
    /// Scale γ, `[channels]`.
    pub gamma: Param<Tensor<1>>,
    /// Shift β, `[channels]`.
    pub beta: Param<Tensor<1>>,
    /// Running mean, `[channels]`.
    pub running_mean: RunningState<Tensor<1>>,
    /// Running unbiased variance, `[channels]`.
    pub running_var: RunningState<Tensor<1>>,
    /// Whether training behaviour is enabled; false for a frozen layer.
    pub training: Param<Flag>,
    /// Weight of the newest batch in the running statistics; 0 freezes the layer.
    pub momentum: f64,
    /// Added to the variance.
    pub epsilon: f64,
}

/// Sets a state immediately. [`RunningState::update`] keeps one value per thread and averages them when the state is
/// read. Training steps run one after another on the threads of a pool: there is nothing to average, and the average is
/// one more kernel on a GPU.
fn set(state: &RunningState<Tensor<1>>, next: Tensor<1>) {
    struct Next(Tensor<1>);
    impl ModuleMapper for Next {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            Param::initialized(param.id, Tensor::from_dispatch(self.0.clone().into_dispatch()))
        }
    }
    // a clone shares the state
    let _ = state.clone().map(&mut Next(next));
}

/// A normalisation with fixed statistics, as one multiply-add per value.
pub(crate) struct Folded {
    pub scale: Tensor<1>,
    pub shift: Tensor<1>,
}

impl PointNorm {
    /// Number of channels.
    pub fn channels(&self) -> usize {
        self.gamma.shape()[0]
    }

    /// Normalises, then applies ReLU if `relu`.
    ///
    /// # Shapes
    /// - `y` and result: `[rows, channels]`
    pub fn forward(&self, y: Tensor<2>, relu: bool) -> Tensor<2> {
        if self.uses_batch_statistics(&y) {
            let rows = y.dims()[0];
            return self.update_running(functional::norm(y, self.params(), relu), rows);
        }
        let folded = self.folded(&y.device());
        if y.device().is_autodiff() {
            folded.apply(y, relu)
        } else {
            functional::affine(y, folded.scale, folded.shift, relu)
        }
    }

    /// Applies ELU, then normalises.
    ///
    /// # Shapes
    /// - `y` and result: `[rows, channels]`
    pub fn forward_elu(&self, y: Tensor<2>) -> Tensor<2> {
        if self.uses_batch_statistics(&y) {
            let rows = y.dims()[0];
            return self.update_running(functional::elu_norm(y, self.params()), rows);
        }
        let folded = self.folded(&y.device());
        if y.device().is_autodiff() {
            folded.apply(elu(y, 1.0), false)
        } else {
            functional::elu_affine(y, folded.scale, folded.shift)
        }
    }

    /// Normalises, applies ReLU and multiplies by the next layer's weights.
    ///
    /// # Shapes
    /// - `y`: `[rows, channels]`
    /// - `w`: `[channels, out_channels]`
    /// - result: `[rows, out_channels]`
    pub fn forward_linear(&self, y: Tensor<2>, w: Tensor<2>) -> Tensor<2> {
        if self.uses_batch_statistics(&y) {
            let rows = y.dims()[0];
            return self.update_running(functional::norm_relu_linear(y, self.params(), w), rows);
        }
        let folded = self.folded(&y.device());
        if y.device().is_autodiff() {
            functional::linear(folded.apply(y, true), w)
        } else {
            functional::affine_relu_linear(y, folded.scale, folded.shift, w)
        }
    }

    /// Normalises, then applies ReLU if `relu`, and takes the maximum over each `k` consecutive rows.
    ///
    /// # Shapes
    /// - `y`: `[groups · k, channels]`
    /// - result: `[groups, channels]`
    pub fn forward_max(&self, y: Tensor<2>, relu: bool, k: usize) -> Tensor<2> {
        if self.uses_batch_statistics(&y) {
            let rows = y.dims()[0];
            return self.update_running(functional::norm_max(y, self.params(), relu, k), rows);
        }
        let folded = self.folded(&y.device());
        if y.device().is_autodiff() {
            let [rows, channels] = y.dims();
            folded.apply(y, relu).reshape([rows / k, k, channels]).max_dim(1).reshape([rows / k, channels])
        } else {
            functional::affine_max(y, folded.scale, folded.shift, relu, k)
        }
    }

    fn uses_batch_statistics(&self, y: &Tensor<2>) -> bool {
        y.device().is_autodiff() && self.training.is_enabled() && self.momentum > 0.0
    }

    fn params(&self) -> NormParams {
        NormParams { gamma: self.gamma.val(), beta: self.beta.val(), epsilon: self.epsilon }
    }

    /// Updates the running statistics and returns the output.
    fn update_running(&self, normed: Normed<2>, rows: usize) -> Tensor<2> {
        let unbiased = rows as f64 / (rows.max(2) - 1) as f64;
        let weights = UpdateWeights {
            running: (1.0 - self.momentum) as f32,
            mean: self.momentum as f32,
            var: (self.momentum * unbiased) as f32,
        };
        let states = [&self.running_mean, &self.running_var];
        let updated = running::update(states.map(RunningState::value), [normed.mean, normed.var], weights);
        for (state, next) in states.into_iter().zip(updated) {
            set(state, Tensor::from_inner(next));
        }
        normed.output
    }

    fn folded(&self, device: &Device) -> Folded {
        let mean = self.running_mean.value().to_device(device);
        let var = self.running_var.value().to_device(device);
        if device.is_autodiff() {
            let scale = self.gamma.val() / (var + self.epsilon).sqrt();
            let shift = self.beta.val() - mean * scale.clone();
            return Folded { scale, shift };
        }
        let [scale, shift] = running::fold([self.gamma.val(), self.beta.val()], [mean, var], self.epsilon);
        Folded { scale, shift }
    }
}

impl Folded {
    /// Applies it with burn's own operations, which are differentiable: for a frozen layer in a network in training.
    fn apply(self, y: Tensor<2>, activation: bool) -> Tensor<2> {
        let z = y * self.scale.unsqueeze() + self.shift.unsqueeze();
        if activation { relu(z) } else { z }
    }
}
