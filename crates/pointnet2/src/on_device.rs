//! The levels of a point network found on the device that the network runs on.

use crate::pyramid::{PointPyramid, floats};
use crate::spec::{Grouping, LevelSpec, PyramidError, PyramidSpec};
use burn::tensor::{Device, FloatDType, Int, Tensor};
use pointops::PointError;
use pointtensor::geometry;

/// Clouds that have been checked, and the levels that are wanted of them.
#[derive(Debug, Clone)]
pub(crate) struct Unfound {
    coord: Vec<[f32; 3]>,
    origins: Vec<[f32; 3]>,
    spec: PyramidSpec,
}

impl Unfound {
    /// Checks that the levels can be found in clouds of so many points.
    pub fn new(coord: Vec<[f32; 3]>, origins: Vec<[f32; 3]>, spec: PyramidSpec) -> Result<Self, PyramidError> {
        let mut below = coord.len() / origins.len();
        for (index, level) in spec.levels.iter().enumerate() {
            check(level, below).map_err(|source| PyramidError::Level { level: index + 1, source })?;
            below = level.points();
        }
        Ok(Unfound { coord, origins, spec })
    }

    /// Finds the levels; `relative` are the coordinates relative to their cloud's origin, on the device.
    pub fn find(&self, relative: Tensor<2>, device: &Device) -> PointPyramid {
        let clouds = self.origins.len();
        // geometry has no gradients, and is found of the coordinates as they were given: as on the host
        let mut below = floats(self.coord.as_flattened(), 3, device).inner();
        let mut pyramid = PointPyramid {
            clouds,
            compute: FloatDType::F32,
            coord: vec![relative],
            groups: Vec::new(),
            interpolations: Vec::new(),
        };
        for level in &self.spec.levels {
            let (centers, of_centers) = match level {
                LevelSpec::Sampled { points, .. } => {
                    let kept = geometry::farthest_point_sample(below.clone(), clouds, *points);
                    let relative = pyramid.coord.last().expect("the input").clone().inner();
                    let [below, relative] = geometry::take([below.clone(), relative], kept);
                    (below, relative)
                }
                LevelSpec::All => {
                    let origins = floats(self.origins.as_flattened(), 3, device).inner();
                    (origins.clone(), origins.zeros_like())
                }
            };
            let (interpolation, weights) = geometry::three_nn(centers.clone(), below.clone(), clouds);
            pyramid.groups.push(groups(&below, &centers, clouds, level));
            pyramid.interpolations.push((interpolation, onto(weights, device)));
            pyramid.coord.push(onto(of_centers, device));
            below = centers;
        }
        pyramid
    }
}

/// A constant of a device that may record gradients.
fn onto(tensor: Tensor<2>, device: &Device) -> Tensor<2> {
    if device.is_autodiff() { Tensor::from_inner(tensor) } else { tensor }
}

fn groups(below: &Tensor<2>, centers: &Tensor<2>, clouds: usize, level: &LevelSpec) -> Vec<(Tensor<1, Int>, usize)> {
    match level {
        LevelSpec::Sampled { groupings, .. } => groupings
            .iter()
            .map(|grouping| {
                let (below, centers) = (below.clone(), centers.clone());
                let members = match *grouping {
                    Grouping::Ball { radius, neighbors } => {
                        geometry::ball_query(below, centers, clouds, radius, neighbors)
                    }
                    Grouping::Nearest { neighbors } => geometry::knn(below, centers, clouds, neighbors),
                };
                (members, grouping.neighbors())
            })
            .collect(),
        LevelSpec::All => {
            let rows = below.dims()[0];
            vec![(Tensor::arange(0..rows as i64, &below.device()), rows / clouds)]
        }
    }
}

/// What the search on the host would refuse.
fn check(level: &LevelSpec, below: usize) -> Result<(), PointError> {
    let LevelSpec::Sampled { points, groupings } = level else { return Ok(()) };
    if *points > below {
        return Err(PointError::CountTooLarge { count: *points, points: below });
    }
    if *points == 0 {
        return Err(PointError::Empty { what: "known" });
    }
    for grouping in groupings {
        match *grouping {
            Grouping::Ball { neighbors: 0, .. } | Grouping::Nearest { neighbors: 0 } => {
                return Err(PointError::ZeroNeighbors);
            }
            Grouping::Ball { radius, .. } if !(radius.is_finite() && radius > 0.0) => {
                return Err(PointError::BadRadius { radius });
            }
            Grouping::Nearest { neighbors } if neighbors > below => {
                return Err(PointError::NeighborsExceedPoints { k: neighbors, points: below });
            }
            _ => {}
        }
    }
    Ok(())
}
