//! Two scenes in one crop.

use super::{Augment, happens};
use crate::config::check::{Checked, share};
use crate::random::Generator;
use serde::{Deserialize, Serialize};

/// Replaces every second point with one of a crop of another scene; the middles of both crops coincide. As Mix3D
/// (Nekrasov et al. 2021, <https://arxiv.org/abs/2110.02210>), but with as many points as one crop.
///
/// The other crop is changed by what precedes the mix in the list, except other mixes; what follows changes both. With
/// a single training scene it is another crop of this scene.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mix {
    /// How often a crop is mixed. Default 0.8, as Pointcept has it.
    pub probability: f64,
}

impl Default for Mix {
    fn default() -> Self {
        Mix { probability: 0.8 }
    }
}

impl Mix {
    /// Whether a crop is mixed.
    pub(super) fn happens(&self, rng: &mut Generator) -> bool {
        happens(self.probability, rng)
    }
}

impl Augment for Mix {
    fn check(&self) -> Checked {
        share(self.probability, "augment.mix.probability")
    }
}
