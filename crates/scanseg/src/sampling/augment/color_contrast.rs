//! Colours stretched to their full range.

use super::{Augment, happens};
use crate::config::check::{Checked, share};
use crate::random::Generator;
use crate::sampling::{Crop, InputPoints};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Stretches each colour channel of a crop to its full range, −1 to 1, and blends the result with the colours as they
/// were. As `ChromaticAutoContrast` of Pointcept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColorContrast {
    /// How often a crop is changed. Default 0.2.
    pub probability: f64,
    /// Share of the stretched colours. Drawn for every crop from 0 to 1 where it is left out, which is the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blend: Option<f32>,
}

impl Default for ColorContrast {
    fn default() -> Self {
        ColorContrast { probability: 0.2, blend: None }
    }
}

impl Augment for ColorContrast {
    fn check(&self) -> Checked {
        share(self.probability, "augment.color-contrast.probability")?;
        share(self.blend.unwrap_or(0.0).into(), "augment.color-contrast.blend")
    }

    fn needs_color(&self) -> bool {
        true
    }

    fn change_crop(&self, crop: &mut Crop, rng: &mut Generator) {
        if happens(self.probability, rng) {
            let drawn = rng.random();
            contrast(&mut crop.input, self.blend.unwrap_or(drawn));
        }
    }
}

/// Stretches colours; `blend` is the share of the stretched ones. A channel of one value stays.
pub(super) fn contrast(input: &mut InputPoints, blend: f32) {
    let (mut low, mut high) = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
    input.map_colors(|color| {
        (0..3).for_each(|c| (low[c], high[c]) = (low[c].min(color[c]), high[c].max(color[c])));
        color
    });
    input.map_colors(|color| {
        std::array::from_fn(|c| match high[c] > low[c] {
            true => (1.0 - blend) * color[c] + blend * (2.0 * (color[c] - low[c]) / (high[c] - low[c]) - 1.0),
            false => color[c],
        })
    });
}
