//! The maximum over groups of rows after normalisation, and ReLU or none.

use super::norm::{input_gradient_of, shared_by_rows};
use super::sums::{part, write_partial};
use cubecl::prelude::*;

/// The direction of a normalisation: 1 if it increases, -1 if it decreases, 0 if it is constant.
#[cube]
fn direction(scale: f32) -> f32 {
    let falls = select(scale < 0.0f32, -1.0f32, 0.0f32);
    select(scale > 0.0f32, 1.0f32, falls)
}

/// Whether a value is not NaN. Tests the bits because compilers may assume that a value equals itself.
#[cube]
fn is_number(value: f32) -> bool {
    (u32::reinterpret(value) & 0x7fff_ffffu32) <= 0x7f80_0000u32
}

/// The largest of several members of a group.
#[derive(CubeType, Clone, Copy)]
struct Largest {
    value: f32,
    member: i32,
}

/// The largest of every `step`-th member of a group from `begin` on, the first on ties. The column of the group starts
/// at `first`.
#[cube]
fn largest(y: &[f32], first: usize, columns: usize, begin: usize, k: usize, step: usize, direction: f32) -> Largest {
    let best = RuntimeCell::<f32>::new(y[first + begin * columns] * direction);
    let best_member = RuntimeCell::<i32>::new(begin as i32);
    let member = RuntimeCell::<usize>::new(begin + step);
    while member.read() < k {
        let value = y[first + member.read() * columns] * direction;
        // NaN is not less than or equal to anything, so it replaces any value, and nothing replaces NaN: it reaches the
        // result
        if is_number(best.read()) && !(value <= best.read()) {
            best.store(value);
            best_member.store(member.read() as i32);
        }
        member.store(member.read() + step);
    }
    Largest { value: best.read(), member: best_member.read() }
}

/// The result of the largest input.
#[cube]
fn normed(value: f32, scale: f32, shift: f32, #[comptime] relu: bool) -> f32 {
    let z = value * (scale * direction(scale)) + shift;
    if comptime![relu] { select(z < 0.0f32, 0.0f32, z) } else { z }
}

/// The gradient that a maximum passes on.
#[cube]
fn passed(gradient: f32, value: f32, #[comptime] relu: bool) -> f32 {
    if comptime![relu] { select(value > 0.0f32, gradient, 0.0f32) } else { gradient }
}

/// Maximum of `scale · y + shift`, then ReLU if `relu`, over each `k` rows, and the member that has it: the first one
/// with the largest `y`, or the smallest if the scale is negative. One unit per value.
#[cube(launch_unchecked)]
pub fn affine_max(
    y: &[f32],
    scale: &[f32],
    shift: &[f32],
    values: &mut [f32],
    members: &mut [i32],
    columns: usize,
    k: usize,
    #[comptime] relu: bool,
) {
    if ABSOLUTE_POS < values.len() {
        let column = ABSOLUTE_POS % columns;
        let first = ABSOLUTE_POS / columns * k * columns + column;
        let factor = scale[column];
        let best = largest(y, first, columns, 0usize, k, 1usize, direction(factor));
        values[ABSOLUTE_POS] = normed(best.value, factor, shift[column], relu);
        members[ABSOLUTE_POS] = best.member;
    }
}

/// Units that share the members of a group in [`affine_max_of_many`].
pub const LANES: usize = 8;

