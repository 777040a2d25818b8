//! Adam as an optimiser of burn, with [`pointtensor::adam_step`] as its step. Its state is that of burn's own Adam, so
//! checkpoints have the same format.

use burn::optim::{AdamState, AdaptiveMomentumState, LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};
use pointtensor::{AdamStep, AdamTensors, adam_step};

/// Adam with weight decay.
#[derive(Debug, Clone)]
pub(super) struct Adam {
    /// Added to the root of the mean squared gradient.
    pub epsilon: f32,
    /// This multiple of the weights is added to the gradient.
    pub decay: f32,
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
        let root = (1.0 - BETA_2.powi(time as i32)).sqrt();
        let step = AdamStep {
            beta_1: BETA_1,
            beta_2: BETA_2,
            correction: root / (1.0 - BETA_1.powi(time as i32)),
            epsilon: self.epsilon * root,
            decay: self.decay,
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
    use burn::optim::{AdamConfig, decay::WeightDecayConfig};
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
            let ours = Adam { epsilon: 1e-8, decay };
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
}
