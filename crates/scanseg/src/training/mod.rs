//! Training: crops in, checkpoints out.

mod adam;
mod bench;
mod class_weights;
mod metrics;
mod pipeline;
mod step;
mod times;

pub use times::{TimeOptions, Timing, time_parts};

use crate::checkpoint::{self, Checkpoint, Progress};
use crate::config::{Config, Precision};
use crate::inference::{self, EvaluateEvent};
use crate::network::Network;
use crate::random::{Purpose, generator};
use crate::run::Run;
use crate::sampling::Geometry;
use crate::scene::{SceneError, ScenePoints, Use};
use adam::Adam;
use anyhow::{Context, bail};
use burn::optim::ModuleOptimizer;
use burn::tensor::Device;
use metrics::{Line, MetricsFile};
use pipeline::Pipeline;
use rand::seq::SliceRandom;
use scannet::{PreparedStore, Split};
use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;

pub use bench::{BenchOptions, BenchReport, bench};
pub use step::Phases;

/// How to train.
#[derive(Debug, Clone)]
pub struct TrainOptions<'a> {
    /// The experiment.
    pub config: &'a Config,
    /// Folder of a prepared store.
    pub data: &'a Path,
    /// Folder of the run.
    pub out: &'a Path,
    /// Continue the run that is in the folder.
    pub resume: bool,
    /// Stop behind this epoch, as if the run had been killed there; `resume` goes on from it.
    pub stop_after: Option<NonZeroU64>,
    /// Where the network runs.
    pub device: Device,
}

/// What happens while training.
#[derive(Debug, Clone, Copy)]
pub enum TrainEvent<'a> {
    /// Training starts or goes on.
    Start {
        /// Learned parameters of the network.
        parameters: usize,
        /// Training scenes.
        scenes: usize,
        /// Steps already made.
        done: u64,
        /// Steps in all.
        steps: u64,
    },
    /// A step was made.
    Step {
        /// Its epoch, from 1.
        epoch: u64,
        /// Steps made.
        step: u64,
        /// Loss.
        loss: f64,
        /// Share of the annotated points with a weight that were right; `None` without such points.
        accuracy: Option<f64>,
    },
    /// The validation split is being evaluated.
    Evaluating(EvaluateEvent<'a>),
    /// The validation split was evaluated.
    Evaluated {
        /// After this epoch.
        epoch: u64,
        /// The scores.
        scores: &'a segeval::Scores,
        /// Whether they are the best so far.
        best: bool,
    },
    /// A checkpoint was written.
    Saved {
        /// The file.
        path: &'a Path,
    },
}

/// What a training left behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// How far it came.
    pub progress: Progress,
    /// SHA-256 of the last checkpoint.
    pub hash: String,
}

fn optimizer(config: &Config) -> ModuleOptimizer {
    // Adam divides gradients by their size: with ε and decay of the same scale, scaled gradients make the same steps
    let scale = config.train.precision.loss_scale();
    // ε as in the papers and in PyTorch and TensorFlow, not burn's larger default
    let (epsilon, decay) = ((1e-8 * scale) as f32, (config.train.weight_decay * scale) as f32);
    Adam { epsilon, decay }.into()
}

/// The scenes of an epoch's crops, in the order they are drawn: every scene as often as the configuration says, shuffled, and so many
/// more from the start that all batches are of one size.
fn epoch_order(config: &Config, scenes: usize, epoch: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scenes * config.train.crops_per_scene).map(|i| i % scenes).collect();
    order.shuffle(&mut generator(config.seed, Purpose::Order, &[epoch]));
    let full = order.len().div_ceil(config.train.batch) * config.train.batch;
    (0..full).map(|i| order[i % order.len()]).collect()
}

