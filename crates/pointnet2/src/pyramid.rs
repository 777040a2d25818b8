//! The input of a point network and the levels above it, prepared in a thread alongside the training step.

use crate::error::NetworkError;
use crate::point_pyramid::{Groups, Interpolation, Level, PointPyramid};
use crate::spec::{Grouping, LevelSpec, PyramidSpec};
use burn::tensor::{Device, Tensor};
use pointmodel::{HostTensor, HostValues, Prepared, SearchOn};
use pointtensor::{functional, geometry};

/// A batch of clouds and the levels that a network needs: already found on the host, or to be found on the device that
/// the batch is moved to.
#[derive(Debug, Clone)]
pub struct Pyramid(Levels);

#[derive(Debug, Clone)]
enum Levels {
    Found(PointPyramid),
    ToFind(Input),
}

/// Clouds of equal size.
#[derive(Debug, Clone)]
struct Input {
    /// Coordinates as they were given, `[clouds · points]`.
    coord: Vec<[f32; 3]>,
    /// Middle of every cloud.
    origins: Vec<[f32; 3]>,
    spec: PyramidSpec,
}

impl Pyramid {
    /// Checks `clouds` point sets of equal size, stored one after another in metres, and finds their levels with
    /// [`SearchOn::Host`].
    ///
    /// The levels are the same wherever they are found. Cost: the sampling and the neighbour queries of
    /// [`pointtensor::geometry`].
    ///
    /// # Errors
    /// If the clouds are not of equal size, a coordinate is not finite, or a level keeps or groups more points than the
    /// one below has.
    pub fn prepare(
        coord: &[[f32; 3]],
        clouds: usize,
        spec: PyramidSpec,
        search: SearchOn,
    ) -> Result<Self, NetworkError> {
        if clouds == 0 || coord.is_empty() || !coord.len().is_multiple_of(clouds) {
            return Err(NetworkError::UnequalClouds { points: coord.len(), clouds });
        }
        if let Some(index) = coord.iter().position(|point| !point.iter().all(|v| v.is_finite())) {
            return Err(NetworkError::NotFinite { index });
        }
        let points = coord.len() / clouds;
        spec.check(points)?;
        let origins: Vec<[f32; 3]> = coord.chunks_exact(points).map(middle).collect();
        let input = Input { coord: coord.to_vec(), origins, spec };
        Ok(Pyramid(match search {
            SearchOn::Host => Levels::Found(input.find(&Device::flex())),
            SearchOn::Device => Levels::ToFind(input),
        }))
    }
}

impl Input {
    /// Finds the levels on a device.
    fn find(self, device: &Device) -> PointPyramid {
        let clouds = self.origins.len();
        let matrix = |points: Vec<[f32; 3]>| functional::matrix(points.into_flattened(), 3, device).inner();
        let origins = matrix(self.origins);
        // Neighbours are searched among the coordinates as they were given. Networks see them relative to their cloud's
        // origin: only differences matter to them, and those of small numbers keep more digits.
        let mut below = matrix(self.coord);
        let rows = below.dims()[0];
        let relative = below.clone().reshape([clouds, rows / clouds, 3]) - origins.clone().reshape([clouds, 1, 3]);
        // a list in between: burn pads the rows of a matrix on a GPU, and every operation would copy it
        let relative = relative.reshape([rows * 3]).reshape([rows, 3]);
        let mut pyramid = PointPyramid::of_input(clouds, relative);
        for level in &self.spec.levels {
            let (centers, relative, kept) = match level {
                LevelSpec::Sampled { points, .. } => {
                    let kept = geometry::farthest_point_sample(below.clone(), clouds, *points);
                    let both = [below.clone(), pyramid.coord(pyramid.levels())];
                    let [centers, relative] = geometry::take(both, kept.clone());
                    (centers, relative, Some(kept))
                }
                LevelSpec::All => (origins.clone(), origins.zeros_like(), None),
            };
            let (indices, weights) =
                geometry::three_nn(centers.clone(), below.clone(), clouds, self.spec.interpolation);
            let groups = groups(&below, &centers, clouds, level);
            let own = match level {
                LevelSpec::Sampled { own: Some(own), .. } => Some(group(&centers, &centers, clouds, own)),
                _ => None,
            };
            pyramid.push(relative, Level { kept, groups, own, interpolation: Interpolation { indices, weights } });
            below = centers;
        }
        pyramid
    }
}

impl Prepared for Pyramid {
    type OnDevice = PointPyramid;

    fn into_device(self, device: &Device) -> PointPyramid {
        match self.0 {
            Levels::Found(found) => found.on(device),
            Levels::ToFind(input) => input.find(device).on(device),
        }
    }

    /// `level<i>.coord` from the input on, and for every level above it `.groups<j>`, `.own_groups` if it has them,
    /// `.interpolation` and `.interpolation_weights`; indices are rows of all clouds together.
    fn tensors(&self) -> Vec<HostTensor> {
        let Levels::Found(found) = &self.0 else { return Vec::new() };
        let mut tensors = Vec::new();
        let mut push = |name, shape, values| tensors.push(HostTensor { name, shape, values });
        let floats = |tensor: Tensor<2>| {
            HostValues::Floats(tensor.into_data().try_to_vec().expect("coordinates and weights are 32-bit floats"))
        };
        for level in 0..=found.levels() {
            let coord = found.coord(level);
            push(format!("level{level}.coord"), coord.dims().to_vec(), floats(coord));
        }
        for level in 1..=found.levels() {
            let groups = found.groups(level).iter().enumerate();
            let groups = groups.map(|(number, groups)| (format!("level{level}.groups{number}"), groups));
            let own = found.own_groups(level).map(|groups| (format!("level{level}.own_groups"), groups));
            for (name, groups) in groups.chain(own) {
                let indices = groups.to_host();
                push(name, vec![indices.len() / groups.members, groups.members], HostValues::Ints(indices));
            }
            let interpolation = found.interpolation(level);
            let shape = interpolation.weights.dims().to_vec();
            let indices = HostValues::Ints(interpolation.to_host());
            push(format!("level{level}.interpolation"), shape.clone(), indices);
            push(format!("level{level}.interpolation_weights"), shape, floats(interpolation.weights.clone()));
        }
        tensors
    }
}

fn groups(below: &Tensor<2>, centers: &Tensor<2>, clouds: usize, level: &LevelSpec) -> Vec<Groups> {
    match level {
        LevelSpec::Sampled { groupings, .. } => {
            groupings.iter().map(|grouping| group(below, centers, clouds, grouping)).collect()
        }
        LevelSpec::All => {
            let rows = below.dims()[0];
            let indices = Tensor::arange(0..rows as i64, &below.device());
            vec![Groups { indices, members: rows / clouds }]
        }
    }
}

/// The groups of points around centers.
fn group(points: &Tensor<2>, centers: &Tensor<2>, clouds: usize, grouping: &Grouping) -> Groups {
    let (points, centers) = (points.clone(), centers.clone());
    let indices = match *grouping {
        Grouping::Ball { radius, neighbors } => geometry::ball_query(points, centers, clouds, radius, neighbors),
        Grouping::Nearest { neighbors } => geometry::knn(points, centers, clouds, neighbors),
    };
    Groups { indices, members: grouping.neighbors() }
}

/// Middle of the bounding box.
fn middle(cloud: &[[f32; 3]]) -> [f32; 3] {
    let (low, high) = pointops::bounds(cloud);
    std::array::from_fn(|axis| low[axis] / 2.0 + high[axis] / 2.0)
}
