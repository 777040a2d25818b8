//! Values that decay in steps during training.

use serde::{Deserialize, Deserializer, Serialize};

/// A value that is multiplied by `decay` after every `every` training samples, down to `floor`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepSchedule {
    /// Value at the first sample.
    pub start: f64,
    /// Factor of each step.
    pub decay: f64,
    /// Training samples (crops) between steps.
    pub every: u64,
    /// Smallest value.
    pub floor: f64,
}

impl StepSchedule {
    /// The authors' learning rate.
    pub(super) const LEARNING_RATE: Self = StepSchedule { start: 1e-3, decay: 0.7, every: 200_000, floor: 1e-5 };

    /// The authors' momentum of the batch normalisations.
    pub(super) const NORM_MOMENTUM: Self = StepSchedule { start: 0.5, decay: 0.5, every: 200_000, floor: 0.01 };

    /// The value after `samples` training samples.
    pub fn at(&self, samples: u64) -> f64 {
        let steps = (samples / self.every.max(1)).min(i32::MAX as u64) as i32;
        (self.start * self.decay.powi(steps)).max(self.floor)
    }
}

/// The keys of a schedule; missing ones come from that schedule's default.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of start, decay, every and floor")]
struct Keys {
    start: Option<f64>,
    decay: Option<f64>,
    every: Option<u64>,
    floor: Option<f64>,
}

fn or<'de, D: Deserializer<'de>>(keys: D, default: StepSchedule) -> Result<StepSchedule, D::Error> {
    let keys = Keys::deserialize(keys)?;
    Ok(StepSchedule {
        start: keys.start.unwrap_or(default.start),
        decay: keys.decay.unwrap_or(default.decay),
        every: keys.every.unwrap_or(default.every),
        floor: keys.floor.unwrap_or(default.floor),
    })
}

pub(super) fn learning_rate<'de, D: Deserializer<'de>>(keys: D) -> Result<StepSchedule, D::Error> {
    or(keys, StepSchedule::LEARNING_RATE)
}

pub(super) fn norm_momentum<'de, D: Deserializer<'de>>(keys: D) -> Result<StepSchedule, D::Error> {
    or(keys, StepSchedule::NORM_MOMENTUM)
}
