//! Tiles that cover a scene: disjoint columns, each with a margin for context.

use super::{Column, InputPoints};
use crate::config::CropConfig;
use crate::scene::ScenePoints;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};

/// Points up to this far outside a tile, in metres, count as inside it, as in the authors' code.
const CORE_SLACK: f32 = 0.001;

/// Points drawn from one tile of a scene.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tile {
    /// What the network sees.
    pub input: InputPoints,
    /// Indices of the points in the scene, `[points]`.
    pub points: Vec<usize>,
    /// Whether each is in the tile itself rather than in its margin, `[points]`.
    pub core: Vec<bool>,
}

fn tile(scene: &ScenePoints, points: Vec<usize>, column: Column, slack: f32) -> Tile {
    let core = points.iter().map(|&p| column.contains(&scene.coord[p], slack)).collect();
    Tile { input: InputPoints::gather(scene, &points, column.origin(scene)), points, core }
}

/// The protocol's tile: `config.points` points drawn with replacement from a column and its margin; `None` if the
/// column is empty or a smaller share than `min_core` of the drawn points is in the column itself.
pub(crate) fn draw_tile(
    scene: &ScenePoints,
    column: Column,
    config: &CropConfig,
    min_core: f64,
    rng: &mut impl Rng,
) -> Option<Tile> {
    let points = column.points(scene, config.margin);
    if points.is_empty() {
        return None;
    }
    let drawn = (0..config.points).map(|_| points[rng.random_range(0..points.len())]).collect();
    let tile = tile(scene, drawn, column, CORE_SLACK);
    let core = tile.core.iter().filter(|c| **c).count();
    (core > 0 && core as f64 >= min_core * config.points as f64).then_some(tile)
}

/// Tiles of `config.points` points each that together hold every point of a column at least once, and the margin's
/// points for context: all points in random order, cut into pieces, the last one filled up from the start.
pub(crate) fn cover_column(scene: &ScenePoints, column: Column, config: &CropConfig, rng: &mut impl Rng) -> Vec<Tile> {
    let mut points = column.points(scene, config.margin);
    // without slack, but closed: a point on a border belongs to both columns and is labelled by either
    if !points.iter().any(|&p| column.contains(&scene.coord[p], 0.0)) {
        return Vec::new();
    }
    points.shuffle(rng);
    let count = points.len().div_ceil(config.points);
    let piece = |index: usize| -> Vec<usize> {
        (0..config.points).map(|i| points[(index * config.points + i) % points.len()]).collect()
    };
    (0..count).map(|index| tile(scene, piece(index), column, 0.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, generator};
    use crate::sampling::columns;
    use crate::scene::FeatureLayout;

    fn scene() -> ScenePoints {
        let coord: Vec<[f32; 3]> =
            (0..40_000).map(|i| [(i % 200) as f32 * 0.02 - 1.0, (i / 200) as f32 * 0.02 + 7.0, 0.3]).collect();
        let vertical = pointops::vertical_extent(&coord).unwrap();
        let (id, features) = ("plane".into(), Vec::new());
        ScenePoints { id, coord, features, layout: FeatureLayout::default(), vertical, classes: None }
    }

    #[test]
    fn covering_tiles_hold_every_point_in_their_core() {
        let scene = scene();
        let config = CropConfig { points: 1000, ..CropConfig::default() };
        let mut seen = vec![false; scene.coord.len()];
        for (number, column) in columns(&scene, config.size).unwrap().into_iter().enumerate() {
            for tile in cover_column(&scene, column, &config, &mut generator(1, Purpose::Tile, &[number as u64])) {
                assert_eq!(tile.points.len(), 1000);
                tile.points.iter().zip(&tile.core).filter(|(_, core)| **core).for_each(|(&p, _)| seen[p] = true);
            }
        }
        assert!(seen.iter().all(|s| *s));
    }

    #[test]
    fn drawn_tiles_mark_their_core() {
        let scene = scene();
        let config = CropConfig { points: 1000, ..CropConfig::default() };
        let all = columns(&scene, config.size).unwrap();
        assert_eq!(all.len(), 9);
        let tile = draw_tile(&scene, all[4], &config, 0.01, &mut generator(1, Purpose::Tile, &[4])).unwrap();
        for (&point, &core) in tile.points.iter().zip(&tile.core) {
            let p = scene.coord[point];
            assert_eq!(core, p[0] >= 0.499 && p[0] <= 2.001 && p[1] >= 8.499 && p[1] <= 10.001, "{p:?}");
        }
    }

    #[test]
    fn a_tile_with_hardly_any_core_is_left_out() {
        let mut scene = scene();
        scene.coord.push([100.0, 7.0, 0.3]);
        let config = CropConfig { points: 100, ..CropConfig::default() };
        let empty = Column { low: [50.0, 7.0], high: [51.5, 8.5] };
        assert!(draw_tile(&scene, empty, &config, 0.01, &mut generator(1, Purpose::Tile, &[0])).is_none());
        // only the margin of this column has points
        let beside = Column { low: [-2.6, 7.0], high: [-1.1, 8.5] };
        assert!(draw_tile(&scene, beside, &config, 0.01, &mut generator(1, Purpose::Tile, &[0])).is_none());
        assert!(cover_column(&scene, beside, &config, &mut generator(1, Purpose::Tile, &[0])).is_empty());
    }
}
