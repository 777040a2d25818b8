//! Farthest point sampling.

mod buckets;
mod tree;

use rayon::prelude::*;

use crate::{PointError, validate};

/// Samples `count` points: first `start`, then always the point farthest from all chosen before. Returns their indices.
///
/// Distances are [`squared_distance`](crate::squared_distance) and ties go to the lowest index, so the result is that
/// of the brute-force loop of PointNet++ (Qi et al. 2017, <https://arxiv.org/abs/1706.02413>). As in that loop, index 0
/// is repeated once all distances are zero, that is, when only duplicates are left.
///
/// Brute force computes `count · n` distances. Here points are sorted into buckets, and a new sample visits only the
/// buckets in which it can lower a distance, as in QuickFPS (Han et al. 2023, IEEE TCAD): a few hundred distances per
/// sample on scans.
///
/// # Errors
///
/// If there are no points, a coordinate is not finite, `count` is above the number of points, or `start` is out of
/// range.
pub fn farthest_point_sample(points: &[[f32; 3]], count: usize, start: usize) -> Result<Vec<u32>, PointError> {
    check(points, points.len(), count, start)?;
    let mut chosen = vec![0; count];
    buckets::sample(points, start, &mut chosen);
    Ok(chosen)
}

/// [`farthest_point_sample`] in each of `batch` clouds of equal size, stored one after another, in parallel.
///
/// Returns `[batch * count]` indices, which count within each cloud; the first sample of each is its point `start`.
///
/// # Errors
///
/// Those of [`farthest_point_sample`], and if the points do not divide into `batch` clouds.
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
