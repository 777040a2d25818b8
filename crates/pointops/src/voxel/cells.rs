//! Integer coordinates of voxels and their numbering without collisions.

use crate::{
    PointError,
    simd::{self, Kernel, LANES, Simd},
    validate,
};

/// How a coordinate relative to the minimum becomes a voxel coordinate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    Floor,
    Ceil,
}

/// Voxels of a block of 8 x 8 x 8.
pub(super) const BLOCK: usize = 1 << 9;

/// Voxel of each point as one number, which no two voxels share: that of its block, `(x · blocks[1] + y) · blocks[2] + z`,
/// above 9 bits for its place in the block.
pub(super) struct Cells {
    pub keys: Keys,
    /// Numbers are below this.
    pub total: u64,
}

/// Keys take 32 bits where they fit, since the passes over them are bound by memory.
pub(super) enum Keys {
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
}

/// Smallest and largest coordinate along each axis.
pub(super) fn bounds(points: &[[f32; 3]]) -> ([f32; 3], [f32; 3]) {
    // Four points at a time: the axes of twelve lanes repeat, so each lane keeps to one axis and the loop vectorises.
    let (mut low, mut high) = ([f32::INFINITY; 12], [f32::NEG_INFINITY; 12]);
    let (fours, rest) = points.as_flattened().as_chunks::<12>();
    for four in fours {
        for lane in 0..12 {
            low[lane] = if four[lane] < low[lane] { four[lane] } else { low[lane] };
            high[lane] = if four[lane] > high[lane] { four[lane] } else { high[lane] };
        }
    }
    for (lane, &value) in rest.iter().enumerate() {
        low[lane] = low[lane].min(value);
        high[lane] = high[lane].max(value);
    }
    let fold = |lanes: &[f32; 12], pick: fn(f32, f32) -> f32| {
        std::array::from_fn(|a| pick(pick(lanes[a], lanes[a + 3]), pick(lanes[a + 6], lanes[a + 9])))
    };
    (fold(&low, f32::min), fold(&high, f32::max))
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
        // The division and both roundings are monotone, so the largest coordinate has the largest voxel.
        let last = [0, 1, 2].map(|a| coordinate(high[a], low[a], size, rounding));
        // Beyond 2^31 steps consecutive f32 coordinates are hundreds of voxels apart: numbering them means nothing.
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
        Ok(Self { keys, total })
    }
}

/// Where a voxel lies in its block.
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

/// Numbers the voxel of each point by `key`.
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
        // Eight points are three vectors, in which the axes repeat.
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
        // Truncation: `steps` is never negative. The conversion to an integer that follows does it.
        Rounding::Floor => steps,
        Rounding::Ceil => steps.ceil(),
    }
}
