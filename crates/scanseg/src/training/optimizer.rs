//! The optimisers. Adam takes [`pointtensor::adam_step`] as its step; its state is that of burn's own Adam, so checkpoints
//! have the same format.

use crate::config::{OptimizerConfig, TrainConfig};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamState, AdaptiveMomentumState, LearningRate, ModuleOptimizer, Optimizer, SgdConfig};
use burn::tensor::{Device, Tensor};
use pointtensor::{AdamStep, AdamTensors, adam_step};

/// The optimiser of a training, without state.
pub(super) fn optimizer(config: &TrainConfig) -> ModuleOptimizer {
    let decay = config.weight_decay;
    match config.optimizer {
        OptimizerConfig::Adam { epsilon } => {
            Adam { epsilon: epsilon as f32, decay: Decay::Gradient(decay as f32) }.into()
        }
        OptimizerConfig::AdamW { epsilon } => Adam { epsilon: epsilon as f32, decay: Decay::Weights(decay) }.into(),
        OptimizerConfig::Sgd { momentum } => {
            // PyTorch's momentum: the new gradient counts whole
            let momentum = MomentumConfig::new().with_momentum(momentum).with_dampening(0.0);
            let decay = (decay > 0.0).then(|| WeightDecayConfig::new(decay as f32));
            SgdConfig::new().with_momentum(Some(momentum)).with_weight_decay(decay).init()
        }
    }
}

/// Adam, or AdamW.
#[derive(Debug, Clone)]
struct Adam {
    /// Added to the root of the mean squared gradient.
    epsilon: f32,
    decay: Decay,
}

/// What weight decay does.
#[derive(Debug, Clone, Copy)]
enum Decay {
    /// Adds this multiple of the weights to the gradient.
    Gradient(f32),
    /// Takes this multiple of the weights, times the learning rate, from the weights themselves, except from vectors.
    Weights(f64),
}

/// As in the paper, PyTorch and TensorFlow.
const BETA_1: f32 = 0.9;
/// As above.
const BETA_2: f32 = 0.999;

