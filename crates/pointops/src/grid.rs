//! Points sorted into the cells of a uniform grid, and the rows of cells around a position.

use crate::{bounds, simd::LANES};

/// A uniform grid. The points of a cell are stored next to each other in index order, and so are the cells along z.
#[derive(Debug, Clone)]
pub(crate) struct Grid {
    low: [f32; 3],
    edge: f32,
    inverse: f32,
    dims: [usize; 3],
    /// Cell c has the places `starts[c]..starts[c + 1]` of the arrays below.
    starts: Vec<u32>,
    /// Coordinates by axis. Each array has `LANES` more entries than points, so that eight can be read from any place.
    coord: [Vec<f32>; 3],
    /// Indices of the points, padded alike.
    ids: Vec<u32>,
    len: usize,
}

/// Cells from `low` to `high` inclusive along each axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Region {
    pub low: [usize; 3],
    pub high: [usize; 3],
}

/// Cells per point, at most: clearing more would cost more than they save.
const MAX_CELLS_PER_POINT: usize = 8;
const MIN_CELLS: usize = 4096;
/// Cells, at most: their numbers, also by blocks of 2 × 2 × 2 as in [`Grid::order`], fit in 32 bits.
const MAX_CELLS: usize = 1 << 30;
/// Cell numbers are exact in `f32`, and rounding errors are small compared to a cell.
const MAX_CELLS_PER_AXIS: f64 = (1 << 20) as f64;

impl Grid {
    /// A single cell: the points in their original order.
    pub fn flat(points: &[[f32; 3]]) -> Self {
        let low = bounds(points).0;
        Self::sorted(points, low, f32::MAX, [1; 3])
    }

    /// Cells of the given edge, or of a larger one if that would make too many.
    pub fn with_edge(points: &[[f32; 3]], edge: f32) -> Self {
        let (low, high) = bounds(points);
        let extent: [f64; 3] = std::array::from_fn(|a| f64::from(high[a]) - f64::from(low[a]));
        let limit = most_cells(points.len());
        // The clamp keeps 1 / edge positive and finite.
        let mut edge = f64::from(edge).clamp(1e-30, 1e37);
        let mut dims = dims(extent, edge);
        while too_many(dims, limit) && edge < 1e37 {
            edge *= 1.25;
            dims = self::dims(extent, edge);
        }
        Self::sorted(points, low, edge as f32, dims.map(|d| d as usize))
    }

    /// Cells with about `occupancy` points in those that are not empty.
    pub fn with_occupancy(points: &[[f32; 3]], occupancy: f64) -> Self {
        let (low, high) = bounds(points);
        let extent: [f64; 3] = std::array::from_fn(|a| f64::from(high[a]) - f64::from(low[a]));
        let longest = extent[0].max(extent[1]).max(extent[2]);
        let n = points.len() as f64;
        let [x, y, z] = extent;
        // A guess from the surface of the bounding box, corrected by the number of cells it would use.
        let guess = ((2.0 * (x * y + y * z + z * x) / n).sqrt() * 2.0).max(longest * 2.0 / n);
        if !guess.is_finite() || guess < 1e-30 {
            return Self::with_edge(points, longest.min(1e37) as f32);
        }
        let mut guess = guess;
        while too_many(dims(extent, guess), most_cells(points.len())) {
            guess *= 1.25;
        }
        let trial = dims(extent, guess).map(|d| d as usize);
        let mut used = vec![0u64; (trial[0] * trial[1] * trial[2]).div_ceil(64)];
        let inverse = (1.0 / guess) as f32;
        for p in points {
            let [x, y, z] = cell(*p, low, inverse, trial);
            let cell = (x * trial[1] + y) * trial[2] + z;
            used[cell / 64] |= 1 << (cell % 64);
        }
        let used: u32 = used.iter().map(|w| w.count_ones()).sum();
        let have = n / f64::from(used);
        // The points of scans lie on surfaces: their number per cell grows with the square of the edge.
        Self::with_edge(points, (guess * (occupancy / have).sqrt()) as f32)
    }

