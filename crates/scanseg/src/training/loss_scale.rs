//! The factor of the loss in half precision.
//!
//! Gradients of a mean over many points are below the smallest numbers of `f16`. So the loss is multiplied by a factor
//! before its gradients are computed, and they are divided by it before they are used (Micikevicius et al. 2018, *Mixed
//! Precision Training*, <https://arxiv.org/abs/1710.03740>). Which factor a network needs changes while it learns, so it
//! follows the usual rule, with the constants of PyTorch's `GradScaler`: a step whose gradients overflow is left out and
//! halves the factor, and 2000 steps in a row that do not overflow double it.

use crate::config::Precision;
use serde::{Deserialize, Serialize};

const FIRST: f64 = 65536.0;
const LARGEST: f64 = 16_777_216.0;
/// Good steps in a row that double the factor.
const EVERY: u64 = 2000;

/// The factor, which is a power of two, so that no digit changes, and how long it has held.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LossScale {
    factor: f64,
    good_steps: u64,
}

impl LossScale {
    /// Where a training starts; `None` for types whose range needs no factor.
    pub fn first(precision: Precision) -> Option<Self> {
        match precision {
            Precision::F16 => Some(LossScale { factor: FIRST, good_steps: 0 }),
            Precision::F32 | Precision::Bf16 => None,
        }
    }

    /// What the loss is multiplied by.
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// Whether a training can have come to this.
    pub fn is_valid(&self) -> bool {
        (1.0..=LARGEST).contains(&self.factor) && self.factor.log2().fract() == 0.0 && self.good_steps < EVERY
    }

    /// Whether a step is to be left out. At a factor of 1 it is not: scaling cannot help then, and the loss of the next
    /// step will say that the training diverged.
    pub fn leaves_out(&self, overflowed: bool) -> bool {
        overflowed && self.factor > 1.0
    }

    /// The factor after a step.
    pub fn after(self, left_out: bool) -> Self {
        let LossScale { factor, good_steps } = self;
        match (left_out, good_steps + 1) {
            (true, _) => LossScale { factor: (factor / 2.0).max(1.0), good_steps: 0 },
            (false, EVERY) => LossScale { factor: (factor * 2.0).min(LARGEST), good_steps: 0 },
            (false, good_steps) => LossScale { factor, good_steps },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overflow_halves_the_factor_and_many_good_steps_double_it() {
        assert_eq!((LossScale::first(Precision::F32), LossScale::first(Precision::Bf16)), (None, None));
        let first = LossScale::first(Precision::F16).unwrap();
        assert_eq!(first.factor(), 65536.0);
        let halved = first.after(true);
        assert_eq!(halved.factor(), 32768.0);
        let mut scale = halved;
        for _ in 0..1999 {
            scale = scale.after(false);
            assert_eq!(scale.factor(), 32768.0);
        }
        assert_eq!(
            scale.after(true),
            LossScale { factor: 16384.0, good_steps: 0 },
            "an overflow starts the count anew"
        );
        assert_eq!(scale.after(false), first);
    }

    #[test]
    fn the_factor_stays_in_its_range() {
        let mut scale = LossScale::first(Precision::F16).unwrap();
        for _ in 0..16 {
            assert!(scale.leaves_out(true) && !scale.leaves_out(false));
            scale = scale.after(true);
        }
        assert_eq!(scale.factor(), 1.0);
        assert!(!scale.leaves_out(true));
        assert_eq!(scale.after(true).factor(), 1.0);
        for _ in 0..2000 * 30 {
            assert!(scale.is_valid());
            scale = scale.after(false);
        }
        assert_eq!(scale.factor(), LARGEST);
        for factor in [f64::NAN, f64::INFINITY, 0.5, 0.0, -2.0, 3.0, 2.0 * LARGEST] {
            assert!(!LossScale { factor, good_steps: 0 }.is_valid(), "{factor}");
        }
    }
}
