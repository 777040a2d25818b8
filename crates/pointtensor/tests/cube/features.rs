//! Values and gradients of every operation: within 1e-5 of the CPU, and the same bits in every run.

use crate::support::{Random, devices, difference, floats, indices, ints, values};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use pointtensor::functional::{self as fused, NormParams, UnitLength};
use pointtensor::layer::PointNormConfig;

/// The inputs of an operation, on the host.
struct Inputs {
    matrices: Vec<(Vec<f32>, [usize; 2])>,
    vectors: Vec<Vec<f32>>,
}

type Operation<'a> = &'a dyn Fn(&[Tensor<2>], &[Tensor<1>], &Device) -> Tensor<2>;

/// The result, and the gradients with respect to all inputs for a fixed upstream gradient.
fn evaluate(inputs: &Inputs, operation: Operation, device: &Device) -> Vec<Vec<f32>> {
    let device = device.clone().autodiff();
    let matrices: Vec<_> = inputs.matrices.iter().map(|(v, s)| floats(v, *s, &device).require_grad()).collect();
    let vectors: Vec<_> = inputs.vectors.iter().map(|v| floats(v, [v.len()], &device).require_grad()).collect();
    let out = operation(&matrices, &vectors, &device);
    let [rows, columns] = out.dims();
    let upstream: Vec<f32> = (0..rows * columns).map(|i| (i * 37 % 101) as f32 / 50.0 - 0.7).collect();
    let grads = (out.clone() * floats(&upstream, [rows, columns], &device)).sum().backward();
    let mut results = vec![values(out)];
    results.extend(matrices.iter().map(|t| values(t.grad(&grads).expect("a gradient"))));
    results.extend(vectors.iter().map(|t| values(t.grad(&grads).expect("a gradient"))));
    results
}

/// Compares a run with the CPU and with a second run.
fn check(what: &str, inputs: &Inputs, operation: Operation) {
    for device in devices() {
        let right = evaluate(inputs, operation, &Device::flex());
        let found = evaluate(inputs, operation, &device);
        for (which, (a, b)) in found.iter().zip(&right).enumerate() {
            // the terms of parameter gradients, sums over all rows, cancel; rounding errors are relative to the terms,
            // here about 0.1 each
            let of_parameter = which > inputs.matrices.len();
            let terms = if of_parameter { 0.1 * inputs.matrices[0].1[0] as f32 } else { 0.0 };
            let largest = b.iter().fold(0f32, |m, v| m.max(v.abs())).max(1e-3);
            let d = difference(a, b) * largest / largest.max(terms);
            assert!(d < 1e-5, "{what}: output or gradient {which} differs by {d} on {device:?}");
        }
        let again = evaluate(inputs, operation, &device);
        assert!(found == again, "{what}: two runs differ on {device:?}");
    }
}

fn params(v: &[Tensor<1>]) -> NormParams {
    NormParams { gamma: v[0].clone(), beta: v[1].clone(), epsilon: 1e-5 }
}

fn inputs(r: &mut Random, matrices: &[[usize; 2]], vectors: &[usize]) -> Inputs {
    Inputs {
        matrices: matrices.iter().map(|s| (r.values(s[0] * s[1]), *s)).collect(),
        vectors: vectors.iter().map(|len| r.values(*len)).collect(),
    }
}

#[test]
fn linear() {
    let mut r = Random::new(1);
    for (rows, ci, co) in [(1, 1, 1), (7, 3, 5), (129, 35, 64), (4096, 32, 21), (5000, 6, 33), (300, 200, 300)] {
        let inputs = inputs(&mut r, &[[rows, ci], [ci, co]], &[]);
        check("linear", &inputs, &|m, _, _| fused::linear(m[0].clone(), m[1].clone()));
    }
}