    fn sorted(points: &[[f32; 3]], low: [f32; 3], edge: f32, dims: [usize; 3]) -> Self {
        let inverse = 1.0 / edge;
        let len = points.len();
        let mut grid = Self {
            low,
            edge,
            inverse,
            dims,
            starts: Vec::new(),
            coord: std::array::from_fn(|_| vec![0.0; len + LANES]),
            ids: vec![0; len + LANES],
            len,
        };
        let [x, y, z] = &mut grid.coord;
        if dims == [1; 3] {
            grid.starts = vec![0, len as u32];
            for (i, p) in points.iter().enumerate() {
                (x[i], y[i], z[i], grid.ids[i]) = (p[0], p[1], p[2], i as u32);
            }
            return grid;
        }
        let mut starts = vec![0u32; dims[0] * dims[1] * dims[2] + 1];
        let mut cells = Vec::with_capacity(len);
        for p in points {
            let [x, y, z] = cell(*p, low, inverse, dims);
            let cell = (x * dims[1] + y) * dims[2] + z;
            cells.push(cell as u32);
            starts[cell] += 1;
        }
        // These are the ends of the cells; filling from the back turns them into starts and keeps indices ascending.
        let mut end = 0;
        for count in &mut starts {
            end += *count;
            *count = end;
        }
        for (i, &cell) in cells.iter().enumerate().rev() {
            let place = &mut starts[cell as usize];
            *place -= 1;
            grid.ids[*place as usize] = i as u32;
        }
        for (place, &i) in grid.ids[..len].iter().enumerate() {
            let p = points[i as usize];
            (x[place], y[place], z[place]) = (p[0], p[1], p[2]);
        }
        grid.starts = starts;
        grid
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_flat(&self) -> bool {
        self.dims == [1; 3]
    }

    /// Number of points in the cell of a point, averaged over the points.
    pub fn crowding(&self) -> f64 {
        let squares: f64 = self.starts.windows(2).map(|w| f64::from(w[1] - w[0]).powi(2)).sum();
        squares / self.len as f64
    }

    /// The index of the point at a place.
    #[inline(always)]
    pub fn id(&self, place: usize) -> u32 {
        self.ids[place]
    }

    /// The point at a place.
    #[inline(always)]
    pub fn point(&self, place: usize) -> [f32; 3] {
        [self.coord[0][place], self.coord[1][place], self.coord[2][place]]
    }

    /// Coordinates of eight places from `place` on, by axis. Those beyond the last point mean nothing.
    #[inline(always)]
    pub fn eight(&self, place: usize) -> [&[f32; LANES]; 3] {
        // One comparison for three slices, and nothing to trust the caller with.
        assert!(place < self.len);
        // SAFETY: every array has `len + LANES` entries, so eight from a place before `len` are inside.
        unsafe {
            [
                &*self.coord[0].as_ptr().add(place).cast(),
                &*self.coord[1].as_ptr().add(place).cast(),
                &*self.coord[2].as_ptr().add(place).cast(),
            ]
        }
    }

    /// Places of the cells `z.0..=z.1` at (x, y), which must be inside the grid.
    #[inline(always)]
    pub fn row(&self, x: usize, y: usize, z: (usize, usize)) -> (usize, usize) {
        let row = (x * self.dims[1] + y) * self.dims[2];
        (self.starts[row + z.0] as usize, self.starts[row + z.1 + 1] as usize)
    }

    #[inline(always)]
    pub fn covers(&self, region: &Region) -> bool {
        region.low == [0; 3] && region.high == self.dims.map(|d| d - 1)
    }

    /// The cells that contain all points of the grid inside a box: rounding is monotonic, so no other cell has any.
    #[inline(always)]
    pub fn region(&self, low: [f32; 3], high: [f32; 3]) -> Region {
        Region {
            low: cell(low, self.low, self.inverse, self.dims),
            high: cell(high, self.low, self.inverse, self.dims),
        }
    }

    /// The cells that contain all points whose squared distance to `center`, as computed in `f32`, is at most
    /// `squared`.
    #[inline(always)]
    pub fn around(&self, center: [f32; 3], squared: f32) -> Region {
        let reach = reach(squared);
        self.region(center.map(|v| v - reach), center.map(|v| v + reach))
    }

    /// A region grown by `by` cells on every side, within the grid.
    #[inline(always)]
    pub fn grown(&self, region: Region, by: usize) -> Region {
        Region {
            low: region.low.map(|l| l.saturating_sub(by)),
            high: std::array::from_fn(|a| (region.high[a] + by).min(self.dims[a] - 1)),
        }
    }

    /// Number of points in a region.
    pub fn count(&self, region: &Region) -> usize {
        let mut count = 0;
        for x in region.low[0]..=region.high[0] {
            for y in region.low[1]..=region.high[1] {
                let (start, end) = self.row(x, y, (region.low[2], region.high[2]));
                count += end - start;
            }
        }
        count
    }

    /// A position along an axis relative to the grid, and a bound of its error; for [`gap`](Self::gap).
    #[inline(always)]
    pub fn relative(&self, value: f32, axis: usize) -> (f32, f32) {
        let relative = value - self.low[axis];
        // p - low, its product with 1 / edge and multiples of the edge each round by a few parts in 2^24.
        (relative, 1e-6 * (relative.abs() + self.dims[axis] as f32 * self.edge))
    }

    /// A lower bound of the squared distance along one axis from a position to the points in a layer of cells.
    #[inline(always)]
    pub fn gap(&self, (relative, slack): (f32, f32), layer: usize) -> f32 {
        let low = layer as f32 * self.edge;
        let below = low - relative - slack;
        let above = relative - (low + self.edge) - slack;
        let gap = if below > above { below } else { above };
        // False for NaN too, which infinities far out of range lead to.
        if gap > 0.0 { gap * gap * 0.99999 } else { 0.0 }
    }

    /// A lower bound of the squared distance from the box `low..high` to any point outside the region. It may overflow
    /// to infinity, and a point outside may be at a distance that does too.
    #[inline(always)]
    pub fn clearance(&self, low: [f32; 3], high: [f32; 3], region: &Region) -> f32 {
        let mut clear = f32::INFINITY;
        let mut narrow = |gap: f32| {
            // False for NaN too, which infinities far out of range lead to.
            let gap = if gap > 0.0 { gap } else { 0.0 };
            clear = if gap < clear { gap } else { clear };
        };
        for axis in 0..3 {
            if region.low[axis] > 0 {
                let (relative, slack) = self.relative(low[axis], axis);
                narrow(relative - region.low[axis] as f32 * self.edge - slack);
            }
            if region.high[axis] + 1 < self.dims[axis] {
                let (relative, slack) = self.relative(high[axis], axis);
                narrow((region.high[axis] + 1) as f32 * self.edge - relative - slack);
            }
        }
        clear * clear * 0.99999
    }

    /// An order of the queries that visits neighbouring cells one after another, by blocks of 2 × 2 × 2.
    pub fn order(&self, queries: &[[f32; 3]]) -> Vec<u32> {
        let blocks = self.dims.map(|d| d.div_ceil(2));
        let mut cells: Vec<u32> = Vec::with_capacity(queries.len());
        for q in queries {
            let [x, y, z] = cell(*q, self.low, self.inverse, self.dims);
            let block = ((x / 2) * blocks[1] + y / 2) * blocks[2] + z / 2;
            cells.push((block * 8 + (x & 1) * 4 + (y & 1) * 2 + (z & 1)) as u32);
        }
        let total = blocks[0] * blocks[1] * blocks[2] * 8;
        if total > 16 * queries.len() {
            let mut order: Vec<u32> = (0..queries.len() as u32).collect();
            order.sort_unstable_by_key(|&i| (cells[i as usize], i));
            return order;
        }
        let mut ends = vec![0u32; total];
        for &cell in &cells {
            ends[cell as usize] += 1;
        }
        let mut end = 0;
        for count in &mut ends {
            end += *count;
            *count = end;
        }
        let mut order = vec![0; queries.len()];
        for (i, &cell) in cells.iter().enumerate().rev() {
            let place = &mut ends[cell as usize];
            *place -= 1;
            order[*place as usize] = i as u32;
        }
        order
    }
}

/// The distance along an axis that no point within the squared distance, as computed in `f32`, exceeds.
#[inline(always)]
pub(crate) fn reach(squared: f32) -> f32 {
    // Covers the rounding of the squared distance and its root, and what underflow hides of a difference.
    squared.sqrt() * 1.00001 + 1e-20
}

#[inline(always)]
fn cell(point: [f32; 3], low: [f32; 3], inverse: f32, dims: [usize; 3]) -> [usize; 3] {
    std::array::from_fn(|axis| {
        let steps = (point[axis] - low[axis]) * inverse;
        let last = (dims[axis] - 1) as f32;
        let steps = if steps > 0.0 { steps } else { 0.0 };
        let steps = if steps < last { steps } else { last };
        // SAFETY: the value is between 0 and the last cell, which is below 2^20.
        unsafe { steps.to_int_unchecked::<i32>() as usize }
    })
}

fn most_cells(points: usize) -> usize {
    MAX_CELLS_PER_POINT.saturating_mul(points).clamp(MIN_CELLS, MAX_CELLS)
}

fn dims(extent: [f64; 3], edge: f64) -> [f64; 3] {
    extent.map(|e| (e / edge).floor() + 1.0)
}

fn too_many(dims: [f64; 3], limit: usize) -> bool {
    dims[0] * dims[1] * dims[2] > limit as f64 || dims.into_iter().any(|d| d > MAX_CELLS_PER_AXIS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(n: usize) -> Vec<[f32; 3]> {
        (0..n).map(|i| [i as f32, 0.0, 0.5]).collect()
    }

    #[test]
    fn eight_places_can_be_read_from_the_last_one() {
        for n in [1, 7, 8, 9] {
            for grid in [Grid::flat(&line(n)), Grid::with_edge(&line(n), 2.0)] {
                let [x, y, z] = grid.eight(n - 1);
                assert_eq!([x[0], y[0], z[0]], grid.point(n - 1));
            }
        }
    }

    #[test]
    #[should_panic(expected = "place < self.len")]
    fn eight_places_beyond_the_last_one_cannot() {
        Grid::flat(&line(3)).eight(3);
    }

    /// The conversion to an integer must never see NaN, or a number outside the grid.
    #[test]
    fn positions_anywhere_have_a_cell() {
        let grid = Grid::with_edge(&line(100), 3.0);
        let far = [f32::MAX, f32::MIN, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1e-45, -0.0, 98.9999, 99.0, 99.001];
        for x in far {
            for y in far {
                let Region { low, high } = grid.region([x, y, x], [y, x, y]);
                for axis in 0..3 {
                    assert!(low[axis] < grid.dims[axis] && high[axis] < grid.dims[axis], "{x}, {y}");
                }
            }
        }
        let wide = Grid::with_edge(&[[f32::MIN; 3], [f32::MAX; 3]], 1.0);
        assert!(wide.dims.iter().product::<usize>() <= MAX_CELLS);
        assert_eq!(wide.region([f32::MAX; 3], [f32::MAX; 3]).low, wide.dims.map(|d| d - 1));
    }
}
