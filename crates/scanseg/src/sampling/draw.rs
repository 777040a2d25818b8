//! Which points of a column become those of a cloud.

use crate::config::CropConfig;
use crate::scene::ScenePoints;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// Draws `config.points` of some points: with replacement; or without, in random order and followed by repeats where
/// there are too few.
pub(super) fn draw(points: &[usize], config: &CropConfig, rng: &mut impl Rng) -> Vec<usize> {
    let any = |rng: &mut _| points[RngExt::random_range(rng, 0..points.len())];
    if config.replacement {
        return (0..config.points).map(|_| any(rng)).collect();
    }
    let mut drawn = points.to_vec();
    drawn.shuffle(rng);
    drawn.truncate(config.points);
    drawn.extend((drawn.len()..config.points).map(|_| any(rng)));
    drawn
}

/// One random point of each cell of a size in metres, in random order; all points as they are for size 0.
pub(super) fn thin(scene: &ScenePoints, mut points: Vec<usize>, size: f32, rng: &mut impl Rng) -> Vec<usize> {
    if size > 0.0 {
        points.shuffle(rng);
        match scene.cells.as_ref().filter(|cells| cells.size == size) {
            Some(cells) => {
                let mut occupied = vec![false; cells.count];
                points.retain(|&p| !std::mem::replace(&mut occupied[cells.of_point[p] as usize], true));
            }
            None => {
                let mut occupied = HashSet::<_, BuildHasherDefault<CellHasher>>::default();
                points.retain(|&p| occupied.insert(cell(&scene.coord[p], size)));
            }
        }
    }
    points
}

/// The cells of a scene, numbered: a scene that many crops are cut from is thinned several times faster with them.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    /// Side of a cell in metres.
    size: f32,
    /// The number of each point's cell.
    pub of_point: Vec<u32>,
    /// How many cells there are.
    pub count: usize,
}

impl Cells {
    /// Numbers the cells of some points from 0, in the order of their first points.
    pub(crate) fn number(coord: &[[f32; 3]], size: f32) -> Self {
        let mut numbers = HashMap::<_, u32, BuildHasherDefault<CellHasher>>::default();
        let mut of_point = Vec::with_capacity(coord.len());
        for p in coord {
            let next = numbers.len() as u32;
            of_point.push(*numbers.entry(cell(p, size)).or_insert(next));
        }
        Cells { size, of_point, count: numbers.len() }
    }
}

/// A hash of cells that is quick, in place of one that resists attacks.
#[derive(Default)]
struct CellHasher(u64);

impl Hasher for CellHasher {
    fn write(&mut self, bytes: &[u8]) {
        for bytes in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            self.0 = (self.0.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

/// The cell of a point.
pub(super) fn cell(p: &[f32; 3], size: f32) -> [i64; 3] {
    p.map(|v| (v / size).floor() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, generator};
    use crate::scene::tests::scene;

    #[test]
    fn without_replacement_points_repeat_only_where_there_are_too_few() {
        let config = CropConfig { points: 100, replacement: false, ..CropConfig::default() };
        let points: Vec<usize> = (0..250).map(|i| i * 3).collect();
        let distinct = |drawn: &[usize]| drawn.iter().collect::<HashSet<_>>().len();
        let enough = draw(&points, &config, &mut generator(1, Purpose::Tile, &[0]));
        assert!(enough.len() == 100 && distinct(&enough) == 100 && enough.iter().all(|p| p % 3 == 0));
        assert!(!enough.is_sorted());
        let few = draw(&points[..60], &config, &mut generator(1, Purpose::Tile, &[0]));
        assert!(few.len() == 100 && distinct(&few[..60]) == 60 && distinct(&few) == 60);
        let replacement = CropConfig { replacement: true, ..config };
        let drawn = draw(&points, &replacement, &mut generator(1, Purpose::Tile, &[0]));
        assert!(drawn.len() == 100 && distinct(&drawn) < 100);
    }

    #[test]
    fn a_random_point_of_each_cell_is_kept() {
        // ten points in each of 30 cells, on both sides of 0
        let scene = scene((0..300).map(|i| [(i % 30) as f32 * 0.1 - 1.45, (i / 30) as f32 * 0.001, 0.01]).collect());
        let all: Vec<usize> = (0..300).collect();
        let thinned = |seed| thin(&scene, all.clone(), 0.1, &mut generator(seed, Purpose::Tile, &[0]));
        let cells: HashSet<usize> = thinned(1).iter().map(|p| p % 30).collect();
        assert_eq!((thinned(1).len(), cells.len()), (30, 30));
        assert_ne!(thinned(1).iter().collect::<HashSet<_>>(), thinned(2).iter().collect());
        let numbered = ScenePoints { cells: Some(Cells::number(&scene.coord, 0.1)), ..scene.clone() };
        assert_eq!(thin(&numbered, all.clone(), 0.1, &mut generator(1, Purpose::Tile, &[0])), thinned(1));
        assert_eq!(thin(&scene, all.clone(), 0.0, &mut generator(1, Purpose::Tile, &[0])), all);
    }
}
