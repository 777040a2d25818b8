//! Gradients of the fused operations against central differences of `f64` code, on small shapes.

use burn::tensor::{Device, Int, Tensor, TensorData};
use pointtensor::functional::{self as fused, NormParams, UnitLength};

const EPSILON: f64 = 1e-5;

/// A matrix in `f64`.
#[derive(Clone)]
struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// Pseudorandom values between −1 and 1.
    fn new(rows: usize, columns: usize, seed: u64) -> Self {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            // exact in f32
            (state >> 41) as f32 / (1u32 << 22) as f32 - 1.0
        };
        Matrix { rows, columns, values: (0..rows * columns).map(|_| next() as f64).collect() }
    }

    fn from(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f64) -> Self {
        let values = (0..rows * columns).map(|i| value(i / columns, i % columns)).collect();
        Matrix { rows, columns, values }
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.columns + column]
    }

    fn multiply(&self, w: &Matrix) -> Matrix {
        Matrix::from(self.rows, w.columns, |r, c| (0..self.columns).map(|i| self.at(r, i) * w.at(i, c)).sum())
    }

    fn tensor(&self, device: &Device) -> Tensor<2> {
        let values: Vec<f32> = self.values.iter().map(|v| *v as f32).collect();
        Tensor::from_data(TensorData::new(values, [self.rows, self.columns]), device).require_grad()
    }
}

fn norm(y: &Matrix, gamma: &Matrix, beta: &Matrix, relu: bool) -> Matrix {
    let n = y.rows as f64;
    let column = |c: usize, f: &dyn Fn(f64) -> f64| (0..y.rows).map(|r| f(y.at(r, c))).sum::<f64>() / n;
    let mean: Vec<f64> = (0..y.columns).map(|c| column(c, &|v| v)).collect();
    let var: Vec<f64> = (0..y.columns).map(|c| column(c, &|v| (v - mean[c]).powi(2))).collect();
    Matrix::from(y.rows, y.columns, |r, c| {
        let z = (y.at(r, c) - mean[c]) / (var[c] + EPSILON).sqrt() * gamma.at(0, c) + beta.at(0, c);
        if relu { z.max(0.0) } else { z }
    })
}

fn max(z: &Matrix, k: usize) -> Matrix {
    Matrix::from(z.rows / k, z.columns, |g, c| (0..k).map(|j| z.at(g * k + j, c)).fold(f64::MIN, f64::max))
}

/// The weight of each value of the result in the sum that is differentiated.
fn upstream(index: usize) -> f64 {
    (index * 37 % 101) as f64 / 64.0 - 0.75
}

/// Compares the gradients with respect to all inputs.
#[track_caller]
fn check(inputs: &[Matrix], plain: impl Fn(&[Matrix]) -> Matrix, own: impl Fn(&[Tensor<2>]) -> Tensor<2>) {
    let sum = |inputs: &[Matrix]| plain(inputs).values.iter().enumerate().map(|(i, v)| v * upstream(i)).sum::<f64>();
    let device = Device::flex().autodiff();
    let tensors: Vec<_> = inputs.iter().map(|input| input.tensor(&device)).collect();
    let out = own(&tensors);
    let expected = plain(inputs);
    assert_eq!(out.dims(), [expected.rows, expected.columns]);
    let factors: Vec<f32> = (0..expected.values.len()).map(|i| upstream(i) as f32).collect();
    let factors = Tensor::<2>::from_data(TensorData::new(factors, out.dims()), &device);
    let gradients = (out * factors).sum().backward();
    for (number, (tensor, input)) in tensors.iter().zip(inputs).enumerate() {
        let own: Vec<f32> = tensor.grad(&gradients).expect("a gradient").into_data().try_to_vec().unwrap();
        let numeric: Vec<f64> = (0..input.values.len())
            .map(|i| {
                let moved = |by: f64| {
                    let mut inputs = inputs.to_vec();
                    inputs[number].values[i] += by;
                    sum(&inputs)
                };
                let step = 1e-6;
                (moved(step) - moved(-step)) / (2.0 * step)
            })
            .collect();
        let scale = numeric.iter().fold(1e-2f64, |m, v| m.max(v.abs()));
        for (i, (own, numeric)) in own.iter().zip(&numeric).enumerate() {
            assert!((*own as f64 - numeric).abs() < 1e-4 * scale, "input {number}, value {i}: {own}, not {numeric}");
        }
    }
}

