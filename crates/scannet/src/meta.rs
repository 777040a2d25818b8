//! A scan's `sceneSSSS_NN.txt`, with its axis alignment, and affine transforms of points.

use crate::atomic;
use crate::error::{IoAt, Problem, Result};
use crate::mesh::{MAX_COORDINATE, far};
use crate::source;
use std::io::Write;
use std::path::Path;

/// A row-major 4×4 matrix.
pub type Matrix4 = [[f64; 4]; 4];

/// The identity.
pub const IDENTITY: Matrix4 = [[1., 0., 0., 0.], [0., 1., 0., 0.], [0., 0., 1., 0.], [0., 0., 0., 1.]];

/// The contents of a scan's txt file: `key = value` lines about the capture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScanMeta {
    /// All lines except `axisAlignment`, in file order.
    pub entries: Vec<(String, String)>,
    /// The rotation and shift that align the walls with the axes; `None` for test scans.
    pub axis_alignment: Option<Matrix4>,
}

impl ScanMeta {
    /// Reads a scan's txt file.
    ///
    /// # Errors
    /// The file is unreadable, or `axisAlignment` is not 16 finite numbers.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = source::read(path, source::TEXT).reading(path)?;
        Self::parse(&String::from_utf8_lossy(&bytes)).map_err(|p| p.at(path))
    }

    /// [`ScanMeta::read`] on text already in memory.
    ///
    /// # Errors
    /// Those of [`ScanMeta::read`], without the path.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut meta = ScanMeta::default();
        for (i, line) in text.lines().enumerate() {
            let Some((key, value)) = line.split_once('=') else { continue };
            let (key, value) = (key.trim(), value.trim());
            if key == "axisAlignment" {
                let matrix = parse_matrix(value).map_err(|detail| Problem::Line {
                    line: i + 1,
                    detail,
                    remedy: "fetch the file again",
                })?;
                meta.axis_alignment = Some(matrix);
            } else {
                meta.entries.push((key.to_owned(), value.to_owned()));
            }
        }
        Ok(meta)
    }

    /// Writes ScanNet's layout.
    ///
    /// # Errors
    /// [`Problem::Write`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        atomic::write(path, |w| {
            if let Some(m) = &self.axis_alignment {
                let numbers: Vec<String> = m.iter().flatten().map(|v| format!("{v:.6}")).collect();
                writeln!(w, "axisAlignment = {}", numbers.join(" "))?;
            }
            self.entries.iter().try_for_each(|(k, v)| writeln!(w, "{k} = {v}"))
        })
    }

    /// The alignment, or the identity if the file has none.
    pub fn alignment(&self) -> Matrix4 {
        self.axis_alignment.unwrap_or(IDENTITY)
    }
}

/// Applies an affine matrix to points, in double precision as ScanNet's own scripts do.
pub fn transform(matrix: &Matrix4, points: &mut [[f32; 3]]) {
    for p in points {
        let [x, y, z] = p.map(f64::from);
        for (out, m) in p.iter_mut().zip(matrix) {
            *out = (m[0] * x + m[1] * y + m[2] * z + m[3]) as f32;
        }
    }
}

/// The matrix for points from which an offset was subtracted. If it would leave them far from the origin, they are moved
/// again.
pub(crate) fn after_moving(matrix: Matrix4, offset: [f64; 3]) -> Matrix4 {
    matrix.map(|[a, b, c, d]| {
        let moved = d + a * offset[0] + b * offset[1] + c * offset[2];
        [a, b, c, moved - far(moved)]
    })
}

/// Applies the linear part of an affine matrix to vectors, such as normals.
pub(crate) fn rotate(matrix: &Matrix4, vectors: &mut [[f32; 3]]) {
    let mut linear = *matrix;
    linear.iter_mut().for_each(|row| row[3] = 0.0);
    transform(&linear, vectors);
}

fn parse_matrix(value: &str) -> Result<Matrix4, String> {
    let numbers: Vec<f64> = value
        .split_whitespace()
        .map(|t| {
            let value = t.parse::<f64>().ok().filter(|v| v.abs() <= f64::from(MAX_COORDINATE));
            value.ok_or_else(|| format!("axisAlignment has '{t}'"))
        })
        .collect::<Result<_, _>>()?;
    if numbers.len() != 16 {
        return Err(format!("axisAlignment has {} numbers instead of 16", numbers.len()));
    }
    let mut m = IDENTITY;
    for (slot, v) in m.iter_mut().flatten().zip(numbers) {
        *slot = v;
    }
    match is_rigid(&m) {
        true => Ok(m),
        false => Err("axisAlignment is not a rotation and a shift".to_owned()),
    }
}

