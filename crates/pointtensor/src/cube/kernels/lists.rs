//! Inverse index lists: for each row, the positions in an index that refer to it, in ascending order.
//!
//! Gradients of gathered rows are sums over these lists. They are computed by counting, a prefix sum, filling in any
//! order and sorting by rank, all with integers, so that the lists, and with them the order of every sum, are the same
//! in every run.

use super::index::row_of_cloud;
use super::sums::sum_before;
use cubecl::prelude::*;

/// The row that a position refers to, of the `rows` rows of its cloud, which has `places` positions. An index of another
/// cloud would make the lists of one overflow into those of the next.
#[cube]
fn row_at(indices: &[i32], position: usize, rows: usize, places: usize) -> usize {
    row_of_cloud(indices[position], position / places * rows, rows)
}

/// `counts[row] += 1` for each position; `counts` starts at zero.
#[cube(launch_unchecked)]
pub fn count(indices: &[i32], counts: &[Atomic<i32>], rows: usize, places: usize) {
    if ABSOLUTE_POS < indices.len() {
        counts[row_at(indices, ABSOLUTE_POS, rows, places)].fetch_add(1i32);
    }
}

/// Writes exclusive prefix sums of the counts of each cloud, with `rows` rows and `places` positions, to
/// `starts [clouds · rows + 1]` and `cursors [clouds · rows]`. One cube per cloud; each unit adds up `each` rows.
#[cube(launch_unchecked)]
pub fn prefix_sums(
    counts: &[i32],
    starts: &mut [i32],
    cursors: &mut [i32],
    rows: usize,
    places: usize,
    each: usize,
    #[comptime] threads: usize,
) {
    let unit = UNIT_POS_X as usize;
    let cloud = CUBE_POS_X as usize;
    let last = (cloud + 1) * rows;
    let from = cloud * rows + unit * each;
    let end = select(from + each < last, from + each, last);
    let mut totals = Shared::<[i32]>::new_slice(threads);
    let total = RuntimeCell::<i32>::new(0i32);
    let mut row = cloud * rows + UNIT_POS_X as usize * each;
    while row < end {
        total.store(total.read() + counts[row]);
        row += 1usize;
    }
    let before = sum_before(&mut totals, total.read(), threads);
    let start = RuntimeCell::<i32>::new((cloud * places) as i32 + before);
    let mut row = cloud * rows + UNIT_POS_X as usize * each;
    while row < end {
        starts[row] = start.read();
        cursors[row] = start.read();
        start.store(start.read() + counts[row]);
        row += 1usize;
    }
    // the end of this cloud's last list is the start of the next cloud's first, which its cube writes too
    if unit == 0usize {
        starts[last] = ((cloud + 1) * places) as i32;
    }
}

/// Writes each position into the list of its row, in any order.
#[cube(launch_unchecked)]
pub fn fill(indices: &[i32], cursors: &[Atomic<i32>], list: &mut [i32], rows: usize, places: usize) {
    if ABSOLUTE_POS < indices.len() {
        let at = cursors[row_at(indices, ABSOLUTE_POS, rows, places)].fetch_add(1i32);
        list[at as usize] = ABSOLUTE_POS as i32;
    }
}

/// Sorts the positions of each list: each one's rank is the number of smaller ones.
#[cube(launch_unchecked)]
pub fn sort(indices: &[i32], starts: &[i32], list: &[i32], sorted: &mut [i32], rows: usize, places: usize) {
    if ABSOLUTE_POS < indices.len() {
        let place = list[ABSOLUTE_POS];
        let row = row_at(indices, place as usize, rows, places);
        let start = starts[row] as usize;
        let end = starts[row + 1] as usize;
        let rank = RuntimeCell::<usize>::new(start);
        for other in start..end {
            if list[other] < place {
                rank.store(rank.read() + 1usize);
            }
        }
        sorted[rank.read()] = place;
    }
}
