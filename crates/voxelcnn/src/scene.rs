//! Scores of a whole scene.

use crate::config::VoxelCnnConfig;
use crate::grid::{VoxelGrids, level_of, mark_known, values};
use crate::network::VoxelCnn;
use crate::stage::{Stage, beside};
use crate::windows::{STRIDE, Windows};
use burn::tensor::{Device, Tensor, TensorData};
use pointmodel::Counts;
use pointtensor::functional;
use std::collections::BTreeMap;

/// Columns along x and y that are scored together. More share more, and need more memory: about 100 MB.
const SIDE: i64 = 64;

/// Columns whose scores are computed at a time.
const MOST_COLUMNS: usize = 2048;

/// Columns whose grids are computed at a time, where they are scattered: a batch of them takes about 100 MB.
const MOST_GRIDS: usize = 32;

/// A point of a scene in cells, counted from the corner: its column, and its place along z, which may be anywhere.
struct Placed {
    column: [i64; 2],
    z: f32,
}

impl VoxelCnn {
    /// Scores of every point of a scene, `[points · outputs]`: each gets those of its height in the column that it is in.
    /// What a column sees around it are all points of the scene.
    ///
    /// Parts of the scene are scored one after another, and `progress` is called after each with how many are done and
    /// how many there are.
    ///
    /// - `coord`: relative to a corner of the columns on the floor, in metres
    pub fn scene(
        &self,
        config: &VoxelCnnConfig,
        coord: &[[f32; 3]],
        device: &Device,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Vec<f32> {
        let placed: Vec<Placed> = coord
            .iter()
            .map(|p| {
                let z = (p[2] / config.cell + config.cells_below_floor as f32).floor();
                Placed { column: [p[0], p[1]].map(|v| (v / config.cell).floor() as i64), z }
            })
            .collect();
        let mut parts: BTreeMap<[i64; 2], Vec<usize>> = BTreeMap::new();
        for (point, placed) in placed.iter().enumerate() {
            parts.entry(placed.column.map(|c| c.div_euclid(SIDE))).or_default().push(point);
        }
        let mut scores = Vec::new();
        for (done, (part, points)) in parts.iter().enumerate() {
            let reach = config.grid[0].max(config.grid[1]) as i64 / 2 / SIDE + 1;
            let near = (-reach..=reach).flat_map(|x| (-reach..=reach).map(move |y| [part[0] + x, part[1] + y]));
            let near = near.filter_map(|part| parts.get(&part)).flatten().map(|&point| &placed[point]);
            let of_points = self.part(config, points.iter().map(|&point| &placed[point]), near, device);
            let outputs = of_points.len() / points.len();
            scores.resize(coord.len() * outputs, 0.0);
            for (point, own) in points.iter().zip(of_points.chunks_exact(outputs)) {
                scores[point * outputs..][..outputs].copy_from_slice(own);
            }
            progress(done + 1, parts.len());
        }
        scores
    }

    /// Scores of some points, `[points · outputs]`; `near` are these and all others that their columns see.
    fn part<'a>(
        &self,
        config: &VoxelCnnConfig,
        points: impl Iterator<Item = &'a Placed> + Clone,
        near: impl Iterator<Item = &'a Placed>,
        device: &Device,
    ) -> Vec<f32> {
        let ends = |axis: usize| {
            let along = points.clone().map(|p| p.column[axis]);
            (along.clone().min().unwrap_or(0), along.max().unwrap_or(0))
        };
        let ((x_first, x_last), (y_first, y_last)) = (ends(0), ends(1));
        // the grid of the first column begins where this one does
        let [gx, gy, height] = config.grid;
        let [x, y] = [(x_last - x_first) as usize + gx, (y_last - y_first) as usize + gy];
        let origin = [x_first - gx as i64 / 2, y_first - gy as i64 / 2];
        let mut cells = vec![0u8; x * y * height];
        for p in near {
            let [px, py] = [p.column[0] - origin[0], p.column[1] - origin[1]];
            let inside = (0..x as i64).contains(&px) && (0..y as i64).contains(&py);
            if inside && p.z >= 0.0 && p.z < height as f32 {
                cells[(p.z as usize * y + py as usize) * x + px as usize] = 1;
            }
        }
        mark_known(&mut cells, x * y);

        let place = |p: &Placed| [(p.column[0] - x_first) as usize, (p.column[1] - y_first) as usize];
        let mut columns: Vec<[usize; 2]> = points.clone().map(place).collect();
        columns.sort_unstable();
        columns.dedup();
        let grid = [x, y, height];
        let scattered = columns.len() as u64 * self.macs(config.grid, Windows::strided) < self.dense_macs(grid);
        let scores = match scattered {
            true => self.one_by_one(config, &cells, grid, &columns, device),
            false => self.together(&cells, grid, &columns, device),
        };
        let outputs = scores.len() / (columns.len() * height);
        let of_point = points.flat_map(|p| {
            let column = columns.binary_search(&place(p)).expect("the column of every point");
            let row = column * height + level_of(p.z, height);
            scores[row * outputs..][..outputs].iter().copied()
        });
        of_point.collect()
    }

