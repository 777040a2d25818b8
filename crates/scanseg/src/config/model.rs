//! The network of an experiment: its kind and the keys of that kind.

use crate::architecture::{Architecture, KINDS};
use pointnet2::{PointNet2Config, PublishedBlocks};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The network, by its `kind`; each kind has keys of its own, with the published network as default.
#[derive(Debug, Clone)]
pub struct ModelConfig {
    kind: &'static str,
    architecture: Architecture,
}

impl ModelConfig {
    /// The network of a kind, with the defaults of its keys.
    fn of_kind(name: &str) -> Option<Self> {
        let kind = KINDS.iter().find(|kind| kind.name == name)?;
        let architecture = (kind.read)(toml::Table::new()).expect("a network's defaults are valid");
        Some(ModelConfig { kind: kind.name, architecture })
    }

    /// The name of its kind.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The published blocks that the network has, if its levels are those that they were published for.
    pub fn published_blocks(&self) -> Option<PublishedBlocks> {
        let table = |network: toml::Value| ["levels", "blocks"].map(|key| network.get(key).cloned());
        let own = table(toml::Value::try_from(self).expect("a network can be written as TOML"));
        PublishedBlocks::ALL.into_iter().find(|blocks| {
            let network = PointNet2Config::ssg().with_blocks(blocks.config());
            own == table(toml::Value::try_from(network).expect("a network can be written as TOML"))
        })
    }

    pub(crate) fn architecture(&self) -> &Architecture {
        &self.architecture
    }
}

impl Default for ModelConfig {
    fn default() -> Self {
        ModelConfig::of_kind("pointnet2-ssg").expect("the default kind is in the table")
    }
}

/// Two configurations are equal if their TOML is.
impl PartialEq for ModelConfig {
    fn eq(&self, other: &Self) -> bool {
        let text = |model: &ModelConfig| toml::to_string(model).expect("a network can be written as TOML");
        text(self) == text(other)
    }
}

impl Serialize for ModelConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Keys<'a> {
            kind: &'a str,
            #[serde(flatten)]
            rest: &'a dyn erased_serde::Serialize,
        }
        Keys { kind: self.kind, rest: self.architecture.keys() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ModelConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut keys = toml::Table::deserialize(deserializer)?;
        let kind = match keys.remove("kind") {
            None => {
                return Err(D::Error::custom(format!("missing field `kind`, expected one of {}", kinds())));
            }
            Some(toml::Value::String(kind)) => kind,
            Some(other) => return Err(D::Error::custom(format!("`kind` is {other}, expected a string"))),
        };
        let known = KINDS.iter().find(|known| known.name == kind);
        let kind =
            known.ok_or_else(|| D::Error::custom(format!("unknown variant `{kind}`, expected one of {}", kinds())))?;
        let architecture = (kind.read)(keys).map_err(|error| D::Error::custom(with_key(&error)))?;
        Ok(ModelConfig { kind: kind.name, architecture })
    }
}

/// The message of an error in a table without text, on one line, with the key that it is about.
pub(super) fn with_key(error: &toml::de::Error) -> String {
    error.to_string().trim_end().replace('\n', " ")
}

/// The names of all kinds, for messages.
fn kinds() -> String {
    KINDS.iter().map(|kind| format!("`{}`", kind.name)).collect::<Vec<_>>().join(", ")
}