/// Whether a matrix turns and moves points, and changes no distance or side; its numbers may be rounded.
fn is_rigid(m: &Matrix4) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() < 0.01;
    let dot = |a: usize, b: usize| (0..3).map(|k| m[a][k] * m[b][k]).sum::<f64>();
    let orthonormal = (0..3).all(|a| (0..3).all(|b| near(dot(a, b), if a == b { 1.0 } else { 0.0 })));
    let minor = |a: usize, b: usize| m[1][a] * m[2][b] - m[1][b] * m[2][a];
    let determinant = m[0][0] * minor(1, 2) - m[0][1] * minor(0, 2) + m[0][2] * minor(0, 1);
    orthonormal && determinant > 0.0 && m[3].iter().zip(IDENTITY[3]).all(|(a, b)| near(*a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alignment_round_trips_and_is_the_identity_where_absent() {
        let text =
            "axisAlignment = 0 -1 0 2 1 0 0 -3 0 0 1 0.5 0 0 0 1 \r\ncolorHeight = 968\r\nsceneType = Apartment\r\n";
        let meta = ScanMeta::parse(text).unwrap();
        assert_eq!(meta.entries[1], ("sceneType".to_owned(), "Apartment".to_owned()));
        let mut p = [[1.0f32, 2.0, 3.0]];
        transform(&meta.alignment(), &mut p);
        assert_eq!(p, [[0.0, -2.0, 3.5]]);
        let mut moved = [[0.5f32, 1.0, 3.0]];
        transform(&after_moving(meta.alignment(), [0.5, 1.0, 0.0]), &mut moved);
        assert_eq!(moved, p);
        let mut grid = [[1.0f32, 2.0, 3.0]];
        transform(&after_moving(meta.alignment(), [691_200.0, 5_334_600.0, 0.0]), &mut grid);
        // that of the file is 2 - 5334602, 691201 - 3 and 3.5
        assert_eq!(grid, [[0.0, -2.0, 3.5]]);
        let mut normal = [[1.0f32, 0.0, 0.0]];
        rotate(&meta.alignment(), &mut normal);
        assert_eq!(normal, [[0.0, 1.0, 0.0]]);
        let dir = tempfile::tempdir().unwrap();
        meta.write(dir.path().join("a.txt")).unwrap();
        assert_eq!(ScanMeta::read(dir.path().join("a.txt")).unwrap(), meta);
        assert_eq!(ScanMeta::parse("numDepthFrames = 5\n").unwrap().alignment(), IDENTITY);
    }

    #[test]
    fn a_damaged_alignment_is_named_by_line() {
        let message = ScanMeta::parse("a = b\naxisAlignment = 1 2 x").unwrap_err().to_string();
        assert!(message.contains("line 2") && message.contains("'x'"), "{message}");
        assert!(ScanMeta::parse("axisAlignment = 1 2 3").unwrap_err().to_string().contains("3 numbers instead of 16"));
        assert!(ScanMeta::parse("axisAlignment = nan").is_err());
        for matrix in [
            "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1",
            "2 0 0 0 0 2 0 0 0 0 2 0 0 0 0 1",
            "1 0 0 0 0 1 0 0 0 0 1 0 1 2 3 0",
            "-1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1",
        ] {
            let message = ScanMeta::parse(&format!("axisAlignment = {matrix}")).unwrap_err().to_string();
            assert!(message.contains("not a rotation and a shift"), "{message}");
        }
        assert!(
            ScanMeta::parse("axisAlignment = 0.945519 0.325568 0 -5.3 -0.325568 0.945519 0 -2.9 0 0 1 -0.06 0 0 0 1")
                .is_ok()
        );
        let far = ScanMeta::parse("axisAlignment = 1 0 0 1e30 0 1 0 0 0 0 1 0 0 0 0 1").unwrap_err().to_string();
        assert!(far.contains("'1e30'"), "{far}");
    }
}
