//! Farthest point sampling: one cube a cloud.

use super::distance::{infinity, squared_distance};
use cubecl::prelude::*;

/// Of two candidates (distance, index) the farther one, of equally far ones that of the lower index.
#[cube]
fn farther(distance: &mut f32, index: &mut u32, other: f32, other_index: u32) {
    if other > *distance || (other == *distance && other_index < *index) {
        *distance = other;
        *index = other_index;
    }
}

/// The farthest of all units' candidates, known to every unit. `distances` and `indices` are shared memory, `threads` long.
#[cube]
fn farthest_of_cube(distances: &mut Shared<[f32]>, indices: &mut Shared<[u32]>, distance: f32, index: u32) -> u32 {
    let unit = UNIT_POS_X as usize;
    distances[unit] = distance;
    indices[unit] = index;
    sync_cube();
    let mut half = CUBE_DIM_X as usize / 2;
    while half > 0usize {
        if unit < half {
            let mut best = distances[unit];
            let mut best_index = indices[unit];
            farther(&mut best, &mut best_index, distances[unit + half], indices[unit + half]);
            distances[unit] = best;
            indices[unit] = best_index;
        }
        sync_cube();
        half /= 2;
    }
    let farthest = indices[0];
    // before anybody writes the next candidates
    sync_cube();
    farthest
}

/// The first `count` samples of each cloud of `coord [clouds · n, 3]`, as rows, with the points and their distances in registers:
/// `per` of them a unit, point `slot · threads + unit` in place `slot`.
#[cube(launch_unchecked)]
pub fn farthest_points(
    coord: &[f32],
    samples: &mut [i32],
    n: usize,
    count: usize,
    zero: u32,
    #[comptime] threads: usize,
    #[comptime] per: usize,
) {
    let unit = UNIT_POS_X as usize;
    let first = CUBE_POS_X as usize * n;
    let mut shared_distances = Shared::<[f32]>::new_slice(threads);
    let mut shared_indices = Shared::<[u32]>::new_slice(threads);
    let mut xs = Array::<f32>::new(per);
    let mut ys = Array::<f32>::new(per);
    let mut zs = Array::<f32>::new(per);
    let mut nearest = Array::<f32>::new(per);
    #[unroll]
    for slot in 0..per {
        let point = unit + slot * threads;
        if point < n {
            xs[slot] = coord[(first + point) * 3];
            ys[slot] = coord[(first + point) * 3 + 1];
            zs[slot] = coord[(first + point) * 3 + 2];
            nearest[slot] = infinity(zero);
        } else {
            xs[slot] = 0.0f32;
            ys[slot] = 0.0f32;
            zs[slot] = 0.0f32;
            // places without a point are never farther than the first point
            nearest[slot] = 0.0f32;
        }
    }
    let chosen = RuntimeCell::<u32>::new(0u32);
    for sample in 0..count {
        let at = first + chosen.read() as usize;
        if unit == 0usize {
            samples[CUBE_POS_X as usize * count + sample] = at as i32;
        }
        let x = coord[at * 3];
        let y = coord[at * 3 + 1];
        let z = coord[at * 3 + 2];
        let mut best = 0.0f32;
        let mut best_index = 0u32;
        #[unroll]
        for slot in 0..per {
            let to_chosen = squared_distance(xs[slot], ys[slot], zs[slot], x, y, z, zero);
            let distance = select(to_chosen < nearest[slot], to_chosen, nearest[slot]);
            nearest[slot] = distance;
            // ascending indices: the first of equally far points stays
            if distance > best {
                best = distance;
                best_index = (unit + slot * threads) as u32;
            }
        }
        chosen.store(farthest_of_cube(&mut shared_distances, &mut shared_indices, best, best_index));
    }
}

/// [`farthest_points`] for clouds that registers do not hold: `nearest [clouds · n]` is in memory.
#[cube(launch_unchecked)]
pub fn farthest_points_of_many(
    coord: &[f32],
    nearest: &mut [f32],
    samples: &mut [i32],
    n: usize,
    count: usize,
    zero: u32,
    #[comptime] threads: usize,
) {
    let unit = UNIT_POS_X as usize;
    let first = CUBE_POS_X as usize * n;
    let mut shared_distances = Shared::<[f32]>::new_slice(threads);
    let mut shared_indices = Shared::<[u32]>::new_slice(threads);
    let mut start = UNIT_POS_X as usize;
    while start < n {
        nearest[first + start] = infinity(zero);
        start += threads;
    }
    let chosen = RuntimeCell::<u32>::new(0u32);
    for sample in 0..count {
        let at = first + chosen.read() as usize;
        if unit == 0usize {
            samples[CUBE_POS_X as usize * count + sample] = at as i32;
        }
        let x = coord[at * 3];
        let y = coord[at * 3 + 1];
        let z = coord[at * 3 + 2];
        let mut best = 0.0f32;
        let mut best_index = 0u32;
        let mut point = UNIT_POS_X as usize;
        while point < n {
            let row = (first + point) * 3;
            let to_chosen = squared_distance(coord[row], coord[row + 1], coord[row + 2], x, y, z, zero);
            let before = nearest[first + point];
            let distance = select(to_chosen < before, to_chosen, before);
            nearest[first + point] = distance;
            if distance > best {
                best = distance;
                best_index = point as u32;
            }
            point += threads;
        }
        chosen.store(farthest_of_cube(&mut shared_distances, &mut shared_indices, best, best_index));
    }
}