/// [`affine_max`] for large groups, with [`LANES`] units per value. Cubes: blocks of columns, one group after another.
#[cube(launch_unchecked)]
pub fn affine_max_of_many(
    y: &[f32],
    scale: &[f32],
    shift: &[f32],
    values: &mut [f32],
    members: &mut [i32],
    groups: usize,
    columns: usize,
    k: usize,
    #[comptime] relu: bool,
    #[comptime] threads: usize,
) {
    let width = comptime!(threads / LANES);
    let blocks = columns.div_ceil(width);
    let (lane, own) = (UNIT_POS_X as usize / width, UNIT_POS_X as usize % width);
    let (group, column) = (CUBE_POS / blocks, CUBE_POS % blocks * width + own);
    let mut largest_values = Shared::<[f32]>::new_slice(threads);
    let mut largest_members = Shared::<[i32]>::new_slice(threads);
    let there = group < groups && column < columns;
    if there {
        let first = group * k * columns + column;
        // a lane without members takes the first one again
        let begin = select(lane < k, lane, 0usize);
        let best = largest(y, first, columns, begin, k, LANES.runtime(), direction(scale[column]));
        largest_values[UNIT_POS_X as usize] = best.value;
        largest_members[UNIT_POS_X as usize] = best.member;
    }
    sync_cube();
    if there && lane == 0usize {
        let value = RuntimeCell::<f32>::new(largest_values[own]);
        let member = RuntimeCell::<i32>::new(largest_members[own]);
        for other in 1..LANES {
            let (next, next_member) = (largest_values[other * width + own], largest_members[other * width + own]);
            let (number, next_number) = (is_number(value.read()), is_number(next));
            let earlier = next_member < member.read();
            let larger = next > value.read() || (next == value.read() && earlier);
            // NaN counts as larger than any number, and the first NaN wins
            let wins = select(number && next_number, larger, !next_number && (number || earlier));
            value.store(select(wins, next, value.read()));
            member.store(select(wins, next_member, member.read()));
        }
        let at = group * columns + column;
        values[at] = normed(value.read(), scale[column], shift[column], relu);
        members[at] = member.read();
    }
}

/// Partial sums of `dz` and `dz · (y − mean)`; only the largest members have gradients.
#[cube(launch_unchecked)]
pub fn gradient_sums(
    y: &[f32],
    values: &[f32],
    members: &[i32],
    gradient: &[f32],
    mean: &[f32],
    partials: &mut [f32],
    groups: usize,
    columns: usize,
    k: usize,
    block: usize,
    #[comptime] relu: bool,
    #[comptime] width: usize,
    #[comptime] threads: usize,
) {
    let part = part(groups, columns, block, width, threads);
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let product = RuntimeCell::<f32>::new(0.0f32);
    let middle = mean[select(part.active, part.column, 0usize)];
    let group = RuntimeCell::<usize>::new(part.row);
    while group.read() < part.end {
        let at = group.read() * columns + part.column;
        let d = passed(gradient[at], values[at], relu);
        if d != 0.0f32 {
            let row = group.read() * k + members[at] as usize;
            sum.store(sum.read() + d);
            product.store(product.read() + d * (y[row * columns + part.column] - middle));
        }
        group.store(group.read() + part.step);
    }
    write_partial(partials, &part, sum.read(), product.read(), columns, width, threads);
}

/// Members of a group per unit of [`input_gradient`], at most.
pub const MEMBERS: usize = 64;

/// Gradients with respect to `y`; only the largest members have a `dz`. One unit per column of [`MEMBERS`] of the `k`
/// rows of a group; `shared` comes from [`super::norm::parameter_gradients`].
#[cube(launch_unchecked)]
pub fn input_gradient(
    y: &[f32],
    values: &[f32],
    members: &[i32],
    gradient: &[f32],
    shared: &[f32],
    out: &mut [f32],
    columns: usize,
    k: usize,
    #[comptime] relu: bool,
) {
    let begin = ABSOLUTE_POS / values.len() * MEMBERS;
    if begin < k {
        let value = ABSOLUTE_POS % values.len();
        let c = value % columns;
        let first = value / columns * k * columns + c;
        let shared = shared_by_rows(shared, columns, c);
        let largest = members[value] as usize;
        let of_largest = passed(gradient[value], values[value], relu);
        for member in begin..min(begin + MEMBERS, k) {
            let at = first + member * columns;
            let d = select(member == largest, of_largest, 0.0f32);
            out[at] = input_gradient_of(d, y[at], &shared);
        }
    }
}
