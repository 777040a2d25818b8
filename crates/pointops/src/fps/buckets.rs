//! The sampling loop over buckets.
//!
//! Each bucket keeps its bounding box and the largest distance of its points to the samples so far. A new sample can
//! lower a distance only in buckets whose box is nearer than that. Boxes are tested eight at a time, in three levels of
//! eight. The distance to a box is rounded like the distances to points, and subtraction, multiplication and addition
//! round monotonically, so it never exceeds the distance to a point in the box: the samples are those of brute force,
//! to the bit.

use super::tree;
use crate::simd::{self, Bits, Kernel, LANES, Simd};

/// Fills `chosen` with samples. The points must be finite and `start` one of them.
pub(super) fn sample(points: &[[f32; 3]], start: usize, chosen: &mut [u32]) {
    let target = if points.len() <= 1 << 14 { SMALL_BUCKET } else { LARGE_BUCKET };
    let mut state = State::new(points, target);
    simd::run(Sampling { points, state: &mut state, start, chosen });
}

/// Points per bucket in clouds of up to 16384 points and in larger ones; measured.
const SMALL_BUCKET: usize = 128;
const LARGE_BUCKET: usize = 256;

/// Eight points and their squared distances to the nearest sample.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
struct Block {
    coord: [[f32; LANES]; 3],
    nearest: [f32; LANES],
}

/// Eight boxes and the largest distance of the points in each. A lane without a box is never hit.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
struct Boxes {
    low: [[f32; LANES]; 3],
    high: [[f32; LANES]; 3],
    largest: [f32; LANES],
}

const NO_BOXES: Boxes =
    Boxes { low: [[f32::INFINITY; LANES]; 3], high: [[f32::NEG_INFINITY; LANES]; 3], largest: [-1.0; LANES] };
/// The winner of a bucket is unknown since its distances changed.
const UNKNOWN: u32 = u32::MAX;

struct State {
    blocks: Vec<Block>,
    ids: Vec<[u32; LANES]>,
    /// Bucket b is `blocks[starts[b]..starts[b + 1]]`.
    starts: Vec<u32>,
    /// The lowest id at the largest distance of each bucket.
    winners: Vec<u32>,
    /// Lane b % 8 of `leaves[b / 8]` is bucket b, lane i % 8 of `groups[i / 8]` is `leaves[i]`, and so on.
    leaves: Vec<Boxes>,
    groups: Vec<Boxes>,
    tops: Vec<Boxes>,
}

impl State {
    fn new(points: &[[f32; 3]], target: usize) -> Self {
        let tree::Partition { starts: begin, ids: sorted } = tree::partition(points, target);
        let buckets = begin.len() - 1;
        let mut state = Self {
            blocks: Vec::with_capacity(points.len() / LANES + buckets),
            ids: Vec::with_capacity(points.len() / LANES + buckets),
            starts: vec![0],
            winners: vec![UNKNOWN; buckets],
            leaves: vec![NO_BOXES; buckets.div_ceil(LANES)],
            groups: Vec::new(),
            tops: Vec::new(),
        };
        for bucket in 0..buckets {
            let members = &sorted[begin[bucket] as usize..begin[bucket + 1] as usize];
            let (mut low, mut high) = ([f32::INFINITY; 3], [f32::NEG_INFINITY; 3]);
            for eight in members.chunks(LANES) {
                // Unused lanes have distance -1, which is never the largest.
                let mut block = Block { coord: [[0.0; LANES]; 3], nearest: [-1.0; LANES] };
                let mut ids = [UNKNOWN; LANES];
                for (lane, &id) in eight.iter().enumerate() {
                    let point = points[id as usize];
                    for axis in 0..3 {
                        block.coord[axis][lane] = point[axis];
                        low[axis] = if point[axis] < low[axis] { point[axis] } else { low[axis] };
                        high[axis] = if point[axis] > high[axis] { point[axis] } else { high[axis] };
                    }
                    block.nearest[lane] = f32::INFINITY;
                    ids[lane] = id;
                }
                state.blocks.push(block);
                state.ids.push(ids);
            }
            state.starts.push(state.blocks.len() as u32);
            if !members.is_empty() {
                state.leaves[bucket / LANES].set(bucket % LANES, low, high);
            }
        }
        state.groups = enclose(&state.leaves);
        state.tops = enclose(&state.groups);
        state
    }
}

impl Boxes {
    fn set(&mut self, lane: usize, low: [f32; 3], high: [f32; 3]) {
        for axis in 0..3 {
            self.low[axis][lane] = low[axis];
            self.high[axis][lane] = high[axis];
        }
        self.largest[lane] = f32::INFINITY;
    }

