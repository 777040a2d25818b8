//! Points for networks: random crops for training, tiles that cover a scene for everything else.

pub mod augment;
mod batch;
mod blocks;
mod column;
mod crop;
mod deal;
mod draw;
mod grid;
mod index;
mod occupancy;
mod points;
mod tile;

pub(crate) use augment::{Augmenter, rotate};
pub(crate) use batch::{Batch, NetworkInput};
pub(crate) use column::Column;
pub(crate) use crop::{Crop, LossWeights, random_crop};
pub(crate) use draw::Cells;
pub(crate) use grid::{columns, grids};
pub(crate) use index::ColumnIndex;
pub(crate) use points::{InputPoints, times};
pub(crate) use tile::{Tile, cover_column, draw_tile};
