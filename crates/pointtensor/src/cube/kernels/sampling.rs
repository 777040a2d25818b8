//! Farthest point sampling, with one cube per cloud.
//!
//! All kernels choose the same points. [`farthest_points_by_boxes`] is the fast one, for devices whose planes (warps)
//! have one known size. Nearby points are in the same box, and a box that is too far from a sample to have a point
//! nearer to it than to earlier ones is skipped, as in `pointops`. A plane keeps a few boxes that are far from each
//! other in registers, so that the boxes around a sample are in different planes. A sample costs one barrier; its
//! coordinates come from the candidates in shared memory, not from those of all points.

use super::distance::{infinity, squared_distance};
use super::sums::least_of_cube;
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
/// of a cloud come after those of the previous clouds. Affects speed only. Cubes: clouds.
#[cube(launch_unchecked)]
pub fn cells(coord: &[f32], cells: &mut [i32], n: usize, zero: u32, #[comptime] threads: usize) {
    let first = CUBE_POS_X as usize * n;
    let mut shared = Shared::<[f32]>::new_slice(threads);
    // entries 3 to 5 are those of the negated coordinates
    let mut low = Array::<f32>::new(6usize);
    #[unroll]
    for side in 0..6 {
        low[side] = infinity(zero);
    }
    let mut point = UNIT_POS_X as usize;
    while point < n {
        let row = (first + point) * 3;
        #[unroll]
        for axis in 0..3 {
            low[axis] = min(low[axis], coord[row + axis]);
            low[axis + 3] = min(low[axis + 3], -coord[row + axis]);
        }
        point += threads;
    }
    #[unroll]
    for side in 0..6 {
        low[side] = least_of_cube(&mut shared, low[side]);
    }
    let mut point = UNIT_POS_X as usize;
    while point < n {
        let row = (first + point) * 3;
        let x = cell(coord[row], low[0], -low[3]);
        let y = cell(coord[row + 1], low[1], -low[4]);
        let z = cell(coord[row + 2], low[2], -low[5]);
        let within = spread(x) | (spread(y) << 1u32) | (spread(z) << 2u32);
        cells[first + point] = (CUBE_POS_X as usize * ALL_CELLS) as i32 + within as i32;
        point += threads;
    }
}

/// Synchronises the units of a plane before an exchange, on devices where they may diverge.
#[cube]
fn together(#[comptime] part: bool) {
    if comptime!(part) {
        sync_plane();
    }
}

