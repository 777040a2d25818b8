//! Farthest point sampling.

use rayon::prelude::*;

use crate::{PointError, distance::squared_distance, validate};

/// Indices of `count` points, each the farthest from all chosen before it; the first is `start`.
///
/// Exact: distances are [`squared_distance`], ties go to the lowest index, so the result is bit-identical to the brute-force
/// loop of PointNet++ (Qi et al. 2017, <https://arxiv.org/abs/1706.02413>). When all remaining distances are zero
/// (duplicates only), the lowest index, 0, is repeated, as that loop does.
pub fn farthest_point_sample(points: &[[f32; 3]], count: usize, start: usize) -> Result<Vec<u32>, PointError> {
    check(points, points.len(), count, start)?;
    Ok(sample(points, count, start))
}

/// [`farthest_point_sample`] of `batch` clouds of equal size stored one after another, in parallel.
///
/// Returns `[batch * count]` indices, local to each cloud. `count` samples are taken of each cloud.
pub fn farthest_point_sample_batch(
    points: &[[f32; 3]],
    batch: usize,
    count: usize,
    start: usize,
) -> Result<Vec<u32>, PointError> {
    let size = validate::batch_len("points", points.len(), batch)?;
    check(points, size, count, start)?;
    let sampled: Vec<Vec<u32>> = points.par_chunks_exact(size).map(|cloud| sample(cloud, count, start)).collect();
    Ok(sampled.concat())
}

fn check(points: &[[f32; 3]], size: usize, count: usize, start: usize) -> Result<(), PointError> {
    validate::cloud("points", points)?;
    if count > size {
        return Err(PointError::CountTooLarge { count, points: size });
    }
    if start >= size {
        return Err(PointError::StartOutOfRange { start, points: size });
    }
    Ok(())
}

fn sample(points: &[[f32; 3]], count: usize, start: usize) -> Vec<u32> {
    let mut nearest = vec![f32::INFINITY; points.len()];
    let mut chosen = Vec::with_capacity(count);
    let mut current = start;
    for _ in 0..count {
        chosen.push(current as u32);
        let center = points[current];
        let mut best = -1.0;
        for (i, (point, nearest)) in points.iter().zip(&mut nearest).enumerate() {
            *nearest = nearest.min(squared_distance(*point, center));
            if *nearest > best {
                best = *nearest;
                current = i;
            }
        }
    }
    chosen
}