#[test]
fn latent_nodes() {
    let mut r = Random::new(11);
    // not a single point or node: scaled to unit length it is only a sign, and its gradient nothing but rounding errors
    for (clouds, n, d, c) in [(1, 3, 2, 1), (3, 37, 5, 9), (2, 1000, 80, 32)] {
        for unit in [UnitLength::OverPoints, UnitLength::OverNodes] {
            let to = inputs(&mut r, &[[clouds * n, d], [clouds * n, c]], &[]);
            check("to_latent", &to, &|m, _, _| fused::to_latent(m[0].clone(), m[1].clone(), clouds, unit));
        }
        let from = inputs(&mut r, &[[clouds * n, d], [clouds * d, c]], &[]);
        check("from_latent", &from, &|m, _, _| fused::from_latent(m[0].clone(), m[1].clone(), clouds));
    }
}

#[test]
fn unit_rows_and_propagation() {
    let mut r = Random::new(13);
    for (clouds, d, c) in [(1, 3, 2), (3, 37, 5), (2, 80, 32)] {
        let inputs = inputs(&mut r, &[[clouds * d, c]], &[]);
        check("unit_rows", &inputs, &|m, _, _| fused::unit_rows(m[0].clone()));
        check("propagate", &inputs, &|m, _, _| fused::propagate(m[0].clone(), clouds));
    }
}

/// Lengths near and below the shortest one that a row is divided by.
#[test]
fn tiny_lengths() {
    let mut r = Random::new(14);
    let (clouds, n, d, c) = (3, 37, 5, 9);
    for factor in [1e-6, 1e-13, 0.0] {
        let mut tiny = |shapes: &[[usize; 2]]| {
            let mut inputs = inputs(&mut r, shapes, &[]);
            inputs.matrices[0].0.iter_mut().for_each(|value| *value *= factor);
            inputs
        };
        let to = tiny(&[[clouds * n, d], [clouds * n, c]]);
        for unit in [UnitLength::OverPoints, UnitLength::OverNodes] {
            check("to_latent", &to, &|m, _, _| fused::to_latent(m[0].clone(), m[1].clone(), clouds, unit));
        }
        let from = tiny(&[[clouds * n, d], [clouds * d, c]]);
        check("from_latent", &from, &|m, _, _| fused::from_latent(m[0].clone(), m[1].clone(), clouds));
        let rows = tiny(&[[clouds * d, c]]);
        check("unit_rows", &rows, &|m, _, _| fused::unit_rows(m[0].clone()));
        check("propagate", &rows, &|m, _, _| fused::propagate(m[0].clone(), clouds));
    }
}

#[test]
fn product() {
    let mut r = Random::new(12);
    for (clouds, m, k, n) in [(1, 1, 1, 1), (3, 37, 5, 9), (2, 300, 32, 80), (40, 300, 20, 200)] {
        let inputs = inputs(&mut r, &[[clouds * m, k], [clouds * k, n]], &[]);
        check("product", &inputs, &|t, _, _| {
            let (a, b) = (t[0].clone().reshape([clouds, m, k]), t[1].clone().reshape([clouds, k, n]));
            fused::product(a, b).reshape([clouds * m, n])
        });
        check("product with a transposed factor", &inputs, &|t, _, _| {
            let (a, b) = (t[0].clone().reshape([clouds, m, k]), t[1].clone().reshape([clouds, n, k]));
            fused::product(a, b.swap_dims(1, 2)).reshape([clouds * m, n])
        });
        check("product with both factors transposed", &inputs, &|t, _, _| {
            let (a, b) = (t[0].clone().reshape([clouds, k, m]), t[1].clone().reshape([clouds, n, k]));
            fused::product(a.swap_dims(1, 2), b.swap_dims(1, 2)).reshape([clouds * m, n])
        });
        check("product with a factor whose rows are apart", &inputs, &|t, _, _| {
            let (a, b) = (t[0].clone().reshape([m, clouds, k]), t[1].clone().reshape([k, clouds, n]));
            fused::product(a.swap_dims(0, 1), b.swap_dims(0, 1)).reshape([clouds * m, n])
        });
    }
}

