//! The backward passes: [`PointBackend`] for `Autodiff<B>` over any backend `B` that has the operations.

mod first_layers;
mod grouping;
mod latent;
mod layers;
mod x_conv;

use crate::backend::PointBackend;
use crate::kernels::bipartite::UnitLength;
use burn::backend::{
    Autodiff, AutodiffBackend, Backend,
    autodiff::{NodeId, checkpoint::strategy::CheckpointStrategy, grads::Gradients},
    tensor::{FloatTensor, IntTensor},
};

/// Wraps a tensor that no gradient flows through.
fn constant<B: Backend, C: CheckpointStrategy>(tensor: FloatTensor<B>) -> FloatTensor<Autodiff<B, C>> {
    <Autodiff<B, C> as AutodiffBackend>::from_inner(tensor)
}

/// Computes and registers a gradient, if the node needs one.
fn register<B: Backend>(grads: &mut Gradients, node: Option<NodeId>, gradient: impl FnOnce() -> FloatTensor<B>) {
    if let Some(node) = node {
        grads.register::<B>(node, gradient());
    }
}

/// Forwards inference operations and backward passes, which are not recorded: their results are constants.
macro_rules! constants {
    ($($name:ident ( $($arg:ident : $kind:ident),* ; $($plain:ident : $type:ty),* ) -> $($out:ident)* ;)*) => {
        $(fn $name($($arg: $kind<Self>,)* $($plain: $type),*) -> constants!(@type $($out)*) {
            constants!(@wrap $($out)* ; B::$name($(constants!(@inner $kind $arg),)* $($plain),*))
        })*
    };
    (@type f) => { FloatTensor<Self> };
    (@type f f) => { (FloatTensor<Self>, FloatTensor<Self>) };
    (@type f f f) => { (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) };
    (@type f f f f) => { (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) };
    (@wrap f ; $call:expr) => { constant::<B, C>($call) };
    (@wrap f f ; $call:expr) => {{ let (a, b) = $call; (constant::<B, C>(a), constant::<B, C>(b)) }};
    (@wrap f f f ; $call:expr) => {{ let (a, b, c) = $call; (constant::<B, C>(a), constant::<B, C>(b), constant::<B, C>(c)) }};
    (@wrap f f f f ; $call:expr) => {{
        let (a, b, c, d) = $call;
        (constant::<B, C>(a), constant::<B, C>(b), constant::<B, C>(c), constant::<B, C>(d))
    }};
    (@inner FloatTensor $arg:ident) => { $arg.into_primitive() };
    (@inner IntTensor $arg:ident) => { $arg };
}

impl<B: PointBackend, C: CheckpointStrategy> PointBackend for Autodiff<B, C> {
    fn point_linear(x: FloatTensor<Self>, w: FloatTensor<Self>) -> FloatTensor<Self> {
        layers::linear::<B, C>(x, w)
    }

    fn point_linear_pair(a: FloatTensor<Self>, b: FloatTensor<Self>, w: FloatTensor<Self>) -> FloatTensor<Self> {
        layers::linear_pair::<B, C>(a, b, w)
    }

    fn point_norm(
        y: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        layers::norm::<B, C>(y, gamma, beta, epsilon, relu)
    }

    fn point_elu_norm(
        y: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        x_conv::elu_norm::<B, C>(y, gamma, beta, epsilon)
    }

    fn point_norm_relu_linear(
        y: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        w: FloatTensor<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        layers::norm_relu_linear::<B, C>(y, gamma, beta, w, epsilon)
    }

    fn point_norm_max(
        y: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
        k: usize,
    ) -> (FloatTensor<Self>, IntTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        layers::norm_max::<B, C>(y, gamma, beta, epsilon, relu, k)
    }

    fn point_group(
        points: FloatTensor<Self>,
        centers: FloatTensor<Self>,
        indices: IntTensor<Self>,
        k: usize,
        clouds: usize,
    ) -> FloatTensor<Self> {
        grouping::group::<B, C>(points, centers, indices, k, clouds)
    }

    fn point_group_linear(
        coord: FloatTensor<Self>,
        centers: FloatTensor<Self>,
        features: FloatTensor<Self>,
        w: FloatTensor<Self>,
        indices: IntTensor<Self>,
        k: usize,
        clouds: usize,
    ) -> FloatTensor<Self> {
        let groups = first_layers::Groups {
            coord: coord.into_primitive(),
            centers: centers.into_primitive(),
            indices,
            k,
            clouds,
        };
        first_layers::group_linear::<B, C>(groups, features, w)
    }

    fn point_interpolate_linear(
        coarse: FloatTensor<Self>,
        skip: FloatTensor<Self>,
        w: FloatTensor<Self>,
        indices: IntTensor<Self>,
        weights: FloatTensor<Self>,
        k: usize,
        clouds: usize,
    ) -> FloatTensor<Self> {
        let interpolation = first_layers::Interpolation { indices, weights: weights.into_primitive(), k, clouds };
        first_layers::interpolate_linear::<B, C>(interpolation, coarse, skip, w)
    }

    fn point_interpolate(
        features: FloatTensor<Self>,
        indices: IntTensor<Self>,
        weights: FloatTensor<Self>,
        k: usize,
        clouds: usize,
    ) -> FloatTensor<Self> {
        grouping::interpolate::<B, C>(features, indices, weights, k, clouds)
    }

