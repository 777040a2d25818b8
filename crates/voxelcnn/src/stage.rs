//! A stage of the network: a strided convolution and two of a single cell.

use crate::windows::{KERNEL, Windows};
use burn::module::{Initializer, Module};
use burn::tensor::{Device, Int, Tensor, TensorData};
use pointmodel::Counts;
use pointtensor::functional;
use pointtensor::layer::{PointDropout, PointNormConfig, SharedMlp};

/// Convolution of [`KERNEL`] with [`STRIDE`](crate::STRIDE) and without padding, then two of one cell. Batch normalisation and ReLU
/// follow each, and at the end whole channels are dropped. The convolutions have no bias because the normalisation would
/// remove it again.
///
/// The cells of a window are gathered beside each other, so that a convolution is a product of matrices.
#[derive(Module, Debug)]
pub struct Stage {
    /// The three convolutions. The first has weights `[4 · 3 · 3 · in_channels, channels]`; the rows are the cells of a
    /// window, z slowest and x fastest, and in each the channels.
    pub mlp: SharedMlp,
    /// Dropout of channels.
    pub dropout: PointDropout,
    /// The windows of one cloud.
    #[module(skip)]
    windows: Windows,
}

/// Values of windows that are gathered at a time for a whole scene: 32 MB.
const MOST_GATHERED: usize = 1 << 23;

/// Puts `each` rows of `x` beside each other, `[indices / each, each · channels]`.
pub(crate) fn beside(x: Tensor<2>, indices: Tensor<1, Int>, each: usize, clouds: usize) -> Tensor<2> {
    let (groups, channels) = (indices.dims()[0] / each, x.dims()[1]);
    // relative to a center of zeros, the members of a group are what they are
    let zeros = Tensor::zeros([groups, channels], &x.device());
    functional::group(x, zeros, indices, each, clouds).reshape([groups, each * channels])
}

impl Stage {
    /// A stage on a grid of `cells`. Weights come from the device's random generator, as in the authors' code: normal with
    /// variance 2 / n, where n is the number of a kernel's cells times the output channels.
    pub(crate) fn new(cells: [usize; 3], inputs: usize, channels: usize, dropout: f64, device: &Device) -> Self {
        let weight = |kernel: usize, inputs: usize| {
            let std = (2.0 / (kernel * channels) as f64).sqrt();
            Initializer::Normal { mean: 0.0, std }.init([kernel * inputs, channels], device)
        };
        let kernel = KERNEL.iter().product();
        Stage {
            mlp: SharedMlp {
                weights: vec![weight(kernel, inputs), weight(1, channels), weight(1, channels)],
                norms: (0..3).map(|_| PointNormConfig::new(channels).init(device)).collect(),
                last_relu: true,
            },
            dropout: PointDropout::new(dropout),
            windows: Windows::strided(cells),
        }
    }

    /// Cells along x, y and z after it.
    pub fn cells_out(&self) -> [usize; 3] {
        self.windows.count()
    }

    /// Applies the stage to `clouds` grids.
    ///
    /// # Shapes
    /// - `x`: `[clouds · cells, in_channels]`, z slowest and x fastest
    /// - result: `[clouds · cells after, channels]`
    pub fn forward(&self, x: Tensor<2>, clouds: usize) -> Tensor<2> {
        let x = self.mlp.forward(self.gather(x, clouds));
        if self.dropout.probability == 0.0 || !x.device().is_autodiff() {
            return x;
        }
        let [rows, channels] = x.dims();
        let kept = self.dropout.forward(Tensor::ones([clouds, channels], &x.device())).reshape([clouds, 1, channels]);
        (x.reshape([clouds, rows / clouds, channels]) * kept).reshape([rows, channels])
    }

    /// Applies the stage to one wide grid as if there were a column over each of its horizontal cells: the windows are as
    /// close together as possible along x and y, and their cells `step` apart.
    ///
    /// # Shapes
    /// - `x`: `[cells, in_channels]`, z slowest and x fastest
    /// - result: `[windows, channels]`, and how many windows there are along x, y and z
    pub(crate) fn forward_dense(&self, x: Tensor<2>, cells: [usize; 3], step: usize) -> (Tensor<2>, [usize; 3]) {
        let (windows, channels) = (Windows::dense(cells, step), x.dims()[1]);
        let count = windows.count();
        let all: usize = count.iter().product();
        // some windows at a time, because their gathered cells are many times the grid
        let some = (MOST_GATHERED / (Windows::CELLS * channels)).max(1);
        let parts = (0..all).step_by(some).map(|from| {
            let cells = windows.cells(from..all.min(from + some));
            let indices =
                Tensor::from_data(TensorData::new(cells, [some.min(all - from) * Windows::CELLS]), &x.device());
            self.mlp.forward(beside(x.clone(), indices, Windows::CELLS, 1))
        });
        (Tensor::cat(parts.collect(), 0), count)
    }

    /// Puts the cells of each window beside each other, `[clouds · windows, 4 · 3 · 3 · channels]`.
    fn gather(&self, x: Tensor<2>, clouds: usize) -> Tensor<2> {
        let (rows, device) = (x.dims()[0], x.device());
        let of_cloud = self.windows.cells(0..self.windows.count().iter().product());
        let (cells, each) = (rows / clouds, of_cloud.len());
        assert_eq!(cells, self.windows.grid().iter().product::<usize>(), "VoxelCnn: cells of the grid");
        let first = Tensor::<1, Int>::arange(0..clouds as i64, &device).mul_scalar(cells as i32).reshape([clouds, 1]);
        let of_cloud = TensorData::new(of_cloud, [1, each]);
        let indices = (Tensor::<2, Int>::from_data(of_cloud, &device) + first).reshape([clouds * each]);
        beside(x, indices, Windows::CELLS, clouds)
    }

    /// What it learns and computes for one cloud.
    pub(crate) fn counts(&self) -> Counts {
        Counts::of_mlp(&self.mlp, self.cells_out().iter().product())
    }
}
