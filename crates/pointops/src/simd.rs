//! Eight lanes of `f32`: AVX2, chosen at run time, and a portable form with the same bits.
//!
//! Autovectorisation does not help these loops, and a build for the oldest x86-64 must still use AVX2 on machines that
//! have it. So a kernel is a type that implements [`Kernel`]. [`run`] compiles its `run` twice, once inside a function
//! with the AVX2 features, and calls the one that the machine can execute. Everything that a kernel calls in its loops
//! must be `#[inline(always)]`, or it would be compiled without these features.
//!
//! No operation fuses a multiplication with an addition, so both forms round alike.

/// Lanes per vector.
pub(crate) const LANES: usize = 8;

/// An instruction set with vectors of eight; a value of this type proves that the machine has it.
pub(crate) trait Simd: Copy {
    /// Eight floats.
    type F: Copy;
    /// Eight 32-bit integers.
    type U: Copy;
    /// Eight booleans.
    type M: Copy;
    fn splat(self, value: f32) -> Self::F;
    fn load(self, from: &[f32; LANES]) -> Self::F;
    fn store(self, value: Self::F, to: &mut [f32; LANES]);
    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    fn div(self, a: Self::F, b: Self::F) -> Self::F;
    /// The smaller of two values that are not NaN.
    fn min(self, a: Self::F, b: Self::F) -> Self::F;
    /// The larger of two values that are not NaN.
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
    fn lt(self, a: Self::F, b: Self::F) -> Self::M;
    fn le(self, a: Self::F, b: Self::F) -> Self::M;
    fn eq(self, a: Self::F, b: Self::F) -> Self::M;
    fn and(self, a: Self::M, b: Self::M) -> Self::M;
    fn or(self, a: Self::M, b: Self::M) -> Self::M;
    /// Bit i is lane i.
    fn bits(self, mask: Self::M) -> u32;
    /// `yes` where the mask is true, `no` elsewhere.
    fn select(self, mask: Self::M, yes: Self::F, no: Self::F) -> Self::F;
    fn splat_u(self, value: u32) -> Self::U;
    fn ceil(self, a: Self::F) -> Self::F;
    fn sqrt(self, a: Self::F) -> Self::F;
    /// The integer part of values in 0..2³¹.
    fn truncate(self, a: Self::F) -> Self::U;
    fn store_u(self, value: Self::U, to: &mut [u32; LANES]);
    /// Compares as unsigned integers.
    fn lt_u(self, a: Self::U, b: Self::U) -> Self::M;
    fn select_u(self, mask: Self::M, yes: Self::U, no: Self::U) -> Self::U;

    /// How many of the numbers are below `than`; all must be below 2⁶³.
    #[inline(always)]
    fn count_below(self, numbers: &[[u64; 4]], than: u64) -> usize {
        numbers.iter().flatten().filter(|&&n| n < than).count()
    }

    /// The largest lane.
    #[inline(always)]
    fn max_lane(self, a: Self::F) -> f32 {
        let mut lanes = [0.0; LANES];
        self.store(a, &mut lanes);
        let pair = |a: f32, b: f32| if a > b { a } else { b };
        let [a, b, c, d, e, f, g, h] = lanes;
        pair(pair(pair(a, e), pair(b, f)), pair(pair(c, g), pair(d, h)))
    }

    /// The coordinates of a point, each in all lanes.
    #[inline(always)]
    fn splat_point(self, point: [f32; 3]) -> [Self::F; 3] {
        [self.splat(point[0]), self.splat(point[1]), self.splat(point[2])]
    }

    /// [`squared_distance`](crate::squared_distance) lane by lane.
    #[inline(always)]
    fn squared_distance(self, a: [Self::F; 3], b: [Self::F; 3]) -> Self::F {
        let (dx, dy, dz) = (self.sub(a[0], b[0]), self.sub(a[1], b[1]), self.sub(a[2], b[2]));
        self.add(self.add(self.mul(dx, dx), self.mul(dy, dy)), self.mul(dz, dz))
    }
}

/// Positions of the set bits, ascending.
#[derive(Clone, Copy)]
pub(crate) struct Bits(pub u32);

impl Iterator for Bits {
    type Item = usize;
    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let lane = self.0.trailing_zeros() as usize;
        self.0 &= self.0 - 1;
        Some(lane)
    }
}

