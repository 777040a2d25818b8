//! How fast training and labelling are on a device, and where a CPU's time goes.

use super::batches::BatchMaker;
use super::pipeline::Pipeline;
use super::step::{Learner, Measured, Phases};
use crate::config::Config;
use crate::device::search_on;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::random::{Generator, Purpose, generator};
use crate::sampling::{Batch, Crop, InputPoints};
use crate::scene::FeatureLayout;
use burn::tensor::{Device, Int, Tensor};
use pointmodel::{HostTensor, HostValues, SearchOn};
use pointtensor::functional::matrix;
use pointtensor::geometry::Weighting;
use pointtensor::{geometry, profile};
use rand::RngExt;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use scannet::PreparedStore;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Steps before the clock starts: kernels are compiled, caches filled, the pipeline's first batches made.
const WARM_UP: u64 = 3;

/// Batches that the bare step is timed on, in turn.
const BATCHES: u64 = 4;

/// What to time.
#[derive(Debug, Clone)]
pub struct BenchOptions<'a> {
    /// The experiment.
    pub config: &'a Config,
    /// Folder of a prepared store, whose training split is used; made-up crops without one.
    pub data: Option<&'a Path>,
    /// The device.
    pub device: Device,
    /// Steps of each measurement; on a GPU as many more as are needed for a multiple of those whose losses are read at once.
    pub steps: u64,
    /// Points of the scene to label.
    pub scene: usize,
    /// File for the first batch and the network's initial weights, to time other programs on the same input.
    pub export: Option<&'a Path>,
}

/// How long a part took.
#[derive(Debug, Clone, PartialEq, Serialize)]
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

/// Training with the pipeline that makes its batches.
#[derive(Debug, Clone, Copy)]
pub struct Pipelined {
    /// Time of the same number of steps as without it.
    pub total: Duration,
    /// How much of that time the steps waited for their batches.
    pub waited: Duration,
    /// Time to make a batch while nothing else runs; the shortest of a few.
    pub making: Duration,
}

/// What was measured.
#[derive(Debug, Clone)]
pub struct BenchReport {
    /// Learned parameters.
    pub parameters: usize,
    /// Loss of the first step.
    pub first_loss: f64,
    /// Farthest point sampling, a ball query and the neighbours for interpolation as in the first level of PointNet++,
    /// the training step, and the labelling of a scene.
    pub parts: Vec<Timing>,
    /// Every timed step, on batches made beforehand.
    pub steps: Vec<Phases>,
    /// Training with its pipeline; needs data.
    pub pipelined: Option<Pipelined>,
    /// Peak memory of the process in bytes after the steps without the pipeline, and after those with it; `None` if the
    /// system does not report it.
    pub peak_memory: [Option<u64>; 2],
    /// The operations of one step on the CPU, longest first: means over some steps.
    pub operations: Vec<profile::OperationTime>,
}

impl BenchReport {
    /// Median time of a training step in seconds.
    pub fn step(&self) -> f64 {
        self.parts.iter().find(|part| part.part == STEP).map_or(f64::NAN, |part| part.median)
    }
}

const STEP: &str = "training step";

/// The part of a [`BenchReport`] that labels a scene.
pub const LABELLING: &str = "labelling a scene";

