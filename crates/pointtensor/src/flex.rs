//! The operations on burn's CPU backend, which passes contiguous `f32` and `i32` tensors to [`crate::kernels`].

mod inputs;

use crate::backend::PointBackend;
use crate::kernels::batch_norm::Affine;
use crate::kernels::bipartite::{self, UnitLength};
use crate::kernels::max_pool::{PooledView, affine_max, norm_max, norm_max_backward};
use crate::kernels::propagation::{Propagated, propagate, propagate_backward};
use crate::kernels::unit::{unit_rows, unit_rows_backward};
use crate::kernels::{cross_entropy, dropout, elu_norm, group, interpolate, matmul, square_depthwise};
use crate::profile::measure;
use burn::backend::Flex;
use burn::tensor::TensorData;
use burn_flex::FlexTensor;
use inputs::{
    Input, NormInputs, XConvInputs, affine, bipartite_shape, cost, matrix, norm_gradients, normalization, product,
    tensor, vector,
};

impl PointBackend for Flex {
    fn point_linear(x: FlexTensor, w: FlexTensor) -> FlexTensor {
        let (x, w) = (Input::new(x), Input::new(w));
        let (rows, ci, co) = (x.rows(), x.columns(), w.columns());
        measure("linear", product(rows, ci, co, 1, 1, 1), || {
            tensor(matmul::multiply(x.floats(), ci, w.floats(), co), [rows, co])
        })
    }

    fn point_linear_pair(a: FlexTensor, b: FlexTensor, w: FlexTensor) -> FlexTensor {
        let [a, b, w] = [a, b, w].map(Input::new);
        let (rows, [ca, cb, co]) = (a.rows(), [&a, &b, &w].map(Input::columns));
        measure("linear_pair", product(rows, ca + cb, co, 1, 1, 1), || {
            tensor(matmul::multiply_pair(a.floats(), ca, b.floats(), cb, w.floats(), co), [rows, co])
        })
    }

    fn point_linear_pair_backward(
        a: FlexTensor,
        b: FlexTensor,
        w: FlexTensor,
        gy: FlexTensor,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let [a, b, w, gy] = [a, b, w, gy].map(Input::new);
        let (rows, [ca, cb, co]) = (a.rows(), [&a, &b, &w].map(Input::columns));
        measure("linear_pair, backward", product(rows, ca + cb, co, 2, 2, 2), || {
            let [a, b, w, gy] = [&a, &b, &w, &gy].map(Input::floats);
            let [ga, gb, gw] = matmul::pair_gradients(a, ca, b, cb, w, gy, co);
            (tensor(ga, [rows, ca]), tensor(gb, [rows, cb]), tensor(gw, [ca + cb, co]))
        })
    }

    fn point_norm(
        y: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        epsilon: f64,
        relu: bool,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let y = Input::new(y);
        let (rows, c) = (y.rows(), y.columns());
        measure("norm", cost(rows, c, c, 5 * rows * c, 3 * rows * c), || {
            let (stats, affine) = normalization(&y, gamma, beta, epsilon);
            (matrix(affine.apply(y.floats(), relu), c), vector(stats.mean), vector(stats.var))
        })
    }

    fn point_elu_norm(
        y: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        epsilon: f64,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let y = Input::new(y);
        let (rows, c) = (y.rows(), y.columns());
        measure("elu_norm", cost(rows, c, c, 45 * rows * c, 3 * rows * c), || {
            let (gamma, beta) = (Input::new(gamma), Input::new(beta));
            let stats = elu_norm::statistics(y.floats(), c);
            let affine = Affine::new(gamma.floats(), beta.floats(), &stats, epsilon as f32);
            (matrix(elu_norm::apply(&affine, y.floats()), c), vector(stats.mean), vector(stats.var))
        })
    }

    fn point_norm_relu_linear(
        y: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        w: FlexTensor,
        epsilon: f64,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let (y, w) = (Input::new(y), Input::new(w));
        let (rows, ci, co) = (y.rows(), y.columns(), w.columns());
        measure("norm_relu_linear", product(rows, ci, co, 1, 2, 1), || {
            let (stats, affine) = normalization(&y, gamma, beta, epsilon);
            let out = affine.relu_then_multiply(y.floats(), w.floats(), co);
            (matrix(out, co), vector(stats.mean), vector(stats.var))
        })
    }

