//! Clouds as grids of voxels.

use crate::config::VoxelCnnConfig;
use crate::error::VoxelError;
use burn::tensor::{Device, Int, Tensor, TensorData};
use pointmodel::{HostTensor, HostValues, Prepared};
use pointtensor::functional;
use rayon::prelude::*;

/// The voxels of a batch of clouds, with two channels:
///
/// 1. *occupied*: whether the cell holds a point;
/// 2. *known*: whether the cell is occupied, or a cell below it in its vertical line is.
///
/// The authors know from camera poses whether a camera saw that a cell is free. Without poses this is an approximation.
/// Scanned surfaces are mostly seen from above, so the air over a surface, up to the next one, was seen as well. What is
/// below the lowest surface, inside furniture or behind walls has no surface under it, and stays unknown.
///
/// The middle of the grid's horizontal cells is the origin. Cell 0 along z begins
/// [`cells_below_floor`](VoxelCnnConfig::cells_below_floor) cells below it. Points outside the grid occupy no cell; those
/// below or above it get the scores of the lowest or highest cell. With the published sizes the grid is 2.976 m high and
/// reaches from 9.6 cm below the floor to 2.88 m above it.
#[derive(Debug, Clone, PartialEq)]
pub struct VoxelGrids {
    clouds: usize,
    /// Cells along z.
    height: usize,
    /// A cell has bit 0 if it is occupied and bit 1 if it is known, `[clouds · z · y · x]`.
    cells: Vec<u8>,
    /// Row of each point's height among the heights of all clouds, `[clouds · points]`.
    levels: Vec<i32>,
}

/// [`VoxelGrids`] on a device.
#[derive(Debug, Clone)]
pub struct GridsOnDevice {
    /// Number of clouds.
    pub clouds: usize,
    /// Occupied and known as 0 or 1, `[clouds · z · y · x, 2]`.
    pub cells: Tensor<2>,
    /// Height of every point as a row of `[clouds · z]`, `[clouds · points]`.
    pub levels: Tensor<1, Int>,
}

impl VoxelGrids {
    /// Channels of a cell.
    pub const CHANNELS: usize = 2;

    /// Puts the points of `clouds` clouds of equal size into voxels. O(points + cells).
    ///
    /// # Errors
    /// If there are no points, the clouds are not of equal size, or a coordinate is not finite.
    pub fn new(coord: &[[f32; 3]], clouds: usize, config: &VoxelCnnConfig) -> Result<Self, VoxelError> {
        if clouds == 0 || coord.is_empty() || !coord.len().is_multiple_of(clouds) {
            return Err(VoxelError::UnequalClouds { points: coord.len(), clouds });
        }
        if let Some(index) = coord.iter().position(|p| !p.iter().all(|v| v.is_finite())) {
            return Err(VoxelError::NotFinite { index });
        }
        let [x, y, z] = config.grid;
        let points = coord.len() / clouds;
        let (mut cells, mut levels) = (vec![0u8; clouds * x * y * z], vec![0i32; coord.len()]);
        let of_cloud = cells.par_chunks_mut(x * y * z).zip(levels.par_chunks_mut(points));
        of_cloud.zip(coord.par_chunks(points)).enumerate().for_each(|(cloud, ((cells, levels), coord))| {
            for (p, level) in coord.iter().zip(levels) {
                let place = cell_of(p, config);
                let inside = (0..3).all(|a| place[a] >= 0.0 && place[a] < config.grid[a] as f32);
                if inside {
                    let [px, py, pz] = place.map(|v| v as usize);
                    cells[(pz * y + py) * x + px] = 1;
                }
                *level = (cloud * z + level_of(place[2], z)) as i32;
            }
            mark_known(cells, x * y);
        });
        Ok(VoxelGrids { clouds, height: z, cells, levels })
    }

    /// Whether each cell is occupied, and whether it is known, `[clouds · z · y · x]`.
    pub fn cells(&self) -> impl ExactSizeIterator<Item = [bool; 2]> + '_ {
        self.cells.iter().map(|cell| [cell & 1 > 0, cell & 2 > 0])
    }

    /// Height of every point in cells, from the lowest cell of the grid, `[clouds · points]`.
    pub fn levels(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.levels.iter().map(|level| *level as usize % self.height)
    }

    fn values(&self) -> Vec<f32> {
        values(&self.cells)
    }
}

/// The two channels of cells, `[cells, 2]`.
pub(crate) fn values(cells: &[u8]) -> Vec<f32> {
    cells.iter().flat_map(|cell| [cell & 1, cell >> 1].map(f32::from)).collect()
}

/// The cell of a point, which may be outside the grid, as whole numbers.
fn cell_of(p: &[f32; 3], config: &VoxelCnnConfig) -> [f32; 3] {
    let [x, y, _] = config.grid;
    let origin = [x as f32 / 2.0, y as f32 / 2.0, config.cells_below_floor as f32];
    std::array::from_fn(|a| (p[a] / config.cell + origin[a]).floor())
}

/// The height that a point gets the scores of, from its place along z.
pub(crate) fn level_of(place: f32, height: usize) -> usize {
    (place.max(0.0) as usize).min(height - 1)
}

/// Marks what is known in the cells of a cloud, whose layers have `layer` cells.
pub(crate) fn mark_known(cells: &mut [u8], layer: usize) {
    let mut below = vec![0u8; layer];
    for cells in cells.chunks_exact_mut(layer) {
        for (cell, below) in cells.iter_mut().zip(&mut below) {
            *below |= *cell;
            *cell |= *below << 1;
        }
    }
}

impl Prepared for VoxelGrids {
    type OnDevice = GridsOnDevice;

    fn into_device(self, device: &Device) -> GridsOnDevice {
        let points = self.levels.len();
        GridsOnDevice {
            clouds: self.clouds,
            cells: functional::matrix(self.values(), Self::CHANNELS, device),
            levels: Tensor::from_data(TensorData::new(self.levels, [points]), device),
        }
    }

    fn tensors(&self) -> Vec<HostTensor> {
        let cells = vec![self.cells.len(), Self::CHANNELS];
        vec![
            HostTensor { name: "cells".into(), shape: cells, values: HostValues::Floats(self.values()) },
            HostTensor {
                name: "levels".into(),
                shape: vec![self.levels.len()],
                values: HostValues::Ints(self.levels.clone()),
            },
        ]
    }
}
