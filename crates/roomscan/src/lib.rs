//! Generated rooms, scanned by a virtual depth camera, in ScanNet's raw layout.
//!
//! ScanNet may not be redistributed, so this crate makes rooms of its own for demonstrations, tests and first steps:
//! furnished rooms of six kinds with all twenty benchmark classes, seen through a depth camera with a real one's faults
//! (occlusion, lost pixels, noise that grows with distance, drifting poses), fused into a mesh of 2 cm spacing,
//! over-segmented and annotated as imperfectly as people do it.
//!
//! | to | use |
//! |---|---|
//! | write a data set that every ScanNet reader takes | [`generate`] |
//! | have one scan in memory | [`generate_scan`] |
//! | look at it | [`preview`](preview()) and [`write_png`] |
//!
//! The same seed gives the same bytes at any number of threads. (Across platforms the last bits may differ where their
//! mathematics libraries do.)
//!
//! Not for: measuring how good a network is. Generated rooms are easier than real ones and tell nothing about
//! published numbers.

#![warn(missing_docs)]

mod config;
mod dice;
mod math;
mod models;
mod names;
mod output;
mod preview;
mod room;
mod rooms;
mod scan;
mod scene;
mod segment;
mod union;

pub use config::{Progress, RoomError, RoomsConfig, ScanSummary, Summary};
pub use names::{BENCHMARK_IDS, RAW_NAMES, nyu40_id};
pub use output::generate;
pub use preview::{Paint, Viewpoint, preview, preview_mesh, side_by_side, write_png};
pub use room::{RoomObject, ScannedRoom, generate_scan};
pub use rooms::RoomKind;
