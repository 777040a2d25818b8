//! The cost of LatentGNN is linear in the number of points.

use burn::tensor::{Device, Distribution, Tensor};
use latentgnn::LatentGnnConfig;
use std::time::{Duration, Instant};

#[test]
fn time_is_linear_in_the_number_of_points_from_1k_to_64k() {
    let device = Device::flex();
    let block = LatentGnnConfig::default().with_latent_dims(vec![16]).init(32, &device);
    let time = |points: usize| -> Duration {
        let x = Tensor::<3>::random([1, points, 32], Distribution::Default, &device);
        let run = || {
            let start = Instant::now();
            block.forward(x.clone()).into_data();
            start.elapsed()
        };
        (0..5).map(|_| run()).min().unwrap()
    };
    time(1024); // the first run also starts the threads
    let times: Vec<(usize, Duration)> = [1024, 4096, 16_384, 65_536].map(|points| (points, time(points))).into();
    println!("{times:?}");
    // With 64 times the points, quadratic work would take 4096 times as long. The bound allows for caches and a busy
    // machine.
    let ratio = times[3].1.as_secs_f64() / times[0].1.as_secs_f64();
    assert!(ratio < 64.0 * 6.0, "64k points take {ratio:.0} times as long as 1k: {times:?}");
}
