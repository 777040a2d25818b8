//! Voxels of a set of points.

use super::cells::{self, Cells, Keys, Rounding};
use crate::{
    PointError,
    simd::{self, Kernel, Simd},
};

/// The `V` occupied voxels of `N` points, and which points share one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoxelMap {
    /// `[V]` the first point of each voxel.
    pub first: Vec<u32>,
    /// `[N]` the voxel of each point.
    pub inverse: Vec<u32>,
    /// `[V]` the number of points in each voxel.
    pub counts: Vec<u32>,
}

/// A cloud with one point per voxel.
#[derive(Debug, Clone, PartialEq)]
pub struct VoxelDownsample {
    /// `[V]` the mean coordinate of the points in each voxel.
    pub points: Vec<[f32; 3]>,
    /// Which points each replaces.
    pub map: VoxelMap,
}

/// Groups points by voxel, `floor((p - min) / size)` in `f32`, where `min` is the lowest corner of their bounding box.
///
/// Voxels are numbered in the order of their first points, so `first` ascends, and never collide. `size` is the edge in
/// metres.
///
/// Every voxel of the bounding box has its own key, by blocks of 8 × 8 × 8, so that voxels nearby share memory. If a
/// bit per key is affordable, the number of set bits before a voxel's own is its rank; otherwise keys are hashed.
/// Either way, time and memory are proportional to the number of points.
///
/// ```
/// let points = [[0.0, 0.0, 0.0], [0.9, 0.0, 0.0], [0.3, 0.0, 0.0]];
/// let map = pointops::voxelize(&points, 0.5)?;
/// assert_eq!((map.first, map.inverse, map.counts), (vec![0, 1], vec![0, 1, 0], vec![2, 1]));
/// # Ok::<(), pointops::PointError>(())
/// ```
///
/// # Errors
///
/// If there are no points, a coordinate is not finite, the size is not positive and finite, or there are more than 2³¹
/// voxels along an axis or 2⁶⁴ in all, counted in whole blocks of 8 × 8 × 8.
pub fn voxelize(points: &[[f32; 3]], size: f32) -> Result<VoxelMap, PointError> {
    Ok(number(Cells::new(points, size, Rounding::Floor)?))
}

/// [`voxelize`] with the voxel coordinates `ceil((p - min) / size)` of PointNet++'s ScanNet evaluation, in `f32`.
///
/// # Errors
///
/// Those of [`voxelize`].
pub fn voxelize_ceil(points: &[[f32; 3]], size: f32) -> Result<VoxelMap, PointError> {
    Ok(number(Cells::new(points, size, Rounding::Ceil)?))
}

/// Replaces the points in each voxel of [`voxelize`] by their mean, computed in `f64`.
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

    /// Whether there are no voxels; maps made by this crate have at least one.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// The mean of the points' values (coordinates, colours) in each voxel, summed in `f64` in the order of the points.
    ///
    /// # Errors
    ///
    /// If there is not one value per point.
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

    /// The most frequent label in each voxel other than `ignore`; ties go to the lowest label. A voxel without other
    /// labels gets `ignore`.
    ///
    /// # Errors
    ///
    /// If there is not one label per point.
    pub fn majority(&self, labels: &[i32], ignore: i32) -> Result<Vec<i32>, PointError> {
        self.check("labels", labels.len())?;
        // A counting sort puts the labels of each voxel next to each other.
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

/// Marks a free slot: there are fewer voxels than this.
const NONE: u32 = u32::MAX;

/// Finds the first point of each key, in ascending order, with one bit per possible key up to `last`; returns these
/// bits too.
#[inline(always)]
pub(super) fn first_of_each(keys: &[u32], last: u32) -> (Vec<u32>, Vec<u64>) {
    let mut seen = vec![0u64; last as usize / 64 + 1];
    // Written whether it counts or not: a branch could not be predicted.
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
        Keys::Narrow(keys) if cells::few(cells.last as f64, keys.len()) => by_first(ranked(keys, cells.last as u32)),
        Keys::Narrow(keys) => hashed(keys.into_iter().map(u64::from).collect()),
        Keys::Wide(keys) => hashed(keys),
    }
}

/// Renumbers voxels in the order of their first points.
fn by_first(map: VoxelMap) -> VoxelMap {
    let VoxelMap { mut first, mut inverse, counts } = map;
    let (mut firsts, mut sizes) = (Vec::with_capacity(first.len()), Vec::with_capacity(first.len()));
    for (i, voxel) in inverse.iter_mut().enumerate() {
        let rank = *voxel as usize;
        // The first point of a voxel comes first; its entry then holds the new number.
        if first[rank] == i as u32 {
            first[rank] = firsts.len() as u32;
            firsts.push(i as u32);
            sizes.push(counts[rank]);
        }
        *voxel = first[rank];
    }
    VoxelMap { first: firsts, inverse, counts: sizes }
}

/// Numbers voxels in ascending order of their keys, with one bit per possible key up to `last`: the number of set bits
/// before that of a key is its voxel.
fn ranked(keys: Vec<u32>, last: u32) -> VoxelMap {
    simd::run(Ranked { keys, last })
}

/// The number of set bits before each word, and in all.
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

/// The number of set bits before that of a key.
#[inline(always)]
fn rank(key: u32, words: &[u64], before: &[u32]) -> u32 {
    let word = key as usize / 64;
    before[word] + (words[word] & ((1 << (key % 64)) - 1)).count_ones()
}

/// A kernel so that it uses the instruction that counts bits.
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

/// Numbers voxels in the order of their first points, with a hash table, if there are too many keys for a bit each.
pub(super) fn hashed(keys: Vec<u64>) -> VoxelMap {
    let capacity = (keys.len() * 2).next_power_of_two();
    let shift = 64 - capacity.trailing_zeros();
    let mut table = vec![NONE; capacity];
    let (mut first, mut counts, mut inverse) = (Vec::new(), Vec::new(), Vec::with_capacity(keys.len()));
    for (i, key) in keys.iter().enumerate() {
        // Multiplying by 2^64 / golden ratio spreads consecutive keys (Knuth, volume 3, section 6.4).
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
    fn ranked_and_hashed_numbers_agree() {
        let keys: Vec<u32> = (0..10_000u32).map(|i| i.wrapping_mul(2_654_435_761) >> 20).collect();
        let wide: Vec<u64> = keys.iter().map(|&k| u64::from(k)).collect();
        let by_first = hashed(wide);
        let by_key = ranked(keys.clone(), 4095);
        assert_eq!(super::by_first(by_key.clone()), by_first);
        assert!(by_key.first.is_sorted_by_key(|&i| keys[i as usize]));
        assert_eq!(first_of_each(&keys, 4095).0, by_first.first);
        for i in 0..keys.len() {
            let (a, b) = (by_key.inverse[i] as usize, by_first.inverse[i] as usize);
            assert_eq!((by_key.first[a], by_key.counts[a]), (by_first.first[b], by_first.counts[b]));
        }
        assert_eq!(hashed(vec![7]), VoxelMap { first: vec![0], inverse: vec![0], counts: vec![1] });
    }

    #[test]
    fn majority_skips_ignored_labels_and_takes_the_lowest_on_ties() {
        let map = VoxelMap { first: vec![0, 1, 2], inverse: vec![0, 1, 2, 0, 0, 1, 1, 1], counts: vec![3, 4, 1] };
        assert_eq!(map.majority(&[5, -1, -1, 5, 2, -1, 9, 3], -1).unwrap(), [5, 3, -1]);
        assert!(map.majority(&[1], -1).is_err());
    }
}
