//! Every fused CPU operation, forward and backward, against its generic form.

use crate::backend::PointBackend;
use crate::generic;
use crate::kernels::bipartite::UnitLength;
use burn::backend::ops::FloatTensorOps;
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::TensorData;
use burn_flex::FlexTensor;
use proptest::{prelude::*, test_runner::RngSeed};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const EPSILON: f64 = 1e-5;

struct Random(ChaCha8Rng);

impl Random {
    fn new(seed: u64) -> Self {
        Random(ChaCha8Rng::seed_from_u64(seed))
    }

    fn floats<const D: usize>(&mut self, shape: [usize; D]) -> FlexTensor {
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| self.0.random_range(-1.0..1.0)).collect();
        FlexTensor::from_data(TensorData::new(values, shape))
    }

    /// `each` row numbers per cloud, of the `rows` rows of that cloud.
    fn indices(&mut self, clouds: usize, each: usize, rows: usize) -> FlexTensor {
        let values: Vec<i32> =
            (0..clouds * each).map(|i| (i / each * rows + self.0.random_range(0..rows)) as i32).collect();
        FlexTensor::from_data(TensorData::new(values, [clouds * each]))
    }

    /// γ and β.
    fn params(&mut self, c: usize) -> (FlexTensor, FlexTensor) {
        (self.floats([c]), self.floats([c]))
    }
}

#[track_caller]
fn same(fused: FlexTensor, composed: FlexTensor) {
    assert_eq!(fused.shape(), composed.shape());
    let values = |t: FlexTensor| t.into_data().iter::<f32>().collect::<Vec<f32>>();
    let (a, b) = (values(fused), values(composed));
    let scale = b.iter().fold(0.1f32, |m, v| m.max(v.abs()));
    for (i, (a, b)) in a.iter().zip(&b).enumerate() {
        assert!((a - b).abs() <= 1e-4 * scale, "value {i}: {a} and {b}, the largest is {scale}");
    }
}

#[track_caller]
fn same_two(fused: (FlexTensor, FlexTensor), composed: (FlexTensor, FlexTensor)) {
    same(fused.0, composed.0);
    same(fused.1, composed.1);
}

#[track_caller]
fn same_three(fused: (FlexTensor, FlexTensor, FlexTensor), composed: (FlexTensor, FlexTensor, FlexTensor)) {
    same(fused.0, composed.0);
    same(fused.1, composed.1);
    same(fused.2, composed.2);
}

