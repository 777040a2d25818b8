//! Farthest point sampling, with one cube per cloud.
//!
//! All kernels choose the same points. [`farthest_points_by_boxes`] is the fast one, for devices whose planes (warps)
//! have one known size. Nearby points are in the same box, and a box that is too far from a sample to have a point
//! nearer to it than to earlier ones is skipped, as in `pointops`. A plane keeps a few boxes that are far from each
//! other in registers, so that the boxes around a sample are in different planes. A sample costs one barrier.
//!
//! Distances are compared as integers: the bits of floats that are not negative have the order of their values.

use super::distance::{infinity, squared_distance};
use super::plane::{least_float_of_plane, least_of_plane, most_of_plane, units_where};
use super::sums::{least_of_cube, sum_before};
use cubecl::prelude::*;

/// Cells along each axis of the bounding box.
const CELLS: u32 = 8;
/// Cells of the bounding box.
const ALL_CELLS: usize = 512;

/// The cell of a coordinate along an axis.
#[cube]
fn cell(value: f32, low: f32, high: f32) -> u32 {
    let width = high - low;
    let place = (value - low) * (8.0f32 / select(width > 0.0f32, width, 1.0f32));
    min(u32::cast_from(max(place, 0.0f32)), CELLS - 1u32)
}

/// Spreads three bits to every third bit.
#[cube]
fn spread(bits: u32) -> u32 {
    (bits & 1u32) | ((bits & 2u32) << 2u32) | ((bits & 4u32) << 4u32)
}

/// The cell of a point, in Morton order, which keeps nearby cells together. `sides` has the least coordinates of its
/// cloud, and the least of the negated ones.
#[cube]
fn cell_of(coord: &[f32], row: usize, sides: &Array<f32>) -> usize {
    let x = cell(coord[row * 3], sides[0], -sides[3]);
    let y = cell(coord[row * 3 + 1], sides[1], -sides[4]);
    let z = cell(coord[row * 3 + 2], sides[2], -sides[5]);
    (spread(x) | (spread(y) << 1u32) | (spread(z) << 2u32)) as usize
}

/// The rows of each cloud of `coord [clouds · n, 3]`, in an order that keeps nearby points together and may differ from
/// run to run, because it affects speed only. One cube per cloud counts the points of each cell and makes room for them.
#[cube(launch_unchecked)]
pub fn near_each_other(coord: &[f32], order: &mut [i32], n: usize, zero: u32, #[comptime] threads: usize) {
    let first = CUBE_POS_X as usize * n;
    let unit = UNIT_POS_X as usize;
    let mut shared = Shared::<[f32]>::new_slice(threads);
    let next = Shared::<[Atomic<i32>]>::new_slice(ALL_CELLS);
    let mut totals = Shared::<[i32]>::new_slice(threads);
    let mut sides = Array::<f32>::new(6usize);
    #[unroll]
    for side in 0..6 {
        sides[side] = infinity(zero);
    }
    let mut point = UNIT_POS_X as usize;
    while point < n {
        let row = (first + point) * 3;
        #[unroll]
        for axis in 0..3 {
            sides[axis] = min(sides[axis], coord[row + axis]);
            sides[axis + 3] = min(sides[axis + 3], -coord[row + axis]);
        }
        point += threads;
    }
    #[unroll]
    for side in 0..6 {
        sides[side] = least_of_cube(&mut shared, sides[side]);
    }
    let mut cell = UNIT_POS_X as usize;
    while cell < ALL_CELLS {
        next[cell].store(0i32);
        cell += threads;
    }
    sync_cube();
    let mut point = UNIT_POS_X as usize;
    while point < n {
        next[cell_of(coord, first + point, &sides)].fetch_add(1i32);
        point += threads;
    }
    sync_cube();
    // each unit has some consecutive cells; its first starts after those of the units before it
    let each = comptime!(ALL_CELLS.div_ceil(threads));
    let own = RuntimeCell::<i32>::new(0i32);
    #[unroll]
    for i in 0..each {
        let cell = unit * each + i;
        if cell < ALL_CELLS {
            own.store(own.read() + next[cell].load());
        }
    }
    let start = RuntimeCell::<i32>::new(sum_before(&mut totals, own.read(), threads));
    #[unroll]
    for i in 0..each {
        let cell = unit * each + i;
        if cell < ALL_CELLS {
            let count = next[cell].load();
            next[cell].store(start.read());
            start.store(start.read() + count);
        }
    }
    sync_cube();
    let mut point = UNIT_POS_X as usize;
    while point < n {
        let place = next[cell_of(coord, first + point, &sides)].fetch_add(1i32);
        order[first + place as usize] = (first + point) as i32;
        point += threads;
    }
}

