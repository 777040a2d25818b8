//! Tiles that cover a scene: disjoint columns, each with a margin for context.

use super::deal::deal;
use super::draw::{draw, thin};
use super::{Column, InputPoints};
use crate::config::CropConfig;
use crate::scene::ScenePoints;
use rand::Rng;
use rand::seq::SliceRandom;

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

/// The protocol's tile: `config.points` points drawn from those of a column and its margin; `None` if there are none or a
/// smaller share than `min_core` of the drawn points is in the column itself.
pub(crate) fn draw_tile(
    scene: &ScenePoints,
    points: Vec<usize>,
    column: Column,
    config: &CropConfig,
    min_core: f64,
    rng: &mut impl Rng,
) -> Option<Tile> {
    if points.is_empty() {
        return None;
    }
    let points = thin(scene, points, config.voxel, rng);
    let tile = tile(scene, draw(&points, config, rng), column, CORE_SLACK);
    let core = tile.core.iter().filter(|c| **c).count();
    (core > 0 && core as f64 >= min_core * config.points as f64).then_some(tile)
}

/// Tiles of `config.points` points each that together hold every point of a column at least once, and the margin's
/// points for context: all points in random order, cut into pieces, the last one filled up from the start. With
/// `config.voxel` they are dealt into pieces with at most one point of a cell.
///
/// - `points`: those of the column and its margin
pub(crate) fn cover_column(
    scene: &ScenePoints,
    mut points: Vec<usize>,
    column: Column,
    config: &CropConfig,
    rng: &mut impl Rng,
) -> Vec<Tile> {
    // without slack, but closed: a point on a border belongs to both columns and is labelled by either
    if !points.iter().any(|&p| column.contains(&scene.coord[p], 0.0)) {
        return Vec::new();
    }
    points.shuffle(rng);
    let pieces = match config.voxel > 0.0 {
        true => deal(scene, &points, config),
        false => cut(&points, config.points),
    };
    let tiles = pieces.into_iter().map(|piece| tile(scene, piece, column, 0.0));
    // pieces of the margin alone would label nothing
    tiles.filter(|tile| tile.core.contains(&true)).collect()
}

/// Pieces of `count` points, the last one filled up from the start.
fn cut(points: &[usize], count: usize) -> Vec<Vec<usize>> {
    let piece = |index: usize| (0..count).map(|i| points[(index * count + i) % points.len()]).collect();
    (0..points.len().div_ceil(count)).map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, generator};
    use crate::sampling::columns;
    use crate::scene::tests::scene;

    fn floor() -> ScenePoints {
        scene((0..40_000).map(|i| [(i % 200) as f32 * 0.02 - 1.0, (i / 200) as f32 * 0.02 + 7.0, 0.3]).collect())
    }

    fn drawn(scene: &ScenePoints, column: Column, config: &CropConfig, number: u64) -> Option<Tile> {
        let points = column.points(scene, config.margin);
        draw_tile(scene, points, column, config, 0.01, &mut generator(1, Purpose::Tile, &[number]))
    }

    fn covering(scene: &ScenePoints, column: Column, config: &CropConfig) -> Vec<Tile> {
        let points = column.points(scene, config.margin);
        cover_column(scene, points, column, config, &mut generator(1, Purpose::Tile, &[0]))
    }

    #[test]
    fn covering_tiles_hold_every_point_in_their_core() {
        let scene = floor();
        for voxel in [0.0, 0.05] {
            let config = CropConfig { points: 1000, voxel, ..CropConfig::default() };
            let mut seen = vec![false; scene.coord.len()];
            for column in columns(&scene, config.size).unwrap() {
                for tile in covering(&scene, column, &config) {
                    assert_eq!(tile.points.len(), 1000);
                    tile.points.iter().zip(&tile.core).filter(|(_, core)| **core).for_each(|(&p, _)| seen[p] = true);
                }
            }
            assert!(seen.iter().all(|s| *s));
        }
    }

    #[test]
    fn thinned_tiles_have_one_point_of_a_cell() {
        let scene = floor();
        let config = CropConfig { points: 3000, voxel: 0.1, replacement: false, ..CropConfig::default() };
        let tile = drawn(&scene, columns(&scene, config.size).unwrap()[4], &config, 4).unwrap();
        let mut distinct = tile.points.clone();
        distinct.sort_unstable();
        distinct.dedup();
        // cells of the column of 1.9 m, cut ones at its sides included
        assert!((361..=400).contains(&distinct.len()), "{}", distinct.len());
    }

    #[test]
    fn drawn_tiles_mark_their_core() {
        let scene = floor();
        let config = CropConfig { points: 1000, ..CropConfig::default() };
        let all = columns(&scene, config.size).unwrap();
        assert_eq!(all.len(), 9);
        let tile = drawn(&scene, all[4], &config, 4).unwrap();
        for (&point, &core) in tile.points.iter().zip(&tile.core) {
            let p = scene.coord[point];
            assert_eq!(core, p[0] >= 0.499 && p[0] <= 2.001 && p[1] >= 8.499 && p[1] <= 10.001, "{p:?}");
        }
    }

    #[test]
    fn a_tile_with_hardly_any_core_is_left_out() {
        let mut scene = floor();
        scene.coord.push([100.0, 7.0, 0.3]);
        let config = CropConfig { points: 100, ..CropConfig::default() };
        let empty = Column { low: [50.0, 7.0], high: [51.5, 8.5] };
        assert!(drawn(&scene, empty, &config, 0).is_none());
        // only the margin of this column has points
        let beside = Column { low: [-2.6, 7.0], high: [-1.1, 8.5] };
        assert!(drawn(&scene, beside, &config, 0).is_none());
        assert!(covering(&scene, beside, &config).is_empty());
    }
}
