//! How much of the space around a point is open: corners are dark.

use crate::math::{V3, dot, norm};

/// The cells of a grid in which there are points.
pub(crate) struct Openness {
    low: V3,
    cells: [usize; 3],
    taken: Vec<bool>,
}

/// Side of a cell in metres.
const CELL: f32 = 0.1;
/// Most cells along an axis; a few stray points may be far away.
const MOST_CELLS: f32 = 400.0;

impl Openness {
    pub fn of(coord: &[V3]) -> Openness {
        let low: V3 = std::array::from_fn(|a| coord.iter().map(|p| p[a]).fold(f32::MAX, f32::min));
        let high: V3 = std::array::from_fn(|a| coord.iter().map(|p| p[a]).fold(f32::MIN, f32::max));
        let cells = std::array::from_fn(|a| ((high[a] - low[a]) / CELL).clamp(0.0, MOST_CELLS) as usize + 1);
        let mut open = Openness { low, cells, taken: vec![false; cells.iter().product()] };
        for p in coord {
            if let Some(cell) = open.cell(*p) {
                open.taken[cell] = true;
            }
        }
        open
    }

    fn cell(&self, p: V3) -> Option<usize> {
        let at: V3 = std::array::from_fn(|a| (p[a] - self.low[a]) / CELL);
        (0..3)
            .all(|a| at[a] >= 0.0 && at[a] < self.cells[a] as f32)
            .then(|| (at[2] as usize * self.cells[1] + at[1] as usize) * self.cells[0] + at[0] as usize)
    }

    /// Fraction of the directions above a surface in which nothing is near.
    pub fn at(&self, p: V3, normal: V3) -> f32 {
        let (mut open, mut all) = (0, 0);
        for i in (0..27).filter(|&i| i != 13) {
            let way = [(i % 3) as f32 - 1.0, (i / 3 % 3) as f32 - 1.0, (i / 9) as f32 - 1.0];
            let far = norm(way);
            if dot(way, normal) < 0.35 * far {
                continue;
            }
            let q = std::array::from_fn(|a| p[a] + 0.07 * normal[a] + 0.22 / far * way[a]);
            all += 1;
            open += usize::from(!self.cell(q).is_some_and(|cell| self.taken[cell]));
        }
        open as f32 / all.max(1) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_less_open_than_planes() {
        let n = 60;
        let grid = |f: fn(f32, f32) -> V3| (0..n * n).map(move |i| f((i % n) as f32 * 0.04, (i / n) as f32 * 0.04));
        let coord: Vec<V3> = grid(|u, v| [u, v, 0.0]).chain(grid(|u, v| [u, 0.0, v])).collect();
        let open = Openness::of(&coord);
        let (plane, corner) = (open.at([1.2, 1.2, 0.0], [0.0, 0.0, 1.0]), open.at([1.2, 0.05, 0.0], [0.0, 0.0, 1.0]));
        assert!(plane > 0.95 && corner < 0.8, "{plane} {corner}");
    }
}