#[test]
fn empty_tensors_work() {
    for device in devices() {
        let empty = Tensor::<2>::zeros([0, 5], &device);
        let vector = |value: f32| floats(&[value; 5], [5], &device);
        assert_eq!(fused::affine(empty.clone(), vector(2.0), vector(1.0), true).dims(), [0, 5]);
        assert_eq!(fused::unit_rows(empty.clone()).dims(), [0, 5]);
        assert_eq!(fused::linear(empty, floats(&[1.0; 15], [5, 3], &device)).dims(), [0, 3]);
        let (none, wide) = (Tensor::zeros([2, 3, 0], &device), Tensor::zeros([2, 0, 4], &device));
        assert_eq!(values(fused::product(none, wide).reshape([6, 4])), [0.0; 24], "a sum of nothing");
        let points = floats(&[1.0; 20], [4, 5], &device);
        let none = fused::group(points, Tensor::zeros([0, 5], &device), ints(&[], &device), 2, 1);
        assert_eq!(none.dims(), [0, 5]);
    }
}

#[test]
fn norm() {
    let mut r = Random::new(2);
    for (rows, c) in [(20, 5), (100, 13), (3000, 64), (5000, 7), (600, 300)] {
        for relu in [false, true] {
            let inputs = inputs(&mut r, &[[rows, c]], &[c, c]);
            check("norm", &inputs, &|m, v, _| fused::norm(m[0].clone(), params(v), relu).output);
        }
    }
}

#[test]
fn norm_of_columns_far_from_zero() {
    let mut r = Random::new(3);
    let mut inputs = inputs(&mut r, &[[3000, 8]], &[8, 8]);
    inputs.matrices[0].0.iter_mut().for_each(|v| *v += 50.0);
    for device in devices() {
        let statistics = |device: &Device| {
            let device = device.clone().autodiff();
            let y = floats(&inputs.matrices[0].0, [3000, 8], &device);
            let one = Tensor::<1>::ones([8], &device);
            let normed = fused::norm(y, NormParams { gamma: one.clone(), beta: one, epsilon: 1e-5 }, false);
            (values(normed.mean), values(normed.var))
        };
        let ((mean, var), (right_mean, right_var)) = (statistics(&device), statistics(&Device::flex()));
        assert!(difference(&mean, &right_mean) < 1e-6 && difference(&var, &right_var) < 1e-5, "on {device:?}");
    }
}

#[test]
fn norm_of_a_column_whose_first_row_is_far_from_the_others() {
    let mut y = Random::new(31).values(40_000);
    y[0] = 5000.0;
    let mean = y.iter().map(|v| f64::from(*v)).sum::<f64>() / 4e4;
    let var = y.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / 4e4;
    for device in devices() {
        let device = device.autodiff();
        let one = Tensor::<1>::ones([1], &device);
        let normed = fused::norm(
            floats(&y, [40_000, 1], &device),
            NormParams { gamma: one.clone(), beta: one, epsilon: 1e-5 },
            false,
        );
        let (found, found_var) = (values(normed.mean)[0], values(normed.var)[0]);
        assert!((f64::from(found) - mean).abs() < 1e-5, "{found} and {mean} on {device:?}");
        // only the sums of the block with that row are so large
        assert!((f64::from(found_var) / var - 1.0).abs() < 2e-4, "{found_var} and {var} on {device:?}");
    }
}

#[test]
fn norm_relu_linear() {
    let mut r = Random::new(4);
    // all tile sizes, full and partial, forward and backward
    let large =
        [(34_001, 40, 64), (34_001, 64, 30), (33_900, 130, 130), (33_900, 35, 150), (300, 150, 20), (129, 70, 300)];
    for (rows, ci, co) in [(5, 2, 3), (2048, 32, 64), (3001, 19, 33)].into_iter().chain(large) {
        let inputs = inputs(&mut r, &[[rows, ci], [ci, co]], &[ci, ci]);
        check("norm_relu_linear", &inputs, &|m, v, _| {
            fused::norm_relu_linear(m[0].clone(), params(v), m[1].clone()).output
        });
    }
}

