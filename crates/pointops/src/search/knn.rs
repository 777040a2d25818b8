//! The `k` nearest points of many queries.
//!
//! Neighbouring queries share most of their neighbours. By the triangle inequality, a ball of `k` points around a group
//! of queries bounds where the neighbours of each can be. The points there are copied into a list once, and each query
//! selects from it without looking at cells and almost without branches.

use super::{
    Rows, key, key_distance, key_id,
    nearest::{Searcher, farther},
};
use crate::{
    grid::Grid,
    simd::{Bits, Kernel, LANES, Simd},
    squared_distance,
};

/// Most queries in a group, and most points they select from.
const MAX_GROUP: usize = 64;
const MAX_CANDIDATES: usize = 2048;
/// Smaller groups are not worth a list.
const MIN_GROUP: usize = 2;
/// Squared ratio of the extent of a group to the ball of `k` points; measured.
const GROUP_REACH: f32 = 0.8;
/// Up to this many keys are sorted by counting the lower ones of each, which needs no branches.
const MAX_RANKED: usize = 96;

/// k-NN of the queries listed in `order`.
pub(crate) struct KnnKernel<'a> {
    pub grid: &'a Grid,
    pub queries: &'a [[f32; 3]],
    pub order: &'a [u32],
    pub k: usize,
    pub indices: &'a Rows<'a, u32>,
    pub distances: &'a Rows<'a, f32>,
}

impl Kernel for KnnKernel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut searcher = Searcher::new(self.grid, self.k);
        let mut candidates = Candidates::default();
        // The squared radius of a ball that should contain slightly more than k points here.
        let mut ball = 0f32;
        let mut rest = self.order;
        while !rest.is_empty() {
            let (group, center) = self.group(rest, ball * GROUP_REACH);
            let (group, after) = rest.split_at(group);
            rest = after;
            let mut apart = 0f32;
            for &query in group {
                let distance = squared_distance(self.queries[query as usize], center);
                apart = if distance > apart { distance } else { apart };
            }
            let mut shared = group.len() >= MIN_GROUP && ball > 0.0;
            if shared {
                let held = candidates.gather(s, self.grid, center, ball, apart);
                shared = held.is_some_and(|held| held >= self.k);
                if held.is_some_and(|held| held < self.k) {
                    // Too few points: find the k-th, which may be at distance 0 among duplicates.
                    searcher.search(s, center);
                    ball = searcher.kth();
                    shared = ball > 0.0
                        && candidates.gather(s, self.grid, center, ball, apart).is_some_and(|held| held >= self.k);
                }
            }
            if !shared {
                for &query in group {
                    searcher.search(s, self.queries[query as usize]);
                    self.write(query, searcher.found());
                }
                ball = searcher.kth() * 1.3;
                continue;
            }
            let (mut last, mut kth) = (center, ball);
            for &query in group {
                let place = self.queries[query as usize];
                let from_last = farther(kth, squared_distance(place, last));
                let from_center = farther(ball, squared_distance(place, center));
                let bound = if from_last < from_center { from_last } else { from_center };
                let found = candidates.nearest(s, place, kth * 1.1, bound, self.k);
                if let Some(&key) = found.get(self.k - 1) {
                    self.write(query, found);
                    (last, kth) = (place, key_distance(key));
                } else {
                    debug_assert!(false, "fewer than k points within the bound");
                    searcher.search(s, place);
                    self.write(query, searcher.found());
                }
            }
            ball = kth * 1.3;
        }
    }
}

impl KnnKernel<'_> {
    /// How many queries, from the first on, fit in a box whose half diagonal has the squared length `limit`, and its
    /// center.
    #[inline(always)]
    fn group(&self, queries: &[u32], limit: f32) -> (usize, [f32; 3]) {
        let first = self.queries[queries[0] as usize];
        let (mut low, mut high, mut center) = (first, first, first);
        let mut group = 1;
        for &query in queries[1..].iter().take(MAX_GROUP - 1) {
            let place = self.queries[query as usize];
            let (mut new_low, mut new_high, mut middle) = (low, high, center);
            for axis in 0..3 {
                new_low[axis] = if place[axis] < low[axis] { place[axis] } else { low[axis] };
                new_high[axis] = if place[axis] > high[axis] { place[axis] } else { high[axis] };
                middle[axis] = 0.5 * new_low[axis] + 0.5 * new_high[axis];
            }
            let half = squared_distance(new_high, middle);
            if half > limit {
                break;
            }
            (low, high, center) = (new_low, new_high, middle);
            group += 1;
        }
        (group, center)
    }

    #[inline(always)]
    fn write(&self, query: u32, keys: &[u64]) {
        // SAFETY: `order` lists every query once, and each thread works on its own part of it.
        let (indices, distances) = unsafe { (self.indices.row(query as usize), self.distances.row(query as usize)) };
        for ((&key, index), distance) in keys.iter().zip(indices).zip(distances) {
            *index = key_id(key);
            *distance = key_distance(key);
        }
    }
}

/// The points that a group of queries selects from.
#[derive(Default)]
struct Candidates {
    coord: [Vec<[f32; LANES]>; 3],
    ids: Vec<[u32; LANES]>,
    distances: Vec<[f32; LANES]>,
    len: usize,
    keys: Vec<[u64; 4]>,
    sorted: Vec<u64>,
}