proptest! {
    // a fixed seed, see tests/gradients.rs
    #![proptest_config(ProptestConfig { cases: 24, rng_seed: RngSeed::Fixed(2), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn linear(rows in 1usize..700, ci in 1usize..40, co in 1usize..40, seed in 0u64..1000) {
        let mut r = Random::new(seed);
        let (x, w, gy) = (r.floats([rows, ci]), r.floats([ci, co]), r.floats([rows, co]));
        same(Flex::point_linear(x.clone(), w.clone()), generic::linear::<Flex>(x.clone(), w.clone()));
        same(Flex::point_linear_input_gradient(gy.clone(), w.clone()), generic::linear_input_gradient::<Flex>(gy.clone(), w));
        same(Flex::point_linear_weight_gradient(x.clone(), gy.clone()), generic::linear_weight_gradient::<Flex>(x, gy));
    }

    #[test]
    fn linear_pair(rows in 1usize..700, ca in 1usize..40, cb in 1usize..40, co in 1usize..40, seed in 0u64..1000) {
        let mut r = Random::new(seed);
        let (a, b, w, gy) = (r.floats([rows, ca]), r.floats([rows, cb]), r.floats([ca + cb, co]), r.floats([rows, co]));
        same(Flex::point_linear_pair(a.clone(), b.clone(), w.clone()),
            generic::linear_pair::<Flex>(a.clone(), b.clone(), w.clone()));
        same_three(Flex::point_linear_pair_backward(a.clone(), b.clone(), w.clone(), gy.clone()),
            generic::linear_pair_backward::<Flex>(a, b, w, gy));
    }

    #[test]
    fn norm(rows in 1usize..500, c in 1usize..40, relu: bool, seed in 0u64..1000) {
        let mut r = Random::new(seed);
        let (y, gz, (gamma, beta)) = (r.floats([rows, c]), r.floats([rows, c]), r.params(c));
        let (z, mean, var) = Flex::point_norm(y.clone(), gamma.clone(), beta.clone(), EPSILON, relu);
        same_three((z, mean.clone(), var.clone()), generic::norm::<Flex>(y.clone(), gamma.clone(), beta.clone(), EPSILON, relu));
        // a single row has no variance: its gradient is a difference of equal numbers times 1 / sqrt(ε)
        prop_assume!(rows > 2);
        same_three(
            Flex::point_norm_backward(y.clone(), gamma.clone(), beta.clone(), mean.clone(), var.clone(), gz.clone(), EPSILON, relu),
            generic::norm_backward::<Flex>(y, gamma, beta, mean, var, gz, EPSILON, relu),
        );
    }

    #[test]
    fn elu_norm(rows in 3usize..3000, c in 1usize..40, seed in 0u64..1000) {
        let mut r = Random::new(seed);
        let (y, gz, (gamma, beta)) = (r.floats([rows, c]), r.floats([rows, c]), r.params(c));
        let (z, mean, var) = Flex::point_elu_norm(y.clone(), gamma.clone(), beta.clone(), EPSILON);
        same_three((z, mean.clone(), var.clone()), generic::elu_norm::<Flex>(y.clone(), gamma.clone(), beta.clone(), EPSILON));
        same(Flex::point_elu_affine(y.clone(), gamma.clone(), beta.clone()),
            generic::elu_affine::<Flex>(y.clone(), gamma.clone(), beta.clone()));
        same_three(
            Flex::point_elu_norm_backward(y.clone(), gamma.clone(), beta.clone(), mean.clone(), var.clone(), gz.clone(), EPSILON),
            generic::elu_norm_backward::<Flex>(y, gamma, beta, mean, var, gz, EPSILON),
        );
    }

    #[test]
    fn square_depthwise(rows in 1usize..300, k in 1usize..18, seed in 0u64..1000) {
        let mut r = Random::new(seed);
        let (x, w, gout) = (r.floats([rows, k * k]), r.floats([k, k * k]), r.floats([rows, k * k]));
        same(Flex::point_square_depthwise(x.clone(), w.clone()), generic::square_depthwise::<Flex>(x.clone(), w.clone()));
        same_two(Flex::point_square_depthwise_backward(x.clone(), w.clone(), gout.clone()),
            generic::square_depthwise_backward::<Flex>(x, w, gout));
    }

    #[test]
    fn x_conv(clouds in 1usize..4, n in 1usize..50, centers in 1usize..50, k in 1usize..18, c in 1usize..40, q in 1usize..4, seed in 0u64..1000) {
        let mut r = Random::new(seed);
        let (transform, features) = (r.floats([clouds * centers, k * k]), r.floats([clouds * n, c]));
        let (indices, w, gout) = (r.indices(clouds, centers * k, n), r.floats([k, q * c]), r.floats([clouds * centers, q * c]));
        same(Flex::point_x_conv(transform.clone(), features.clone(), indices.clone(), w.clone(), clouds),
            generic::x_conv::<Flex>(transform.clone(), features.clone(), indices.clone(), w.clone()));
        same_three(Flex::point_x_conv_backward(transform.clone(), features.clone(), indices.clone(), w.clone(), gout.clone(), clouds),
            generic::x_conv_backward::<Flex>(transform, features, indices, w, gout, clouds));
    }

    #[test]
    fn norm_relu_linear(rows in 3usize..3000, ci in 1usize..40, co in 1usize..40, seed in 0u64..1000) {
        let mut r = Random::new(seed);
        let (y, w, gout, (gamma, beta)) = (r.floats([rows, ci]), r.floats([ci, co]), r.floats([rows, co]), r.params(ci));
        let (out, mean, var) = Flex::point_norm_relu_linear(y.clone(), gamma.clone(), beta.clone(), w.clone(), EPSILON);
        same_three((out, mean.clone(), var.clone()),
            generic::norm_relu_linear::<Flex>(y.clone(), gamma.clone(), beta.clone(), w.clone(), EPSILON));
        let (a, b, c, d) = Flex::point_norm_relu_linear_backward(y.clone(), gamma.clone(), beta.clone(), mean.clone(), var.clone(),
            w.clone(), gout.clone(), EPSILON);
        let (e, f, g, h) = generic::norm_relu_linear_backward::<Flex>(y, gamma, beta, mean, var, w, gout, EPSILON);
        same_three((a, b, c), (e, f, g));
        same(d, h);
    }

    #[test]
    fn norm_max(groups in 1usize..60, k in 1usize..33, c in 1usize..40, relu: bool, seed in 0u64..1000) {
        prop_assume!(groups * k > 2);
        let mut r = Random::new(seed);
        let (y, gout, (gamma, beta)) = (r.floats([groups * k, c]), r.floats([groups, c]), r.params(c));
        let (values, members, mean, var) = Flex::point_norm_max(y.clone(), gamma.clone(), beta.clone(), EPSILON, relu, k);
        let composed = generic::norm_max::<Flex>(y.clone(), gamma.clone(), beta.clone(), EPSILON, relu, k);
        same_three((values.clone(), mean.clone(), var.clone()), (composed.0, composed.2, composed.3));
        prop_assert_eq!(members.clone().into_data().iter::<i64>().collect::<Vec<_>>(), composed.1.into_data().iter::<i64>().collect::<Vec<_>>());
        same_three(
            Flex::point_norm_max_backward(y.clone(), gamma.clone(), beta.clone(), mean.clone(), var.clone(), values.clone(),
                members.clone(), gout.clone(), EPSILON, relu, k),
            generic::norm_max_backward::<Flex>(y, gamma, beta, mean, var, values, members, gout, EPSILON, relu, k),
        );
    }

    #[test]
    fn group(clouds in 1usize..4, n in 1usize..50, centers in 1usize..20, k in 1usize..20, c in 1usize..40, seed in 0u64..1000) {
        let mut r = Random::new(seed);
        let (points, middles) = (r.floats([clouds * n, c]), r.floats([clouds * centers, c]));
        let (indices, gout) = (r.indices(clouds, centers * k, n), r.floats([clouds * centers * k, c]));
        same(Flex::point_group(points.clone(), middles.clone(), indices.clone(), k, clouds),
            generic::group::<Flex>(points, middles, indices.clone(), k));
        same(Flex::point_group_center_gradient(gout.clone(), k), generic::group_center_gradient::<Flex>(gout.clone(), k));
        same(Flex::point_scatter_add(gout.clone(), indices.clone(), clouds * n, clouds),
            generic::scatter_add::<Flex>(gout, indices, clouds * n));
    }

    #[test]
    fn interpolate(clouds in 1usize..4, n in 1usize..50, queries in 1usize..60, k in 1usize..4, c in 1usize..40, seed in 0u64..1000) {
        let mut r = Random::new(seed);
        let (features, gout) = (r.floats([clouds * n, c]), r.floats([clouds * queries, c]));
        let (indices, weights) = (r.indices(clouds, queries * k, n), r.floats([clouds * queries, k]));
        same(Flex::point_interpolate(features.clone(), indices.clone(), weights.clone(), k, clouds),
            generic::interpolate::<Flex>(features, indices.clone(), weights.clone(), k));
        same(Flex::point_interpolate_backward(gout.clone(), indices.clone(), weights.clone(), k, clouds * n, clouds),
            generic::interpolate_backward::<Flex>(gout, indices, weights, k, clouds * n));
    }

    #[test]
    fn bipartite(clouds in 1usize..4, n in 1usize..400, d in 1usize..40, c in 1usize..40, over_nodes: bool, seed in 0u64..1000) {
        let unit = if over_nodes { UnitLength::OverNodes } else { UnitLength::OverPoints };
        let mut r = Random::new(seed);
        let (relation, features) = (r.floats([clouds * n, d]), r.floats([clouds * n, c]));
        let (latent, inverse) = Flex::point_to_latent(relation.clone(), features.clone(), clouds, unit);
        same_two((latent.clone(), inverse.clone()), generic::to_latent::<Flex>(relation.clone(), features.clone(), clouds, unit));
        let gout = r.floats([clouds * d, c]);
        same_two(
            Flex::point_to_latent_backward(relation.clone(), features.clone(), latent.clone(), inverse.clone(), gout.clone(), clouds, unit),
            generic::to_latent_backward::<Flex>(relation.clone(), features.clone(), latent.clone(), inverse, gout, clouds, unit),
        );
        let (visible, inverse) = Flex::point_from_latent(relation.clone(), latent.clone(), clouds);
        same_two((visible, inverse.clone()), generic::from_latent::<Flex>(relation.clone(), latent.clone(), clouds));
        same_two(
            Flex::point_from_latent_backward(relation.clone(), latent.clone(), inverse.clone(), features.clone(), clouds),
            generic::from_latent_backward::<Flex>(relation, latent, inverse, features, clouds),
        );
    }

    #[test]
    fn unit_rows(rows in 1usize..3000, c in 1usize..40, seed in 0u64..1000) {
        let mut r = Random::new(seed);
        let (x, gout) = (r.floats([rows, c]), r.floats([rows, c]));
        let (out, inverse) = Flex::point_unit_rows(x.clone());
        same_two((out, inverse.clone()), generic::unit_rows::<Flex>(x.clone()));
        same(Flex::point_unit_rows_backward(x.clone(), inverse.clone(), gout.clone()), generic::unit_rows_backward::<Flex>(x, inverse, gout));
    }

    #[test]
    fn propagate(clouds in 1usize..4, d in 1usize..90, c in 1usize..40, seed in 0u64..1000) {
        let mut r = Random::new(seed);
        let (latent, gout) = (r.floats([clouds * d, c]), r.floats([clouds * d, c]));
        let (out, affinity, inverse) = Flex::point_propagate(latent.clone(), clouds);
        same_three((out, affinity.clone(), inverse.clone()), generic::propagate::<Flex>(latent.clone(), clouds));
        same(Flex::point_propagate_backward(latent.clone(), affinity.clone(), inverse.clone(), gout.clone(), clouds),
            generic::propagate_backward::<Flex>(latent, affinity, inverse, gout, clouds));
    }

    #[test]
    fn cross_entropy(rows in 1usize..3000, classes in 2usize..22, seed in 0u64..1000) {
        let mut r = Random::new(seed);
        let (logits, targets, upstream) = (r.floats([rows, classes]), r.indices(1, rows, classes), r.floats([1]));
        let weights: Vec<f32> = (0..rows).map(|i| if i % 3 == 0 { 0.0 } else { r.0.random_range(0.1..2.0) }).collect();
        let weights = FlexTensor::from_data(TensorData::new(weights, [rows]));
        let smoothing = if seed % 2 == 0 { 0.0 } else { 0.3 };
        let of = || (logits.clone(), targets.clone(), weights.clone());
        let ((a, b, c), (d, e, f)) = (of(), of());
        same(Flex::point_cross_entropy(a, b, c, smoothing), generic::cross_entropy::<Flex>(d, e, f, smoothing));
        let (a, b, c) = of();
        same(Flex::point_cross_entropy_backward(a, b, c, upstream.clone(), smoothing),
            generic::cross_entropy_backward::<Flex>(logits, targets, weights, upstream, smoothing));
    }

    #[test]
    fn dropout(rows in 1usize..500, c in 1usize..40, probability in 0.0f64..0.99, seed in 0i32..1000) {
        let x = Random::new(seed as u64).floats([rows, c]);
        let seed = FlexTensor::from_data(TensorData::new(vec![seed], [1]));
        same(Flex::point_dropout(x.clone(), seed.clone(), probability), generic::dropout::<Flex>(x, seed, probability));
    }

    #[test]
    fn fixed_statistics(groups in 1usize..60, k in 1usize..33, c in 1usize..40, co in 1usize..40, relu: bool, seed in 0u64..1000) {
        let mut r = Random::new(seed);
        let (y, w, (scale, shift)) = (r.floats([groups * k, c]), r.floats([c, co]), r.params(c));
        same(Flex::point_affine(y.clone(), scale.clone(), shift.clone(), relu),
            generic::affine::<Flex>(y.clone(), scale.clone(), shift.clone(), relu));
        same(Flex::point_affine_relu_linear(y.clone(), scale.clone(), shift.clone(), w.clone()),
            generic::affine_relu_linear::<Flex>(y.clone(), scale.clone(), shift.clone(), w));
        same(Flex::point_affine_max(y.clone(), scale.clone(), shift.clone(), relu, k),
            generic::affine_max::<Flex>(y, scale, shift, relu, k));
    }
}

