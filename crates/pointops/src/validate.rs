//! Checks of arguments.

use crate::PointError;

/// Indices are `u32`; `u32::MAX` means "none", and SIMD padding needs a few more.
pub(crate) const MAX_POINTS: usize = u32::MAX as usize - 64;

/// Accepts sets of finite points, possibly empty, that 32-bit indices can number.
pub(crate) fn finite(what: &'static str, points: &[[f32; 3]]) -> Result<(), PointError> {
    if points.len() > MAX_POINTS {
        return Err(PointError::TooManyPoints { what, len: points.len(), max: MAX_POINTS });
    }
    // x * 0 is 0 for finite x and NaN otherwise, so a block needs one sum and no branches.
    for (block, chunk) in points.as_flattened().chunks(3 * 1024).enumerate() {
        let mut lanes = [0f32; 8];
        let (eights, rest) = chunk.as_chunks::<8>();
        for eight in eights {
            for (lane, value) in lanes.iter_mut().zip(eight) {
                *lane += value * 0.0;
            }
        }
        let sum: f32 = lanes.iter().sum::<f32>() + rest.iter().map(|v| v * 0.0).sum::<f32>();
        if sum != 0.0 {
            let within = chunk.iter().position(|v| !v.is_finite()).unwrap_or(0);
            return Err(PointError::NotFinite { what, index: block * 1024 + within / 3 });
        }
    }
    Ok(())
}

/// Accepts sets of at least one finite point.
pub(crate) fn cloud(what: &'static str, points: &[[f32; 3]]) -> Result<(), PointError> {
    if points.is_empty() {
        return Err(PointError::Empty { what });
    }
    finite(what, points)
}

/// Accepts faces whose vertices are among `points` points.
pub(crate) fn faces(faces: &[[u32; 3]], points: usize) -> Result<(), PointError> {
    let missing = |face: &[u32; 3]| face.iter().copied().find(|vertex| *vertex as usize >= points);
    match faces.iter().enumerate().find_map(|(face, corners)| Some((face, missing(corners)?))) {
        Some((face, vertex)) => Err(PointError::FaceOutOfRange { face, vertex, points }),
        None => Ok(()),
    }
}

/// Number of points in each of `batch` clouds.
pub(crate) fn batch_len(what: &'static str, len: usize, batch: usize) -> Result<usize, PointError> {
    if batch == 0 || !len.is_multiple_of(batch) {
        return Err(PointError::BatchMismatch { what, len, batch });
    }
    Ok(len / batch)
}

pub(crate) fn radius(radius: f32) -> Result<(), PointError> {
    if radius.is_finite() && radius > 0.0 { Ok(()) } else { Err(PointError::BadRadius { radius }) }
}

/// Length of a result of `rows` × `k` indices, where `k` may be 0, if there is memory for it.
pub(crate) fn product(rows: usize, k: usize) -> Result<usize, PointError> {
    // Up to eight bytes per entry; an allocation cannot exceed isize::MAX bytes.
    match rows.checked_mul(k) {
        Some(len) if len <= ALWAYS => Ok(len),
        // Running out of memory would end the program, so try first.
        Some(len) if len <= isize::MAX as usize / 8 && Vec::<u64>::new().try_reserve_exact(len).is_ok() => Ok(len),
        _ => Err(PointError::ResultTooLarge { rows, k }),
    }
}

/// Results of up to this many entries (128 MiB) are allocated without trying.
const ALWAYS: usize = 1 << 24;

/// Length of a result of `rows` × `k` indices, where `k` must not be 0.
pub(crate) fn rows(rows: usize, k: usize) -> Result<usize, PointError> {
    if k == 0 {
        return Err(PointError::ZeroNeighbors);
    }
    product(rows, k)
}

/// Accepts groups of `k` of `points` points.
pub(crate) fn group(k: usize, points: usize) -> Result<(), PointError> {
    let max = points.max(crate::MAX_GROUP);
    if k <= max { Ok(()) } else { Err(PointError::GroupTooLarge { k, max }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_the_first_point_that_is_not_finite() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for at in [0, 1, 7, 1023, 1024, 2500, 2999] {
                for axis in 0..3 {
                    let mut points = vec![[1.0, -2.0, f32::MAX]; 3000];
                    points[at][axis] = bad;
                    assert_eq!(finite("points", &points), Err(PointError::NotFinite { what: "points", index: at }));
                }
            }
        }
        assert_eq!(finite("points", &[[f32::MAX, f32::MIN, -0.0]; 3000]), Ok(()));
    }

    #[test]
    fn batches_must_divide_evenly() {
        assert_eq!(batch_len("points", 12, 3), Ok(4));
        assert!(batch_len("points", 12, 5).is_err());
        assert!(batch_len("points", 12, 0).is_err());
    }

    #[test]
    fn results_must_fit_in_memory() {
        assert_eq!(rows(3, 4), Ok(12));
        assert_eq!(rows(3, 0), Err(PointError::ZeroNeighbors));
        assert!(rows(usize::MAX, 2).is_err());
        assert!(rows(usize::MAX / 8, 2).is_err());
        // Miri ends the program where the allocator says no
        assert!(cfg!(miri) || rows(1 << 40, 1 << 10).is_err());
    }
}
