//! Label spaces: which class an index means.
//!
//! Four spaces are in use around ScanNet and their numbers overlap, so an index travels with its [`LabelSpace`]:
//!
//! | space | indices | ignore | used by |
//! |---|---|---|---|
//! | [`LabelSpace::Scannet20`] | 0..20, the benchmark's classes | -1 | prepared scenes, training, most papers |
//! | [`LabelSpace::PointnetV1`] | 0..21, PointNet++'s order for ScanNet v1 | 0, unannotated | PointNet++'s evaluation |
//! | [`LabelSpace::Nyu40`] | ids 1..=40 | 0, unannotated | `labels.ply`, benchmark submissions |
//! | [`LabelSpace::Scannet200`] | 0..200, in the order of the benchmark's ids | -1 | ScanNet200 |
//!
//! The first three convert into each other; a class that the target lacks becomes its ignore index. ScanNet200 is finer
//! and has its own key, the label table's `id` column, so labels reach it only through [`crate::LabelTable`].

pub mod nyu40;
pub mod pointnet_v1;
pub mod scannet20;
pub mod scannet200;

use serde::{Deserialize, Serialize};

/// What a label index means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelSpace {
    /// The benchmark's 20 classes, 0..20; ignore = -1.
    Scannet20,
    /// PointNet++'s 21 indices for ScanNet v1; 0 = unannotated.
    PointnetV1,
    /// NYU40 ids, 1..=40; 0 = unannotated.
    Nyu40,
    /// ScanNet200's classes, 0..200; ignore = -1.
    Scannet200,
}

/// Two label spaces without a conversion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{from} labels cannot be converted to {to}: ScanNet200 needs the raw names; make the labels from aggregation and label table"
)]
pub struct NoConversion {
    /// Space of the labels.
    pub from: LabelSpace,
    /// Space asked for.
    pub to: LabelSpace,
}

impl LabelSpace {
    /// All spaces.
    pub const ALL: [LabelSpace; 4] =
        [LabelSpace::Scannet20, LabelSpace::PointnetV1, LabelSpace::Nyu40, LabelSpace::Scannet200];

