//! How training crops are changed.

use super::DataConfig;
use super::check::{Checked, require};
use crate::sampling::augment::{Augmentation, PointDropout, Rotate, Strays, Tilt, Warp};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// How training crops are changed: augmentations in the order in which they are applied. In TOML
///
/// ```toml
/// augment = [{ kind = "tilt", slope = 0.02 }, { kind = "rotate" }, { kind = "point-dropout", most = 0.875 }]
/// ```
///
/// The default is the classic recipe: point dropout, then rotation about the vertical axis.
///
/// Configurations of earlier versions have a table with the keys `tilt`, `warp`, `strays`, `point_dropout` and `rotate`.
/// It is still read and means the list of those that are not 0 or false, in this order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AugmentConfig(pub Vec<Augmentation>);

impl Default for AugmentConfig {
    fn default() -> Self {
        Table::default().into()
    }
}

impl AugmentConfig {
    /// Checks that all values make sense.
    pub(super) fn check(&self, data: &DataConfig) -> Checked {
        let colors = data.features.contains(&super::Feature::Color);
        for augmentation in &self.0 {
            augmentation.check()?;
            let remedy =
                "changes colours, which the network does not see; add \"color\" to data.features, or leave it out";
            require(colors || !augmentation.needs_color(), "augment", kind(augmentation), remedy)?;
        }
        Ok(())
    }
}

/// The name of an augmentation's kind in TOML.
fn kind(augmentation: &Augmentation) -> String {
    let table = toml::Value::try_from(augmentation).ok();
    table.and_then(|table| Some(table.get("kind")?.to_string())).unwrap_or_default()
}

impl<'de> Deserialize<'de> for AugmentConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListOrTable)
    }
}

struct ListOrTable;

impl<'de> Visitor<'de> for ListOrTable {
    type Value = AugmentConfig;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a list of tables that have a kind")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<AugmentConfig, A::Error> {
        let mut augmentations = Vec::new();
        while let Some(augmentation) = list.next_element()? {
            augmentations.push(augmentation);
        }
        Ok(AugmentConfig(augmentations))
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<AugmentConfig, A::Error> {
        Table::deserialize(MapAccessDeserializer::new(table)).map(AugmentConfig::from)
    }
}

/// The keys of earlier versions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Table {
    tilt: f32,
    warp: f32,
    strays: f64,
    rotate: bool,
    point_dropout: f64,
}

impl Default for Table {
    fn default() -> Self {
        Table { tilt: 0.0, warp: 0.0, strays: 0.0, rotate: true, point_dropout: 0.875 }
    }
}

impl From<Table> for AugmentConfig {
    fn from(Table { tilt, warp, strays, rotate, point_dropout }: Table) -> Self {
        let list = [
            (tilt != 0.0).then_some(Augmentation::Tilt(Tilt { slope: tilt })),
            (warp != 0.0).then_some(Augmentation::Warp(Warp { most: warp })),
            (strays != 0.0).then_some(Augmentation::Strays(Strays { most: strays })),
            (point_dropout != 0.0).then_some(Augmentation::PointDropout(PointDropout { most: point_dropout })),
            rotate.then_some(Augmentation::Rotate(Rotate::default())),
        ];
        AugmentConfig(list.into_iter().flatten().collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use std::path::Path;

    fn read(text: &str) -> Result<Config, String> {
        Config::parse(text, Path::new("my.toml"), &[]).map_err(|error| error.to_string())
    }

    #[test]
    fn the_table_of_earlier_versions_means_a_list() {
        let old = "[augment]\ntilt = 0.02\nwarp = 0.03\nstrays = 0.002\nrotate = true\npoint_dropout = 0.5";
        let new = "augment = [{ kind = 'tilt' }, { kind = 'warp' }, { kind = 'strays' }, { kind = 'point-dropout', most = \
                   0.5 }, { kind = 'rotate' }]";
        assert_eq!(read(old), read(new));
        assert_eq!(read("[augment]\nwarp = 0.0"), read(""));
        assert_eq!(read("[augment]\nrotate = false\npoint_dropout = 0.0"), read("augment = []"));
        assert!(read("[augment]\nscale = 1").unwrap_err().contains("unknown field `scale`, expected one of `tilt`"));
    }

    #[test]
    fn lists_are_written_and_read_again() {
        for list in
            ["", "augment = []", "[[augment]]\nkind = 'color-contrast'\nblend = 0.5\n[data]\nfeatures = ['color']"]
        {
            let config = read(list).unwrap();
            assert_eq!(read(&config.to_toml()).unwrap(), config, "{}", config.to_toml());
        }
        assert!(read("").unwrap().to_toml().contains("[[augment]]\nkind = \"point-dropout\"\nmost = 0.875\n"));
    }

    #[test]
    fn wrong_lists_are_refused() {
        for (list, message) in [
            ("{ slope = 0.02 }", "missing field `kind`"),
            ("{ kind = 'tint' }", "unknown variant `tint`, expected one of `tilt`, `warp`"),
            ("{ kind = 'tilt', angle = 1 }", "unknown field `angle`, expected `slope`"),
            ("{ kind = 'color-drop' }", "augment = \"color-drop\": changes colours, which the network does not see"),
            ("{ kind = 'mix', probability = 1.5 }", "augment.mix.probability = 1.5: must be between 0 and 1"),
            ("{ kind = 'scale', low = 1.3 }", "augment.scale.high = 1.2: must be at least augment.scale.low"),
            (
                "{ kind = 'elastic-distortion', steps = [[0.0, 1.0]] }",
                "augment.elastic-distortion.steps = [[0.0, 1.0]]",
            ),
            ("3", "expected a table with a kind"),
        ] {
            let error = read(&format!("augment = [{list}]")).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
        assert!(read("augment = 3").unwrap_err().contains("expected a list of tables that have a kind"));
    }
}