/// The member is the first of equal ones; the one with the smallest `y` if γ is negative; the first of all if γ is 0.
#[test]
fn members_on_ties() {
    for (groups, k, c) in [(3, 7, 5), (2, 40, 33), (2, 3000, 40)] {
        let mut r = Random::new(k as u64);
        let y: Vec<f32> = (0..groups * k * c).map(|_| r.0.random_range(-2..3) as f32 * 0.25).collect();
        let gamma: Vec<f32> = (0..c).map(|i| (i % 3) as f32 - 1.0).collect();
        let tensor = |values: &[f32], shape: &[usize]| FlexTensor::from_data(TensorData::new(values.to_vec(), shape));
        let beta = tensor(&vec![0.5; c], &[c]);
        let (values, members, _, _) =
            Flex::point_norm_max(tensor(&y, &[groups * k, c]), tensor(&gamma, &[c]), beta, EPSILON, true, k);
        let found: Vec<i64> = members.into_data().iter::<i64>().collect();
        let values: Vec<f32> = values.into_data().iter::<f32>().collect();
        for (at, &member) in found.iter().enumerate() {
            let (group, column) = (at / c, at % c);
            let key = |member: usize| y[(group * k + member) * c + column] * gamma[column];
            let best = (0..k).rev().max_by(|&a, &b| key(a).total_cmp(&(key(b) + 0.0))).unwrap();
            let first = (0..k).find(|&m| key(m) == key(best)).unwrap();
            assert_eq!(member as usize, first, "group {group}, column {column}");
            assert!(gamma[column] != 0.0 || values[at] == 0.5);
        }
    }
}

