//! Runs tiles through a network.

use crate::config::Config;
use crate::device::search_on;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::sampling::{NetworkInput, Tile};
use burn::tensor::{Device, FloatDType};

/// Scores of every point of some tiles of equal size, `[points · outputs]` for each tile.
///
/// # Errors
/// A score is NaN or infinite.
pub(super) fn scores(network: &Network, tiles: &[Tile], config: &Config, device: &Device) -> Result<Vec<Vec<f32>>> {
    let input = NetworkInput::new(tiles.iter().map(|tile| &tile.input), config, search_on(device))?;
    let input = input.to_device(device, FloatDType::F32);
    let logits = network.forward(input.geometry.as_ref(), input.features).into_data();
    let all: Vec<f32> = logits.try_to_vec().expect("scores are 32-bit floats");
    if !all.iter().all(|score| score.is_finite()) {
        return Err(Error::ScoresNotFinite);
    }
    Ok(all.chunks_exact(all.len() / tiles.len()).map(<[f32]>::to_vec).collect())
}
