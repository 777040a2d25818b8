//! From text to a checked configuration.

use super::Config;
use super::model::{BlockKind, ModelConfig};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration ({source}); check the path: {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What failed.
        source: std::io::Error,
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

    /// Parses `a.b=c`. The value is read as TOML, and as a string if it is none: `--set name=first` needs no quotes.
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
    /// Reads a file and applies overrides in their order.
    ///
    /// # Errors
    /// If the file cannot be read, has unknown keys or wrong types, or a value makes no sense.
    pub fn read(path: &Path, overrides: &[Override]) -> Result<Config, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Config::parse(&text, &path.display().to_string(), overrides)
    }

    /// Parses text; `place` says in messages where it is from.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn parse(text: &str, place: &str, overrides: &[Override]) -> Result<Config, ConfigError> {
        // the text alone first, so that a mistake in it is shown with its line
        let mut config: Config = toml::from_str(text)
            .map_err(|e| ConfigError::Parse { message: explained(&e, text), place: place.to_owned() })?;
        if !overrides.is_empty() {
            let mut table: toml::Table = toml::from_str(&config.to_toml())
                .map_err(|e| ConfigError::Parse { message: e.to_string(), place: place.to_owned() })?;
            for change in overrides {
                change.apply(&mut table)?;
                config = table.clone().try_into().map_err(|e: toml::de::Error| ConfigError::Parse {
                    message: e.message().to_owned(),
                    place: format!("--set {}", change.text),
                })?;
            }
        }
        config.check().map_err(|wrong| ConfigError::Value {
            key: wrong.key,
            value: wrong.value,
            remedy: wrong.remedy.into_owned(),
            place: overrides.iter().fold(place.to_owned(), |place, change| format!("{place} --set {}", change.text)),
        })?;
        Ok(config)
    }

    /// Every key with its value.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a configuration can be written as TOML")
    }
}

/// What is wrong, and where a kind is missing, which there are.
fn explained(error: &toml::de::Error, text: &str) -> String {
    let message = error.to_string();
    if !error.message().contains("missing field `kind`") {
        return message;
    }
    // the message's place is that of the model, also where it is one of its blocks that lacks a kind
    let table: toml::Table = toml::from_str(text).unwrap_or_default();
    let of_model = table.get("model").is_some_and(|model| model.get("kind").is_some());
    let kinds = if of_model { kinds::<BlockKind>() } else { kinds::<ModelConfig>() };
    format!("{}, {kinds}\n", message.trim_end())
}

/// What an unknown kind is told: "expected one of …".
fn kinds<T: DeserializeOwned>() -> String {
    let error = toml::from_str::<T>("kind = ''").err();
    error.and_then(|e| Some(format!("expected{}", e.message().split_once("expected")?.1))).unwrap_or_default()
}
