//! The three nearest points and their interpolation weights.
//!
//! There are usually many more queries than known points, so eight neighbouring queries go through the same candidates
//! together, one per lane and without branches.

use super::{Rows, key_distance, key_id, nearest::Searcher};
use crate::{
    Weighting,
    grid::Grid,
    simd::{Bits, Kernel, LANES, Simd},
};

/// Squared distances are at least this when weights are computed, so that a query on a known point gets finite weights.
const NEAREST_SQUARED: f32 = 1e-10;
/// Added to distances for the same purpose.
const NEAREST: f32 = 1e-8;
/// Eight queries share the candidates of a region if there are at most this many; otherwise each searches alone.
const MAX_SHARED: usize = 512;
/// The same for a single cell, where each would look at all points anyway, but may stop early among duplicates.
const MAX_FLAT: usize = 4096;

/// 3-NN of the queries listed in `order`.
pub(crate) struct ThreeKernel<'a> {
    pub grid: &'a Grid,
    pub queries: &'a [[f32; 3]],
    pub order: &'a [u32],
    pub weighting: Weighting,
    pub indices: &'a Rows<'a, u32>,
    pub weights: &'a Rows<'a, f32>,
}

/// The three lowest (distance, index) of each lane.
struct Lowest<S: Simd> {
    distance: [S::F; 3],
    id: [S::U; 3],
}

impl<S: Simd> Lowest<S> {
    #[inline(always)]
    fn new(s: S) -> Self {
        Self { distance: [s.splat(f32::INFINITY); 3], id: [s.splat_u(u32::MAX); 3] }
    }

    #[inline(always)]
    fn insert(&mut self, s: S, distance: S::F, id: S::U) {
        let [a, b, c] = self.distance;
        let [i, j, k] = self.id;
        let before_a = before(s, distance, id, a, i);
        let before_b = before(s, distance, id, b, j);
        let before_c = before(s, distance, id, c, k);
        self.distance[0] = s.select(before_a, distance, a);
        self.id[0] = s.select_u(before_a, id, i);
        self.distance[1] = s.select(before_a, a, s.select(before_b, distance, b));
        self.id[1] = s.select_u(before_a, i, s.select_u(before_b, id, j));
        self.distance[2] = s.select(before_b, b, s.select(before_c, distance, c));
        self.id[2] = s.select_u(before_b, j, s.select_u(before_c, id, k));
    }
}

/// Whether (distance a, index i) comes before (b, j).
#[inline(always)]
fn before<S: Simd>(s: S, a: S::F, i: S::U, b: S::F, j: S::U) -> S::M {
    s.or(s.lt(a, b), s.and(s.eq(a, b), s.lt_u(i, j)))
}

impl Kernel for ThreeKernel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut searcher = Searcher::new(self.grid, 3);
        for eight in self.order.chunks(LANES) {
            let mut bounds = [f32::INFINITY; LANES];
            let certain = if self.grid.len() < 3 { 0 } else { self.together(s, eight, &mut bounds) };
            for lane in Bits(!certain & ((1 << eight.len()) - 1)) {
                let query = eight[lane] as usize;
                if bounds[lane] < f32::INFINITY {
                    searcher.search_bounded(s, self.queries[query], bounds[lane]);
                } else {
                    searcher.search(s, self.queries[query]);
                }
                let mut distances = [f32::INFINITY; 3];
                // SAFETY: `order` lists every query once, and each thread works on its own part of it.
                let (indices, weights) = unsafe { (self.indices.row(query), self.weights.row(query)) };
                let found = searcher.found();
                for place in 0..3 {
                    // Without a third point, the nearest one is repeated at infinite distance: with weight 0.
                    indices[place] = key_id(*found.get(place).unwrap_or(&found[0]));
                    distances[place] = found.get(place).map_or(f32::INFINITY, |&key| key_distance(key));
                }
                weights.copy_from_slice(&interpolation_weights(distances, self.weighting));
            }
        }
    }
}

