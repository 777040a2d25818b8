//! The label set of an experiment.

use labelset::{LabelSet, LabelSetError};
use serde::{Deserialize, Serialize};
use std::ops::Deref;
use std::path::Path;

/// The label set of an experiment. In TOML: the name of a built-in set, or the path of a TOML file, relative to the
/// configuration that names it. After a built-in name, `+none` gives networks an output for points of none of the classes:
/// `scannet20+none`.
///
/// Two are equal if their label sets are, wherever they came from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Labels {
    source: String,
    set: LabelSet,
}

/// What follows the name of a built-in set if networks have an output for none of its classes.
const NONE: &str = "+none";

impl Labels {
    /// Whether `data.labels` is the path of a file rather than the name of a built-in set.
    pub(super) fn is_path(source: &str) -> bool {
        Path::new(source).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
    }

    /// Reads the file `source`, relative to a folder.
    pub(super) fn read(source: &str, folder: &Path) -> Result<Self, LabelSetError> {
        Ok(Labels { source: source.to_owned(), set: LabelSet::read(&folder.join(source))? })
    }

    /// Whether the set comes from a file rather than from this program.
    pub(crate) fn is_file_path(&self) -> bool {
        Labels::is_path(&self.source)
    }

    /// The same label set, stored under another path.
    pub(crate) fn stored_as(&self, source: &str) -> Self {
        Labels { source: source.to_owned(), set: self.set.clone() }
    }
}

impl Default for Labels {
    fn default() -> Self {
        let set = LabelSet::pointnet_v1();
        Labels { source: set.name().to_owned(), set }
    }
}

impl Deref for Labels {
    type Target = LabelSet;

    fn deref(&self) -> &LabelSet {
        &self.set
    }
}

impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        self.set == other.set
    }
}

impl From<Labels> for String {
    fn from(labels: Labels) -> String {
        labels.source
    }
}

impl TryFrom<String> for Labels {
    type Error = String;

    fn try_from(source: String) -> Result<Self, String> {
        if Labels::is_path(&source) {
            return Labels::read(&source, Path::new("")).map_err(|error| error.to_string());
        }
        let unknown = || {
            let known = LabelSet::BUILT_IN.join(", ");
            format!(
                "no label set is called {source:?}; choose one of {known}, any of these with {NONE:?} after it, or the path of a file \
                 that ends in .toml"
            )
        };
        let set = match source.strip_suffix(NONE) {
            Some(name) => LabelSet::built_in(name).map(LabelSet::with_unannotated_output),
            None => LabelSet::built_in(&source),
        };
        Ok(Labels { set: set.ok_or_else(unknown)?, source })
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_path_of_a_label_set_can_be_made_absolute() {
        let absolute = |text: &str| {
            let change: crate::Override = text.parse().unwrap();
            format!("{:?}", change.with_absolute_path().unwrap()).replace(r"\\", r"\")
        };
        let here = std::path::absolute("mine.toml").unwrap();
        for text in ["data.labels=mine.toml", "data.labels = \"mine.toml\"", "data . labels='mine.toml'"] {
            assert!(absolute(text).contains(here.to_str().unwrap()), "{text}");
        }
        assert!(!absolute("data.labels=nyu40").contains(here.parent().unwrap().to_str().unwrap()));
    }

    use super::*;

    #[test]
    fn a_built_in_set_may_have_an_output_for_none_of_its_classes() {
        let labels = |source: &str| Labels::try_from(source.to_owned());
        let (plain, none) = (labels("scannet20").unwrap(), labels("scannet20+none").unwrap());
        assert_eq!((plain.outputs(), none.outputs()), (20, 21));
        assert!(plain != none && none.name() == plain.name() && none.classes() == plain.classes());
        assert_eq!((none.class_of(0), none.class_of(1)), (labelset::NO_CLASS, 0));
        assert_eq!(labels(&String::from(none.clone())).unwrap(), none);
        assert!(labels("scannet21+none").unwrap_err().contains("choose one of pointnet-v1, scannet20,"));
    }
}
