//! The `k` nearest points, by distance, then index.

use super::{key, key_distance};
use crate::{
    grid::{Grid, Region},
    simd::{Bits, LANES, Simd},
};

/// Finds the neighbours of one query after another; each leaves a bound for the next.
pub(crate) struct Searcher<'a> {
    grid: &'a Grid,
    k: usize,
    /// Candidates; after a search, the neighbours as sorted keys.
    keys: Vec<u64>,
    /// The last query and the squared distance of its k-th neighbour.
    last: Option<([f32; 3], f32)>,
}

impl<'a> Searcher<'a> {
    pub fn new(grid: &'a Grid, k: usize) -> Self {
        let k = k.min(grid.len());
        Self { grid, k, keys: Vec::with_capacity(room(k).min(grid.len()) + LANES), last: None }
    }

    /// The neighbours found by the last search, as sorted keys.
    #[inline(always)]
    pub fn found(&self) -> &[u64] {
        &self.keys
    }

    /// Finds the nearest `k` points; fewer only if there are no more.
    #[inline(always)]
    pub fn search<S: Simd>(&mut self, s: S, query: [f32; 3]) {
        let bound = match self.bound_from_last(query) {
            Some(bound) => Some(bound),
            None => self.guess(s, query),
        };
        match bound {
            Some(bound) => self.search_bounded(s, query, bound),
            None => self.finish(query),
        }
    }

    /// Finds the nearest `k` points, given that at least `k` are within the squared distance `bound`.
    #[inline(always)]
    pub fn search_bounded<S: Simd>(&mut self, s: S, query: [f32; 3], bound: f32) {
        self.within(s, query, bound);
        self.finish(query);
    }

    /// The squared distance of the k-th neighbour in the last search.
    #[inline(always)]
    pub fn kth(&self) -> f32 {
        self.last.map_or(f32::INFINITY, |(_, kth)| kth)
    }

    #[inline(always)]
    fn finish(&mut self, query: [f32; 3]) {
        keep_lowest(&mut self.keys, self.k);
        self.keys.sort_unstable();
        self.last = self.keys.get(self.k - 1).map(|&kth| (query, key_distance(kth)));
    }

    /// A bound from the last query: by the triangle inequality, the neighbours of a query nearby are not far.
    #[inline(always)]
    fn bound_from_last(&self, query: [f32; 3]) -> Option<f32> {
        let (last, kth) = self.last?;
        let apart = crate::squared_distance(last, query);
        // If they are farther apart, the bound would include many more than k points.
        if apart > kth {
            return None;
        }
        Some(farther(kth, apart))
    }

    /// The k-th smallest squared distance in a region around the query with at least k points. `None` if the keys
    /// already hold the answer, because the region is the whole grid.
    #[inline(always)]
    fn guess<S: Simd>(&mut self, s: S, query: [f32; 3]) -> Option<f32> {
        let cell = self.grid.region(query, query);
        let (mut region, mut by) = (cell, 1);
        while self.grid.count(&region) < self.k {
            region = self.grid.grown(cell, by);
            by *= 2;
        }
        self.keys.clear();
        let mut bound = f32::INFINITY;
        for x in region.low[0]..=region.high[0] {
            for y in region.low[1]..=region.high[1] {
                let (start, end) = self.grid.row(x, y, (region.low[2], region.high[2]));
                self.scan(s, start, end, query, &mut bound);
                if bound == 0.0 {
                    // It cannot get lower, and in a single cell the lowest indices come first.
                    return if self.grid.is_flat() { None } else { Some(0.0) };
                }
            }
        }
        if self.grid.covers(&region) {
            return None;
        }
        keep_lowest(&mut self.keys, self.k);
        // The largest of the k remaining keys is the k-th.
        self.keys.iter().max().map(|&kth| key_distance(kth))
    }

