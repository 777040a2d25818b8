//! Points in and out of `ndarray` without copying where the memory layout allows it.

use std::borrow::Cow;

use ndarray::{ArrayView2, Axis};

use crate::PointError;

/// Points of an array of shape `[n, 3]`: borrowed when the array is contiguous in standard (row-major) layout, copied
/// otherwise (a transposed or strided view).
pub fn points_from_array(array: ArrayView2<'_, f32>) -> Result<Cow<'_, [[f32; 3]]>, PointError> {
    if array.ncols() != 3 {
        return Err(PointError::BadShape { columns: array.ncols() });
    }
    // An array with no row has no layout worth borrowing.
    Ok(match array.to_slice() {
        Some(flat) => Cow::Borrowed(flat.as_chunks::<3>().0),
        None => Cow::Owned(array.axis_iter(Axis(0)).map(|row| [row[0], row[1], row[2]]).collect()),
    })
}

/// Points seen as an array of shape `[n, 3]`, without copying.
pub fn array_from_points(points: &[[f32; 3]]) -> ArrayView2<'_, f32> {
    // The slice holds exactly 3 n values in row-major order, the only thing the constructor checks.
    ArrayView2::from_shape((points.len(), 3), points.as_flattened()).expect("3 n values make an array of shape [n, 3]")
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, s};

    use super::*;

    #[test]
    fn standard_layout_is_borrowed_and_others_are_copied() {
        let array = Array2::from_shape_fn((4, 3), |(i, j)| (10 * i + j) as f32);
        let points = points_from_array(array.view()).unwrap();
        assert!(matches!(points, Cow::Borrowed(_)));
        assert_eq!(points[2], [20.0, 21.0, 22.0]);
        let strided = points_from_array(array.slice(s![..;2, ..])).unwrap();
        assert!(matches!(strided, Cow::Owned(_)));
        assert_eq!(strided[1], [20.0, 21.0, 22.0]);
        let wide = Array2::<f32>::zeros((3, 4));
        assert_eq!(points_from_array(wide.view()), Err(PointError::BadShape { columns: 4 }));
        let transposed = points_from_array(wide.t()).unwrap();
        assert!(matches!(transposed, Cow::Owned(_)) && transposed.len() == 4);
    }

    #[test]
    fn round_trip() {
        let points = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
        assert_eq!(points_from_array(array_from_points(&points)).unwrap().as_ref(), &points);
        assert_eq!(array_from_points(&[]).shape(), &[0, 3]);
    }
}