#[test]
fn bipartite_of_several_blocks() {
    check_bipartite([2, 3000, 40, 33], 1.0);
}

/// Lengths near and below the shortest one that a row is divided by.
#[test]
fn tiny_lengths() {
    let mut r = Random::new(6);
    for factor in [1e-6, 1e-13, 0.0] {
        check_bipartite([2, 70, 5, 7], factor);
        let (x, gout, clouds) = (tiny(r.floats([18, 7]), factor), r.floats([18, 7]), 2);
        let (out, inverse) = Flex::point_unit_rows(x.clone());
        same_two((out, inverse.clone()), generic::unit_rows::<Flex>(x.clone()));
        same(
            Flex::point_unit_rows_backward(x.clone(), inverse.clone(), gout.clone()),
            generic::unit_rows_backward::<Flex>(x.clone(), inverse, gout.clone()),
        );
        let (out, affinity, inverse) = Flex::point_propagate(x.clone(), clouds);
        same_three((out, affinity.clone(), inverse.clone()), generic::propagate::<Flex>(x.clone(), clouds));
        same(
            Flex::point_propagate_backward(x.clone(), affinity.clone(), inverse.clone(), gout.clone(), clouds),
            generic::propagate_backward::<Flex>(x, affinity, inverse, gout, clouds),
        );
    }
}

