//! The nearest `k` points, by (distance, index).

use super::{Rows, key, key_distance, key_id};
use crate::{
    grid::{Grid, Region},
    simd::{Bits, Kernel, LANES, Simd},
};

/// Neighbours of one query after another; each leaves a bound for the next.
pub(crate) struct Searcher<'a> {
    grid: &'a Grid,
    k: usize,
    /// Candidates, or after a search the neighbours, as sorted keys.
    keys: Vec<u64>,
    /// The last query and the squared distance of its k-th neighbour.
    last: Option<([f32; 3], f32)>,
}

impl<'a> Searcher<'a> {
    pub fn new(grid: &'a Grid, k: usize) -> Self {
        let k = k.min(grid.len());
        Self { grid, k, keys: Vec::with_capacity(room(k) + LANES), last: None }
    }

    /// The neighbours found last, as keys.
    #[inline(always)]
    pub fn found(&self) -> &[u64] {
        &self.keys
    }

    /// The nearest `k` points at a squared distance of `limit` at most; fewer than `k` only if there are no more.
    #[inline(always)]
    pub fn search<S: Simd>(&mut self, s: S, query: [f32; 3], limit: f32) {
        let bound = match self.bound_from_last(query) {
            Some(bound) => bound,
            None if limit.is_finite() => limit,
            None => match self.guess(s, query) {
                Some(bound) => bound,
                None => return self.finish(query),
            },
        };
        self.within(s, query, if limit < bound { limit } else { bound });
        self.finish(query);
    }

    /// The nearest `k` points, of which at least `k` are known to be at a squared distance of `bound` at most.
    #[inline(always)]
    pub fn search_bounded<S: Simd>(&mut self, s: S, query: [f32; 3], bound: f32) {
        self.within(s, query, bound);
        self.finish(query);
    }

    /// The squared distance of the k-th neighbour found last.
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

    /// By the triangle inequality the neighbours of a query nearby are not far.
    #[inline(always)]
    fn bound_from_last(&self, query: [f32; 3]) -> Option<f32> {
        let (last, kth) = self.last?;
        let apart = crate::squared_distance(last, query);
        // Farther apart the bound would cover many more than k points.
        if apart > kth {
            return None;
        }
        Some(farther(kth, apart))
    }

    /// The k-th smallest squared distance in a region around the query that holds as many points. `None` where the region
    /// is everything, and the keys are therefore the answer.
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
                    // It cannot get lower, and in one cell the lowest indices come first.
                    return if self.grid.is_flat() { None } else { Some(0.0) };
                }
            }
        }
        if self.grid.covers(&region) {
            return None;
        }
        keep_lowest(&mut self.keys, self.k);
        // Of k keys left the largest is the k-th.
        self.keys.iter().max().map(|&kth| key_distance(kth))
    }

    /// Collects every point at a squared distance of `bound` at most, or the nearest of them if they are many.
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

    /// Collects the points at distance 0. There may be very many of them, but in each cell the first k suffice.
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

    /// Adds the points of places `start..end` at a squared distance of `bound` at most. Lowers the bound to the k-th
    /// smallest distance whenever the candidates are many, and stops when it is 0.
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

/// Candidates that are gathered before the farther ones are dropped.
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

/// The squared distance to any of a place's neighbours, from that of the place's own `kth` to another `apart` from it.
#[inline(always)]
pub(crate) fn farther(kth: f32, apart: f32) -> f32 {
    // 1e-20 is more than underflow can hide of a distance.
    let distance = kth.sqrt() + apart.sqrt() + 1e-20;
    distance * distance * 1.00001
}

/// Nearest points within a radius of the centers that `order` names.
pub(crate) struct NearestBallKernel<'a> {
    pub grid: &'a Grid,
    pub centers: &'a [[f32; 3]],
    pub order: &'a [u32],
    pub radius: f32,
    pub k: usize,
    pub indices: &'a Rows<'a, u32>,
    pub counts: &'a Rows<'a, u32>,
}

impl Kernel for NearestBallKernel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let squared = self.radius * self.radius;
        let mut searcher = Searcher::new(self.grid, self.k);
        for &query in self.order {
            searcher.search(s, self.centers[query as usize], squared);
            // SAFETY: the parts of `order` that threads work on hold every query once.
            let (row, count) = unsafe { (self.indices.row(query as usize), self.counts.row(query as usize)) };
            let mut found = 0;
            for (&key, index) in searcher.found().iter().zip(row.iter_mut()) {
                if key_distance(key) < squared {
                    *index = key_id(key);
                    found += 1;
                }
            }
            super::ball::pad(row, found);
            count[0] = found as u32;
        }
    }
}
