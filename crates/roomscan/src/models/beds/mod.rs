//! Beds, and what stands beside them.

mod bed;
mod frames;
mod stand;

pub(crate) use bed::bed;
pub(crate) use stand::{dresser, nightstand};