#[test]
fn norm_max() {
    let mut r = Random::new(5);
    // at least a few rows: the gradient of two is nothing but rounding errors of terms that cancel
    for (groups, k, c) in [(6, 1, 3), (64, 32, 64), (33, 7, 13), (2, 500, 20), (3, 2051, 70)] {
        let inputs = inputs(&mut r, &[[groups * k, c]], &[c, c]);
        for relu in [true, false] {
            check("norm_max", &inputs, &|m, v, _| fused::norm_max(m[0].clone(), params(v), relu, k).output);
        }
    }
}

#[test]
fn the_first_of_equal_members_of_a_large_group_matches_the_cpu() {
    let mut r = Random::new(41);
    let mut inputs = inputs(&mut r, &[[2 * 700, 33]], &[33, 33]);
    // few different values, so that the largest occurs often; and no scale of zero
    inputs.matrices[0].0.iter_mut().for_each(|v| *v = (*v * 3.0).round());
    check("norm_max", &inputs, &|m, v, _| fused::norm_max(m[0].clone(), params(v), true, 700).output);
}

#[test]
fn group() {
    let mut r = Random::new(6);
    for (clouds, n, centers, k, c) in [(1, 1, 1, 1, 1), (3, 50, 20, 16, 33), (2, 1000, 256, 32, 32)] {
        let inputs = inputs(&mut r, &[[clouds * n, c], [clouds * centers, c]], &[]);
        let mut rows = r.rows(clouds, centers * k, n);
        // many indices refer to one row, as in the filled rows of a ball query
        rows.iter_mut().take(centers * k / 2).for_each(|row| *row = 0);
        check("group", &inputs, &|m, _, device| {
            fused::group(m[0].clone(), m[1].clone(), ints(&rows, device), k, clouds)
        });
    }
}

#[test]
fn group_linear() {
    let mut r = Random::new(21);
    for (clouds, n, centers, k, c, co) in [(1, 2, 1, 2, 1, 1), (3, 50, 20, 16, 6, 33), (2, 3000, 256, 32, 32, 64)] {
        let inputs = inputs(&mut r, &[[clouds * n, c], [3 + c, co]], &[]);
        let coord = [n, centers].map(|points| (r.values(clouds * points * 3), [clouds * points, 3]));
        let mut rows = r.rows(clouds, centers * k, n);
        rows.iter_mut().take(centers * k / 2).for_each(|row| *row = 0);
        check("group_linear", &inputs, &|m, _, device| {
            let coord = [&coord[0], &coord[1]].map(|(values, shape)| floats(values, *shape, device));
            fused::group_linear(coord, m[0].clone(), m[1].clone(), ints(&rows, device), k, clouds)
        });
    }
}

#[test]
fn interpolate_linear() {
    let mut r = Random::new(22);
    for (clouds, n, queries, s, c, co) in [(1, 1, 1, 1, 1, 1), (3, 50, 60, 6, 13, 33), (2, 300, 3000, 64, 128, 96)] {
        let inputs = inputs(&mut r, &[[clouds * n, c], [clouds * queries, s], [s + c, co]], &[]);
        let (rows, weights) = (r.rows(clouds, queries * 3, n), r.values(clouds * queries * 3));
        check("interpolate_linear", &inputs, &|m, _, device| {
            let weights = floats(&weights, [clouds * queries, 3], device);
            fused::interpolate_linear(m[0].clone(), m[1].clone(), m[2].clone(), ints(&rows, device), weights, clouds)
        });
    }
}

#[test]
fn interpolate() {
    let mut r = Random::new(7);
    for (clouds, n, queries, k, c) in [(1, 1, 1, 1, 1), (3, 50, 60, 3, 33), (2, 64, 1000, 3, 128)] {
        let inputs = inputs(&mut r, &[[clouds * n, c]], &[]);
        let (rows, weights) = (r.rows(clouds, queries * k, n), r.values(clouds * queries * k));
        check("interpolate", &inputs, &|m, _, device| {
            let weights = floats(&weights, [clouds * queries, k], device);
            fused::interpolate(m[0].clone(), ints(&rows, device), weights, clouds)
        });
    }
}

