//! How much of a column is occupied, as the PointNet++ authors measure it.

use super::Column;
use pointops::VerticalExtent;

/// Cells of a column along x, y and z, to measure how much of it is occupied.
const CELLS: [f32; 3] = [31.0, 31.0, 62.0];

/// More than [`CELLS`] along any axis, including the cells that the slack adds.
const SIDE: usize = 64;

/// Share of a column's cells that hold a point.
pub(super) fn occupied_share(column: &Column, vertical: VerticalExtent, points: impl Iterator<Item = [f32; 3]>) -> f64 {
    occupied_cells(column, vertical, points) as f64 / CELLS.iter().map(|&c| c as f64).product::<f64>()
}

/// How many cells of a column hold a point. Its cells reach from the floor to the top of the scene.
fn occupied_cells(column: &Column, vertical: VerticalExtent, points: impl Iterator<Item = [f32; 3]>) -> usize {
    let low = [column.low[0], column.low[1], vertical.floor];
    let high = [column.high[0], column.high[1], vertical.top];
    let side = |axis: usize| (high[axis] - low[axis]).max(f32::MIN_POSITIVE);
    let cell =
        |p: [f32; 3]| -> [i32; 3] { std::array::from_fn(|a| ((p[a] - low[a]) / side(a) * CELLS[a]).ceil() as i32) };
    let (mut near, mut far) = (vec![0u64; SIDE * SIDE * SIDE / 64], Vec::new());
    for cell in points.map(cell) {
        match cell.map(usize::try_from) {
            [Ok(x), Ok(y), Ok(z)] if x.max(y).max(z) < SIDE => {
                let place = (x * SIDE + y) * SIDE + z;
                near[place / 64] |= 1 << (place % 64);
            }
            // in the slack around a column that is much smaller than the slack
            _ => far.push(cell),
        }
    }
    far.sort_unstable();
    far.dedup();
    near.iter().map(|bits| bits.count_ones() as usize).sum::<usize>() + far.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_counted_once_wherever_they_are() {
        let vertical = VerticalExtent { floor: 0.0, top: 2.4 };
        for size in [1.5, 0.01] {
            let column = Column { low: [-0.3, 2.0], high: [-0.3 + size, 2.0 + size] };
            let points = (0..5000).map(|i: i32| {
                let at = |axis: usize, i: i32| column.low[axis] - 0.02 + (i % 97) as f32 * (size + 0.04) / 96.0;
                [at(0, i), at(1, i / 7), (i % 53) as f32 * 0.05 - 0.01]
            });
            let low = [column.low[0], column.low[1], vertical.floor];
            let side = [column.high[0] - low[0], column.high[1] - low[1], vertical.top - low[2]];
            let cell = |p: [f32; 3]| [0, 1, 2].map(|a| ((p[a] - low[a]) / side[a] * CELLS[a]).ceil() as i32);
            let cells: std::collections::BTreeSet<_> = points.clone().map(cell).collect();
            assert_eq!(occupied_cells(&column, vertical, points), cells.len());
        }
    }
}
