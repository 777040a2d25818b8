//! Smooth bends of few waves.

use super::Augment;
use crate::config::check::{Checked, require};
use crate::random::Generator;
use crate::sampling::Crop;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::f32::consts::TAU;

/// Sines that a warp is made of.
const WAVES: usize = 3;
/// Wavelengths of a warp, in metres.
const WAVELENGTH: std::ops::Range<f32> = 2.0..6.0;

/// Bends a crop smoothly, as where the frames of a scan disagree: points move by a sum of sines of x and y, neighbours
/// nearly alike. Normals stay, since they would turn by a few degrees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Warp {
    /// How far points move, at most, in metres. Default 0.03.
    pub most: f32,
}

impl Default for Warp {
    fn default() -> Self {
        Warp { most: 0.03 }
    }
}

impl Augment for Warp {
    fn check(&self) -> Checked {
        require((0.0..=1.0).contains(&self.most), "augment.warp.most", self.most, "must be between 0 and 1 metre")
    }

    fn change_crop(&self, crop: &mut Crop, rng: &mut Generator) {
        // Each wave moves points by up to `most / WAVES` in a direction of its own.
        let waves: [_; WAVES] = std::array::from_fn(|_| {
            let (sin, cos) = rng.random_range(0.0..TAU).sin_cos();
            let turns = TAU / rng.random_range(WAVELENGTH);
            let phase = rng.random_range(0.0..TAU);
            let (up, aside) = (rng.random_range(-1.0..=1.0f32), rng.random_range(0.0..TAU).sin_cos());
            let level = (1.0 - up * up).sqrt();
            let reach = rng.random_range(0.0..=self.most / WAVES as f32);
            ([cos * turns, sin * turns, phase], [aside.1 * level, aside.0 * level, up].map(|v| v * reach))
        });
        crop.input.map_coord(|p| {
            let mut to = p;
            for ([along_x, along_y, phase], reach) in waves {
                let wave = (along_x * p[0] + along_y * p[1] + phase).sin();
                (0..3).for_each(|a| to[a] += wave * reach[a]);
            }
            to
        });
    }
}
