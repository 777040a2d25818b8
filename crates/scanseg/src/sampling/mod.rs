//! Points for networks: random crops for training, tiles that cover a scene for everything else.

mod augment;
mod batch;
mod crop;
mod points;
mod tile;

pub(crate) use augment::augment;
pub(crate) use batch::{Batch, NetworkInput};
pub(crate) use crop::{Crop, LossWeights, random_crop};
pub(crate) use points::InputPoints;
pub(crate) use tile::{Tile, columns, cover_column, draw_tile};

use crate::scene::ScenePoints;

/// Indices of the points of a scene inside a column, widened by a margin on all sides.
fn inside(scene: &ScenePoints, low: [f32; 3], high: [f32; 3], margin: f32) -> Vec<usize> {
    let within = |p: &[f32; 3]| (0..3).all(|a| p[a] >= low[a] - margin && p[a] <= high[a] + margin);
    scene.coord.iter().enumerate().filter(|(_, p)| within(p)).map(|(i, _)| i).collect()
}
