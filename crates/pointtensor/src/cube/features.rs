//! [`PointBackend`] on a GPU.

use super::kernels::norm::ROWS;
use super::kernels::{dropout, grouping};
use super::latent;
use super::launch::Buffer;
use super::lists::Lists;
use super::loss::Scored;
use super::matmul;
use super::norm::{Affine, Norm, elu, elu_gradient};
use super::normed_product::multiply_normed;
use super::sums::PartialSums;
use crate::backend::PointBackend;
use crate::generic::split;
use crate::kernels::bipartite::UnitLength;
use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::{Shape, Slice};
use burn_cubecl::CubeBackend;
use burn_cubecl::tensor::CubeTensor;

impl PointBackend for CubeBackend {
    fn point_linear(x: CubeTensor, w: CubeTensor) -> CubeTensor {
        matmul::multiply(x, w)
    }

    fn point_product(a: CubeTensor, b: CubeTensor) -> CubeTensor {
        matmul::product_each(a, b)
    }

    fn point_norm(
        y: CubeTensor,
        gamma: CubeTensor,
        beta: CubeTensor,
        epsilon: f64,
        relu: bool,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        let (norm, affine) = Norm::of_batch(y, gamma, beta, epsilon);
        let z = affine.apply(&norm.y, relu);
        let (mean, var) = norm.statistics();
        (z, mean, var)
    }

    fn point_norm_relu_linear(
        y: CubeTensor,
        gamma: CubeTensor,
        beta: CubeTensor,
        w: CubeTensor,
        epsilon: f64,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        let (norm, affine) = Norm::of_batch(y, gamma, beta, epsilon);
        let out = multiply_normed(&norm.y, &affine, w);
        let (mean, var) = norm.statistics();
        (out, mean, var)
    }

    fn point_norm_max(
        y: CubeTensor,
        gamma: CubeTensor,
        beta: CubeTensor,
        epsilon: f64,
        relu: bool,
        k: usize,
    ) -> (CubeTensor, CubeTensor, CubeTensor, CubeTensor) {
        let (norm, affine) = Norm::of_batch(y, gamma, beta, epsilon);
        let (values, members) = affine.max(&norm.y, relu, k);
        let (mean, var) = norm.statistics();
        (values, members, mean, var)
    }

    fn point_dropout(x: CubeTensor, seed: CubeTensor, probability: f64) -> CubeTensor {
        let (x, seed) = (Buffer::floats(x), Buffer::indices(seed));
        let out = x.floats_beside([x.rows(), x.columns()]);
        let (cubes, dim) = x.each(out.len());
        let (threshold, scale) = crate::kernels::dropout::rule(probability as f32);
        // SAFETY: both buffers have the same number of values, and the seed has one.
        unsafe {
            dropout::dropout::launch_unchecked(
                x.client(),
                cubes,
                dim,
                x.arg(),
                seed.arg(),
                out.arg(),
                threshold,
                scale,
            );
        }
        out.tensor()
    }

    fn point_group(
        points: CubeTensor,
        centers: CubeTensor,
        indices: CubeTensor,
        k: usize,
        _clouds: usize,
    ) -> CubeTensor {
        let (points, centers) = (Buffer::floats(points), Buffer::floats(centers));
        let indices = Buffer::indices(indices);
        let columns = points.columns();
        let out = points.floats_beside([indices.len(), columns]);
        let (cubes, dim) = points.each(out.len());
        // SAFETY: the kernel takes indices within the rows of `points`; `functional` asserts the shapes.
        unsafe {
            grouping::relative::launch_unchecked(
                points.client(),
                cubes,
                dim,
                points.arg(),
                centers.arg(),
                indices.arg(),
                out.arg(),
                columns,
                k,
            );
        }
        out.tensor()
    }

