//! Tiles that cover a scene: disjoint columns, each with a margin for context.

use super::{InputPoints, inside};
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

/// The columns that cover a scene, each as its lower corner on the floor and its upper corner at the ceiling; x
/// slowest.
pub(crate) fn columns(scene: &ScenePoints, size: f32) -> Vec<([f32; 3], [f32; 3])> {
    let (low, high) = scene.extent();
    // Where the columns begin and the last one ends along an axis. The end is the scene's own: `low + count · size` may
    // round to less, and then the outermost points would be in no column.
    let borders = |axis: usize| {
        let count = (((high[axis] - low[axis]) / size).ceil() as usize).max(1);
        let mut borders: Vec<f32> = (0..=count).map(|i| low[axis] + i as f32 * size).collect();
        borders[count] = borders[count].max(high[axis]);
        borders
    };
    let (x, y) = (borders(0), borders(1));
    let mut columns = Vec::new();
    for x in x.windows(2) {
        for y in y.windows(2) {
            columns.push(([x[0], y[0], low[2]], [x[1], y[1], high[2]]));
        }
    }
    columns
}

fn tile(scene: &ScenePoints, points: Vec<usize>, (low, high): ([f32; 3], [f32; 3]), slack: f32) -> Tile {
    let core: Vec<bool> = points
        .iter()
        .map(|&p| (0..3).all(|a| scene.coord[p][a] >= low[a] - slack && scene.coord[p][a] <= high[a] + slack))
        .collect();
    let origin = [(low[0] + high[0]) / 2.0, (low[1] + high[1]) / 2.0, low[2]];
    Tile { input: InputPoints::gather(scene, &points, origin), points, core }
}

/// The protocol's tile: `config.points` points drawn with replacement from a column and its margin; `None` if the
/// column is empty or a smaller share than `min_core` of the drawn points is in the column itself.
pub(crate) fn draw_tile(
    scene: &ScenePoints,
    column: ([f32; 3], [f32; 3]),
    config: &CropConfig,
    min_core: f64,
    rng: &mut impl Rng,
) -> Option<Tile> {
    let points = inside(scene, column.0, column.1, config.margin);
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
pub(crate) fn cover_column(
    scene: &ScenePoints,
    column: ([f32; 3], [f32; 3]),
    config: &CropConfig,
    rng: &mut impl Rng,
) -> Vec<Tile> {
    let mut points = inside(scene, column.0, column.1, config.margin);
    // without slack, but closed: a point on a border belongs to both columns and is labelled by either
    let in_core = |p: &usize| (0..3).all(|a| scene.coord[*p][a] >= column.0[a] && scene.coord[*p][a] <= column.1[a]);
    if !points.iter().any(in_core) {
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

    fn scene() -> ScenePoints {
        let coord: Vec<[f32; 3]> =
            (0..40_000).map(|i| [(i % 200) as f32 * 0.02 - 1.0, (i / 200) as f32 * 0.02 + 7.0, 0.3]).collect();
        ScenePoints { id: "plane".into(), coord, features: Vec::new(), channels: 0, normal_at: None, classes: None }
    }

    #[test]
    fn covering_tiles_hold_every_point_in_their_core() {
        let scene = scene();
        let config = CropConfig { points: 1000, ..CropConfig::default() };
        let mut seen = vec![false; scene.coord.len()];
        for (number, column) in columns(&scene, config.size).into_iter().enumerate() {
            for tile in cover_column(&scene, column, &config, &mut generator(1, Purpose::Tile, &[number as u64])) {
                assert_eq!(tile.points.len(), 1000);
                tile.points.iter().zip(&tile.core).filter(|(_, core)| **core).for_each(|(&p, _)| seen[p] = true);
            }
        }
        assert!(seen.iter().all(|s| *s));
    }

    #[test]
    fn the_last_column_holds_the_outermost_point_despite_rounding() {
        let mut would_miss = 0;
        for i in 0..4000 {
            let low = i as f32 * 0.001_7 - 3.0;
            let high = low + 4.5;
            for high in [high.next_down(), high, high.next_up()] {
                would_miss += (low + ((high - low) / 1.5).ceil() * 1.5 < high) as usize;
                let coord = vec![[low, 0.0, 0.0], [high, 0.0, 0.0]];
                let scene = ScenePoints { coord, ..scene() };
                assert!(columns(&scene, 1.5).last().unwrap().1[0] >= high, "{low} {high}");
            }
        }
        assert!(would_miss > 0, "no case would miss a point without the fix");
    }

    #[test]
    fn drawn_tiles_mark_their_core() {
        let scene = scene();
        let config = CropConfig { points: 1000, ..CropConfig::default() };
        let all = columns(&scene, config.size);
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
        let empty = ([50.0, 7.0, 0.3], [51.5, 8.5, 0.3]);
        assert!(draw_tile(&scene, empty, &config, 0.01, &mut generator(1, Purpose::Tile, &[0])).is_none());
        // only the margin of this column has points
        let beside = ([-2.6, 7.0, 0.3], [-1.1, 8.5, 0.3]);
        assert!(draw_tile(&scene, beside, &config, 0.01, &mut generator(1, Purpose::Tile, &[0])).is_none());
        assert!(cover_column(&scene, beside, &config, &mut generator(1, Purpose::Tile, &[0])).is_empty());
    }
}