/// Trains the network of a configuration on the training split of a prepared store, evaluates it on the validation split, and
/// writes a run.
///
/// Same configuration, data and seed: same checkpoints, to the byte, at any number of threads, and whether or not the run was stopped
/// and resumed on the way.
///
/// # Errors
/// If the data lack what the configuration wants, the folder has another run, a file cannot be written, or the loss is not a
/// number any more.
pub fn train(options: &TrainOptions, report: &mut dyn FnMut(TrainEvent)) -> anyhow::Result<Trained> {
    let config = options.config;
    if config.train.precision != Precision::F32 && Geometry::of(&options.device) == Geometry::Host {
        bail!(
            "train.precision = \"{}\" needs a GPU; choose one with --device, or set it to \"f32\"",
            config.train.precision
        );
    }
    if !options.device.supports_dtype(config.train.precision.dtype()) {
        bail!("this device does not compute with train.precision = \"{}\"; set it to \"f32\"", config.train.precision);
    }
    let store = PreparedStore::open(options.data)?;
    let resumed = if options.resume {
        let run = Run::open(options.out)?;
        run.check_same(config, &store)?;
        let lock = Run::lock(options.out)?;
        run.remove_temporaries()?;
        Some((run, lock))
    } else {
        Run::check_free(options.out)?;
        None
    };
    let scenes = store.scenes(Split::Train).to_vec();
    if scenes.is_empty() {
        bail!("the store has no training scenes; preprocess scans of the train split: {}", options.data.display());
    }
    let weights = class_weights::class_weights(&store, &scenes, config)?;
    check_validation(&store, config).context("the validation split cannot be evaluated")?;
    // not before all the data are known to fit: a training that cannot start leaves no folder behind
    let (run, _lock) = match resumed {
        Some(locked) => locked,
        None => {
            let lock = Run::lock(options.out)?;
            (Run::create(options.out, config, &store)?, lock)
        }
    };

    let training = options.device.clone().autodiff();
    let mut network = Network::new(config, &training);
    let mut optimizer = optimizer(config);
    let mut progress = Progress::default();
    let last = run.path("last.safetensors");
    if options.resume && last.exists() {
        let checkpoint = Checkpoint::read(&last)?;
        network = checkpoint.load_network(network)?;
        optimizer = checkpoint.load_optimizer(optimizer)?;
        progress = checkpoint.progress;
    }
    let mut metrics = MetricsFile::open(&run.path("metrics.jsonl"), progress.step)?;

    let steps_per_epoch = (scenes.len() * config.train.crops_per_scene).div_ceil(config.train.batch) as u64;
    let epochs = options.stop_after.map_or(config.train.epochs, |stop| config.train.epochs.min(stop.get()));
    let steps = (steps_per_epoch * epochs).max(progress.step);
    report(TrainEvent::Start {
        parameters: network.learned_parameters(),
        scenes: scenes.len(),
        done: progress.step,
        steps,
    });

    let geometry = Geometry::of(&options.device);
    let maker = Maker {
        store: Arc::new(store),
        scenes,
        config: config.clone(),
        weights: weights.clone(),
        steps_per_epoch,
        geometry,
    };
    let store = maker.store.clone();
    let pipeline = Pipeline::start(progress.step..steps, move |step| maker.batch(step));
    // What a step measured is read once the next one has been started, so that a GPU always has work.
    let mut unread: Option<Unread> = None;
    for made in pipeline {
        let batch = made?;
        let rate = config.train.learning_rate.at(progress.samples);
        network.set_momentum(config.train.norm_momentum.at(progress.samples));
        options.device.seed(rand::RngExt::random(&mut generator(config.seed, Purpose::Step, &[progress.step])));
        let (stepped, measured, _) = step::step(network, &mut optimizer, &batch, config, rate, &training);
        network = stepped;
        progress.step += 1;
        progress.samples += config.train.batch as u64;
        let epoch = (progress.step - 1) / steps_per_epoch + 1;
        let now = Unread { measured, epoch, progress: progress.clone(), rate };
        if let Some(before) = unread.replace(now) {
            before.read(&run, &mut metrics, report)?;
        }
        if progress.step.is_multiple_of(steps_per_epoch) {
            // before the checkpoint: a loss that is not a number must not get into it
            if let Some(last) = unread.take() {
                last.read(&run, &mut metrics, report)?;
            }
            progress.epoch = epoch;
            end_of_epoch(&run, &store, options, &network, &optimizer, &mut progress, &mut metrics, report)?;
        }
    }
    let hash = Checkpoint::read(&last)?.hash;
    Ok(Trained { progress, hash })
}

/// A step that was made and whose outcome has not been looked at.
struct Unread {
    measured: step::Measured,
    epoch: u64,
    progress: Progress,
    rate: f64,
}

impl Unread {
    /// Waits for the step and reports it.
    fn read(self, run: &Run, metrics: &mut MetricsFile, report: &mut dyn FnMut(TrainEvent)) -> anyhow::Result<()> {
        let Unread { measured, epoch, progress, rate } = self;
        let outcome = measured.read();
        if !outcome.loss.is_finite() {
            bail!(
                "the loss is {} at step {}; start a new run with a lower train.learning_rate.start: {}",
                outcome.loss,
                progress.step,
                run.dir().display()
            );
        }
        metrics.add(&Line::step(epoch, &progress, outcome.loss, outcome.accuracy, rate))?;
        report(TrainEvent::Step { epoch, step: progress.step, loss: outcome.loss, accuracy: outcome.accuracy });
        Ok(())
    }
}

