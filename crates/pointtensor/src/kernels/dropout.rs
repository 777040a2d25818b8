//! Dropout without a stored mask: whether a value is kept follows from its position and a seed, so the backward pass
//! can compute it again.

use super::{fill_matrix, pieces};

/// Values per task.
const PIECE: usize = 32 * 1024;

/// A hash of a position and a seed: Wellons' integer hash with the constants 0x21f0aaad and 0xd35a2d97, found in a
/// search for low bias (<https://github.com/skeeto/hash-prospector>), applied to both in turn.
#[inline(always)]
fn hash(position: u32, seed: u32) -> u32 {
    mix(mix(position.wrapping_add(0x9e37_79b9)) ^ seed)
}

#[inline(always)]
fn mix(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x21f0_aaad);
    x ^= x >> 15;
    x = x.wrapping_mul(0xd35a_2d97);
    x ^ (x >> 15)
}

/// The hash below which a value is dropped, and the factor of the values that are kept.
pub(crate) fn rule(probability: f32) -> (u32, f32) {
    ((probability as f64 * 4_294_967_296.0) as u32, 1.0 / (1.0 - probability))
}

/// Drops values of `x` with a probability and divides the others by the probability of being kept (Srivastava et al.
/// 2014, <https://jmlr.org/papers/v15/srivastava14a.html>). Applied to the gradient it is the backward pass.
pub fn dropout(x: &[f32], seed: u32, probability: f32) -> Vec<f32> {
    let (threshold, scale) = rule(probability);
    fill_matrix(pieces(x.len(), PIECE), 1, |range, out| {
        let (first, x) = (range.start as u32, &x[range]);
        assert_eq!(out.len(), x.len());
        super::vectorized(|| {
            for (i, (out, x)) in out.iter_mut().zip(x).enumerate() {
                let kept = hash(first.wrapping_add(i as u32), seed) >= threshold;
                out.write(super::rows::select(kept, *x * scale));
            }
        });
        // SAFETY: the loop went through all values, of which there are as many as of `x`.
        unsafe { out.assume_init_mut() }
    })
}

/// The factor by which [`dropout`] multiplies each of `len` values.
pub fn factors(len: usize, seed: u32, probability: f32) -> Vec<f32> {
    dropout(&vec![1.0; len], seed, probability)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "slow")]
    fn drops_with_the_given_probability_and_keeps_the_mean() {
        for probability in [0.0, 0.1, 0.5, 0.9] {
            let kept = factors(100_000, 7, probability);
            let share = kept.iter().filter(|f| **f == 0.0).count() as f32 / kept.len() as f32;
            let mean = kept.iter().sum::<f32>() / kept.len() as f32;
            assert!((share - probability).abs() < 0.005, "{share} of {probability}");
            assert!((mean - 1.0).abs() < 0.03, "{mean}");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "slow")]
    fn neighbours_and_seeds_are_independent() {
        let dropped = |seed| factors(65_536, seed, 0.5).into_iter().map(|f| f == 0.0).collect::<Vec<_>>();
        let agreement =
            |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| a == b).count() as f32 / b.len() as f32;
        let (one, other) = (dropped(1), dropped(2));
        for distance in [1, 2, 3, 64, 128] {
            assert!((agreement(&one[distance..], &one[..one.len() - distance]) - 0.5).abs() < 0.01, "{distance}");
        }
        assert!((agreement(&one, &other) - 0.5).abs() < 0.01);
    }
}
