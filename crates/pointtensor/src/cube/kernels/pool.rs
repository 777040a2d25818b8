//! The maximum over groups of rows behind a normalisation and a ReLU.

use super::norm::{input_gradient_of, shared_by_rows};
use super::sums::{part, write_partial};
use cubecl::prelude::*;

/// Maximum over each `k` rows of `relu(scale · y + shift)` and the member it is of: the first of those whose `y` is largest, or smallest
/// where the scale is negative. One unit a value.
#[cube(launch_unchecked)]
pub fn relu_max<F: Float>(
    y: &[F],
    scale: &[f32],
    shift: &[f32],
    values: &mut [F],
    members: &mut [i32],
    columns: usize,
    k: usize,
    #[define(F)] _dtype: ElemType,
) {
    if ABSOLUTE_POS < values.len() {
        let column = ABSOLUTE_POS % columns;
        let first = ABSOLUTE_POS / columns * k * columns + column;
        let (factor, offset) = (scale[column], shift[column]);
        let falls = select(factor < 0.0f32, -1.0f32, 0.0f32);
        let direction = select(factor > 0.0f32, 1.0f32, falls);
        let best = RuntimeCell::<f32>::new(f32::cast_from(y[first]) * direction);
        let best_member = RuntimeCell::<i32>::new(0i32);
        for member in 1..k {
            let value = f32::cast_from(y[first + member * columns]) * direction;
            // NaN is no less than anything and so replaces what is there, and nothing replaces NaN: it reaches the result. (Its bits
            // are asked, since compilers may take a comparison with itself for true.)
            let number = (u32::reinterpret(best.read()) & 0x7fff_ffffu32) <= 0x7f80_0000u32;
            if number && !(value <= best.read()) {
                best.store(value);
                best_member.store(member as i32);
            }
        }
        let value = best.read() * (factor * direction) + offset;
        values[ABSOLUTE_POS] = F::cast_from(select(value < 0.0f32, 0.0f32, value));
        members[ABSOLUTE_POS] = best_member.read();
    }
}

/// Partial sums of `dz` and `dz · (y − mean)`, where only the largest members have gradients.
#[cube(launch_unchecked)]
pub fn gradient_sums<F: Float>(
    y: &[F],
    values: &[F],
    members: &[i32],
    gradient: &[F],
    mean: &[f32],
    partials: &mut [f32],
    groups: usize,
    columns: usize,
    k: usize,
    block: usize,
    #[comptime] width: usize,
    #[comptime] threads: usize,
    #[define(F)] _dtype: ElemType,
) {
    let part = part(groups, columns, block, width, threads);
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let product = RuntimeCell::<f32>::new(0.0f32);
    let middle = mean[select(part.active, part.column, 0usize)];
    let group = RuntimeCell::<usize>::new(part.row);
    while group.read() < part.end {
        let at = group.read() * columns + part.column;
        if f32::cast_from(values[at]) > 0.0f32 {
            let d = f32::cast_from(gradient[at]);
            let row = group.read() * k + members[at] as usize;
            sum.store(sum.read() + d);
            product.store(product.read() + d * (f32::cast_from(y[row * columns + part.column]) - middle));
        }
        group.store(group.read() + part.step);
    }
    write_partial(partials, &part, sum.read(), product.read(), columns, width, threads);
}

/// Gradients by `y`, where only the largest members have a `dz`. One unit a column of a group of `k` rows; `shared` is what
/// [`super::norm::parameter_gradients`] made.
#[cube(launch_unchecked)]
pub fn input_gradient<F: Float>(
    y: &[F],
    values: &[F],
    members: &[i32],
    gradient: &[F],
    shared: &[f32],
    out: &mut [F],
    columns: usize,
    k: usize,
    #[define(F)] _dtype: ElemType,
) {
    if ABSOLUTE_POS < values.len() {
        let c = ABSOLUTE_POS % columns;
        let first = ABSOLUTE_POS / columns * k * columns + c;
        let shared = shared_by_rows(shared, columns, c);
        let largest = members[ABSOLUTE_POS] as usize;
        let of_largest =
            select(f32::cast_from(values[ABSOLUTE_POS]) > 0.0f32, f32::cast_from(gradient[ABSOLUTE_POS]), 0.0f32);
        for member in 0..k {
            let at = first + member * columns;
            let d = select(member == largest, of_largest, 0.0f32);
            out[at] = F::cast_from(input_gradient_of(d, f32::cast_from(y[at]), &shared));
        }
    }
}
