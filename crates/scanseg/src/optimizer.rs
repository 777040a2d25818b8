//! The optimisers. They update all parameters of a network at once ([`pointtensor::adam_step`]). On the CPU, Adam and SGD
//! equal burn's own to the bit, except for the sign of zeros; AdamW leaves vectors out of the decay, which burn's does not.
//! Checkpoints have the format of burn's states.

use crate::config::{OptimizerConfig, TrainConfig};
use crate::parameters::{Parameter, give, take_learned};
use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use pointtensor::{AdamStep, AdamTensors, adam_step, scale, sum_of_squares};
use std::collections::BTreeMap;

/// An optimiser.
#[derive(Debug, Clone)]
pub(crate) struct Optimizer {
    kind: OptimizerConfig,
    weight_decay: f64,
    clip_norm: f64,
    states: BTreeMap<u64, State>,
}

/// What an optimiser keeps of a parameter.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub parameter: Parameter,
    /// Steps taken.
    pub steps: u64,
    /// Running means, one for each name of [`Optimizer::means`].
    pub means: Vec<Tensor<1>>,
}

/// A parameter with what an update needs.
struct Update {
    state: State,
    value: Tensor<1>,
    gradient: Tensor<1>,
}

/// As in the paper, PyTorch and TensorFlow.
const BETA_1: f32 = 0.9;
/// As above.
const BETA_2: f32 = 0.999;

impl Optimizer {
    /// The optimiser of a training, without state.
    pub fn new(config: &TrainConfig) -> Self {
        let &TrainConfig { weight_decay, clip_norm, .. } = config;
        Optimizer { kind: config.optimizer.clone(), weight_decay, clip_norm, states: BTreeMap::new() }
    }

    /// The same optimiser with a state, by the numbers of the parameters.
    pub fn with_states(self, states: BTreeMap<u64, State>) -> Self {
        Optimizer { states, ..self }
    }

    /// The state, by the numbers of the parameters.
    pub fn states(&self) -> &BTreeMap<u64, State> {
        &self.states
    }

    /// Names of the running means that it keeps of a parameter.
    pub fn means(&self) -> &'static [&'static str] {
        match self.kind {
            OptimizerConfig::Adam { .. } | OptimizerConfig::AdamW { .. } => &["moment_1", "moment_2"],
            OptimizerConfig::Sgd { .. } => &["velocity"],
        }
    }

    /// Whether its updates depend on the number of steps.
    pub fn counts_steps(&self) -> bool {
        !matches!(self.kind, OptimizerConfig::Sgd { .. })
    }

    /// Updates the parameters that have a gradient.
    pub fn step<M: Module>(&mut self, rate: f64, network: M, gradients: GradientsParams) -> M {
        let (network, parameters, [values, mut gradients]) = take_learned(network, gradients);
        if self.clip_norm > 0.0 {
            gradients = clip(gradients, self.clip_norm);
        }
        let updates = parameters.into_iter().zip(values.into_iter().zip(gradients));
        let updates = updates.map(|(parameter, (value, gradient))| {
            let before = self.states.remove(&parameter.id.val());
            let (steps, means) = before.map_or((0, Vec::new()), |state| (state.steps, state.means));
            Update { state: State { parameter, steps, means }, value, gradient }
        });
        let updates = updates.collect();
        let (states, values) = match self.kind {
            OptimizerConfig::Adam { epsilon } => self.adam(rate, epsilon, false, updates),
            OptimizerConfig::AdamW { epsilon } => self.adam(rate, epsilon, true, updates),
            OptimizerConfig::Sgd { momentum } => self.sgd(rate, momentum, updates),
        };
        let network = give(network, states.iter().map(|state| &state.parameter), values);
        self.states.extend(states.into_iter().map(|state| (state.parameter.id.val(), state)));
        network
    }

    /// A step of Adam. If the weight decay is decoupled, it takes a multiple of the weights from the weights themselves,
    /// except from vectors, instead of adding it to the gradient.
    fn adam(&self, rate: f64, epsilon: f64, decoupled: bool, updates: Vec<Update>) -> (Vec<State>, Vec<Tensor<1>>) {
        // parameters with the same number of steps and decay are updated at once
        let mut groups: BTreeMap<(u64, bool), Vec<Update>> = BTreeMap::new();
        for update in updates {
            let shrinks = decoupled && update.state.parameter.shape.len() > 1;
            groups.entry((update.state.steps + 1, shrinks)).or_default().push(update);
        }
        let (mut states, mut values) = (Vec::new(), Vec::new());
        for ((steps, shrinks), group) in groups {
            let root = (1.0 - BETA_2.powi(steps as i32)).sqrt();
            let step = AdamStep {
                beta_1: BETA_1,
                beta_2: BETA_2,
                correction: root / (1.0 - BETA_1.powi(steps as i32)),
                epsilon: epsilon as f32 * root,
                decay: if decoupled { 0.0 } else { self.weight_decay as f32 },
                shrink: if shrinks { (1.0 - rate * self.weight_decay) as f32 } else { 1.0 },
                rate: rate as f32,
            };
            let (mut tensors, mut gradients) = (AdamTensors::default(), Vec::new());
            let first = states.len();
            for Update { state, value, gradient } in group {
                let State { parameter, mut means, .. } = state;
                if means.is_empty() {
                    means = vec![value.zeros_like(), value.zeros_like()];
                }
                tensors.moments_2.extend(means.pop());
                tensors.moments_1.extend(means.pop());
                tensors.weights.push(value);
                gradients.push(gradient);
                states.push(State { parameter, steps, means });
            }
            let AdamTensors { weights, moments_1, moments_2 } = adam_step(tensors, gradients, step);
            for (state, (moment_1, moment_2)) in states[first..].iter_mut().zip(moments_1.into_iter().zip(moments_2)) {
                state.means = vec![moment_1, moment_2];
            }
            values.extend(weights);
        }
        (states, values)
    }

    /// A step with PyTorch's momentum: the new gradient counts whole.
    fn sgd(&self, rate: f64, momentum: f64, updates: Vec<Update>) -> (Vec<State>, Vec<Tensor<1>>) {
        let update = |Update { state, value, mut gradient }: Update| {
            let State { parameter, steps, mut means } = state;
            if self.weight_decay > 0.0 {
                gradient = value.clone() * self.weight_decay + gradient;
            }
            let velocity = match means.pop() {
                Some(velocity) => gradient + velocity * momentum,
                None => gradient,
            };
            let value = value - velocity.clone() * rate;
            (State { parameter, steps: steps + 1, means: vec![velocity] }, value)
        };
        updates.into_iter().map(update).unzip()
    }
}

