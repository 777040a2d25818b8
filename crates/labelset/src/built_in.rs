//! The sets that come with the program, each parsed once.

use crate::{LabelSet, file};
use std::sync::OnceLock;

/// A built-in set: its file, and the set once somebody asked for it.
struct BuiltIn(&'static str, OnceLock<LabelSet>);

impl BuiltIn {
    fn get(&self) -> LabelSet {
        let parse = || file::parse(self.0).unwrap_or_else(|e| panic!("a built-in label set is damaged: {e}"));
        self.1.get_or_init(parse).clone()
    }
}

static POINTNET_V1: BuiltIn = BuiltIn(include_str!("../../../datasets/labels/pointnet-v1.toml"), OnceLock::new());
static SCANNET20: BuiltIn = BuiltIn(include_str!("../../../datasets/labels/scannet20.toml"), OnceLock::new());
static SCANNET200: BuiltIn = BuiltIn(include_str!("../../../datasets/labels/scannet200.toml"), OnceLock::new());
static NYU40: BuiltIn = BuiltIn(include_str!("../../../datasets/labels/nyu40.toml"), OnceLock::new());

impl LabelSet {
    /// Names of the built-in sets.
    pub const BUILT_IN: [&'static str; 4] = ["pointnet-v1", "scannet20", "scannet200", "nyu40"];

    /// Returns the built-in set of this name.
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            "pointnet-v1" => Some(Self::pointnet_v1()),
            "scannet20" => Some(Self::scannet20()),
            "scannet200" => Some(Self::scannet200()),
            "nyu40" => Some(Self::nyu40()),
            _ => None,
        }
    }

    /// The 20 classes of ScanNet in the order of PointNet++'s code, with its calibration weights. Output 0 of a network
    /// is "unannotated", so that its outputs are the label values of that code.
    pub fn pointnet_v1() -> Self {
        POINTNET_V1.get()
    }

    /// The 20 classes of the ScanNet benchmark, in its order, with NYU40 ids.
    pub fn scannet20() -> Self {
        SCANNET20.get()
    }

    /// The 200 classes of ScanNet200 in the order of their ids in the label table, in the groups head, common and tail.
    pub fn scannet200() -> Self {
        SCANNET200.get()
    }

    /// The 40 classes of NYU Depth v2. Label values are the ids 1 to 40, and all other values are ignored.
    pub fn nyu40() -> Self {
        NYU40.get()
    }
}