/// Times an experiment on a device. Writes nothing but the export.
///
/// # Errors
/// If the data lack what the configuration needs, or the export cannot be written.
pub fn bench(options: &BenchOptions) -> Result<BenchReport> {
    let (config, device) = (options.config, &options.device);
    let maker = match options.data {
        Some(data) => Some(Arc::new(BatchMaker::new(PreparedStore::open(data)?, config, search_on(device), data)?)),
        None => None,
    };
    let make = |number| match &maker {
        Some(maker) => maker.batch(number),
        None => Ok(Batch::new(&made_up_crops(config, config.train.batch, number), config, search_on(device))?),
    };
    let mut making = Vec::new();
    let mut batches = Vec::new();
    for number in 0..BATCHES {
        let begin = Instant::now();
        batches.push(make(number)?);
        making.push(begin.elapsed());
    }
    let mut learner = Learner::new(config, device);
    if let Some(path) = options.export {
        export(path, &batches[0], learner.network())?;
    }
    let parameters = learner.network().learned_parameters();
    let mut parts = time_geometry(options);
    let batches = Arc::new(batches);
    let (steps, seconds, first_loss) = time_steps(options, &mut learner, batches.clone());
    let bare_memory = peak_memory();
    let (clouds, points) = (config.train.batch, config.crop.points);
    // forward, and the gradients with respect to inputs and weights
    let macs = learner.network().summary(points).total.macs as f64;
    let of = format!("{} on {clouds} x {points}, {:.3} TFLOP", config.name, 6.0 * macs * clouds as f64 / 1e12);
    parts.push(Timing::new(STEP, of, seconds, "crops", clouds as f64));

    let operations = match search_on(device) {
        SearchOn::Host => count_operations(config, &mut learner, &batches),
        SearchOn::Device => Vec::new(),
    };
    // a training holds no batches but the pipeline's
    drop(batches);
    let making = making.into_iter().min().unwrap_or_default();
    let pipelined = match maker {
        Some(maker) => Some(time_pipeline(config, steps.len() as u64, &mut learner, maker, making)?),
        None => None,
    };
    let peak_memory = [bare_memory, peak_memory()];
    parts.push(time_scene(options)?);
    Ok(BenchReport { parameters, first_loss, parts, steps, pipelined, peak_memory, operations })
}

/// Batches in turn without an end. A thread of its own copies them, as others make those of a training.
fn copies(batches: Arc<Vec<Batch>>, device: &Device) -> impl Iterator<Item = Batch> + use<> {
    let search = search_on(device);
    let copy = move |number: u64| Ok(batches[number as usize % batches.len()].copy(search));
    Pipeline::start(0..u64::MAX, 1, copy).map(|copy| copy.expect("a copy is no error"))
}

/// Seconds of every repeat after the first.
fn repeat(repeats: u64, mut work: impl FnMut()) -> Vec<f64> {
    work();
    let time = |_| {
        let begin = Instant::now();
        work();
        begin.elapsed().as_secs_f64()
    };
    (0..repeats).map(time).collect()
}

/// The sampling, the ball query and the neighbours for interpolation of a first level of 1024 points.
fn time_geometry(options: &BenchOptions) -> Vec<Timing> {
    const AT_A_TIME: u32 = 8;
    /// Waits until a kernel has ended: reads the first value of its result.
    fn wait_for(result: Tensor<1, Int>) {
        let first = result.slice([0..1]).into_data();
        assert!(first.try_to_vec::<i32>().is_ok(), "indices are 32-bit integers");
    }
    let (config, clouds, points) = (options.config, options.config.train.batch, options.config.crop.points);
    let crops = made_up_crops(config, clouds, 0);
    let coord: Vec<f32> = crops.iter().flat_map(|crop| crop.input.coord.as_flattened().to_vec()).collect();
    let coord = matrix(coord, 3, &options.device);
    let count = 1024.min(points);
    let sample = || geometry::farthest_point_sample(coord.clone(), clouds, count);
    let distances = (clouds * points * count) as f64;
    let of = format!("{clouds} x {points} -> {count}");
    let time = |work: &dyn Fn() -> Tensor<1, Int>| {
        // several at a time, as in a step: waiting for one alone would take the host about as long
        let mut seconds = repeat(options.steps, || {
            (1..AT_A_TIME).for_each(|_| drop(work()));
            wait_for(work());
        });
        seconds.iter_mut().for_each(|seconds| *seconds /= AT_A_TIME as f64);
        seconds
    };
    let sampling = time(&sample);
    let sampling = Timing::new("farthest point sampling", of, sampling, "distances", distances);
    let [centers, _] = geometry::take([coord.clone(), coord.clone()], sample());
    let of = format!("{clouds} x {count} balls of 0.1 m among {points}");
    let query = time(&|| geometry::ball_query(coord.clone(), centers.clone(), clouds, 0.1, 32));
    let query = Timing::new("ball query", of, query, "distances", distances);
    let of = format!("{clouds} x {points} among {count}");
    let nearest = || geometry::three_nn(centers.clone(), coord.clone(), clouds, Weighting::InverseSquaredDistance);
    let nearest = time(&|| nearest().0);
    vec![sampling, query, Timing::new("three nearest neighbours", of, nearest, "distances", distances)]
}

