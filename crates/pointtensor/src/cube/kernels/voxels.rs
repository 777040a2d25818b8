//! Voxels: a hash table of points in which each voxel has one slot, owned by its first point.
//!
//! The slot of a voxel depends on the order in which units run; the point that finally owns it does not.

use cubecl::prelude::*;

/// `fl(a / b)` rounded down, or up if `ceil`, at most 2³¹ - 1.
///
/// Devices may divide with an error in the last bits, which moves points on the face of a voxel into its neighbour. So
/// the quotient of the significands is computed by long division and rounded to nearest, as IEEE 754 requires. `a` must
/// not be negative, `b` must be positive, and neither may be subnormal.
#[cube]
fn steps(a: f32, b: f32, #[comptime] ceil: bool) -> u32 {
    // without the sign: a zero may have one
    let (a, b) = (u32::reinterpret(a) & 0x7fff_ffffu32, u32::reinterpret(b));
    let divisor = (b & 0x7f_ffffu32) | 0x80_0000u32;
    let remainder = RuntimeCell::<u32>::new((a & 0x7f_ffffu32) | 0x80_0000u32);
    let exponent = RuntimeCell::<i32>::new((a >> 23u32) as i32 - (b >> 23u32) as i32);
    if remainder.read() < divisor {
        remainder.store(remainder.read() << 1u32);
        exponent.store(exponent.read() - 1i32);
    }
    // 24 bits, the first of which is 1
    let quotient = RuntimeCell::<u32>::new(0u32);
    for _ in 0..24u32 {
        let fits = remainder.read() >= divisor;
        quotient.store((quotient.read() << 1u32) | select(fits, 1u32, 0u32));
        remainder.store(select(fits, remainder.read() - divisor, remainder.read()) << 1u32);
    }
    // never exactly between two floats: such a quotient would need a dividend with more bits
    if remainder.read() > divisor {
        quotient.store(quotient.read() + 1u32);
        if quotient.read() == 0x100_0000u32 {
            quotient.store(0x80_0000u32);
            exponent.store(exponent.read() + 1i32);
        }
    }
    let whole = RuntimeCell::<u32>::new(0u32);
    let rest = RuntimeCell::<bool>::new(true);
    if exponent.read() > 30i32 {
        whole.store(0x7fff_ffffu32);
        rest.store(false);
    } else if exponent.read() >= 23i32 {
        whole.store(quotient.read() << (exponent.read() - 23i32) as u32);
        rest.store(false);
    } else if exponent.read() >= 0i32 {
        let below = (23i32 - exponent.read()) as u32;
        whole.store(quotient.read() >> below);
        rest.store((whole.read() << below) != quotient.read());
    }
    if a == 0u32 {
        whole.store(0u32);
        rest.store(false);
    }
    if comptime!(ceil) && rest.read() {
        whole.store(whole.read() + 1u32);
    }
    whole.read()
}

/// Voxel coordinates `[points, 3]` of points, counted from `lowest [clouds, 3]`, the lowest corner of their cloud of
/// `n` points.
#[cube(launch_unchecked)]
pub fn cells(points: &[f32], lowest: &[f32], cells: &mut [u32], n: usize, size: f32, #[comptime] ceil: bool) {
    if ABSOLUTE_POS < points.len() {
        let axis = ABSOLUTE_POS % 3usize;
        let cloud = ABSOLUTE_POS / 3usize / n;
        cells[ABSOLUTE_POS] = steps(points[ABSOLUTE_POS] - lowest[cloud * 3usize + axis], size, ceil);
    }
}

/// The content of a slot without an owner.
const FREE: u32 = u32::MAX;

/// Marks all slots as free.
#[cube(launch_unchecked)]
pub fn free(slots: &mut [u32]) {
    if ABSOLUTE_POS < slots.len() {
        slots[ABSOLUTE_POS] = FREE;
    }
}

/// The slot where the search for the voxel of a point starts; `len`, the number of slots, is a power of two.
#[cube]
fn hash(cells: &[u32], point: usize, len: usize) -> usize {
    // murmur3's finaliser (Appleby, public domain) of the three coordinates times odd numbers
    let mixed = (cells[point * 3usize] * 0x9e37_79b1u32)
        ^ (cells[point * 3usize + 1usize] * 0x85eb_ca77u32)
        ^ (cells[point * 3usize + 2usize] * 0xc2b2_ae3du32);
    let mixed = (mixed ^ (mixed >> 16u32)) * 0x85eb_ca6bu32;
    let mixed = (mixed ^ (mixed >> 13u32)) * 0xc2b2_ae35u32;
    ((mixed ^ (mixed >> 16u32)) as usize) & (len - 1usize)
}

#[cube]
fn same_voxel(cells: &[u32], a: usize, b: usize) -> bool {
    cells[a * 3usize] == cells[b * 3usize]
        && cells[a * 3usize + 1usize] == cells[b * 3usize + 1usize]
        && cells[a * 3usize + 2usize] == cells[b * 3usize + 2usize]
}

/// Enters the `n` points of each cloud into its `len` slots, of which at least half stay free.
#[cube(launch_unchecked)]
pub fn enter(cells: &[u32], slots: &[Atomic<u32>], n: usize, len: usize) {
    let point = ABSOLUTE_POS;
    if point < cells.len() / 3usize {
        let first = point / n * len;
        let slot = RuntimeCell::<usize>::new(hash(cells, point, len));
        let searching = RuntimeCell::<bool>::new(true);
        while searching.read() {
            let at = first + slot.read();
            // the exchange may fail spuriously, so the slot tells who owns it
            slots[at].compare_exchange_weak(FREE, point as u32);
            let owner = slots[at].load();
            if owner != FREE {
                if same_voxel(cells, owner as usize, point) {
                    slots[at].fetch_min(point as u32);
                    searching.store(false);
                } else {
                    slot.store((slot.read() + 1usize) & (len - 1usize));
                }
            }
        }
    }
}

/// The owner of the voxel of each point.
#[cube(launch_unchecked)]
pub fn owners(cells: &[u32], slots: &[u32], owners: &mut [i32], n: usize, len: usize) {
    let point = ABSOLUTE_POS;
    if point < owners.len() {
        let first = point / n * len;
        let slot = RuntimeCell::<usize>::new(hash(cells, point, len));
        while !same_voxel(cells, slots[first + slot.read()] as usize, point) {
            slot.store((slot.read() + 1usize) & (len - 1usize));
        }
        owners[point] = slots[first + slot.read()] as i32;
    }
}