impl Optimizer for Adam {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        rate: LearningRate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamState<D>>,
    ) -> (Tensor<D>, Option<AdamState<D>>) {
        let means = state.map(|state| state.momentum).unwrap_or_else(|| {
            let zeros = Tensor::zeros(weight.dims(), &weight.device());
            AdaptiveMomentumState::new(0, zeros.clone(), zeros)
        });
        let time = means.time + 1;
        let (decay, shrink) = match self.decay {
            Decay::Gradient(decay) => (decay, 1.0),
            Decay::Weights(decay) if D > 1 => (0.0, (1.0 - rate * decay) as f32),
            Decay::Weights(_) => (0.0, 1.0),
        };
        let root = (1.0 - BETA_2.powi(time as i32)).sqrt();
        let step = AdamStep {
            beta_1: BETA_1,
            beta_2: BETA_2,
            correction: root / (1.0 - BETA_1.powi(time as i32)),
            epsilon: self.epsilon * root,
            decay,
            shrink,
            rate: rate as f32,
        };
        let tensors = AdamTensors { weight, moment_1: means.moment_1, moment_2: means.moment_2 };
        let AdamTensors { weight, moment_1, moment_2 } = adam_step(tensors, gradient, step);
        (weight, Some(AdamState::new(AdaptiveMomentumState::new(time, moment_1, moment_2))))
    }

    fn to_device<const D: usize>(mut state: AdamState<D>, device: &Device) -> AdamState<D> {
        state.momentum = state.momentum.to_device(device);
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::{Module, Param, ParamId};
    use burn::optim::{AdamConfig, AdamWConfig, GradientsParams};
    use burn::tensor::TensorData;

    /// Values of both signs and many sizes, zeros among them.
    fn values(seed: u32) -> Tensor<2> {
        let value = |i: u32| match i % 7 {
            0 => 0.0,
            _ => ((i * 37 + seed * 101) % 199) as f32 / 100.0 - 1.0,
        };
        let scaled = (0..40_000u32).map(|i| value(i) * 10f32.powi((i % 9) as i32 - 6)).collect::<Vec<_>>();
        Tensor::from_data(TensorData::new(scaled, [200, 200]), &Device::flex())
    }

    fn bits(tensor: &Tensor<2>) -> Vec<u32> {
        let values: Vec<f32> = tensor.clone().into_data().try_to_vec().unwrap();
        // zeros may differ in sign: burn's first moments are not sums with a zero
        values.into_iter().map(|v| (v + 0.0).to_bits()).collect()
    }

    #[test]
    fn the_steps_equal_those_of_burns_adam_to_the_bit() {
        for decay in [0.0, 1e-2] {
            let config = AdamConfig::new().with_epsilon(1e-8);
            let burns = config.with_weight_decay((decay > 0.0).then(|| WeightDecayConfig::new(decay))).build();
            let ours = Adam { epsilon: 1e-8, decay: Decay::Gradient(decay) };
            let (mut right, mut right_state) = (values(0), None);
            let (mut found, mut found_state) = (values(0), None);
            for step in 1..30 {
                let rate = 1e-3 / f64::from(step);
                (right, right_state) = burns.step(rate, right, values(step), right_state);
                (found, found_state) = ours.step(rate, found, values(step), found_state);
                assert_eq!(bits(&found), bits(&right), "weights of step {step}");
            }
            let (found, right) = (found_state.unwrap().momentum, right_state.unwrap().momentum);
            assert_eq!(found.time, right.time);
            assert_eq!(bits(&found.moment_1), bits(&right.moment_1));
            assert_eq!(bits(&found.moment_2), bits(&right.moment_2));
        }
    }

    #[test]
    fn decoupled_decay_equals_that_of_burns_adamw_and_leaves_out_vectors() {
        let burns = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(1e-2).build();
        let ours = Adam { epsilon: 1e-8, decay: Decay::Weights(1e-2) };
        let (mut right, mut right_state) = (values(0), None);
        let (mut found, mut found_state) = (values(0), None);
        for step in 1..10 {
            (right, right_state) = burns.step(1e-2, right, values(step), right_state);
            (found, found_state) = ours.step(1e-2, found, values(step), found_state);
        }
        let difference: f32 = (found - right).abs().max().into_scalar();
        assert!(difference < 1e-6, "{difference}");

        let vector = || Tensor::<1>::ones([3], &Device::flex());
        let (kept, _) = ours.step(1e-2, vector(), vector() * 0.0, None);
        assert_eq!(kept.into_data().try_to_vec::<f32>().unwrap(), [1.0; 3]);
    }

    #[derive(Module, Debug)]
    struct One {
        weight: Param<Tensor<1>>,
    }

    #[test]
    fn sgd_has_pytorchs_momentum_and_decay() {
        let (momentum, decay, rate) = (0.9, 0.1, 0.5);
        let config =
            TrainConfig { optimizer: OptimizerConfig::Sgd { momentum }, weight_decay: decay, ..TrainConfig::default() };
        let mut optimizer = optimizer(&config);
        let id = ParamId::from(1);
        let mut network =
            One { weight: Param::initialized(id, Tensor::from_floats([2.0], &Device::flex().autodiff())) };
        // PyTorch: g += decay · w; v = momentum · v + g, at first v = g; w -= rate · v
        let (mut weight, mut velocity) = (2.0, None);
        for gradient in [1.0, -0.5, 0.25] {
            let mut gradients = GradientsParams::new();
            gradients.register(id, Tensor::<1>::from_floats([gradient as f32], &Device::flex()));
            network = optimizer.step(rate, network, gradients);
            let with_decay = gradient + decay * weight;
            let next = velocity.map_or(with_decay, |velocity: f64| momentum * velocity + with_decay);
            (weight, velocity) = (weight - rate * next, Some(next));
            let found: f32 = network.weight.val().into_scalar();
            assert!((f64::from(found) - weight).abs() < 1e-6, "{found} instead of {weight}");
        }
    }
}
