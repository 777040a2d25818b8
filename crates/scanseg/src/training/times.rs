//! Times of the parts of a training on a device, for comparisons between machines and with other programs.

use super::{optimizer, step};
use crate::config::Config;
use crate::network::Network;
use crate::random::{Purpose, generator};
use crate::sampling::{Batch, Crop, Geometry};
use burn::tensor::{Device, Int, Tensor};
use pointnet2::PyramidError;
use pointtensor::functional::matrix;
use pointtensor::geometry;
use rand::RngExt;
use std::time::Instant;

/// What to time.
#[derive(Debug, Clone)]
pub struct TimeOptions<'a> {
    /// The experiment: network, batch and points.
    pub config: &'a Config,
    /// Where.
    pub device: Device,
    /// Times every part is repeated after a first time that is not counted.
    pub repeats: usize,
    /// Points of the scene that is labelled.
    pub scene: usize,
}

/// How long a part took.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Timing {
    /// The part.
    pub part: &'static str,
    /// What it worked on.
    pub of: String,
    /// Median of the repeats in seconds.
    pub median: f64,
    /// Shortest of the repeats in seconds.
    pub shortest: f64,
    /// What is counted for `rate`.
    pub unit: &'static str,
    /// Units a second, at the median.
    pub rate: f64,
}

impl Timing {
    fn new(part: &'static str, of: String, mut seconds: Vec<f64>, unit: &'static str, units: f64) -> Self {
        seconds.sort_by(f64::total_cmp);
        let median = seconds[seconds.len() / 2];
        Timing { part, of, median, shortest: seconds[0], unit, rate: units / median }
    }
}

/// Times the first level's sampling and ball query, training steps as [`super::train`] makes them (batches are made beforehand), and
/// the labelling of a scene's points in batches of `evaluate.batch`.
///
/// # Errors
/// If the experiment's levels do not fit its points.
pub fn time_parts(options: &TimeOptions, report: &mut dyn FnMut(Timing)) -> anyhow::Result<()> {
    let (config, device) = (options.config, &options.device);
    let (clouds, points) = (config.train.batch, config.crop.points);
    let batch = batches(config, clouds, device, 1)?.remove(0);
    let coord: Vec<f32> = crops(config, clouds, 0).iter().flat_map(|c| c.coord.as_flattened().to_vec()).collect();
    let coord = matrix(coord, 3, device);

    let count = 1024.min(points);
    let sample = || geometry::farthest_point_sample(coord.clone(), clouds, count);
    let seconds = repeat(options.repeats, || wait_for(sample()));
    let of = format!("{clouds} x {points} -> {count}");
    report(Timing::new("farthest point sampling", of, seconds, "distances", (clouds * points * count) as f64));

    let [centers, _] = geometry::take([coord.clone(), coord.clone()], sample());
    let seconds = repeat(options.repeats, || {
        wait_for(geometry::ball_query(coord.clone(), centers.clone(), clouds, 0.1, 32));
    });
    let of = format!("{clouds} x {count} balls of 0.1 m among {points}");
    report(Timing::new("ball query", of, seconds, "distances", (clouds * points * count) as f64));

    report(steps(options, &batch)?);
    report(scene(options)?);
    Ok(())
}

/// Waits until a kernel has ended: reads the first value of its result.
fn wait_for(result: Tensor<1, Int>) {
    let first = result.slice([0..1]).into_data();
    // data are fetched when they are looked at, and not before
    assert!(first.try_to_vec::<i32>().is_ok(), "indices are 32-bit numbers");
}

/// Seconds of every repeat after the first.
fn repeat(repeats: usize, mut work: impl FnMut()) -> Vec<f64> {
    work();
    (0..repeats.max(1))
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64()
        })
        .collect()
}

/// Training steps: one is read when the next one has been started, as in training.
fn steps(options: &TimeOptions, batch: &Batch) -> anyhow::Result<Timing> {
    let (config, device) = (options.config, options.device.clone().autodiff());
    let mut network = Network::new(config, &device);
    let macs = network.summary(config, config.crop.points).total.macs as f64;
    let mut optimizer = optimizer(config);
    let (mut seconds, mut unread, mut last) = (Vec::new(), None, Instant::now());
    // compiling kernels, and the first reading, are not counted
    let uncounted = 3;
    for number in 0..options.repeats + uncounted {
        let (stepped, measured, _) = step::step(network, &mut optimizer, batch, config, 1e-3, &device);
        network = stepped;
        if let Some(before) = unread.replace(measured) {
            let step::Outcome { .. } = before.read();
        }
        if number >= uncounted {
            seconds.push(last.elapsed().as_secs_f64());
        }
        last = Instant::now();
    }
    let (clouds, points) = (config.train.batch, config.crop.points);
    // forward, and the gradients by inputs and by weights
    let flop = 2.0 * 3.0 * macs * clouds as f64;
    let of = format!("{} on {clouds} x {points}, {:.3} TFLOP", config.name, flop / 1e12);
    Ok(Timing::new("training step", of, seconds, "crops", clouds as f64))
}

fn scene(options: &TimeOptions) -> anyhow::Result<Timing> {
    let (config, device) = (options.config, &options.device);
    let network = Network::new(config, device);
    let tiles = options.scene.div_ceil(config.crop.points);
    let clouds = config.evaluate.batch.min(tiles);
    let batches = batches(config, clouds, device, tiles.div_ceil(clouds))?;
    let seconds = repeat(options.repeats.min(10), || {
        for batch in &batches {
            let on_device = batch.to_device(device);
            let scores = network.forward(&on_device.pyramid, on_device.features).into_data();
            assert!(scores.try_to_vec::<f32>().is_ok(), "scores are 32-bit floats");
        }
    });
    let of = format!("{} points in {} batches of {clouds} tiles", options.scene, batches.len());
    Ok(Timing::new("labelling a scene", of, seconds, "points", options.scene as f64))
}

/// Batches of made-up crops.
fn batches(config: &Config, clouds: usize, device: &Device, count: usize) -> Result<Vec<Batch>, PyramidError> {
    let make = |number| {
        let crops = crops(config, clouds, number);
        let crops: Vec<_> = crops.iter().collect();
        Batch::new(&crops, &Network::pyramid(config), Geometry::of(device))
    };
    (0..count).map(make).collect()
}

/// Crops of a floor, two walls and boxes: surfaces, as scans have them.
fn crops(config: &Config, clouds: usize, number: usize) -> Vec<Crop> {
    let channels = config.data.channels();
    let crop = |cloud: usize| {
        let mut rng = generator(config.seed, Purpose::Crop, &[number as u64, cloud as u64]);
        let mut coord = Vec::with_capacity(config.crop.points);
        let mut labels = Vec::with_capacity(config.crop.points);
        for point in 0..config.crop.points {
            let [u, v]: [f32; 2] = rng.random();
            let (a, b) = ((u - 0.5) * config.crop.size, (v - 0.5) * config.crop.size);
            let half = 0.5 * config.crop.size;
            let (at, label) = match point % 5 {
                0 | 1 => ([a, b, 0.0], 2),
                2 => ([a, half, v * 2.4], 1),
                3 => ([-half, b, u * 2.4], 1),
                _ => ([0.4 * a, 0.4 * b, 0.75], 7),
            };
            coord.push(at);
            labels.push(label);
        }
        Crop {
            features: (0..coord.len() * channels).map(|_| rng.random_range(-1.0..1.0)).collect(),
            channels,
            normal_at: None,
            weights: vec![1.0; coord.len()],
            labels,
            coord,
        }
    };
    (0..clouds).map(crop).collect()
}