/// Phases and seconds of each step, and the first loss. As in training, steps are read a few at a time: each of these
/// takes the mean of them.
fn time_steps(options: &BenchOptions, learner: &mut Learner, batches: Arc<Vec<Batch>>) -> (Vec<Phases>, Vec<f64>, f64) {
    let rate = options.config.train.learning_rate.start();
    let mut copies = copies(batches, &options.device);
    let mut number = 0;
    let mut step = |learner: &mut Learner| {
        let batch = copies.next().expect("a batch for every step");
        number += 1;
        learner.step(batch, rate, number - 1)
    };
    let first_loss = step(learner).0.read().loss;
    (1..WARM_UP).for_each(|_| drop(step(learner)));
    let together = learner.unread_steps() as u64;
    let (mut phases, mut seconds) = (Vec::new(), Vec::new());
    // not read: the clock starts while the device is at work, as in training
    let mut before = step(learner).0;
    while (seconds.len() as u64) < options.steps {
        let begin = Instant::now();
        let mut unread = vec![before];
        for _ in 1..together {
            let (measured, phase) = step(learner);
            unread.push(measured);
            phases.push(phase);
        }
        let (measured, phase) = step(learner);
        phases.push(phase);
        before = measured;
        Measured::read_all(unread);
        seconds.extend((0..together).map(|_| begin.elapsed().as_secs_f64() / together as f64));
    }
    (phases, seconds, first_loss)
}

fn time_scene(options: &BenchOptions) -> Result<Timing> {
    let (config, device) = (options.config, &options.device);
    let network = Network::new(config, device).valid();
    if config.model.architecture().scores_scenes() {
        let coord =
            made_up_surfaces(options.scene, scene_side(options.scene), &mut generator(config.seed, Purpose::Crop, &[]));
        let seconds = repeat(options.steps.min(3), || {
            assert!(network.score_scene(&coord, device, &mut |_, _| ()).is_some(), "it scores scenes");
        });
        let of = format!("{} points at once", options.scene);
        return Ok(Timing::new(LABELLING, of, seconds, "points", options.scene as f64));
    }
    let tiles = options.scene.div_ceil(config.crop.points);
    let clouds = config.evaluate.batch.min(tiles);
    let count = tiles.div_ceil(clouds) as u64;
    let batches = (0..count)
        .map(|number| Ok(Batch::new(&made_up_crops(config, clouds, number), config, search_on(device))?))
        .collect::<Result<Vec<_>>>()?;
    let mut copies = copies(Arc::new(batches), device);
    let seconds = repeat(options.steps.min(10), || {
        for batch in copies.by_ref().take(count as usize) {
            let input = batch.input.into_device(device);
            let scores = network.forward(input.geometry.as_ref(), input.features).into_data();
            assert!(scores.try_to_vec::<f32>().is_ok(), "scores are 32-bit floats");
        }
    });
    let of = format!("{} points in {count} batches of {clouds} tiles", options.scene);
    Ok(Timing::new(LABELLING, of, seconds, "points", options.scene as f64))
}

/// The CPU operations of a step.
fn count_operations(config: &Config, learner: &mut Learner, batches: &[Batch]) -> Vec<profile::OperationTime> {
    profile::start();
    for batch in batches {
        learner.step(batch.copy(SearchOn::Host), config.train.learning_rate.start(), 0).0.read();
    }
    let mut operations = profile::stop();
    for row in &mut operations {
        row.calls = row.calls.div_ceil(BATCHES);
        row.time /= BATCHES as u32;
        row.flops /= BATCHES as f64;
        row.bytes /= BATCHES as f64;
    }
    operations
}

fn time_pipeline(
    config: &Config,
    steps: u64,
    learner: &mut Learner,
    maker: Arc<BatchMaker>,
    making: Duration,
) -> Result<Pipelined> {
    let rate = config.train.learning_rate.start();
    let mut pipeline = Pipeline::start(0..WARM_UP + steps, learner.makers(), move |step| maker.batch(step));
    let (mut begin, mut waited) = (Instant::now(), Duration::ZERO);
    let mut unread = Vec::new();
    for number in 0..WARM_UP + steps {
        if number == WARM_UP {
            Measured::read_all(std::mem::take(&mut unread));
            (begin, waited) = (Instant::now(), Duration::ZERO);
        }
        let waiting = Instant::now();
        let batch = pipeline.next().expect("a batch for every step")?;
        waited += waiting.elapsed();
        if unread.len() >= learner.unread_steps() {
            Measured::read_all(std::mem::take(&mut unread));
        }
        unread.push(learner.step(batch, rate, 0).0);
    }
    Measured::read_all(unread);
    Ok(Pipelined { total: begin.elapsed(), waited, making })
}

