//! Sorting points into buckets of nearby points.
//!
//! Any partition gives the same samples. A good one has compact buckets of similar size and is quick to compute: exact
//! medians (quickselect at every level) took half of the sampling time. So the splitting planes are the medians of an
//! evenly strided subsample, and each point then walks down the tree once, without branches.

use crate::{bounds, simd::LANES};

/// Points of the subsample per bucket.
const SAMPLES: usize = 8;
/// Enough levels for 2³² points in buckets of the smallest size.
const MAX_LEVELS: u32 = 26;

/// A partition of `0..n` into buckets, each in ascending order.
pub(super) struct Partition {
    /// Bucket b is `ids[starts[b]..starts[b + 1]]`.
    pub starts: Vec<u32>,
    pub ids: Vec<u32>,
}

/// Partitions points into 2ᵏ buckets of about `target` points or fewer on average.
pub(super) fn partition(points: &[[f32; 3]], target: usize) -> Partition {
    let mut levels = 0;
    while levels < MAX_LEVELS && points.len().div_ceil(1 << levels) > target {
        levels += 1;
    }
    let buckets = 1usize << levels;
    let planes = planes(points, levels);
    let mut bucket_of = vec![0u32; points.len()];
    // Eight points at a time hide the latency of each walk.
    let (blocks, rest) = points.as_chunks::<LANES>();
    let (out, out_rest) = bucket_of.as_chunks_mut::<LANES>();
    for (block, out) in blocks.iter().zip(out) {
        let mut node = [1usize; LANES];
        for _ in 0..levels {
            for lane in 0..LANES {
                node[lane] = planes.child(node[lane], &block[lane]);
            }
        }
        *out = node.map(|n| (n - buckets) as u32);
    }
    for (point, out) in rest.iter().zip(out_rest) {
        let leaf = (0..levels).fold(1, |node, _| planes.child(node, point));
        *out = (leaf - buckets) as u32;
    }
    // A counting sort is stable, so ids ascend within a bucket.
    let mut starts = vec![0u32; buckets + 1];
    for &bucket in &bucket_of {
        starts[bucket as usize + 1] += 1;
    }
    for b in 0..buckets {
        starts[b + 1] += starts[b];
    }
    let mut next = starts.clone();
    let mut ids = vec![0u32; points.len()];
    for (id, &bucket) in bucket_of.iter().enumerate() {
        let place = &mut next[bucket as usize];
        ids[*place as usize] = id as u32;
        *place += 1;
    }
    Partition { starts, ids }
}

/// A complete binary tree of planes. The root is 1, the children of node i are 2i and 2i + 1.
struct Planes {
    planes: Vec<Plane>,
}

#[derive(Clone, Copy)]
struct Plane {
    axis: u32,
    at: f32,
}

impl Planes {
    #[inline(always)]
    fn child(&self, node: usize, point: &[f32; 3]) -> usize {
        let plane = self.planes[node];
        // The remainder spares the bounds check.
        let value = point[plane.axis as usize % 3];
        2 * node + usize::from(value >= plane.at)
    }
}

fn planes(points: &[[f32; 3]], levels: u32) -> Planes {
    let wanted = (SAMPLES << levels).min(points.len());
    let stride = points.len().div_ceil(wanted.max(1)).max(1);
    let mut sample: Vec<[f32; 3]> = points.iter().copied().step_by(stride).collect();
    let mut planes = vec![Plane { axis: 0, at: 0.0 }; 1 << levels];
    split(&mut sample, 1, &mut planes);
    Planes { planes }
}

fn split(sample: &mut [[f32; 3]], node: usize, planes: &mut [Plane]) {
    if node >= planes.len() || sample.is_empty() {
        return;
    }
    let (low, high) = bounds(sample);
    // The difference may overflow to infinity, which compares all the same.
    let extent = [high[0] - low[0], high[1] - low[1], high[2] - low[2]];
    let mut axis = if extent[1] > extent[0] { 1 } else { 0 };
    if extent[2] > extent[axis] {
        axis = 2;
    }
    let middle = sample.len() / 2;
    let (_, median, _) = sample.select_nth_unstable_by(middle, |a, b| a[axis].total_cmp(&b[axis]));
    planes[node] = Plane { axis: axis as u32, at: median[axis] };
    let (left, right) = sample.split_at_mut(middle);
    split(left, 2 * node, planes);
    split(right, 2 * node + 1, planes);
}
