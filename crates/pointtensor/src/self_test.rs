//! A short test of every operation on a device against the CPU, to check an installation: whether the driver compiles
//! the kernels and computes the right results.

use crate::adam::{AdamStep, AdamTensors, adam_step, follow, scale, sum_of_squares};
use crate::functional::{self, NormParams};
use crate::geometry;
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The result for one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct SelfTest {
    /// The operation.
    pub operation: &'static str,
    /// `Ok` with the largest difference relative to the largest value (0 for indices, which must be equal), or what
    /// went wrong.
    pub outcome: Result<f32, String>,
}

/// The largest relative difference allowed.
const TOLERANCE: f32 = 1e-5;

const CLOUDS: usize = 2;
const POINTS: usize = 500;
const CENTERS: usize = 40;
const NEIGHBORS: usize = 8;
const CHANNELS: usize = 19;
const RADIUS: f32 = 0.3;

/// Returns the results of an operation on a device, including gradients.
type Operation = fn(&Device) -> Vec<Vec<f32>>;

/// Runs every operation, with its gradients, on the device and on the CPU. Takes seconds, mostly to compile kernels.
///
/// Catches panics of the device's runtime and reports them as the outcome of the operation.
///
/// ```no_run
/// use burn::tensor::Device;
///
/// for test in pointtensor::self_test(&Device::default()) {
///     println!("{}: {:?}", test.operation, test.outcome);
/// }
/// ```
pub fn self_test(device: &Device) -> Vec<SelfTest> {
    let operations: [(&'static str, Operation, bool); 18] = [
        ("farthest point sampling", sampling, true),
        ("ball query", balls, true),
        ("nearest neighbours", nearest, true),
        ("three nearest neighbours and weights", three, false),
        ("voxels", voxels, true),
        ("grouping", group, false),
        ("grouping and product", group_linear, false),
        ("interpolation", interpolate, false),
        ("interpolation and product", interpolate_linear, false),
        ("product", linear, false),
        ("normalisation", norm, false),
        ("normalisation and product", norm_linear, false),
        ("normalisation and maximum", norm_max, false),
        ("ELU and normalisation", elu_norm, false),
        ("X-convolution", x_conv, false),
        ("latent nodes", latent_nodes, false),
        ("loss and accuracy", loss, false),
        ("update of weights", update, false),
    ];
    let run = |(operation, run, exact): (&'static str, Operation, bool)| {
        let outcome = match catch_unwind(AssertUnwindSafe(|| run(device))) {
            Ok(found) => compare(&found, &run(&Device::flex()), exact),
            Err(panic) => Err(message(panic.as_ref())),
        };
        SelfTest { operation, outcome }
    };
    operations.into_iter().map(run).collect()
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("panicked").lines().next().unwrap_or_default().to_owned()
}

fn compare(found: &[Vec<f32>], right: &[Vec<f32>], exact: bool) -> Result<f32, String> {
    let mut largest = 0f32;
    for (found, right) in found.iter().zip(right) {
        let scale = right.iter().fold(1e-3f32, |m, v| m.max(v.abs()));
        for (a, b) in found.iter().zip(right) {
            let d = (a - b).abs() / scale;
            // NaN counts as a difference
            largest = if d <= largest { largest } else { d };
        }
    }
    if largest <= if exact { 0.0 } else { TOLERANCE } {
        Ok(largest)
    } else {
        Err(format!("differs from the CPU by {largest:e}"))
    }
}

/// Pseudorandom numbers between -1 and 1.
fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
    (0..len)
        .map(|_| {
            // PCG, O'Neill 2014
            state = state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
            let word = ((state >> ((state >> 28) + 4)) ^ state).wrapping_mul(277_803_737);
            ((word >> 22) ^ word) as f32 / u32::MAX as f32 * 2.0 - 1.0
        })
        .collect()
}

fn matrix(shape: [usize; 2], seed: u32, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(numbers(shape[0] * shape[1], seed), shape), device)
}

fn vector(len: usize, seed: u32, device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(numbers(len, seed), [len]), device)
}

