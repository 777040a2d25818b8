//! What the documentation of both blocks promises.

use crate::support::{
    Block, Random, difference, gradients, latent_gnns, non_locals, randomised, statistics, tensor, vec,
};
use burn::tensor::{Device, Int, Tensor, TensorData};
use latentgnn::{Activation, LatentGnnConfig, NonLocalConfig, on_grid};

const CHANNELS: usize = 8;

fn devices() -> [Device; 2] {
    [Device::flex(), Device::flex().autodiff()]
}

fn order(points: usize, device: &Device) -> Tensor<1, Int> {
    let order: Vec<i32> = (0..points).map(|i| (i * 7 % points) as i32).collect();
    Tensor::from_data(TensorData::new(order, [points]), device)
}

#[test]
fn reordering_the_points_reorders_the_result() {
    fn check<B: Block>(block: B, device: &Device) {
        let x = Random(1).tensor([3, 20, CHANNELS], device);
        let order = order(20, device);
        let after = vec(block.apply(x.clone()).select(1, order.clone()));
        let before = vec(block.apply(x.select(1, order)));
        assert!(difference(&before, &after) < 1e-5);
    }
    for device in devices() {
        latent_gnns(CHANNELS, &device).into_iter().for_each(|block| check(block, &device));
        non_locals(CHANNELS, 1, &device).into_iter().for_each(|block| check(block, &device));
    }
}

#[test]
fn clouds_of_a_batch_do_not_mix_in_evaluation() {
    let device = Device::flex();
    let x = Random(1).tensor([3, 20, CHANNELS], &device);
    for block in latent_gnns(CHANNELS, &device) {
        let together = block.forward(x.clone()).narrow(0, 1, 1);
        let alone = block.forward(x.clone().narrow(0, 1, 1));
        assert!(difference(&vec(alone), &vec(together)) < 1e-6);
    }
}

#[test]
fn blocks_start_as_the_identity() {
    for device in devices() {
        let x = Random(2).tensor([2, 30, CHANNELS], &device);
        let latent = LatentGnnConfig::default().with_latent_dims(vec![4, 5]).init(CHANNELS, &device);
        assert_eq!(vec(latent.forward(x.clone())), vec(x.clone()));
        let non_local = NonLocalConfig::default().init(CHANNELS, &device);
        assert_eq!(vec(non_local.forward(x.clone())), vec(x.clone()));
    }
}

#[test]
fn blocks_can_learn_to_leave_the_identity() {
    let device = Device::flex().autodiff();
    let x = Random(2).tensor([2, 30, CHANNELS], &device);
    let upstream = Random(3).tensor([2, 30, CHANNELS], &device);
    let latent = LatentGnnConfig::default().with_latent_dims(vec![4]).init(CHANNELS, &device);
    let grads = (latent.forward(x.clone()) * upstream.clone()).sum().backward();
    assert!(vec(latent.lambda.unwrap().val().grad(&grads).unwrap())[0].abs() > 1e-3);
    let non_local = NonLocalConfig::default().init(CHANNELS, &device);
    let grads = (non_local.forward(x) * upstream).sum().backward();
    assert!(vec(non_local.norm.gamma.val().grad(&grads).unwrap()).iter().all(|gradient| gradient.abs() > 1e-4));
}

#[test]
fn every_parameter_gets_a_gradient() {
    /// A batch normalisation cancels a shift of its input.
    fn check<B: Block>(block: B, cancelled: &str, device: &Device) {
        let x = Random(4).tensor([2, 30, CHANNELS], device);
        let upstream = Random(5).tensor([2, 30, CHANNELS], device);
        let grads = (block.apply(x) * upstream).sum().backward();
        for (name, gradient) in gradients(&block, &grads) {
            let gradient = gradient.unwrap_or_else(|| panic!("no gradient of {name}"));
            assert!(gradient.iter().all(|value| value.is_finite()), "gradient of {name}");
            let found = gradient.iter().any(|value| value.abs() > 1e-6);
            assert!(found || name.ends_with(cancelled), "gradient of {name} is 0");
        }
    }
    let device = Device::flex().autodiff();
    for block in latent_gnns(CHANNELS, &device) {
        let cancelled = if block.activation == Activation::Sum { "graph_conv.norm.beta" } else { "none" };
        check(block, cancelled, &device);
    }
    for sub_sample in [1, 3] {
        let blocks = non_locals(CHANNELS, sub_sample, &device);
        blocks.into_iter().for_each(|block| check(block, "restore.bias", &device));
    }
}

#[test]
fn a_latent_node_without_points_is_harmless() {
    let device = Device::flex().autodiff();
    for mut block in latent_gnns(CHANNELS, &device) {
        // a shift far below zero, so that ReLU gives 0 for all latent nodes
        let latent = block.kernels[0].latent_dim();
        block.kernels[0].to_latent.norm.beta =
            burn::module::Param::from_tensor(Tensor::full([latent], -100.0, &device));
        let x = Random(4).tensor([2, 30, CHANNELS], &device).require_grad();
        let y = block.forward(x.clone());
        let grads = y.clone().sum().backward();
        assert!(vec(y).iter().chain(&vec(x.grad(&grads).unwrap())).all(|value| value.is_finite()));
        assert!(gradients(&block, &grads).values().flatten().flatten().all(|value| value.is_finite()));
    }
}

