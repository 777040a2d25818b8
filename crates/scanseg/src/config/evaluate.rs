//! The evaluation.

use super::check::{Checked, MOST_CROPS, require, share};
use segeval::Protocol;
use serde::{Deserialize, Serialize};

/// The evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct EvaluateConfig {
    /// How accuracy is counted, including when the best checkpoint is chosen.
    pub protocol: Protocol,
    /// Tiles in a batch.
    pub batch: usize,
    /// Tiles with a smaller share of their drawn points in the core are left out.
    pub min_core: f64,
}

impl Default for EvaluateConfig {
    fn default() -> Self {
        EvaluateConfig { protocol: Protocol::PointNet2V1, batch: 4, min_core: 0.01 }
    }
}

impl EvaluateConfig {
    /// Checks that all values make sense.
    pub(super) fn check(&self) -> Checked {
        require(
            (1..=MOST_CROPS).contains(&self.batch),
            "evaluate.batch",
            self.batch,
            "must be at least 1 and at most 1048576",
        )?;
        share(self.min_core, "evaluate.min_core")
    }
}
