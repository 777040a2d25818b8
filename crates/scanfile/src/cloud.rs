//! What the readers have in common.

use scannet::{ColorRange, Mesh, Problem, check_mesh, color_bytes, near_origin, offset_note, unplaced_note};

/// Most points of a scan, which take about a hundred bytes each.
const MOST: usize = 100_000_000;

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
    /// Asked by readers before they add points.
    ///
    /// # Errors
    /// There would be more than a hundred million.
    pub fn check_room(&self, more: usize) -> Result<(), Problem> {
        match self.coord.len().saturating_add(more) {
            ..=MOST => Ok(()),
            _ => Err(Problem::Mismatch {
                what: format!("the scan has more than {} million points", MOST / 1_000_000),
                remedy: "give a part of it, or one point per centimetre".into(),
            }),
        }
    }

    /// The points as 32-bit floats, and colours as bytes.
    ///
    /// # Errors
    /// There are no points, one is too far from the others, or a face has a vertex that does not exist or whose
    /// coordinates are not finite.
    pub fn into_mesh(mut self) -> Result<Mesh, Problem> {
        self.drop_unplaced();
        let Cloud { coord, color, range, normal, faces, mut notes } = self;
        let not_finite = |p: &[f64; 3]| p.iter().copied().find(|v| !v.is_finite());
        if let Some((vertex, value)) = coord.iter().enumerate().find_map(|(i, p)| Some((i, not_finite(p)?))) {
            return Err(Problem::NotFinite { vertex, value });
        }
        let (coord, offset) = near_origin(&coord);
        notes.extend(offset_note(offset));
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
        let mesh = Mesh { coord, offset, color, normal, label: None, confidence: None, faces, notes };
        check_mesh(&mesh)?;
        Ok(mesh)
    }
}

impl Cloud {
    /// Leaves out points without a position: pictures of cameras and scanners have a place for each direction, and NaN
    /// or infinity where nothing was seen.
    fn drop_unplaced(&mut self) {
        if !self.faces.is_empty() {
            return;
        }
        let placed: Vec<bool> = self.coord.iter().map(|p| p.iter().all(|v| v.is_finite())).collect();
        let unplaced = placed.iter().filter(|placed| !**placed).count();
        // a cloud without any position is not one
        if unplaced == 0 || unplaced == placed.len() {
            return;
        }
        fn keep<T>(values: &mut Vec<T>, placed: &[bool]) {
            let mut placed = placed.iter();
            values.retain(|_| placed.next() == Some(&true));
        }
        keep(&mut self.coord, &placed);
        keep(&mut self.color, &placed);
        keep(&mut self.normal, &placed);
        self.notes.extend(unplaced_note(unplaced));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_points_than_fit_in_memory_are_refused() {
        let cloud = Cloud { coord: vec![[0.0; 3]], ..Cloud::default() };
        assert!(cloud.check_room(MOST - 1).is_ok());
        let error = cloud.check_room(MOST).unwrap_err().to_string();
        assert!(error.contains("more than 100 million points"), "{error}");
    }
}
