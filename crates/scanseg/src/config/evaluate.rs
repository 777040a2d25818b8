//! The evaluation.

use super::check::{Checked, MOST_CROPS, metres, require, share};
use super::{Config, CropConfig};
use segeval::Protocol;
use serde::{Deserialize, Serialize};

/// The evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct EvaluateConfig {
    /// How accuracy is counted, including when the best checkpoint is chosen.
    pub protocol: Protocol,
    /// Which tiles the network sees, here and in prediction.
    pub tiling: Tiling,
    /// Width of the margin around these tiles in metres, if it is not `crop.margin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<f32>,
    /// Tiles in a batch.
    pub batch: usize,
    /// Tiles with a smaller share of their drawn points in the core are left out.
    pub min_core: f64,
    /// Thresholds of segments ([`pointops::SurfaceGraph::segments`]) of the scene, thinned to a point in 4 cm: where every
    /// vertex is labelled, the mean probabilities of its segment for each of them count as much as its own. None by
    /// default.
    pub segments: Vec<f32>,
    /// Where every vertex is labelled: the mean probability of "unannotated" from which on a vertex gets no class, here and
    /// in prediction. Every vertex gets one by default, and if the label set has no output for "unannotated".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub none: Option<f32>,
}

/// Which tiles the network sees in evaluation and prediction: columns of `crop.size` with a margin. Except with
/// `Protocol`, it labels every vertex, and a protocol that scores tiles scores these labels on its own: 8192 points drawn
/// from columns of 1.5 m with a margin of 0.2 m, the same ones for every experiment with the same seed and `min_core`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tiling {
    /// Columns of `crop.size` with `crop.points` drawn points each, which the protocol also scores; they are its own where
    /// the size is 1.5 m and the margin 0.2 m. Disjoint ones for protocols that score every vertex and for prediction.
    #[default]
    Protocol,
    /// Columns beside each other. A network that scores whole scenes, such as 3DCNN, does that instead.
    Disjoint,
    /// Columns at half of `crop.size`, the last ones moved back so that they end where the scene ends; probabilities are
    /// averaged. As mmdetection3d does, which has no margin.
    Sliding,
    /// Columns at half of `crop.size` from half a column before the scene on, so that every vertex but strays is in four
    /// of them, and in the middle of one. Each of their tiles is turned about the vertical axis by a random angle, and
    /// probabilities are averaged with weights: 1 in the middle, down to 0.1 at half of `crop.size` from it. For networks
    /// that were trained on rotated crops.
    Blended,
    /// Columns beside each other, and once more shifted by half of `crop.size` along x and y. The more confident answer
    /// for a vertex counts. As PointCNN does.
    TwoGrids,
}

impl Default for EvaluateConfig {
    fn default() -> Self {
        let (protocol, tiling) = (Protocol::PointNet2V1, Tiling::Protocol);
        EvaluateConfig { protocol, tiling, margin: None, batch: 4, min_core: 0.01, segments: Vec::new(), none: None }
    }
}

impl EvaluateConfig {
    /// Checks that all values make sense.
    pub(super) fn check(&self) -> Checked {
        let margin = self.margin.unwrap_or(0.0);
        require(metres(margin), "evaluate.margin", margin, "must be at least 0 and at most 10000 metres")?;
        require(
            (1..=MOST_CROPS).contains(&self.batch),
            "evaluate.batch",
            self.batch,
            "must be at least 1 and at most 1048576",
        )?;
        for threshold in &self.segments {
            let sound = (0.0..=100.0).contains(threshold) && *threshold > 0.0;
            require(sound, "evaluate.segments", threshold, "must be above 0 and at most 100")?;
        }
        share(f64::from(self.none.unwrap_or_default()), "evaluate.none")?;
        share(self.min_core, "evaluate.min_core")
    }
}

impl Config {
    /// How the tiles that the network sees outside of training are cut.
    pub(crate) fn tiles(&self) -> CropConfig {
        CropConfig { margin: self.evaluate.margin.unwrap_or(self.crop.margin), ..self.crop.clone() }
    }
}