    /// Stable name, as in configuration files.
    pub fn name(self) -> &'static str {
        match self {
            LabelSpace::Scannet20 => "scannet20",
            LabelSpace::PointnetV1 => "pointnet-v1",
            LabelSpace::Nyu40 => "nyu40",
            LabelSpace::Scannet200 => "scannet200",
        }
    }

    /// The index of points without a class.
    pub fn ignore(self) -> i32 {
        match self {
            LabelSpace::Scannet20 | LabelSpace::Scannet200 => -1,
            LabelSpace::PointnetV1 | LabelSpace::Nyu40 => 0,
        }
    }

    /// The valid indices, without the ignore index.
    pub fn classes(self) -> std::ops::Range<i32> {
        match self {
            LabelSpace::Scannet20 => 0..20,
            LabelSpace::PointnetV1 => 1..21,
            LabelSpace::Nyu40 => 1..41,
            LabelSpace::Scannet200 => 0..200,
        }
    }

    /// How many classes there are, without the ignore index.
    pub fn num_classes(self) -> usize {
        self.classes().len()
    }

    /// The class's name; `unannotated` for the ignore index, `None` for numbers outside the space. ScanNet200's names
    /// stand in the label table alone.
    pub fn class_name(self, label: i32) -> Option<&'static str> {
        if label == self.ignore() {
            return Some("unannotated");
        }
        let i = usize::try_from(label).ok()?;
        match self {
            LabelSpace::Scannet20 => scannet20::NAMES.get(i).copied(),
            LabelSpace::PointnetV1 => pointnet_v1::NAMES.get(i).copied(),
            LabelSpace::Nyu40 => nyu40::NAMES.get(i).copied(),
            LabelSpace::Scannet200 => None,
        }
    }

    /// The class of a name, whatever its spelling of refrigerator; `None` if this space has no such class.
    pub fn index_of(self, name: &str) -> Option<i32> {
        let name = canonical_name(name);
        self.classes().find(|&c| self.class_name(c).is_some_and(|n| canonical_name(n) == name))
    }

    /// The official colour: black for ignored points and for numbers outside the space. ScanNet200's classes get
    /// distinct colours of our own, since its official palette is no function of the other spaces.
    pub fn color(self, label: i32) -> [u8; 3] {
        match self {
            LabelSpace::Scannet200 => scannet200::color(label),
            _ => nyu40::color(self.to_nyu40(label)),
        }
    }

    /// Converts one label to another space; classes that the target lacks, and numbers outside this space, become the
    /// target's ignore index.
    ///
    /// # Errors
    /// [`NoConversion`] between ScanNet200 and any other space.
    pub fn convert(self, label: i32, to: LabelSpace) -> Result<i32, NoConversion> {
        if self == to {
            return Ok(if self.classes().contains(&label) { label } else { self.ignore() });
        }
        if self == LabelSpace::Scannet200 || to == LabelSpace::Scannet200 {
            return Err(NoConversion { from: self, to });
        }
        let id = self.to_nyu40(label);
        Ok(match to {
            LabelSpace::Scannet20 => position(&scannet20::NYU40_IDS, id).unwrap_or(-1),
            LabelSpace::PointnetV1 => position(&pointnet_v1::NYU40_IDS, id).unwrap_or(0),
            _ => id,
        })
    }

    /// [`LabelSpace::convert`] of many labels.
    ///
    /// # Errors
    /// As [`LabelSpace::convert`].
    pub fn convert_all(self, labels: &[i32], to: LabelSpace) -> Result<Vec<i32>, NoConversion> {
        // One conversion an index, not one a point.
        let last = self.classes().end;
        let table: Vec<i32> = (0..last).map(|l| self.convert(l, to)).collect::<Result<_, _>>()?;
        let look_up = |&l: &i32| usize::try_from(l).ok().and_then(|i| table.get(i).copied()).unwrap_or(to.ignore());
        Ok(labels.iter().map(look_up).collect())
    }

    fn to_nyu40(self, label: i32) -> i32 {
        let ids: &[i32] = match self {
            LabelSpace::Scannet20 => &scannet20::NYU40_IDS,
            LabelSpace::PointnetV1 => &pointnet_v1::NYU40_IDS,
            LabelSpace::Nyu40 => return if nyu40::is_class(label) { label } else { 0 },
            LabelSpace::Scannet200 => return 0,
        };
        usize::try_from(label).ok().and_then(|i| ids.get(i).copied()).unwrap_or(0)
    }
}

impl std::fmt::Display for LabelSpace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for LabelSpace {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        LabelSpace::ALL.into_iter().find(|l| l.name() == s).ok_or_else(|| {
            let known = LabelSpace::ALL.map(LabelSpace::name).join(", ");
            format!("no label space '{s}'; there are {known}")
        })
    }
}

/// Labels together with the space that gives them meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// What the indices mean.
    pub space: LabelSpace,
    /// One index per point.
    pub index: Vec<i32>,
}

impl Labels {
    /// The same labels in another space.
    ///
    /// # Errors
    /// As [`LabelSpace::convert`].
    pub fn to(&self, space: LabelSpace) -> Result<Labels, NoConversion> {
        Ok(Labels { space, index: self.space.convert_all(&self.index, space)? })
    }
}

/// A class name as this crate writes it: lower case, single spaces, "refrigerator" for its three spellings in
/// circulation ("refridgerator" in NYU40 and in the label table, "refridgerater" in some copies).
pub fn canonical_name(name: &str) -> String {
    let name = name.to_lowercase().replace(['_', '-'], " ");
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.as_str() {
        "refridgerator" | "refridgerater" | "refrigarator" | "fridge" => "refrigerator".to_owned(),
        "shower curtain" | "showercurtain" => "shower curtain".to_owned(),
        "other furniture" | "otherfurn" => "otherfurniture".to_owned(),
        _ => name,
    }
}

fn position(ids: &[i32], id: i32) -> Option<i32> {
    ids.iter().position(|&i| i == id && id != 0).map(|i| i as i32)
}

#[cfg(test)]
mod tests;
