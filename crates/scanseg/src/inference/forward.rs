//! Runs tiles and scenes through a network.

use super::ProgressFn;
use crate::config::Config;
use crate::device::search_on;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::sampling::{NetworkInput, Tile};
use crate::scene::ScenePoints;
use burn::tensor::Device;

/// Scores of every point of some tiles of equal size, `[points · outputs]` for each tile.
///
/// # Errors
/// A score is NaN or infinite.
pub(super) fn scores(network: &Network, tiles: &[Tile], config: &Config, device: &Device) -> Result<Vec<Vec<f32>>> {
    let input = NetworkInput::new(tiles.iter().map(|tile| &tile.input), config, search_on(device))?;
    let input = input.into_device(device);
    let logits = network.forward(input.geometry.as_ref(), input.features).into_data();
    let all: Vec<f32> = logits.try_to_vec().expect("scores are 32-bit floats");
    check(&all)?;
    Ok(all.chunks_exact(all.len() / tiles.len()).map(<[f32]>::to_vec).collect())
}

/// Scores of every point of a scene, `[points · outputs]`; `None` if the network takes tiles only.
///
/// - `corner`: lowest x and y of the columns that the network labels
///
/// # Errors
/// A score is NaN or infinite.
pub(super) fn scene_scores(
    network: &Network,
    scene: &ScenePoints,
    corner: [f32; 2],
    device: &Device,
    progress: ProgressFn,
) -> Result<Option<Vec<f32>>> {
    let origin = [corner[0], corner[1], scene.vertical.floor];
    let coord: Vec<[f32; 3]> = scene.coord.iter().map(|p| std::array::from_fn(|a| p[a] - origin[a])).collect();
    let scores = network.score_scene(&coord, device, progress);
    scores.iter().try_for_each(|scores| check(scores))?;
    Ok(scores)
}

fn check(scores: &[f32]) -> Result<()> {
    match scores.iter().all(|score| score.is_finite()) {
        true => Ok(()),
        false => Err(Error::ScoresNotFinite),
    }
}
