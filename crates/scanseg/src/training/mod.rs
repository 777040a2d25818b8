//! Training: crops in, checkpoints out.

mod batches;
mod bench;
mod class_weights;
mod loss;
pub(crate) mod metrics;
mod pipeline;
mod step;

pub use batches::steps;
pub use bench::{BenchOptions, BenchReport, LABELLING, Pipelined, Timing, bench, peak_memory};
pub use step::Phases;

use crate::checkpoint::{Checkpoint, Progress, Snapshot};
use crate::config::Config;
use crate::device::search_on;
use crate::error::{Error, Result};
use crate::inference::{self, EvaluateEvent};
use crate::random::{Purpose, generator};
use crate::run::{Run, RunError};
use crate::sampling::{Batch, columns};
use crate::scene::{ScenePoints, Vertices, lacks_labels};
use batches::BatchMaker;
use burn::tensor::Device;
use labelset::NO_CLASS;
use metrics::{Line, MetricsFile};
use pipeline::Pipeline;
use rand::RngExt;
use scannet::{FailedScan, FilesChecked, FolderLock, PreparedStore, Split};
use segeval::MetricKind;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use step::{Learner, Measured};

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
    /// A run and its checkpoint whose weights the training starts from, instead of drawn ones. Outputs of classes
    /// that the other run does not have start anew. Has no effect with `resume`.
    pub start_from: Option<&'a (Run, Checkpoint)>,
    /// Stop after this epoch, as if the run had been killed there; `resume` continues from there.
    pub stop_after: Option<NonZeroU64>,
    /// Where the network runs.
    pub device: Device,
}

/// What happens while training.
#[derive(Debug, Clone, Copy)]
pub enum TrainEvent<'a> {
    /// The store's files were compared with their checksums.
    DataChecked {
        /// The files; none in a store of another program.
        checked: FilesChecked,
        /// Seconds it took.
        seconds: f64,
        /// Scans that could not be prepared, so that the store lacks them.
        failed: &'a [FailedScan],
    },
    /// The weights of another run were taken.
    StartsFrom {
        /// Its checkpoint; in the folder `any-scan` for the model that ships with the program.
        checkpoint: &'a Path,
        /// Outputs that have weights of their own, as the other run does not have their classes.
        anew: usize,
        /// All outputs.
        outputs: usize,
    },
    /// Training starts or resumes.
    Start {
        /// Learned parameters of the network.
        parameters: usize,
        /// Training scenes.
        scenes: usize,
        /// Scenes that are evaluated after some epochs; 0 where none are.
        validation: usize,
        /// Steps done before.
        done: u64,
        /// How many of these have no line in `metrics.jsonl`, which was lost or damaged; 0 if all is well.
        unrecorded: u64,
        /// The epoch of the best checkpoint if it is lost or damaged; another one is chosen among the epochs that follow.
        best_lost: Option<u64>,
        /// Steps in all.
        steps: u64,
    },
    /// A step was done.
    Step {
        /// Its epoch, from 1.
        epoch: u64,
        /// Steps done.
        step: u64,
        /// Loss.
        loss: f64,
        /// Share of the annotated points of non-zero weight whose class was right; `None` if there are none.
        accuracy: Option<f64>,
    },
    /// The validation split is being evaluated.
    Evaluating(EvaluateEvent<'a>),
    /// The validation split was evaluated.
    Evaluated {
        /// The last epoch before it.
        epoch: u64,
        /// The scores.
        scores: &'a segeval::Scores,
        /// The metric that decides which checkpoint is the best.
        select_by: MetricKind,
        /// The epoch with the best value of this metric so far, and the value.
        best: Option<(u64, f64)>,
    },
    /// A checkpoint was written.
    Saved {
        /// The file.
        path: &'a Path,
    },
}

/// The result of a training.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// How far it got.
    pub progress: Progress,
    /// SHA-256 of the last checkpoint.
    pub hash: String,
}

/// Trains the network of a configuration on the training split of a prepared store, evaluates it on the validation
/// split, and writes a run.
///
/// The same configuration, data and seed give the same checkpoints, to the byte, at any number of threads, and whether
/// or not the run was stopped and resumed on the way.
///
/// # Errors
/// If the data lack what the configuration needs, the folder has another run, a file cannot be written, or the loss, a
/// weight or the optimiser's state becomes infinite or NaN.
pub fn train(options: &TrainOptions, report: &mut dyn FnMut(TrainEvent)) -> Result<Trained> {
    Training::start(options, report)?.run(report)
}

/// A training in progress.
struct Training<'a> {
    config: &'a Config,
    device: Device,
    run: Run,
    /// Keeps other trainings out of the folder.
    _lock: FolderLock,
    batches: Arc<BatchMaker>,
    learner: Learner,
    progress: Progress,
    metrics: MetricsFile,
    /// Steps of the checkpoint that the file of metrics lacks.
    unrecorded: u64,
    /// Epoch of the best checkpoint that was lost or damaged.
    best_lost: Option<u64>,
    /// Steps whose results have not been read.
    unread: Vec<UnreadStep>,
    /// Steps in all.
    steps: u64,
}

