//! Faults of a scan's annotation that do not stop it from being used, once per scan, with the vertices they touch.

use serde::{Deserialize, Serialize};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// Objects are listed twice, as in scene0217_00; the first listing counts.
    DuplicatedObjects,
    /// Objects name segments that the mesh does not have.
    UnknownSegments,
    /// Objects share segments; the later one in the file has them, as in ScanNet's own scripts.
    SharedSegments,
    /// The segments or objects carry the name of another scan.
    OtherScan,
    /// Raw names that the label table does not have; their vertices are ignored.
    UnknownName,
    /// NYU40 ids outside 1..=40, such as the 50 and 149 of three scans; their vertices are ignored.
    OddNyu40Id,
    /// The scan has no axis alignment; the identity was used.
    NoAxisAlignment,
    /// Only `labels.ply` could be used: classes are known, instances are not.
    NoInstances,
    /// The scan has no annotation at all.
    NoLabels,
    /// Normals come from neighbouring points, since the mesh has no faces.
    NoFaces,
    /// The mesh was read with changes.
    MeshNote,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The scan cannot be used as it is.
    Error,
    /// It can be used, but not all of it is as it should be.
    Warning,
    /// Known and handled; nothing to do.
    Note,
}

impl FaultKind {
    /// How much it matters.
    pub fn severity(self) -> Severity {
        use FaultKind::*;
        match self {
            UnknownSegments | OtherScan | UnknownName | NoInstances | NoFaces => Severity::Warning,
            DuplicatedObjects | SharedSegments | OddNyu40Id | NoAxisAlignment | NoLabels | MeshNote => Severity::Note,
        }
    }

    /// What the user can do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            FaultKind::UnknownSegments => "fetch the scan's segs.json and aggregation.json again",
            FaultKind::OtherScan => "check that the files stand in the right folder",
            FaultKind::UnknownName => "use the label table as downloaded, or add the name to it",
            FaultKind::NoInstances => "add aggregation.json, segs.json and the label table for instances",
            FaultKind::NoFaces => "use the mesh rather than a point cloud if normals matter",
            FaultKind::DuplicatedObjects
            | FaultKind::SharedSegments
            | FaultKind::OddNyu40Id
            | FaultKind::NoAxisAlignment
            | FaultKind::NoLabels
            | FaultKind::MeshNote => "nothing: it is handled",
        }
    }
}

/// One fault of one scan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Vertices whose label, instance or place it touches.
    pub vertices: usize,
    /// Names and numbers.
    pub detail: String,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, vertices: usize, detail: impl Into<String>) -> Self {
        Fault { kind, vertices, detail: detail.into() }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({} vertices)", self.detail, self.vertices)
    }
}