#[test]
fn copies_of_a_point_get_the_same_result() {
    fn check<B: Block>(block: B, device: &Device) {
        let x = Random(6).tensor([1, 20, CHANNELS], device);
        let copies = Tensor::cat(vec![x.clone(), x.slice([0..1, 3..8])], 1);
        let y = block.apply(copies);
        assert!(difference(&vec(y.clone().slice([0..1, 20..25])), &vec(y.slice([0..1, 3..8]))) < 1e-6);
    }
    for device in devices() {
        latent_gnns(CHANNELS, &device).into_iter().for_each(|block| check(block, &device));
        non_locals(CHANNELS, 1, &device).into_iter().for_each(|block| check(block, &device));
    }
}

/// The documented weakness: with running statistics, the added features grow with the number of points.
#[test]
fn duplicating_all_points_changes_the_result() {
    let device = Device::flex();
    for (symmetric, factor) in [(false, 2f32.sqrt()), (true, 2.0)] {
        let config = LatentGnnConfig::default().with_latent_dims(vec![5]).with_symmetric(symmetric);
        let mut block = randomised(config.init(CHANNELS, &device), 3);
        // without these shifts, the added features are proportional to those of the kernels
        block.restore.norm.beta = burn::module::Param::from_tensor(Tensor::zeros([CHANNELS], &device));
        block.restore.norm.running_mean = burn::module::RunningState::new(Tensor::zeros([CHANNELS], &device));
        let x = Random(7).tensor([1, 20, CHANNELS], &device);
        let once = block.forward(x.clone()) - x.clone();
        let twice = block.forward(Tensor::cat(vec![x.clone(), x.clone()], 1)).slice([0..1, 0..20]) - x;
        assert!(difference(&vec(twice), &vec(once * factor)) < 1e-5);
    }
}

#[test]
fn many_points_need_no_affinity_of_all_pairs() {
    // the affinity of all pairs would take 160 GB
    let points = 200_000;
    let device = Device::flex();
    let block = randomised(LatentGnnConfig::default().with_latent_dims(vec![4]).init(8, &device), 1);
    let y = vec(block.forward(Random(8).tensor([1, points, 8], &device)));
    assert!(y.iter().all(|value| value.is_finite()));
}

#[test]
fn clouds_may_have_one_point_or_none() {
    for device in devices() {
        for block in latent_gnns(CHANNELS, &device) {
            let x = Random(9).tensor([1, 1, CHANNELS], &device);
            assert!(vec(block.forward(x)).iter().all(|value| value.is_finite()));
            assert_eq!(block.forward(Tensor::zeros([2, 0, CHANNELS], &device)).dims(), [2, 0, CHANNELS]);
        }
    }
}

/// The result is what is otherwise scaled by λ and added, and padding is 0.
#[test]
fn a_block_without_residual_returns_what_it_computes() {
    let device = Device::flex();
    let config = LatentGnnConfig::default().with_latent_dims(vec![5]);
    let with = randomised(config.clone().init(CHANNELS, &device), 1);
    let without = randomised(config.with_residual(false).init(CHANNELS, &device), 1);
    assert_eq!(with.learned_params(), without.learned_params() + 1);
    let x = Random(12).tensor([2, 10, CHANNELS], &device);
    let lambda = with.lambda.as_ref().unwrap().val().reshape([1, 1, 1]);
    let added = (with.forward(x.clone()) - x.clone()) / lambda;
    assert!(difference(&vec(without.forward(x.clone())), &vec(added)) < 1e-5);
    let mask = Tensor::cat(vec![Tensor::ones([2, 6], &device), Tensor::zeros([2, 4], &device)], 1);
    let masked = without.forward_masked(x.clone(), mask);
    assert!(vec(masked.slice([0..2, 6..10])).iter().all(|&value| value == 0.0));
    assert_eq!(vec(without.forward_masked(x.clone(), Tensor::zeros([2, 10], &device))), vec(x.zeros_like()));
}

#[test]
fn on_grid_treats_pixels_as_points() {
    let device = Device::flex();
    let (batch, height, width) = (2, 3, 5);
    let values = Random(10).values(batch * CHANNELS * height * width);
    let place = |b: usize, c: usize, i: usize| (b * CHANNELS + c) * height * width + i;
    let image = tensor(values.clone(), [batch, CHANNELS, height, width], &device);
    let mut pixels = Vec::new();
    for b in 0..batch {
        for i in 0..height * width {
            pixels.extend((0..CHANNELS).map(|c| values[place(b, c, i)]));
        }
    }
    let pixels = tensor(pixels, [batch, height * width, CHANNELS], &device);
    for block in latent_gnns(CHANNELS, &device) {
        let on_image = on_grid(image.clone(), |x| block.forward(x));
        assert_eq!(on_image.dims(), [batch, CHANNELS, height, width]);
        let on_image = vec(on_image);
        let on_pixels = vec(block.forward(pixels.clone()));
        for b in 0..batch {
            for i in 0..height * width {
                for c in 0..CHANNELS {
                    assert_eq!(on_image[place(b, c, i)], on_pixels[(b * height * width + i) * CHANNELS + c]);
                }
            }
        }
    }
}

#[test]
fn momentum_reaches_every_normalisation() {
    let device = Device::flex().autodiff();
    let x = Random(11).tensor([2, 30, CHANNELS], &device);
    for mut block in latent_gnns(CHANNELS, &device) {
        let start = statistics(&block);
        block.set_momentum(0.0);
        block.forward(x.clone());
        assert_eq!(statistics(&block), start);
        block.set_momentum(1.0);
        block.forward(x.clone());
        let after = statistics(&block);
        assert!(start.iter().all(|(name, value)| after[name] != *value));
    }
    let mut block = non_locals(CHANNELS, 1, &device).remove(0);
    let start = statistics(&block);
    block.set_momentum(0.0);
    block.forward(x);
    assert_eq!(statistics(&block), start);
}
