//! Rotation.

use super::Augment;
use crate::config::check::{Checked, require};
use crate::random::Generator;
use crate::sampling::{Crop, InputPoints, times};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Rotates a crop about the x axis, then y, then z, by angles between minus and plus the given degrees. Without
/// parameters: about the vertical axis by any angle. PointCNN's recipe has `x = 2.5, y = 2.5`. Normals and covariances
/// follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rotate {
    /// Largest angle about the x axis in degrees. Default 0.
    pub x: f32,
    /// Largest angle about the y axis in degrees. Default 0.
    pub y: f32,
    /// Largest angle about the vertical axis in degrees. Default 180, which is any angle.
    pub z: f32,
}

impl Default for Rotate {
    fn default() -> Self {
        Rotate { x: 0.0, y: 0.0, z: 180.0 }
    }
}

impl Augment for Rotate {
    fn check(&self) -> Checked {
        let keys = ["augment.rotate.x", "augment.rotate.y", "augment.rotate.z"];
        [self.x, self.y, self.z].into_iter().zip(keys).try_for_each(|(angle, key)| {
            require((0.0..=180.0).contains(&angle), key, angle, "must be between 0 and 180 degrees")
        })
    }

    fn change_crop(&self, crop: &mut Crop, rng: &mut Generator) {
        let angles = [self.x, self.y, self.z].map(|most| rng.random_range(-most..=most).to_radians());
        rotate(&mut crop.input, angles);
    }
}

/// Rotates points about x, then y, then z, by angles in radians.
pub(crate) fn rotate(input: &mut InputPoints, angles: [f32; 3]) {
    let [(sx, cx), (sy, cy), (sz, cz)] = angles.map(f32::sin_cos);
    let matrix = [
        [cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx],
        [sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx],
        [-sy, cy * sx, cy * cx],
    ];
    let turn = |v: [f32; 3]| times(matrix, v);
    input.map_coord(turn);
    input.map_normals(turn);
    input.map_covariances(matrix);
}
