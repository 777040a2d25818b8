//! Softmax cross entropy with one weight per point, and the number of correct predictions.

use super::index::row_within;
use super::sums::{part, write_partial};
use cubecl::prelude::*;

/// The largest logit of a row.
#[cube]
fn largest(logits: &[f32], first: usize, classes: usize) -> f32 {
    let best = RuntimeCell::<f32>::new(logits[first]);
    for class in 1..classes {
        best.store(select(logits[first + class] > best.read(), logits[first + class], best.read()));
    }
    best.read()
}

/// `Σ exp(logits − largest)` of a row.
#[cube]
fn exponentials(logits: &[f32], first: usize, classes: usize, largest: f32) -> f32 {
    let sum = RuntimeCell::<f32>::new(0.0f32);
    for class in 0..classes {
        sum.store(sum.read() + (logits[first + class] - largest).exp());
    }
    sum.read()
}

/// Partial sums of the weighted losses and of the number of non-zero weights.
#[cube(launch_unchecked)]
pub fn loss_sums(
    logits: &[f32],
    targets: &[i32],
    weights: &[f32],
    partials: &mut [f32],
    rows: usize,
    classes: usize,
    smoothing: f32,
    block: usize,
    #[comptime] threads: usize,
) {
    let part = part(rows, 1usize, block, 1usize, threads);
    let sum = RuntimeCell::<f32>::new(0.0f32);
    let count = RuntimeCell::<f32>::new(0.0f32);
    let row = RuntimeCell::<usize>::new(part.row);
    while row.read() < part.end {
        let first = row.read() * classes;
        let best = largest(logits, first, classes);
        let total = exponentials(logits, first, classes, best);
        let weight = weights[row.read()];
        let of_target = logits[first + row_within(targets[row.read()], classes)];
        let logit_sum = RuntimeCell::<f32>::new(0.0f32);
        for class in 0..classes {
            logit_sum.store(logit_sum.read() + logits[first + class]);
        }
        let spread = smoothing * (of_target - logit_sum.read() / f32::cast_from(classes));
        let spread = select(smoothing == 0.0f32, 0.0f32, spread);
        sum.store(sum.read() + weight * (((total.ln() + best) - of_target) + spread));
        count.store(count.read() + select(weight != 0.0f32, 1.0f32, 0.0f32));
        row.store(row.read() + part.step);
    }
    write_partial(partials, &part, sum.read(), count.read(), 1usize, 1usize, threads);
}

/// The mean loss from the sums of [`loss_sums`]; one unit.
#[cube(launch_unchecked)]
pub fn loss_mean(totals: &[f32], loss: &mut [f32]) {
    if ABSOLUTE_POS == 0 {
        loss[0] = totals[0] / max(totals[1], 1.0f32);
    }
}

/// The gradient with respect to the logits; one unit per row.
#[cube(launch_unchecked)]
pub fn loss_gradient(
    logits: &[f32],
    targets: &[i32],
    weights: &[f32],
    totals: &[f32],
    upstream: &[f32],
    out: &mut [f32],
    rows: usize,
    classes: usize,
    smoothing: f32,
) {
    if ABSOLUTE_POS < rows {
        let first = ABSOLUTE_POS * classes;
        let best = largest(logits, first, classes);
        let total = exponentials(logits, first, classes, best);
        let weight = weights[ABSOLUTE_POS] * (upstream[0] / max(totals[1], 1.0f32));
        for class in 0..classes {
            let share = (logits[first + class] - best).exp() * (weight / total);
            let right = class == row_within(targets[ABSOLUTE_POS], classes);
            let aim = smoothing / f32::cast_from(classes) + select(right, 1.0f32 - smoothing, 0.0f32);
            out[first + class] = share - weight * aim;
        }
    }
}

/// Partial sums of the number of annotated points (target at least `lowest`, weight above zero) and of those whose
/// largest logit, the first on ties, is the target's.
#[cube(launch_unchecked)]
pub fn correct_sums(
    logits: &[f32],
    targets: &[i32],
    weights: &[f32],
    partials: &mut [f32],
    rows: usize,
    classes: usize,
    block: usize,
    lowest: i32,
    #[comptime] threads: usize,
) {
    let part = part(rows, 1usize, block, 1usize, threads);
    let seen = RuntimeCell::<f32>::new(0.0f32);
    let right = RuntimeCell::<f32>::new(0.0f32);
    let row = RuntimeCell::<usize>::new(part.row);
    while row.read() < part.end {
        let target = targets[row.read()];
        if target >= lowest && weights[row.read()] > 0.0f32 {
            let first = row.read() * classes;
            let best = RuntimeCell::<f32>::new(logits[first]);
            let best_class = RuntimeCell::<i32>::new(0i32);
            for class in 1..classes {
                if logits[first + class] > best.read() {
                    best.store(logits[first + class]);
                    best_class.store(class as i32);
                }
            }
            seen.store(seen.read() + 1.0f32);
            right.store(right.read() + select(best_class.read() == target, 1.0f32, 0.0f32));
        }
        row.store(row.read() + part.step);
    }
    write_partial(partials, &part, seen.read(), right.read(), 1usize, 1usize, threads);
}