fn params(t: &[Tensor<2>], first: usize) -> NormParams {
    let vector = |t: &Tensor<2>| t.clone().reshape([t.dims()[1]]);
    NormParams { gamma: vector(&t[first]), beta: vector(&t[first + 1]), epsilon: EPSILON }
}

/// Rows and columns that are multiples of vector lengths, and that are not.
const SIZES: [(usize, usize); 4] = [(3, 1), (8, 8), (13, 5), (37, 17)];

#[test]
fn linear() {
    for (rows, c) in SIZES {
        let inputs = [Matrix::new(rows, c, 1), Matrix::new(c, 3, 2)];
        check(&inputs, |m| m[0].multiply(&m[1]), |t| fused::linear(t[0].clone(), t[1].clone()));
    }
}

#[test]
fn linear_pair() {
    for (rows, c) in SIZES {
        let inputs = [Matrix::new(rows, c, 1), Matrix::new(rows, 2, 3), Matrix::new(c + 2, 3, 2)];
        let plain = |m: &[Matrix]| {
            Matrix::from(rows, c + 2, |r, i| if i < c { m[0].at(r, i) } else { m[1].at(r, i - c) }).multiply(&m[2])
        };
        check(&inputs, plain, |t| fused::linear_pair([t[0].clone(), t[1].clone()], t[2].clone()));
    }
}

#[test]
fn norm_with_and_without_relu() {
    for (rows, c) in SIZES {
        for relu in [false, true] {
            let inputs = [Matrix::new(rows, c, 3), Matrix::new(1, c, 4), Matrix::new(1, c, 5)];
            let own = |t: &[Tensor<2>]| fused::norm(t[0].clone(), params(t, 1), relu).output;
            check(&inputs, |m| norm(&m[0], &m[1], &m[2], relu), own);
        }
    }
}

#[test]
fn elu_norm() {
    let elu = |y: &Matrix| Matrix::from(y.rows, y.columns, |r, c| y.at(r, c).max(0.0) + y.at(r, c).min(0.0).exp_m1());
    for (rows, c) in SIZES {
        let inputs = [Matrix::new(rows, c, 17), Matrix::new(1, c, 18), Matrix::new(1, c, 19)];
        let own = |t: &[Tensor<2>]| fused::elu_norm(t[0].clone(), params(t, 1)).output;
        check(&inputs, |m| norm(&elu(&m[0]), &m[1], &m[2], false), own);
    }
}

#[test]
fn norm_relu_linear() {
    for (rows, c) in SIZES {
        let inputs = [Matrix::new(rows, c, 6), Matrix::new(1, c, 7), Matrix::new(1, c, 8), Matrix::new(c, 5, 9)];
        let own = |t: &[Tensor<2>]| fused::norm_relu_linear(t[0].clone(), params(t, 1), t[3].clone()).output;
        check(&inputs, |m| norm(&m[0], &m[1], &m[2], true).multiply(&m[3]), own);
    }
}

#[test]
fn norm_max() {
    for (groups, k, c, relu) in [(5, 1, 3, true), (1, 7, 8, true), (4, 3, 9, false), (6, 5, 17, true)] {
        let inputs = [Matrix::new(groups * k, c, 10), Matrix::new(1, c, 11), Matrix::new(1, c, 12)];
        let own = |t: &[Tensor<2>]| fused::norm_max(t[0].clone(), params(t, 1), relu, k).output;
        check(&inputs, |m| max(&norm(&m[0], &m[1], &m[2], relu), k), own);
    }
}

fn indices(len: usize, below: usize) -> Vec<usize> {
    (0..len).map(|i| i * i * 7 % below).collect()
}

fn int(values: &[usize]) -> Tensor<1, Int> {
    let values: Vec<i32> = values.iter().map(|v| *v as i32).collect();
    Tensor::from_data(TensorData::new(values.clone(), [values.len()]), &Device::flex().autodiff())
}

