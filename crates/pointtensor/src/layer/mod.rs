//! Layers on rows of point features.

mod norm;
mod shared_mlp;

pub use norm::{PointNorm, PointNormConfig};
pub use shared_mlp::{SharedMlp, SharedMlpConfig};
