//! Modules on rows of point features.

mod dropout;
mod norm;
mod shared_mlp;

pub use dropout::PointDropout;
pub use norm::{PointNorm, PointNormConfig};
pub use shared_mlp::{SharedMlp, SharedMlpConfig};