/// The distance of a coordinate from an interval.
#[cube]
fn gap(value: f32, low: f32, high: f32) -> f32 {
    max(max(low - value, value - high), 0.0f32)
}

/// The first `count` samples of each cloud of `coord [clouds · n, 3]`, as rows. `order [clouds · n]` has the rows of
/// each cloud in any order, best with nearby points together. Each of the `planes` planes of `plane` units (at most 32)
/// keeps `groups` boxes, at most `plane`, of `slots · plane` consecutive points in registers.
#[cube(launch_unchecked)]
pub fn farthest_points_by_boxes(
    coord: &[f32],
    order: &[i32],
    samples: &mut [i32],
    n: usize,
    count: usize,
    zero: u32,
    #[comptime] planes: usize,
    #[comptime] groups: usize,
    #[comptime] slots: usize,
    #[comptime] plane: usize,
) {
    let per = comptime!(groups * slots);
    let first = CUBE_POS_X as usize * n;
    // computed and not taken from the device: if its planes are larger than reported, several of these share one
    let lane = UNIT_POS_X as usize % plane;
    let own = UNIT_POS_X as usize / plane;
    let boxes = comptime!(planes * groups);
    // the candidates of all boxes, twice, so that the next ones do not overwrite those that units still read
    let mut distances = Shared::<[u32]>::new_slice(2 * boxes);
    let mut indices_of = Shared::<[u32]>::new_slice(2 * boxes);
    let mut xs = Array::<f32>::new(per);
    let mut ys = Array::<f32>::new(per);
    let mut zs = Array::<f32>::new(per);
    let mut nearest = Array::<f32>::new(per);
    let mut indices = Array::<u32>::new(per);
    // the box that this unit compares with each sample: its sides, and its candidate
    let group = lane % groups;
    let low_x = RuntimeCell::<f32>::new(0.0f32);
    let low_y = RuntimeCell::<f32>::new(0.0f32);
    let low_z = RuntimeCell::<f32>::new(0.0f32);
    let high_x = RuntimeCell::<f32>::new(0.0f32);
    let high_y = RuntimeCell::<f32>::new(0.0f32);
    let high_z = RuntimeCell::<f32>::new(0.0f32);
    let reach = RuntimeCell::<u32>::new(u32::reinterpret(infinity(zero)));
    let reach_index = RuntimeCell::<u32>::new(0u32);
    #[unroll]
    for g in 0..groups {
        let mut sides = Array::<f32>::new(6usize);
        #[unroll]
        for side in 0..6 {
            sides[side] = infinity(zero);
        }
        #[unroll]
        for slot in 0..slots {
            let place = comptime!(g * slots + slot);
            let at = ((g * planes + own) * slots + slot) * plane + lane;
            if at < n {
                let row = order[first + at] as usize;
                xs[place] = coord[row * 3];
                ys[place] = coord[row * 3 + 1];
                zs[place] = coord[row * 3 + 2];
                nearest[place] = infinity(zero);
                indices[place] = (row - first) as u32;
                sides[0] = min(sides[0], xs[place]);
                sides[1] = min(sides[1], ys[place]);
                sides[2] = min(sides[2], zs[place]);
                sides[3] = min(sides[3], -xs[place]);
                sides[4] = min(sides[4], -ys[place]);
                sides[5] = min(sides[5], -zs[place]);
            } else {
                xs[place] = 0.0f32;
                ys[place] = 0.0f32;
                zs[place] = 0.0f32;
                // places without a point are never farther than the first point
                nearest[place] = 0.0f32;
                indices[place] = 0u32;
            }
        }
        #[unroll]
        for side in 0..6 {
            sides[side] = least_float_of_plane(sides[side]);
        }
        if group == g {
            low_x.store(sides[0]);
            low_y.store(sides[1]);
            low_z.store(sides[2]);
            high_x.store(-sides[3]);
            high_y.store(-sides[4]);
            high_z.store(-sides[5]);
        }
    }
    let chosen = RuntimeCell::<u32>::new(0u32);
    for sample in 0..count {
        let row = first + chosen.read() as usize;
        if UNIT_POS_X == 0u32 {
            samples[CUBE_POS_X as usize * count + sample] = row as i32;
        }
        let x = coord[row * 3];
        let y = coord[row * 3 + 1];
        let z = coord[row * 3 + 2];
        // Rounding is monotonic, and the distance to the box uses the same operations as that to a point: no point in
        // it is nearer, to the last bit. At the first sample every box is near, also if all distances are infinite.
        let bound = squared_distance(
            gap(x, low_x.read(), high_x.read()),
            gap(y, low_y.read(), high_y.read()),
            gap(z, low_z.read(), high_z.read()),
            0.0f32,
            0.0f32,
            0.0f32,
            zero,
        );
        // one bit for each box, which several units may compare; the same in all units of the plane
        let near = units_where(u32::reinterpret(bound) <= reach.read());
        #[unroll]
        for g in 0..groups {
            if (near & comptime!(1u32 << g)) != 0u32 {
                let mut new = 0.0f32;
                #[unroll]
                for slot in 0..slots {
                    let place = comptime!(g * slots + slot);
                    let to_chosen = squared_distance(xs[place], ys[place], zs[place], x, y, z, zero);
                    nearest[place] = min(to_chosen, nearest[place]);
                    new = max(new, nearest[place]);
                }
                let most = most_of_plane(u32::reinterpret(new));
                let mut index = u32::MAX.runtime();
                #[unroll]
                for slot in 0..slots {
                    let place = comptime!(g * slots + slot);
                    let is_most = u32::reinterpret(nearest[place]) == most;
                    index = min(index, select(is_most, indices[place], u32::MAX));
                }
                let least = least_of_plane(index);
                reach.store(select(group == g, most, reach.read()));
                reach_index.store(select(group == g, least, reach_index.read()));
            }
        }
        let turn = sample % 2 * boxes;
        if lane < groups {
            distances[turn + own * groups + lane] = reach.read();
            indices_of[turn + own * groups + lane] = reach_index.read();
        }
        sync_cube();
        let mut distance = 0u32;
        let mut index = u32::MAX.runtime();
        #[unroll]
        for part in 0..comptime!(boxes.div_ceil(plane)) {
            // units beyond the last box look at that again
            let other = turn + min(part * plane + lane, boxes - 1);
            let wins = distances[other] > distance || (distances[other] == distance && indices_of[other] < index);
            distance = select(wins, distances[other], distance);
            index = select(wins, indices_of[other], index);
        }
        let most = most_of_plane(distance);
        let least = least_of_plane(select(distance == most, index, u32::MAX));
        // there is always one, unless coordinates are not numbers
        chosen.store(min(least, n as u32 - 1u32));
    }
}

