//! The levels of a point network on a device: which points each keeps, which they group, and where features flow back
//! from.

use burn::tensor::{Device, FloatDType, Int, Tensor};

/// The geometry of a batch on a device, as networks take it. Level 0 is the input.
///
/// Clouds are of equal size and stored one after another; indices are rows of all clouds together.
#[derive(Debug, Clone)]
pub struct PointPyramid {
    clouds: usize,
    compute: FloatDType,
    coord: Vec<Tensor<2>>,
    groups: Vec<Vec<Groups>>,
    interpolations: Vec<Interpolation>,
}

/// The groups of one level around its points.
#[derive(Debug, Clone)]
pub struct Groups {
    /// Members of every group, `[clouds · points · members]` in rows of the level below.
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
        PointPyramid {
            clouds,
            compute: FloatDType::F32,
            coord: vec![coord],
            groups: Vec::new(),
            interpolations: Vec::new(),
        }
    }

    /// Adds a level above the others.
    pub(crate) fn push(&mut self, coord: Tensor<2>, groups: Vec<Groups>, interpolation: Interpolation) {
        self.coord.push(coord);
        self.groups.push(groups);
        self.interpolations.push(interpolation);
    }

    /// The same for networks on a device that may record gradients; nothing is copied.
    pub(crate) fn on(mut self, device: &Device, compute: FloatDType) -> Self {
        self.compute = compute;
        if device.is_autodiff() {
            self.coord = self.coord.into_iter().map(Tensor::from_inner).collect();
            for interpolation in &mut self.interpolations {
                interpolation.weights = Tensor::from_inner(interpolation.weights.clone());
            }
        }
        self
    }

    /// Number of point sets in the batch.
    pub fn clouds(&self) -> usize {
        self.clouds
    }

    /// Type that shared perceptrons compute in after their first layer: the type of activations and their gradients
    /// (mixed precision, for GPUs). Coordinates, weights, statistics, blocks and logits stay `f32`.
    pub fn compute(&self) -> FloatDType {
        self.compute
    }

    /// Number of levels above the input.
    pub fn levels(&self) -> usize {
        self.groups.len()
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
        &self.groups[level - 1]
    }

    /// How features flow from a level (from 1) to the one below.
    pub fn interpolation(&self, level: usize) -> &Interpolation {
        &self.interpolations[level - 1]
    }
}
