//! ScanNet on disk: formats, label spaces, splits, verification, preprocessing and the prepared-scene store.
//!
//! | to | use |
//! |---|---|
//! | read any PLY mesh or cloud, or write ScanNet's | [`read_mesh`], [`write_mesh`], [`write_labels_ply`] |
//! | save a coloured prediction | [`write_colored_cloud`] |
//! | read and write a scan's annotation and meta file | [`Segments`], [`Aggregation`], [`ScanMeta`] |
//! | look up raw names | [`LabelTable`] |
//! | know what a label index means, or convert it | [`LabelSpace`], [`Labels`] |
//! | find scans, splits and the label table in a download | [`RawDataset`], [`Splits`] |
//! | check a download before hours of work | [`verify()`] |
//! | prepare scans for training, in Pointcept's layout | [`preprocess`](preprocess()), [`merge_manifests`] |
//! | read prepared scenes, this crate's or Pointcept's | [`PreparedStore`], [`Scene`] |
//! | count points and classes | [`split_stats`], [`SceneStats`] |
//! | export predictions and annotations to the benchmark | [`write_benchmark_labels`], [`write_benchmark_truth`], [`check_submission`] |
//! | write any output file whole or not at all | [`atomic`] |
//!
//! Not for: `.sens` captures, RGB-D frames, and the network's input (crops, augmentation), which is made from
//! [`Scene`]s elsewhere.
//!
//! Every error names the file, what is wrong with it and what to do. No count in a file's header is trusted: all are
//! checked against the bytes that are there before anything is allocated.
//!
//! ```no_run
//! use scannet::{PreparedStore, PreprocessOptions, RawDataset, RawOptions, Split, VerifyOptions, preprocess, verify};
//!
//! let raw = RawDataset::open("ScanNet", &RawOptions::default())?;
//! println!("{}", verify(&raw, &VerifyOptions::default(), &|_, _| {}));
//! let outcome = preprocess(&raw, "prepared", &PreprocessOptions::default(), &|p| eprintln!("{}/{}", p.finished, p.total))?;
//! for (scan, error) in &outcome.failed {
//!     eprintln!("{scan}: {error}");
//! }
//! let store = PreparedStore::open("prepared")?;
//! for id in store.scenes(Split::Val) {
//!     println!("{id}: {} points", store.load(Split::Val, id)?.coord.len());
//! }
//! # Ok::<(), scannet::Error>(())
//! ```

#![warn(missing_docs)]

pub mod annotation;
pub mod atomic;
pub mod benchmark;
pub mod error;
pub mod faults;
pub mod label_space;
pub mod label_table;
pub mod manifest;
pub mod mesh;
pub mod meta;
pub mod npy;
pub mod preprocess;
pub mod raw;
pub mod report;
pub mod scan;
pub mod scan_labels;
mod source;
pub mod splits;
pub mod stats;
pub mod store;
pub mod verify;

pub use annotation::{Aggregation, SegGroup, Segments};
pub use benchmark::{ExpectedScan, check_submission, write_benchmark_labels, write_benchmark_truth};
pub use error::{Error, Problem, Result};
pub use faults::{Fault, FaultKind, Severity};
pub use label_space::{LabelSpace, Labels};
pub use label_table::{LabelRow, LabelTable};
pub use manifest::{Manifest, ScanEntry, Shard, merge_manifests};
pub use mesh::{ColoredCloud, Mesh, parse_mesh, read_mesh, write_colored_cloud, write_labels_ply, write_mesh};
pub use meta::ScanMeta;
pub use preprocess::{Outcome, PreprocessOptions, Progress, ScanState, preprocess};
pub use raw::{RawDataset, RawOptions, ScanFiles};
pub use report::{Finding, Report};
pub use scan::RawScan;
pub use scan_labels::ScanLabels;
pub use source::sha256_hex;
pub use splits::{Release, Split, Splits};
pub use stats::{SceneStats, SplitStats, split_stats};
pub use store::{Parts, PreparedStore, Scene, SceneId};
pub use verify::{VerifyOptions, verify};