/// `each` row numbers per cloud, of the `rows` rows of that cloud.
fn rows(each: usize, rows: usize, device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = (0..CLOUDS * each).map(|i| (i / each * rows + i * 7919 % 1009 % rows) as i32).collect();
    Tensor::from_data(TensorData::new(values, [CLOUDS * each]), device)
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().expect("values are f32")
}

/// Indices below 2²⁴, which are exact as `f32`.
fn indices(tensor: Tensor<1, Int>) -> Vec<f32> {
    let values: Vec<i32> = tensor.into_data().try_to_vec().expect("indices are i32");
    values.into_iter().map(|v| v as f32).collect()
}

fn clouds(device: &Device) -> (Tensor<2>, Tensor<2>) {
    (matrix([CLOUDS * POINTS, 3], 1, device), matrix([CLOUDS * CENTERS, 3], 2, device))
}

/// Samples few, many and very many points, for which a GPU uses different kernels.
fn sampling(device: &Device) -> Vec<Vec<f32>> {
    let many = |times| matrix([CLOUDS * times * POINTS, 3], 3, device);
    let samples = |points| indices(geometry::farthest_point_sample(points, CLOUDS, CENTERS));
    [clouds(device).0, many(10), many(40)].map(samples).into()
}

fn balls(device: &Device) -> Vec<Vec<f32>> {
    let (points, centers) = clouds(device);
    vec![indices(geometry::ball_query(points, centers, CLOUDS, RADIUS, NEIGHBORS))]
}

fn nearest(device: &Device) -> Vec<Vec<f32>> {
    let (points, centers) = clouds(device);
    vec![indices(geometry::knn(points, centers, CLOUDS, NEIGHBORS))]
}

fn three(device: &Device) -> Vec<Vec<f32>> {
    let (points, centers) = clouds(device);
    let (found, weights) = geometry::three_nn(centers, points, CLOUDS, geometry::Weighting::default());
    vec![indices(found), floats(weights)]
}

fn voxels(device: &Device) -> Vec<Vec<f32>> {
    let first = |rounding| indices(geometry::voxel_first(clouds(device).0, CLOUDS, 0.37, rounding));
    vec![first(geometry::VoxelRounding::Floor), first(geometry::VoxelRounding::Ceil)]
}

fn update(device: &Device) -> Vec<Vec<f32>> {
    // more tensors than a launch takes, of different lengths
    let list = |seed| (0..18).map(|i| matrix([1 + i * CENTERS, 1], seed + i as u32, device).flatten(0, 1)).collect();
    let [weights, gradients, moments_1]: [Vec<Tensor<1>>; 3] = [100, 200, 300].map(list);
    let moments_2 = list(400).into_iter().map(|tensor: Tensor<1>| tensor.abs()).collect();
    let step =
        AdamStep { beta_1: 0.9, beta_2: 0.999, correction: 0.4, epsilon: 1e-8, decay: 0.01, shrink: 0.9, rate: 0.1 };
    let squares = sum_of_squares(gradients.clone());
    let gradients = scale(gradients, squares.clone().sqrt().recip());
    let AdamTensors { weights, moments_1, moments_2 } =
        adam_step(AdamTensors { weights, moments_1, moments_2 }, gradients, step);
    let averages = follow(weights.clone(), moments_1.clone(), 0.9);
    [weights, moments_1, moments_2, averages, vec![squares]].into_iter().flatten().map(floats).collect()
}

/// The result of an operation and the gradients with respect to its inputs.
fn gradients(
    matrices: &[Tensor<2>],
    vectors: &[Tensor<1>],
    operation: impl Fn(&[Tensor<2>], &[Tensor<1>]) -> Tensor<2>,
) -> Vec<Vec<f32>> {
    let matrices: Vec<_> = matrices.iter().map(|t| t.clone().require_grad()).collect();
    let vectors: Vec<_> = vectors.iter().map(|t| t.clone().require_grad()).collect();
    let out = operation(&matrices, &vectors);
    let grads = (out.clone() * matrix(out.dims(), 9, &out.device())).sum().backward();
    let mut results = vec![floats(out)];
    results.extend(matrices.iter().map(|t| floats(t.grad(&grads).expect("a gradient"))));
    results.extend(vectors.iter().map(|t| floats(t.grad(&grads).expect("a gradient"))));
    results
}