    fn point_norm_max(
        y: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        epsilon: f64,
        relu: bool,
        k: usize,
    ) -> (FlexTensor, FlexTensor, FlexTensor, FlexTensor) {
        let y = Input::new(y);
        let (rows, c) = (y.rows(), y.columns());
        measure("norm_max", cost(rows, c, c, 5 * rows * c, rows * c + 2 * rows / k * c), || {
            let (gamma, beta) = (Input::new(gamma), Input::new(beta));
            let (pooled, stats) = norm_max(y.floats(), gamma.floats(), beta.floats(), epsilon as f32, relu, k);
            let members = FlexTensor::from_data(TensorData::new(pooled.members, [rows / k, c]));
            (matrix(pooled.values, c), members, vector(stats.mean), vector(stats.var))
        })
    }

    fn point_group(
        points: FlexTensor,
        centers: FlexTensor,
        indices: FlexTensor,
        k: usize,
        _clouds: usize,
    ) -> FlexTensor {
        let (points, centers, indices) = (Input::new(points), Input::new(centers), Input::new(indices));
        let (rows, c) = (indices.rows(), points.columns());
        measure("group", cost(rows, c, c, rows * c, rows * (2 * c + 1)), || {
            matrix(group::relative(points.floats(), centers.floats(), c, indices.indices(), k), c)
        })
    }

    fn point_interpolate(
        features: FlexTensor,
        indices: FlexTensor,
        weights: FlexTensor,
        k: usize,
        _clouds: usize,
    ) -> FlexTensor {
        let (features, indices, weights) = (Input::new(features), Input::new(indices), Input::new(weights));
        let (rows, c) = (weights.rows(), features.columns());
        measure("interpolate", cost(rows, c, c, 2 * k * rows * c, rows * (k + 1) * c), || {
            matrix(interpolate::interpolate(features.floats(), c, indices.indices(), weights.floats(), k), c)
        })
    }

    fn point_cross_entropy(logits: FlexTensor, targets: FlexTensor, weights: FlexTensor, smoothing: f64) -> FlexTensor {
        let (logits, targets, weights) = (Input::new(logits), Input::new(targets), Input::new(weights));
        let (rows, c) = (logits.rows(), logits.columns());
        measure("cross_entropy", cost(rows, c, 1, 3 * rows * c, rows * (c + 2)), || {
            let (targets, weights) = (targets.indices(), weights.floats());
            vector(vec![cross_entropy::cross_entropy(logits.floats(), c, targets, weights, smoothing as f32)])
        })
    }

    fn point_dropout(x: FlexTensor, seed: FlexTensor, probability: f64) -> FlexTensor {
        let (x, seed) = (Input::new(x), Input::new(seed));
        let (rows, c) = (x.rows(), x.columns());
        measure("dropout", cost(rows, c, c, rows * c, 2 * rows * c), || {
            matrix(dropout::dropout(x.floats(), seed.indices()[0] as u32, probability as f32), c)
        })
    }

    fn point_affine(y: FlexTensor, scale: FlexTensor, shift: FlexTensor, relu: bool) -> FlexTensor {
        let (y, scale, shift) = (Input::new(y), Input::new(scale), Input::new(shift));
        let (rows, c) = (y.rows(), y.columns());
        measure("affine", cost(rows, c, c, 2 * rows * c, 2 * rows * c), || {
            matrix(affine(&scale, &shift).apply(y.floats(), relu), c)
        })
    }

    fn point_elu_affine(y: FlexTensor, scale: FlexTensor, shift: FlexTensor) -> FlexTensor {
        let (y, scale, shift) = (Input::new(y), Input::new(scale), Input::new(shift));
        let (rows, c) = (y.rows(), y.columns());
        measure("elu_affine", cost(rows, c, c, 22 * rows * c, 2 * rows * c), || {
            matrix(elu_norm::apply(&affine(&scale, &shift), y.floats()), c)
        })
    }

    fn point_elu_norm_backward(
        y: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        var: FlexTensor,
        gz: FlexTensor,
        epsilon: f64,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let inputs = NormInputs::new(y, gamma, beta, mean, var, epsilon);
        let gz = Input::new(gz);
        let (rows, c) = (gz.rows(), gz.columns());
        measure("elu_norm, backward", cost(rows, c, c, 50 * rows * c, 5 * rows * c), || {
            norm_gradients(elu_norm::backward(&inputs.state(), gz.floats()), c)
        })
    }

    fn point_square_depthwise(x: FlexTensor, w: FlexTensor) -> FlexTensor {
        let (x, w) = (Input::new(x), Input::new(w));
        let (rows, k, c) = (x.rows(), w.rows(), x.columns());
        measure("square_depthwise", cost(rows, c, c, 2 * rows * k * c, 2 * rows * c), || {
            matrix(square_depthwise::square_depthwise(x.floats(), w.floats(), k), c)
        })
    }

