//! A step of Adam; see [`crate::adam::adam`].

use super::output;
use crate::adam::AdamStep;
use rayon::prelude::*;

/// Values that a task works on.
const PIECE: usize = 16 * 1024;

/// Weights, means of gradients and means of squared gradients after a step, from those before it. All slices are of one length.
pub fn adam(weight: &[f32], gradient: &[f32], moment_1: &[f32], moment_2: &[f32], step: &AdamStep) -> [Vec<f32>; 3] {
    let len = weight.len();
    assert!([gradient.len(), moment_1.len(), moment_2.len()] == [len; 3], "adam: slices of different lengths");
    let mut updated = [output(len), output(len), output(len)];
    let [w, m, v] = &mut updated;
    let from = weight.par_chunks(PIECE).zip(gradient.par_chunks(PIECE));
    let from = from.zip(moment_1.par_chunks(PIECE).zip(moment_2.par_chunks(PIECE)));
    let to = w.par_chunks_mut(PIECE).zip(m.par_chunks_mut(PIECE).zip(v.par_chunks_mut(PIECE)));
    to.zip(from).for_each(|((w, (m, v)), ((weight, gradient), (moment_1, moment_2)))| {
        super::vectorized(|| piece([w, m, v], [weight, gradient, moment_1, moment_2], step));
    });
    updated
}

#[inline(always)]
fn piece([w, m, v]: [&mut [f32]; 3], [weight, gradient, moment_1, moment_2]: [&[f32]; 4], step: &AdamStep) {
    let AdamStep { beta_1, beta_2, correction, epsilon, decay, rate } = *step;
    let (fresh_1, fresh_2) = (1.0 - beta_1, 1.0 - beta_2);
    let from = weight.iter().zip(gradient).zip(moment_1.iter().zip(moment_2));
    for ((w, (m, v)), ((&weight, &gradient), (&before_1, &before_2))) in w.iter_mut().zip(m.iter_mut().zip(v)).zip(from)
    {
        let gradient = if decay == 0.0 { gradient } else { weight * decay + gradient };
        *m = before_1 * beta_1 + gradient * fresh_1;
        *v = before_2 * beta_2 + gradient * gradient * fresh_2;
        *w = weight - *m * correction / (v.sqrt() + epsilon) * rate;
    }
}