    /// Collects every point within the squared distance `bound`, or the nearest of them if there are many.
    #[inline(always)]
    fn within<S: Simd>(&mut self, s: S, query: [f32; 3], mut bound: f32) {
        self.keys.clear();
        let region = self.grid.around(query, bound);
        let (x_place, y_place) = (self.grid.relative(query[0], 0), self.grid.relative(query[1], 1));
        if bound > 0.0 {
            'rows: for x in region.low[0]..=region.high[0] {
                let gap_x = self.grid.gap(x_place, x);
                for y in region.low[1]..=region.high[1] {
                    if gap_x + self.grid.gap(y_place, y) > bound {
                        continue;
                    }
                    let (start, end) = self.grid.row(x, y, (region.low[2], region.high[2]));
                    self.scan(s, start, end, query, &mut bound);
                    if bound == 0.0 {
                        break 'rows;
                    }
                }
            }
        }
        if bound == 0.0 {
            self.equal(s, query, self.grid.around(query, 0.0));
        }
    }

    /// Collects the points at distance 0. There may be very many, but the first k of each cell suffice.
    #[inline(always)]
    fn equal<S: Simd>(&mut self, s: S, query: [f32; 3], region: Region) {
        self.keys.clear();
        let (center, zero) = (s.splat_point(query), s.splat(0.0));
        for x in region.low[0]..=region.high[0] {
            for y in region.low[1]..=region.high[1] {
                for z in region.low[2]..=region.high[2] {
                    let (mut place, end) = self.grid.row(x, y, (z, z));
                    let enough = self.keys.len() + self.k;
                    while place < end && self.keys.len() < enough {
                        let [x, y, z] = self.grid.eight(place);
                        let distance = s.squared_distance([s.load(x), s.load(y), s.load(z)], center);
                        let bits = s.bits(s.le(distance, zero)) & tail(end - place);
                        for lane in Bits(bits) {
                            self.keys.push(key(0.0, self.grid.id(place + lane)));
                        }
                        place += LANES;
                    }
                }
            }
        }
    }

    /// Adds the points at the places `start..end` within the squared distance `bound`. Lowers the bound to the k-th
    /// smallest distance whenever there are many candidates, and stops when it is 0.
    #[inline(always)]
    fn scan<S: Simd>(&mut self, s: S, start: usize, end: usize, query: [f32; 3], bound: &mut f32) {
        let center = s.splat_point(query);
        let mut limit = s.splat(*bound);
        let mut place = start;
        while place < end {
            let [x, y, z] = self.grid.eight(place);
            let distance = s.squared_distance([s.load(x), s.load(y), s.load(z)], center);
            let bits = s.bits(s.le(distance, limit)) & tail(end - place);
            if bits != 0 {
                let mut lanes = [0.0; LANES];
                s.store(distance, &mut lanes);
                for lane in Bits(bits) {
                    self.keys.push(key(lanes[lane], self.grid.id(place + lane)));
                }
                if self.keys.len() >= room(self.k) {
                    keep_lowest(&mut self.keys, self.k);
                    *bound = self.keys.iter().max().map_or(*bound, |&kth| key_distance(kth));
                    if *bound == 0.0 {
                        return;
                    }
                    limit = s.splat(*bound);
                }
            }
            place += LANES;
        }
    }
}

/// Number of candidates to collect before dropping the farther ones.
#[inline(always)]
fn room(k: usize) -> usize {
    4 * k + 64
}

#[inline(always)]
fn tail(left: usize) -> u32 {
    if left < LANES { (1 << left) - 1 } else { u32::MAX }
}

#[inline(always)]
fn keep_lowest(keys: &mut Vec<u64>, k: usize) {
    if keys.len() > k {
        keys.select_nth_unstable(k - 1);
        keys.truncate(k);
    }
}

/// A bound of the squared distance from a position to the k-th neighbour of another one `apart` from it, which is at
/// `kth`.
#[inline(always)]
pub(crate) fn farther(kth: f32, apart: f32) -> f32 {
    // 1e-20 is more than what underflow can hide of a distance.
    let distance = kth.sqrt() + apart.sqrt() + 1e-20;
    distance * distance * 1.00001
}