/// Scales all gradients down by one factor if their length together is above `most`, as PyTorch's `clip_grad_norm_` does
/// (Pascanu, Mikolov and Bengio 2013, <https://arxiv.org/abs/1211.5063>). Does not wait for a GPU.
fn clip(gradients: Vec<Tensor<1>>, most: f64) -> Vec<Tensor<1>> {
    if gradients.is_empty() {
        return gradients;
    }
    let squares = sum_of_squares(gradients.clone());
    scale(gradients, ((squares.sqrt() + 1e-6).recip() * most).clamp_max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::module::{Param, ParamId};
    use burn::optim::decay::WeightDecayConfig;
    use burn::optim::{AdamConfig, AdamWConfig, Optimizer as _};
    use burn::tensor::{Device, TensorData};

    #[derive(Module, Debug)]
    struct Two {
        matrix: Param<Tensor<2>>,
        vector: Param<Tensor<1>>,
    }

    const IDS: [u64; 2] = [1, 2];

    fn two(matrix: Tensor<2>, vector: Tensor<1>) -> Two {
        let [matrix_id, vector_id] = IDS.map(ParamId::from);
        Two { matrix: Param::initialized(matrix_id, matrix), vector: Param::initialized(vector_id, vector) }
    }

    fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), &Device::flex())
    }

    fn gradients(matrix: Tensor<2>, vector: Tensor<1>) -> GradientsParams {
        let [matrix_id, vector_id] = IDS.map(ParamId::from);
        let mut gradients = GradientsParams::new();
        gradients.register(matrix_id, matrix);
        gradients.register(vector_id, vector);
        gradients
    }

    /// Values of both signs and many sizes, zeros among them.
    fn values(seed: u32) -> Tensor<2> {
        let value = |i: u32| match i % 7 {
            0 => 0.0,
            _ => ((i * 37 + seed * 101) % 199) as f32 / 100.0 - 1.0,
        };
        let scaled = (0..40_000u32).map(|i| value(i) * 10f32.powi((i % 9) as i32 - 6)).collect::<Vec<_>>();
        tensor(scaled, [200, 200])
    }

    fn vector(seed: u32) -> Tensor<1> {
        values(seed).slice([3..4, 0..200]).flatten(0, 1)
    }

    fn bits<const D: usize>(tensor: Tensor<D>) -> Vec<u32> {
        let values: Vec<f32> = tensor.into_data().try_to_vec().unwrap();
        // zeros may differ in sign: burn's first moments are not sums with a zero
        values.into_iter().map(|v| (v + 0.0).to_bits()).collect()
    }

    fn optimizer(kind: OptimizerConfig, weight_decay: f64) -> Optimizer {
        Optimizer::new(&TrainConfig { optimizer: kind, weight_decay, clip_norm: 0.0, ..TrainConfig::default() })
    }

    #[test]
    fn the_steps_equal_those_of_burns_adam_to_the_bit() {
        for decay in [0.0, 1e-2] {
            let config = AdamConfig::new().with_epsilon(1e-8);
            let burns = config.with_weight_decay((decay > 0.0).then(|| WeightDecayConfig::new(decay))).build();
            let (mut right_matrix, mut matrix_state) = (values(0), None);
            let (mut right_vector, mut vector_state) = (vector(0), None);
            let mut ours = optimizer(OptimizerConfig::Adam { epsilon: 1e-8 }, f64::from(decay));
            let mut network = two(values(0), vector(0));
            for step in 1..30 {
                let rate = 1e-3 / f64::from(step);
                (right_matrix, matrix_state) = burns.step(rate, right_matrix, values(step), matrix_state);
                network = if step % 3 == 0 {
                    // a parameter without a gradient stays as it is, and counts its own steps
                    let mut some = gradients(values(step), vector(step));
                    some.remove::<1>(ParamId::from(IDS[1]));
                    ours.step(rate, network, some)
                } else {
                    (right_vector, vector_state) = burns.step(rate, right_vector, vector(step), vector_state);
                    ours.step(rate, network, gradients(values(step), vector(step)))
                };
                assert_eq!(bits(network.matrix.val()), bits(right_matrix.clone()), "step {step}");
                assert_eq!(bits(network.vector.val()), bits(right_vector.clone()), "step {step}");
            }
            let (matrix_state, vector_state) = (matrix_state.unwrap().momentum, vector_state.unwrap().momentum);
            let [matrix, vector] = IDS.map(|id| &ours.states()[&id]);
            assert_eq!([matrix.steps, vector.steps], [matrix_state.time as u64, vector_state.time as u64]);
            assert_eq!(bits(matrix.means[0].clone()), bits(matrix_state.moment_1));
            assert_eq!(bits(matrix.means[1].clone()), bits(matrix_state.moment_2));
            assert_eq!(bits(vector.means[1].clone()), bits(vector_state.moment_2));
        }
    }

    #[test]
    fn decoupled_decay_equals_that_of_burns_adamw_and_leaves_out_vectors() {
        let burns = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(1e-2).build();
        let mut ours = optimizer(OptimizerConfig::AdamW { epsilon: 1e-8 }, 1e-2);
        let (mut right, mut state) = (values(0), None);
        let mut network = two(values(0), tensor(vec![1.0; 3], [3]));
        for step in 1..10 {
            (right, state) = burns.step(1e-2, right, values(step), state);
            network = ours.step(1e-2, network, gradients(values(step), tensor(vec![0.0; 3], [3])));
        }
        let difference: f32 = (network.matrix.val() - right).abs().max().into_scalar();
        assert!(difference < 1e-6, "{difference}");
        assert_eq!(network.vector.val().into_data().try_to_vec::<f32>().unwrap(), [1.0; 3]);
    }

    #[test]
    fn sgd_has_pytorchs_momentum_and_decay() {
        let (momentum, decay, rate) = (0.9, 0.1, 0.5);
        let mut ours = optimizer(OptimizerConfig::Sgd { momentum }, decay);
        let mut network = two(tensor(vec![0.0], [1, 1]), tensor(vec![2.0], [1]));
        // PyTorch: g += decay · w; v = momentum · v + g, at first v = g; w -= rate · v
        let (mut weight, mut velocity) = (2.0, None);
        for gradient in [1.0, -0.5, 0.25] {
            network =
                ours.step(rate, network, gradients(tensor(vec![0.0], [1, 1]), tensor(vec![gradient as f32], [1])));
            let with_decay = gradient + decay * weight;
            let next = velocity.map_or(with_decay, |velocity: f64| momentum * velocity + with_decay);
            (weight, velocity) = (weight - rate * next, Some(next));
            let found: f32 = network.vector.val().into_scalar();
            assert!((f64::from(found) - weight).abs() < 1e-6, "{found} instead of {weight}");
        }
    }

    #[test]
    fn clipped_gradients_equal_those_of_pytorch() {
        let reference: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/reference/recipes/recipes.json")).unwrap();
        let list = |value: &serde_json::Value| -> Tensor<1> {
            let values: Vec<f32> = value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect();
            let len = values.len();
            tensor(values, [len])
        };
        for most in [1.0, 100.0] {
            let clipped = clip([0, 1].map(|i| list(&reference["gradients"][i])).into(), most);
            for (i, found) in clipped.into_iter().enumerate() {
                let right = list(&reference["clipped"][format!("{most:?}")][i]);
                assert!((found - right).abs().max().into_scalar::<f32>() < 1e-6);
            }
        }
    }
}
