//! Backward passes of the layers: product, normalisation, pooling and loss.

use super::{constant, register};
use crate::backend::PointBackend;
use burn::backend::{
    Autodiff,
    autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind},
    },
    tensor::{FloatTensor, IntTensor},
};

type Tracked<B, C> = FloatTensor<Autodiff<B, C>>;

#[derive(Debug)]
struct LinearBackward;

impl<B: PointBackend> Backward<B, 2> for LinearBackward {
    type State = (FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gy = grads.consume::<B>(&ops.node);
        let [x_node, w_node] = ops.parents.map(|node| node.map(|node| node.id));
        let (x, w) = ops.state;
        register::<B>(grads, x_node, || B::point_linear_input_gradient(gy.clone(), w));
        register::<B>(grads, w_node, || B::point_linear_weight_gradient(x, gy.clone()));
    }
}

pub(super) fn linear<B: PointBackend, C: CheckpointStrategy>(x: Tracked<B, C>, w: Tracked<B, C>) -> Tracked<B, C> {
    let prepared = LinearBackward.prepare::<C>([x.node(), w.node()]).compute_bound().stateful();
    let (x, w) = (x.into_primitive(), w.into_primitive());
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((x.clone(), w.clone()), B::point_linear(x, w)),
        OpsKind::UnTracked(prepared) => prepared.finish(B::point_linear(x, w)),
    }
}

#[derive(Debug)]
struct AddBiasBackward;

impl<B: PointBackend> Backward<B, 2> for AddBiasBackward {
    type State = ();

    fn backward(self, ops: Ops<(), 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gout = grads.consume::<B>(&ops.node);
        let [y, bias] = ops.parents.map(|node| node.map(|node| node.id));
        register::<B>(grads, bias, || B::point_sum_rows(gout.clone()));
        register::<B>(grads, y, || gout);
    }
}

pub(super) fn add_bias<B: PointBackend, C: CheckpointStrategy>(y: Tracked<B, C>, bias: Tracked<B, C>) -> Tracked<B, C> {
    let prepared = AddBiasBackward.prepare::<C>([y.node(), bias.node()]).compute_bound().stateful();
    let out = B::point_add_bias(y.into_primitive(), bias.into_primitive());
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((), out),
        OpsKind::UnTracked(prepared) => prepared.finish(out),
    }
}

#[derive(Debug)]
struct LinearPairBackward;

impl<B: PointBackend> Backward<B, 3> for LinearPairBackward {
    type State = (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gy = grads.consume::<B>(&ops.node);
        let (a, b, w) = ops.state;
        let (ga, gb, gw) = B::point_linear_pair_backward(a, b, w, gy);
        for (node, gradient) in ops.parents.map(|node| node.map(|node| node.id)).into_iter().zip([ga, gb, gw]) {
            register::<B>(grads, node, || gradient);
        }
    }
}

pub(super) fn linear_pair<B: PointBackend, C: CheckpointStrategy>(
    a: Tracked<B, C>,
    b: Tracked<B, C>,
    w: Tracked<B, C>,
) -> Tracked<B, C> {
    let prepared = LinearPairBackward.prepare::<C>([a.node(), b.node(), w.node()]).compute_bound().stateful();
    let [a, b, w] = [a, b, w].map(|t| t.into_primitive());
    let y = B::point_linear_pair(a.clone(), b.clone(), w.clone());
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((a, b, w), y),
        OpsKind::UnTracked(prepared) => prepared.finish(y),
    }
}

/// What a normalisation keeps for its backward pass: input, γ, β, mean, variance, ε.
type NormState<B> = (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, f64);

#[derive(Debug)]
struct NormBackward;

impl<B: PointBackend> Backward<B, 3> for NormBackward {
    type State = (NormState<B>, bool);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gz = grads.consume::<B>(&ops.node);
        let ((y, gamma, beta, mean, var, epsilon), relu) = ops.state;
        let (gy, ggamma, gbeta) = B::point_norm_backward(y, gamma, beta, mean, var, gz, epsilon, relu);
        for (node, gradient) in ops.parents.map(|node| node.map(|node| node.id)).into_iter().zip([gy, ggamma, gbeta]) {
            register::<B>(grads, node, || gradient);
        }
    }
}

pub(super) fn norm<B: PointBackend, C: CheckpointStrategy>(
    y: Tracked<B, C>,
    gamma: Tracked<B, C>,
    beta: Tracked<B, C>,
    epsilon: f64,
    relu: bool,
) -> (Tracked<B, C>, Tracked<B, C>, Tracked<B, C>) {
    let prepared = NormBackward.prepare::<C>([y.node(), gamma.node(), beta.node()]).compute_bound().stateful();
    let [y, gamma, beta] = [y, gamma, beta].map(|t| t.into_primitive());
    let (z, mean, var) = B::point_norm(y.clone(), gamma.clone(), beta.clone(), epsilon, relu);
    let z = match prepared {
        OpsKind::Tracked(prepared) => prepared.finish(((y, gamma, beta, mean.clone(), var.clone(), epsilon), relu), z),
        OpsKind::UnTracked(prepared) => prepared.finish(z),
    };
    (z, constant::<B, C>(mean), constant::<B, C>(var))
}

#[derive(Debug)]
struct NormReluLinearBackward;