    fn point_square_depthwise_backward(x: FlexTensor, w: FlexTensor, gout: FlexTensor) -> (FlexTensor, FlexTensor) {
        let (x, w, gout) = (Input::new(x), Input::new(w), Input::new(gout));
        let (rows, k, c) = (x.rows(), w.rows(), x.columns());
        measure("square_depthwise, backward", cost(rows, c, c, 4 * rows * k * c, 3 * rows * c), || {
            let gx = square_depthwise::input_gradient(gout.floats(), w.floats(), k);
            (matrix(gx, c), matrix(square_depthwise::weight_gradient(x.floats(), gout.floats(), k), c))
        })
    }

    fn point_x_conv(
        transform: FlexTensor,
        features: FlexTensor,
        indices: FlexTensor,
        w: FlexTensor,
        _clouds: usize,
    ) -> FlexTensor {
        let inputs = XConvInputs::new(transform, features, indices, w);
        measure("x_conv", inputs.cost(1), || matrix(inputs.view().forward(), inputs.w.columns()))
    }

    fn point_x_conv_backward(
        transform: FlexTensor,
        features: FlexTensor,
        indices: FlexTensor,
        w: FlexTensor,
        gout: FlexTensor,
        clouds: usize,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let inputs = XConvInputs::new(transform, features, indices, w);
        let gout = Input::new(gout);
        measure("x_conv, backward", inputs.cost(3), || {
            let [gtransform, gfeatures, gw] = inputs.view().backward(gout.floats(), clouds);
            let [of_transform, of_features, of_w] =
                [&inputs.transform, &inputs.features, &inputs.w].map(|input| input.columns());
            (matrix(gtransform, of_transform), matrix(gfeatures, of_features), matrix(gw, of_w))
        })
    }

    fn point_affine_relu_linear(y: FlexTensor, scale: FlexTensor, shift: FlexTensor, w: FlexTensor) -> FlexTensor {
        let (y, scale, shift, w) = (Input::new(y), Input::new(scale), Input::new(shift), Input::new(w));
        let (rows, ci, co) = (y.rows(), y.columns(), w.columns());
        measure("affine_relu_linear", product(rows, ci, co, 1, 1, 1), || {
            matrix(affine(&scale, &shift).relu_then_multiply(y.floats(), w.floats(), co), co)
        })
    }

    fn point_affine_max(y: FlexTensor, scale: FlexTensor, shift: FlexTensor, relu: bool, k: usize) -> FlexTensor {
        let (y, scale, shift) = (Input::new(y), Input::new(scale), Input::new(shift));
        let (rows, c) = (y.rows(), y.columns());
        measure("affine_max", cost(rows, c, c, 3 * rows * c, rows * c + rows / k * c), || {
            matrix(affine_max(y.floats(), &affine(&scale, &shift), relu, k).values, c)
        })
    }

    fn point_linear_input_gradient(gy: FlexTensor, w: FlexTensor) -> FlexTensor {
        let (gy, w) = (Input::new(gy), Input::new(w));
        let (rows, ci, co) = (gy.rows(), w.rows(), w.columns());
        measure("linear, input gradient", product(rows, ci, co, 1, 1, 1), || {
            matrix(matmul::input_gradient(gy.floats(), co, w.floats(), ci), ci)
        })
    }

    fn point_linear_weight_gradient(x: FlexTensor, gy: FlexTensor) -> FlexTensor {
        let (x, gy) = (Input::new(x), Input::new(gy));
        let (rows, ci, co) = (x.rows(), x.columns(), gy.columns());
        measure("linear, weight gradient", product(rows, ci, co, 1, 1, 1), || {
            matrix(matmul::weight_gradient(x.floats(), ci, gy.floats(), co), co)
        })
    }

    fn point_norm_backward(
        y: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        var: FlexTensor,
        gz: FlexTensor,
        epsilon: f64,
        relu: bool,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let inputs = NormInputs::new(y, gamma, beta, mean, var, epsilon);
        let gz = Input::new(gz);
        let (rows, c) = (gz.rows(), gz.columns());
        measure("norm, backward", cost(rows, c, c, 10 * rows * c, 5 * rows * c), || {
            norm_gradients(inputs.state().backward(gz.floats(), relu), c)
        })
    }

