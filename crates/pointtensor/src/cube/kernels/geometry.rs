//! Neighbours. A unit, or for balls a plane, goes through the points of a query's cloud, of which a tile at a time is in
//! shared memory.

use super::distance::{infinity, squared_distance};
use super::index::row_within;
use super::plane::units_where;
use cubecl::prelude::*;

/// Loads points `start..start + threads` of a cloud into shared memory, one per unit.
#[cube]
fn load_tile(
    points: &[f32],
    tile: &mut Shared<[f32]>,
    first: usize,
    start: usize,
    n: usize,
    #[comptime] threads: usize,
) {
    let unit = UNIT_POS_X as usize;
    let point = start + unit;
    // no unit reads the previous tile any more
    sync_cube();
    if point < n {
        let row = (first + point) * 3;
        tile[unit] = points[row];
        tile[unit + threads] = points[row + 1];
        tile[unit + 2 * threads] = points[row + 2];
    }
    sync_cube();
}

/// The first `k` of the `n` points of each cloud strictly within a radius of each of its `m` centers, as rows. If there
/// are fewer, the first one fills the rest; if there are none, the first point of the cloud does. Cubes: (blocks of
/// centers, clouds).
#[cube(launch_unchecked)]
pub fn ball_query(
    points: &[f32],
    centers: &[f32],
    members: &mut [i32],
    n: usize,
    m: usize,
    k: usize,
    squared_radius: f32,
    zero: u32,
    #[comptime] threads: usize,
) {
    let mut tile = Shared::<[f32]>::new_slice(3 * threads);
    let cloud = CUBE_POS_Y as usize;
    let first = cloud * n;
    let within = CUBE_POS_X as usize * threads + UNIT_POS_X as usize;
    let active = within < m;
    let center = cloud * m + select(active, within, 0usize);
    let x = centers[center * 3];
    let y = centers[center * 3 + 1];
    let z = centers[center * 3 + 2];
    let out = center * k;
    let found = RuntimeCell::<usize>::new(0usize);
    let first_found = RuntimeCell::<usize>::new(first);
    let mut start = 0usize;
    while start < n {
        load_tile(points, &mut tile, first, start, n, threads);
        if active {
            let end = select(start + threads < n, threads, n - start);
            let mut i = 0usize;
            while i < end && found.read() < k {
                let distance = squared_distance(tile[i], tile[i + threads], tile[i + 2 * threads], x, y, z, zero);
                if distance < squared_radius {
                    let row = first + start + i;
                    if found.read() == 0usize {
                        first_found.store(row);
                    }
                    members[out + found.read()] = row as i32;
                    found.store(found.read() + 1usize);
                }
                i += 1usize;
            }
        }
        start += threads;
    }
    if active {
        let mut place = found.read();
        while place < k {
            members[out + place] = first_found.read() as i32;
            place += 1usize;
        }
    }
}

/// [`ball_query`] for devices whose planes have one known size of at most 32 units. A plane compares as many points at a
/// time with each of its `each` centers. Cubes: (blocks of centers, clouds).
#[cube(launch_unchecked)]
pub fn ball_query_by_planes(
    points: &[f32],
    centers: &[f32],
    members: &mut [i32],
    n: usize,
    m: usize,
    k: usize,
    squared_radius: f32,
    zero: u32,
    #[comptime] threads: usize,
    #[comptime] plane: usize,
    #[comptime] each: usize,
) {
    let planes = comptime!(threads / plane);
    let mut tile = Shared::<[f32]>::new_slice(3 * threads);
    let cloud = CUBE_POS_Y as usize;
    let first = cloud * n;
    // computed and not taken from the device, as in farthest point sampling
    let lane = UNIT_POS_X as usize % plane;
    let within = (CUBE_POS_X as usize * planes + UNIT_POS_X as usize / plane) * each;
    let mut xs = Array::<f32>::new(each);
    let mut ys = Array::<f32>::new(each);
    let mut zs = Array::<f32>::new(each);
    let mut found = Array::<u32>::new(each);
    let mut first_found = Array::<u32>::new(each);
    #[unroll]
    for c in 0..each {
        let center = cloud * m + select(within + c < m, within + c, 0usize);
        xs[c] = centers[center * 3];
        ys[c] = centers[center * 3 + 1];
        zs[c] = centers[center * 3 + 2];
        // a plane without a center has nothing left to find
        found[c] = select(within + c < m, 0u32, k as u32);
        first_found[c] = first as u32;
    }
    let mut start = 0usize;
    while start < n {
        load_tile(points, &mut tile, first, start, n, threads);
        let end = select(start + threads < n, threads, n - start);
        let mut from = 0usize;
        while from < end {
            let i = from + lane;
            let x = tile[i];
            let y = tile[i + threads];
            let z = tile[i + 2 * threads];
            #[unroll]
            for c in 0..each {
                // the whole plane takes the same branches
                if found[c] < k as u32 {
                    let inside = i < end && squared_distance(x, y, z, xs[c], ys[c], zs[c], zero) < squared_radius;
                    let units = units_where(inside);
                    if units != 0u32 {
                        let row = (first + start + from) as u32;
                        if found[c] == 0u32 {
                            first_found[c] = row + units.find_first_set() - 1u32;
                        }
                        let place = found[c] + (units & ((1u32 << lane as u32) - 1u32)).count_ones();
                        if inside && place < k as u32 {
                            members[(cloud * m + within + c) * k + place as usize] = (row + lane as u32) as i32;
                        }
                        found[c] += units.count_ones();
                    }
                }
            }
            from += plane;
        }
        start += threads;
    }
    #[unroll]
    for c in 0..each {
        if within + c < m {
            let mut place = found[c] as usize + lane;
            while place < k {
                members[(cloud * m + within + c) * k + place] = first_found[c] as i32;
                place += plane;
            }
        }
    }
}

