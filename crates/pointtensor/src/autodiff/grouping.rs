//! Backward passes of grouping and interpolation.

use super::register;
use crate::backend::PointBackend;
use burn::backend::{
    Autodiff, TensorMetadata,
    autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind},
    },
    tensor::{FloatTensor, IntTensor},
};

type Tracked<B, C> = FloatTensor<Autodiff<B, C>>;

#[derive(Debug)]
struct GroupBackward;

#[derive(Debug, Clone)]
struct GroupShape {
    k: usize,
    rows: usize,
    clouds: usize,
}

impl<B: PointBackend> Backward<B, 2> for GroupBackward {
    type State = (IntTensor<B>, GroupShape);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gout = grads.consume::<B>(&ops.node);
        let [points, centers] = ops.parents.map(|node| node.map(|node| node.id));
        let (indices, shape) = ops.state;
        register::<B>(grads, centers, || B::point_group_center_gradient(gout.clone(), shape.k));
        register::<B>(grads, points, || B::point_scatter_add(gout, indices, shape.rows, shape.clouds));
    }
}

pub(super) fn group<B: PointBackend, C: CheckpointStrategy>(
    points: Tracked<B, C>,
    centers: Tracked<B, C>,
    indices: IntTensor<B>,
    k: usize,
    clouds: usize,
) -> Tracked<B, C> {
    let prepared = GroupBackward.prepare::<C>([points.node(), centers.node()]).compute_bound().stateful();
    let (points, centers) = (points.into_primitive(), centers.into_primitive());
    let rows = points.shape()[0];
    let out = B::point_group(points, centers, indices.clone(), k, clouds);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((indices, GroupShape { k, rows, clouds }), out),
        OpsKind::UnTracked(prepared) => prepared.finish(out),
    }
}

#[derive(Debug)]
struct InterpolateBackward;

impl<B: PointBackend> Backward<B, 1> for InterpolateBackward {
    type State = (IntTensor<B>, FloatTensor<B>, GroupShape);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gout = grads.consume::<B>(&ops.node);
        let [features] = ops.parents.map(|node| node.map(|node| node.id));
        let (indices, weights, shape) = ops.state;
        register::<B>(grads, features, || {
            B::point_interpolate_backward(gout, indices, weights, shape.k, shape.rows, shape.clouds)
        });
    }
}

pub(super) fn interpolate<B: PointBackend, C: CheckpointStrategy>(
    features: Tracked<B, C>,
    indices: IntTensor<B>,
    weights: Tracked<B, C>,
    k: usize,
    clouds: usize,
) -> Tracked<B, C> {
    let prepared = InterpolateBackward.prepare::<C>([features.node()]).compute_bound().stateful();
    let (features, weights) = (features.into_primitive(), weights.into_primitive());
    let rows = features.shape()[0];
    let out = B::point_interpolate(features, indices.clone(), weights.clone(), k, clouds);
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish((indices, weights, GroupShape { k, rows, clouds }), out),
        OpsKind::UnTracked(prepared) => prepared.finish(out),
    }
}
