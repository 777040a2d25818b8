//! How fast training is, and where its time goes.

use super::pipeline::Pipeline;
use super::step::{Phases, step};
use super::{Maker, class_weights, optimizer};
use crate::checkpoint;
use crate::config::Config;
use crate::network::Network;
use crate::sampling::{Batch, Geometry};
use burn::tensor::Device;
use pointtensor::profile;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use scannet::{PreparedStore, Split};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Steps before the clock starts: allocations, caches, the first batches of the pipeline.
const WARM_UP: u64 = 3;

/// Batches that the bare step is timed on, in turn.
const BATCHES: u64 = 4;

/// What to time.
#[derive(Debug, Clone)]
pub struct BenchOptions<'a> {
    /// The experiment.
    pub config: &'a Config,
    /// Folder of a prepared store; its training split is used.
    pub data: &'a Path,
    /// Steps of each measurement.
    pub steps: u64,
    /// File that the first batch and the network's initial weights are written to, for other programs that are timed on the same.
    pub export: Option<&'a Path>,
}

/// What was seen.
#[derive(Debug, Clone)]
pub struct BenchReport {
    /// Learned parameters.
    pub parameters: usize,
    /// Loss of the first step.
    pub first_loss: f64,
    /// Every timed step on batches that are there already.
    pub bare: Vec<Phases>,
    /// Time to make a batch with nothing beside it; the shortest of a few.
    pub making: Duration,
    /// Time that training takes with its pipeline, for as many steps.
    pub pipelined: Duration,
    /// How long of it the step waited for its batch.
    pub waited: Duration,
    /// Most memory, in bytes, that the process had held after the bare steps, and after those with the pipeline; `None` where the system
    /// does not tell.
    pub peak_memory: [Option<u64>; 2],
    /// The CPU operations of one step, longest first; time, operations and bytes are means over some steps.
    pub operations: Vec<profile::Row>,
}

impl BenchReport {
    /// Median time of a bare step.
    pub fn median(&self) -> Duration {
        let mut times: Vec<Duration> = self.bare.iter().map(Phases::total).collect();
        times.sort();
        times[times.len() / 2]
    }
}

/// Times the training step of an experiment on the CPU, alone and with the pipeline that makes its batches. Nothing is written but the export.
///
/// # Errors
/// If the data lack what the configuration wants, or the export cannot be written.
pub fn bench(options: &BenchOptions) -> anyhow::Result<BenchReport> {
    let config = options.config;
    let store = PreparedStore::open(options.data)?;
    let scenes = store.scenes(Split::Train).to_vec();
    anyhow::ensure!(!scenes.is_empty(), "the store has no training scenes: {}", options.data.display());
    let weights = class_weights::class_weights(&store, &scenes, config)?;
    let steps_per_epoch = (scenes.len() * config.train.crops_per_scene).div_ceil(config.train.batch) as u64;
    let geometry = Geometry::Host;
    let maker = Maker { store: Arc::new(store), scenes, config: config.clone(), weights, steps_per_epoch, geometry };

    let training = Device::flex().autodiff();
    let mut network = Network::new(config, &training);
    let mut optimizer = optimizer(config);
    let rate = config.train.learning_rate.at(0);
    let mut making = Vec::new();
    let mut make = |step| {
        let begin = Instant::now();
        let batch = maker.batch(step);
        making.push(begin.elapsed());
        batch
    };
    let batches: Vec<Batch> = (0..BATCHES).map(&mut make).collect::<Result<_, _>>()?;
    let making = making.into_iter().min().unwrap_or_default();
    if let Some(path) = options.export {
        export(path, &batches[0], &network)?;
    }
    let parameters = network.learned_parameters();
    let mut first_loss = None;
    let mut one = |network: Network, batch: &Batch| {
        let (network, measured, phases) = step(network, &mut optimizer, batch, config, rate, &training);
        first_loss.get_or_insert(measured.read().loss);
        (network, phases)
    };

    let mut bare = Vec::new();
    for number in 0..WARM_UP + options.steps {
        let phases;
        (network, phases) = one(network, &batches[(number % BATCHES) as usize]);
        bare.push(phases);
    }
    bare.drain(..WARM_UP as usize);

    profile::start();
    for batch in &batches {
        (network, _) = one(network, batch);
    }
    let mut operations = profile::stop();
    for row in &mut operations {
        row.calls = row.calls.div_ceil(BATCHES);
        row.time /= BATCHES as u32;
        row.flops /= BATCHES as f64;
        row.bytes /= BATCHES as f64;
    }

    let held = peak_memory();
    // training has no batches but the pipeline's
    drop(batches);
    let mut pipeline = Pipeline::start(0..WARM_UP + options.steps, move |step| maker.batch(step));
    let (mut begin, mut waited) = (Instant::now(), Duration::ZERO);
    for number in 0..WARM_UP + options.steps {
        if number == WARM_UP {
            (begin, waited) = (Instant::now(), Duration::ZERO);
        }
        let waiting = Instant::now();
        let batch = pipeline.next().expect("a batch for every step")?;
        waited += waiting.elapsed();
        (network, _) = one(network, &batch);
    }
    let pipelined = begin.elapsed();
    Ok(BenchReport {
        parameters,
        first_loss: first_loss.unwrap_or(f64::NAN),
        bare,
        making,
        pipelined,
        waited,
        peak_memory: [held, peak_memory()],
        operations,
    })
}