    fn point_group_linear(
        coord: CubeTensor,
        centers: CubeTensor,
        features: CubeTensor,
        w: CubeTensor,
        indices: CubeTensor,
        k: usize,
        _clouds: usize,
    ) -> CubeTensor {
        let (of_coord, of_features) = split::<Self>(w, 3);
        let projected = Buffer::floats(matmul::multiply(features, of_features));
        let (coord, centers, w) = (Buffer::floats(coord), Buffer::floats(centers), Buffer::floats(of_coord));
        let indices = Buffer::indices(indices);
        let columns = projected.columns();
        let out = projected.floats_beside([indices.len(), columns]);
        let (cubes, dim) = out.each_rows(ROWS);
        // SAFETY: the kernel takes indices within the rows of the points; `functional` asserts the shapes.
        unsafe {
            grouping::relative_linear::launch_unchecked(
                projected.client(),
                cubes,
                dim,
                projected.arg(),
                coord.arg(),
                centers.arg(),
                w.arg(),
                indices.arg(),
                out.arg(),
                columns,
                k,
            );
        }
        out.tensor()
    }

    fn point_interpolate_linear(
        coarse: CubeTensor,
        skip: CubeTensor,
        w: CubeTensor,
        indices: CubeTensor,
        weights: CubeTensor,
        k: usize,
        _clouds: usize,
    ) -> CubeTensor {
        let (of_skip, of_coarse) = split::<Self>(w, skip.shape()[1]);
        let coarse = Buffer::floats(matmul::multiply(coarse, of_coarse));
        let skip = Buffer::floats(matmul::multiply(skip, of_skip));
        let (indices, weights) = (Buffer::indices(indices), Buffer::floats(weights));
        let columns = coarse.columns();
        let out = coarse.floats_beside([skip.rows(), columns]);
        let (cubes, dim) = coarse.each(out.len());
        // SAFETY: the kernel takes indices within the rows of the coarse points; `functional` asserts the shapes.
        unsafe {
            grouping::interpolate_onto::launch_unchecked(
                coarse.client(),
                cubes,
                dim,
                coarse.arg(),
                indices.arg(),
                weights.arg(),
                skip.arg(),
                out.arg(),
                columns,
                k,
            );
        }
        out.tensor()
    }

    fn point_group_weight_gradient(
        coord: CubeTensor,
        centers: CubeTensor,
        features: CubeTensor,
        indices: CubeTensor,
        gout: CubeTensor,
        of_points: CubeTensor,
        k: usize,
    ) -> CubeTensor {
        // from the differences: products with the coordinates of points and of centers would cancel
        let relative = Self::point_group(coord, centers, indices, k, 1);
        matmul::stacked_weight_gradient((relative, gout), (features, of_points))
    }

    fn point_interpolate_weight_gradient(
        skip: CubeTensor,
        of_skip: CubeTensor,
        coarse: CubeTensor,
        of_coarse: CubeTensor,
    ) -> CubeTensor {
        matmul::stacked_weight_gradient((skip, of_skip), (coarse, of_coarse))
    }

    fn point_interpolate(
        features: CubeTensor,
        indices: CubeTensor,
        weights: CubeTensor,
        k: usize,
        _clouds: usize,
    ) -> CubeTensor {
        let (features, indices, weights) =
            (Buffer::floats(features), Buffer::indices(indices), Buffer::floats(weights));
        let columns = features.columns();
        let out = features.floats_beside([indices.len() / k, columns]);
        let (cubes, dim) = features.each(out.len());
        // SAFETY: the kernel takes indices within the rows of `features`; `functional` asserts the shapes.
        unsafe {
            grouping::interpolate::launch_unchecked(
                features.client(),
                cubes,
                dim,
                features.arg(),
                indices.arg(),
                weights.arg(),
                out.arg(),
                columns,
                k,
            );
        }
        out.tensor()
    }

    fn point_sum_rows(y: CubeTensor) -> CubeTensor {
        let y = Buffer::floats(y);
        let sums = PartialSums::of(&y).tensor();
        let first = CubeBackend::float_slice(sums, &[Slice::new(0, Some(1), 1)]);
        CubeBackend::float_reshape(first, Shape::new([y.columns()]))
    }