#[test]
fn group() {
    for (points, centers, k, c) in [(1, 1, 1, 1), (6, 4, 3, 5), (11, 5, 1, 9)] {
        let members = indices(centers * k, points);
        let inputs = [Matrix::new(points, c, 13), Matrix::new(centers, c, 14)];
        let plain =
            |m: &[Matrix]| Matrix::from(centers * k, c, |row, i| m[0].at(members[row], i) - m[1].at(row / k, i));
        check(&inputs, plain, |t| fused::group(t[0].clone(), t[1].clone(), int(&members), k, 1));
    }
}

#[test]
fn square_depthwise() {
    for (rows, k) in [(1, 1), (5, 3), (3, 4), (2, 8)] {
        let inputs = [Matrix::new(rows, k * k, 31), Matrix::new(k, k * k, 32)];
        let plain = |m: &[Matrix]| {
            Matrix::from(rows, k * k, |row, at| (0..k).map(|i| m[0].at(row, i * k + at / k) * m[1].at(i, at)).sum())
        };
        check(&inputs, plain, |t| fused::square_depthwise(t[0].clone(), t[1].clone()));
    }
}

#[test]
fn x_conv() {
    for (points, centers, k, c, q) in [(1, 1, 1, 1, 1), (6, 4, 3, 5, 2), (9, 5, 4, 3, 3)] {
        let members = indices(centers * k, points);
        let inputs = [Matrix::new(centers, k * k, 33), Matrix::new(points, c, 34), Matrix::new(k, q * c, 35)];
        let plain = |m: &[Matrix]| {
            let transformed = |center: usize, i: usize, channel: usize| -> f64 {
                (0..k).map(|j| m[0].at(center, i * k + j) * m[1].at(members[center * k + j], channel)).sum()
            };
            Matrix::from(centers, q * c, |center, at| {
                (0..k).map(|i| transformed(center, i, at % c) * m[2].at(i, at)).sum()
            })
        };
        check(&inputs, plain, |t| fused::x_conv(t[0].clone(), t[1].clone(), int(&members), t[2].clone(), 1));
    }
}

#[test]
fn interpolate() {
    for (points, queries, k, c) in [(1, 1, 1, 1), (6, 9, 3, 5), (11, 5, 2, 9)] {
        let near = indices(queries * k, points);
        let weights = Matrix::new(queries, k, 15);
        let plain = |m: &[Matrix]| {
            Matrix::from(queries, c, |q, i| (0..k).map(|j| weights.at(q, j) * m[0].at(near[q * k + j], i)).sum())
        };
        let of = weights.tensor(&Device::flex().autodiff()).detach();
        check(&[Matrix::new(points, c, 16)], plain, |t| fused::interpolate(t[0].clone(), int(&near), of.clone(), 1));
    }
}

/// The relation scaled to length 1, over the nodes or over the points of each cloud.
fn unit(relation: &Matrix, clouds: usize, over: UnitLength) -> Matrix {
    let n = relation.rows / clouds;
    Matrix::from(relation.rows, relation.columns, |r, j| {
        let squares: f64 = match over {
            UnitLength::OverNodes => (0..relation.columns).map(|j| relation.at(r, j).powi(2)).sum(),
            UnitLength::OverPoints => (r / n * n..r / n * n + n).map(|r| relation.at(r, j).powi(2)).sum(),
        };
        relation.at(r, j) / squares.sqrt().max(1e-12)
    })
}

#[test]
fn products_with_relations_of_unit_length() {
    for (clouds, n, d, c) in [(1, 1, 1, 1), (2, 5, 3, 4), (1, 70, 9, 17), (3, 13, 17, 5)] {
        let inputs = [Matrix::new(clouds * n, d, 21), Matrix::new(clouds * n, c, 22)];
        for over in [UnitLength::OverPoints, UnitLength::OverNodes] {
            let plain = |m: &[Matrix]| {
                let a = unit(&m[0], clouds, over);
                Matrix::from(clouds * d, c, |j, k| {
                    (0..n).map(|i| a.at(j / d * n + i, j % d) * m[1].at(j / d * n + i, k)).sum()
                })
            };
            check(&inputs, plain, |t| fused::to_latent(t[0].clone(), t[1].clone(), clouds, over));
        }
        let inputs = [Matrix::new(clouds * n, d, 23), Matrix::new(clouds * d, c, 24)];
        let plain = |m: &[Matrix]| {
            let a = unit(&m[0], clouds, UnitLength::OverNodes);
            Matrix::from(clouds * n, c, |i, k| (0..d).map(|j| a.at(i, j) * m[1].at(i / n * d + j, k)).sum())
        };
        check(&inputs, plain, |t| fused::from_latent(t[0].clone(), t[1].clone(), clouds));
    }
}

