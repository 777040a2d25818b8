//! Backward passes of LatentGNN's operations.

use super::{constant, register};
use crate::backend::PointBackend;
use crate::kernels::bipartite::UnitLength;
use burn::backend::{
    Autodiff,
    autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind},
    },
    tensor::FloatTensor,
};

type Tracked<B, C> = FloatTensor<Autodiff<B, C>>;

#[derive(Debug)]
struct ToLatentBackward;

/// Relation, features, result and inverse lengths.
type Products<B> = [FloatTensor<B>; 4];

impl<B: PointBackend> Backward<B, 2> for ToLatentBackward {
    type State = (Products<B>, usize, UnitLength);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gout = grads.consume::<B>(&ops.node);
        let [relation_node, features_node] = ops.parents.map(|node| node.map(|node| node.id));
        let ([relation, features, latent, inverse], clouds, unit) = ops.state;
        let (grelation, gfeatures) =
            B::point_to_latent_backward(relation, features, latent, inverse, gout, clouds, unit);
        register::<B>(grads, relation_node, || grelation);
        register::<B>(grads, features_node, || gfeatures);
    }
}

pub(super) fn to_latent<B: PointBackend, C: CheckpointStrategy>(
    relation: Tracked<B, C>,
    features: Tracked<B, C>,
    clouds: usize,
    unit: UnitLength,
) -> (Tracked<B, C>, Tracked<B, C>) {
    let prepared = ToLatentBackward.prepare::<C>([relation.node(), features.node()]).compute_bound().stateful();
    let (relation, features) = (relation.into_primitive(), features.into_primitive());
    let (latent, inverse) = B::point_to_latent(relation.clone(), features.clone(), clouds, unit);
    let latent = match prepared {
        OpsKind::Tracked(prepared) => {
            prepared.finish(([relation, features, latent.clone(), inverse.clone()], clouds, unit), latent)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(latent),
    };
    (latent, constant::<B, C>(inverse))
}

#[derive(Debug)]
struct FromLatentBackward;

impl<B: PointBackend> Backward<B, 2> for FromLatentBackward {
    type State = ([FloatTensor<B>; 3], usize);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gout = grads.consume::<B>(&ops.node);
        let [relation_node, latent_node] = ops.parents.map(|node| node.map(|node| node.id));
        let ([relation, latent, inverse], clouds) = ops.state;
        let (grelation, glatent) = B::point_from_latent_backward(relation, latent, inverse, gout, clouds);
        register::<B>(grads, relation_node, || grelation);
        register::<B>(grads, latent_node, || glatent);
    }
}

pub(super) fn from_latent<B: PointBackend, C: CheckpointStrategy>(
    relation: Tracked<B, C>,
    latent: Tracked<B, C>,
    clouds: usize,
) -> (Tracked<B, C>, Tracked<B, C>) {
    let prepared = FromLatentBackward.prepare::<C>([relation.node(), latent.node()]).compute_bound().stateful();
    let (relation, latent) = (relation.into_primitive(), latent.into_primitive());
    let (features, inverse) = B::point_from_latent(relation.clone(), latent.clone(), clouds);
    let features = match prepared {
        OpsKind::Tracked(prepared) => prepared.finish(([relation, latent, inverse.clone()], clouds), features),
        OpsKind::UnTracked(prepared) => prepared.finish(features),
    };
    (features, constant::<B, C>(inverse))
}

#[derive(Debug)]
struct ProductBackward;

impl<B: PointBackend> Backward<B, 2> for ProductBackward {
    type State = [FloatTensor<B>; 2];

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gout = grads.consume::<B>(&ops.node);
        let [a_node, b_node] = ops.parents.map(|node| node.map(|node| node.id));
        let [a, b] = ops.state;
        register::<B>(grads, a_node, || B::point_product(gout.clone(), B::float_swap_dims(b, 1, 2)));
        register::<B>(grads, b_node, || B::point_product(B::float_swap_dims(a, 1, 2), gout.clone()));
    }
}

pub(super) fn product<B: PointBackend, C: CheckpointStrategy>(a: Tracked<B, C>, b: Tracked<B, C>) -> Tracked<B, C> {
    let prepared = ProductBackward.prepare::<C>([a.node(), b.node()]).compute_bound().stateful();
    let (a, b) = (a.into_primitive(), b.into_primitive());
    let out = B::point_product(a.clone(), b.clone());
    match prepared {
        OpsKind::Tracked(prepared) => prepared.finish([a, b], out),
        OpsKind::UnTracked(prepared) => prepared.finish(out),
    }
}

#[derive(Debug)]
struct UnitRowsBackward;

impl<B: PointBackend> Backward<B, 1> for UnitRowsBackward {
    type State = [FloatTensor<B>; 2];

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gout = grads.consume::<B>(&ops.node);
        let [x_node] = ops.parents.map(|node| node.map(|node| node.id));
        let [x, inverse] = ops.state;
        register::<B>(grads, x_node, || B::point_unit_rows_backward(x, inverse, gout));
    }
}

pub(super) fn unit_rows<B: PointBackend, C: CheckpointStrategy>(x: Tracked<B, C>) -> (Tracked<B, C>, Tracked<B, C>) {
    let prepared = UnitRowsBackward.prepare::<C>([x.node()]).compute_bound().stateful();
    let x = x.into_primitive();
    let (out, inverse) = B::point_unit_rows(x.clone());
    let out = match prepared {
        OpsKind::Tracked(prepared) => prepared.finish([x, inverse.clone()], out),
        OpsKind::UnTracked(prepared) => prepared.finish(out),
    };
    (out, constant::<B, C>(inverse))
}

#[derive(Debug)]
struct PropagateBackward;

impl<B: PointBackend> Backward<B, 1> for PropagateBackward {
    type State = ([FloatTensor<B>; 3], usize);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let gout = grads.consume::<B>(&ops.node);
        let [latent_node] = ops.parents.map(|node| node.map(|node| node.id));
        let ([latent, affinity, inverse], clouds) = ops.state;
        register::<B>(grads, latent_node, || B::point_propagate_backward(latent, affinity, inverse, gout, clouds));
    }
}

pub(super) fn propagate<B: PointBackend, C: CheckpointStrategy>(
    latent: Tracked<B, C>,
    clouds: usize,
) -> (Tracked<B, C>, Tracked<B, C>, Tracked<B, C>) {
    let prepared = PropagateBackward.prepare::<C>([latent.node()]).compute_bound().stateful();
    let latent = latent.into_primitive();
    let (out, affinity, inverse) = B::point_propagate(latent.clone(), clouds);
    let out = match prepared {
        OpsKind::Tracked(prepared) => prepared.finish(([latent, affinity.clone(), inverse.clone()], clouds), out),
        OpsKind::UnTracked(prepared) => prepared.finish(out),
    };
    (out, constant::<B, C>(affinity), constant::<B, C>(inverse))
}
