//! Configuration, summaries and errors.

use crate::edition::Edition;
use crate::rooms::RoomKind;
use crate::sensor::Sensor;
use scannet::Split;
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
    /// Test scans, numbered after the validation scans. Unlike ScanNet's, they have labels.
    pub test: usize,
    /// Seed of all random choices.
    pub seed: u64,
    /// The sensors that scan the rooms; not empty. The scans of a split take them in turn, so that after a while each
    /// kind of room was scanned by each. A sensor may be named several times to be taken more often.
    pub sensors: Vec<Sensor>,
    /// Spacing of the mesh's vertices in metres, 0.01 to 0.1: there is about one vertex per `spacing`². The number of
    /// vertices, memory and time are inversely proportional to its square. The mesh of a phone is coarser: 1.6 times
    /// `spacing`. The rays of a laser scanner are `spacing` apart at 3 m and their distance grows with that to the
    /// tripod; at most one point is kept in each cube of this size. At 0.02, neighbours are 1 to 2 cm apart up to 3 m from
    /// the tripod, and 5 cm at 8 m.
    pub spacing: f32,
    /// Number of depth images or photographs per scan, 8 to 200. With fewer, more of the room stays unseen. A phone
    /// takes three quarters of them; a laser scanner does not use it.
    pub views: usize,
    /// Strength of sensor noise, pose drift, colour noise, tilt, bends and strays, 0 (none) to 3. 1 is like the real
    /// sensors.
    pub noise: f32,
    /// Fraction of segments that the annotation misses, 0 to 1. It misses whole objects too: ten
    /// times this fraction of those with a single segment, this fraction of those with ten, and less of larger ones.
    pub missed: f32,
    /// How the rooms are furnished and scanned.
    #[serde(skip_serializing_if = "Edition::is_first")]
    pub edition: Edition,
    /// Whether to write into a folder that contains other files, and to replace rooms of another configuration.
    pub overwrite: bool,
}

impl Default for RoomsConfig {
    fn default() -> Self {
        RoomsConfig {
            train: 24,
            val: 6,
            test: 0,
            seed: 0,
            sensors: vec![Sensor::DepthCamera],
            spacing: 0.02,
            views: 64,
            noise: 1.0,
            missed: 0.02,
            edition: Edition::First,
            overwrite: false,
        }
    }
}

/// Names of the fixed sets of rooms, see [`RoomsConfig::benchmark`].
pub const BENCHMARKS: [&str; 2] = ["rooms-v1", "rooms-v2"];

impl RoomsConfig {
    /// A fixed set of rooms, on which results can be compared. `rooms-v1` has 200 training, 40 validation and 40 test
    /// scans at a spacing of 2 cm, each third by another sensor. `rooms-v2` has 400, 40 and 40 of the second edition: two
    /// of six by the depth camera, two by the phone, one by the laser scanner, one from photographs.
    pub fn benchmark(name: &str) -> Option<Self> {
        use Sensor::{DepthCamera, LaserScanner, PhoneLidar, Photogrammetry};
        let usual = Self::default();
        let three = vec![DepthCamera, PhoneLidar, LaserScanner];
        let six = vec![DepthCamera, PhoneLidar, LaserScanner, DepthCamera, PhoneLidar, Photogrammetry];
        match name {
            "rooms-v1" => Some(RoomsConfig { train: 200, val: 40, test: 40, seed: 1, sensors: three, ..usual }),
            "rooms-v2" => {
                let edition = Edition::Second;
                Some(RoomsConfig {
                    train: 400,
                    val: 40,
                    test: 40,
                    seed: 2,
                    sensors: six,
                    missed: 0.05,
                    edition,
                    ..usual
                })
            }
            _ => None,
        }
    }

    /// The most scans in a data set: scene numbers have four digits and start at 9000.
    pub const MOST_SCANS: usize = 1000;

