//! Voxel coordinates, and numbers for voxels without collisions.

use crate::{
    PointError, bounds,
    simd::{self, Kernel, LANES, Simd},
    validate,
};

/// How voxel coordinates are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    Floor,
    Ceil,
}

/// Voxels in a block of 8 × 8 × 8.
pub(super) const BLOCK: usize = 1 << 9;

/// The voxel of each point as a unique number: that of its block, `(x · blocks[1] + y) · blocks[2] + z`, above 9 bits
/// for its place in the block.
pub(super) struct Cells {
    pub keys: Keys,
    /// No key is larger.
    pub last: u64,
}

/// Keys have 32 bits where that suffices, because memory bounds the passes over them.
pub(super) enum Keys {
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
}

/// Whether a bit for each voxel up to `last` takes at most 8 bytes per point (or 2 MiB, which fits in a cache), and
/// voxels fit in 32 bits.
pub(super) fn few(last: f64, points: usize) -> bool {
    last < 64.0 * points.max(1 << 18) as f64 && last < f64::from(u32::MAX)
}

pub(super) fn check_size(size: f64) -> Result<(), PointError> {
    if size.is_finite() && size > 0.0 { Ok(()) } else { Err(PointError::BadVoxelSize { size }) }
}

impl Cells {
    /// Voxel coordinates are `rounding((p - min) / size)`, all in `f32`.
    pub fn new(points: &[[f32; 3]], size: f32, rounding: Rounding) -> Result<Self, PointError> {
        check_size(f64::from(size))?;
        validate::cloud("points", points)?;
        let (low, high) = bounds(points);
        let too_fine = || PointError::VoxelsTooFine {
            size: f64::from(size),
            extent: std::array::from_fn(|a| f64::from(high[a]) - f64::from(low[a])),
        };
        // Division and rounding are monotonic, so the largest coordinate has the largest voxel.
        let last = [0, 1, 2].map(|a| coordinate(high[a], low[a], size, rounding));
        // Beyond 2^31 voxels, consecutive f32 coordinates are hundreds of voxels apart: numbers would mean nothing.
        if last.iter().any(|&l| l >= (1u32 << 31) as f32) {
            return Err(too_fine());
        }
        let blocks = last.map(|l| l as u64 / 8 + 1);
        let product = |a: u64, b: u64| a.checked_mul(b).ok_or_else(too_fine);
        let total = product(product(product(blocks[0], blocks[1])?, blocks[2])?, BLOCK as u64)?;
        let steps = Steps { points, low, size, rounding };
        let keys = if total <= u64::from(u32::MAX) {
            let [_, ny, nz] = blocks.map(|b| b as u32);
            let key = |[x, y, z]: [u32; 3]| (((x / 8) * ny + y / 8) * nz + z / 8) << 9 | place([x, y, z]);
            Keys::Narrow(simd::run(Number { steps, key }))
        } else {
            let [_, ny, nz] = blocks;
            let key = |voxel: [u32; 3]| {
                let [x, y, z] = voxel.map(|v| u64::from(v / 8));
                ((x * ny + y) * nz + z) << 9 | u64::from(place(voxel))
            };
            Keys::Wide(simd::run(Number { steps, key }))
        };
        Ok(Self { keys, last: total - 1 })
    }
}

/// The place of a voxel in its block.
#[inline(always)]
fn place([x, y, z]: [u32; 3]) -> u32 {
    x % 8 * 64 + y % 8 * 8 + z % 8
}

struct Steps<'a> {
    points: &'a [[f32; 3]],
    low: [f32; 3],
    size: f32,
    rounding: Rounding,
}

/// Computes the key of each point's voxel.
struct Number<'a, F> {
    steps: Steps<'a>,
    key: F,
}

impl<T, F: Fn([u32; 3]) -> T> Kernel for Number<'_, F> {
    type Output = Vec<T>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Vec<T> {
        let Steps { points, low, size, rounding } = self.steps;
        let mut keys = Vec::with_capacity(points.len());
        // Eight points are three vectors in which the axes repeat.
        let lows: [f32; 3 * LANES] = std::array::from_fn(|i| low[i % 3]);
        let (lows, _) = lows.as_chunks::<LANES>();
        let lows = [s.load(&lows[0]), s.load(&lows[1]), s.load(&lows[2])];
        let edge = s.splat(size);
        let (eights, rest) = points.as_chunks::<LANES>();
        for eight in eights {
            let (vectors, _) = eight.as_flattened().as_chunks::<LANES>();
            let mut voxels = [[0u32; LANES]; 3];
            for i in 0..3 {
                let mut steps = s.div(s.sub(s.load(&vectors[i]), lows[i]), edge);
                if rounding == Rounding::Ceil {
                    steps = s.ceil(steps);
                }
                s.store_u(s.truncate(steps), &mut voxels[i]);
            }
            let (voxels, _) = voxels.as_flattened().as_chunks::<3>();
            keys.extend(voxels.iter().map(|&voxel| (self.key)(voxel)));
        }
        for point in rest {
            let voxel = [0, 1, 2].map(|axis| coordinate(point[axis], low[axis], size, rounding) as u32);
            keys.push((self.key)(voxel));
        }
        keys
    }
}

#[inline(always)]
fn coordinate(value: f32, low: f32, size: f32, rounding: Rounding) -> f32 {
    let steps = (value - low) / size;
    match rounding {
        // The conversion to an integer truncates, which is the same since `steps` is never negative.
        Rounding::Floor => steps,
        Rounding::Ceil => steps.ceil(),
    }
}
