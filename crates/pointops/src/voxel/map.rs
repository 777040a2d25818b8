//! Voxels of a set of points, without collisions.

use super::cells::{Cells, Keys, Rounding};
use crate::{
    PointError,
    simd::{self, Kernel, Simd},
};

/// Which points share a voxel. `V` occupied voxels of `N` points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoxelMap {
    /// `[V]` the lowest index among each voxel's points.
    pub first: Vec<u32>,
    /// `[N]` the voxel of each point.
    pub inverse: Vec<u32>,
    /// `[V]` points in each voxel.
    pub counts: Vec<u32>,
}

/// A cloud of one point a voxel.
#[derive(Debug, Clone, PartialEq)]
pub struct VoxelDownsample {
    /// `[V]` mean coordinate of each voxel's points.
    pub points: Vec<[f32; 3]>,
    /// Which points each stands for.
    pub map: VoxelMap,
}

/// Groups points by voxel, `floor((p - min) / size)` in `f32` with the minimum over the points given.
///
/// Voxels are numbered in the order of their first point, so `first` ascends. No two voxels are mixed up, whatever the
/// extent. `size` is the edge in metres.
///
/// Every voxel of the bounding box has a number of its own (blocks of 8 x 8 x 8 first, so that near ones share memory). Where a bit for
/// each is affordable, the set bits before a voxel's own rank it; else numbers are hashed, by open addressing. Either way time is
/// proportional to the points, and memory to them too.
///
/// # Errors
///
/// An empty set, coordinates that are not finite, a size that is not positive, and extents of more than 2³¹ voxels along an
/// axis or 2⁶⁴ in all, counted in whole blocks of 8 × 8 × 8.
pub fn voxelize(points: &[[f32; 3]], size: f32) -> Result<VoxelMap, PointError> {
    Ok(number(Cells::new(points, size, Rounding::Floor)?))
}

/// [`voxelize`] with the voxel coordinates `ceil((p - min) / size)` that PointNet++'s ScanNet evaluation uses, but without
/// the collisions of its keys (for those see [`pointnet2_compat_voxels`](super::pointnet2_compat_voxels)).
pub fn voxelize_ceil(points: &[[f32; 3]], size: f32) -> Result<VoxelMap, PointError> {
    Ok(number(Cells::new(points, size, Rounding::Ceil)?))
}

/// The first point of each voxel of [`voxelize`], ascending: its `first`, in one pass that makes nothing else.
///
/// # Errors
///
/// Those of [`voxelize`].
pub fn voxel_first(points: &[[f32; 3]], size: f32) -> Result<Vec<u32>, PointError> {
    Ok(firsts(Cells::new(points, size, Rounding::Floor)?))
}

/// The first point of each voxel of [`voxelize_ceil`], ascending: the points whose labels stand for their voxels in
/// PointNet++'s ScanNet evaluation, without its collisions.
///
/// # Errors
///
/// Those of [`voxelize`].
pub fn voxel_first_ceil(points: &[[f32; 3]], size: f32) -> Result<Vec<u32>, PointError> {
    Ok(firsts(Cells::new(points, size, Rounding::Ceil)?))
}

/// Replaces the points of each voxel of [`voxelize`] by their mean, computed in `f64`.
///
/// # Errors
///
/// Those of [`voxelize`].
pub fn voxel_downsample(points: &[[f32; 3]], size: f32) -> Result<VoxelDownsample, PointError> {
    let map = voxelize(points, size)?;
    Ok(VoxelDownsample { points: map.mean(points)?, map })
}

impl VoxelMap {
    /// Number of occupied voxels.
    pub fn len(&self) -> usize {
        self.first.len()
    }

    /// Whether there is no voxel; maps made by this crate have at least one.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// Mean over each voxel of a value per point (a coordinate, a colour), summed in `f64` in the order of the points.
    pub fn mean(&self, values: &[[f32; 3]]) -> Result<Vec<[f32; 3]>, PointError> {
        self.check("values", values.len())?;
        let mut sums = vec![[0f64; 3]; self.len()];
        for (value, &voxel) in values.iter().zip(&self.inverse) {
            let sum = &mut sums[voxel as usize];
            for axis in 0..3 {
                sum[axis] += f64::from(value[axis]);
            }
        }
        Ok(sums.iter().zip(&self.counts).map(|(sum, &count)| sum.map(|s| (s / f64::from(count)) as f32)).collect())
    }