    /// Checks that all values are within the ranges in the fields' documentation.
    ///
    /// # Errors
    /// [`RoomError::Config`], which names the field.
    pub fn check(&self) -> Result<(), RoomError> {
        let fault = |field, detail: String| Err(RoomError::Config { field, detail });
        if self.scans() == 0 {
            return fault("train", "train, val and test are all 0: ask for at least one scan".into());
        }
        if self.scans() > Self::MOST_SCANS {
            let Self { train, val, test, .. } = self;
            return fault("train", format!("{train} + {val} + {test} scans; at most {} in total", Self::MOST_SCANS));
        }
        if self.sensors.is_empty() {
            return fault("sensors", format!("the list is empty; name at least one of {}", Sensor::names()));
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

    /// Number of scans of all splits.
    pub fn scans(&self) -> usize {
        self.train.saturating_add(self.val).saturating_add(self.test)
    }

    /// The split of scan `index`, and its index in it.
    pub fn split(&self, index: usize) -> (Split, usize) {
        match index.checked_sub(self.train) {
            None => (Split::Train, index),
            Some(index) if index < self.val => (Split::Val, index),
            Some(index) => (Split::Test, index - self.val),
        }
    }

    /// The kind of room of scan `index`, see [`RoomKind::of_scan`].
    pub fn kind(&self, index: usize) -> RoomKind {
        RoomKind::of_scan(self.split(index).1)
    }

    /// The sensor of scan `index`. Each split cycles through [`sensors`](Self::sensors), and skips one after each
    /// eighteen scans, so that it does not keep pace with the kinds of rooms.
    ///
    /// # Panics
    /// If there is no sensor.
    pub fn sensor(&self, index: usize) -> Sensor {
        let (_, j) = self.split(index);
        self.sensors[(j + j / 18) % self.sensors.len()]
    }
}

/// Progress of [`generate`](crate::generate): a scan has been written.
#[derive(Clone, Debug)]
pub struct ScanWritten {
    /// Number of scans written so far, including this one. Scans finish in any order.
    pub done: usize,
    /// Number of scans to write.
    pub total: usize,
    /// Name of the scan, such as `scene9003_00`.
    pub scan: String,
    /// Number of vertices of the scan.
    pub vertices: usize,
}

/// What [`generate`](crate::generate) wrote.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// All scans, in order.
    pub scans: Vec<ScanSummary>,
    /// Number of scans that an earlier run had written.
    pub kept: usize,
    /// Number of vertices of each NYU40 id in all scans. Index 0 counts those without annotation.
    pub vertices_of_id: Vec<u64>,
    /// Number of vertices in all scans.
    pub vertices: u64,
    /// Fraction of vertices outside the twenty benchmark classes.
    pub unlabeled: f64,
    /// SHA-256 of the files of all scans, in hexadecimal: of their own hashes, in order.
    pub sha256: String,
}

/// One scan of a [`Summary`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScanSummary {
    /// Name of the scan, such as `scene9003_00`.
    pub scan: String,
    /// The kind of room, see [`RoomKind::scene_type`].
    pub scene_type: &'static str,
    /// The split that it belongs to.
    pub split: Split,
    /// The sensor that scanned it.
    pub sensor: Sensor,
    /// Number of vertices.
    pub vertices: usize,
    /// Number of triangles of the mesh; 0 for a laser scanner.
    pub faces: usize,
    /// Number of annotated objects.
    pub objects: usize,
    /// Number of segments of the over-segmentation.
    pub segments: usize,
    /// Median length of the mesh's edges in metres; 0 without faces.
    pub median_edge: f32,
}

/// Why rooms were not generated.
#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    /// A value is out of range.
    #[error("rooms: `{field}` is out of range: {detail}")]
    Config {
        /// The field of [`RoomsConfig`].
        field: &'static str,
        /// The value and its range.
        detail: String,
    },
    /// The output folder contains files of somebody else.
    #[error(
        "the folder is not empty and was not made by roomscan (it has no {marker}); choose an empty folder, or set \
         `overwrite` to write into it anyway: {}", path.display()
    )]
    NotOurs {
        /// Name of the file that marks folders made by this crate.
        marker: &'static str,
        /// The folder.
        path: PathBuf,
    },
    /// The output folder contains other rooms.
    #[error(
        "the folder has rooms of another configuration ({difference}); choose another folder, ask for the same rooms, \
         or replace them with `overwrite` (--overwrite): {}", path.display()
    )]
    Differs {
        /// What differs first.
        difference: String,
        /// The folder.
        path: PathBuf,
    },
    /// The output folder cannot be read.
    #[error("cannot read the output folder ({cause}); check the path and its permissions: {}", path.display())]
    Read {
        /// The error of the operating system.
        cause: std::io::Error,
        /// The folder.
        path: PathBuf,
    },
    /// A scan of an earlier run cannot be removed.
    #[error("cannot remove a scan of an earlier run ({cause}); remove it by hand: {}", path.display())]
    Remove {
        /// The error of the operating system.
        cause: std::io::Error,
        /// The folder.
        path: PathBuf,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] scannet::Error),
}
