//! Floors that are not level.

use super::Augment;
use crate::config::check::{Checked, require};
use crate::random::Generator;
use rand::RngExt;
use scannet::Scene;
use serde::{Deserialize, Serialize};
use std::f32::consts::TAU;

/// Tilts the scene about a random horizontal axis before the crop is cut and before the floor is estimated, so that the
/// network meets the heights that the estimate gives on a tilted floor. Normals follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tilt {
    /// Largest slope of the floor; the slope is drawn for every crop. Real scans reach 0.02, which is the default.
    pub slope: f32,
}

impl Default for Tilt {
    fn default() -> Self {
        Tilt { slope: 0.02 }
    }
}

impl Augment for Tilt {
    fn check(&self) -> Checked {
        require((0.0..=1.0).contains(&self.slope), "augment.tilt.slope", self.slope, "must be between 0 and 1")
    }

    fn changes_scenes(&self) -> bool {
        true
    }

    fn change_scene(&self, scene: &mut Scene, rng: &mut Generator) {
        let direction = rng.random_range(0.0..TAU);
        tilt(scene, direction, rng.random_range(0.0..=self.slope));
    }
}

/// Tilts a scene so that its floor rises by `slope` in a direction, an angle from the x axis.
pub(super) fn tilt(scene: &mut Scene, direction: f32, slope: f32) {
    let (sin, cos) = direction.sin_cos();
    let (lean, level) = slope.atan().sin_cos();
    // Along the direction (cos, sin) the floor rises; the direction at right angles to it stays.
    let rotate = |v: [f32; 3]| -> [f32; 3] {
        let along = cos * v[0] + sin * v[1];
        let turned = level * along - lean * v[2];
        [v[0] + cos * (turned - along), v[1] + sin * (turned - along), lean * along + level * v[2]]
    };
    // about one of its own points, because rotating large coordinates would round them
    let center = scene.coord[0];
    for p in &mut scene.coord {
        let rotated = rotate(std::array::from_fn(|a| p[a] - center[a]));
        *p = std::array::from_fn(|a| center[a] + rotated[a]);
    }
    scene.normal.iter_mut().flatten().for_each(|n| *n = rotate(*n));
}
