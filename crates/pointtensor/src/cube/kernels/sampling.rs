//! Farthest point sampling, with one cube per cloud.
//!
//! All kernels choose the same points. [`farthest_points_by_planes`] is the fast one, for devices whose planes (warps)
//! have one known size: nearby points are in the same plane, which skips all samples that are too far from its box to
//! be nearer to any of them than earlier ones, as in `pointops`. What remains per sample is one barrier and ten
//! exchanges within planes.

use super::distance::{infinity, squared_distance};
use cubecl::prelude::*;

/// Cells along each axis of the bounding box.
const CELLS: u32 = 8;
/// Cells of the bounding box.
pub const ALL_CELLS: usize = 512;

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

/// The cell of each point in the bounding box of its cloud, in Morton order, which keeps nearby cells together; cells
/// of a cloud come after those of the previous clouds. Affects speed only.
#[cube(launch_unchecked)]
pub fn cells(coord: &[f32], low: &[f32], high: &[f32], cells: &mut [i32], n: usize) {
    if ABSOLUTE_POS < cells.len() {
        let (row, cloud) = (ABSOLUTE_POS * 3, ABSOLUTE_POS / n);
        let corner = cloud * 3;
        let x = cell(coord[row], low[corner], high[corner]);
        let y = cell(coord[row + 1], low[corner + 1], high[corner + 1]);
        let z = cell(coord[row + 2], low[corner + 2], high[corner + 2]);
        let within = spread(x) | (spread(y) << 1u32) | (spread(z) << 2u32);
        cells[ABSOLUTE_POS] = (cloud * ALL_CELLS) as i32 + within as i32;
    }
}

/// Synchronises the units of a plane before an exchange, on devices where they may diverge.
#[cube]
fn together(#[comptime] part: bool) {
    if comptime!(part) {
        sync_plane();
    }
}

/// The farthest of the candidates of a plane, returned to each of its units.
#[cube]
fn farthest_of_plane(distance: &mut f32, index: &mut u32, #[comptime] plane: usize, #[comptime] part: bool) {
    together(part);
    #[unroll]
    for bit in 0..comptime!(plane.ilog2()) {
        let other = plane_shuffle_xor(*distance, 1u32 << bit);
        let other_index = plane_shuffle_xor(*index, 1u32 << bit);
        farther(distance, index, other, other_index);
    }
}

/// The distance of a coordinate from an interval.
#[cube]
fn gap(value: f32, low: f32, high: f32) -> f32 {
    max(max(low - value, value - high), 0.0f32)
}