impl Candidates {
    /// Copies the points that can be neighbours of a query at a squared distance of at most `apart` from the center,
    /// given that the ball of squared radius `ball` around the center contains k points. Returns how many it does
    /// contain, or `None` if there are too many points to copy.
    #[inline(always)]
    fn gather<S: Simd>(&mut self, s: S, grid: &Grid, center: [f32; 3], ball: f32, apart: f32) -> Option<usize> {
        if self.ids.is_empty() {
            let blocks = MAX_CANDIDATES / LANES + 2;
            self.coord = std::array::from_fn(|_| vec![[0.0; LANES]; blocks]);
            self.ids = vec![[0; LANES]; blocks];
            self.distances = vec![[0.0; LANES]; blocks];
            self.keys = vec![[0; 4]; MAX_CANDIDATES / 4 + 4];
        }
        // `apart` counts twice: from the center to the query, and from the query back to the ball.
        let squared = farther(farther(ball, apart), apart);
        let region = grid.around(center, squared);
        let [wide, deep] = [0, 1].map(|a| region.high[a] - region.low[a] + 1);
        if wide * deep > MAX_CANDIDATES {
            return None;
        }
        let (x_place, y_place) = (grid.relative(center[0], 0), grid.relative(center[1], 1));
        let (center, limit, inner) = (s.splat_point(center), s.splat(squared), s.splat(ball));
        let [xs, ys, zs] = &mut self.coord;
        let (xs, ys, zs, ids) =
            (xs.as_flattened_mut(), ys.as_flattened_mut(), zs.as_flattened_mut(), self.ids.as_flattened_mut());
        let (mut len, mut held) = (0, 0);
        for x in region.low[0]..=region.high[0] {
            let gap_x = grid.gap(x_place, x);
            for y in region.low[1]..=region.high[1] {
                if gap_x + grid.gap(y_place, y) > squared {
                    continue;
                }
                let (mut place, end) = grid.row(x, y, (region.low[2], region.high[2]));
                while place < end {
                    let [x, y, z] = grid.eight(place);
                    let distance = s.squared_distance([s.load(x), s.load(y), s.load(z)], center);
                    let tail = if end - place < LANES { (1 << (end - place)) - 1 } else { u32::MAX };
                    held += (s.bits(s.le(distance, inner)) & tail).count_ones() as usize;
                    if len + LANES > MAX_CANDIDATES {
                        return None;
                    }
                    for lane in Bits(s.bits(s.le(distance, limit)) & tail) {
                        (xs[len], ys[len], zs[len], ids[len]) = (x[lane], y[lane], z[lane], grid.id(place + lane));
                        len += 1;
                    }
                    place += LANES;
                }
            }
        }
        // NaN in the unused lanes fails every comparison.
        for pad in len..len.next_multiple_of(LANES) {
            (xs[pad], ys[pad], zs[pad], ids[pad]) = (f32::NAN, f32::NAN, f32::NAN, 0);
        }
        self.len = len;
        Some(held)
    }

    /// The `k` points nearest to a position, as sorted keys. At least `k` must be within the squared distance `bound`;
    /// `guess` estimates that of the k-th.
    #[inline(always)]
    fn nearest<S: Simd>(&mut self, s: S, place: [f32; 3], guess: f32, bound: f32, k: usize) -> &[u64] {
        let place = s.splat_point(place);
        let blocks = self.len.div_ceil(LANES);
        let [xs, ys, zs] = &self.coord;
        let distances = &mut self.distances[..blocks];
        for (((x, y), z), out) in xs[..blocks].iter().zip(&ys[..blocks]).zip(&zs[..blocks]).zip(distances.iter_mut()) {
            s.store(s.squared_distance([s.load(x), s.load(y), s.load(z)], place), out);
        }
        // A limit that only slightly more than k points meet makes the rest short.
        let (mut limit, mut probe) = (bound, guess);
        for _ in 0..3 {
            if probe >= limit {
                break;
            }
            let lanes = s.splat(probe);
            let mut within = 0;
            for distance in distances.iter() {
                within += s.bits(s.le(s.load(distance), lanes)).count_ones() as usize;
            }
            if within >= k {
                limit = probe;
                if within <= k + k / 2 + 4 {
                    break;
                }
            }
            // On surfaces the number grows with the squared distance.
            probe *= (k + k / 4 + 1) as f32 / (within + 1) as f32;
        }
        let lanes = s.splat(limit);
        let keys = self.keys.as_flattened_mut();
        let mut len = 0;
        for (distance, ids) in distances.iter().zip(&self.ids[..blocks]) {
            let bits = s.bits(s.le(s.load(distance), lanes));
            if bits != 0 {
                // Every lane is written, and the next one overwrites it if unwanted: no branch to mispredict.
                let room = &mut keys[len..len + LANES];
                let mut taken = 0;
                for lane in 0..LANES {
                    room[taken & (LANES - 1)] = key(distance[lane], ids[lane]);
                    taken += (bits >> lane & 1) as usize;
                }
                len += taken;
            }
        }
        self.sorted.clear();
        if len > MAX_RANKED {
            self.sorted.extend_from_slice(&keys[..len]);
            if len > k {
                self.sorted.select_nth_unstable(k - 1);
                self.sorted.truncate(k);
            }
            self.sorted.sort_unstable();
            return &self.sorted;
        }
        let fours = len.div_ceil(4);
        keys[len..fours * 4].fill(u64::MAX >> 1);
        // Keys are distinct, so each has its own place.
        self.sorted.resize(MAX_RANKED, 0);
        let fours = &self.keys[..fours];
        for &key in &fours.as_flattened()[..len] {
            self.sorted[s.count_below(fours, key)] = key;
        }
        &self.sorted[..len.min(k)]
    }
}
