//! Generated rooms, scanned by virtual sensors, in ScanNet's raw layout.
//!
//! ScanNet may not be redistributed, so demonstrations, tests, first steps and models that may be passed on need other
//! data. This crate generates furnished rooms of twelve kinds, which together contain all twenty benchmark classes, some
//! with other rooms behind their doors. A virtual depth camera with the faults of a real one (occlusion, lost pixels,
//! noise that grows with distance, drifting and sometimes lost poses) scans them, or a part of them. The depth images are fused into a mesh with a spacing of 2 cm, which is tilted by up to 2 %, bent by
//! centimetres, littered with a few stray triangles, over-segmented, and annotated as imperfectly as by people. Other
//! [`Sensor`]s give other scans of the same rooms: a phone, a laser scanner on a tripod, photogrammetry.
//!
//! | to | use |
//! |---|---|
//! | write a data set that any ScanNet reader can read | [`generate`] |
//! | generate one scan in memory | [`generate_scan`] |
//! | look at a scan | the crate `scanview` |
//!
//! ```
//! use roomscan::{RoomsConfig, generate_scan};
//!
//! // coarse, so that it takes a moment only
//! let config = RoomsConfig { spacing: 0.08, views: 16, missed: 0.0, ..RoomsConfig::default() };
//! let room = generate_scan(0, 0, &config)?;
//! assert_eq!(room.scan, "scene9000_00");
//! assert_eq!(room.nyu40().len(), room.coord.len());
//! assert!(room.objects.iter().any(|object| object.name == "bed"));
//! # Ok::<(), roomscan::RoomError>(())
//! ```
//!
//! The same seed gives the same bytes at any number of threads. (On another platform the last bits may differ, because
//! its mathematics library does.)
//!
//! Do not use it to measure how good a network is: generated rooms are easier than real ones, and accuracies on them
//! cannot be compared with published ones.

#![warn(missing_docs)]

mod config;
mod dice;
mod edition;
mod math;
mod models;
mod names;
mod output;
mod room;
mod rooms;
mod scan;
mod scene;
mod segment;
mod sensor;

pub use config::{BENCHMARKS, RoomError, RoomsConfig, ScanSummary, ScanWritten, Summary};
pub use edition::Edition;
pub use names::{BENCHMARK_IDS, RAW_NAMES, nyu40_id};
pub use output::generate;
pub use room::{RoomObject, ScannedRoom, generate_scan};
pub use rooms::RoomKind;
pub use sensor::Sensor;