/// A step whose result has not been read yet.
struct UnreadStep {
    measured: Measured,
    epoch: u64,
    progress: Progress,
    rate: f64,
}

impl<'a> Training<'a> {
    /// Starts a run, or continues one.
    fn start(options: &TrainOptions<'a>, report: &mut dyn FnMut(TrainEvent)) -> Result<Self> {
        let config = options.config;
        config.validate("the configuration")?;
        let store = PreparedStore::open(options.data)?;
        let resumed = if options.resume {
            let run = Run::open(options.out)?;
            run.check_same(config, &store)?;
            run.check_last()?;
            let lock = Run::lock(options.out, "train")?;
            Some((run, lock))
        } else {
            Run::check_free(options.out, config, Some(options.data))?;
            None
        };
        let begun = Instant::now();
        let checked = store.check_files(&[Split::Train, Split::Val])?;
        let failed = store.manifest().map_or(&[][..], |manifest| &manifest.failed);
        report(TrainEvent::DataChecked { checked, seconds: begun.elapsed().as_secs_f64(), failed });
        let batches = BatchMaker::new(store, config, search_on(&options.device), options.data)?;
        check_validation(batches.store(), config).map_err(|error| Error::Validation(Box::new(error)))?;
        let mut learner = Learner::new(config, &options.device);
        let start_from = options.start_from.filter(|_| !options.resume);
        if config.train.freeze_norms && !options.resume && start_from.is_none() {
            return Err(Error::NothingToFreeze);
        }
        if let Some((run, checkpoint)) = start_from {
            let [anew, outputs] = learner.start_from(run, checkpoint)?;
            report(TrainEvent::StartsFrom { checkpoint: checkpoint.path(), anew, outputs });
        }
        // only now that the data fit and the network is made, so that a training that cannot start leaves no folder
        let (run, lock) = match resumed {
            Some(locked) => locked,
            None => {
                let lock = Run::claim(options.out, config, Some(options.data), "train")?;
                let start = start_from.map(|(_, checkpoint)| checkpoint);
                (Run::create(options.out, config, batches.store(), start)?, lock)
            }
        };
        let (mut progress, mut best_lost) = (Progress::default(), false);
        let last = run.path(LAST);
        if start_from.is_some() {
            // resuming needs no other run then
            learner.snapshot().save(&last, &progress)?;
        } else if run.manifest.start.is_some() && !last.exists() {
            return Err(RunError::NotStarted(options.out.to_owned()).into());
        }
        if options.resume && last.exists() {
            let checkpoint = Checkpoint::read(&last)?;
            learner.set_network(|network| Ok(checkpoint.load_training_network(network)?))?;
            learner.set_average(|average| Ok(checkpoint.load_network(average)?))?;
            learner.load_optimizer(&checkpoint, &options.device)?;
            best_lost = run.check_best(&checkpoint).is_err();
            progress = checkpoint.progress;
        }
        let best_lost = progress.best.take_if(|_| best_lost).map(|(epoch, _)| epoch);
        let (metrics, unrecorded) = MetricsFile::open(&run.path("metrics.jsonl"), progress.step)?;
        let epochs = options.stop_after.map_or(config.train.epochs, |stop| config.train.epochs.min(stop.get()));
        Ok(Training {
            config,
            device: options.device.clone(),
            run,
            _lock: lock,
            steps: (batches.steps_per_epoch() * epochs).max(progress.step),
            batches: Arc::new(batches),
            learner,
            progress,
            metrics,
            unrecorded,
            best_lost,
            unread: Vec::new(),
        })
    }