    fn point_add_bias(y: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self> {
        layers::add_bias::<B, C>(y, bias)
    }

    fn point_cross_entropy(
        logits: FloatTensor<Self>,
        targets: IntTensor<Self>,
        weights: FloatTensor<Self>,
        smoothing: f64,
    ) -> FloatTensor<Self> {
        layers::cross_entropy::<B, C>(logits, targets, weights, smoothing)
    }

    fn point_dropout(x: FloatTensor<Self>, seed: IntTensor<Self>, probability: f64) -> FloatTensor<Self> {
        layers::dropout::<B, C>(x, seed, probability)
    }

    fn point_to_latent(
        relation: FloatTensor<Self>,
        features: FloatTensor<Self>,
        clouds: usize,
        unit: UnitLength,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        latent::to_latent::<B, C>(relation, features, clouds, unit)
    }

    fn point_from_latent(
        relation: FloatTensor<Self>,
        latent: FloatTensor<Self>,
        clouds: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        latent::from_latent::<B, C>(relation, latent, clouds)
    }

    fn point_square_depthwise(x: FloatTensor<Self>, w: FloatTensor<Self>) -> FloatTensor<Self> {
        x_conv::square_depthwise::<B, C>(x, w)
    }

    fn point_x_conv(
        transform: FloatTensor<Self>,
        features: FloatTensor<Self>,
        indices: IntTensor<Self>,
        w: FloatTensor<Self>,
        clouds: usize,
    ) -> FloatTensor<Self> {
        x_conv::x_conv::<B, C>(transform, features, indices, w, clouds)
    }

    fn point_product(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self> {
        latent::product::<B, C>(a, b)
    }

    fn point_unit_rows(x: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        latent::unit_rows::<B, C>(x)
    }

    fn point_propagate(
        latent: FloatTensor<Self>,
        clouds: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        latent::propagate::<B, C>(latent, clouds)
    }

    fn point_norm_max_backward(
        y: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        var: FloatTensor<Self>,
        values: FloatTensor<Self>,
        members: IntTensor<Self>,
        gout: FloatTensor<Self>,
        epsilon: f64,
        relu: bool,
        k: usize,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let [y, gamma, beta, mean, var, values, gout] =
            [y, gamma, beta, mean, var, values, gout].map(|t| t.into_primitive());
        let (a, b, c) = B::point_norm_max_backward(y, gamma, beta, mean, var, values, members, gout, epsilon, relu, k);
        (constant::<B, C>(a), constant::<B, C>(b), constant::<B, C>(c))
    }

    constants! {
        point_affine(y: FloatTensor, scale: FloatTensor, shift: FloatTensor; relu: bool) -> f;
        point_affine_relu_linear(y: FloatTensor, scale: FloatTensor, shift: FloatTensor, w: FloatTensor;) -> f;
        point_elu_affine(y: FloatTensor, scale: FloatTensor, shift: FloatTensor;) -> f;
        point_elu_norm_backward(y: FloatTensor, gamma: FloatTensor, beta: FloatTensor, mean: FloatTensor, var: FloatTensor,
            gz: FloatTensor; epsilon: f64) -> f f f;
        point_square_depthwise_backward(x: FloatTensor, w: FloatTensor, gout: FloatTensor;) -> f f;
        point_x_conv_backward(transform: FloatTensor, features: FloatTensor, indices: IntTensor, w: FloatTensor,
            gout: FloatTensor; clouds: usize) -> f f f;
        point_affine_max(y: FloatTensor, scale: FloatTensor, shift: FloatTensor; relu: bool, k: usize) -> f;
        point_linear_input_gradient(gy: FloatTensor, w: FloatTensor;) -> f;
        point_linear_pair_backward(a: FloatTensor, b: FloatTensor, w: FloatTensor, gy: FloatTensor;) -> f f f;
        point_linear_weight_gradient(x: FloatTensor, gy: FloatTensor;) -> f;
        point_norm_backward(y: FloatTensor, gamma: FloatTensor, beta: FloatTensor, mean: FloatTensor, var: FloatTensor,
            gz: FloatTensor; epsilon: f64, relu: bool) -> f f f;
        point_norm_relu_linear_backward(y: FloatTensor, gamma: FloatTensor, beta: FloatTensor, mean: FloatTensor,
            var: FloatTensor, w: FloatTensor, gout: FloatTensor; epsilon: f64) -> f f f f;
        point_scatter_add(gout: FloatTensor, indices: IntTensor; rows: usize, clouds: usize) -> f;
        point_group_weight_gradient(coord: FloatTensor, centers: FloatTensor, features: FloatTensor, indices: IntTensor,
            gout: FloatTensor, of_points: FloatTensor; k: usize) -> f;
        point_interpolate_weight_gradient(skip: FloatTensor, of_skip: FloatTensor, coarse: FloatTensor,
            of_coarse: FloatTensor;) -> f;
        point_group_center_gradient(gout: FloatTensor; k: usize) -> f;
        point_interpolate_backward(gout: FloatTensor, indices: IntTensor, weights: FloatTensor; k: usize, rows: usize,
            clouds: usize) -> f;
        point_to_latent_backward(relation: FloatTensor, features: FloatTensor, latent: FloatTensor, inverse: FloatTensor,
            gout: FloatTensor; clouds: usize, unit: UnitLength) -> f f;
        point_from_latent_backward(relation: FloatTensor, latent: FloatTensor, inverse: FloatTensor, gout: FloatTensor;
            clouds: usize) -> f f;
        point_unit_rows_backward(x: FloatTensor, inverse: FloatTensor, gout: FloatTensor;) -> f;
        point_propagate_backward(latent: FloatTensor, affinity: FloatTensor, inverse: FloatTensor, gout: FloatTensor;
            clouds: usize) -> f;
        point_sum_rows(y: FloatTensor;) -> f;
        point_cross_entropy_backward(logits: FloatTensor, targets: IntTensor, weights: FloatTensor, upstream: FloatTensor;
            smoothing: f64) -> f;
    }
}