    fn point_cross_entropy(logits: CubeTensor, targets: CubeTensor, weights: CubeTensor, smoothing: f64) -> CubeTensor {
        Scored::new(logits, targets, weights, smoothing).loss()
    }

    fn point_elu_norm(
        y: CubeTensor,
        gamma: CubeTensor,
        beta: CubeTensor,
        epsilon: f64,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        Self::point_norm(elu(&Buffer::floats(y)).tensor(), gamma, beta, epsilon, false)
    }

    fn point_elu_norm_backward(
        y: CubeTensor,
        gamma: CubeTensor,
        beta: CubeTensor,
        mean: CubeTensor,
        var: CubeTensor,
        gz: CubeTensor,
        epsilon: f64,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        let y = Buffer::floats(y);
        let (of_elu, of_gamma, of_beta) =
            Norm::with_statistics(elu(&y).tensor(), gamma, beta, mean, var, epsilon).backward(gz, false);
        (elu_gradient(&y, &Buffer::floats(of_elu)).tensor(), of_gamma, of_beta)
    }

    fn point_elu_affine(y: CubeTensor, scale: CubeTensor, shift: CubeTensor) -> CubeTensor {
        Affine::new(scale, shift).apply(&elu(&Buffer::floats(y)), false)
    }

    fn point_affine(y: CubeTensor, scale: CubeTensor, shift: CubeTensor, relu: bool) -> CubeTensor {
        Affine::new(scale, shift).apply(&Buffer::floats(y), relu)
    }

    fn point_affine_relu_linear(y: CubeTensor, scale: CubeTensor, shift: CubeTensor, w: CubeTensor) -> CubeTensor {
        multiply_normed(&Buffer::floats(y), &Affine::new(scale, shift), w)
    }

    fn point_affine_max(y: CubeTensor, scale: CubeTensor, shift: CubeTensor, relu: bool, k: usize) -> CubeTensor {
        Affine::new(scale, shift).max(&Buffer::floats(y), relu, k).0
    }

    fn point_linear_input_gradient(gy: CubeTensor, w: CubeTensor) -> CubeTensor {
        matmul::input_gradient(gy, w)
    }

    fn point_linear_weight_gradient(x: CubeTensor, gy: CubeTensor) -> CubeTensor {
        matmul::weight_gradient(x, gy)
    }

    fn point_norm_backward(
        y: CubeTensor,
        gamma: CubeTensor,
        beta: CubeTensor,
        mean: CubeTensor,
        var: CubeTensor,
        gz: CubeTensor,
        epsilon: f64,
        relu: bool,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        Norm::with_statistics(y, gamma, beta, mean, var, epsilon).backward(gz, relu)
    }

    fn point_norm_relu_linear_backward(
        y: CubeTensor,
        gamma: CubeTensor,
        beta: CubeTensor,
        mean: CubeTensor,
        var: CubeTensor,
        w: CubeTensor,
        gout: CubeTensor,
        epsilon: f64,
    ) -> (CubeTensor, CubeTensor, CubeTensor, CubeTensor) {
        Norm::with_statistics(y, gamma, beta, mean, var, epsilon).backward_through_product(w, gout)
    }

    fn point_norm_max_backward(
        y: CubeTensor,
        gamma: CubeTensor,
        beta: CubeTensor,
        mean: CubeTensor,
        var: CubeTensor,
        values: CubeTensor,
        members: CubeTensor,
        gout: CubeTensor,
        epsilon: f64,
        relu: bool,
        k: usize,
    ) -> (CubeTensor, CubeTensor, CubeTensor) {
        Norm::with_statistics(y, gamma, beta, mean, var, epsilon).backward_max(values, members, gout, relu, k)
    }

    fn point_scatter_add(gout: CubeTensor, indices: CubeTensor, rows: usize, clouds: usize) -> CubeTensor {
        let gout = Buffer::floats(gout);
        let lists = Lists::new(&Buffer::indices(indices), rows, clouds);
        let columns = gout.columns();
        let out = gout.floats_beside([rows, columns]);
        let (cubes, dim) = gout.each(out.len());
        // SAFETY: the lists hold rows of `gout`.
        unsafe {
            grouping::gather_sum::launch_unchecked(
                gout.client(),
                cubes,
                dim,
                gout.arg(),
                lists.starts.arg(),
                lists.places.arg(),
                out.arg(),
                columns,
            );
        }
        out.tensor()
    }