/// Most memory that this process ever held; `None` where the system does not tell.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// Writes a batch and a network's weights as safetensors: `level<i>.coord`, `.groups`, `.interpolation`, `.interpolation_weights` (indices
/// are rows of all clouds together), `features`, `labels`, `label_weights` and `model.<path>`.
fn export(path: &Path, batch: &Batch, network: &Network) -> anyhow::Result<()> {
    let rows = batch.labels.len();
    let weights = checkpoint::collect(network);
    let mut tensors: Vec<(String, Dtype, Vec<usize>, &[u8])> = vec![
        ("features".into(), Dtype::F32, vec![rows, batch.channels], bytemuck::cast_slice(&batch.features)),
        ("labels".into(), Dtype::I32, vec![rows], bytemuck::cast_slice(&batch.labels)),
        ("label_weights".into(), Dtype::F32, vec![rows], bytemuck::cast_slice(&batch.weights)),
    ];
    for (index, coord) in batch.pyramid.coord().enumerate() {
        tensors.push((
            format!("level{index}.coord"),
            Dtype::F32,
            vec![coord.len() / 3, 3],
            bytemuck::cast_slice(coord),
        ));
    }
    for (index, level) in batch.pyramid.neighbors().enumerate() {
        let mut add =
            |what: &str, kind, shape, bytes| tensors.push((format!("level{}.{what}", index + 1), kind, shape, bytes));
        for (number, (groups, k)) in level.groups.iter().enumerate() {
            let shape = vec![groups.len() / k, *k];
            add(&format!("groups{number}"), Dtype::I32, shape, bytemuck::cast_slice(groups));
        }
        let shape = vec![level.interpolation.len() / 3, 3];
        add("interpolation", Dtype::I32, shape.clone(), bytemuck::cast_slice(level.interpolation));
        add("interpolation_weights", Dtype::F32, shape, bytemuck::cast_slice(level.weights));
    }
    for (name, entry) in &weights {
        tensors.push((format!("model.{name}"), Dtype::F32, entry.shape.clone(), bytemuck::cast_slice(&entry.values)));
    }
    let views = tensors.into_iter().map(|(name, kind, shape, bytes)| {
        (name, TensorView::new(kind, shape, bytes).expect("as many bytes as the shape says"))
    });
    scannet::atomic::write_bytes(path, &safetensors::serialize(views, None)?)?;
    Ok(())
}
