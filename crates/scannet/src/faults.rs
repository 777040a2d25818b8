//! Faults of a scan that do not prevent its use, each reported once per scan with the number of vertices it affects.

use crate::report::count;
use serde::{Deserialize, Serialize};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// Objects are listed twice, as in scene0217_00; the first listing is used.
    DuplicatedObjects,
    /// Objects have segments that the mesh does not have.
    UnknownSegments,
    /// Objects share segments; the later object in the file gets them, as in ScanNet's own scripts.
    SharedSegments,
    /// The segments or objects have the name of another scan.
    OtherScan,
    /// Raw names that the label table does not have; their vertices are ignored.
    UnknownName,
    /// NYU40 ids outside 1..=40, such as 50 and 149 in three scans; their vertices are ignored.
    OddNyu40Id,
    /// The scan has no axis alignment; its coordinates are unaligned.
    NoAxisAlignment,
    /// Only `labels.ply` could be used, so classes are known but instances are not.
    NoInstances,
    /// The scan has no annotation at all.
    NoLabels,
    /// The annotation has no object.
    NoObjects,
    /// Normals were estimated from neighbouring points, since the mesh has no faces.
    NoFaces,
    /// The mesh was read with changes.
    MeshNote,
    /// The scan is so wide that training refuses it; it is hardly in metres.
    TooLarge,
    /// The scan is far too high or too small to be in metres.
    OddSize,
    /// The coordinates lie so far from the origin that `f32` has no millimetres there.
    FarAway,
    /// Another axis than z seems to point up.
    OddAxes,
    /// A few vertices lie far from all others.
    Strays,
    /// Many vertices lie at the same place.
    SamePlace,
}

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The scan cannot be used as it is.
    Error,
    /// It can be used, but something is wrong with it.
    Warning,
    /// A known fault that is handled; there is nothing to do.
    Note,
}

impl FaultKind {
    /// How serious it is.
    pub fn severity(self) -> Severity {
        use FaultKind::*;
        match self {
            TooLarge => Severity::Error,
            NoObjects | UnknownSegments | OtherScan | UnknownName | NoInstances | NoFaces | OddSize | FarAway
            | OddAxes | Strays | SamePlace => Severity::Warning,
            DuplicatedObjects | SharedSegments | OddNyu40Id | NoAxisAlignment | NoLabels | MeshNote => Severity::Note,
        }
    }

    /// What the user can do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            FaultKind::UnknownSegments => "fetch the scan's segs.json and aggregation.json again",
            FaultKind::OtherScan => "check that the files are in the right folder",
            FaultKind::UnknownName => "use the label table as downloaded, or add the name to it",
            FaultKind::NoInstances => "add aggregation.json, segs.json and the label table if you need instances",
            FaultKind::NoFaces => "use the mesh instead of a point cloud if normals matter",
            FaultKind::NoObjects => "fetch its aggregation.json again, or leave the scan out of the split lists",
            FaultKind::TooLarge | FaultKind::OddSize => "convert its coordinates to metres",
            FaultKind::FarAway => {
                "subtract an offset from all its coordinates before export, or export them in 64 bits"
            }
            FaultKind::OddAxes => "turn it so that z points up, or ignore this if it does",
            FaultKind::Strays => "remove them if you can; they hardly change the labels of the others",
            FaultKind::SamePlace => "remove them if they are what a sensor writes where it saw nothing",
            FaultKind::DuplicatedObjects
            | FaultKind::SharedSegments
            | FaultKind::OddNyu40Id
            | FaultKind::NoAxisAlignment
            | FaultKind::NoLabels
            | FaultKind::MeshNote => "nothing to do",
        }
    }
}

/// One fault of one scan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Number of vertices whose label, instance or position it affects.
    pub vertices: usize,
    /// Names and numbers. Manifests have this text, so its wording stays the same.
    pub detail: String,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, vertices: usize, detail: impl Into<String>) -> Self {
        Fault { kind, vertices, detail: detail.into() }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.vertices {
            0 => f.write_str(&self.detail),
            some => write!(f, "{} ({})", self.detail, count(some, "vertex|vertices")),
        }
    }
}