    fn point_group_center_gradient(gout: CubeTensor, k: usize) -> CubeTensor {
        let gout = Buffer::floats(gout);
        let columns = gout.columns();
        let out = gout.floats_beside([gout.rows() / k, columns]);
        let (cubes, dim) = gout.each(out.len());
        // SAFETY: a unit adds one column of the `k` rows of its group.
        unsafe {
            grouping::center_gradient::launch_unchecked(gout.client(), cubes, dim, gout.arg(), out.arg(), columns, k);
        }
        out.tensor()
    }

    fn point_interpolate_backward(
        gout: CubeTensor,
        indices: CubeTensor,
        weights: CubeTensor,
        k: usize,
        rows: usize,
        clouds: usize,
    ) -> CubeTensor {
        let (gout, weights) = (Buffer::floats(gout), Buffer::floats(weights));
        let lists = Lists::new(&Buffer::indices(indices), rows, clouds);
        let columns = gout.columns();
        let out = gout.floats_beside([rows, columns]);
        let (cubes, dim) = gout.each(out.len());
        // SAFETY: the lists hold positions in `weights`, of which `k` belong to each row of `gout`.
        unsafe {
            grouping::gather_weighted_sum::launch_unchecked(
                gout.client(),
                cubes,
                dim,
                gout.arg(),
                weights.arg(),
                lists.starts.arg(),
                lists.places.arg(),
                out.arg(),
                columns,
                k,
            );
        }
        out.tensor()
    }

    fn point_cross_entropy_backward(
        logits: CubeTensor,
        targets: CubeTensor,
        weights: CubeTensor,
        upstream: CubeTensor,
        smoothing: f64,
    ) -> CubeTensor {
        Scored::new(logits, targets, weights, smoothing).gradient(upstream)
    }

    fn point_to_latent(
        relation: CubeTensor,
        features: CubeTensor,
        clouds: usize,
        unit: UnitLength,
    ) -> (CubeTensor, CubeTensor) {
        latent::to_latent(relation, features, clouds, unit)
    }

    fn point_to_latent_backward(
        relation: CubeTensor,
        features: CubeTensor,
        latent: CubeTensor,
        inverse: CubeTensor,
        gout: CubeTensor,
        clouds: usize,
        unit: UnitLength,
    ) -> (CubeTensor, CubeTensor) {
        latent::to_latent_backward([relation, features, latent, inverse, gout], clouds, unit)
    }

    fn point_from_latent(relation: CubeTensor, latent: CubeTensor, clouds: usize) -> (CubeTensor, CubeTensor) {
        latent::from_latent(relation, latent, clouds)
    }

    fn point_from_latent_backward(
        relation: CubeTensor,
        latent: CubeTensor,
        inverse: CubeTensor,
        gout: CubeTensor,
        clouds: usize,
    ) -> (CubeTensor, CubeTensor) {
        latent::from_latent_backward([relation, latent, inverse, gout], clouds)
    }

    fn point_unit_rows(x: CubeTensor) -> (CubeTensor, CubeTensor) {
        latent::unit_rows(x)
    }

    fn point_unit_rows_backward(x: CubeTensor, inverse: CubeTensor, gout: CubeTensor) -> CubeTensor {
        latent::unit_rows_backward(x, inverse, gout)
    }

    fn point_propagate(latent: CubeTensor, clouds: usize) -> (CubeTensor, CubeTensor, CubeTensor) {
        latent::propagate(latent, clouds)
    }

    fn point_propagate_backward(
        latent: CubeTensor,
        affinity: CubeTensor,
        inverse: CubeTensor,
        gout: CubeTensor,
        clouds: usize,
    ) -> CubeTensor {
        latent::propagate_backward([latent, affinity, inverse, gout], clouds)
    }
}
