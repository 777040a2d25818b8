//! One thread and many give the same bits.

use crate::support::{assign, gradients, shape, small, tensor, vec};
use burn::tensor::Device;
use pointmodel::{Network, NetworkConfig, Prepared, SearchOn};

/// Numbers in 0..1 that look random.
fn values(len: usize, seed: usize) -> Vec<f32> {
    (0..len).map(|i| ((i * 7919 + seed * 104_729 + (i * i) % 4099 * 31) % 65_521) as f32 / 65_521.0).collect()
}

/// Scores and all gradients of a training step, the search for neighbours included.
fn step(clouds: usize, points: usize) -> Vec<f32> {
    let mut config = small();
    config.encoder[1].points = Some(points / 5);
    let device = Device::flex().autodiff();
    let network = assign(config.init(&shape(points, 2), &device), |name, shape| {
        let positive = name.ends_with("gamma") || name.ends_with("running_var");
        let len = shape.iter().product();
        values(len, name.len()).into_iter().map(|v| if positive { v + 0.5 } else { v - 0.5 }).collect()
    });
    let coord: Vec<[f32; 3]> = values(clouds * points * 3, 1).chunks_exact(3).map(|p| [p[0], p[1], p[2]]).collect();
    let batch = config.prepare(&coord, clouds, SearchOn::Host).unwrap().into_device(&device);
    let features = tensor(values(clouds * points * 2, 2), [clouds * points, 2], &device).require_grad();
    let upstream = tensor(values(clouds * points * 4, 3), [clouds * points, 4], &device);
    let scores = network.forward(&batch, Some(features.clone()));
    let grads = (scores.clone() * upstream).sum().backward();
    let mut all = vec(scores);
    all.extend(vec(features.grad(&grads).unwrap()));
    all.extend(gradients(&network, &grads).into_values().flatten());
    all
}

#[test]
fn the_same_bits_at_any_number_of_threads() {
    // one large cloud and several small ones
    for (clouds, points) in [(1, 2000), (5, 300)] {
        let with_threads = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| step(clouds, points))
        };
        let one = with_threads(1);
        assert!(one.iter().all(|value| value.is_finite()));
        for threads in [2, 5] {
            let many = with_threads(threads);
            let equal = one.iter().zip(&many).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(equal, "{threads} threads, {clouds} clouds");
        }
    }
}
