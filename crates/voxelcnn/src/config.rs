//! The keys of the network.

use crate::error::{VoxelError, check};
use crate::grid::VoxelGrids;
use crate::network::VoxelCnn;
use crate::stage::Stage;
use crate::windows::cells_after;
use burn::module::Initializer;
use burn::nn::LinearConfig;
use burn::tensor::Device;
use pointmodel::{BoxError, NetworkConfig, NetworkShape, SceneScorer, SearchOn};
use pointtensor::layer::PointDropout;
use serde::{Deserialize, Serialize};

/// Most cells of a grid: 16 million of them are 128 MB for each cloud.
const MOST_CELLS: usize = 1 << 24;
/// Most channels of a layer. It keeps products of sizes within their type.
const MOST_CHANNELS: usize = 1 << 16;

/// Configuration of [`VoxelCnn`]. The defaults are the sizes of the authors' code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VoxelCnnConfig {
    /// Side of a cell in metres.
    pub cell: f32,
    /// Cells along x, y and z. There is a middle column, so x and y are odd.
    pub grid: [usize; 3],
    /// How many of the cells along z are below the origin of a cloud, which is on the floor: the estimate of the floor
    /// and the floor itself are not exact.
    pub cells_below_floor: usize,
    /// Channels of each stage.
    pub channels: Vec<usize>,
    /// Channels of the layer between the stages and the classifier.
    pub hidden: usize,
    /// Probability that a channel of a stage's result is dropped in training, in all cells of a cloud at once.
    pub channel_dropout: f64,
    /// Probability that a value of the hidden layer is dropped in training.
    pub dropout: f64,
}

impl Default for VoxelCnnConfig {
    fn default() -> Self {
        VoxelCnnConfig {
            cell: 0.048,
            grid: [31, 31, 62],
            cells_below_floor: 2,
            channels: vec![32, 64, 128],
            hidden: 1024,
            channel_dropout: 0.2,
            dropout: 0.5,
        }
    }
}

impl VoxelCnnConfig {
    /// Checks that a network can be built.
    ///
    /// # Errors
    /// See [`VoxelError`].
    pub fn check(&self, shape: &NetworkShape) -> Result<(), VoxelError> {
        check(self.cell > 0.0 && self.cell.is_finite(), "cell", self.cell, "a positive number of metres")?;
        let [x, y, z] = self.grid;
        check(x % 2 == 1 && y % 2 == 1, "grid", self.grid, "odd along x and y, so that there is a middle column")?;
        let cells = x.checked_mul(y).and_then(|cells| cells.checked_mul(z));
        let fits = cells.is_some_and(|cells| cells <= MOST_CELLS);
        check(fits, "grid", self.grid, "of at most 16777216 cells")?;
        check(self.cells_below_floor < z, "cells_below_floor", self.cells_below_floor, "fewer than the cells along z")?;
        let width = |c: &usize| (1..=MOST_CHANNELS).contains(c);
        let some = !self.channels.is_empty() && self.channels.iter().all(width);
        check(some, "channels", &self.channels, "one number for each stage, at least 1 and at most 65536")?;
        check(width(&self.hidden), "hidden", self.hidden, "at least 1 and at most 65536")?;
        let share = |p: f64| (0.0..1.0).contains(&p);
        check(share(self.channel_dropout), "channel_dropout", self.channel_dropout, "at least 0 and below 1")?;
        check(share(self.dropout), "dropout", self.dropout, "at least 0 and below 1")?;
        check(width(&shape.outputs), "the number of outputs", shape.outputs, "at least 1 and at most 65536")?;
        if shape.in_channels > 0 {
            return Err(VoxelError::Features { channels: shape.in_channels });
        }
        let mut left = self.grid;
        for stage in 1..=self.channels.len() {
            let (grid, stages) = (self.grid, self.channels.len());
            left = cells_after(left).ok_or(VoxelError::GridTooSmall { grid, stage, stages, left })?;
        }
        Ok(())
    }
}

impl NetworkConfig for VoxelCnnConfig {
    type Network = VoxelCnn;

    fn validate(&self, shape: &NetworkShape) -> Result<(), BoxError> {
        Ok(self.check(shape)?)
    }

    /// One column of cells, with as many around it as the grid has.
    fn crop(&self) -> Option<[f32; 2]> {
        let [x, y, _] = self.grid;
        Some([self.cell, self.cell * (x.max(y) as f32 - 1.0) / 2.0])
    }

    fn scene_scorer(&self) -> Option<SceneScorer<Self>> {
        Some(|config, network, coord, device, progress| network.scene(config, coord, device, progress))
    }

    fn init(&self, shape: &NetworkShape, device: &Device) -> VoxelCnn {
        self.check(shape).unwrap_or_else(|error| panic!("{error}"));
        let (mut grid, mut inputs) = (self.grid, VoxelGrids::CHANNELS);
        let stage = |&outputs| {
            let stage = Stage::new(grid, inputs, outputs, self.channel_dropout, device);
            (grid, inputs) = (stage.cells_out(), outputs);
            stage
        };
        let stages: Vec<Stage> = self.channels.iter().map(stage).collect();
        let linear = |inputs, outputs| {
            let mut linear = LinearConfig::new(inputs, outputs).init(device);
            linear.bias = Some(Initializer::Zeros.init([outputs], device));
            linear
        };
        VoxelCnn {
            stages,
            hidden: linear(inputs * grid.iter().product::<usize>(), self.hidden),
            dropout: PointDropout::new(self.dropout),
            classifier: linear(self.hidden, shape.outputs * self.grid[2]),
            height: self.grid[2],
        }
    }

    /// Voxels are found on the host, wherever neighbours are searched for.
    fn prepare(&self, coord: &[[f32; 3]], clouds: usize, _: SearchOn) -> Result<VoxelGrids, BoxError> {
        Ok(VoxelGrids::new(coord, clouds, self)?)
    }
}
