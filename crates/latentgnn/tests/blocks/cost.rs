//! The cost of LatentGNN grows with the number of points, not with its square.

use burn::tensor::{Device, Distribution, Tensor};
use latentgnn::LatentGnnConfig;
use std::time::{Duration, Instant};

#[test]
fn time_is_linear_in_the_number_of_points_from_1k_to_64k() {
    let device = Device::flex();
    let block = LatentGnnConfig::new(32).with_latent_dims(vec![16]).init(&device);
    let time = |points: usize| -> Duration {
        let x = Tensor::<3>::random([1, points, 32], Distribution::Default, &device);
        let run = || {
            let start = Instant::now();
            block.forward(x.clone()).into_data();
            start.elapsed()
        };
        (0..5).map(|_| run()).min().unwrap()
    };
    time(1024); // the first run also starts threads
    let times: Vec<(usize, Duration)> = [1024, 4096, 16_384, 65_536].map(|points| (points, time(points))).into();
    println!("{times:?}");
    // 64 times the points: 4096 times the work if it were quadratic. The bound leaves room for caches and for a busy machine.
    let ratio = times[3].1.as_secs_f64() / times[0].1.as_secs_f64();
    assert!(ratio < 64.0 * 6.0, "64k points take {ratio:.0} times as long as 1k: {times:?}");
}
