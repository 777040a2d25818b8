//! Tiles through a network.

use crate::CLASSES;
use crate::network::Network;
use crate::sampling::{Batch, Geometry, Tile};
use burn::tensor::Device;
use pointnet2::PyramidSpec;

/// Scores of every point of some tiles of equal size, `[points · CLASSES]` for each tile.
pub(super) fn scores(
    network: &Network,
    tiles: &[Tile],
    spec: &PyramidSpec,
    device: &Device,
) -> anyhow::Result<Vec<Vec<f32>>> {
    let crops: Vec<_> = tiles.iter().map(|t| &t.crop).collect();
    let batch = Batch::new(&crops, spec, Geometry::of(device))?.to_device(device);
    let all: Vec<f32> =
        network.forward(&batch.pyramid, batch.features).into_data().try_to_vec().expect("scores are 32-bit floats");
    Ok(all
        .chunks_exact(all.len() / tiles.len())
        .map(<[f32]>::to_vec)
        .inspect(|s| debug_assert!(s.len().is_multiple_of(CLASSES)))
        .collect())
}
