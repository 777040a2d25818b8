//! Mirrors.

use super::{Augment, happens};
use crate::config::check::{Checked, share};
use crate::random::Generator;
use crate::sampling::{Crop, InputPoints};
use serde::{Deserialize, Serialize};

/// Mirrors a crop along x and y. Normals and covariances follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mirror {
    /// How often x changes its sign. Default 0.5.
    pub x: f64,
    /// How often y changes its sign. Default 0.5.
    pub y: f64,
}

impl Default for Mirror {
    fn default() -> Self {
        Mirror { x: 0.5, y: 0.5 }
    }
}

impl Augment for Mirror {
    fn check(&self) -> Checked {
        share(self.x, "augment.mirror.x")?;
        share(self.y, "augment.mirror.y")
    }

    fn change_crop(&self, crop: &mut Crop, rng: &mut Generator) {
        let axes = [self.x, self.y].map(|probability| happens(probability, rng));
        mirror(&mut crop.input, axes);
    }
}

/// Changes the signs of x and y where asked.
pub(super) fn mirror(input: &mut InputPoints, [x, y]: [bool; 2]) {
    let flip = |v: [f32; 3]| [if x { -v[0] } else { v[0] }, if y { -v[1] } else { v[1] }, v[2]];
    input.map_coord(flip);
    input.map_normals(flip);
    let sign = |flipped: bool| if flipped { -1.0 } else { 1.0 };
    input.map_covariances([[sign(x), 0.0, 0.0], [0.0, sign(y), 0.0], [0.0, 0.0, 1.0]]);
}