    /// Scores of columns by the places of all windows in a grid, `[columns · height · outputs]`.
    fn together(&self, cells: &[u8], mut grid: [usize; 3], columns: &[[usize; 2]], device: &Device) -> Vec<f32> {
        let mut features = functional::matrix(values(cells), VoxelGrids::CHANNELS, device);
        let mut step = 1;
        for stage in &self.stages {
            (features, grid) = stage.forward_dense(features, grid, step);
            step *= STRIDE;
        }
        // what the stages leave of a column, `step` cells apart along x and y
        let left = self.stages.last().expect("there are stages").cells_out();
        let of_columns = columns.chunks(MOST_COLUMNS).flat_map(|some| {
            let cells = some.iter().flat_map(|&[cx, cy]| {
                (0..left.iter().product::<usize>()).map(move |i| {
                    let [ix, iy, iz] = [i % left[0], i / left[0] % left[1], i / (left[0] * left[1])];
                    ((iz * grid[1] + cy + iy * step) * grid[0] + cx + ix * step) as i32
                })
            });
            let cells: Vec<i32> = cells.collect();
            let (count, each) = (cells.len(), cells.len() / some.len());
            let indices = Tensor::from_data(TensorData::new(cells, [count]), device);
            read(self.classify(beside(features.clone(), indices, each, 1)))
        });
        of_columns.collect()
    }

    /// The same from the grid of each column alone.
    fn one_by_one(
        &self,
        config: &VoxelCnnConfig,
        cells: &[u8],
        [x, y, _]: [usize; 3],
        columns: &[[usize; 2]],
        device: &Device,
    ) -> Vec<f32> {
        let [gx, gy, height] = config.grid;
        let of_columns = columns.chunks(MOST_GRIDS).flat_map(|some| {
            let lines = some.iter().flat_map(|&[cx, cy]| {
                (0..height * gy).flat_map(move |i| &cells[((i / gy * y) + cy + i % gy) * x + cx..][..gx])
            });
            let own: Vec<u8> = lines.copied().collect();
            let cells = functional::matrix(values(&own), VoxelGrids::CHANNELS, device);
            let left = self.stages.iter().fold(cells, |cells, stage| stage.forward(cells, some.len()));
            let values = left.dims().iter().product::<usize>() / some.len();
            read(self.classify(left.reshape([some.len(), values])))
        });
        of_columns.collect()
    }

    /// Multiply-accumulates of the stages where every place of a grid has a window.
    fn dense_macs(&self, grid: [usize; 3]) -> u64 {
        let mut step = 1;
        self.macs(grid, |grid| {
            step *= STRIDE;
            Windows::dense(grid, step / STRIDE)
        })
    }

    /// Multiply-accumulates of the stages on a grid.
    fn macs(&self, mut grid: [usize; 3], mut windows: impl FnMut([usize; 3]) -> Windows) -> u64 {
        let of_stage = |stage: &Stage| {
            grid = windows(grid).count();
            Counts::of_mlp(&stage.mlp, grid.iter().product()).macs
        };
        self.stages.iter().map(of_stage).sum()
    }
}

fn read(scores: Tensor<2>) -> Vec<f32> {
    scores.into_data().try_to_vec().expect("scores are 32-bit floats")
}
