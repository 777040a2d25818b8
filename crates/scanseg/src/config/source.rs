//! From text to a checked configuration.

use super::{Config, Labels, MetricName, ModelConfig};
use segeval::MetricKind;
use std::path::{Path, PathBuf};

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration ({reason}); check the path: {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What failed.
        reason: std::io::Error,
    },
    /// Not TOML, an unknown key, or a value of the wrong type.
    #[error("the configuration is not valid: {message}\nin {place}")]
    Parse {
        /// What is wrong, with the known keys where a key is unknown.
        message: String,
        /// The file or the override.
        place: String,
    },
    /// An override is not `key=value`.
    #[error("--set {text}: write it as key=value, for example --set train.batch=8")]
    Override {
        /// What was given.
        text: String,
    },
    /// A value that makes no sense.
    #[error("{key}{}: {remedy}\nin {place}", if value.is_empty() { String::new() } else { format!(" = {value}") })]
    Value {
        /// Dotted key.
        key: &'static str,
        /// Its value.
        value: String,
        /// What to do.
        remedy: String,
        /// The file and the overrides.
        place: String,
    },
}

/// One `--set a.b=c`.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    key: Vec<String>,
    value: toml::Value,
    text: String,
}

impl std::str::FromStr for Override {
    type Err = ConfigError;

    /// Parses `a.b=c`. The value is read as TOML, or as a string if it is not TOML: `--set name=first` needs no quotes.
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let wrong = || ConfigError::Override { text: text.to_owned() };
        let (key, value) = text.split_once('=').ok_or_else(wrong)?;
        let key: Vec<String> = key.split('.').map(|part| part.trim().to_owned()).collect();
        if key.iter().any(String::is_empty) {
            return Err(wrong());
        }
        let parsed =
            toml::from_str::<toml::Table>(&format!("value = {value}")).ok().and_then(|mut t| t.remove("value"));
        Ok(Override {
            key,
            value: parsed.unwrap_or_else(|| toml::Value::String(value.trim().to_owned())),
            text: text.to_owned(),
        })
    }
}

impl Override {
    fn apply(&self, table: &mut toml::Table) -> Result<(), ConfigError> {
        if self.key.first().is_some_and(|part| part == "model") && self.key.len() > 1 && !table.contains_key("model") {
            // a model whose kind is not named is of the default kind
            let kind = ModelConfig::default().kind().to_owned();
            table.insert("model".into(), toml::Table::from_iter([("kind".to_owned(), kind.into())]).into());
        }
        let mut table = table;
        let (last, path) = self.key.split_last().expect("a key has at least one part");
        for part in path {
            let entry = table.entry(part.clone()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            table = entry.as_table_mut().ok_or_else(|| ConfigError::Parse {
                message: format!("{part} is not a table"),
                place: format!("--set {}", self.text),
            })?;
        }
        table.insert(last.clone(), self.value.clone());
        Ok(())
    }
}

impl Config {
    /// Reads a file and applies overrides in order.
    ///
    /// # Errors
    /// If the file cannot be read, has unknown keys or wrong types, or a value makes no sense.
    pub fn read(path: &Path, overrides: &[Override]) -> Result<Config, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|reason| ConfigError::Read { path: path.to_owned(), reason })?;
        Config::parse(&text, path, overrides)
    }

    /// Parses text. `place` is its origin in messages; the path of a label file is relative to the folder of `place`.
    ///
    /// # Errors
    /// See [`Config::read`].
    pub fn parse(text: &str, place: &Path, overrides: &[Override]) -> Result<Config, ConfigError> {
        let in_text = |message: String| ConfigError::Parse { message, place: place.display().to_string() };
        let mut table: toml::Table = toml::from_str(text).map_err(|error| in_text(error.to_string()))?;
        if let (Some(toml::Value::String(labels)), Some(folder)) = (labels(&mut table), place.parent())
            && Labels::is_path(labels)
        {
            *labels = folder.join(&labels).display().to_string();
        }
        // the text alone first, so that a mistake in it is not blamed on an override
        let mut config = resolve(&table).map_err(|error| match toml::from_str::<Config>(text) {
            // a mistake in the text itself is shown with its line
            Err(shown) if shown.message() == error.message() => in_text(shown.to_string()),
            _ => in_text(error.message().to_owned()),
        })?;
        for change in overrides {
            change.apply(&mut table)?;
            config = resolve(&table).map_err(|error| ConfigError::Parse {
                message: error.message().to_owned(),
                place: format!("--set {}", change.text),
            })?;
        }
        config.check().map_err(|wrong| ConfigError::Value {
            key: wrong.key,
            value: wrong.value,
            remedy: wrong.remedy.into_owned(),
            place: overrides
                .iter()
                .fold(place.display().to_string(), |place, change| format!("{place} --set {}", change.text)),
        })?;
        Ok(config)
    }

    /// Every key with its value.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a configuration can be written as TOML")
    }
}

/// The value of `data.labels`.
fn labels(table: &mut toml::Table) -> Option<&mut toml::Value> {
    table.get_mut("data")?.get_mut("labels")
}

/// Fills in defaults where the table has no value.
fn resolve(table: &toml::Table) -> Result<Config, toml::de::Error> {
    let mut config: Config = table.clone().try_into()?;
    let chosen = table.get("train").is_some_and(|train| train.get("select_by").is_some());
    if !chosen && config.data.labels.calibration().is_none() {
        config.train.select_by = MetricName(MetricKind::ClassVoxelAccuracy);
    }
    Ok(config)
}
