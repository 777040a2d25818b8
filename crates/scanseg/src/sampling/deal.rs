//! All points of a column as pieces that are thinned like training crops.

use super::draw::cell;
use crate::config::CropConfig;
use crate::scene::ScenePoints;
use std::collections::HashMap;

/// Pieces of a cell may get this many times as many points as there are in a cell on average; the points of fuller cells
/// share pieces.
const FULLEST: usize = 4;

/// Pieces of a column, at most: this many, and `PIECES_FOR_POINTS` times as many as its points would fill. Real scans
/// need fewer. Where thousands of points share a few cells, as in a scan that is not in metres, several go into a piece.
const MOST_PIECES: usize = 32;
const PIECES_FOR_POINTS: usize = 8;

/// Deals points, which are in random order, into pieces of `config.points` points that together hold each of them at
/// least once. A piece has at most one point of a cell of `config.voxel`, except of cells that are much fuller than the
/// others. A piece that would be too small gets points of the cells that it lacks, then repeats.
pub(super) fn deal(scene: &ScenePoints, points: &[usize], config: &CropConfig) -> Vec<Vec<usize>> {
    let mut numbers = HashMap::new();
    let mut cells: Vec<Vec<usize>> = Vec::new();
    for &point in points {
        let number = *numbers.entry(cell(&scene.coord[point], config.voxel)).or_insert(cells.len());
        if number == cells.len() {
            cells.push(Vec::new());
        }
        cells[number].push(point);
    }
    let fullest = cells.iter().map(Vec::len).max().unwrap_or(0);
    let layers = fullest.min(FULLEST * points.len().div_ceil(cells.len().max(1)));
    let most_pieces = MOST_PIECES + PIECES_FOR_POINTS * points.len().div_ceil(config.points);
    let layers = layers.min((most_pieces / cells.len().div_ceil(config.points).max(1)).max(1));
    let mut pieces = Vec::new();
    for layer in 0..layers {
        let own = |(number, cell): (usize, &'_ Vec<usize>)| {
            cell.iter().skip(layer).step_by(layers).map(move |&point| (number, point)).collect::<Vec<_>>()
        };
        let new: Vec<(usize, usize)> = cells.iter().enumerate().flat_map(own).collect();
        for new in new.chunks(config.points) {
            let mut piece: Vec<usize> = new.iter().map(|(_, point)| *point).collect();
            let mut present = vec![false; cells.len()];
            new.iter().for_each(|(number, _)| present[*number] = true);
            let lacking = cells.iter().zip(&present).filter(|(_, present)| !**present);
            piece.extend(lacking.map(|(cell, _)| cell[layer % cell.len()]).take(config.points - piece.len()));
            let distinct = piece.len();
            piece.extend((distinct..config.points).map(|i| piece[i % distinct]).collect::<Vec<_>>());
            pieces.push(piece);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::tests::scene;
    use std::collections::BTreeMap;

    /// Points of a piece in each cell, repeats of one point counted once.
    fn in_cells(scene: &ScenePoints, piece: &[usize]) -> BTreeMap<[i64; 3], usize> {
        let mut distinct = piece.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let mut counts = BTreeMap::new();
        distinct.iter().for_each(|&p| *counts.entry(cell(&scene.coord[p], 0.1)).or_default() += 1);
        counts
    }

    fn config(points: usize) -> CropConfig {
        CropConfig { points, voxel: 0.1, ..CropConfig::default() }
    }

    #[test]
    fn pieces_hold_all_points_and_at_most_one_of_a_cell() {
        // cells of 1 to 4 points
        let coord = (0..100).map(|i| [(i % 40) as f32 * 0.1 + 0.05, (i / 40) as f32 * 0.01, 0.0]).collect();
        let scene = scene(coord);
        let points: Vec<usize> = (0..100).map(|i| i * 7 % 100).collect();
        for count in [8, 30, 40, 64] {
            let pieces = deal(&scene, &points, &config(count));
            assert!(pieces.iter().all(|piece| piece.len() == count));
            assert!(pieces.iter().all(|piece| in_cells(&scene, piece).values().all(|n| *n == 1)));
            // one point of each cell, where there is room for all
            assert!(pieces.iter().all(|piece| in_cells(&scene, piece).len() == count.min(40)));
            let mut seen: Vec<usize> = pieces.concat();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), 100);
            assert!(pieces.len() <= 3 * 40usize.div_ceil(count), "{}", pieces.len());
        }
    }

    #[test]
    fn a_cell_with_very_many_points_does_not_make_a_piece_of_each() {
        let coord = (0..1100).map(|i| [if i < 1000 { 0.05 } else { i as f32 }, 0.0, 0.0]).collect();
        let (scene, points): (_, Vec<usize>) = (scene(coord), (0..1100).collect());
        let pieces = deal(&scene, &points, &config(50));
        let mut seen = pieces.concat();
        seen.sort_unstable();
        seen.dedup();
        assert!(seen.len() == 1100 && pieces.len() < 60, "{}", pieces.len());
    }

    #[test]
    fn points_that_share_a_place_do_not_make_a_piece_each() {
        for distinct in [1, 3] {
            let coord = (0..9000).map(|i| [(i % distinct) as f32, 0.0, 0.0]).collect();
            let (scene, points): (_, Vec<usize>) = (scene(coord), (0..9000).collect());
            let pieces = deal(&scene, &points, &config(2000));
            let mut seen = pieces.concat();
            seen.sort_unstable();
            seen.dedup();
            assert!(seen.len() == 9000 && pieces.len() <= 72, "{}", pieces.len());
        }
    }
}