fn group(device: &Device) -> Vec<Vec<f32>> {
    let device = &device.clone().autodiff();
    let inputs = [matrix([CLOUDS * POINTS, CHANNELS], 3, device), matrix([CLOUDS * CENTERS, CHANNELS], 4, device)];
    let members = rows(CENTERS * NEIGHBORS, POINTS, device);
    gradients(&inputs, &[], |m, _| functional::group(m[0].clone(), m[1].clone(), members.clone(), NEIGHBORS, CLOUDS))
}

fn interpolate(device: &Device) -> Vec<Vec<f32>> {
    let device = &device.clone().autodiff();
    let known = matrix([CLOUDS * CENTERS, CHANNELS], 3, device);
    let (nearest, weights) = (rows(POINTS * 3, CENTERS, device), matrix([CLOUDS * POINTS, 3], 5, device));
    gradients(&[known], &[], |m, _| functional::interpolate(m[0].clone(), nearest.clone(), weights.clone(), CLOUDS))
}

fn group_linear(device: &Device) -> Vec<Vec<f32>> {
    let device = &device.clone().autodiff();
    let coord = [matrix([CLOUDS * POINTS, 3], 6, device), matrix([CLOUDS * CENTERS, 3], 7, device)];
    let inputs = [matrix([CLOUDS * POINTS, CHANNELS], 3, device), matrix([3 + CHANNELS, 33], 4, device)];
    let members = rows(CENTERS * NEIGHBORS, POINTS, device);
    gradients(&inputs, &[], |m, _| {
        functional::group_linear(coord.clone(), m[0].clone(), m[1].clone(), members.clone(), NEIGHBORS, CLOUDS)
    })
}

fn interpolate_linear(device: &Device) -> Vec<Vec<f32>> {
    let device = &device.clone().autodiff();
    let of_points = |channels, seed| matrix([CLOUDS * POINTS, channels], seed, device);
    let inputs =
        [matrix([CLOUDS * CENTERS, CHANNELS], 3, device), of_points(6, 4), matrix([6 + CHANNELS, 33], 8, device)];
    let (nearest, weights) = (rows(POINTS * 3, CENTERS, device), of_points(3, 5));
    gradients(&inputs, &[], |m, _| {
        let [coarse, skip, w] = [0, 1, 2].map(|i| m[i].clone());
        functional::interpolate_linear(coarse, skip, w, nearest.clone(), weights.clone(), CLOUDS)
    })
}

fn linear(device: &Device) -> Vec<Vec<f32>> {
    let device = &device.clone().autodiff();
    let inputs = [matrix([CLOUDS * POINTS, CHANNELS], 3, device), matrix([CHANNELS, 33], 4, device)];
    let mut results = gradients(&inputs, &[], |m, _| functional::linear(m[0].clone(), m[1].clone()));
    let pair = [matrix([CLOUDS * POINTS, 7], 5, device), inputs[0].clone(), matrix([7 + CHANNELS, 33], 6, device)];
    results.extend(gradients(&pair, &[], |m, _| functional::linear_pair([m[0].clone(), m[1].clone()], m[2].clone())));
    let biased = [vector(CHANNELS, 7, device)];
    results.extend(gradients(&inputs[..1], &biased, |m, v| functional::add_bias(m[0].clone(), v[0].clone())));
    results
}

/// Rows and parameters of a normalisation.
fn norm_inputs(device: &Device) -> (Tensor<2>, [Tensor<1>; 2]) {
    (matrix([CENTERS * NEIGHBORS, CHANNELS], 3, device), [vector(CHANNELS, 5, device), vector(CHANNELS, 6, device)])
}

fn params(v: &[Tensor<1>]) -> NormParams {
    NormParams { gamma: v[0].clone(), beta: v[1].clone(), epsilon: 1e-5 }
}

fn norm(device: &Device) -> Vec<Vec<f32>> {
    let (y, of) = norm_inputs(&device.clone().autodiff());
    gradients(&[y], &of, |m, v| functional::norm(m[0].clone(), params(v), true).output)
}

