//! Dropout with the hash of [`crate::kernels::dropout`].

use cubecl::prelude::*;

#[cube]
fn mix(value: u32) -> u32 {
    let a = (value ^ (value >> 16u32)) * 0x21f0_aaadu32;
    let b = (a ^ (a >> 15u32)) * 0xd35a_2d97u32;
    b ^ (b >> 15u32)
}

/// `out = x · scale`, or zero where the hash of position and seed is below `threshold`; one unit per value.
#[cube(launch_unchecked)]
pub fn dropout(x: &[f32], seed: &[i32], out: &mut [f32], threshold: u32, scale: f32) {
    if ABSOLUTE_POS < out.len() {
        let hash = mix(mix(ABSOLUTE_POS as u32 + 0x9e37_79b9u32) ^ u32::reinterpret(seed[0]));
        let kept = x[ABSOLUTE_POS] * scale;
        out[ABSOLUTE_POS] = select(hash >= threshold, kept, 0.0f32);
    }
}