/// The unit of a plane that has the farthest candidate; of equally far ones the one with the lowest index. Planes have
/// at most 32 units.
#[cube]
fn unit_of_farthest(distance: f32, index: u32, farthest: f32, #[comptime] part: bool) -> u32 {
    together(part);
    let units = plane_ballot(distance == farthest);
    let found = RuntimeCell::<u32>::new(units.extract(0usize));
    // more than one, which is the same for the whole plane
    if (found.read() & (found.read() - 1u32)) != 0u32 {
        let candidate = select(distance == farthest, index, u32::MAX);
        together(part);
        let lowest = plane_min(candidate);
        together(part);
        found.store(plane_ballot(candidate == lowest).extract(0usize));
    }
    found.read().find_first_set() - 1u32
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
    #[comptime] part: bool,
) {
    let per = comptime!(groups * slots);
    let first = CUBE_POS_X as usize * n;
    // computed and not taken from the device: if its planes are larger than reported, several of these share one
    let lane = UNIT_POS_X as usize % plane;
    let own = UNIT_POS_X as usize / plane;
    // two sets of candidates, so that the next ones do not overwrite those that units still read
    let mut distances = Shared::<[f32]>::new_slice(2 * planes);
    let mut indices_of = Shared::<[u32]>::new_slice(2 * planes);
    let mut coord_of = Shared::<[f32]>::new_slice(6 * planes);
    let mut xs = Array::<f32>::new(per);
    let mut ys = Array::<f32>::new(per);
    let mut zs = Array::<f32>::new(per);
    let mut nearest = Array::<f32>::new(per);
    let mut indices = Array::<u32>::new(per);
    // the candidate of each box; the same in all units of the plane
    let mut far = Array::<f32>::new(groups);
    let mut far_index = Array::<u32>::new(groups);
    let mut far_x = Array::<f32>::new(groups);
    let mut far_y = Array::<f32>::new(groups);
    let mut far_z = Array::<f32>::new(groups);
    // the box that this unit compares with each sample: its sides, and the distance of its candidate
    let group = lane % groups;
    let low_x = RuntimeCell::<f32>::new(0.0f32);
    let low_y = RuntimeCell::<f32>::new(0.0f32);
    let low_z = RuntimeCell::<f32>::new(0.0f32);
    let high_x = RuntimeCell::<f32>::new(0.0f32);
    let high_y = RuntimeCell::<f32>::new(0.0f32);
    let high_z = RuntimeCell::<f32>::new(0.0f32);
    let reach = RuntimeCell::<f32>::new(0.0f32);
    #[unroll]
    for g in 0..groups {
        let mut box_low = Array::<f32>::new(6usize);
        #[unroll]
        for side in 0..6 {
            box_low[side] = infinity(zero);
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
                box_low[0] = min(box_low[0], xs[place]);
                box_low[1] = min(box_low[1], ys[place]);
                box_low[2] = min(box_low[2], zs[place]);
                box_low[3] = min(box_low[3], -xs[place]);
                box_low[4] = min(box_low[4], -ys[place]);
                box_low[5] = min(box_low[5], -zs[place]);
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
            together(part);
            box_low[side] = plane_min(box_low[side]);
        }
        if group == g {
            low_x.store(box_low[0]);
            low_y.store(box_low[1]);
            low_z.store(box_low[2]);
            high_x.store(-box_low[3]);
            high_y.store(-box_low[4]);
            high_z.store(-box_low[5]);
            reach.store(infinity(zero));
        }
        far[g] = 0.0f32;
        far_index[g] = 0u32;
        far_x[g] = 0.0f32;
        far_y[g] = 0.0f32;
        far_z[g] = 0.0f32;
    }
    let chosen = RuntimeCell::<u32>::new(0u32);
    let x = RuntimeCell::<f32>::new(coord[first * 3]);
    let y = RuntimeCell::<f32>::new(coord[first * 3 + 1]);
    let z = RuntimeCell::<f32>::new(coord[first * 3 + 2]);
    for sample in 0..count {
        if UNIT_POS_X == 0u32 {
            samples[CUBE_POS_X as usize * count + sample] = (first + chosen.read() as usize) as i32;
        }
        // Rounding is monotonic, and the distance to the box uses the same operations as that to a point: no point in
        // it is nearer, to the last bit. At the first sample every box is near, also if all distances are infinite.
        let bound = squared_distance(
            gap(x.read(), low_x.read(), high_x.read()),
            gap(y.read(), low_y.read(), high_y.read()),
            gap(z.read(), low_z.read(), high_z.read()),
            0.0f32,
            0.0f32,
            0.0f32,
            zero,
        );
        let near = bound <= reach.read();
        let turn = sample % 2 * planes;
        let mut distance = 0.0f32;
        let mut index = 0u32;
        let mut of_x = 0.0f32;
        let mut of_y = 0.0f32;
        let mut of_z = 0.0f32;
        #[unroll]
        for g in 0..groups {
            together(part);
            // the whole plane takes the same branch
            if plane_any(near && group == g) {
                let mut new = 0.0f32;
                let mut new_index = 0u32;
                let mut new_x = 0.0f32;
                let mut new_y = 0.0f32;
                let mut new_z = 0.0f32;
                #[unroll]
                for slot in 0..slots {
                    let place = comptime!(g * slots + slot);
                    let to_chosen =
                        squared_distance(xs[place], ys[place], zs[place], x.read(), y.read(), z.read(), zero);
                    nearest[place] = min(to_chosen, nearest[place]);
                    let wins = is_farther(nearest[place], indices[place], new, new_index);
                    new = select(wins, nearest[place], new);
                    new_index = select(wins, indices[place], new_index);
                    new_x = select(wins, xs[place], new_x);
                    new_y = select(wins, ys[place], new_y);
                    new_z = select(wins, zs[place], new_z);
                }
                together(part);
                let farthest = plane_max(new);
                let unit = unit_of_farthest(new, new_index, farthest, part);
                together(part);
                far[g] = farthest;
                far_index[g] = plane_shuffle(new_index, unit);
                far_x[g] = plane_shuffle(new_x, unit);
                far_y[g] = plane_shuffle(new_y, unit);
                far_z[g] = plane_shuffle(new_z, unit);
                reach.store(select(group == g, farthest, reach.read()));
            }
            let wins = is_farther(far[g], far_index[g], distance, index);
            distance = select(wins, far[g], distance);
            index = select(wins, far_index[g], index);
            of_x = select(wins, far_x[g], of_x);
            of_y = select(wins, far_y[g], of_y);
            of_z = select(wins, far_z[g], of_z);
        }
        if lane == 0usize {
            let to = turn + own;
            distances[to] = distance;
            indices_of[to] = index;
            coord_of[to * 3] = of_x;
            coord_of[to * 3 + 1] = of_y;
            coord_of[to * 3 + 2] = of_z;
        }
        sync_cube();
        let mut distance = 0.0f32;
        let mut index = 0u32;
        let mut from = turn;
        // each unit looks at all planes, which takes less time than exchanges
        #[unroll]
        for other in 0..planes {
            let wins = is_farther(distances[turn + other], indices_of[turn + other], distance, index);
            distance = select(wins, distances[turn + other], distance);
            index = select(wins, indices_of[turn + other], index);
            from = select(wins, turn + other, from);
        }
        chosen.store(index);
        x.store(coord_of[from * 3]);
        y.store(coord_of[from * 3 + 1]);
        z.store(coord_of[from * 3 + 2]);
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
