//! Cabinets, shelves and refrigerators.

mod cabinet;
mod refrigerator;
mod shelf;

pub(super) use cabinet::carcass;
pub(crate) use cabinet::{built_in_cabinet, cabinet, corner_cabinet, file_cabinet, lockers};
pub(crate) use refrigerator::refrigerator;
pub(crate) use shelf::{bookshelf, shelving, wall_shelf};
