//! How often a training scene comes up in an epoch.

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How often a training scene comes up in an epoch. In TOML a number, or `"by-points"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CropsPerScene {
    /// As often as every other scene.
    Number(usize),
    /// As often as its points fill a crop: round(points / `crop.points`) times, at least once. Points are those that
    /// training uses, see `data.drop_unassigned`.
    ByPoints,
}

const BY_POINTS: &str = "by-points";

impl CropsPerScene {
    /// Crops of a scene of some points.
    pub(crate) fn of(self, points: usize, crop_points: usize) -> usize {
        match self {
            CropsPerScene::Number(number) => number,
            CropsPerScene::ByPoints => ((points + crop_points / 2) / crop_points).max(1),
        }
    }
}

impl std::fmt::Display for CropsPerScene {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            CropsPerScene::Number(number) => number.fmt(f),
            CropsPerScene::ByPoints => BY_POINTS.fmt(f),
        }
    }
}

impl Serialize for CropsPerScene {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            CropsPerScene::Number(number) => number.serialize(serializer),
            CropsPerScene::ByPoints => BY_POINTS.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for CropsPerScene {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrName;

        impl Visitor<'_> for NumberOrName {
            type Value = CropsPerScene;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                write!(f, "a number or {BY_POINTS:?}")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<CropsPerScene, E> {
                let wrong = |_| E::invalid_value(Unexpected::Signed(number), &self);
                usize::try_from(number).map(CropsPerScene::Number).map_err(wrong)
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<CropsPerScene, E> {
                let wrong = |_| E::invalid_value(Unexpected::Unsigned(number), &self);
                usize::try_from(number).map(CropsPerScene::Number).map_err(wrong)
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<CropsPerScene, E> {
                let wrong = || E::invalid_value(Unexpected::Str(name), &self);
                if name == BY_POINTS { Ok(CropsPerScene::ByPoints) } else { Err(wrong()) }
            }
        }

        deserializer.deserialize_any(NumberOrName)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenes_come_up_by_their_points() {
        let crops = |points| CropsPerScene::ByPoints.of(points, 1000);
        assert_eq!([0, 1, 1499, 1500, 2600].map(crops), [1, 1, 1, 2, 3]);
        assert_eq!(CropsPerScene::Number(4).of(2600, 1000), 4);
    }
}
