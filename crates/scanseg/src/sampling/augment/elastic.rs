//! Smooth noise that bends crops.

use super::{Augment, happens, normal};
use crate::config::check::{Checked, require, share};
use crate::random::Generator;
use crate::sampling::{Crop, InputPoints};
use serde::{Deserialize, Serialize};

/// Nodes of a lattice along an axis, at most; beyond that its noise repeats. Crops of 1.5 m need a few dozen.
const MOST_NODES: usize = 64;

/// Bends a crop by smooth noise, as MinkowskiEngine's example for ScanNet and Pointcept do: noise is drawn at the nodes
/// of a lattice, smoothed twice over three nodes along each axis, and interpolated at the points. Normals stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ElasticDistortion {
    /// Distance of the nodes and factor of the noise, both in metres, one pair after another. The noise has a standard
    /// deviation of 1 before it is smoothed and of 0.11 after that. Default `[[0.2, 0.4], [0.8, 1.6]]`.
    pub steps: Vec<[f32; 2]>,
    /// How often a crop is changed. Default 0.95.
    pub probability: f64,
}

impl Default for ElasticDistortion {
    fn default() -> Self {
        ElasticDistortion { steps: vec![[0.2, 0.4], [0.8, 1.6]], probability: 0.95 }
    }
}

impl Augment for ElasticDistortion {
    fn check(&self) -> Checked {
        let fits = |[granularity, magnitude]: &[f32; 2]| {
            (0.01..=100.0).contains(granularity) && (0.0..=100.0).contains(magnitude)
        };
        require(
            self.steps.len() <= 8 && self.steps.iter().all(fits),
            "augment.elastic-distortion.steps",
            format!("{:?}", self.steps),
            "must be at most 8 pairs of a distance of 0.01 to 100 m and a factor of 0 to 100 m",
        )?;
        share(self.probability, "augment.elastic-distortion.probability")
    }

    fn change_crop(&self, crop: &mut Crop, rng: &mut Generator) {
        if !happens(self.probability, rng) {
            return;
        }
        for &[granularity, magnitude] in &self.steps {
            let lattice = Lattice::over(&crop.input.coord, granularity);
            let mut noise: Vec<[f32; 3]> = (0..lattice.nodes()).map(|_| [0; 3].map(|_| normal(rng))).collect();
            lattice.smooth(&mut noise);
            lattice.distort(&mut crop.input, &noise, magnitude);
        }
    }
}

/// Nodes at equal distances, from one before the lowest point to one after the highest.
pub(super) struct Lattice {
    /// Second node along each axis.
    low: [f32; 3],
    granularity: f32,
    /// Nodes along each axis.
    pub size: [usize; 3],
}

impl Lattice {
    pub fn over(coord: &[[f32; 3]], granularity: f32) -> Self {
        let end = |axis: usize, pick: fn(f32, f32) -> f32| coord.iter().map(|p| p[axis]).reduce(pick).unwrap_or(0.0);
        let low = [0, 1, 2].map(|axis| end(axis, f32::min));
        let nodes = |axis: usize| ((end(axis, f32::max) - low[axis]) / granularity).floor() as usize;
        Lattice { low, granularity, size: [0, 1, 2].map(|axis| nodes(axis).saturating_add(3).min(MOST_NODES)) }
    }

    pub fn nodes(&self) -> usize {
        self.size.iter().product()
    }

    /// Place of a node in an array of all nodes, z fastest.
    fn place(&self, node: [usize; 3]) -> usize {
        let [x, y, z] = [0, 1, 2].map(|axis| node[axis] % self.size[axis]);
        (x * self.size[1] + y) * self.size[2] + z
    }

    /// Replaces every value by the mean of itself and its two neighbours, 0 beyond the ends, along each axis and twice.
    pub fn smooth(&self, noise: &mut Vec<[f32; 3]>) {
        let strides = [self.size[1] * self.size[2], self.size[2], 1];
        for axis in [0, 1, 2, 0, 1, 2] {
            let (stride, size) = (strides[axis], self.size[axis]);
            let mean = |place: usize| -> [f32; 3] {
                let along = place / stride % size;
                let before = if along > 0 { noise[place - stride] } else { [0.0; 3] };
                let after = if along + 1 < size { noise[place + stride] } else { [0.0; 3] };
                std::array::from_fn(|c| (before[c] + noise[place][c] + after[c]) / 3.0)
            };
            *noise = (0..noise.len()).map(mean).collect();
        }
    }

    /// Moves every point by `magnitude` times the noise at its place, interpolated between the eight nodes around it.
    pub fn distort(&self, input: &mut InputPoints, noise: &[[f32; 3]], magnitude: f32) {
        input.map_coord(|p| {
            let at: [f32; 3] = std::array::from_fn(|a| (p[a] - self.low[a]) / self.granularity + 1.0);
            let from = at.map(|v| v as usize);
            let mut by = [0.0; 3];
            for corner in 0..8 {
                let upper = [corner >> 2 & 1, corner >> 1 & 1, corner & 1];
                let share = |a: usize| {
                    let part = at[a] - from[a] as f32;
                    if upper[a] == 1 { part } else { 1.0 - part }
                };
                let weight = share(0) * share(1) * share(2);
                let value = noise[self.place(std::array::from_fn(|a| from[a] + upper[a]))];
                (0..3).for_each(|a| by[a] += weight * value[a]);
            }
            std::array::from_fn(|a| p[a] + magnitude * by[a])
        });
    }
}
