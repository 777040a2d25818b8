//! The levels of a point network: which points each keeps, which they group, and where features flow back from.

use burn::tensor::{Device, Int, Tensor, TensorData};
use pointops::PointError;

/// How one level is made from the one below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelSpec {
    /// Points kept, by farthest point sampling from the first point on.
    pub points: usize,
    /// Radius of a group in metres.
    pub radius: f32,
    /// Members of a group: the first ones in index order within the radius, filled up with the first.
    pub neighbors: usize,
}

/// All levels, from the finest.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PyramidSpec {
    /// How each level is made.
    pub levels: Vec<LevelSpec>,
}

/// Why a pyramid cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum PyramidError {
    /// The points are not so many clouds of equal size.
    #[error("{points} points are not {clouds} clouds of equal size")]
    UnequalClouds {
        /// Points given.
        points: usize,
        /// Clouds asked for.
        clouds: usize,
    },
    /// The geometry of a level failed.
    #[error("level {level} of the point pyramid: {source}")]
    Level {
        /// Level, from 1.
        level: usize,
        /// What failed.
        source: PointError,
    },
}

/// One level on the host. Indices refer to the rows of all clouds together.
#[derive(Debug, Clone)]
struct Level {
    coord: Vec<f32>,
    group: Vec<i32>,
    neighbors: usize,
    interpolation: Vec<i32>,
    weights: Vec<f32>,
}

/// The geometry of a batch on the host.
#[derive(Debug, Clone)]
pub struct Pyramid {
    clouds: usize,
    coord: Vec<f32>,
    levels: Vec<Level>,
}

impl Pyramid {
    /// Finds the levels of `clouds` point sets of equal size that stand one after another in `coord`, in metres.
    ///
    /// Cost: the sampling and neighbour queries of the `pointops` crate, in parallel over the clouds.
    ///
    /// # Errors
    /// If the clouds are not of equal size, or a level wants more points than the one below has, or a coordinate is not finite.
    pub fn build(coord: &[[f32; 3]], clouds: usize, spec: &PyramidSpec) -> Result<Self, PyramidError> {
        if clouds == 0 || coord.is_empty() || !coord.len().is_multiple_of(clouds) {
            return Err(PyramidError::UnequalClouds { points: coord.len(), clouds });
        }
        let origins: Vec<[f32; 3]> = coord.chunks_exact(coord.len() / clouds).map(middle).collect();
        let mut below = coord.to_vec();
        let mut levels = Vec::with_capacity(spec.levels.len());
        for (index, level) in spec.levels.iter().enumerate() {
            let at_level = |source| PyramidError::Level { level: index + 1, source };
            let each = below.len() / clouds;
            let kept = pointops::farthest_point_sample_batch(&below, clouds, level.points, 0).map_err(at_level)?;
            let centers: Vec<[f32; 3]> =
                kept.iter().enumerate().map(|(i, &p)| below[i / level.points * each + p as usize]).collect();
            let balls = pointops::ball_query_batch(&below, &centers, clouds, level.radius, level.neighbors).map_err(at_level)?;
            let nearest = pointops::three_nn_batch(&centers, &below, clouds).map_err(at_level)?;
            levels.push(Level {
                coord: relative(&centers, &origins),
                group: rows(&balls.indices, clouds, each),
                neighbors: level.neighbors,
                interpolation: rows(&nearest.indices, clouds, level.points),
                weights: nearest.weights,
            });
            below = centers;
        }
        Ok(Pyramid { clouds, coord: relative(coord, &origins), levels })
    }

    /// Puts the geometry onto a device.
    pub fn to_device(&self, device: &Device) -> PointPyramid {
        let floats = |values: &[f32], columns: usize| {
            Tensor::from_data(TensorData::new(values.to_vec(), [values.len() / columns, columns]), device)
        };
        let ints = |values: &[i32]| Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device);
        PointPyramid {
            clouds: self.clouds,
            coord: std::iter::once(&self.coord).chain(self.levels.iter().map(|l| &l.coord)).map(|c| floats(c, 3)).collect(),
            groups: self.levels.iter().map(|l| (ints(&l.group), l.neighbors)).collect(),
            interpolations: self.levels.iter().map(|l| (ints(&l.interpolation), floats(&l.weights, 3))).collect(),
        }
    }
}

/// Middle of the bounding box.
fn middle(cloud: &[[f32; 3]]) -> [f32; 3] {
    std::array::from_fn(|axis| {
        let (low, high) = cloud.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), p| (l.min(p[axis]), h.max(p[axis])));
        low / 2.0 + high / 2.0
    })
}

/// Coordinates relative to their cloud's origin. Only differences matter to a network, and those of small numbers keep more digits.
fn relative(points: &[[f32; 3]], origins: &[[f32; 3]]) -> Vec<f32> {
    let each = points.len() / origins.len();
    points
        .chunks_exact(each.max(1))
        .zip(origins)
        .flat_map(|(cloud, origin)| cloud.iter().flat_map(move |p| (0..3).map(move |axis| p[axis] - origin[axis])))
        .collect()
}

/// Indices local to each cloud as rows of all clouds together, where each cloud has `each` points.
fn rows(indices: &[u32], clouds: usize, each: usize) -> Vec<i32> {
    let per_cloud = indices.len() / clouds;
    indices.iter().enumerate().map(|(i, &index)| (i / per_cloud.max(1) * each) as i32 + index as i32).collect()
}

/// The geometry of a batch on a device, as networks take it.
#[derive(Debug, Clone)]
pub struct PointPyramid {
    pub(crate) clouds: usize,
    /// Coordinates of every level, from the input's, `[clouds · points, 3]`.
    pub(crate) coord: Vec<Tensor<2>>,
    /// Members of every group, `[clouds · points · neighbors]` in rows of the level below, and how many a group has.
    pub(crate) groups: Vec<(Tensor<1, Int>, usize)>,
    /// For every point of the level below its three nearest points, `[clouds · points · 3]`, and their weights, `[clouds · points, 3]`.
    pub(crate) interpolations: Vec<(Tensor<1, Int>, Tensor<2>)>,
}

impl PointPyramid {
    /// Number of point sets in the batch.
    pub fn clouds(&self) -> usize {
        self.clouds
    }

    /// Number of levels above the input.
    pub fn levels(&self) -> usize {
        self.groups.len()
    }

    /// Coordinates of a level relative to the middle of each cloud, `[clouds · points, 3]` in metres; level 0 is the input.
    pub fn coord(&self, level: usize) -> Tensor<2> {
        self.coord[level].clone()
    }
}
