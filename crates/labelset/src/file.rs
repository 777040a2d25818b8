//! Label sets as TOML.

use crate::lookup::Lookup;
use crate::set::Ignored;
use crate::{Class, LabelSet, canonical_name};
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Largest number of classes: a confusion matrix has its square of cells.
const MAX_CLASSES: usize = 1024;
/// Largest label value and export id: both are stored in 16 bits, as in ScanNet's label meshes.
const MAX_VALUE: i32 = u16::MAX as i32;
/// Arrays of a prepared scene that hold something else than labels.
const OTHER_ARRAYS: [&str; 4] = ["coord", "color", "normal", "instance"];

/// A label set that cannot be used. The message says what is wrong and what to do, and names the file last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct LabelSetError {
    problem: String,
    remedy: &'static str,
    path: Option<PathBuf>,
}

impl LabelSetError {
    /// What to do about it.
    pub fn remedy(&self) -> &str {
        self.remedy
    }

    /// The file, where the set was read from one.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

impl fmt::Display for LabelSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.problem, self.remedy)?;
        self.path.as_ref().map_or(Ok(()), |path| write!(f, ": {}", path.display()))
    }
}

fn error(problem: impl Into<String>, remedy: &'static str) -> LabelSetError {
    LabelSetError { problem: problem.into(), remedy, path: None }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetRecord {
    name: String,
    #[serde(default = "default_segment")]
    segment: String,
    #[serde(default = "default_ignore")]
    ignore: IgnoreRecord,
    #[serde(default)]
    unannotated_output: bool,
    classes: Vec<ClassRecord>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { name = \"floor\" }")]
struct ClassRecord {
    name: String,
    label: Option<i32>,
    id: Option<i32>,
    color: Option<[u8; 3]>,
    group: Option<String>,
    calibration: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`ignore` takes a list of label values, or \"others\"")]
enum IgnoreRecord {
    Listed(Vec<i32>),
    Word(String),
}

fn default_segment() -> String {
    "segment".to_owned()
}

fn default_ignore() -> IgnoreRecord {
    IgnoreRecord::Listed(vec![-1])
}

impl LabelSet {
    /// Reads a TOML file.
    ///
    /// # Errors
    /// The file cannot be read, or [`LabelSet::parse`] refuses it. The message names the file.
    pub fn read(path: &Path) -> Result<Self, LabelSetError> {
        let read = || {
            let text = text(path).map_err(|e| {
                error(format!("cannot read the label set: {e}"), "check the path and that it is a text file")
            })?;
            Self::parse(&text)
        };
        read().map_err(|e| LabelSetError { path: Some(path.to_path_buf()), ..e })
    }

    /// Parses a set from TOML; the [crate's page](crate) shows the format.
    ///
    /// # Errors
    /// No TOML, unknown or missing keys, no classes or more than 1024, repeated names, labels or ids, values out of
    /// range, labels that are also ignored, calibration weights for some classes only, or the name of a built-in set
    /// for other classes.
    pub fn parse(text: &str) -> Result<Self, LabelSetError> {
        let set = parse(text)?;
        match Self::built_in(&set.name) {
            Some(built_in) if built_in != set => {
                let problem = format!("'{}' is the name of a built-in label set with other contents", set.name);
                Err(error(problem, "give the label set another name"))
            }
            _ => Ok(set),
        }
    }

    /// The set as TOML with all keys written out: the same bytes for the same set, and [`LabelSet::parse`] returns the
    /// set.
    pub fn to_toml(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let ignore = match &self.ignored {
            Ignored::Listed(values) => format!("{values:?}"),
            Ignored::Others => quoted("others"),
        };
        let mut text = format!(
            "name = {}\nsegment = {}\nignore = {ignore}\nunannotated_output = {}\nclasses = [\n",
            quoted(&self.name),
            quoted(&self.segment),
            self.unannotated_output
        );
        for class in &self.classes {
            let Class { name, label, id, color, group, calibration } = class;
            text += &format!("    {{ name = {}, label = {label}, id = {id}, color = {color:?}", quoted(name));
            group.iter().for_each(|group| text += &format!(", group = {}", quoted(group)));
            calibration.iter().for_each(|weight| text += &format!(", calibration = {weight:?}"));
            text += " },\n";
        }
        text + "]\n"
    }
}

/// The text of a file, unless it is a pipe or a device, or far larger than a label set.
fn text(path: &Path) -> std::io::Result<String> {
    const MOST: u64 = 1 << 20;
    let about = std::fs::metadata(path)?;
    if !about.is_file() || about.len() > MOST {
        return Err(std::io::Error::other("this is not a text file of at most 1 MB"));
    }
    std::fs::read_to_string(path)
}

