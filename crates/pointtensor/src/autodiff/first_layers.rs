//! Backward passes of the first layers of set abstractions and feature propagations.

use super::register;
use crate::backend::PointBackend;
use crate::generic::split;
use burn::backend::{
    Autodiff, Backend, TensorMetadata,
    autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind},
    },
    tensor::{FloatTensor, IntTensor},
};

type Tracked<B, C> = FloatTensor<Autodiff<B, C>>;

/// The groups of a set abstraction.
#[derive(Debug, Clone)]
pub(super) struct Groups<B: Backend> {
    pub coord: FloatTensor<B>,
    pub centers: FloatTensor<B>,
    pub indices: IntTensor<B>,
    pub k: usize,
    pub clouds: usize,
}

/// The interpolation of a feature propagation.
#[derive(Debug, Clone)]
pub(super) struct Interpolation<B: Backend> {
    pub indices: IntTensor<B>,
    pub weights: FloatTensor<B>,
    pub k: usize,
    pub clouds: usize,
}

#[derive(Debug)]
struct GroupLinearBackward;

impl<B: PointBackend> Backward<B, 2> for GroupLinearBackward {
    type State = (Groups<B>, FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gout = grads.consume::<B>(&ops.node);
        let [features_node, w_node] = ops.parents.map(|node| node.map(|node| node.id));
        let (groups, features, w) = ops.state;
        let Groups { coord, centers, indices, k, clouds } = groups;
        let of_points = B::point_scatter_add(gout.clone(), indices.clone(), coord.shape()[0], clouds);
        register::<B>(grads, features_node, || B::point_linear_input_gradient(of_points.clone(), split::<B>(w, 3).1));
        register::<B>(grads, w_node, || {
            B::point_group_weight_gradient(coord, centers, features, indices, gout, of_points, k)
        });
    }
}

pub(super) fn group_linear<B: PointBackend, C: CheckpointStrategy>(
    groups: Groups<B>,
    features: Tracked<B, C>,
    w: Tracked<B, C>,
) -> Tracked<B, C> {
    let prepared = GroupLinearBackward.prepare::<C>([features.node(), w.node()]).compute_bound().stateful();
    let (features, w) = (features.into_primitive(), w.into_primitive());
    let Groups { coord, centers, indices, k, clouds } = groups.clone();
    let out = B::point_group_linear(coord, centers, features.clone(), w.clone(), indices, k, clouds);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((groups, features, w), out),
        OpsKind::UnTracked(prepared) => prepared.finish(out),
    }
}

#[derive(Debug)]
struct InterpolateLinearBackward;

impl<B: PointBackend> Backward<B, 3> for InterpolateLinearBackward {
    type State = (Interpolation<B>, [FloatTensor<B>; 3]);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gout = grads.consume::<B>(&ops.node);
        let [coarse_node, skip_node, w_node] = ops.parents.map(|node| node.map(|node| node.id));
        let (Interpolation { indices, weights, k, clouds }, [coarse, skip, w]) = ops.state;
        let (of_skip, of_coarse) = split::<B>(w, skip.shape()[1]);
        let rows = coarse.shape()[0];
        let at_coarse = B::point_interpolate_backward(gout.clone(), indices, weights, k, rows, clouds);
        register::<B>(grads, coarse_node, || B::point_linear_input_gradient(at_coarse.clone(), of_coarse));
        register::<B>(grads, skip_node, || B::point_linear_input_gradient(gout.clone(), of_skip));
        register::<B>(grads, w_node, || B::point_interpolate_weight_gradient(skip, gout, coarse, at_coarse));
    }
}

pub(super) fn interpolate_linear<B: PointBackend, C: CheckpointStrategy>(
    interpolation: Interpolation<B>,
    coarse: Tracked<B, C>,
    skip: Tracked<B, C>,
    w: Tracked<B, C>,
) -> Tracked<B, C> {
    let prepared =
        InterpolateLinearBackward.prepare::<C>([coarse.node(), skip.node(), w.node()]).compute_bound().stateful();
    let [coarse, skip, w] = [coarse, skip, w].map(|t| t.into_primitive());
    let Interpolation { indices, weights, k, clouds } = interpolation.clone();
    let out = B::point_interpolate_linear(coarse.clone(), skip.clone(), w.clone(), indices, weights, k, clouds);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((interpolation, [coarse, skip, w]), out),
        OpsKind::UnTracked(prepared) => prepared.finish(out),
    }
}
