//! One thread and many give the same bits.

use crate::support::{self, Network, gradients, tensor, vec};
use burn::tensor::Device;
use pointnet2::{Pyramid, PyramidSpec};

/// Numbers in 0..1 that look random.
fn values(len: usize, seed: usize) -> Vec<f32> {
    (0..len).map(|i| ((i * 7919 + seed * 104_729 + (i * i) % 4099 * 31) % 65_521) as f32 / 65_521.0).collect()
}

/// Scores and all gradients of a training step, with the geometry.
fn step<N: Network>(network: &N, spec: &PyramidSpec, clouds: usize, points: usize) -> Vec<f32> {
    let device = Device::flex().autodiff();
    let coord: Vec<[f32; 3]> = values(clouds * points * 3, 1).chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
    let pyramid = Pyramid::build(&coord, clouds, spec).unwrap().to_device(&device);
    let features = tensor(values(clouds * points * 2, 2), [clouds * points, 2], &device).require_grad();
    let upstream = tensor(values(clouds * points * 4, 3), [clouds * points, 4], &device);
    let scores = network.scores(&pyramid, Some(features.clone()));
    let grads = (scores.clone() * upstream).sum().backward();
    let mut all = vec(scores);
    all.extend(vec(features.grad(&grads).unwrap()));
    all.extend(gradients(network, &grads).into_values().flatten());
    all
}

fn check<N: Network + Sync>(network: impl Fn() -> N + Sync, spec: PyramidSpec) {
    let network = || {
        support::assign(network(), |name, shape| {
            let positive = name.ends_with("gamma") || name.ends_with("running_var") || name.ends_with("lambda");
            let len = shape.iter().product();
            values(len, name.len()).into_iter().map(|v| if positive { v + 0.5 } else { v - 0.5 }).collect()
        })
    };
    // one large cloud and several small ones
    for (clouds, points) in [(1, 3000), (5, 300)] {
        let with_threads = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| step(&network(), &spec, clouds, points))
        };
        let one = with_threads(1);
        assert!(one.iter().all(|value| value.is_finite()));
        for threads in [2, 5] {
            let many = with_threads(threads);
            assert!(
                one.iter().zip(&many).all(|(a, b)| a.to_bits() == b.to_bits()),
                "{threads} threads, {clouds} clouds"
            );
        }
    }
}

#[test]
fn single_scale() {
    let device = Device::flex().autodiff();
    for config in [support::ssg_latent_gnn_3().with_points([200, 40]), support::ssg_group_all().with_points([200])] {
        check(|| config.init(&device), config.pyramid());
    }
}

#[test]
fn multi_scale() {
    let device = Device::flex().autodiff();
    let config = support::msg().with_points([200, 40]);
    check(|| config.init(&device), config.pyramid());
}

#[test]
fn pointnet() {
    let device = Device::flex().autodiff();
    let config = support::pointnet(true);
    check(|| config.init(&device), config.pyramid());
}
