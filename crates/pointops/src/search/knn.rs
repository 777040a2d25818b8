//! The nearest `k` points of many queries.
//!
//! Neighbouring queries have much the same neighbours. Around a group of them, a ball that holds `k` points limits by the
//! triangle inequality where the neighbours of each can be. The points there are copied side by side once, and each query
//! selects from that list without looking at cells, nearly without branches.

use super::{
    Rows, key, key_distance, key_id,
    nearest::{Searcher, farther},
};
use crate::{
    grid::Grid,
    simd::{Bits, Kernel, LANES, Simd},
    squared_distance,
};

/// Queries in a group, and points they select from, at most.
const MAX_GROUP: usize = 64;
const MAX_CANDIDATES: usize = 2048;
/// Smaller groups are not worth a list.
const MIN_GROUP: usize = 2;
/// Squared ratio of a group's extent and the ball that holds `k` points; measured.
const GROUP_REACH: f32 = 0.8;
/// Up to as many keys are sorted by counting for each the lower ones, which takes no branch; more by a sort.
const MAX_RANKED: usize = 96;

/// k-NN of the queries that `order` names.
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
        // The squared radius of a ball that should hold somewhat more than k points hereabouts.
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
                    // Too few: look for the k-th, which among duplicates may be at distance 0.
                    searcher.search(s, center, f32::INFINITY);
                    ball = searcher.kth();
                    shared = ball > 0.0
                        && candidates.gather(s, self.grid, center, ball, apart).is_some_and(|held| held >= self.k);
                }
            }
            if !shared {
                for &query in group {
                    searcher.search(s, self.queries[query as usize], f32::INFINITY);
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
                    debug_assert!(false, "the bound holds fewer than k points");
                    searcher.search(s, place, f32::INFINITY);
                    self.write(query, searcher.found());
                }
            }
            ball = kth * 1.3;
        }
    }
}

impl KnnKernel<'_> {
    /// How many queries from the first on fit a box with half a diagonal of squared length `limit`, and its middle.
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
        // SAFETY: the parts of `order` that threads work on hold every query once.
        let (indices, distances) = unsafe { (self.indices.row(query as usize), self.distances.row(query as usize)) };
        for ((&key, index), distance) in keys.iter().zip(indices).zip(distances) {
            *index = key_id(key);
            *distance = key_distance(key);
        }
    }
}

/// Points that a group of queries selects from.
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
    /// Copies the points that may be neighbours of a query at a squared distance of at most `apart` from the center, if the
    /// ball of squared radius `ball` around the center holds k points. Returns how many it holds; `None` if the points are
    /// too many.
    #[inline(always)]
    fn gather<S: Simd>(&mut self, s: S, grid: &Grid, center: [f32; 3], ball: f32, apart: f32) -> Option<usize> {
        if self.ids.is_empty() {
            let blocks = MAX_CANDIDATES / LANES + 2;
            self.coord = std::array::from_fn(|_| vec![[0.0; LANES]; blocks]);
            self.ids = vec![[0; LANES]; blocks];
            self.distances = vec![[0.0; LANES]; blocks];
            self.keys = vec![[0; 4]; MAX_CANDIDATES / 4 + 4];
        }
        // Twice `apart`: from the center to the query, and from the query to the ball around the center.
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
        // Lanes left over compare with nothing.
        for pad in len..len.next_multiple_of(LANES) {
            (xs[pad], ys[pad], zs[pad], ids[pad]) = (f32::NAN, f32::NAN, f32::NAN, 0);
        }
        self.len = len;
        Some(held)
    }

    /// The nearest `k` to a place, as sorted keys; at least `k` are at a squared distance of `bound` at most, and `guess` is
    /// where the k-th might be.
    #[inline(always)]
    fn nearest<S: Simd>(&mut self, s: S, place: [f32; 3], guess: f32, bound: f32, k: usize) -> &[u64] {
        let place = s.splat_point(place);
        let blocks = self.len.div_ceil(LANES);
        let [xs, ys, zs] = &self.coord;
        let distances = &mut self.distances[..blocks];
        for (((x, y), z), out) in xs[..blocks].iter().zip(&ys[..blocks]).zip(&zs[..blocks]).zip(distances.iter_mut()) {
            s.store(s.squared_distance([s.load(x), s.load(y), s.load(z)], place), out);
        }
        // A limit that few more than k points keep to makes the rest short.
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
            // On surfaces the number grows as the squared distance.
            probe *= (k + k / 4 + 1) as f32 / (within + 1) as f32;
        }
        let lanes = s.splat(limit);
        let keys = self.keys.as_flattened_mut();
        let mut len = 0;
        for (distance, ids) in distances.iter().zip(&self.ids[..blocks]) {
            let bits = s.bits(s.le(s.load(distance), lanes));
            if bits != 0 {
                // Every lane is written, and overwritten by the next where it is not wanted: no branch to mispredict.
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
        // Keys are distinct, so each has a place of its own.
        self.sorted.resize(MAX_RANKED, 0);
        let fours = &self.keys[..fours];
        for &key in &fours.as_flattened()[..len] {
            self.sorted[s.count_below(fours, key)] = key;
        }
        &self.sorted[..len.min(k)]
    }
}
