//! The levels of a point network: which points each keeps, which they group, and where features flow back from.

use crate::on_device::Unfound;
use crate::spec::{Grouping, LevelSpec, PyramidError, PyramidSpec};
use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData};
use pointops::PointError;
use pointtensor::functional;

/// One level on the host. Indices refer to the rows of all clouds together.
#[derive(Debug, Clone)]
struct Level {
    coord: Vec<f32>,
    groups: Vec<(Vec<i32>, usize)>,
    interpolation: Vec<i32>,
    weights: Vec<f32>,
}

/// The geometry of a batch: found on the host, or still to be found on the device it is put onto.
#[derive(Debug, Clone)]
pub struct Pyramid {
    clouds: usize,
    coord: Vec<f32>,
    geometry: Geometry,
}

#[derive(Debug, Clone)]
enum Geometry {
    Found(Vec<Level>),
    ToFind(Unfound),
}

impl Pyramid {
    /// Finds the levels of `clouds` point sets of equal size that stand one after another in `coord`, in metres.
    ///
    /// Cost: the sampling and neighbour queries of the `pointops` crate, in parallel over the clouds.
    ///
    /// # Errors
    /// If the clouds are not of equal size, or a level wants more points than the one below has, or a coordinate is not finite.
    pub fn build(coord: &[[f32; 3]], clouds: usize, spec: &PyramidSpec) -> Result<Self, PyramidError> {
        let origins = origins(coord, clouds)?;
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
        Ok(Pyramid { clouds, coord: relative(coord, &origins), geometry: Geometry::Found(levels) })
    }

    /// Checks what [`Self::build`] checks and leaves the rest to [`Self::to_device`], which then finds the same levels there: for a GPU,
    /// which does it faster than it is told of the result.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub fn prepare(coord: &[[f32; 3]], clouds: usize, spec: &PyramidSpec) -> Result<Self, PyramidError> {
        let origins = origins(coord, clouds)?;
        let relative = relative(coord, &origins);
        let unfound = Unfound::new(coord.to_vec(), origins, spec.clone())?;
        Ok(Pyramid { clouds, coord: relative, geometry: Geometry::ToFind(unfound) })
    }

    /// The levels that were found on the host: none where a device is to find them.
    fn found(&self) -> &[Level] {
        match &self.geometry {
            Geometry::Found(levels) => levels,
            Geometry::ToFind(_) => &[],
        }
    }

    /// Coordinates of the input and of every level found on the host, `[clouds · points · 3]` in metres, relative to the middle of each cloud.
    pub fn coord(&self) -> impl Iterator<Item = &[f32]> {
        std::iter::once(&self.coord[..]).chain(self.found().iter().map(|level| &level.coord[..]))
    }

    /// Who is whose neighbour on every level found on the host, above the input.
    pub fn neighbors(&self) -> impl Iterator<Item = LevelIndices<'_>> {
        self.found().iter().map(|level| LevelIndices {
            groups: &level.groups,
            interpolation: &level.interpolation,
            weights: &level.weights,
        })
    }

    /// Puts the geometry onto a device.
    pub fn to_device(&self, device: &Device) -> PointPyramid {
        let coord = floats(&self.coord, 3, device);
        let levels = match &self.geometry {
            Geometry::ToFind(unfound) => return unfound.find(coord, device),
            Geometry::Found(levels) => levels,
        };
        PointPyramid {
            clouds: self.clouds,
            compute: FloatDType::F32,
            coord: std::iter::once(coord).chain(levels.iter().map(|l| floats(&l.coord, 3, device))).collect(),
            groups: levels
                .iter()
                .map(|l| l.groups.iter().map(|(indices, neighbors)| (ints(indices, device), *neighbors)).collect())
                .collect(),
            interpolations: levels
                .iter()
                .map(|l| (ints(&l.interpolation, device), floats(&l.weights, 3, device)))
                .collect(),
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

pub(crate) fn floats(values: &[f32], columns: usize, device: &Device) -> Tensor<2> {
    functional::matrix(values.to_vec(), columns, device)
}

pub(crate) fn ints(values: &[i32], device: &Device) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}

/// Middles of the clouds, once the input has been checked.
fn origins(coord: &[[f32; 3]], clouds: usize) -> Result<Vec<[f32; 3]>, PyramidError> {
    if clouds == 0 || coord.is_empty() || !coord.len().is_multiple_of(clouds) {
        return Err(PyramidError::UnequalClouds { points: coord.len(), clouds });
    }
    if let Some(index) = coord.iter().position(|point| !point.iter().all(|v| v.is_finite())) {
        return Err(PyramidError::Input { source: PointError::NotFinite { what: "coord", index } });
    }
    Ok(coord.chunks_exact(coord.len() / clouds).map(middle).collect())
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
    /// Type that the shared perceptrons compute with.
    pub(crate) compute: FloatDType,
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

    /// Makes PointNet++ networks compute with another type behind the first layer of every perceptron (mixed precision): activations
    /// and their gradients are of it; coordinates, weights, statistics, blocks and logits stay `f32`. For GPUs.
    pub fn computing_with(mut self, compute: FloatDType) -> Self {
        self.compute = compute;
        self
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

    /// All indices: for every level the members of the groups of each of its groupings, then the nearest points of the interpolation,
    /// in rows of the level that they refer to. For comparisons of one search with another.
    pub fn indices(&self) -> Vec<Vec<i32>> {
        let read = |tensor: &Tensor<1, Int>| -> Vec<i32> {
            tensor.clone().into_data().convert::<i32>().try_to_vec().expect("indices are whole numbers")
        };
        let groups = self.groups.iter().flatten().map(|(members, _)| read(members));
        groups.chain(self.interpolations.iter().map(|(nearest, _)| read(nearest))).collect()
    }
}