impl<B: PointBackend> Backward<B, 4> for NormReluLinearBackward {
    type State = (NormState<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gout = grads.consume::<B>(&ops.node);
        let ((y, gamma, beta, mean, var, epsilon), w) = ops.state;
        let (gy, ggamma, gbeta, gw) = B::point_norm_relu_linear_backward(y, gamma, beta, mean, var, w, gout, epsilon);
        for (node, gradient) in
            ops.parents.map(|node| node.map(|node| node.id)).into_iter().zip([gy, ggamma, gbeta, gw])
        {
            register::<B>(grads, node, || gradient);
        }
    }
}

pub(super) fn norm_relu_linear<B: PointBackend, C: CheckpointStrategy>(
    y: Tracked<B, C>,
    gamma: Tracked<B, C>,
    beta: Tracked<B, C>,
    w: Tracked<B, C>,
    epsilon: f64,
) -> (Tracked<B, C>, Tracked<B, C>, Tracked<B, C>) {
    let nodes = [y.node(), gamma.node(), beta.node(), w.node()];
    let prepared = NormReluLinearBackward.prepare::<C>(nodes).compute_bound().stateful();
    let [y, gamma, beta, w] = [y, gamma, beta, w].map(|t| t.into_primitive());
    let (out, mean, var) = B::point_norm_relu_linear(y.clone(), gamma.clone(), beta.clone(), w.clone(), epsilon);
    let out = match prepared {
        OpsKind::Tracked(prepared) => prepared.finish(((y, gamma, beta, mean.clone(), var.clone(), epsilon), w), out),
        OpsKind::UnTracked(prepared) => prepared.finish(out),
    };
    (out, constant::<B, C>(mean), constant::<B, C>(var))
}

#[derive(Debug)]
struct NormMaxBackward;

impl<B: PointBackend> Backward<B, 3> for NormMaxBackward {
    type State = (NormState<B>, FloatTensor<B>, IntTensor<B>, bool, usize);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gout = grads.consume::<B>(&ops.node);
        let ((y, gamma, beta, mean, var, epsilon), values, members, relu, k) = ops.state;
        let (gy, ggamma, gbeta) =
            B::point_norm_max_backward(y, gamma, beta, mean, var, values, members, gout, epsilon, relu, k);
        for (node, gradient) in ops.parents.map(|node| node.map(|node| node.id)).into_iter().zip([gy, ggamma, gbeta]) {
            register::<B>(grads, node, || gradient);
        }
    }
}

#[allow(clippy::type_complexity)] // the four tensors of the trait's method
pub(super) fn norm_max<B: PointBackend, C: CheckpointStrategy>(
    y: Tracked<B, C>,
    gamma: Tracked<B, C>,
    beta: Tracked<B, C>,
    epsilon: f64,
    relu: bool,
    k: usize,
) -> (Tracked<B, C>, IntTensor<B>, Tracked<B, C>, Tracked<B, C>) {
    let prepared = NormMaxBackward.prepare::<C>([y.node(), gamma.node(), beta.node()]).compute_bound().stateful();
    let [y, gamma, beta] = [y, gamma, beta].map(|t| t.into_primitive());
    let (values, members, mean, var) = B::point_norm_max(y.clone(), gamma.clone(), beta.clone(), epsilon, relu, k);
    let out = match prepared {
        OpsKind::Tracked(prepared) => {
            let state = (y, gamma, beta, mean.clone(), var.clone(), epsilon);
            prepared.finish((state, values.clone(), members.clone(), relu, k), values)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(values),
    };
    (out, members, constant::<B, C>(mean), constant::<B, C>(var))
}

#[derive(Debug)]
struct CrossEntropyBackward;

impl<B: PointBackend> Backward<B, 1> for CrossEntropyBackward {
    type State = (FloatTensor<B>, IntTensor<B>, FloatTensor<B>, f64);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let upstream = grads.consume::<B>(&ops.node);
        let [node] = ops.parents.map(|node| node.map(|node| node.id));
        let (logits, targets, weights, smoothing) = ops.state;
        register::<B>(grads, node, || B::point_cross_entropy_backward(logits, targets, weights, upstream, smoothing));
    }
}

pub(super) fn cross_entropy<B: PointBackend, C: CheckpointStrategy>(
    logits: Tracked<B, C>,
    targets: IntTensor<B>,
    weights: Tracked<B, C>,
    smoothing: f64,
) -> Tracked<B, C> {
    let prepared = CrossEntropyBackward.prepare::<C>([logits.node()]).compute_bound().stateful();
    let (logits, weights) = (logits.into_primitive(), weights.into_primitive());
    let loss = B::point_cross_entropy(logits.clone(), targets.clone(), weights.clone(), smoothing);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((logits, targets, weights, smoothing), loss),
        OpsKind::UnTracked(prepared) => prepared.finish(loss),
    }
}

#[derive(Debug)]
struct DropoutBackward;

impl<B: PointBackend> Backward<B, 1> for DropoutBackward {
    type State = (IntTensor<B>, f64);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gout = grads.consume::<B>(&ops.node);
        let [node] = ops.parents.map(|node| node.map(|node| node.id));
        let (seed, probability) = ops.state;
        register::<B>(grads, node, || B::point_dropout(gout, seed, probability));
    }
}

pub(super) fn dropout<B: PointBackend, C: CheckpointStrategy>(
    x: Tracked<B, C>,
    seed: IntTensor<B>,
    probability: f64,
) -> Tracked<B, C> {
    let prepared = DropoutBackward.prepare::<C>([x.node()]).compute_bound().stateful();
    let out = B::point_dropout(x.into_primitive(), seed.clone(), probability);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((seed, probability), out),
        OpsKind::UnTracked(prepared) => prepared.finish(out),
    }
}
