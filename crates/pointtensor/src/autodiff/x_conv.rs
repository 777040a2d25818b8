//! Backward passes of PointCNN's operations.

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
type Floats<B> = FloatTensor<B>;

#[derive(Debug)]
struct EluNormBackward;

impl<B: PointBackend> Backward<B, 3> for EluNormBackward {
    /// Input, γ, β, mean, variance, ε.
    type State = (Floats<B>, Floats<B>, Floats<B>, Floats<B>, Floats<B>, f64);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gz = grads.consume::<B>(&ops.node);
        let (y, gamma, beta, mean, var, epsilon) = ops.state;
        let (gy, ggamma, gbeta) = B::point_elu_norm_backward(y, gamma, beta, mean, var, gz, epsilon);
        for (node, gradient) in ops.parents.map(|node| node.map(|node| node.id)).into_iter().zip([gy, ggamma, gbeta]) {
            register::<B>(grads, node, || gradient);
        }
    }
}

pub(super) fn elu_norm<B: PointBackend, C: CheckpointStrategy>(
    y: Tracked<B, C>,
    gamma: Tracked<B, C>,
    beta: Tracked<B, C>,
    epsilon: f64,
) -> (Tracked<B, C>, Tracked<B, C>, Tracked<B, C>) {
    let prepared = EluNormBackward.prepare::<C>([y.node(), gamma.node(), beta.node()]).compute_bound().stateful();
    let [y, gamma, beta] = [y, gamma, beta].map(|t| t.into_primitive());
    let (z, mean, var) = B::point_elu_norm(y.clone(), gamma.clone(), beta.clone(), epsilon);
    let z = match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((y, gamma, beta, mean.clone(), var.clone(), epsilon), z),
        OpsKind::UnTracked(prepared) => prepared.finish(z),
    };
    (z, constant::<B, C>(mean), constant::<B, C>(var))
}

#[derive(Debug)]
struct SquareDepthwiseBackward;

impl<B: PointBackend> Backward<B, 2> for SquareDepthwiseBackward {
    type State = (Floats<B>, Floats<B>);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gout = grads.consume::<B>(&ops.node);
        let [x_node, w_node] = ops.parents.map(|node| node.map(|node| node.id));
        let (x, w) = ops.state;
        let (gx, gw) = B::point_square_depthwise_backward(x, w, gout);
        register::<B>(grads, x_node, || gx);
        register::<B>(grads, w_node, || gw);
    }
}

pub(super) fn square_depthwise<B: PointBackend, C: CheckpointStrategy>(
    x: Tracked<B, C>,
    w: Tracked<B, C>,
) -> Tracked<B, C> {
    let prepared = SquareDepthwiseBackward.prepare::<C>([x.node(), w.node()]).compute_bound().stateful();
    let (x, w) = (x.into_primitive(), w.into_primitive());
    let out = B::point_square_depthwise(x.clone(), w.clone());
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((x, w), out),
        OpsKind::UnTracked(prepared) => prepared.finish(out),
    }
}

#[derive(Debug)]
struct XConvBackward;

impl<B: PointBackend> Backward<B, 3> for XConvBackward {
    /// Transformations, features, indices, weights, clouds.
    type State = (Floats<B>, Floats<B>, IntTensor<B>, Floats<B>, usize);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gout = grads.consume::<B>(&ops.node);
        let (transform, features, indices, w, clouds) = ops.state;
        let (a, b, c) = B::point_x_conv_backward(transform, features, indices, w, gout, clouds);
        for (node, gradient) in ops.parents.map(|node| node.map(|node| node.id)).into_iter().zip([a, b, c]) {
            register::<B>(grads, node, || gradient);
        }
    }
}

pub(super) fn x_conv<B: PointBackend, C: CheckpointStrategy>(
    transform: Tracked<B, C>,
    features: Tracked<B, C>,
    indices: IntTensor<B>,
    w: Tracked<B, C>,
    clouds: usize,
) -> Tracked<B, C> {
    let nodes = [transform.node(), features.node(), w.node()];
    let prepared = XConvBackward.prepare::<C>(nodes).compute_bound().stateful();
    let [transform, features, w] = [transform, features, w].map(|t| t.into_primitive());
    let out = B::point_x_conv(transform.clone(), features.clone(), indices.clone(), w.clone(), clouds);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((transform, features, indices, w, clouds), out),
        OpsKind::UnTracked(prepared) => prepared.finish(out),
    }
}
