//! `scanseg train`.

use super::report::write_events;
use super::{open_run, open_store};
use crate::args::{TrainArgs, WhichCheckpoint};
use crate::live::Live;
use crate::terminal::{causes, complain, duration, on_interrupt, say};
use anyhow::Context;
use scannet::count;
use scanseg::{Config, EvaluateEvent, TrainEvent, TrainOptions, Trained, open_device};
use segeval::{percent, printable};
use std::time::Instant;

pub fn run(args: &TrainArgs) -> anyhow::Result<bool> {
    let manifest = args.out.join("manifest.json");
    on_interrupt(move || match manifest.exists() {
        true => "the same command with --resume continues after the last epoch that was saved",
        false => "nothing was trained yet",
    });
    let config = Config::read(&args.config, &args.overrides)?;
    open_store(&args.data)?;
    let start_from = args.start_from.as_deref().map(|run| open_run(run, WhichCheckpoint::Best)).transpose();
    let start_from = start_from.context("cannot start from other weights")?;
    let options = TrainOptions {
        config: &config,
        data: &args.data,
        out: &args.out,
        resume: args.resume,
        start_from: start_from.as_ref(),
        stop_after: args.stop_after,
        device: open_device(args.device)?,
    };
    let trained = train_with(&options, args.tensorboard)?;
    let epochs = count(trained.progress.epoch as usize, "epoch|epochs");
    say(format_args!("trained {epochs}: {}", args.out.display()));
    say(format_args!("last checkpoint, SHA-256 {}", trained.hash));
    Ok(true)
}

/// Trains with curves on a terminal and a line for every epoch.
pub fn train(options: &TrainOptions) -> anyhow::Result<Trained> {
    train_with(options, false)
}

/// [`train`], and writes a TensorBoard event file with every checkpoint if asked to. A training does not end because that
/// cannot be written.
fn train_with(options: &TrainOptions, tensorboard: bool) -> anyhow::Result<Trained> {
    let points = options.config.train.batch * options.config.crop.points;
    let live = Live::new(points as u64);
    let mut display = TrainDisplay { live, begun: Instant::now(), first: 0, steps: 0, epoch: Means::default() };
    let trained = scanseg::train(options, &mut |event| {
        if tensorboard
            && matches!(event, TrainEvent::Saved { .. })
            && let Err(error) = write_events(options.out)
        {
            display.live.bar().suspend(|| complain(format_args!("warning: {}", causes(&error))));
        }
        display.event(event);
    })?;
    display.live.bar().finish_and_clear();
    Ok(trained)
}

/// Means over an epoch.
#[derive(Default)]
struct Means {
    epoch: u64,
    steps: u64,
    loss: f64,
    accuracy: f64,
    with_accuracy: u64,
}

struct TrainDisplay {
    live: Live,
    begun: Instant,
    first: u64,
    steps: u64,
    epoch: Means,
}

impl TrainDisplay {
    fn event(&mut self, event: TrainEvent) {
        match event {
            TrainEvent::DataChecked { checked, seconds, failed } => {
                if checked.files > 0 {
                    let (files, size) = (count(checked.files, "file|files"), checked.bytes as f64 / 1e6);
                    let time = duration(seconds);
                    self.line(format_args!("data: {files} ({size:.1} MB) match their checksums, checked in {time}"));
                }
                if let Some(first) = failed.first() {
                    let scans = count(failed.len(), "scan|scans");
                    self.line(format_args!(
                        "data: without {scans} that could not be prepared: {}{}",
                        first.id,
                        if failed.len() > 1 { ", …" } else { "" }
                    ));
                }
            }
            TrainEvent::StartsFrom { checkpoint, anew, outputs } => {
                let anew = match anew {
                    0 => String::new(),
                    _ if anew == outputs => "; the classifier starts anew, since the classes are other ones".into(),
                    _ => format!("; outputs that start anew, for classes that it lacks: {anew} of {outputs}"),
                };
                self.line(format_args!("starts from {}{anew}", checkpoint.display()));
            }
            TrainEvent::Start { parameters, scenes, validation, done, unrecorded, best_lost, steps } => {
                self.live.bar().set_length(steps);
                self.live.bar().set_position(done);
                self.live.bar().reset_eta();
                (self.first, self.steps) = (done, steps);
                let from = if done > 0 { format!(", continuing after step {done}") } else { String::new() };
                self.line(format_args!("{parameters} parameters, {scenes} scenes, {steps} steps{from}"));
                if let Some(epoch) = best_lost {
                    let what_now = match done == steps {
                        true => "no epochs are left, so restore the file, or use the last one with --checkpoint last",
                        false => {
                            "the best one will be chosen among the epochs that follow, unless you restore the file first"
                        }
                    };
                    complain(format_args!(
                        "warning: best.safetensors, of epoch {epoch}, is lost or damaged; {what_now}"
                    ));
                }
                if unrecorded > 0 {
                    complain(format_args!(
                        "warning: metrics.jsonl lacks {unrecorded} of the {done} steps up to the checkpoint; the training \
                         is whole, but these lines are lost unless you stop it and restore the file"
                    ));
                }
                if validation == 0 {
                    self.line(format_args!("no validation scenes are evaluated, so the last checkpoint is the result"));
                }
            }
            TrainEvent::Step { epoch, step, loss, accuracy } => {
                if self.epoch.epoch != epoch {
                    self.finish_epoch(step - 1);
                    self.epoch.epoch = epoch;
                }
                self.epoch.steps += 1;
                self.epoch.loss += loss;
                self.epoch.accuracy += accuracy.unwrap_or(0.0);
                self.epoch.with_accuracy += accuracy.is_some() as u64;
                self.live.step(epoch, step, loss, accuracy);
                if step == self.steps {
                    self.finish_epoch(step);
                }
            }
            TrainEvent::Evaluating(EvaluateEvent::Scene { id, done, scenes }) => {
                self.live.note(&format!("validating {} ({done}/{scenes})", printable(id)));
            }
            TrainEvent::Evaluated { epoch, scores, select_by, best } => {
                self.finish_epoch(self.live.bar().position());
                let points = percent(scores.point_accuracy(), 1);
                let classes = percent(scores.class_point_accuracy(), 1);
                let decides = percent(scores.get(select_by), 1);
                let best = match best {
                    Some((at, _)) if at == epoch => ", best so far".to_owned(),
                    Some((at, value)) => format!(" (best: {} % after epoch {at})", percent(Some(value), 1)),
                    None => String::new(),
                };
                self.line(format_args!(
                    "epoch {epoch}: validation point accuracy {points} %, class point accuracy {classes} % ({}); \
                     {} {decides} %{best}",
                    scores.protocol.id(),
                    select_by.title()
                ));
            }
            TrainEvent::Saved { .. } => {}
        }
    }

    /// Prints a line for the epoch of the last steps.
    fn finish_epoch(&mut self, step: u64) {
        let means = std::mem::take(&mut self.epoch);
        if means.steps == 0 {
            return;
        }
        let accuracy = (means.with_accuracy > 0).then(|| means.accuracy / means.with_accuracy as f64);
        let each = self.begun.elapsed().as_secs_f64() / (step - self.first).max(1) as f64;
        self.line(format_args!(
            "epoch {}: loss {:.3}, training accuracy {} %, {} left",
            means.epoch,
            means.loss / means.steps as f64,
            percent(accuracy, 1),
            duration(each * (self.steps - step) as f64)
        ));
    }

    fn line(&self, text: std::fmt::Arguments) {
        self.live.bar().suspend(|| say(text));
    }
}