    /// Trains to the end.
    fn run(mut self, report: &mut dyn FnMut(TrainEvent)) -> Result<Trained> {
        report(TrainEvent::Start {
            parameters: self.learner.network().learned_parameters(),
            scenes: self.batches.store().scenes(Split::Train).len(),
            validation: match self.config.train.evaluate_every {
                0 => 0,
                _ => self.batches.store().scenes(Split::Val).len(),
            },
            done: self.progress.step,
            unrecorded: self.unrecorded,
            best_lost: self.best_lost,
            steps: self.steps,
        });
        let (batches, makers) = (self.batches.clone(), self.learner.makers());
        for batch in Pipeline::start(self.progress.step..self.steps, makers, move |step| batches.batch(step)) {
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) => {
                    self.read_steps(report)?;
                    return Err(error);
                }
            };
            self.step(batch, report)?;
            if self.progress.step.is_multiple_of(self.batches.steps_per_epoch()) {
                // first, so that no checkpoint is written after a loss that is not finite
                self.read_steps(report)?;
                self.progress.epoch = self.progress.step / self.batches.steps_per_epoch();
                // the loss was that before the last update: only this shows whether that was sound
                let snapshot = self.learner.snapshot().check(&self.run.path(LAST), &self.progress)?;
                let best = self.evaluate(report)?;
                self.save(&snapshot, best, report)?;
            }
        }
        let hash = Checkpoint::read(&self.run.path(LAST))?.hash;
        Ok(Trained { progress: self.progress, hash })
    }

    /// Runs a step, and first reads the results of those before it if there are enough.
    fn step(&mut self, batch: Batch, report: &mut dyn FnMut(TrainEvent)) -> Result<()> {
        let train = &self.config.train;
        // of the whole training, also where this one stops earlier
        let total = self.batches.steps_per_epoch() * train.epochs * train.batch as u64;
        let rate = train.learning_rate.at(self.progress.samples, total);
        self.learner.set_momentum(match train.freeze_norms {
            true => 0.0,
            false => train.norm_momentum.at(self.progress.samples, total),
        });
        self.device.seed(generator(self.config.seed, Purpose::Step, &[self.progress.step]).random());
        let (measured, _) = self.learner.step(batch, rate, self.progress.step);
        self.progress.step += 1;
        self.progress.samples += train.batch as u64;
        let epoch = (self.progress.step - 1) / self.batches.steps_per_epoch() + 1;
        if self.unread.len() >= self.learner.unread_steps() {
            self.read_steps(report)?;
        }
        self.unread.push(UnreadStep { measured, epoch, progress: self.progress.clone(), rate });
        Ok(())
    }

    /// Waits for the steps whose results have not been read, and reports them.
    fn read_steps(&mut self, report: &mut dyn FnMut(TrainEvent)) -> Result<()> {
        let (measured, steps): (Vec<_>, Vec<_>) =
            self.unread.drain(..).map(|step| (step.measured, (step.epoch, step.progress, step.rate))).unzip();
        for (outcome, (epoch, progress, rate)) in Measured::read_all(measured).into_iter().zip(steps) {
            if !outcome.loss.is_finite() {
                let run = self.run.dir().to_owned();
                return Err(Error::Diverged { loss: outcome.loss, step: progress.step, run });
            }
            self.metrics.add(&Line::step(epoch, &progress, outcome.loss, outcome.accuracy, rate))?;
            report(TrainEvent::Step { epoch, step: progress.step, loss: outcome.loss, accuracy: outcome.accuracy });
        }
        Ok(())
    }

    /// Evaluates the validation split if it is due; returns whether the scores are the best so far.
    fn evaluate(&mut self, report: &mut dyn FnMut(TrainEvent)) -> Result<bool> {
        let (train, store, epoch) = (&self.config.train, self.batches.store(), self.progress.epoch);
        let due = train.evaluate_every > 0 && (epoch.is_multiple_of(train.evaluate_every) || epoch == train.epochs);
        if !due || store.scenes(Split::Val).is_empty() {
            return Ok(false);
        }
        let network = self.learner.result();
        let mut evaluating = |event: EvaluateEvent| report(TrainEvent::Evaluating(event));
        let scores =
            inference::evaluate_network(&network, self.config, store, Split::Val, &self.device, &mut evaluating)
                .map_err(|error| Error::Validation(Box::new(error)))?;
        let score = scores.get(train.select_by.0);
        let best = score.filter(|score| self.progress.best.is_none_or(|(_, so_far)| *score > so_far));
        if let Some(score) = best {
            self.progress.best = Some((epoch, score));
        }
        self.metrics.add(&Line::evaluation(&self.progress, &scores))?;
        report(TrainEvent::Evaluated {
            epoch,
            scores: &scores,
            select_by: train.select_by.0,
            best: self.progress.best,
        });
        Ok(best.is_some())
    }

    /// Writes the last checkpoint, and the best one if this is it.
    fn save(&mut self, snapshot: &Snapshot, best: bool, report: &mut dyn FnMut(TrainEvent)) -> Result<()> {
        // before the checkpoints that count its lines, and in this order on the disk too
        self.metrics.sync()?;
        // the best first: if the program ends between the two, resuming evaluates this epoch again and writes the same
        for file in [best.then_some(BEST), Some(LAST)].into_iter().flatten() {
            let path: PathBuf = self.run.path(file);
            snapshot.save(&path, &self.progress)?;
            report(TrainEvent::Saved { path: &path });
        }
        Ok(())
    }
}

const LAST: &str = "last.safetensors";
const BEST: &str = "best.safetensors";

/// Reads the validation scenes as evaluations will, so that missing data are found before the first epoch.
fn check_validation(store: &PreparedStore, config: &Config) -> Result<()> {
    use rayon::prelude::*;
    if config.train.evaluate_every == 0 {
        return Ok(());
    }
    let vertices = if config.evaluate.protocol.takes_tiles() { Vertices::Annotated } else { Vertices::All };
    let data = config.data.quick();
    let check = |id: &String| {
        let scene = ScenePoints::load(store, Split::Val, id, &data, vertices)?;
        match &scene.classes {
            Some(classes) => {
                columns(&scene, config.crop.size)?;
                Ok(classes.iter().any(|class| *class != NO_CLASS))
            }
            None => Err(lacks_labels(store, Split::Val, id, &config.data).into()),
        }
    };
    let checked: Vec<Result<bool>> = store.scenes(Split::Val).par_iter().map(check).collect();
    let annotated = checked.into_iter().collect::<Result<Vec<bool>>>()?;
    match annotated.is_empty() || annotated.contains(&true) {
        true => Ok(()),
        false => Err(Error::nothing_annotated(Split::Val, config, store)),
    }
}