/// Peak memory of this process in bytes; `None` if the system does not report it.
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// Crops of surfaces like those of scans. They have the first three classes.
fn made_up_crops(config: &Config, clouds: usize, number: u64) -> Vec<Crop> {
    let (layout, labels) = (FeatureLayout::of(&config.data), &config.data.labels);
    let crop = |cloud: usize| {
        let mut rng = generator(config.seed, Purpose::Crop, &[number, cloud as u64]);
        let points = config.crop.points;
        let coord = made_up_surfaces(points, config.crop.size, &mut rng);
        let class = |point: usize| [1, 1, 0, 0, 2][point % SURFACES].min(labels.len() - 1);
        let targets = (0..points).map(|point| labels.output_of(class(point) as i32) as i32).collect();
        let features = (0..points * layout.channels).map(|_| rng.random_range(-1.0..1.0)).collect();
        Crop { input: InputPoints { coord, features, layout }, targets, weights: vec![1.0; points] }
    };
    (0..clouds).map(crop).collect()
}

/// Points are on these surfaces in turn: the floor twice, two walls and a table top.
const SURFACES: usize = 5;

/// Points on surfaces over a square of the floor, in the order of [`SURFACES`].
fn made_up_surfaces(points: usize, side: f32, rng: &mut Generator) -> Vec<[f32; 3]> {
    let half = 0.5 * side;
    let point = |point| {
        let [u, v]: [f32; 2] = rng.random();
        let (a, b) = ((u - 0.5) * side, (v - 0.5) * side);
        match point % SURFACES {
            0 | 1 => [a, b, 0.0],
            2 => [a, half, v * 2.4],
            3 => [-half, b, u * 2.4],
            _ => [0.4 * a, 0.4 * b, 0.75],
        }
    };
    (0..points).map(point).collect()
}

/// Side of a square whose floor has a point on 4 cm², as ScanNet's meshes do.
fn scene_side(points: usize) -> f32 {
    (points as f32 * 2.0 / SURFACES as f32 * 4e-4).sqrt()
}

/// Writes a batch and a network's weights as safetensors: the geometry by the names that the network gives its arrays,
/// `features`, `labels`, `label_weights`, and `model.<path>`.
fn export(path: &Path, batch: &Batch, network: &Network) -> Result<()> {
    let floats = |name: &str, tensor: Tensor<2>| HostTensor {
        name: name.into(),
        shape: tensor.dims().to_vec(),
        values: HostValues::Floats(tensor.into_data().try_to_vec().expect("features are 32-bit floats")),
    };
    let mut tensors = batch.input.geometry.tensors();
    tensors.extend(batch.input.features.clone().map(|features| floats("features", features)));
    let rows = batch.targets.dims()[0];
    tensors.push(HostTensor {
        name: "labels".into(),
        shape: vec![rows],
        values: HostValues::Ints(batch.targets.to_data().try_to_vec().expect("targets are 32-bit integers")),
    });
    let weights = floats("label_weights", batch.weights.clone().unsqueeze());
    tensors.push(HostTensor { shape: vec![rows], ..weights });
    tensors.extend(network.weights().into_iter().map(|(name, entry)| HostTensor {
        name: format!("model.{name}"),
        shape: entry.shape,
        values: HostValues::Floats(entry.values),
    }));
    let views = tensors.iter().map(|tensor| {
        let (kind, bytes) = match &tensor.values {
            HostValues::Floats(values) => (Dtype::F32, bytemuck::cast_slice::<f32, u8>(values)),
            HostValues::Ints(values) => (Dtype::I32, bytemuck::cast_slice(values)),
        };
        let view = TensorView::new(kind, tensor.shape.clone(), bytes).expect("as many bytes as the shape says");
        (tensor.name.as_str(), view)
    });
    let bytes = safetensors::serialize(views, None).map_err(|error| Error::Export(error.to_string()))?;
    Ok(scannet::atomic::write_bytes(path, &bytes)?)
}