/// Reads the validation scenes as evaluations will, so that what they lack is found before the first epoch and not after it.
fn check_validation(store: &PreparedStore, config: &Config) -> Result<(), SceneError> {
    use rayon::prelude::*;
    if config.train.evaluate_every == 0 {
        return Ok(());
    }
    let wanted = if config.evaluate.protocol.takes_tiles() { Use::Annotated } else { Use::EveryVertex };
    let check = |id: &String| {
        let scene = ScenePoints::load(store, Split::Val, id, &config.data, wanted)?;
        match scene.labels {
            Some(_) => scene.check_width(config.crop.size),
            None => Err(SceneError::Lacks { id: id.clone(), what: "labels", remedy: "take it out of the val split" }),
        }
    };
    let checked: Vec<Result<(), SceneError>> = store.scenes(Split::Val).par_iter().map(check).collect();
    checked.into_iter().collect()
}

/// Evaluates if it is time to, and writes the checkpoints.
#[allow(clippy::too_many_arguments)]
fn end_of_epoch(
    run: &Run,
    store: &PreparedStore,
    options: &TrainOptions,
    network: &Network,
    optimizer: &ModuleOptimizer,
    progress: &mut Progress,
    metrics: &mut MetricsFile,
    report: &mut dyn FnMut(TrainEvent),
) -> anyhow::Result<()> {
    let config = options.config;
    let train = &config.train;
    let due = train.evaluate_every > 0
        && (progress.epoch.is_multiple_of(train.evaluate_every) || progress.epoch == train.epochs)
        && !store.scenes(Split::Val).is_empty();
    let mut best = false;
    if due {
        let frozen = burn::module::Module::valid(network);
        let scores = inference::evaluate_network(&frozen, config, store, Split::Val, &options.device, &mut |event| {
            report(TrainEvent::Evaluating(event))
        })
        .context("evaluating the validation split")?;
        let score = scores.get(train.select_by.0);
        best = score.is_some_and(|s| progress.best.is_none_or(|(_, so_far)| s > so_far));
        if let (true, Some(score)) = (best, score) {
            progress.best = Some((progress.epoch, score));
        }
        metrics.add(&Line::evaluation(progress, &scores))?;
        report(TrainEvent::Evaluated { epoch: progress.epoch, scores: &scores, best });
    }
    metrics.flush()?;
    // the best first: if the program ends between the two, resuming evaluates this epoch again and writes the same
    for (file, wanted) in [("best.safetensors", best), ("last.safetensors", true)] {
        if wanted {
            let path = run.path(file);
            checkpoint::save(&path, network, optimizer, progress)?;
            report(TrainEvent::Saved { path: &path });
        }
    }
    Ok(())
}

/// Makes the batch of a step, from nothing but the step's number.
struct Maker {
    store: Arc<PreparedStore>,
    scenes: Vec<String>,
    config: Config,
    weights: Vec<f32>,
    steps_per_epoch: u64,
    geometry: Geometry,
}

impl Maker {
    fn batch(&self, step: u64) -> anyhow::Result<crate::sampling::Batch> {
        use rayon::prelude::*;
        let (epoch, within) = (step / self.steps_per_epoch, (step % self.steps_per_epoch) as usize);
        let size = self.config.train.batch;
        let order = epoch_order(&self.config, self.scenes.len(), epoch);
        let crops: Vec<Result<_, SceneError>> = (within * size..(within + 1) * size)
            .into_par_iter()
            .map(|position| {
                let id = &self.scenes[order[position]];
                let scene = ScenePoints::load(&self.store, Split::Train, id, &self.config.data, Use::Annotated)?;
                let mut rng = generator(self.config.seed, Purpose::Crop, &[epoch, position as u64]);
                let mut crop = crate::sampling::random_crop(&scene, &self.config.crop, &self.weights, &mut rng);
                crate::sampling::augment(&mut crop, &self.config.augment, &mut rng);
                Ok(crop)
            })
            .collect();
        let crops = crops.into_iter().collect::<Result<Vec<_>, _>>()?;
        let crops: Vec<_> = crops.iter().collect();
        Ok(crate::sampling::Batch::new(&crops, &Network::pyramid(&self.config), self.geometry)?)
    }
}