/// Code that is compiled for each instruction set.
pub(crate) trait Kernel {
    type Output;
    /// Must be `#[inline(always)]`, and so must everything it calls in its loops.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// Runs a kernel with the best instruction set of this machine.
#[inline]
pub(crate) fn run<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(test)]
    if tests::PORTABLE.get() {
        return run_portable(kernel);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(simd) = avx2::Avx2::detect() {
        return simd.run(kernel);
    }
    run_portable(kernel)
}

/// Runs a kernel with the instructions of the compiler's target only.
pub(crate) fn run_portable<K: Kernel>(kernel: K) -> K::Output {
    kernel.run(Portable)
}

/// Lane by lane.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

#[inline(always)]
fn zip<A: Copy, B: Copy, C>(a: [A; LANES], b: [B; LANES], f: impl Fn(A, B) -> C) -> [C; LANES] {
    std::array::from_fn(|i| f(a[i], b[i]))
}

impl Simd for Portable {
    type F = [f32; LANES];
    type U = [u32; LANES];
    type M = [bool; LANES];
    #[inline(always)]
    fn splat(self, value: f32) -> Self::F {
        [value; LANES]
    }
    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::F {
        *from
    }
    #[inline(always)]
    fn store(self, value: Self::F, to: &mut [f32; LANES]) {
        *to = value;
    }
    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| a / b)
    }
    #[inline(always)]
    fn min(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        zip(a, b, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn lt(self, a: Self::F, b: Self::F) -> Self::M {
        zip(a, b, |a, b| a < b)
    }
    #[inline(always)]
    fn le(self, a: Self::F, b: Self::F) -> Self::M {
        zip(a, b, |a, b| a <= b)
    }
    #[inline(always)]
    fn eq(self, a: Self::F, b: Self::F) -> Self::M {
        zip(a, b, |a, b| a == b)
    }
    #[inline(always)]
    fn and(self, a: Self::M, b: Self::M) -> Self::M {
        zip(a, b, |a, b| a & b)
    }
    #[inline(always)]
    fn or(self, a: Self::M, b: Self::M) -> Self::M {
        zip(a, b, |a, b| a | b)
    }
    #[inline(always)]
    fn bits(self, mask: Self::M) -> u32 {
        mask.iter().enumerate().fold(0, |bits, (i, &set)| bits | u32::from(set) << i)
    }
    #[inline(always)]
    fn select(self, mask: Self::M, yes: Self::F, no: Self::F) -> Self::F {
        std::array::from_fn(|i| if mask[i] { yes[i] } else { no[i] })
    }
    #[inline(always)]
    fn ceil(self, a: Self::F) -> Self::F {
        a.map(f32::ceil)
    }
    #[inline(always)]
    fn sqrt(self, a: Self::F) -> Self::F {
        a.map(f32::sqrt)
    }
    #[inline(always)]
    fn truncate(self, a: Self::F) -> Self::U {
        a.map(|v| v as u32)
    }
    #[inline(always)]
    fn splat_u(self, value: u32) -> Self::U {
        [value; LANES]
    }
    #[inline(always)]
    fn store_u(self, value: Self::U, to: &mut [u32; LANES]) {
        *to = value;
    }
    #[inline(always)]
    fn lt_u(self, a: Self::U, b: Self::U) -> Self::M {
        zip(a, b, |a, b| a < b)
    }
    #[inline(always)]
    fn select_u(self, mask: Self::M, yes: Self::U, no: Self::U) -> Self::U {
        std::array::from_fn(|i| if mask[i] { yes[i] } else { no[i] })
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{Kernel, LANES, Simd};

    /// Proves that the machine has AVX2 and the bit instructions introduced with it.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx2(());

    impl Avx2 {
        #[inline]
        pub(crate) fn detect() -> Option<Self> {
            let has = is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt")
                && is_x86_feature_detected!("popcnt");
            has.then_some(Self(()))
        }

        #[inline]
        pub(super) fn run<K: Kernel>(self, kernel: K) -> K::Output {
            // SAFETY: a value of this type exists only if the features were detected.
            unsafe { inside(self, kernel) }
        }
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn inside<K: Kernel>(simd: Avx2, kernel: K) -> K::Output {
        kernel.run(simd)
    }

    /// Instructions of AVX2, inside a method of [`Avx2`].
    macro_rules! avx2 {
        ($self:ident, $instructions:expr) => {{
            let _: Avx2 = $self;
            // SAFETY: a value of `Avx2` exists only if the machine has the instructions. The only ones that touch
            // memory are loads and stores through references to 32 bytes, which need no alignment.
            unsafe { $instructions }
        }};
    }

    impl Simd for Avx2 {
        type F = __m256;
        type U = __m256i;
        type M = __m256;
        #[inline(always)]
        fn splat(self, value: f32) -> __m256 {
            avx2!(self, _mm256_set1_ps(value))
        }
        #[inline(always)]
        fn load(self, from: &[f32; LANES]) -> __m256 {
            avx2!(self, _mm256_loadu_ps(from.as_ptr()))
        }
        #[inline(always)]
        fn store(self, value: __m256, to: &mut [f32; LANES]) {
            avx2!(self, _mm256_storeu_ps(to.as_mut_ptr(), value))
        }
        #[inline(always)]
        fn add(self, a: __m256, b: __m256) -> __m256 {
            avx2!(self, _mm256_add_ps(a, b))
        }
        #[inline(always)]
        fn sub(self, a: __m256, b: __m256) -> __m256 {
            avx2!(self, _mm256_sub_ps(a, b))
        }
        #[inline(always)]
        fn mul(self, a: __m256, b: __m256) -> __m256 {
            avx2!(self, _mm256_mul_ps(a, b))
        }
        #[inline(always)]
        fn div(self, a: __m256, b: __m256) -> __m256 {
            avx2!(self, _mm256_div_ps(a, b))
        }
        #[inline(always)]
        fn min(self, a: __m256, b: __m256) -> __m256 {
            avx2!(self, _mm256_min_ps(a, b))
        }
        #[inline(always)]
        fn max(self, a: __m256, b: __m256) -> __m256 {
            avx2!(self, _mm256_max_ps(a, b))
        }
        #[inline(always)]
        fn lt(self, a: __m256, b: __m256) -> __m256 {
            avx2!(self, _mm256_cmp_ps::<_CMP_LT_OQ>(a, b))
        }
        #[inline(always)]
        fn le(self, a: __m256, b: __m256) -> __m256 {
            avx2!(self, _mm256_cmp_ps::<_CMP_LE_OQ>(a, b))
        }
        #[inline(always)]
        fn eq(self, a: __m256, b: __m256) -> __m256 {
            avx2!(self, _mm256_cmp_ps::<_CMP_EQ_OQ>(a, b))
        }
        #[inline(always)]
        fn and(self, a: __m256, b: __m256) -> __m256 {
            avx2!(self, _mm256_and_ps(a, b))
        }
        #[inline(always)]
        fn or(self, a: __m256, b: __m256) -> __m256 {
            avx2!(self, _mm256_or_ps(a, b))
        }
        #[inline(always)]
        fn bits(self, mask: __m256) -> u32 {
            avx2!(self, _mm256_movemask_ps(mask) as u32)
        }
        #[inline(always)]
        fn select(self, mask: __m256, yes: __m256, no: __m256) -> __m256 {
            avx2!(self, _mm256_blendv_ps(no, yes, mask))
        }
        #[inline(always)]
        fn ceil(self, a: __m256) -> __m256 {
            avx2!(self, _mm256_ceil_ps(a))
        }
        #[inline(always)]
        fn sqrt(self, a: __m256) -> __m256 {
            avx2!(self, _mm256_sqrt_ps(a))
        }
        #[inline(always)]
        fn truncate(self, a: __m256) -> __m256i {
            avx2!(self, _mm256_cvttps_epi32(a))
        }
        #[inline(always)]
        fn splat_u(self, value: u32) -> __m256i {
            avx2!(self, _mm256_set1_epi32(value as i32))
        }
        #[inline(always)]
        fn store_u(self, value: __m256i, to: &mut [u32; LANES]) {
            avx2!(self, _mm256_storeu_si256(to.as_mut_ptr().cast(), value))
        }
        #[inline(always)]
        fn lt_u(self, a: __m256i, b: __m256i) -> __m256 {
            avx2!(self, {
                // There is only a signed comparison; flipping the highest bit makes it unsigned.
                let flip = _mm256_set1_epi32(i32::MIN);
                let (a, b) = (_mm256_xor_si256(a, flip), _mm256_xor_si256(b, flip));
                _mm256_castsi256_ps(_mm256_cmpgt_epi32(b, a))
            })
        }
        #[inline(always)]
        fn select_u(self, mask: __m256, yes: __m256i, no: __m256i) -> __m256i {
            avx2!(self, _mm256_blendv_epi8(no, yes, _mm256_castps_si256(mask)))
        }
        #[inline(always)]
        fn count_below(self, numbers: &[[u64; 4]], than: u64) -> usize {
            avx2!(self, {
                let than = _mm256_set1_epi64x(than as i64);
                // A true lane is -1.
                let mut below = _mm256_setzero_si256();
                for four in numbers {
                    let four = _mm256_loadu_si256(four.as_ptr().cast());
                    below = _mm256_add_epi64(below, _mm256_cmpgt_epi64(than, four));
                }
                let pair = _mm_add_epi64(_mm256_castsi256_si128(below), _mm256_extracti128_si256::<1>(below));
                let sum = _mm_add_epi64(pair, _mm_unpackhi_epi64(pair, pair));
                _mm_cvtsi128_si64(sum).unsigned_abs() as usize
            })
        }
        #[inline(always)]
        fn max_lane(self, a: __m256) -> f32 {
            avx2!(self, {
                let half = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps::<1>(a));
                let pair = _mm_max_ps(half, _mm_movehl_ps(half, half));
                _mm_cvtss_f32(_mm_max_ss(pair, _mm_shuffle_ps::<1>(pair, pair)))
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use crate::{
        IndexKind, NeighborIndex, Weighting, farthest_point_sample, pointnet2_compat_voxel_first, voxel_first_ceil,
        voxelize, voxelize_ceil,
    };

    thread_local! {
        /// Whether kernels that this thread starts run in the portable form.
        pub(super) static PORTABLE: Cell<bool> = const { Cell::new(false) };
    }

    /// Checks that the machine's instruction set and the portable form give the same result.
    fn both<T: PartialEq + std::fmt::Debug>(what: impl Fn() -> T) {
        let best = what();
        PORTABLE.set(true);
        let portable = what();
        PORTABLE.set(false);
        assert_eq!(best, portable);
    }

    /// Pairs of eights, their rests and the last point: whatever the number of points, nothing outside is read.
    #[test]
    fn sets_of_every_small_size() {
        // Miri takes minutes for each
        let sizes = if cfg!(miri) { vec![1, 8, 9] } else { (1..=70).collect() };
        for n in sizes {
            let points: Vec<[f32; 3]> =
                (0..n).map(|i| [(i * 7 % 5) as f32 * 0.3, (i * 3 % 4) as f32, i as f32 * 0.01]).collect();
            both(|| farthest_point_sample(&points, n, n - 1).unwrap());
            both(|| voxelize(&points, 0.25).unwrap());
            both(|| voxel_first_ceil(&points, 0.25).unwrap());
            for kind in [IndexKind::Grid, IndexKind::BruteForce, IndexKind::KdTree] {
                let index = NeighborIndex::build(&points, kind).unwrap();
                both(|| index.ball_query(&points, 0.5, 4).unwrap());
                both(|| index.knn(&points, n.min(9)).unwrap());
                both(|| index.three_nn(&points, Weighting::InverseDistance).unwrap());
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "slow")]
    fn portable_kernels_give_the_same_bits() {
        // Coordinates of various magnitudes, duplicates and ties, from a linear congruential sequence.
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        };
        let mut points: Vec<[f32; 3]> = (0..3001).map(|_| [next(), next() * 3.0, next() * next()]).collect();
        points.extend((0..500).map(|_| [(next() * 8.0).floor() * 0.125, 1.0, 0.25]));
        points.extend_from_within(..300);
        both(|| farthest_point_sample(&points, 900, 5).unwrap());
        both(|| voxelize(&points, 0.03).unwrap());
        both(|| voxelize_ceil(&points, 0.03).unwrap());
        both(|| voxel_first_ceil(&points, 0.03).unwrap());
        both(|| pointnet2_compat_voxel_first(&points, 0.03).unwrap());
        // Few enough queries to stay on this thread.
        let queries = &points[2800..3801];
        for kind in [IndexKind::Grid, IndexKind::BruteForce] {
            let index = NeighborIndex::build(&points, kind).unwrap();
            both(|| index.ball_query(queries, 0.1, 16).unwrap());
            both(|| index.knn(queries, 16).unwrap());
            both(|| index.knn(queries, 200).unwrap());
            both(|| index.three_nn(queries, Weighting::InverseSquaredDistance).unwrap());
            both(|| index.three_nn(queries, Weighting::InverseDistance).unwrap());
        }
    }
}
