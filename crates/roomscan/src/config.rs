//! What to generate, what came of it, and what can go wrong.

use crate::rooms::RoomKind;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How many rooms to make and how to scan them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoomsConfig {
    /// Training scans: `scene9000_00`, `scene9001_00`, ….
    pub train: usize,
    /// Validation scans, numbered after the training scans.
    pub val: usize,
    /// Decides everything that is drawn by chance.
    pub seed: u64,
    /// Spacing of the mesh's vertices, metres, 0.01 to 0.1: about one vertex on each `spacing` squared. Vertices, memory
    /// and time grow with its inverse square.
    pub spacing: f32,
    /// Depth images a scan: 8 to 200. Fewer leave more of the room unseen.
    pub views: usize,
    /// Strength of sensor noise, pose drift and colour noise: 0 (none) to 3; 1 is like the real sensor.
    pub noise: f32,
    /// Share of segments that the annotation forgets, 0 to 1.
    pub missed: f32,
    /// Write into a folder that holds other things.
    pub overwrite: bool,
}

impl Default for RoomsConfig {
    fn default() -> Self {
        RoomsConfig { train: 24, val: 6, seed: 0, spacing: 0.02, views: 64, noise: 1.0, missed: 0.02, overwrite: false }
    }
}

impl RoomsConfig {
    /// Scene numbers have four digits and start at 9000.
    pub const MOST_SCANS: usize = 1000;

    /// Refuses values outside the ranges that the fields document.
    ///
    /// # Errors
    /// [`RoomError::Config`] names the field.
    pub fn check(&self) -> Result<(), RoomError> {
        let fault = |field, detail: String| Err(RoomError::Config { field, detail });
        if self.train.saturating_add(self.val) == 0 {
            return fault("train", "train and val are both 0: ask for at least one scan".into());
        }
        if self.train.saturating_add(self.val) > Self::MOST_SCANS {
            let detail = format!("{} + {} scans; at most {} in all", self.train, self.val, Self::MOST_SCANS);
            return fault("train", detail);
        }
        if !(0.01..=0.1).contains(&self.spacing) {
            return fault("spacing", format!("{} m; give 0.01 to 0.1", self.spacing));
        }
        if !(8..=200).contains(&self.views) {
            return fault("views", format!("{}; give 8 to 200", self.views));
        }
        if !(0.0..=3.0).contains(&self.noise) {
            return fault("noise", format!("{}; give 0 to 3", self.noise));
        }
        if !(0.0..=1.0).contains(&self.missed) {
            return fault("missed", format!("{}; give 0 to 1", self.missed));
        }
        Ok(())
    }

    /// What the room of scan `index` is for. Each split goes through all kinds in turn, so that six scans of a split
    /// hold all twenty classes.
    pub fn kind(&self, index: usize) -> RoomKind {
        let in_split = if index < self.train { index } else { index - self.train };
        RoomKind::ALL[in_split % RoomKind::ALL.len()]
    }
}

/// A scan has been written.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Scans written so far, this one included. Scans finish in any order.
    pub done: usize,
    /// Scans asked for.
    pub total: usize,
    /// The scan, such as `scene9003_00`.
    pub scan: String,
    /// Its vertices.
    pub vertices: usize,
}

/// What [`generate`](crate::generate) wrote.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// One entry a scan, in order.
    pub scans: Vec<ScanSummary>,
    /// Vertices of each NYU40 id over all scans, index 0 being those without annotation.
    pub vertices_of_id: Vec<u64>,
    /// Vertices of all scans.
    pub vertices: u64,
    /// Share of vertices outside the twenty benchmark classes.
    pub unlabeled: f64,
}

/// One scan of a [`Summary`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScanSummary {
    /// The scan, such as `scene9003_00`.
    pub scan: String,
    /// What the room is for.
    pub scene_type: &'static str,
    /// Whether it belongs to the validation split.
    pub val: bool,
    /// Vertices of the mesh.
    pub vertices: usize,
    /// Triangles of the mesh.
    pub faces: usize,
    /// Annotated objects.
    pub objects: usize,
    /// Segments of the over-segmentation.
    pub segments: usize,
    /// Median edge of the mesh, metres.
    pub median_edge: f32,
}

/// Why rooms were not generated.
#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    /// A value that makes no sense.
    #[error("rooms: `{field}` is out of range: {detail}")]
    Config {
        /// The field of [`RoomsConfig`].
        field: &'static str,
        /// What it is and what it may be.
        detail: String,
    },
    /// The output folder holds something else.
    #[error(
        "the folder is not empty and was not made by roomscan (it has no {marker}); choose an empty folder, or set \
         overwrite to write into it all the same: {}", path.display()
    )]
    NotOurs {
        /// Name of the file by which the crate knows its own folders.
        marker: &'static str,
        /// The folder.
        path: PathBuf,
    },
    /// The folder cannot be looked at.
    #[error("cannot read the output folder ({source}); check the path and its permissions: {}", path.display())]
    Read {
        /// What the system says.
        source: std::io::Error,
        /// The folder or file.
        path: PathBuf,
    },
    /// A scan of an earlier run cannot be taken away.
    #[error("cannot remove a scan of an earlier run ({source}); remove it by hand: {}", path.display())]
    Remove {
        /// What the system says.
        source: std::io::Error,
        /// The folder.
        path: PathBuf,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] scannet::Error),
    /// A picture cannot be encoded or written.
    #[error("cannot write the picture ({detail}): {}", path.display())]
    Picture {
        /// What the encoder says.
        detail: String,
        /// The file.
        path: PathBuf,
    },
}
