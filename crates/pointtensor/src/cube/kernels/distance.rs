//! The squared distance of `pointops`, to the bit.

use super::plane::has_ptx;
use cubecl::prelude::*;

/// Makes the compiler round a value to `f32` before going on.
///
/// Shader compilers may contract `a · b + c` to one rounding and reorder sums, which changes the last bit of a
/// distance, and with it ties and comparisons with a radius. `zero` is 0, but the compiler does not know, so it cannot
/// optimise across an exclusive or with it. This costs one integer instruction.
#[cube]
pub fn rounded(value: f32, zero: u32) -> f32 {
    f32::reinterpret(u32::reinterpret(value) ^ zero)
}

/// `a · b`, rounded before going on. PTX has an instruction that is never contracted.
#[cube]
fn product(a: f32, b: f32, zero: u32) -> f32 {
    if has_ptx() {
        let product: f32;
        gpu_asm!("mul.rn.f32 {}, {}, {};", out(_) product, in(_) f32::reinterpret(a), in(_) f32::reinterpret(b), options(pure, nomem));
        product
    } else {
        rounded(a * b, zero)
    }
}

/// `a + b`, rounded before going on.
#[cube]
fn sum(a: f32, b: f32, zero: u32) -> f32 {
    if has_ptx() {
        let sum: f32;
        gpu_asm!("add.rn.f32 {}, {}, {};", out(_) sum, in(_) f32::reinterpret(a), in(_) f32::reinterpret(b), options(pure, nomem));
        sum
    } else {
        rounded(a + b, zero)
    }
}

/// `(dx·dx + dy·dy) + dz·dz` with every operation rounded, like `pointops::squared_distance`.
#[cube]
pub fn squared_distance(ax: f32, ay: f32, az: f32, bx: f32, by: f32, bz: f32, zero: u32) -> f32 {
    let dx = ax - bx;
    let dy = ay - by;
    let dz = az - bz;
    sum(product(dx, dx, zero), product(dy, dy, zero), zero) + product(dz, dz, zero)
}

/// Infinity, for which WGSL has no literal.
#[cube]
pub fn infinity(zero: u32) -> f32 {
    f32::reinterpret(0x7f80_0000u32 ^ zero)
}
