//! ScanNet on disk: formats, label spaces, splits, verification, preprocessing and the prepared-scene store.

#![warn(missing_docs)]

pub mod annotation;
pub mod atomic;
pub mod error;
pub mod faults;
pub mod label_space;
pub mod label_table;
pub mod mesh;
pub mod meta;
pub mod npy;
pub mod raw;
pub mod scan_labels;
mod source;
pub mod splits;

pub use annotation::{Aggregation, SegGroup, Segments};
pub use error::{Error, Problem, Result};
pub use faults::{Fault, FaultKind};
pub use label_space::{LabelSpace, Labels};
pub use label_table::{LabelRow, LabelTable};
pub use mesh::{ColoredCloud, Mesh, parse_mesh, read_mesh, write_colored_cloud, write_labels_ply, write_mesh};
pub use meta::ScanMeta;
pub use raw::{RawDataset, RawOptions, ScanFiles};
pub use scan_labels::ScanLabels;
pub use source::sha256_hex;
pub use splits::{Release, Split, Splits};