/// Inserts a candidate into the list of the `k` nearest so far, sorted by distance, then index. Candidates come in
/// ascending order of index.
#[cube]
fn insert(distances: &mut Array<f32>, rows: &mut Array<u32>, distance: f32, row: u32, #[comptime] k: usize) {
    // an empty place takes any candidate, even if its distance overflows
    if distance < distances[k - 1] || rows[k - 1] == u32::MAX {
        let carried = RuntimeCell::<f32>::new(distance);
        let carried_row = RuntimeCell::<u32>::new(row);
        let mut inserted = false;
        #[unroll(k <= 16)]
        for place in 0..k {
            // after the candidate, each entry moves on by one, even at equal distances
            if inserted || carried.read() < distances[place] || rows[place] == u32::MAX {
                let before = distances[place];
                let before_row = rows[place];
                distances[place] = carried.read();
                rows[place] = carried_row.read();
                carried.store(before);
                carried_row.store(before_row);
                inserted = true;
            }
        }
    }
}

/// What an interpolation weight is proportional to the inverse of.
#[cube]
fn divisor(squared: f32, #[comptime] by_distance: bool) -> f32 {
    if comptime!(by_distance) { squared.sqrt() + 1e-8f32 } else { max(squared, 1e-10f32) }
}

/// The `k` nearest points of each query as rows, nearest first, ties by ascending index; if there are fewer than `k`
/// points, the nearest one fills the rest. If `weighted`, `k` is 3 and `weights [queries, 3]` are for interpolation:
/// `1 / max(d², 1e-10)`, or `1 / (d + 1e-8)` if `by_distance`, normalised. Cubes: (blocks of queries, clouds).
#[cube(launch_unchecked)]
pub fn nearest(
    points: &[f32],
    queries: &[f32],
    indices: &mut [i32],
    weights: &mut [f32],
    n: usize,
    m: usize,
    zero: u32,
    #[comptime] k: usize,
    #[comptime] weighted: bool,
    #[comptime] by_distance: bool,
    #[comptime] threads: usize,
) {
    let mut tile = Shared::<[f32]>::new_slice(3 * threads);
    let cloud = CUBE_POS_Y as usize;
    let first = cloud * n;
    let within = CUBE_POS_X as usize * threads + UNIT_POS_X as usize;
    let active = within < m;
    let query = cloud * m + select(active, within, 0usize);
    let x = queries[query * 3];
    let y = queries[query * 3 + 1];
    let z = queries[query * 3 + 2];
    let mut distances = Array::<f32>::new(k);
    let mut rows = Array::<u32>::new(k);
    for place in 0..k {
        distances[place] = infinity(zero);
        rows[place] = u32::MAX;
    }
    let mut start = 0usize;
    while start < n {
        load_tile(points, &mut tile, first, start, n, threads);
        if active {
            let end = select(start + threads < n, threads, n - start);
            for i in 0..end {
                let distance = squared_distance(tile[i], tile[i + threads], tile[i + 2 * threads], x, y, z, zero);
                insert(&mut distances, &mut rows, distance, (first + start + i) as u32, k);
            }
        }
        start += threads;
    }
    if active {
        for place in 0..k {
            if rows[place] == u32::MAX {
                rows[place] = rows[0];
            }
            indices[query * k + place] = rows[place] as i32;
        }
        if weighted {
            let a = 1.0f32 / divisor(distances[0], by_distance);
            let b = 1.0f32 / divisor(distances[1], by_distance);
            let c = 1.0f32 / divisor(distances[2], by_distance);
            let sum = (a + b) + c;
            let certain = sum > 0.0f32;
            weights[query * 3] = select(certain, a / sum, 1.0f32);
            weights[query * 3 + 1] = select(certain, b / sum, 0.0f32);
            weights[query * 3 + 2] = select(certain, c / sum, 0.0f32);
        }
    }
}

/// The same rows of two `[rows, 3]`; one unit per value of the results.
#[cube(launch_unchecked)]
pub fn take(coord: &[f32], other: &[f32], indices: &[i32], coord_out: &mut [f32], other_out: &mut [f32]) {
    if ABSOLUTE_POS < coord_out.len() {
        let at = row_within(indices[ABSOLUTE_POS / 3], coord.len() / 3) * 3 + ABSOLUTE_POS % 3;
        coord_out[ABSOLUTE_POS] = coord[at];
        other_out[ABSOLUTE_POS] = other[at];
    }
}