    /// Bits of the boxes in which a point may be nearer to `center` than to the samples so far.
    #[inline(always)]
    fn hits<S: Simd>(&self, s: S, center: [S::F; 3]) -> u32 {
        let zero = s.splat(0.0);
        let mut gap = [zero; 3];
        for axis in 0..3 {
            let below = s.sub(s.load(&self.low[axis]), center[axis]);
            let above = s.sub(center[axis], s.load(&self.high[axis]));
            gap[axis] = s.max(s.max(below, above), zero);
        }
        let bound = s.squared_distance(gap, [zero; 3]);
        s.bits(s.lt(bound, s.load(&self.largest)))
    }

    /// Bits of the boxes whose largest distance is `distance`.
    #[inline(always)]
    fn at<S: Simd>(&self, s: S, distance: S::F) -> u32 {
        s.bits(s.eq(s.load(&self.largest), distance))
    }
}

/// One box around each eight boxes.
fn enclose(inner: &[Boxes]) -> Vec<Boxes> {
    let mut outer = vec![NO_BOXES; inner.len().div_ceil(LANES)];
    for (i, boxes) in inner.iter().enumerate() {
        if boxes.largest.iter().any(|&l| l >= 0.0) {
            let low = boxes.low.map(|lanes| lanes.into_iter().fold(f32::INFINITY, f32::min));
            let high = boxes.high.map(|lanes| lanes.into_iter().fold(f32::NEG_INFINITY, f32::max));
            outer[i / LANES].set(i % LANES, low, high);
        }
    }
    outer
}

struct Sampling<'a> {
    points: &'a [[f32; 3]],
    state: &'a mut State,
    start: usize,
    chosen: &'a mut [u32],
}

impl Kernel for Sampling<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let State { blocks, ids, starts, winners, leaves, groups, tops } = self.state;
        let mut current = self.start as u32;
        let last = self.chosen.len().wrapping_sub(1);
        for (number, chosen) in self.chosen.iter_mut().enumerate() {
            *chosen = current;
            if number == last {
                return;
            }
            let center = s.splat_point(self.points[current as usize]);
            let mut best = -1f32;
            for (t, top) in tops.iter_mut().enumerate() {
                for t_lane in Bits(top.hits(s, center)) {
                    let g = t * LANES + t_lane;
                    let group = &mut groups[g];
                    for g_lane in Bits(group.hits(s, center)) {
                        let l = g * LANES + g_lane;
                        let leaf = &mut leaves[l];
                        for l_lane in Bits(leaf.hits(s, center)) {
                            let bucket = l * LANES + l_lane;
                            let members = starts[bucket] as usize..starts[bucket + 1] as usize;
                            leaf.largest[l_lane] = update(s, &mut blocks[members], center);
                            winners[bucket] = UNKNOWN;
                        }
                        group.largest[g_lane] = s.max_lane(s.load(&leaf.largest));
                    }
                    top.largest[t_lane] = s.max_lane(s.load(&group.largest));
                }
                let largest = s.max_lane(s.load(&top.largest));
                best = if largest > best { largest } else { best };
            }
            if best == 0.0 {
                // Every point is a sample or a duplicate of one: from here on, the lowest index.
                current = 0;
                continue;
            }
            // The lowest id among the points at the largest distance.
            let best_lanes = s.splat(best);
            let mut winner = UNKNOWN;
            for (t, top) in tops.iter().enumerate() {
                for t_lane in Bits(top.at(s, best_lanes)) {
                    let g = t * LANES + t_lane;
                    for g_lane in Bits(groups[g].at(s, best_lanes)) {
                        let l = g * LANES + g_lane;
                        for l_lane in Bits(leaves[l].at(s, best_lanes)) {
                            let bucket = l * LANES + l_lane;
                            if winners[bucket] == UNKNOWN {
                                let members = starts[bucket] as usize..starts[bucket + 1] as usize;
                                winners[bucket] = first_at(s, &blocks[members.clone()], &ids[members], best_lanes);
                            }
                            winner = winner.min(winners[bucket]);
                        }
                    }
                }
            }
            current = winner;
        }
    }
}

/// Lowers the distances of a bucket's points to those from `center` and returns the largest.
#[inline(always)]
fn update<S: Simd>(s: S, blocks: &mut [Block], center: [S::F; 3]) -> f32 {
    let mut largest = s.splat(-1.0);
    for block in blocks {
        let point = [s.load(&block.coord[0]), s.load(&block.coord[1]), s.load(&block.coord[2])];
        let nearest = s.min(s.squared_distance(point, center), s.load(&block.nearest));
        s.store(nearest, &mut block.nearest);
        largest = s.max(largest, nearest);
    }
    s.max_lane(largest)
}

/// The lowest id at a distance: ids ascend within a bucket, so it is the first one found.
#[inline(always)]
fn first_at<S: Simd>(s: S, blocks: &[Block], ids: &[[u32; LANES]], distance: S::F) -> u32 {
    for (block, ids) in blocks.iter().zip(ids) {
        let bits = s.bits(s.eq(s.load(&block.nearest), distance));
        if bits != 0 {
            return ids[bits.trailing_zeros() as usize];
        }
    }
    UNKNOWN
}
