//! A scene scored at once, compared with its columns one by one.

use crate::support::{shape, small, values, vec, with_values};
use burn::tensor::Device;
use pointmodel::{Network, NetworkConfig, Prepared, SearchOn};
use voxelcnn::{VoxelCnn, VoxelCnnConfig};

/// A floor and two walls of 7.4 × 3 m, which is more than the columns that are scored together, with points below the
/// grid, above it and far away.
fn room() -> Vec<[f32; 3]> {
    let drawn = values(1200, 2);
    let surfaces = drawn.chunks_exact(3).enumerate().map(|(i, v)| match i % 4 {
        0 | 1 => [7.4 * v[0], 3.0 * v[1], 0.04],
        2 => [7.4 * v[0], 2.97, 2.0 * v[2] - 0.4],
        _ => [0.03, 3.0 * v[1], 1.8 * v[2]],
    });
    surfaces.chain([[1000.04, -2000.07, 0.3], [-3.06, 1.04, -8.0], [3.06, 1.04, 50.0]]).collect()
}

/// Scores of a point by a cloud of all points around its column.
fn by_column(config: &VoxelCnnConfig, network: &VoxelCnn, room: &[[f32; 3]], point: &[f32; 3]) -> Vec<f32> {
    let [x, y] = [0, 1].map(|a| ((point[a] / config.cell).floor() + 0.5) * config.cell);
    let relative = |p: &[f32; 3]| [p[0] - x, p[1] - y, p[2]];
    let cloud: Vec<[f32; 3]> = std::iter::once(point).chain(room).map(relative).collect();
    let grids = config.prepare(&cloud, 1, SearchOn::Host).unwrap().into_device(&Device::flex());
    vec(network.forward(&grids, None).slice([0..1]))
}

#[test]
fn scores_are_those_of_the_columns_to_the_last_bit() {
    let three = VoxelCnnConfig { grid: [31, 27, 62], cell: 0.1, channels: vec![4, 5, 6], ..small() };
    for config in [small(), three] {
        let (device, room) = (Device::flex(), room());
        let network = with_values(config.init(&shape(1), &device));
        let scorer = config.scene_scorer().unwrap();
        let mut parts = Vec::new();
        let scores = scorer(&config, &network, &room, &device, &mut |done, of| parts.push((done, of)));
        assert_eq!(scores.len(), 4 * room.len());
        // the room, its last metre, both sides of x = 0, the stray
        assert_eq!(parts, [(1, 4), (2, 4), (3, 4), (4, 4)]);
        for (point, found) in room.iter().zip(scores.chunks_exact(4)) {
            let expected = by_column(&config, &network, &room, point);
            let same = found.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits());
            assert!(same, "{point:?}: {found:?}, {expected:?}");
        }
        assert!(scores.iter().any(|score| score.abs() > 1e-3));
    }
}