/// Whether a candidate (distance, index) is farther than another; on ties the one with the lower index is.
#[cube]
fn is_farther(distance: f32, index: u32, than: f32, than_index: u32) -> bool {
    // without branches: the units of a plane must not diverge between two exchanges
    select(index < than_index, distance >= than, distance > than)
}

/// The farther of two candidates.
#[cube]
fn farther(distance: &mut f32, index: &mut u32, other: f32, other_index: u32) {
    let wins = is_farther(other, other_index, *distance, *index);
    *distance = select(wins, other, *distance);
    *index = select(wins, other_index, *index);
}

/// The farthest of the candidates of all units, returned to every unit. `distances` and `indices` are shared memory of
/// length `threads`.
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
    // before any unit writes the next candidates
    sync_cube();
    farthest
}

/// The first `count` samples of each cloud of `coord [clouds · n, 3]`, as rows. Each unit keeps `per` points and their
/// distances in registers: point `slot · threads + unit` in place `slot`.
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
            // in ascending order: of equally far points, the first stays
            if distance > best {
                best = distance;
                best_index = (unit + slot * threads) as u32;
            }
        }
        chosen.store(farthest_of_cube(&mut shared_distances, &mut shared_indices, best, best_index));
    }
}

/// [`farthest_points`] for clouds too large for registers: `nearest [clouds · n]` is in memory.
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
