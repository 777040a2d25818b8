//! The squared distance that all operations share.

/// Squared Euclidean distance, `(dx·dx + dy·dy) + dz·dz` in `f32`, without fused multiply-add.
///
/// Every operation of this crate rounds like this, vectorised or not, so distances, ties and comparisons with a squared
/// radius are the same on every machine. It is symmetric in its arguments. For finite points it is never NaN, but it
/// may be infinite.
#[inline(always)]
pub fn squared_distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    let (dx, dy, dz) = (a[0] - b[0], a[1] - b[1], a[2] - b[2]);
    (dx * dx + dy * dy) + dz * dz
}
