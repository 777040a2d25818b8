//! ScanNet on disk: formats, label spaces, splits, verification, preprocessing and the prepared-scene store.

#![warn(missing_docs)]

pub mod annotation;
pub mod atomic;
pub mod error;
pub mod label_space;
pub mod label_table;
pub mod mesh;
pub mod meta;
mod source;

pub use annotation::{Aggregation, SegGroup, Segments};
pub use error::{Error, Problem, Result};
pub use label_space::{LabelSpace, Labels};
pub use label_table::{LabelRow, LabelTable};
pub use mesh::{ColoredCloud, Mesh, parse_mesh, read_mesh, write_colored_cloud, write_labels_ply, write_mesh};
pub use meta::ScanMeta;
pub use source::sha256_hex;