fn norm_linear(device: &Device) -> Vec<Vec<f32>> {
    let device = &device.clone().autodiff();
    let (y, of) = norm_inputs(device);
    gradients(&[y, matrix([CHANNELS, 12], 4, device)], &of, |m, v| {
        functional::norm_relu_linear(m[0].clone(), params(v), m[1].clone()).output
    })
}

fn norm_max(device: &Device) -> Vec<Vec<f32>> {
    let (y, of) = norm_inputs(&device.clone().autodiff());
    gradients(&[y], &of, |m, v| functional::norm_max(m[0].clone(), params(v), true, NEIGHBORS).output)
}

fn elu_norm(device: &Device) -> Vec<Vec<f32>> {
    let (y, of) = norm_inputs(&device.clone().autodiff());
    gradients(&[y], &of, |m, v| functional::elu_norm(m[0].clone(), params(v)).output)
}

fn x_conv(device: &Device) -> Vec<Vec<f32>> {
    const SQUARE: usize = NEIGHBORS * NEIGHBORS;
    let device = &device.clone().autodiff();
    let inputs = [
        matrix([CLOUDS * CENTERS, SQUARE], 3, device),
        matrix([NEIGHBORS, SQUARE], 4, device),
        matrix([CLOUDS * POINTS, CHANNELS], 5, device),
        matrix([NEIGHBORS, 2 * CHANNELS], 6, device),
    ];
    let members = rows(CENTERS * NEIGHBORS, POINTS, device);
    gradients(&inputs, &[], |m, _| {
        let transform = functional::square_depthwise(m[0].clone(), m[1].clone());
        functional::x_conv(transform, m[2].clone(), members.clone(), m[3].clone(), CLOUDS)
    })
}

/// From points to latent nodes and back; some points belong to no node.
fn latent_nodes(device: &Device) -> Vec<Vec<f32>> {
    const NODES: usize = 13;
    let device = &device.clone().autodiff();
    let inputs = [matrix([CLOUDS * POINTS, NODES], 3, device), matrix([CLOUDS * POINTS, CHANNELS], 4, device)];
    let mut results = Vec::new();
    for unit in [functional::UnitLength::OverPoints, functional::UnitLength::OverNodes] {
        results.extend(gradients(&inputs, &[], |m, _| {
            let relation = burn::tensor::activation::relu(m[0].clone());
            let latent = functional::to_latent(relation.clone(), m[1].clone(), CLOUDS, unit);
            functional::from_latent(relation, functional::propagate(latent, CLOUDS), CLOUDS)
        }));
    }
    results
}

fn loss(device: &Device) -> Vec<Vec<f32>> {
    let device = &device.clone().autodiff();
    let logits = matrix([CLOUDS * POINTS, CHANNELS], 3, device);
    let (targets, weights) = (rows(POINTS, CHANNELS, device), vector(CLOUDS * POINTS, 4, device));
    // targets of the second cloud would be beyond the last class
    let targets = targets.remainder_scalar(CHANNELS as i32);
    let mut results = gradients(std::slice::from_ref(&logits), &[], |m, _| {
        functional::cross_entropy(m[0].clone(), targets.clone(), weights.clone()).unsqueeze()
    });
    results.extend(gradients(std::slice::from_ref(&logits), &[], |m, _| {
        functional::smooth_cross_entropy(m[0].clone(), targets.clone(), weights.clone(), 0.2).unsqueeze()
    }));
    results.push(floats(functional::count_correct(logits, targets, weights, 1)));
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_passes() {
        for test in self_test(&Device::flex()) {
            assert_eq!(test.outcome, Ok(0.0), "{}", test.operation);
        }
    }

    #[test]
    fn differences_and_nan_are_errors() {
        let right = vec![vec![1.0, 2.0]];
        assert_eq!(compare(&right, &right, true), Ok(0.0));
        assert!(compare(&[vec![1.0, 2.1]], &right, false).is_err());
        assert!(compare(&[vec![1.0, f32::NAN]], &right, false).is_err());
        assert!(compare(&[vec![1.0, 2.000001]], &right, false).is_ok());
    }
}
