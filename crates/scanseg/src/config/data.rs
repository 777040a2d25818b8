//! What is read from the scans.

use super::Labels;
use super::check::{Checked, require};
use serde::{Deserialize, Serialize};

/// What is read from the scans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct DataConfig {
    /// The classes; `scannet20+none` has an output for points that are none of them, see `evaluate.none`.
    pub labels: Labels,
    /// Features of a point besides its coordinates, in the order in which the network gets them.
    pub features: Vec<Feature>,
    /// Whether training and tile evaluation leave out vertices that belong to no annotated object, as the authors'
    /// preprocessing did. Prediction always labels every vertex.
    pub drop_unassigned: bool,
    /// Whether scans are made level first ([`pointops::level()`]), so that a tilt of a few degrees does not matter.
    pub level: bool,
}

impl Default for DataConfig {
    fn default() -> Self {
        DataConfig { labels: Labels::default(), features: Vec::new(), drop_unassigned: true, level: false }
    }
}

impl DataConfig {
    /// Checks that all values make sense.
    pub(super) fn check(&self) -> Checked {
        for (i, feature) in self.features.iter().enumerate() {
            let twice = self.features[..i].contains(feature);
            require(!twice, "data.features", format!("{:?}", self.features), "name each feature once")?;
        }
        Ok(())
    }
}

impl DataConfig {
    /// Number of feature channels.
    pub fn channels(&self) -> usize {
        self.features.iter().map(|f| f.channels()).sum()
    }

    /// The same without features that take long to make, for those who look at points and classes alone.
    pub(crate) fn quick(&self) -> Self {
        let mut quick = self.clone();
        quick.features.retain(|feature| *feature != Feature::Covariance);
        quick
    }
}

/// A feature of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// Red, green and blue, scaled to −1..1.
    Color,
    /// Unit normal of the surface; it rotates with the crop.
    Normal,
    /// Height above the floor of the scene ([`pointops::vertical_extent`]), in metres.
    Height,
    /// How the surface around a point lies, from coordinates alone: the covariance of the 16 nearest points of the scene,
    /// thinned to one in 4 cm, over its trace (xx, yy, zz, xy, xz and yz, see [`pointops::covariances`]). Unlike a normal
    /// it has no sign, and it is the same for a mesh and its points alone, and nearly the same for dense scans and those
    /// with up to 4 cm between their points. It rotates with the crop.
    Covariance,
}

impl Feature {
    /// Number of channels.
    pub fn channels(self) -> usize {
        match self {
            Feature::Color | Feature::Normal => 3,
            Feature::Height => 1,
            Feature::Covariance => 6,
        }
    }
}
