//! ScanNet on disk: formats, splits, verification, preprocessing and prepared scenes.
//!
//! A download of ScanNet is a [`RawDataset`]. [`verify()`] says what is wrong with it, and [`preprocess()`] turns its
//! scans into a [`PreparedStore`]: arrays in Pointcept's layout, which load in milliseconds. Which classes the labels
//! mean is up to a [`LabelSet`](labelset::LabelSet).
//!
//! ```no_run
//! use labelset::LabelSet;
//! use scannet::*;
//!
//! let raw = RawDataset::open("ScanNet", &RawOptions::default())?;
//! println!("{}", verify(&raw, &VerifyOptions::default(), &|_, _| {}));
//! let options = PreprocessOptions::default();
//! let outcome = preprocess(&raw, "prepared", &options, &|p| eprintln!("{}/{}", p.finished, p.total))?;
//! for (scan, error) in &outcome.failed {
//!     eprintln!("{scan}: {error}");
//! }
//!
//! let store = PreparedStore::open("prepared")?;
//! let labels = LabelSet::scannet20();
//! for id in store.scenes(Split::Val) {
//!     let scene = store.load_arrays(Split::Val, id, &Arrays { labels: Some(&labels), ..Arrays::default() })?;
//!     let first = scene.segment.map_or("without labels", |classes| labels.name_of(classes[0]));
//!     println!("{id}: {} points, the first {first}", scene.coord.len());
//! }
//! # Ok::<(), scannet::Error>(())
//! ```
//!
//! | to | use |
//! |---|---|
//! | find scans, splits and the label table in a download | [`RawDataset`], [`Splits`] |
//! | check a download, or a store, before hours of work | [`verify()`], [`verify_store()`] |
//! | prepare scans for training | [`preprocess()`], [`merge_manifests`] |
//! | read prepared scenes, of this crate or of Pointcept | [`PreparedStore`], [`Scene`] |
//! | count points and classes | [`split_stats`], [`SceneStats`] |
//! | submit to the benchmark | [`write_benchmark_labels`], [`write_benchmark_truth`], [`check_submission`] |
//! | read any PLY mesh or cloud, or write ScanNet's | [`read_mesh`], [`read_scan`], [`write_mesh`], [`write_labels_ply`] |
//! | save a coloured prediction | [`write_colored_cloud`] |
//! | get unit normals of a mesh or cloud | [`normals()`] |
//! | read and write the annotation and meta file of a scan | [`Segments`], [`Aggregation`], [`ScanMeta`] |
//! | look up the raw names of annotations | [`LabelTable`] |
//! | write any output file or folder completely or not at all | [`atomic`], [`write_folder`] |
//! | keep other writers out of a folder | [`FolderLock`] |
//! | tell whether a file belongs to a data set | [`data_set_of`] |
//! | read any input file, unless it is a pipe or absurdly large | [`source`] |
//!
//! `.sens` captures and RGB-D frames are out of scope, and so is the input of networks (crops, augmentation), which is
//! made from [`Scene`]s elsewhere.
//!
//! Every [`Error`] says what is wrong, what to do, and which file it is about. No count in a file's header is trusted:
//! all are checked against the bytes that are there before memory is allocated.

#![warn(missing_docs)]

mod annotation;
pub mod atomic;
mod benchmark;
mod error;
mod extent;
mod faults;
mod folder;
mod foreign;
mod label_table;
mod lock;
mod manifest;
mod mesh;
pub mod meta;
mod normals;
pub mod npy;
mod owner;
mod preprocess;
mod raw;
mod record;
mod report;
mod scan;
mod scan_labels;
mod shard;
pub mod source;
mod splits;
mod stats;
mod store;
mod verify;
mod verify_store;

pub use annotation::{Aggregation, SegGroup, Segments};
pub use benchmark::{ExpectedScan, check_submission, write_benchmark_labels, write_benchmark_truth};
pub use error::{Error, Problem, Result};
pub use extent::coordinate_faults;
pub use faults::{Fault, FaultKind, Severity};
pub use folder::{remove_temporaries, write_folder};
pub use foreign::{COORDINATES, Foreign, TextScan, broken, text_scan};
pub use label_table::{LabelRow, LabelTable};
pub use lock::FolderLock;
pub use manifest::{FailedScan, Manifest, ScanEntry, ScanList, Shard, WrittenFile, merge_manifests};
#[doc(hidden)]
pub use mesh::parse_mesh_by_record;
pub use mesh::{
    ColorRange, ColoredCloud, LeaveOut, MAX_COORDINATE, Mesh, Units, check_mesh, check_scale, color_bytes, in_metres,
    near_origin, offset_note, parse_mesh, read_mesh, read_scan, unplaced_note, vertex_count, write_colored_cloud,
    write_labels_ply, write_mesh,
};
pub use meta::ScanMeta;
pub use normals::{Normals, normals};
pub use owner::{data_set_of, prepared_folder};
pub use preprocess::{PreprocessOptions, PreprocessOutcome, PreprocessProgress, ScanState, preprocess};
pub use raw::{INCOMPLETE, RawDataset, RawOptions, ScanFiles};
pub use report::{Finding, Report, count};
pub use scan::SourceHash;
pub use scan_labels::ScanLabels;
pub use source::sha256_hex;
pub use splits::{Release, Split, Splits};
pub use stats::{SceneStats, SplitStats, split_stats};
pub use store::{Arrays, PreparedStore, Scene, SceneId};
pub use verify::{VerifyOptions, verify};
pub use verify_store::{FilesChecked, verify_store};