/// [`LabelSet::parse`], which also takes the built-in sets themselves.
pub(crate) fn parse(text: &str) -> Result<LabelSet, LabelSetError> {
    let record: SetRecord = toml::from_str(text).map_err(|e| {
        let line = e.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        error(format!("line {line} of the label set: {}", e.message()), "correct the file")
    })?;
    let ignored = match record.ignore {
        IgnoreRecord::Listed(values) => Ignored::Listed(values),
        IgnoreRecord::Word(word) if word == "others" => Ignored::Others,
        IgnoreRecord::Word(word) => {
            return Err(error(format!("ignore = \"{word}\""), "write a list of label values, or \"others\""));
        }
    };
    let classes: Vec<Class> = record.classes.into_iter().enumerate().map(|(index, class)| class.at(index)).collect();
    check_names(&record.name, &record.segment, &classes)?;
    check_values(&classes, &ignored)?;
    check_calibration(&classes)?;
    let listed = match &ignored {
        Ignored::Listed(values) => Some(values.as_slice()),
        Ignored::Others => None,
    };
    Ok(LabelSet {
        by_label: Lookup::new(classes.iter().map(|class| class.label), listed),
        by_id: Lookup::new(classes.iter().map(|class| class.id), None),
        name: record.name,
        segment: record.segment,
        ignored,
        unannotated_output: record.unannotated_output,
        classes,
    })
}

impl ClassRecord {
    /// The class at this position, with defaults filled in.
    fn at(self, index: usize) -> Class {
        let label = self.label.unwrap_or(index as i32);
        Class {
            name: self.name,
            label,
            id: self.id.unwrap_or(label),
            color: self.color.unwrap_or_else(|| palette(index)),
            group: self.group,
            calibration: self.calibration,
        }
    }
}

/// Generated colours: steps of the golden angle around the hue circle, in three brightnesses.
fn palette(index: usize) -> [u8; 3] {
    let hue = (index as f64 * 0.618_033_988_75).fract() * 6.0;
    let value = [230.0, 180.0, 130.0][index % 3];
    let channel = |shift: f64| {
        let k = (shift + hue) % 6.0;
        (value * (1.0 - 0.75 * k.min(4.0 - k).clamp(0.0, 1.0))) as u8
    };
    [channel(5.0), channel(3.0), channel(1.0)]
}

fn check_names(name: &str, segment: &str, classes: &[Class]) -> Result<(), LabelSetError> {
    if classes.is_empty() || classes.len() > MAX_CLASSES {
        return Err(error(format!("the label set has {} classes", classes.len()), "give 1 to 1024 classes"));
    }
    let groups = classes.iter().filter_map(|class| class.group.as_deref());
    for text in [name].into_iter().chain(classes.iter().map(|class| class.name.as_str())).chain(groups) {
        if text.trim() != text || text.is_empty() || text.contains(char::is_control) {
            return Err(error(format!("{text:?} is no name"), "write a name on one line, without spaces around it"));
        }
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if segment.is_empty() || !segment.chars().all(plain) || OTHER_ARRAYS.contains(&segment) {
        let remedy = "write the name of a label array without folder and ending, such as segment20";
        return Err(error(format!("segment = {segment:?} is no label array"), remedy));
    }
    let mut seen = HashMap::new();
    for class in classes {
        if let Some(first) = seen.insert(canonical_name(&class.name), &class.name) {
            let problem = format!("two classes are named '{first}' and '{}', which mean the same", class.name);
            return Err(error(problem, "give each class a name of its own"));
        }
    }
    Ok(())
}

fn check_values(classes: &[Class], ignored: &Ignored) -> Result<(), LabelSetError> {
    for (what, value) in [("label", (|class| class.label) as fn(&Class) -> i32), ("id", |class| class.id)] {
        let mut seen = HashMap::new();
        for class in classes {
            let (name, value) = (&class.name, value(class));
            if !(0..=MAX_VALUE).contains(&value) {
                return Err(error(format!("class '{name}' has {what} {value}"), "choose one from 0 to 65535"));
            }
            if let Some(first) = seen.insert(value, name) {
                let problem = format!("classes '{first}' and '{name}' both have {what} {value}");
                return Err(error(problem, "give each class a label and an id of its own"));
            }
        }
    }
    let Ignored::Listed(values) = ignored else { return Ok(()) };
    if let Some(value) = values.iter().find(|value| !(i16::MIN.into()..=MAX_VALUE).contains(*value)) {
        return Err(error(format!("ignored label {value}"), "ignored labels lie within -32768 and 65535"));
    }
    match classes.iter().find(|class| values.contains(&class.label)) {
        Some(Class { name, label, .. }) => {
            let remedy = "take it out of `ignore`, or remove the class";
            Err(error(format!("label {label} of class '{name}' is ignored too"), remedy))
        }
        None => Ok(()),
    }
}

fn check_calibration(classes: &[Class]) -> Result<(), LabelSetError> {
    let weights: Vec<f64> = classes.iter().filter_map(|class| class.calibration).collect();
    if let Some(weight) = weights.iter().find(|weight| !(weight.is_finite() && **weight >= 0.0)) {
        return Err(error(format!("calibration weight {weight}"), "weights are finite and at least 0"));
    }
    if !weights.is_empty() && weights.iter().sum::<f64>() <= 0.0 {
        return Err(error("all calibration weights are 0", "give classes positive weights, or leave the weights out"));
    }
    if !weights.is_empty() && weights.len() != classes.len() {
        let problem = format!("{} of {} classes have a calibration weight", weights.len(), classes.len());
        return Err(error(problem, "give all classes one, or none"));
    }
    Ok(())
}
