//! Quick look-up of the points of many columns.

use super::Column;
use crate::scene::ScenePoints;

/// Cells along an axis, at most.
const MOST_CELLS: usize = 1024;

/// The points of a scene by cells of the floor.
pub(crate) struct ColumnIndex<'a> {
    scene: &'a ScenePoints,
    low: [f32; 2],
    /// Side of a cell along x and y.
    edge: [f32; 2],
    /// Cells along x and y. Points outside belong to the outermost ones.
    count: [usize; 2],
    /// Where the points of a cell begin, y fastest; one more than there are cells.
    starts: Vec<usize>,
    /// Points by cell, in each in the order of the scene.
    points: Vec<usize>,
}

impl<'a> ColumnIndex<'a> {
    /// An index for columns that are, with their margins, about `width` metres wide.
    pub fn new(scene: &'a ScenePoints, width: f32) -> Self {
        let (low, high) = pointops::main_extent(&scene.coord);
        let count = [0, 1].map(|a| ((2.0 * (high[a] - low[a]) / width) as usize).clamp(1, MOST_CELLS));
        let edge = [0, 1].map(|a| ((high[a] - low[a]) / count[a] as f32).max(f32::MIN_POSITIVE));
        let low = [low[0], low[1]];
        let mut index = ColumnIndex { scene, low, edge, count, starts: Vec::new(), points: Vec::new() };
        let cells: Vec<usize> =
            scene.coord.iter().map(|p| index.cell(0, p[0]) * count[1] + index.cell(1, p[1])).collect();
        let mut starts = vec![0; count[0] * count[1] + 1];
        cells.iter().for_each(|&cell| starts[cell + 1] += 1);
        (1..starts.len()).for_each(|cell| starts[cell] += starts[cell - 1]);
        let (mut next, mut points) = (starts.clone(), vec![0; cells.len()]);
        for (point, cell) in cells.into_iter().enumerate() {
            points[next[cell]] = point;
            next[cell] += 1;
        }
        (index.starts, index.points) = (starts, points);
        index
    }

    /// The cell of a value along an axis; a larger value never has a smaller cell.
    fn cell(&self, axis: usize, value: f32) -> usize {
        (((value - self.low[axis]) / self.edge[axis]) as usize).min(self.count[axis] - 1)
    }

    /// The same as [`Column::points`].
    pub fn points(&self, column: &Column, margin: f32) -> Vec<usize> {
        let cells = |axis| (self.cell(axis, column.low[axis] - margin), self.cell(axis, column.high[axis] + margin));
        let ((x_first, x_last), (y_first, y_last)) = (cells(0), cells(1));
        let mut found = Vec::new();
        for x in x_first..=x_last {
            let row = x * self.count[1];
            let near = &self.points[self.starts[row + y_first]..self.starts[row + y_last + 1]];
            found.extend(near.iter().copied().filter(|&p| column.contains(&self.scene.coord[p], margin)));
        }
        // stable, which is quick for the few sorted runs that this is made of
        found.sort();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, generator};
    use crate::scene::tests::scene;
    use rand::RngExt;

    #[test]
    fn the_index_finds_the_same_points_in_the_same_order() {
        let mut rng = generator(1, Purpose::Tile, &[0]);
        let mut coord: Vec<[f32; 3]> =
            (0..3000).map(|_| [rng.random_range(-3.0..4.0), rng.random_range(20.0..22.5), 0.0]).collect();
        coord.extend([[90.0, 21.0, 0.0], [0.0, -70.0, 1.0]]);
        let scene = scene(coord);
        for (size, margin) in [(1.5, 0.2), (0.048, 0.72), (0.048, 0.0), (40.0, 1.0)] {
            let index = ColumnIndex::new(&scene, size + 2.0 * margin);
            for _ in 0..200 {
                let low = [rng.random_range(-5.0..6.0), rng.random_range(18.0..24.0)];
                let column = Column { low, high: low.map(|v| v + size) };
                assert_eq!(index.points(&column, margin), column.points(&scene, margin));
            }
            for stray in [3000, 3001] {
                let [x, y, _] = scene.coord[stray];
                let column = Column { low: [x, y], high: [x + size, y + size] };
                assert!(index.points(&column, margin).contains(&stray));
            }
        }
    }

    #[test]
    fn scenes_without_width_have_an_index() {
        let scene = scene(vec![[1.0, 2.0, 0.0]; 5]);
        let column = Column { low: [1.0, 2.0], high: [1.0, 2.0] };
        assert_eq!(ColumnIndex::new(&scene, 1.5).points(&column, 0.1), [0, 1, 2, 3, 4]);
    }
}