    fn point_norm_relu_linear_backward(
        y: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        var: FlexTensor,
        w: FlexTensor,
        gout: FlexTensor,
        epsilon: f64,
    ) -> (FlexTensor, FlexTensor, FlexTensor, FlexTensor) {
        let inputs = NormInputs::new(y, gamma, beta, mean, var, epsilon);
        let (w, gout) = (Input::new(w), Input::new(gout));
        let (rows, ci, co) = (gout.rows(), w.rows(), w.columns());
        measure("norm_relu_linear, backward", product(rows, ci, co, 2, 4, 1), || {
            let (gradients, gw) = inputs.state().backward_through_multiply(w.floats(), gout.floats(), co);
            let (gy, ggamma, gbeta) = norm_gradients(gradients, ci);
            (gy, ggamma, gbeta, matrix(gw, co))
        })
    }

    fn point_norm_max_backward(
        y: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        var: FlexTensor,
        values: FlexTensor,
        members: FlexTensor,
        gout: FlexTensor,
        epsilon: f64,
        relu: bool,
        k: usize,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let inputs = NormInputs::new(y, gamma, beta, mean, var, epsilon);
        let (values, members, gout) = (Input::new(values), Input::new(members), Input::new(gout));
        let (groups, c) = (gout.rows(), gout.columns());
        measure("norm_max, backward", cost(groups * k, c, c, 2 * groups * k * c, groups * (2 * k + 3) * c), || {
            let pooled = PooledView { values: values.floats(), members: members.indices() };
            norm_gradients(norm_max_backward(&inputs.state(), pooled, gout.floats(), relu, k), c)
        })
    }

    fn point_scatter_add(gout: FlexTensor, indices: FlexTensor, rows: usize, clouds: usize) -> FlexTensor {
        let (gout, indices) = (Input::new(gout), Input::new(indices));
        let (from, c) = (gout.rows(), gout.columns());
        measure("group, points gradient", cost(from, c, c, from * c, (from + rows) * c + from), || {
            matrix(group::scatter_add(gout.floats(), c, indices.indices(), rows, clouds), c)
        })
    }

    fn point_group_center_gradient(gout: FlexTensor, k: usize) -> FlexTensor {
        let gout = Input::new(gout);
        let (rows, c) = (gout.rows(), gout.columns());
        measure("group, center gradient", cost(rows, c, c, rows * c, rows * c + rows / k * c), || {
            matrix(group::center_gradient(gout.floats(), c, k), c)
        })
    }

    fn point_interpolate_backward(
        gout: FlexTensor,
        indices: FlexTensor,
        weights: FlexTensor,
        k: usize,
        rows: usize,
        clouds: usize,
    ) -> FlexTensor {
        let (gout, indices, weights) = (Input::new(gout), Input::new(indices), Input::new(weights));
        let (from, c) = (gout.rows(), gout.columns());
        measure("interpolate, backward", cost(from, c, c, 2 * k * from * c, (from + rows) * c), || {
            let (indices, weights) = (indices.indices(), weights.floats());
            matrix(interpolate::interpolate_backward(gout.floats(), c, indices, weights, k, rows, clouds), c)
        })
    }

    fn point_cross_entropy_backward(
        logits: FlexTensor,
        targets: FlexTensor,
        weights: FlexTensor,
        upstream: FlexTensor,
        smoothing: f64,
    ) -> FlexTensor {
        let (logits, targets, weights) = (Input::new(logits), Input::new(targets), Input::new(weights));
        let upstream = Input::new(upstream).floats()[0];
        let (rows, c) = (logits.rows(), logits.columns());
        measure("cross_entropy, backward", cost(rows, c, c, 4 * rows * c, rows * (2 * c + 2)), || {
            let (targets, weights) = (targets.indices(), weights.floats());
            let scale = [upstream, smoothing as f32];
            matrix(cross_entropy::cross_entropy_backward(logits.floats(), c, targets, weights, scale), c)
        })
    }

    fn point_to_latent(
        relation: FlexTensor,
        features: FlexTensor,
        clouds: usize,
        unit: UnitLength,
    ) -> (FlexTensor, FlexTensor) {
        let (relation, features) = (Input::new(relation), Input::new(features));
        let (rows, d, c) = (relation.rows(), relation.columns(), features.columns());
        measure("to_latent", product(rows, d, c, 1, 1, 1), || {
            let shape = bipartite_shape(&relation, c, clouds);
            let (latent, inverse) = bipartite::to_latent(relation.floats(), features.floats(), shape, unit);
            (tensor(latent, [clouds * d, c]), vector(inverse))
        })
    }

