//! The squared distance that `pointops` computes, to the bit.

use cubecl::prelude::*;

/// A value that the compiler must round to `f32` before it goes on.
///
/// Shader compilers may contract `a · b + c` to one rounding and reorder sums, which moves a distance by its last bit, and with it
/// ties and comparisons with a radius. `zero` is a zero that only the caller knows: what a value becomes by an exclusive or with it
/// cannot be guessed, so nothing can be folded across. It costs an integer instruction.
#[cube]
pub fn rounded(value: f32, zero: u32) -> f32 {
    f32::reinterpret(u32::reinterpret(value) ^ zero)
}

/// `(dx·dx + dy·dy) + dz·dz`, each operation rounded: `pointops::squared_distance`.
#[cube]
pub fn squared_distance(ax: f32, ay: f32, az: f32, bx: f32, by: f32, bz: f32, zero: u32) -> f32 {
    let dx = ax - bx;
    let dy = ay - by;
    let dz = az - bz;
    let xx = rounded(dx * dx, zero);
    let yy = rounded(dy * dy, zero);
    let zz = rounded(dz * dz, zero);
    rounded(xx + yy, zero) + zz
}

/// Infinity, of which WGSL has no literal.
#[cube]
pub fn infinity(zero: u32) -> f32 {
    f32::reinterpret(0x7f80_0000u32 ^ zero)
}
