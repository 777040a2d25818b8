//! Size.

use super::{Augment, clipped_normal};
use crate::config::check::{Checked, require};
use crate::random::Generator;
use crate::sampling::{Crop, InputPoints};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Multiplies the coordinates of a crop by a random factor. Heights are multiplied too, and normals stay at right angles
/// to the surface.
///
/// PointCNN's recipe, a normal distribution with a standard deviation of 5 % along each axis, is `low = 0.85, high =
/// 1.15, per_axis = true, normal = true`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scale {
    /// Smallest factor. Default 0.8.
    pub low: f32,
    /// Largest factor. Default 1.2.
    pub high: f32,
    /// Whether each axis has a factor of its own. Default false.
    pub per_axis: bool,
    /// Whether factors come from a normal distribution in the middle of the two, which are three standard deviations
    /// away and which it is cut at, instead of a uniform one. Default false.
    pub normal: bool,
}

impl Default for Scale {
    fn default() -> Self {
        Scale { low: 0.8, high: 1.2, per_axis: false, normal: false }
    }
}

impl Scale {
    fn factor(&self, rng: &mut Generator) -> f32 {
        match self.normal {
            true => {
                let (middle, reach) = ((self.low + self.high) / 2.0, (self.high - self.low) / 2.0);
                middle + clipped_normal(reach / 3.0, reach, rng)
            }
            false => rng.random_range(self.low..=self.high),
        }
    }
}

impl Augment for Scale {
    fn check(&self) -> Checked {
        require(self.low > 0.0, "augment.scale.low", self.low, "must be above 0")?;
        require(
            (self.low..=10.0).contains(&self.high),
            "augment.scale.high",
            self.high,
            "must be at least augment.scale.low and at most 10",
        )
    }

    fn change_crop(&self, crop: &mut Crop, rng: &mut Generator) {
        let first = self.factor(rng);
        let factors = match self.per_axis {
            true => [first, self.factor(rng), self.factor(rng)],
            false => [first; 3],
        };
        scale(&mut crop.input, factors);
    }
}

/// Multiplies coordinates by a factor for each axis.
pub(super) fn scale(input: &mut InputPoints, factors: [f32; 3]) {
    let by = |v: [f32; 3], factor: [f32; 3]| -> [f32; 3] { std::array::from_fn(|a| v[a] * factor[a]) };
    input.map_coord(|p| by(p, factors));
    input.map_normals(|n| {
        let n = by(n, factors.map(|factor| 1.0 / factor));
        let length = n.iter().map(|v| v * v).sum::<f32>().sqrt();
        if length > 0.0 { n.map(|v| v / length) } else { n }
    });
    let [x, y, z] = factors;
    input.map_covariances([[x, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, z]]);
}
