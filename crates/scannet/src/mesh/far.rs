//! Coordinates of a country's grid as 32-bit floats, and points without coordinates.

/// Points further from the origin along an axis than this are moved, in metres: there 32-bit floats are half a
/// millimetre apart.
const FAR: f64 = 4096.0;
/// By a multiple of this.
const STEP: f64 = 100.0;

/// Coordinates as 32-bit floats, and what was subtracted from them before, in metres: nothing from an axis along which
/// most points are near the origin.
///
/// ```
/// let (coord, offset) = scannet::near_origin(&[[691_234.25, 5_334_567.5, 519.0]]);
/// assert_eq!((coord[0], offset), ([34.25, -32.5, 519.0], [691_200.0, 5_334_600.0, 0.0]));
/// ```
pub fn near_origin(coord: &[[f64; 3]]) -> (Vec<[f32; 3]>, [f64; 3]) {
    let offset = [0, 1, 2].map(|axis| far_of(coord.iter().map(|p| p[axis]).collect()));
    let coord = coord.iter().map(|p| [0, 1, 2].map(|axis| (p[axis] - offset[axis]) as f32)).collect();
    (coord, offset)
}

/// What is to be said of an offset that is not zero.
pub fn offset_note([x, y, z]: [f64; 3]) -> Option<String> {
    ([x, y, z] != [0.0; 3]).then(|| {
        format!(
            "{x}, {y} and {z} are subtracted from x, y and z, since so far from the origin 32-bit floats are coarse"
        )
    })
}

/// What is to be said of points that were left out because their position is not finite, if there were some.
pub fn unplaced_note(points: usize) -> Option<String> {
    (points > 0).then(|| format!("{} left out, without a position", crate::count(points, "point is|points are")))
}

/// What is subtracted from the values of an axis.
fn far_of(mut values: Vec<f64>) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    // a stray may be anywhere
    far(*values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// What is subtracted so that this value is near the origin.
pub(crate) fn far(value: f64) -> f64 {
    if value.abs() > FAR { (value / STEP).round() * STEP } else { 0.0 }
}
