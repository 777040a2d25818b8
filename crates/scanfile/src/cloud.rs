//! What the readers have in common.

use scannet::{ColorRange, Mesh, Problem, check_mesh, color_bytes};

/// Points further from the origin along an axis than this are moved, in metres: there 32-bit floats are half a
/// millimetre apart.
const FAR: f64 = 4096.0;
/// By a multiple of this.
const STEP: f64 = 100.0;

/// Points as a file has them.
#[derive(Default)]
pub struct Cloud {
    /// Coordinates in metres.
    pub coord: Vec<[f64; 3]>,
    /// Red, green and blue of every point, or none.
    pub color: Vec<[f64; 3]>,
    /// The values that colours may have.
    pub range: Option<ColorRange>,
    /// Normals of all points, or none.
    pub normal: Vec<[f32; 3]>,
    /// Triangles.
    pub faces: Vec<[u32; 3]>,
    /// For the user.
    pub notes: Vec<String>,
}

impl Cloud {
    /// The points as 32-bit floats, and colours as bytes.
    ///
    /// # Errors
    /// There are no points, a coordinate is not finite or too far from the others, or a face has a vertex that does not
    /// exist.
    pub fn into_mesh(mut self) -> Result<Mesh, Problem> {
        self.drop_unplaced();
        let Cloud { coord, color, range, normal, faces, mut notes } = self;
        let not_finite = |p: &[f64; 3]| p.iter().copied().find(|v| !v.is_finite());
        if let Some((vertex, value)) = coord.iter().enumerate().find_map(|(i, p)| Some((i, not_finite(p)?))) {
            return Err(Problem::NotFinite { vertex, value });
        }
        let offset = [0, 1, 2].map(|axis| offset(coord.iter().map(|p| p[axis]).collect()));
        if offset != [0.0; 3] {
            let [x, y, z] = offset;
            notes.push(format!(
                "{x}, {y} and {z} are subtracted from x, y and z, since so far from the origin 32-bit floats are coarse"
            ));
        }
        let coord = coord.iter().map(|p| [0, 1, 2].map(|axis| (p[axis] - offset[axis]) as f32)).collect();
        // a file may have a place for colours, and none
        let color = if color.iter().all(|c| *c == [0.0; 3]) { Vec::new() } else { color };
        let bytes = range.filter(|_| !color.is_empty()).map(|range| color_bytes(&color, range, "of the file"));
        let color = match bytes {
            None => None,
            // in these formats every range is a usual one
            Some(Ok((color, _))) => Some(color),
            Some(Err(problem)) => {
                notes.push(format!("colours are left out ({problem})"));
                None
            }
        };
        let normal = (!normal.is_empty()).then_some(normal);
        let mesh = Mesh { coord, color, normal, label: None, faces, notes };
        check_mesh(&mesh)?;
        Ok(mesh)
    }
}

impl Cloud {
    /// Leaves out points without a position: pictures of cameras and scanners have a place for each direction, and NaN
    /// where nothing was seen.
    fn drop_unplaced(&mut self) {
        if !self.faces.is_empty() {
            return;
        }
        let placed: Vec<bool> = self.coord.iter().map(|p| !p.iter().any(|v| v.is_nan())).collect();
        let unplaced = placed.iter().filter(|placed| !**placed).count();
        if unplaced == 0 {
            return;
        }
        fn keep<T>(values: &mut Vec<T>, placed: &[bool]) {
            let mut placed = placed.iter();
            values.retain(|_| placed.next() == Some(&true));
        }
        keep(&mut self.coord, &placed);
        keep(&mut self.color, &placed);
        keep(&mut self.normal, &placed);
        self.notes.push(format!("{} left out, without a position", scannet::count(unplaced, "point is|points are")));
    }
}

/// What is subtracted from the values of an axis: nothing if most of them are near the origin.
fn offset(mut values: Vec<f64>) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    // a stray may be anywhere
    let median = *values.select_nth_unstable_by(middle, f64::total_cmp).1;
    if median.abs() > FAR { (median / STEP).round() * STEP } else { 0.0 }
}
