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
/// # Errors
///
/// An empty set, coordinates that are not finite, a size that is not positive, and extents of more than 2³¹ voxels along an
/// axis or 2⁶⁴ in all.
pub fn voxelize(points: &[[f32; 3]], size: f32) -> Result<VoxelMap, PointError> {
    Ok(number(Cells::new(points, size, Rounding::Floor)?))
}

/// [`voxelize`] with the voxel coordinates `ceil((p - min) / size)` that PointNet++'s ScanNet evaluation uses, but without
/// the collisions of its keys (for those see [`pointnet2_compat_voxels`](super::pointnet2_compat_voxels)).
pub fn voxelize_ceil(points: &[[f32; 3]], size: f32) -> Result<VoxelMap, PointError> {
    Ok(number(Cells::new(points, size, Rounding::Ceil)?))
}

/// Replaces the points of each voxel of [`voxelize`] by their mean, computed in `f64`.
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

fn number(cells: Cells) -> VoxelMap {
    match cells.keys {
        // One bit a possible voxel, at most 8 bytes a point (and at least 2 MiB, which a cache holds).
        Keys::Narrow(keys) if cells.total <= 64 * (keys.len() as u64).max(1 << 18) => dense(keys, cells.total as usize),
        Keys::Narrow(keys) => hashed(keys.into_iter().map(u64::from).collect()),
        Keys::Wide(keys) => hashed(keys),
    }
}

/// Numbers voxels through a bit a possible voxel: the rank of a voxel's bit among the set ones stands for the voxel.
fn dense(keys: Vec<u32>, total: usize) -> VoxelMap {
    simd::run(Dense { keys, total })
}

/// A kernel for the sake of the instruction that counts bits.
struct Dense {
    keys: Vec<u32>,
    total: usize,
}

impl Kernel for Dense {
    type Output = VoxelMap;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> VoxelMap {
        let mut keys = self.keys;
        let mut words = vec![0u64; self.total.div_ceil(64)];
        for &key in &keys {
            words[key as usize / 64] |= 1 << (key % 64);
        }
        let mut before = Vec::with_capacity(words.len());
        let mut used = 0u32;
        before.extend(words.iter().map(|word| {
            let ranks = used;
            used += word.count_ones();
            ranks
        }));
        let mut of_rank = vec![NONE; used as usize];
        let mut first = Vec::with_capacity(used as usize);
        let mut counts = vec![0u32; used as usize];
        for (i, key) in keys.iter_mut().enumerate() {
            let word = *key as usize / 64;
            let rank = before[word] + (words[word] & ((1 << (*key % 64)) - 1)).count_ones();
            let voxel = &mut of_rank[rank as usize];
            if *voxel == NONE {
                *voxel = first.len() as u32;
                first.push(i as u32);
            }
            counts[*voxel as usize] += 1;
            *key = *voxel;
        }
        VoxelMap { first, inverse: keys, counts }
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
    fn table_and_bits_agree() {
        let keys: Vec<u32> = (0..10_000u32).map(|i| i.wrapping_mul(2_654_435_761) >> 20).collect();
        let wide = keys.iter().map(|&k| u64::from(k)).collect();
        assert_eq!(dense(keys, 4096), hashed(wide));
        assert_eq!(hashed(vec![7]), VoxelMap { first: vec![0], inverse: vec![0], counts: vec![1] });
    }

    #[test]
    fn majority_skips_ignored_labels_and_breaks_ties_low() {
        let map = VoxelMap { first: vec![0, 1, 2], inverse: vec![0, 1, 2, 0, 0, 1, 1, 1], counts: vec![3, 4, 1] };
        assert_eq!(map.majority(&[5, -1, -1, 5, 2, -1, 9, 3], -1).unwrap(), [5, 3, -1]);
        assert!(map.majority(&[1], -1).is_err());
    }
}
