//! What is shown: a scan, its annotation, and what networks say about it.

use labelset::{LabelSet, NO_CLASS};
use std::ops::Range;

/// Most predictions that are shown side by side.
pub const MOST_PREDICTIONS: usize = 3;

/// A scan to show. All arrays of vertices have the length of `coord`.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Its name: any text.
    pub name: String,
    /// Coordinates in metres, +z up.
    pub coord: Vec<[f32; 3]>,
    /// Triangles, as indices into `coord`; empty for a point cloud.
    pub faces: Vec<[u32; 3]>,
    /// Red, green, blue, 0 to 255.
    pub color: Option<Vec<[u8; 3]>>,
    /// Unit normals that point away from the surface, zero where a vertex has none.
    pub normal: Option<Vec<[f32; 3]>>,
    /// Class indices of the annotation, [`NO_CLASS`] for none.
    pub truth: Option<Vec<i32>>,
    /// What networks say, at most [`MOST_PREDICTIONS`].
    pub predictions: Vec<Prediction>,
    /// The classes.
    pub labels: LabelSet,
}

/// A class for every vertex of a scan.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// Whose it is: any text.
    pub name: String,
    /// Class indices, [`NO_CLASS`] for none.
    pub classes: Vec<i32>,
    /// Probability of the class, 0 to 1.
    pub confidence: Option<Vec<f32>>,
}

/// A scan that cannot be shown.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ViewError {
    /// It has no vertices.
    #[error("the scan {0:?} has no points, so there is nothing to show")]
    Empty(String),
    /// A coordinate is NaN or infinite.
    #[error("point {point} of the scan {name:?} has a coordinate that is not finite; remove such points")]
    NotFinite {
        /// The scan.
        name: String,
        /// Index of the point.
        point: usize,
    },
    /// An array has another length than the coordinates.
    #[error("the scan {name:?} has {points} points, but {found} {what}; give one for each point")]
    Length {
        /// The scan.
        name: String,
        /// The array.
        what: String,
        /// Its length.
        found: usize,
        /// Number of points.
        points: usize,
    },
    /// A value is out of its range.
    #[error("{what} of point {point} is {value}, not {expected}")]
    Value {
        /// The array.
        what: String,
        /// Index of the point.
        point: usize,
        /// The value.
        value: String,
        /// What it may be.
        expected: String,
    },
    /// A face refers to a vertex that does not exist.
    #[error("face {face} refers to vertex {vertex}, but there are {points} vertices")]
    Face {
        /// Index of the face.
        face: usize,
        /// Index of the vertex.
        vertex: u32,
        /// Number of vertices.
        points: usize,
    },
    /// More predictions than fit side by side.
    #[error("{0} predictions are too many; show at most {MOST_PREDICTIONS} at once")]
    Predictions(usize),
    /// The scan lacks what a picture is painted by.
    #[error("the scan {name:?} has no {what}; {remedy}")]
    Lacks {
        /// The scan.
        name: String,
        /// What is missing.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
}

impl Scan {
    /// A scan of points alone.
    pub fn new(name: impl Into<String>, coord: Vec<[f32; 3]>, labels: LabelSet) -> Self {
        let (faces, predictions) = (Vec::new(), Vec::new());
        Scan { name: name.into(), coord, faces, color: None, normal: None, truth: None, predictions, labels }
    }

    /// Checks lengths and values.
    ///
    /// # Errors
    /// [`ViewError`] for the first fault.
    pub fn check(&self) -> Result<(), ViewError> {
        let (name, points) = (|| self.name.clone(), self.coord.len());
        if points == 0 {
            return Err(ViewError::Empty(name()));
        }
        if let Some(point) = self.coord.iter().position(|p| !p.iter().all(|v| v.is_finite())) {
            return Err(ViewError::NotFinite { name: name(), point });
        }
        if self.predictions.len() > MOST_PREDICTIONS {
            return Err(ViewError::Predictions(self.predictions.len()));
        }
        let of = |what: &str, length: Option<usize>| match length {
            Some(found) if found != points => {
                Err(ViewError::Length { name: name(), what: what.to_owned(), found, points })
            }
            _ => Ok(()),
        };
        of("colours", self.color.as_ref().map(Vec::len))?;
        of("normals", self.normal.as_ref().map(Vec::len))?;
        of("annotated classes", self.truth.as_ref().map(Vec::len))?;
        if let Some(truth) = &self.truth {
            self.check_values("the class", truth, NO_CLASS..self.labels.len() as i32)?;
        }
        for prediction in &self.predictions {
            of(&format!("classes of {}", prediction.name), Some(prediction.classes.len()))?;
            let what = format!("the class of {}", prediction.name);
            self.check_values(&what, &prediction.classes, NO_CLASS..self.labels.len() as i32)?;
            let Some(confidence) = &prediction.confidence else { continue };
            of(&format!("confidences of {}", prediction.name), Some(confidence.len()))?;
            // a mean of probabilities may be a rounding above 1
            self.check_values(&format!("the confidence of {}", prediction.name), confidence, 0.0..1.001)?;
        }
        for (face, corners) in self.faces.iter().enumerate() {
            if let Some(&vertex) = corners.iter().find(|&&vertex| vertex as usize >= points) {
                return Err(ViewError::Face { face, vertex, points });
            }
        }
        Ok(())
    }

    fn check_values<T: PartialOrd + std::fmt::Display>(
        &self,
        what: &str,
        values: &[T],
        range: Range<T>,
    ) -> Result<(), ViewError> {
        let Some(point) = values.iter().position(|value| !range.contains(value)) else { return Ok(()) };
        let expected = format!("at least {} and below {}", range.start, range.end);
        Err(ViewError::Value { what: what.to_owned(), point, value: values[point].to_string(), expected })
    }

    /// Height of the floor; see [`pointops::vertical_extent`].
    pub(crate) fn floor(&self) -> f32 {
        pointops::vertical_extent(&self.coord).expect("a checked scan has points").floor
    }

    /// About how far apart neighbouring points on a surface are, in metres: the median distance of some points to their
    /// fourth neighbours, but at least a 2000th of the scan's longest side and at most a twentieth, strays left out.
    pub(crate) fn spacing(&self) -> f32 {
        const SAMPLE: usize = 2000;
        let step = self.coord.len().div_ceil(SAMPLE);
        let sample: Vec<[f32; 3]> = self.coord.iter().step_by(step).copied().collect();
        let k = 5.min(self.coord.len());
        let found = pointops::knn_distinct(&self.coord, &sample, k).expect("a checked scan has points");
        let mut distances: Vec<f32> = found.squared_distances.chunks_exact(k).map(|row| row[k - 1].sqrt()).collect();
        distances.sort_by(f32::total_cmp);
        let (low, high) = pointops::main_extent(&self.coord);
        let extent = (0..3).map(|a| high[a] - low[a]).fold(0.0, f32::max);
        // points that are all in one place have any size
        if extent > 0.0 { distances[distances.len() / 2].clamp(extent / 2000.0, extent / 20.0) } else { 1e-3 }
    }
}
