//! The nearest `k` points of many queries.
//!
//! Neighbouring queries have much the same neighbours. The first query of a group is searched for on its own; by the
//! triangle inequality its k-th distance limits where the neighbours of the others can be, so the points there are copied
//! side by side once, and each of the others selects from that list without looking at cells.

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
        let mut rest = self.order;
        while let Some((&first, others)) = rest.split_first() {
            let center = self.queries[first as usize];
            searcher.search(s, center, f32::INFINITY);
            self.write(first, searcher.found().iter().copied());
            let kth = searcher.kth();
            // As far away as its k-th neighbour, a query still shares enough of the list.
            let (mut group, mut apart) = (0, 0f32);
            for &query in others.iter().take(MAX_GROUP) {
                let distance = squared_distance(self.queries[query as usize], center);
                if distance > kth * GROUP_REACH {
                    break;
                }
                apart = apart.max(distance);
                group += 1;
            }
            let (group, after) = others.split_at(group);
            rest = after;
            // Twice `apart`: once from the query to its neighbours' bound, once from the center to the query. Duplicates
            // (a k-th distance of 0) and infinite distances are for the searcher.
            let shared = group.len() >= 2
                && kth > 0.0
                && candidates.gather(s, self.grid, center, farther(farther(kth, apart), apart));
            let mut last = (center, kth);
            for &query in group {
                let place = self.queries[query as usize];
                if !shared {
                    searcher.search(s, place, f32::INFINITY);
                    self.write(query, searcher.found().iter().copied());
                    continue;
                }
                let from_last = farther(last.1, squared_distance(place, last.0));
                let from_center = farther(kth, squared_distance(place, center));
                let bound = if from_last < from_center { from_last } else { from_center };
                let found = candidates.nearest(s, place, bound, self.k);
                let Some(&key) = found.get(self.k - 1) else {
                    debug_assert!(false, "the bound holds fewer than k points");
                    searcher.search(s, place, f32::INFINITY);
                    self.write(query, searcher.found().iter().copied());
                    continue;
                };
                last = (place, key_distance(key));
                self.write(query, found.iter().copied());
            }
        }
    }
}

/// Squared ratio of a group's radius and the k-th distance of its first query; measured.
const GROUP_REACH: f32 = 1.0;

impl KnnKernel<'_> {
    #[inline(always)]
    fn write(&self, query: u32, keys: impl Iterator<Item = u64>) {
        // SAFETY: the parts of `order` that threads work on hold every query once.
        let (indices, distances) = unsafe { (self.indices.row(query as usize), self.distances.row(query as usize)) };
        for ((key, index), distance) in keys.zip(indices).zip(distances) {
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
    len: usize,
    keys: Vec<[u64; 4]>,
    sorted: Vec<u64>,
}

impl Candidates {
    /// Copies the points at a squared distance of `squared` at most; `false` if they are too many.
    #[inline(always)]
    fn gather<S: Simd>(&mut self, s: S, grid: &Grid, center: [f32; 3], squared: f32) -> bool {
        if self.ids.is_empty() {
            let blocks = MAX_CANDIDATES / LANES + 2;
            self.coord = std::array::from_fn(|_| vec![[0.0; LANES]; blocks]);
            self.ids = vec![[0; LANES]; blocks];
            self.keys = vec![[0; 4]; MAX_CANDIDATES / 4 + 4];
        }
        let region = grid.around(center, squared);
        let [wide, deep] = [0, 1].map(|a| region.high[a] - region.low[a] + 1);
        if wide * deep > MAX_CANDIDATES {
            return false;
        }
        let (x_place, y_place) = (grid.relative(center[0], 0), grid.relative(center[1], 1));
        let (center, limit) = (s.splat_point(center), s.splat(squared));
        let [xs, ys, zs] = &mut self.coord;
        let (xs, ys, zs, ids) =
            (xs.as_flattened_mut(), ys.as_flattened_mut(), zs.as_flattened_mut(), self.ids.as_flattened_mut());
        let mut len = 0;
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
                    let mut bits = s.bits(s.le(distance, limit));
                    if end - place < LANES {
                        bits &= (1 << (end - place)) - 1;
                    }
                    if len + LANES > MAX_CANDIDATES {
                        return false;
                    }
                    for lane in Bits(bits) {
                        (xs[len], ys[len], zs[len], ids[len]) = (x[lane], y[lane], z[lane], grid.id(place + lane));
                        len += 1;
                    }
                    place += LANES;
                }
            }
        }
        // Lanes left over are farther from everything than any bound.
        for pad in len..len.next_multiple_of(LANES) {
            (xs[pad], ys[pad], zs[pad], ids[pad]) = (f32::NAN, f32::NAN, f32::NAN, 0);
        }
        self.len = len;
        true
    }

    /// The nearest `k` to a place, as sorted keys, of which at least `k` are at a squared distance of `bound` at most.
    #[inline(always)]
    fn nearest<S: Simd>(&mut self, s: S, place: [f32; 3], bound: f32, k: usize) -> &[u64] {
        let (place, limit) = (s.splat_point(place), s.splat(bound));
        let keys = self.keys.as_flattened_mut();
        let mut len = 0;
        let [xs, ys, zs] = &self.coord;
        let blocks = self.len.div_ceil(LANES);
        for (((x, y), z), ids) in xs[..blocks].iter().zip(&ys[..blocks]).zip(&zs[..blocks]).zip(&self.ids[..blocks]) {
            let distance = s.squared_distance([s.load(x), s.load(y), s.load(z)], place);
            let bits = s.bits(s.le(distance, limit));
            if bits != 0 {
                let mut lanes = [0.0; LANES];
                s.store(distance, &mut lanes);
                // Every lane is written, and overwritten by the next where it is not wanted: no branch to mispredict.
                let room = &mut keys[len..len + LANES];
                let mut taken = 0;
                for lane in 0..LANES {
                    room[taken & (LANES - 1)] = key(lanes[lane], ids[lane]);
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
        let (fours, _) = self.keys.split_at(fours);
        for &key in &fours.as_flattened()[..len] {
            self.sorted[s.count_below(fours, key)] = key;
        }
        &self.sorted[..len.min(k)]
    }
}
