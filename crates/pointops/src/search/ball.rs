//! The first `k` points within a radius, in index order.

use super::Rows;
use crate::{
    grid::Grid,
    simd::{Bits, Kernel, LANES, Simd},
};

/// A set of indices that yields the lowest.
///
/// One bit per index and one bit per word of those, so that reading out a few indices in order takes few steps.
pub(crate) struct LowestIds {
    words: Vec<u64>,
    summary: Vec<u64>,
}

impl LowestIds {
    pub fn new(len: usize) -> Self {
        let words = len.div_ceil(64);
        Self { words: vec![0; words], summary: vec![0; words.div_ceil(64)] }
    }

    #[inline(always)]
    pub fn insert(&mut self, id: u32) {
        let word = id as usize / 64;
        self.words[word] |= 1 << (id % 64);
        self.summary[word / 64] |= 1 << (word % 64);
    }

    /// Fills `out` with the lowest indices, empties the set, and returns the number written.
    #[inline(always)]
    pub fn drain(&mut self, out: &mut [u32]) -> usize {
        let mut written = 0;
        for (s, summary) in self.summary.iter_mut().enumerate() {
            while *summary != 0 {
                let w = s * 64 + summary.trailing_zeros() as usize;
                *summary &= *summary - 1;
                let mut word = std::mem::take(&mut self.words[w]);
                while word != 0 && written < out.len() {
                    out[written] = (w * 64) as u32 + word.trailing_zeros();
                    written += 1;
                    word &= word - 1;
                }
            }
        }
        written
    }
}

/// Fills the rest of a row after `found` indices, see [`BallQuery`](crate::BallQuery).
#[inline(always)]
pub(crate) fn pad(row: &mut [u32], found: usize) {
    let first = if found > 0 { row[0] } else { 0 };
    row[found..].fill(first);
}

/// Ball queries of the centers listed in `order`.
pub(crate) struct BallKernel<'a> {
    /// The points in their original order.
    pub flat: &'a Grid,
    pub grid: Option<&'a Grid>,
    pub centers: &'a [[f32; 3]],
    pub order: &'a [u32],
    pub radius: f32,
    pub indices: &'a Rows<'a, u32>,
    pub counts: &'a Rows<'a, u32>,
}

/// Rows of cells per ball, at most; larger balls read the points in their original order.
const MAX_ROWS: usize = 256;

impl Kernel for BallKernel<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let squared = self.radius * self.radius;
        let n = self.flat.len();
        let mut set = LowestIds::new(if self.grid.is_some() { n } else { 0 });
        let mut ranges = [(0, 0); MAX_ROWS];
        for &query in self.order {
            let center = self.centers[query as usize];
            // SAFETY: `order` lists every query once, and each thread works on its own part of it.
            let (row, count) = unsafe { (self.indices.row(query as usize), self.counts.row(query as usize)) };
            let found = match self.grid {
                None => first(s, self.flat, n, center, squared, row),
                Some(grid) => 'found: {
                    let region = grid.around(center, squared);
                    let [wide, deep] = [0, 1].map(|a| region.high[a] - region.low[a] + 1);
                    if wide * deep > MAX_ROWS {
                        break 'found first(s, self.flat, n, center, squared, row);
                    }
                    let (mut used, mut total) = (0, 0);
                    for x in region.low[0]..=region.high[0] {
                        let gap_x = grid.gap(grid.relative(center[0], 0), x);
                        let y_place = grid.relative(center[1], 1);
                        for y in region.low[1]..=region.high[1] {
                            let range = grid.row(x, y, (region.low[2], region.high[2]));
                            let near = gap_x + grid.gap(y_place, y) <= squared;
                            ranges[used] = range;
                            let take = near & (range.1 > range.0);
                            used += usize::from(take);
                            total += if take { range.1 - range.0 } else { 0 };
                        }
                    }
                    // When the ball holds many points, a scan in the original order probably finds k of them sooner. Try
                    // that first, but look at no more points than the cells hold.
                    if total.saturating_mul(total) > n.saturating_mul(2 * row.len()) {
                        let found = first(s, self.flat, total.min(n), center, squared, row);
                        if found == row.len() || total >= n {
                            break 'found found;
                        }
                    }
                    for &(start, end) in &ranges[..used] {
                        collect(s, grid, start, end, center, squared, &mut set);
                    }
                    set.drain(row)
                }
            };
            pad(row, found);
            count[0] = found as u32;
        }
    }
}

/// Adds the points at the places `start..end` that are within the radius.
#[inline(always)]
fn collect<S: Simd>(s: S, grid: &Grid, start: usize, end: usize, center: [f32; 3], squared: f32, set: &mut LowestIds) {
    let (center, limit) = (s.splat_point(center), s.splat(squared));
    let mut place = start;
    while place < end {
        let [x, y, z] = grid.eight(place);
        let distance = s.squared_distance([s.load(x), s.load(y), s.load(z)], center);
        let mut bits = s.bits(s.lt(distance, limit));
        if end - place < LANES {
            bits &= (1 << (end - place)) - 1;
        }
        for lane in Bits(bits) {
            set.insert(grid.id(place + lane));
        }
        place += LANES;
    }
}

/// Finds the first points within the radius among the first `end` points.
#[inline(always)]
fn first<S: Simd>(s: S, flat: &Grid, end: usize, center: [f32; 3], squared: f32, row: &mut [u32]) -> usize {
    let (center, limit) = (s.splat_point(center), s.splat(squared));
    let (mut found, mut place) = (0, 0);
    while place < end && found < row.len() {
        let [x, y, z] = flat.eight(place);
        let distance = s.squared_distance([s.load(x), s.load(y), s.load(z)], center);
        let mut bits = s.bits(s.lt(distance, limit));
        if end - place < LANES {
            bits &= (1 << (end - place)) - 1;
        }
        while bits != 0 && found < row.len() {
            row[found] = (place + bits.trailing_zeros() as usize) as u32;
            found += 1;
            bits &= bits - 1;
        }
        place += LANES;
    }
    found
}