    /// The most frequent label of each voxel, labels equal to `ignore` not counted; equal frequencies go to the lowest
    /// label. A voxel whose points are all `ignore` is `ignore`.
    pub fn majority(&self, labels: &[i32], ignore: i32) -> Result<Vec<i32>, PointError> {
        self.check("labels", labels.len())?;
        // Counting sort: the labels of each voxel side by side.
        let mut ends = Vec::with_capacity(self.len());
        let mut total = 0usize;
        for &count in &self.counts {
            ends.push(total);
            total += count as usize;
        }
        let mut sorted = vec![0i32; labels.len()];
        for (&label, &voxel) in labels.iter().zip(&self.inverse) {
            let end = &mut ends[voxel as usize];
            sorted[*end] = label;
            *end += 1;
        }
        let mut rest = sorted.as_mut_slice();
        let mut majorities = Vec::with_capacity(self.len());
        for &count in &self.counts {
            let (own, after) = rest.split_at_mut(count as usize);
            rest = after;
            own.sort_unstable();
            let mut best = (0, ignore);
            for run in own.chunk_by(|a, b| a == b).filter(|run| run[0] != ignore) {
                if run.len() > best.0 {
                    best = (run.len(), run[0]);
                }
            }
            majorities.push(best.1);
        }
        Ok(majorities)
    }

    fn check(&self, what: &'static str, len: usize) -> Result<(), PointError> {
        let expected = self.inverse.len();
        if len == expected { Ok(()) } else { Err(PointError::LengthMismatch { what, len, expected }) }
    }
}

/// No voxel has this number: there are fewer points.
const NONE: u32 = u32::MAX;

/// Whether a bit a possible voxel takes at most 8 bytes a point (or 2 MiB, which a cache holds).
fn few(voxels: u64, points: usize) -> bool {
    voxels <= 64 * (points as u64).max(1 << 18)
}

fn firsts(cells: Cells) -> Vec<u32> {
    match cells.keys {
        Keys::Narrow(keys) if few(cells.total, keys.len()) => first_of_each(&keys, (cells.total - 1) as u32).0,
        Keys::Narrow(keys) => hashed(keys.into_iter().map(u64::from).collect()).first,
        Keys::Wide(keys) => hashed(keys).first,
    }
}

/// The first point of each key, ascending, through a bit a possible key, all of which are at most `last`; and these bits.
#[inline(always)]
fn first_of_each(keys: &[u32], last: u32) -> (Vec<u32>, Vec<u64>) {
    let mut seen = vec![0u64; last as usize / 64 + 1];
    // Written whether it counts or not: which points are first cannot be foretold.
    let (mut first, mut used) = (vec![0; keys.len()], 0);
    for (i, &key) in keys.iter().enumerate() {
        let (word, bit) = (&mut seen[key as usize / 64], key % 64);
        first[used] = i as u32;
        used += usize::from(*word >> bit & 1 == 0);
        *word |= 1 << bit;
    }
    first.truncate(used);
    (first, seen)
}

fn number(cells: Cells) -> VoxelMap {
    match cells.keys {
        Keys::Narrow(keys) if few(cells.total, keys.len()) => by_first(ranked(keys, (cells.total - 1) as u32)),
        Keys::Narrow(keys) => hashed(keys.into_iter().map(u64::from).collect()),
        Keys::Wide(keys) => hashed(keys),
    }
}

/// The same voxels in the order of their first points.
fn by_first(map: VoxelMap) -> VoxelMap {
    let VoxelMap { mut first, mut inverse, counts } = map;
    let (mut firsts, mut sizes) = (Vec::with_capacity(first.len()), Vec::with_capacity(first.len()));
    for (i, voxel) in inverse.iter_mut().enumerate() {
        let rank = *voxel as usize;
        // The first point of a voxel is the first to come here; its entry then holds the new number.
        if first[rank] == i as u32 {
            first[rank] = firsts.len() as u32;
            firsts.push(i as u32);
            sizes.push(counts[rank]);
        }
        *voxel = first[rank];
    }
    VoxelMap { first: firsts, inverse, counts: sizes }
}

/// Numbers voxels in ascending order of their keys, all of which are at most `last`, through a bit a possible key: the
/// number of set bits before a key's own is its voxel.
pub(super) fn ranked(keys: Vec<u32>, last: u32) -> VoxelMap {
    simd::run(Ranked { keys, last })
}

/// The first point of each key, in ascending order of the keys, all of which are at most `last`.
pub(super) fn ranked_first(keys: &[u32], last: u32) -> Vec<u32> {
    simd::run(RankedFirst { keys, last })
}

