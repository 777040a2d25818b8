//! The levels of a point network on a device: which points each keeps, which they group, and where features flow back
//! from.

use burn::tensor::{Device, Int, Tensor};

/// The geometry of a batch on a device, as networks take it. Level 0 is the input.
///
/// Clouds are of equal size and stored one after another; indices are rows of all clouds together.
#[derive(Debug, Clone)]
pub struct PointPyramid {
    clouds: usize,
    coord: Vec<Tensor<2>>,
    /// The levels above the input.
    levels: Vec<Level>,
}

/// What a level above the input has besides its coordinates.
#[derive(Debug, Clone)]
pub(crate) struct Level {
    /// Rows of the level below that are its points, unless it has a point of its own.
    pub kept: Option<Tensor<1, Int>>,
    pub groups: Vec<Groups>,
    pub own: Option<Groups>,
    pub interpolation: Interpolation,
}

/// Groups around the points of one level.
#[derive(Debug, Clone)]
pub struct Groups {
    /// Members of every group, `[clouds · points · members]` in rows of the level that they are taken from.
    pub indices: Tensor<1, Int>,
    /// Members of a group.
    pub members: usize,
}

/// How the features of a level flow back to the level below.
#[derive(Debug, Clone)]
pub struct Interpolation {
    /// The three nearest points of every point of the level below, `[clouds · points below · 3]`.
    pub indices: Tensor<1, Int>,
    /// Their weights, `[clouds · points below, 3]`.
    pub weights: Tensor<2>,
}

fn to_host(indices: &Tensor<1, Int>) -> Vec<i32> {
    indices.clone().into_data().convert::<i32>().try_to_vec().expect("indices are 32-bit integers")
}

impl Groups {
    /// Reads the indices back.
    pub fn to_host(&self) -> Vec<i32> {
        to_host(&self.indices)
    }
}

impl Interpolation {
    /// Reads the indices back.
    pub fn to_host(&self) -> Vec<i32> {
        to_host(&self.indices)
    }
}

impl PointPyramid {
    /// The input alone, `coord [clouds · points, 3]`.
    pub(crate) fn of_input(clouds: usize, coord: Tensor<2>) -> Self {
        PointPyramid { clouds, coord: vec![coord], levels: Vec::new() }
    }

    /// Adds a level above the others.
    pub(crate) fn push(&mut self, coord: Tensor<2>, level: Level) {
        self.coord.push(coord);
        self.levels.push(level);
    }

    /// The same for networks on a device that may record gradients; nothing is copied.
    pub(crate) fn on(mut self, device: &Device) -> Self {
        if device.is_autodiff() {
            self.coord = self.coord.into_iter().map(Tensor::from_inner).collect();
            for Level { interpolation, .. } in &mut self.levels {
                interpolation.weights = Tensor::from_inner(interpolation.weights.clone());
            }
        }
        self
    }

    /// Number of point sets in the batch.
    pub fn clouds(&self) -> usize {
        self.clouds
    }

    /// Number of levels above the input.
    pub fn levels(&self) -> usize {
        self.levels.len()
    }

    /// Points of every cloud on a level.
    pub fn points(&self, level: usize) -> usize {
        self.coord[level].dims()[0] / self.clouds
    }

    /// Coordinates of a level relative to the middle of each cloud, `[clouds · points, 3]` in metres.
    pub fn coord(&self, level: usize) -> Tensor<2> {
        self.coord[level].clone()
    }

    /// The groups around the points of a level (from 1), one for each of its groupings.
    pub fn groups(&self, level: usize) -> &[Groups] {
        &self.levels[level - 1].groups
    }

    /// The groups of the points of a level (from 1) among themselves, if its [`crate::LevelSpec`] asks for them.
    pub fn own_groups(&self, level: usize) -> Option<&Groups> {
        self.levels[level - 1].own.as_ref()
    }

    /// The rows of the level below that are the points of a level (from 1), `[clouds · points]`; `None` if the level
    /// has a point of its own ([`crate::LevelSpec::All`]).
    pub fn kept(&self, level: usize) -> Option<Tensor<1, Int>> {
        self.levels[level - 1].kept.clone()
    }

    /// How features flow from a level (from 1) to the one below.
    pub fn interpolation(&self, level: usize) -> &Interpolation {
        &self.levels[level - 1].interpolation
    }
}
