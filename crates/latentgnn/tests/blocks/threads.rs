//! Results are the same to the bit at any number of threads.

use crate::support::{Block, Random, gradients, non_locals, randomised, vec};
use burn::tensor::Device;
use latentgnn::LatentGnnConfig;

/// Result and all gradients of a training step.
fn step<B: Block>(block: &B, shape: [usize; 3]) -> Vec<f32> {
    let device = Device::flex().autodiff();
    let x = Random(1).tensor(shape, &device).require_grad();
    let upstream = Random(2).tensor(shape, &device);
    let y = block.apply(x.clone());
    let grads = (y.clone() * upstream).sum().backward();
    let mut values = vec(y);
    values.extend(vec(x.grad(&grads).unwrap()));
    values.extend(gradients(block, &grads).into_values().flatten().flatten());
    values
}

fn check<B: Block + Sync>(make: impl Fn() -> B + Sync, shape: [usize; 3]) {
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| step(&make(), shape))
    };
    let one = with_threads(1);
    for threads in [2, 3, 8] {
        let many = with_threads(threads);
        assert!(one.iter().zip(&many).all(|(a, b)| a.to_bits() == b.to_bits()), "{threads} threads, shape {shape:?}");
    }
}

// With two large clouds, the products of each cloud are split among the threads; with five small ones, the batch is.

#[test]
fn latent_gnn() {
    let device = Device::flex().autodiff();
    for (symmetric, latent_dims, graph_conv) in [(false, vec![60, 20], false), (true, vec![60], true)] {
        let config = LatentGnnConfig::default().with_channel_stride(2).with_latent_dims(latent_dims);
        let config = config.with_symmetric(symmetric).with_graph_conv(graph_conv);
        check(|| randomised(config.init(128, &device), 1), [2, 2500, 128]);
        check(|| randomised(config.init(128, &device), 1), [5, 400, 128]);
    }
}

#[test]
fn non_local() {
    let device = Device::flex().autodiff();
    for affinity in 0..4 {
        check(|| non_locals(64, 1, &device).remove(affinity), [2, 600, 64]);
        check(|| non_locals(64, 1, &device).remove(affinity), [5, 130, 64]);
    }
    check(|| non_locals(64, 3, &device).remove(0), [5, 400, 64]);
}
