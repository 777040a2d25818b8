//! One thread and many give the same bits.

use crate::support::{gradients, shape, small, tensor, values, vec, with_values};
use burn::tensor::Device;
use pointmodel::{Network, NetworkConfig, Prepared, SearchOn};
use voxelcnn::VoxelCnnConfig;

/// Scores and all gradients of a training step, the search for voxels included.
fn step(config: &VoxelCnnConfig, clouds: usize, points: usize) -> Vec<f32> {
    let device = Device::flex().autodiff();
    device.seed(5);
    let network = with_values(config.init(&shape(points), &device));
    let coord: Vec<[f32; 3]> =
        values(clouds * points * 3, 1).chunks_exact(3).map(|p| [p[0] - 0.5, p[1] - 0.5, p[2] * 1.5]).collect();
    let batch = config.prepare(&coord, clouds, SearchOn::Host).unwrap().into_device(&device);
    let scores = network.forward(&batch, None);
    let upstream = tensor(values(clouds * points * 4, 3), [clouds * points, 4], &device);
    let grads = (scores.clone() * upstream).sum().backward();
    let mut all = vec(scores);
    all.extend(gradients(&network, &grads).into_values().flatten());
    all
}

#[test]
fn a_step_is_the_same_at_any_number_of_threads() {
    let config = VoxelCnnConfig { grid: [15, 15, 30], cell: 0.06, channels: vec![8, 12], ..small() };
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| step(&config, 6, 700))
    };
    let one = with_threads(1);
    assert!(one.iter().all(|value| value.is_finite()));
    for threads in [2, 5] {
        let many = with_threads(threads);
        assert!(one.iter().zip(&many).all(|(a, b)| a.to_bits() == b.to_bits()), "{threads} threads");
    }
}
