//! The levels of a point network: which points each keeps, which they group, and where features flow back from.

use crate::spec::{Grouping, LevelSpec, PyramidError, PyramidSpec};
use burn::tensor::{Device, Int, Tensor, TensorData};
use pointops::PointError;

/// One level on the host. Indices refer to the rows of all clouds together.
#[derive(Debug, Clone)]
struct Level {
    coord: Vec<f32>,
    groups: Vec<(Vec<i32>, usize)>,
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
        if let Some(index) = coord.iter().position(|point| !point.iter().all(|v| v.is_finite())) {
            return Err(PyramidError::Input { source: PointError::NotFinite { what: "coord", index } });
        }
        let origins: Vec<[f32; 3]> = coord.chunks_exact(coord.len() / clouds).map(middle).collect();
        let mut below = coord.to_vec();
        let mut levels = Vec::with_capacity(spec.levels.len());
        for (index, level) in spec.levels.iter().enumerate() {
            let at_level = |source| PyramidError::Level { level: index + 1, source };
            let centers = centers(&below, &origins, level).map_err(at_level)?;
            let groups = groups(&below, &centers, clouds, level).map_err(at_level)?;
            let nearest = pointops::three_nn_batch(&centers, &below, clouds).map_err(at_level)?;
            levels.push(Level {
                coord: relative(&centers, &origins),
                groups,
                interpolation: rows(&nearest.indices, clouds, level.points()),
                weights: nearest.weights,
            });
            below = centers;
        }
        Ok(Pyramid { clouds, coord: relative(coord, &origins), levels })
    }

    /// Coordinates of every level from the input's, `[clouds · points · 3]` in metres, relative to the middle of each cloud.
    pub fn coord(&self) -> impl Iterator<Item = &[f32]> {
        std::iter::once(&self.coord[..]).chain(self.levels.iter().map(|level| &level.coord[..]))
    }

    /// Who is whose neighbour on every level above the input.
    pub fn neighbors(&self) -> impl Iterator<Item = LevelIndices<'_>> {
        self.levels.iter().map(|level| LevelIndices {
            groups: &level.groups,
            interpolation: &level.interpolation,
            weights: &level.weights,
        })
    }

    /// Puts the geometry onto a device.
    pub fn to_device(&self, device: &Device) -> PointPyramid {
        let floats = |values: &[f32], columns: usize| {
            Tensor::from_data(TensorData::new(values.to_vec(), [values.len() / columns, columns]), device)
        };
        let ints = |values: &[i32]| Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device);
        PointPyramid {
            clouds: self.clouds,
            coord: std::iter::once(&self.coord)
                .chain(self.levels.iter().map(|l| &l.coord))
                .map(|c| floats(c, 3))
                .collect(),
            groups: self
                .levels
                .iter()
                .map(|l| l.groups.iter().map(|(indices, neighbors)| (ints(indices), *neighbors)).collect())
                .collect(),
            interpolations: self.levels.iter().map(|l| (ints(&l.interpolation), floats(&l.weights, 3))).collect(),
        }
    }
}

/// Indices of one level, in rows of all clouds together.
#[derive(Debug, Clone, Copy)]
pub struct LevelIndices<'a> {
    /// For each grouping the members of every group, `[clouds · points · neighbors]` in rows of the level below, and how many a group has.
    pub groups: &'a [(Vec<i32>, usize)],
    /// Three nearest points of the level for every point below, `[clouds · points below · 3]`.
    pub interpolation: &'a [i32],
    /// Their weights, `[clouds · points below · 3]`.
    pub weights: &'a [f32],
}

/// The points of a level.
fn centers(below: &[[f32; 3]], origins: &[[f32; 3]], level: &LevelSpec) -> Result<Vec<[f32; 3]>, PointError> {
    let LevelSpec::Sampled { points, .. } = level else { return Ok(origins.to_vec()) };
    let (clouds, each) = (origins.len(), below.len() / origins.len());
    let kept = pointops::farthest_point_sample_batch(below, clouds, *points, 0)?;
    Ok(kept.iter().enumerate().map(|(i, &p)| below[i / points * each + p as usize]).collect())
}

/// Members of every group in rows of the level below, and how many a group has, of each of a level's groupings.
fn groups(
    below: &[[f32; 3]],
    centers: &[[f32; 3]],
    clouds: usize,
    level: &LevelSpec,
) -> Result<Vec<(Vec<i32>, usize)>, PointError> {
    let each = below.len() / clouds;
    let group = |grouping: &Grouping| {
        let indices = match *grouping {
            Grouping::Ball { radius, neighbors } => {
                pointops::ball_query_batch(below, centers, clouds, radius, neighbors)?.indices
            }
            Grouping::Nearest { neighbors } => pointops::knn_batch(below, centers, clouds, neighbors)?.indices,
        };
        Ok((rows(&indices, clouds, each), grouping.neighbors()))
    };
    match level {
        LevelSpec::Sampled { groupings, .. } => groupings.iter().map(group).collect(),
        LevelSpec::All => Ok(vec![((0..below.len() as i32).collect(), each)]),
    }
}

/// Middle of the bounding box.
fn middle(cloud: &[[f32; 3]]) -> [f32; 3] {
    std::array::from_fn(|axis| {
        let (low, high) =
            cloud.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), p| (l.min(p[axis]), h.max(p[axis])));
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
    /// For every level and each of its groupings the members of every group, `[clouds · points · neighbors]` in rows of the level
    /// below, and how many a group has.
    pub(crate) groups: Vec<Vec<(Tensor<1, Int>, usize)>>,
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

    /// Points that every cloud has on a level; level 0 is the input.
    pub fn points(&self, level: usize) -> usize {
        self.coord[level].dims()[0] / self.clouds
    }

    /// Coordinates of a level relative to the middle of each cloud, `[clouds · points, 3]` in metres; level 0 is the input.
    pub fn coord(&self, level: usize) -> Tensor<2> {
        self.coord[level].clone()
    }
}