impl ThreeKernel<'_> {
    /// Answers up to eight queries from the cells around them all. Returns the bits of those whose answer is certain,
    /// and sets `bounds` to squared distances within which each has three points.
    #[inline(always)]
    fn together<S: Simd>(&self, s: S, eight: &[u32], bounds: &mut [f32; LANES]) -> u32 {
        let mut lanes = [[0f32; LANES]; 3];
        let (mut low, mut high) = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
        for lane in 0..LANES {
            // Unused lanes repeat the last query.
            let query = self.queries[eight[lane.min(eight.len() - 1)] as usize];
            for axis in 0..3 {
                lanes[axis][lane] = query[axis];
                low[axis] = if query[axis] < low[axis] { query[axis] } else { low[axis] };
                high[axis] = if query[axis] > high[axis] { query[axis] } else { high[axis] };
            }
        }
        let inner = self.grid.region(low, high);
        let region = self.grid.grown(inner, 1);
        let [wide, deep] = [0, 1].map(|a| region.high[a] - region.low[a] + 1);
        if wide * deep > MAX_SHARED {
            return 0;
        }
        let total = self.grid.count(&region);
        if total > if self.grid.is_flat() { MAX_FLAT } else { MAX_SHARED } {
            return 0;
        }
        let queries = [s.load(&lanes[0]), s.load(&lanes[1]), s.load(&lanes[2])];
        let mut lowest = Lowest::new(s);
        for x in region.low[0]..=region.high[0] {
            for y in region.low[1]..=region.high[1] {
                let (start, end) = self.grid.row(x, y, (region.low[2], region.high[2]));
                for place in start..end {
                    let point = s.splat_point(self.grid.point(place));
                    lowest.insert(s, s.squared_distance(queries, point), s.splat_u(self.grid.id(place)));
                }
            }
        }
        let certain = if self.grid.covers(&region) {
            u32::MAX
        } else {
            // A point outside the region is at least this far from all eight.
            let clearance = s.splat(self.grid.clearance(low, high, &region));
            s.bits(s.lt(lowest.distance[2], clearance))
        };
        s.store(lowest.distance[2], bounds);
        let certain = certain & ((1 << eight.len()) - 1);
        if certain == 0 {
            return 0;
        }
        let (mut ids, mut weights) = ([[0u32; LANES]; 3], [[0f32; LANES]; 3]);
        let one = s.splat(1.0);
        let mut inverse = [one; 3];
        for place in 0..3 {
            s.store_u(lowest.id[place], &mut ids[place]);
            let squared = lowest.distance[place];
            let divisor = match self.weighting {
                Weighting::InverseSquaredDistance => s.max(squared, s.splat(NEAREST_SQUARED)),
                Weighting::InverseDistance => s.add(s.sqrt(squared), s.splat(NEAREST)),
            };
            inverse[place] = s.div(one, divisor);
        }
        let sum = s.add(s.add(inverse[0], inverse[1]), inverse[2]);
        // Queries whose distances are all infinite search alone.
        let certain = certain & s.bits(s.lt(s.splat(0.0), sum));
        for place in 0..3 {
            s.store(s.div(inverse[place], sum), &mut weights[place]);
        }
        for lane in Bits(certain) {
            let query = eight[lane] as usize;
            // SAFETY: `order` lists every query once, and each thread works on its own part of it.
            let (indices, row) = unsafe { (self.indices.row(query), self.weights.row(query)) };
            for place in 0..3 {
                indices[place] = ids[place][lane];
                row[place] = weights[place][lane];
            }
        }
        certain
    }
}

/// Weights that sum to 1, see [`Weighting`]; the nearest point alone if all distances overflow.
pub(crate) fn interpolation_weights(squared: [f32; 3], weighting: Weighting) -> [f32; 3] {
    let inverse = squared.map(|d| match weighting {
        Weighting::InverseSquaredDistance => 1.0 / if d > NEAREST_SQUARED { d } else { NEAREST_SQUARED },
        Weighting::InverseDistance => 1.0 / (d.sqrt() + NEAREST),
    });
    let sum = (inverse[0] + inverse[1]) + inverse[2];
    if sum > 0.0 { inverse.map(|i| i / sum) } else { [1.0, 0.0, 0.0] }
}
