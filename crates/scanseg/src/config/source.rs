//! From text to a checked configuration.

use super::model::with_key;
use super::recipe::with_recipe;
use super::{Config, Labels, MetricName, ModelConfig};
use segeval::MetricKind;
use std::path::{Path, PathBuf};

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration ({reason}); {}: {}", meant(path), path.display())]
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
    #[error("--set {text}: write it as key=value with at most 16 parts of the key, for example --set train.batch=8")]
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

/// What to do about a path that cannot be read: often the folder or the extension is missing.
fn meant(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let near = [path.with_file_name(format!("{name}.toml")), Path::new("configs").join(&*name)];
    let near = near.into_iter().chain([Path::new("configs").join(format!("{name}.toml"))]);
    match near.into_iter().find(|near| near != path && near.is_file()) {
        Some(near) => format!("there is {}", near.display()),
        None => "check the path".to_owned(),
    }
}

/// Parts of the longest key that is taken: more than any configuration has.
const DEEPEST: usize = 16;
/// Bytes of the longest configuration that is read.
pub(super) const LONGEST: u64 = 1 << 20;

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
        if key.iter().any(String::is_empty) || key.len() > DEEPEST {
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
    /// The parts of its key.
    pub fn key(&self) -> &[String] {
        &self.key
    }

    /// The same with the path of a label set from the root, for a configuration in any folder.
    ///
    /// # Errors
    /// If the current folder is unknown.
    pub fn with_absolute_path(mut self) -> std::io::Result<Self> {
        if self.key == ["data", "labels"]
            && let toml::Value::String(path) = &mut self.value
            && path.ends_with(".toml")
        {
            *path = std::path::absolute(&path)?.to_string_lossy().into_owned();
        }
        Ok(self)
    }

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
        let text = scannet::source::read_text(path, LONGEST);
        let text = text.map_err(|reason| ConfigError::Read { path: path.to_owned(), reason })?;
        Config::parse(&text, path, overrides)
    }

    /// Parses text. `place` is its origin in messages; the path of a label file is relative to the folder of `place`, or
    /// to the current one where an override names it.
    ///
    /// # Errors
    /// See [`Config::read`].
    pub fn parse(text: &str, place: &Path, overrides: &[Override]) -> Result<Config, ConfigError> {
        // serde does not know the key that is gone once the recipe's values are in
        let in_text = |message: String| ConfigError::Parse {
            message: message.replace("expected one of `name`, ", "expected one of `recipe`, `name`, "),
            place: place.display().to_string(),
        };
        let folder = place.parent().unwrap_or(Path::new(""));
        let of_text: toml::Table = toml::from_str(text).map_err(|error| in_text(error.to_string()))?;
        let mut table = of_text.clone();
        for change in overrides {
            change.apply(&mut table)?;
        }
        let folder_of = |key: &[&str]| match overrides.iter().any(|change| change.key == key) {
            true => Path::new(""),
            false => folder,
        };
        let resolved = resolve(&table, folder_of(&["data", "labels"]), folder_of(&["recipe"]));
        let config = resolved.map_err(|message| match resolve(&of_text, folder, folder) {
            // the text itself is at fault: its mistake is shown with its line
            Err(alone) if overrides.is_empty() || alone == message => match toml::from_str::<Config>(&own_keys(text)) {
                Err(shown) if alone.starts_with(shown.message()) => in_text(shown.to_string()),
                _ => in_text(alone),
            },
            _ => ConfigError::Parse { message, place: with_overrides("", overrides).trim_start().to_owned() },
        })?;
        config.validate(&with_overrides(&place.display().to_string(), overrides))?;
        Ok(config)
    }

    /// Checks that all values make sense; messages say that they are in `place`.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for the first value that does not.
    pub fn validate(&self, place: &str) -> Result<(), ConfigError> {
        self.check().map_err(|wrong| ConfigError::Value {
            key: wrong.key,
            value: wrong.value,
            remedy: wrong.remedy.into_owned(),
            place: place.to_owned(),
        })
    }

    /// Every key with its value.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a configuration can be written as TOML")
    }
}

/// A place with the overrides that follow it.
fn with_overrides(place: &str, overrides: &[Override]) -> String {
    overrides.iter().fold(place.to_owned(), |place, change| format!("{place} --set {}", change.text))
}

/// The text without the name of its recipe, which is not part of a [`Config`], on the same lines.
fn own_keys(text: &str) -> String {
    let mut tables = false;
    let line = |line: &str| {
        tables |= line.trim_start().starts_with('[');
        if !tables && line.trim_start().starts_with("recipe") { "\n".to_owned() } else { format!("{line}\n") }
    };
    text.lines().map(line).collect()
}

/// Fills in the recipe and defaults where the table has no value. Labels that are a path are read from the folder
/// `labels_in`, a recipe from `recipe_in`.
fn resolve(table: &toml::Table, labels_in: &Path, recipe_in: &Path) -> Result<Config, String> {
    let mut table = with_recipe(table.clone(), recipe_in)?;
    let labels = table.get("data").and_then(|data| data.get("labels")).and_then(|labels| labels.as_str());
    let labels = labels.filter(|labels| Labels::is_path(labels)).map(|labels| Labels::read(labels, labels_in));
    let labels = labels.transpose().map_err(|error| error.to_string())?;
    if let (Some(_), Some(toml::Value::Table(data))) = (&labels, table.get_mut("data")) {
        data.remove("labels");
    }
    let chosen = table.get("train").is_some_and(|train| train.get("select_by").is_some());
    let mut config: Config = table.try_into().map_err(|error: toml::de::Error| with_key(&error))?;
    config.data.labels = labels.unwrap_or(config.data.labels);
    if !chosen {
        config.train.select_by = MetricName(config.default_metric());
    }
    Ok(config)
}

impl Config {
    /// The metric that chooses the best checkpoint unless the user names one: that of the authors where the protocol and
    /// the label set have it.
    fn default_metric(&self) -> MetricKind {
        use MetricKind::{CalibratedVoxelAccuracy, ClassVoxelAccuracy, PointMiou};
        let metrics = self.evaluate.protocol.metrics();
        match self.data.labels.calibration() {
            Some(_) if metrics.contains(&CalibratedVoxelAccuracy) => CalibratedVoxelAccuracy,
            _ if metrics.contains(&ClassVoxelAccuracy) => ClassVoxelAccuracy,
            _ => PointMiou,
        }
    }
}