#[test]
fn cross_entropy_and_correct_predictions() {
    let mut r = Random::new(8);
    for (rows, classes) in [(1, 2), (1000, 21), (30_000, 21)] {
        let inputs = inputs(&mut r, &[[rows, classes]], &[]);
        let targets = r.rows(1, rows, classes);
        let weights: Vec<f32> = r.values(rows).into_iter().map(|w| if w < -0.3 { 0.0 } else { w + 0.5 }).collect();
        for smoothing in [0.0, 0.1] {
            check("cross entropy", &inputs, &|m, _, device| {
                let weights = floats(&weights, [rows], device);
                fused::smooth_cross_entropy(m[0].clone(), ints(&targets, device), weights, smoothing).unsqueeze()
            });
        }
        for device in devices() {
            let hits = |device: &Device| {
                let logits = floats(&inputs.matrices[0].0, [rows, classes], device);
                values(fused::count_correct(logits, ints(&targets, device), floats(&weights, [rows], device), 1))
            };
            assert_eq!(hits(&device), hits(&Device::flex()), "on {device:?}");
        }
    }
}

#[test]
fn fixed_statistics() {
    let mut r = Random::new(9);
    let (groups, k, c, co) = (9, 7, 13, 6);
    let (y, scale, shift, w) = (r.values(groups * k * c), r.values(c), r.values(c), r.values(c * co));
    for device in devices() {
        let run = |device: &Device| {
            let y = floats(&y, [groups * k, c], device);
            let (scale, shift) = (floats(&scale, [c], device), floats(&shift, [c], device));
            [
                values(fused::affine(y.clone(), scale.clone(), shift.clone(), true)),
                values(fused::affine(y.clone(), scale.clone(), shift.clone(), false)),
                values(fused::affine_relu_linear(y.clone(), scale.clone(), shift.clone(), floats(&w, [c, co], device))),
                values(fused::affine_max(y, scale, shift, true, k)),
            ]
        };
        for (a, b) in run(&device).iter().zip(run(&Device::flex())) {
            assert!(difference(a, &b) < 1e-5, "on {device:?}");
        }
    }
}

#[test]
fn nan_reaches_the_result() {
    for device in devices() {
        let y = floats(&[f32::NAN, 1.0, 2.0], [3, 1], &device);
        let (one, zero) = (Tensor::<1>::ones([1], &device), Tensor::<1>::zeros([1], &device));
        assert!(values(fused::affine(y.clone(), one.clone(), zero.clone(), true))[0].is_nan());
        let norm = fused::norm_max(y, NormParams { gamma: one, beta: zero, epsilon: 1e-5 }, true, 3);
        assert!(values(norm.output)[0].is_nan());
        for rows in [[f32::NAN, 1.0, 2.0], [10.0, f32::NAN, 5.0], [1.0, 2.0, f32::NAN]] {
            let (one, zero) = (Tensor::<1>::ones([1], &device), Tensor::<1>::zeros([1], &device));
            assert!(values(fused::affine_max(floats(&rows, [3, 1], &device), one, zero, true, 3))[0].is_nan());
        }
        for at in [0, 1, 7, 300, 599] {
            let mut many = Random::new(at as u64).values(600);
            many[at] = f32::NAN;
            let (one, zero) = (Tensor::<1>::ones([1], &device), Tensor::<1>::zeros([1], &device));
            assert!(values(fused::affine_max(floats(&many, [600, 1], &device), one, zero, true, 600))[0].is_nan());
        }
    }
}

#[test]
fn indices_stay_32_bits() {
    for device in devices() {
        assert_eq!(indices(ints(&[3, 1, 2], &device)), [3, 1, 2]);
    }
}

#[test]
fn dropout_matches_the_cpu() {
    let x = Random::new(8).values(70 * 33);
    let dropped = |device: &Device| {
        let seed = ints(&[77], device);
        values(fused::dropout(floats(&x, [70, 33], device), seed, 0.4))
    };
    let cpu = dropped(&Device::flex());
    for device in devices() {
        assert_eq!(dropped(&device), cpu);
    }
}

