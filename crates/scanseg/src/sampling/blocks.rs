//! Training samples as the PointCNN authors prepare them: pieces of blocks of two grids.

use super::Column;
use super::draw::thin;
use crate::config::{BlocksConfig, CropConfig};
use crate::scene::ScenePoints;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use std::collections::BTreeMap;

/// A random piece of a random block: its points and the block's column.
pub(super) fn random_piece(
    scene: &ScenePoints,
    config: &CropConfig,
    blocks: &BlocksConfig,
    rng: &mut impl Rng,
) -> (Vec<usize>, Column) {
    let mut all = Vec::new();
    for shift in [0.0, config.size / 2.0] {
        all.extend(grid_blocks(scene, config.size, shift, blocks.merge_below));
    }
    let (points, column) = all.swap_remove(rng.random_range(0..all.len()));
    let mut points = thin(scene, points, config.voxel, rng);
    points.shuffle(rng);
    let pieces = points.len().div_ceil(blocks.piece);
    points.truncate(points.len().div_ceil(pieces));
    (points, column)
}

/// The blocks of one grid, which begins `shift` metres before the scene. A block of fewer than `merge_below` points is
/// added to the first of its eight neighbours that has enough, those along an axis before the diagonal ones, and stays
/// as it is if none has.
fn grid_blocks(scene: &ScenePoints, size: f32, shift: f32, merge_below: usize) -> Vec<(Vec<usize>, Column)> {
    let low = pointops::main_extent(&scene.coord).0.map(|v| v - shift);
    let mut blocks: BTreeMap<[i64; 2], Vec<usize>> = BTreeMap::new();
    for (point, p) in scene.coord.iter().enumerate() {
        blocks.entry([0, 1].map(|a| ((p[a] - low[a]) / size).floor() as i64)).or_default().push(point);
    }
    let (mut large, small): (BTreeMap<_, _>, BTreeMap<_, _>) =
        blocks.into_iter().partition(|(_, points)| points.len() >= merge_below);
    let mut kept = BTreeMap::new();
    for ([x, y], points) in small {
        let steps = [[0, 1], [1, 0], [0, -1], [-1, 0], [1, 1], [1, -1], [-1, -1], [-1, 1]];
        let neighbor = steps.iter().map(|[dx, dy]| [x + dx, y + dy]).find(|place| large.contains_key(place));
        match neighbor.and_then(|place| large.get_mut(&place)) {
            Some(neighbor) => neighbor.extend(points),
            None => _ = kept.insert([x, y], points),
        }
    }
    large.extend(kept);
    let column = |place: [i64; 2]| {
        let from = [0, 1].map(|a| low[a] + place[a] as f32 * size);
        Column { low: from, high: from.map(|v| v + size) }
    };
    large.into_iter().map(|(place, points)| (points, column(place))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, generator};
    use crate::scene::tests::scene;

    /// 2.5 × 1 m of floor with a point every 5 cm.
    fn floor() -> ScenePoints {
        scene((0..1000).map(|i| [(i % 50) as f32 * 0.05, (i / 50) as f32 * 0.05, 0.0]).collect())
    }

    #[test]
    fn small_blocks_are_merged_into_a_neighbor() {
        let scene = floor();
        let sizes = |shift, least| -> Vec<usize> {
            grid_blocks(&scene, 1.0, shift, least).iter().map(|(points, _)| points.len()).collect()
        };
        assert_eq!(sizes(0.0, 1), [400, 400, 200]);
        assert_eq!(sizes(0.0, 201), [400, 600]);
        // half of the shifted grid: x to 0.5, 1.5 and 2.5, y to 0.5 and 1
        assert_eq!(sizes(0.5, 1), [100, 100, 200, 200, 200, 200]);
        assert_eq!(sizes(0.5, 150), [300, 300, 200, 200]);
        assert_eq!(sizes(0.0, 10_000), [400, 400, 200]);
    }

    #[test]
    fn a_small_block_far_from_large_ones_stays() {
        let mut coord = floor().coord;
        coord.push([0.5, 30.0, 0.0]);
        let blocks = grid_blocks(&scene(coord), 1.0, 0.0, 150);
        assert_eq!(blocks.iter().map(|(points, _)| points.len()).sum::<usize>(), 1001);
        assert_eq!(blocks.iter().map(|(points, _)| points.len()).min(), Some(1));
    }

    #[test]
    fn pieces_are_parts_of_one_thinned_block() {
        let scene = floor();
        let blocks = BlocksConfig { merge_below: 150, piece: 90 };
        for number in 0..40 {
            let rng = &mut generator(1, Purpose::Crop, &[number]);
            let config = CropConfig { size: 1.0, voxel: 0.1, ..CropConfig::default() };
            let (points, column) = random_piece(&scene, &config, &blocks, rng);
            // two points along each axis share a cell, or three where a border is rounded
            assert!(points.len() <= 90 && points.len() >= 40, "{}", points.len());
            assert!(points.iter().filter(|p| column.contains(&scene.coord[**p], 1e-4)).count() * 2 >= points.len());
            let mut distinct = points.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(distinct.len(), points.len());
        }
    }
}
