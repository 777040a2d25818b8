//! Values that change during training.
//!
//! A value depends on the number of training samples alone, so a training that is resumed continues exactly.

use super::check::{Checked, require};
use serde::{Deserialize, Deserializer, Serialize};
use std::f64::consts::PI;

/// A value that changes during training. In TOML a table with `kind = "step"`, the default, or `kind = "cosine"`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Schedule {
    /// Falls in steps.
    Step(StepSchedule),
    /// Rises, then falls along a half cosine.
    Cosine(CosineSchedule),
}

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

/// A value that rises linearly from zero to `start`, and then falls to `floor` along a half cosine (Loshchilov and Hutter
/// 2017, <https://arxiv.org/abs/1608.03983>), which ends with the training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CosineSchedule {
    /// Largest value.
    pub start: f64,
    /// Value at the end.
    pub floor: f64,
    /// Share of the training in which it rises.
    pub warm_up: f64,
}

impl Schedule {
    /// The authors' learning rate.
    pub(super) const LEARNING_RATE: Self = Schedule::Step(StepSchedule::LEARNING_RATE);

    /// The authors' momentum of the batch normalisations.
    pub(super) const NORM_MOMENTUM: Self = Schedule::Step(StepSchedule::NORM_MOMENTUM);

    /// The value after `samples` of `total` training samples.
    pub fn at(&self, samples: u64, total: u64) -> f64 {
        match self {
            Schedule::Step(schedule) => schedule.at(samples),
            Schedule::Cosine(schedule) => schedule.at(samples, total),
        }
    }

    /// Its largest value.
    pub fn start(&self) -> f64 {
        match self {
            Schedule::Step(StepSchedule { start, .. }) | Schedule::Cosine(CosineSchedule { start, .. }) => *start,
        }
    }

    pub(super) fn check(&self, key: &'static str) -> Checked {
        let value = match self {
            Schedule::Step(StepSchedule { start, decay, every, floor }) => {
                format!("{{ start = {start}, decay = {decay}, every = {every}, floor = {floor} }}")
            }
            Schedule::Cosine(CosineSchedule { start, floor, warm_up }) => {
                format!("{{ start = {start}, floor = {floor}, warm_up = {warm_up} }}")
            }
        };
        let (start, floor) = match self {
            Schedule::Step(s) => (s.start, s.floor),
            Schedule::Cosine(s) => (s.start, s.floor),
        };
        require(start > 0.0 && start <= 1.0, key, &value, "start must be above 0 and at most 1")?;
        match self {
            Schedule::Step(s) => {
                require(s.decay > 0.0 && s.decay <= 1.0, key, &value, "decay must be above 0 and at most 1")?;
                require(s.every > 0, key, &value, "every must be at least 1 sample")?;
            }
            Schedule::Cosine(s) => {
                require((0.0..1.0).contains(&s.warm_up), key, &value, "warm_up must be at least 0 and below 1")?;
            }
        }
        require(floor >= 0.0 && floor <= start, key, &value, "floor must be between 0 and start")
    }
}

impl StepSchedule {
    const LEARNING_RATE: Self = StepSchedule { start: 1e-3, decay: 0.7, every: 200_000, floor: 1e-5 };
    const NORM_MOMENTUM: Self = StepSchedule { start: 0.5, decay: 0.5, every: 200_000, floor: 0.01 };

    fn at(&self, samples: u64) -> f64 {
        let steps = (samples / self.every.max(1)).min(i32::MAX as u64) as i32;
        (self.start * self.decay.powi(steps)).max(self.floor)
    }
}

impl CosineSchedule {
    fn at(&self, samples: u64, total: u64) -> f64 {
        let (done, total) = (samples as f64, total as f64);
        let rise = (self.warm_up * total).round();
        if done < rise {
            // the first sample learns, too
            return self.start * (done + 1.0) / rise;
        }
        let share = ((done - rise) / (total - rise).max(1.0)).min(1.0);
        self.floor + (self.start - self.floor) * (1.0 + (PI * share).cos()) / 2.0
    }
}

/// The keys of a schedule; missing ones come from that schedule's default, or are 0 for a cosine.
#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a table of start, decay, every and floor, or of kind = \"cosine\", start, floor and warm_up"
)]
struct Keys {
    kind: Option<Kind>,
    start: Option<f64>,
    decay: Option<f64>,
    every: Option<u64>,
    floor: Option<f64>,
    warm_up: Option<f64>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Step,
    Cosine,
}

fn or<'de, D: Deserializer<'de>>(keys: D, default: StepSchedule) -> Result<Schedule, D::Error> {
    use serde::de::Error;
    let keys = Keys::deserialize(keys)?;
    let stranger = |key: &str, kind: &str| Err(D::Error::custom(format!("`{key}` is no key of a {kind} schedule")));
    match keys.kind.unwrap_or(Kind::Step) {
        Kind::Step if keys.warm_up.is_some() => stranger("warm_up", "step"),
        Kind::Step => Ok(Schedule::Step(StepSchedule {
            start: keys.start.unwrap_or(default.start),
            decay: keys.decay.unwrap_or(default.decay),
            every: keys.every.unwrap_or(default.every),
            floor: keys.floor.unwrap_or(default.floor),
        })),
        Kind::Cosine if keys.decay.is_some() => stranger("decay", "cosine"),
        Kind::Cosine if keys.every.is_some() => stranger("every", "cosine"),
        Kind::Cosine => Ok(Schedule::Cosine(CosineSchedule {
            start: keys.start.unwrap_or(default.start),
            floor: keys.floor.unwrap_or(0.0),
            warm_up: keys.warm_up.unwrap_or(0.0),
        })),
    }
}

pub(super) fn learning_rate<'de, D: Deserializer<'de>>(keys: D) -> Result<Schedule, D::Error> {
    or(keys, StepSchedule::LEARNING_RATE)
}

pub(super) fn norm_momentum<'de, D: Deserializer<'de>>(keys: D) -> Result<Schedule, D::Error> {
    or(keys, StepSchedule::NORM_MOMENTUM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cosine_rises_and_falls_and_is_the_same_however_it_is_reached() {
        let schedule = Schedule::Cosine(CosineSchedule { start: 1e-3, floor: 1e-5, warm_up: 0.1 });
        let at = |samples| schedule.at(samples, 1000);
        assert_eq!((at(0), at(49), at(99)), (1e-3 / 100.0, 5e-4, 1e-3));
        // PyTorch's CosineAnnealingLR(T_max = 900, eta_min = 1e-5) from sample 100 on
        let reference: serde_json::Value =
            serde_json::from_str(include_str!("../../../../tests/reference/recipes/recipes.json")).unwrap();
        for (step, right) in reference["cosine"].as_object().unwrap() {
            let found = at(100 + step.parse::<u64>().unwrap());
            assert!((found - right.as_f64().unwrap()).abs() < 1e-15, "{step}: {found}");
        }
        assert_eq!(at(5000), 1e-5);
    }
}
