//! Points for networks: random crops for training, tiles that cover a scene for everything else.

mod augment;
mod batch;
mod crop;
mod tile;

pub use crop::Crop;
pub use tile::Tile;

pub(crate) use augment::augment;
pub(crate) use batch::{Batch, Geometry};
pub(crate) use crop::random_crop;
pub(crate) use tile::{columns, cover_column, draw_tile};

use crate::scene::ScenePoints;

/// Indices of the points of a scene inside a column, widened by a margin on all sides.
fn inside(scene: &ScenePoints, low: [f32; 3], high: [f32; 3], margin: f32) -> Vec<usize> {
    let within = |p: &[f32; 3]| (0..3).all(|a| p[a] >= low[a] - margin && p[a] <= high[a] + margin);
    scene.coord.iter().enumerate().filter(|(_, p)| within(p)).map(|(i, _)| i).collect()
}