#[test]
fn rows_of_unit_length() {
    for (rows, c) in [(1, 1), (5, 3), (70, 17)] {
        let plain = |m: &[Matrix]| unit(&m[0], 1, UnitLength::OverNodes);
        check(&[Matrix::new(rows, c, 28)], plain, |t| fused::unit_rows(t[0].clone()));
    }
}

#[test]
fn propagation_between_latent_nodes() {
    for (clouds, d, c) in [(1, 1, 1), (2, 5, 3), (3, 9, 17)] {
        let plain = |m: &[Matrix]| {
            let u = unit(&m[0], 1, UnitLength::OverNodes);
            let weight = |i: usize, j: usize| (0..c).map(|k| u.at(i, k) * u.at(j, k)).sum::<f64>().exp();
            Matrix::from(clouds * d, c, |i, k| {
                let nodes = i / d * d..(i / d + 1) * d;
                let sum: f64 = nodes.clone().map(|j| weight(i, j)).sum();
                nodes.map(|j| weight(i, j) * m[0].at(j, k)).sum::<f64>() / sum
            })
        };
        check(&[Matrix::new(clouds * d, c, 29)], plain, |t| fused::propagate(t[0].clone(), clouds));
    }
}

#[test]
fn products_within_clouds() {
    for (clouds, m, k, n) in [(1, 1, 1, 1), (2, 5, 3, 4), (3, 13, 17, 5)] {
        let inputs = [Matrix::new(clouds * m, k, 26), Matrix::new(clouds * k, n, 27)];
        let plain = |x: &[Matrix]| {
            Matrix::from(clouds * m, n, |i, j| (0..k).map(|l| x[0].at(i, l) * x[1].at(i / m * k + l, j)).sum())
        };
        check(&inputs, plain, |t| {
            let (a, b) = (t[0].clone().reshape([clouds, m, k]), t[1].clone().reshape([clouds, k, n]));
            fused::product(a, b).reshape([clouds * m, n])
        });
    }
}

/// Points that belong to no node, like padding: they have no effect, and all gradients are finite.
#[test]
fn a_relation_of_zeros() {
    let device = Device::flex().autodiff();
    let relation = Tensor::<2>::zeros([6, 3], &device).require_grad();
    let features = Matrix::new(6, 4, 25).tensor(&device);
    for over in [UnitLength::OverPoints, UnitLength::OverNodes] {
        let latent = fused::to_latent(relation.clone(), features.clone(), 2, over);
        let back = fused::from_latent(relation.clone(), latent.clone(), 2);
        let gradients = (latent.sum() + back.sum()).backward();
        for value in relation.grad(&gradients).unwrap().into_data().iter::<f32>() {
            assert!(value.is_finite());
        }
        assert!(features.grad(&gradients).unwrap().into_data().iter::<f32>().all(|v| v == 0.0));
    }
}

#[test]
fn cross_entropy() {
    for (rows, classes) in [(1, 2), (7, 3), (20, 21)] {
        let targets = indices(rows, classes);
        let weights: Vec<f64> = (0..rows).map(|i| if i % 3 == 1 { 0.0 } else { 0.5 + i as f64 / 4.0 }).collect();
        let counted = weights.iter().filter(|w| **w != 0.0).count() as f64;
        let plain = |m: &[Matrix]| {
            let loss = |row: usize| {
                let sum: f64 = (0..classes).map(|c| m[0].at(row, c).exp()).sum();
                weights[row] * (sum.ln() - m[0].at(row, targets[row]))
            };
            Matrix::from(1, 1, |_, _| (0..rows).map(loss).sum::<f64>() / counted)
        };
        let of: Vec<f32> = weights.iter().map(|w| *w as f32).collect();
        let of = Tensor::<1>::from_data(TensorData::new(of, [rows]), &Device::flex().autodiff());
        check(&[Matrix::new(rows, classes, 17)], plain, |t| {
            fused::cross_entropy(t[0].clone(), int(&targets), of.clone()).unsqueeze()
        });
    }
}