#[test]
fn biases_match_the_cpu() {
    let mut r = Random::new(14);
    // few rows, a block of rows and a rest, more columns than units
    for (rows, columns) in [(1, 3), (5000, 21), (70, 300)] {
        let inputs = inputs(&mut r, &[[rows, columns]], &[columns]);
        check("bias", &inputs, &|m, v, _| fused::add_bias(m[0].clone(), v[0].clone()));
    }
}

#[test]
fn running_statistics_match_the_cpu() {
    let y = Random::new(13).values(300 * 21);
    let followed = |device: &Device| {
        let device = device.clone().autodiff();
        let norm = PointNormConfig::new(21).with_momentum(0.3).init(&device);
        for _ in 0..3 {
            norm.forward(floats(&y, [300, 21], &device), true);
        }
        let states = [&norm.running_mean, &norm.running_var].map(|state| values(state.value()));
        let plain = floats(&y, [300, 21], &device.clone().inner());
        [states.concat(), values(norm.valid().forward(plain, false))]
    };
    let cpu = followed(&Device::flex());
    let (means, vars) = cpu[0].split_at(21);
    assert!(means.iter().any(|mean| *mean != 0.0) && vars.iter().all(|var| *var > 0.3 && *var < 1.0));
    for device in devices() {
        for (found, right) in followed(&device).iter().zip(&cpu) {
            for (a, b) in found.iter().zip(right) {
                assert!((a - b).abs() <= 1e-5 * b.abs().max(1e-1), "{a} and {b} on {device:?}");
            }
        }
    }
}

/// Indices that are out of range mean the nearest row of their cloud, forward and backward; the results are those of
/// indices that were cut to the range before.
#[test]
fn indices_out_of_range_stay_within_their_buffers() {
    let mut r = Random::new(77);
    let (clouds, n, m, k, c) = (2, 11, 6, 3, 5);
    let bad: Vec<i32> = (0..clouds * m * k).map(|i| [0, -1, 21, i32::MAX, i32::MIN, 10, 11, 4][i % 8]).collect();
    let of_cloud = |i: usize| (i / (m * k) * n) as i32;
    let cut: Vec<i32> =
        bad.iter().enumerate().map(|(i, &row)| row.clamp(of_cloud(i), of_cloud(i) + n as i32 - 1)).collect();
    let any: Vec<i32> = bad.iter().map(|&row| row.clamp(0, (clouds * n) as i32 - 1)).collect();
    let (points, centers) = (r.values(clouds * n * c), r.values(clouds * m * c));
    let (weights, logits) = (r.values(clouds * m * k), r.values(7 * 4));
    for device in devices() {
        let device = device.autodiff();
        let run = |forward: &[i32]| {
            let points = floats(&points, [clouds * n, c], &device).require_grad();
            let grouped = fused::group(
                points.clone(),
                floats(&centers, [clouds * m, c], &device),
                ints(forward, &device),
                k,
                clouds,
            );
            let weights = floats(&weights, [clouds * m, k], &device);
            let between = fused::interpolate(points.clone(), ints(forward, &device), weights, clouds);
            let gradients = (grouped.clone().sum() + between.clone().sum()).backward();
            (values(grouped), values(between), values(points.grad(&gradients).unwrap()))
        };
        let (found, of_rows, of_clouds) = (run(&bad), run(&any), run(&cut));
        assert_eq!((&found.0, &found.1), (&of_rows.0, &of_rows.1), "forward on {device:?}");
        assert_eq!(found.2, of_clouds.2, "backward on {device:?}");
        let loss = |targets: &[i32]| {
            let logits = floats(&logits, [7, 4], &device).require_grad();
            let weights = floats(&[1.0; 7], [7], &device);
            let loss = fused::cross_entropy(logits.clone(), ints(targets, &device), weights);
            let gradients = loss.clone().backward();
            (values(loss), values(logits.grad(&gradients).unwrap()))
        };
        assert_eq!(loss(&[-1, 4, i32::MAX, i32::MIN, 0, 3, 1]), loss(&[0, 3, 3, 0, 0, 3, 1]), "loss on {device:?}");
    }
}
