//! The one squared distance that every operation of the crate agrees on.

/// Squared Euclidean distance, `(dx·dx + dy·dy) + dz·dz` in `f32` and without fused multiply-add.
///
/// Every operation of this crate uses these roundings, vectorised or not, so that distances, ties and strict comparisons
/// with a squared radius are the same on every machine. It is symmetric in its arguments, and never NaN for finite points
/// (it may be infinite).
#[inline(always)]
pub fn squared_distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    let (dx, dy, dz) = (a[0] - b[0], a[1] - b[1], a[2] - b[2]);
    (dx * dx + dy * dy) + dz * dz
}