fn tiny(x: FlexTensor, factor: f32) -> FlexTensor {
    Flex::float_mul_scalar(x, factor.into())
}

/// Both products with a relation whose values are multiplied by `factor`.
fn check_bipartite([clouds, n, d, c]: [usize; 4], factor: f32) {
    let mut r = Random::new(5);
    let (relation, features) = (tiny(r.floats([clouds * n, d]), factor), r.floats([clouds * n, c]));
    for unit in [UnitLength::OverPoints, UnitLength::OverNodes] {
        let (latent, inverse) = Flex::point_to_latent(relation.clone(), features.clone(), clouds, unit);
        same_two(
            (latent.clone(), inverse.clone()),
            generic::to_latent::<Flex>(relation.clone(), features.clone(), clouds, unit),
        );
        let gout = r.floats([clouds * d, c]);
        let [x, a, z, i] = [&features, &relation, &latent, &inverse].map(Clone::clone);
        same_two(
            Flex::point_to_latent_backward(a.clone(), x.clone(), z.clone(), i.clone(), gout.clone(), clouds, unit),
            generic::to_latent_backward::<Flex>(a, x, z, i, gout, clouds, unit),
        );
    }
    let latent = r.floats([clouds * d, c]);
    let (visible, inverse) = Flex::point_from_latent(relation.clone(), latent.clone(), clouds);
    same_two((visible, inverse.clone()), generic::from_latent::<Flex>(relation.clone(), latent.clone(), clouds));
    let [a, z, i, g] = [&relation, &latent, &inverse, &features].map(Clone::clone);
    same_two(
        Flex::point_from_latent_backward(a.clone(), z.clone(), i.clone(), g.clone(), clouds),
        generic::from_latent_backward::<Flex>(a, z, i, g, clouds),
    );
}