    fn point_from_latent(relation: FlexTensor, latent: FlexTensor, clouds: usize) -> (FlexTensor, FlexTensor) {
        let (relation, latent) = (Input::new(relation), Input::new(latent));
        let (rows, d, c) = (relation.rows(), relation.columns(), latent.columns());
        measure("from_latent", product(rows, d, c, 1, 1, 1), || {
            let shape = bipartite_shape(&relation, c, clouds);
            let (features, inverse) = bipartite::from_latent(relation.floats(), latent.floats(), shape);
            (tensor(features, [rows, c]), vector(inverse))
        })
    }

    fn point_to_latent_backward(
        relation: FlexTensor,
        features: FlexTensor,
        latent: FlexTensor,
        inverse: FlexTensor,
        gout: FlexTensor,
        clouds: usize,
        unit: UnitLength,
    ) -> (FlexTensor, FlexTensor) {
        let [relation, features, latent, inverse, gout] = [relation, features, latent, inverse, gout].map(Input::new);
        let (rows, d, c) = (relation.rows(), relation.columns(), features.columns());
        measure("to_latent, backward", product(rows, d, c, 2, 2, 2), || {
            let (grelation, gfeatures) = bipartite::to_latent_backward(
                relation.floats(),
                features.floats(),
                latent.floats(),
                inverse.floats(),
                gout.floats(),
                bipartite_shape(&relation, c, clouds),
                unit,
            );
            (tensor(grelation, [rows, d]), tensor(gfeatures, [rows, c]))
        })
    }

    fn point_from_latent_backward(
        relation: FlexTensor,
        latent: FlexTensor,
        inverse: FlexTensor,
        gout: FlexTensor,
        clouds: usize,
    ) -> (FlexTensor, FlexTensor) {
        let [relation, latent, inverse, gout] = [relation, latent, inverse, gout].map(Input::new);
        let (rows, d, c) = (relation.rows(), relation.columns(), latent.columns());
        measure("from_latent, backward", product(rows, d, c, 2, 3, 2), || {
            let (grelation, glatent) = bipartite::from_latent_backward(
                relation.floats(),
                latent.floats(),
                inverse.floats(),
                gout.floats(),
                bipartite_shape(&relation, c, clouds),
            );
            (tensor(grelation, [rows, d]), tensor(glatent, [clouds * d, c]))
        })
    }

    fn point_unit_rows(x: FlexTensor) -> (FlexTensor, FlexTensor) {
        let x = Input::new(x);
        let (rows, c) = (x.rows(), x.columns());
        measure("unit_rows", cost(rows, c, c, 3 * rows * c, 2 * rows * c), || {
            let (out, inverse) = unit_rows(x.floats(), c);
            (tensor(out, [rows, c]), vector(inverse))
        })
    }

    fn point_unit_rows_backward(x: FlexTensor, inverse: FlexTensor, gout: FlexTensor) -> FlexTensor {
        let [x, inverse, gout] = [x, inverse, gout].map(Input::new);
        let (rows, c) = (x.rows(), x.columns());
        measure("unit_rows, backward", cost(rows, c, c, 5 * rows * c, 3 * rows * c), || {
            tensor(unit_rows_backward(x.floats(), inverse.floats(), gout.floats(), c), [rows, c])
        })
    }

    fn point_propagate(latent: FlexTensor, clouds: usize) -> (FlexTensor, FlexTensor, FlexTensor) {
        let latent = Input::new(latent);
        let (rows, c) = (latent.rows(), latent.columns());
        let d = rows / clouds;
        measure("propagate", product(rows, d, c, 2, 0, 2), || {
            let Propagated { latent, affinity, inverse } = propagate(latent.floats(), d, c);
            (tensor(latent, [rows, c]), tensor(affinity, [rows, d]), vector(inverse))
        })
    }

    fn point_propagate_backward(
        latent: FlexTensor,
        affinity: FlexTensor,
        inverse: FlexTensor,
        gout: FlexTensor,
        clouds: usize,
    ) -> FlexTensor {
        let [latent, affinity, inverse, gout] = [latent, affinity, inverse, gout].map(Input::new);
        let (rows, c) = (latent.rows(), latent.columns());
        let d = rows / clouds;
        measure("propagate, backward", product(rows, d, c, 3, 1, 3), || {
            let [latent, affinity, inverse, gout] = [&latent, &affinity, &inverse, &gout].map(Input::floats);
            tensor(propagate_backward(latent, affinity, inverse, gout, d, c), [rows, c])
        })
    }
}