/// The first `count` samples of each cloud of `coord [clouds · n, 3]`, as rows. `order [clouds · n]` has the rows of
/// each cloud in any order, best with nearby points together. A plane of `plane` units keeps `per · plane` consecutive
/// points in registers.
#[cube(launch_unchecked)]
pub fn farthest_points_by_planes(
    coord: &[f32],
    order: &[i32],
    samples: &mut [i32],
    n: usize,
    count: usize,
    zero: u32,
    #[comptime] threads: usize,
    #[comptime] per: usize,
    #[comptime] plane: usize,
    #[comptime] part: bool,
) {
    let planes = comptime!(threads / plane);
    let first = CUBE_POS_X as usize * n;
    // computed and not taken from the device: if its planes are larger than reported, several of these share one
    let lane = UNIT_POS_X as usize % plane;
    let own = UNIT_POS_X as usize / plane;
    // two sets, so that the next candidates do not overwrite those that units still read
    let mut shared_distances = Shared::<[f32]>::new_slice(2 * planes);
    let mut shared_indices = Shared::<[u32]>::new_slice(2 * planes);
    let mut boxes = Shared::<[f32]>::new_slice(6 * planes);
    let mut xs = Array::<f32>::new(per);
    let mut ys = Array::<f32>::new(per);
    let mut zs = Array::<f32>::new(per);
    let mut nearest = Array::<f32>::new(per);
    let mut indices = Array::<u32>::new(per);
    let nothing = f32::reinterpret(0xff80_0000u32 ^ zero);
    let low_x = RuntimeCell::<f32>::new(infinity(zero));
    let low_y = RuntimeCell::<f32>::new(infinity(zero));
    let low_z = RuntimeCell::<f32>::new(infinity(zero));
    let high_x = RuntimeCell::<f32>::new(nothing);
    let high_y = RuntimeCell::<f32>::new(nothing);
    let high_z = RuntimeCell::<f32>::new(nothing);
    let mut distance = 0.0f32;
    let mut index = 0u32;
    #[unroll]
    for slot in 0..per {
        let at = (own * per + slot) * plane + lane;
        if at < n {
            let row = order[first + at] as usize;
            xs[slot] = coord[row * 3];
            ys[slot] = coord[row * 3 + 1];
            zs[slot] = coord[row * 3 + 2];
            nearest[slot] = infinity(zero);
            indices[slot] = (row - first) as u32;
            low_x.store(min(low_x.read(), xs[slot]));
            low_y.store(min(low_y.read(), ys[slot]));
            low_z.store(min(low_z.read(), zs[slot]));
            high_x.store(max(high_x.read(), xs[slot]));
            high_y.store(max(high_y.read(), ys[slot]));
            high_z.store(max(high_z.read(), zs[slot]));
        } else {
            xs[slot] = 0.0f32;
            ys[slot] = 0.0f32;
            zs[slot] = 0.0f32;
            // places without a point are never farther than the first point
            nearest[slot] = 0.0f32;
            indices[slot] = 0u32;
        }
        farther(&mut distance, &mut index, nearest[slot], indices[slot]);
    }
    // the box of a plane without points is infinitely far from everything
    together(part);
    let low_x = plane_min(low_x.read());
    let low_y = plane_min(low_y.read());
    let low_z = plane_min(low_z.read());
    let high_x = plane_max(high_x.read());
    let high_y = plane_max(high_y.read());
    let high_z = plane_max(high_z.read());
    // registers are scarce
    if lane == 0usize {
        boxes[own * 6] = low_x;
        boxes[own * 6 + 1] = low_y;
        boxes[own * 6 + 2] = low_z;
        boxes[own * 6 + 3] = high_x;
        boxes[own * 6 + 4] = high_y;
        boxes[own * 6 + 5] = high_z;
    }
    sync_cube();
    farthest_of_plane(&mut distance, &mut index, plane, part);
    // the candidate of the plane
    let best = RuntimeCell::<f32>::new(distance);
    let best_index = RuntimeCell::<u32>::new(index);
    let chosen = RuntimeCell::<u32>::new(0u32);
    for sample in 0..count {
        let at = first + chosen.read() as usize;
        if UNIT_POS_X == 0u32 {
            samples[CUBE_POS_X as usize * count + sample] = at as i32;
        }
        let x = coord[at * 3];
        let y = coord[at * 3 + 1];
        let z = coord[at * 3 + 2];
        // Rounding is monotonic, and the distance to the box uses the same operations as that to a point: no point in
        // it is nearer, to the last bit. The whole plane takes the same branch.
        let bound = squared_distance(
            gap(x, boxes[own * 6], boxes[own * 6 + 3]),
            gap(y, boxes[own * 6 + 1], boxes[own * 6 + 4]),
            gap(z, boxes[own * 6 + 2], boxes[own * 6 + 5]),
            0.0f32,
            0.0f32,
            0.0f32,
            zero,
        );
        if bound < best.read() {
            let mut distance = 0.0f32;
            let mut index = 0u32;
            #[unroll]
            for slot in 0..per {
                let to_chosen = squared_distance(xs[slot], ys[slot], zs[slot], x, y, z, zero);
                nearest[slot] = select(to_chosen < nearest[slot], to_chosen, nearest[slot]);
                farther(&mut distance, &mut index, nearest[slot], indices[slot]);
            }
            farthest_of_plane(&mut distance, &mut index, plane, part);
            best.store(distance);
            best_index.store(index);
        }
        let turn = sample % 2 * planes;
        if lane == 0usize {
            shared_distances[turn + own] = best.read();
            shared_indices[turn + own] = best_index.read();
        }
        sync_cube();
        let mut distance = 0.0f32;
        let mut index = 0u32;
        #[unroll]
        for round in 0..comptime!(planes.div_ceil(plane)) {
            let other = round * plane + lane;
            // a unit without candidates left takes the first again
            let place = turn + select(other < planes, other, 0usize);
            farther(&mut distance, &mut index, shared_distances[place], shared_indices[place]);
        }
        farthest_of_plane(&mut distance, &mut index, plane, part);
        chosen.store(index);
    }
}

/// The farther of two candidates (distance, index); on ties the one with the lower index.
#[cube]
fn farther(distance: &mut f32, index: &mut u32, other: f32, other_index: u32) {
    // without branches: the units of a plane must not diverge between two exchanges
    let wins = select(other_index < *index, other >= *distance, other > *distance);
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