/// Set bits before each word.
#[inline(always)]
fn set_before(words: &[u64]) -> (Vec<u32>, u32) {
    let mut used = 0u32;
    let before = words.iter().map(|word| {
        let ranks = used;
        used += word.count_ones();
        ranks
    });
    (before.collect(), used)
}

/// Set bits before a key's own.
#[inline(always)]
fn rank(key: u32, words: &[u64], before: &[u32]) -> u32 {
    let word = key as usize / 64;
    before[word] + (words[word] & ((1 << (key % 64)) - 1)).count_ones()
}

/// A kernel for the sake of the instruction that counts bits.
struct Ranked {
    keys: Vec<u32>,
    last: u32,
}

impl Kernel for Ranked {
    type Output = VoxelMap;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> VoxelMap {
        let mut keys = self.keys;
        let mut words = vec![0u64; self.last as usize / 64 + 1];
        for &key in &keys {
            words[key as usize / 64] |= 1 << (key % 64);
        }
        let (before, used) = set_before(&words);
        let (mut first, mut counts) = (vec![NONE; used as usize], vec![0u32; used as usize]);
        for (i, key) in keys.iter_mut().enumerate() {
            *key = rank(*key, &words, &before);
            let voxel = *key as usize;
            first[voxel] = first[voxel].min(i as u32);
            counts[voxel] += 1;
        }
        VoxelMap { first, inverse: keys, counts }
    }
}

/// A kernel for the same reason.
struct RankedFirst<'a> {
    keys: &'a [u32],
    last: u32,
}

impl Kernel for RankedFirst<'_> {
    type Output = Vec<u32>;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> Vec<u32> {
        let (first, words) = first_of_each(self.keys, self.last);
        let (before, used) = set_before(&words);
        let mut ordered = vec![NONE; used as usize];
        for i in first {
            ordered[rank(self.keys[i as usize], &words, &before) as usize] = i;
        }
        ordered
    }
}

/// Numbers voxels through a table with open addressing, when the possible voxels are too many for a bit each.
fn hashed(keys: Vec<u64>) -> VoxelMap {
    let capacity = (keys.len() * 2).next_power_of_two();
    let shift = 64 - capacity.trailing_zeros();
    let mut table = vec![NONE; capacity];
    let (mut first, mut counts, mut inverse) = (Vec::new(), Vec::new(), Vec::with_capacity(keys.len()));
    for (i, key) in keys.iter().enumerate() {
        // Multiplication by 2^64 / golden ratio spreads consecutive keys (Knuth, volume 3, section 6.4).
        let mut slot = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (shift & 63)) as usize & (capacity - 1);
        let voxel = loop {
            let voxel = table[slot];
            if voxel == NONE {
                let new = first.len() as u32;
                table[slot] = new;
                first.push(i as u32);
                counts.push(0u32);
                break new;
            }
            if keys[first[voxel as usize] as usize] == *key {
                break voxel;
            }
            slot = (slot + 1) & (capacity - 1);
        };
        counts[voxel as usize] += 1;
        inverse.push(voxel);
    }
    VoxelMap { first, inverse, counts }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_to_number_agree() {
        let keys: Vec<u32> = (0..10_000u32).map(|i| i.wrapping_mul(2_654_435_761) >> 20).collect();
        let wide: Vec<u64> = keys.iter().map(|&k| u64::from(k)).collect();
        let by_first = hashed(wide);
        let by_key = ranked(keys.clone(), 4095);
        assert_eq!(super::by_first(by_key.clone()), by_first);
        assert!(by_key.first.is_sorted_by_key(|&i| keys[i as usize]));
        assert_eq!(ranked_first(&keys, 4095), by_key.first);
        assert_eq!(first_of_each(&keys, 4095).0, by_first.first);
        for i in 0..keys.len() {
            let (a, b) = (by_key.inverse[i] as usize, by_first.inverse[i] as usize);
            assert_eq!((by_key.first[a], by_key.counts[a]), (by_first.first[b], by_first.counts[b]));
        }
        assert_eq!(hashed(vec![7]), VoxelMap { first: vec![0], inverse: vec![0], counts: vec![1] });
    }

    #[test]
    fn majority_skips_ignored_labels_and_breaks_ties_low() {
        let map = VoxelMap { first: vec![0, 1, 2], inverse: vec![0, 1, 2, 0, 0, 1, 1, 1], counts: vec![3, 4, 1] };
        assert_eq!(map.majority(&[5, -1, -1, 5, 2, -1, 9, 3], -1).unwrap(), [5, 3, -1]);
        assert!(map.majority(&[1], -1).is_err());
    }
}
