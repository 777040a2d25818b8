//! Farthest point sampling.

mod buckets;
mod tree;

use rayon::prelude::*;

use crate::{PointError, validate};

/// Indices of `count` points, each the farthest from all chosen before it; the first is `start`.
///
/// Exact: distances are [`squared_distance`](crate::squared_distance), ties go to the lowest index, so the result is
/// bit-identical to the brute-force loop of PointNet++ (Qi et al. 2017, <https://arxiv.org/abs/1706.02413>). When all
/// remaining distances are zero (duplicates only), index 0 is repeated, as that loop does.
///
/// Brute force takes `count · n` distances. Here points are sorted into buckets, and a bucket is touched only if the new
/// sample can lower a distance in it (as QuickFPS does, Han et al. 2023, IEEE TCAD), which
/// leaves a few hundred distances a sample on scans.
///
/// # Errors
///
/// No points, coordinates that are not finite, `count` above the number of points, `start` out of range.
pub fn farthest_point_sample(points: &[[f32; 3]], count: usize, start: usize) -> Result<Vec<u32>, PointError> {
    check(points, points.len(), count, start)?;
    let mut chosen = vec![0; count];
    buckets::sample(points, start, &mut chosen);
    Ok(chosen)
}

/// [`farthest_point_sample`] of `batch` clouds of equal size stored one after another, in parallel.
///
/// Returns `[batch * count]` indices, local to each cloud. `count` samples are taken of each cloud, the first is its point
/// `start`.
pub fn farthest_point_sample_batch(
    points: &[[f32; 3]],
    batch: usize,
    count: usize,
    start: usize,
) -> Result<Vec<u32>, PointError> {
    let size = validate::batch_len("points", points.len(), batch)?;
    check(points, size, count, start)?;
    let mut chosen = vec![0; validate::product(batch, count)?];
    if count > 0 {
        let clouds = points.par_chunks_exact(size).zip(chosen.par_chunks_exact_mut(count));
        clouds.for_each(|(cloud, chosen)| buckets::sample(cloud, start, chosen));
    }
    Ok(chosen)
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
