//! Exchanges between the units of a plane (warp). All units of a plane must call them together.
//!
//! NVIDIA's compute capability 8.0 brought one instruction for the largest or least integer of a plane. CubeCL does not
//! emit it for CUDA, and lets every exchange ask first which units are active; here it is inline PTX.

use cubecl::frontend::comptime::device_properties;
use cubecl::ir::features::Plane;
use cubecl::prelude::*;

/// Whether kernels may contain PTX for compute capability 8.0.
#[cube]
pub fn has_ptx() -> comptime_type!(bool) {
    let device = device_properties();
    comptime!(is_ptx(&device.identity.fingerprint))
}

/// Whether a fingerprint such as `ptx_sm90` is that of a CUDA device of compute capability 8.0 or later.
fn is_ptx(fingerprint: &str) -> bool {
    fingerprint.strip_prefix("ptx_sm").and_then(|arch| arch.parse::<u32>().ok()).is_some_and(|arch| arch >= 80)
}

/// Synchronises the units of a plane before an exchange, on devices where they may diverge.
#[cube]
fn together() {
    let device = device_properties();
    if comptime!(device.features.plane.contains(Plane::Sync)) {
        sync_plane();
    }
}

/// The largest value of the plane.
#[cube]
pub fn most_of_plane(value: u32) -> u32 {
    if has_ptx() {
        let most: u32;
        gpu_asm!("redux.sync.max.u32 {}, {}, 0xffffffff;", out(_) most, in(_) u32::reinterpret(value), options(nomem));
        most
    } else {
        together();
        plane_max(value)
    }
}

/// The least value of the plane.
#[cube]
pub fn least_of_plane(value: u32) -> u32 {
    if has_ptx() {
        let least: u32;
        gpu_asm!("redux.sync.min.u32 {}, {}, 0xffffffff;", out(_) least, in(_) u32::reinterpret(value), options(nomem));
        least
    } else {
        together();
        plane_min(value)
    }
}

/// The least value of the plane, which may be negative.
#[cube]
pub fn least_float_of_plane(value: f32) -> f32 {
    together();
    plane_min(value)
}

/// Bit `i` says whether unit `i` of the plane, which has at most 32, says so.
#[cube]
pub fn units_where(this: bool) -> u32 {
    if has_ptx() {
        let one = u32::cast_from(this);
        let units: u32;
        gpu_asm!(
            "{{ .reg .pred p; setp.ne.u32 p, {one}, 0; vote.sync.ballot.b32 {units}, p, 0xffffffff; }}",
            units = out(_) units, one = in(_) one, options(nomem)
        );
        units
    } else {
        together();
        plane_ballot(this).extract(0usize)
    }
}
