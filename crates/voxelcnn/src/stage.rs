//! A stage of the network: a strided convolution and two of a single cell.

use burn::module::{Initializer, Module};
use burn::tensor::{Int, Tensor, TensorData};
use pointmodel::Counts;
use pointtensor::functional;
use pointtensor::layer::{PointDropout, PointNormConfig, SharedMlp};

/// Cells of a convolution's window along x, y and z.
pub const KERNEL: [usize; 3] = [3, 3, 4];
/// Cells between neighbouring windows, along every axis.
pub const STRIDE: usize = 2;

/// Convolution of [`KERNEL`] with [`STRIDE`] and without padding, then two of one cell. Batch normalisation and ReLU
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
    /// The cells of every window of one cloud, `[windows · 4 · 3 · 3]`.
    #[module(skip)]
    windows: Vec<i32>,
    /// Cells along x, y and z before the stage.
    #[module(skip)]
    cells: [usize; 3],
}

/// Cells along x, y and z after a stage; `None` if no window fits.
pub(crate) fn cells_after(cells: [usize; 3]) -> Option<[usize; 3]> {
    let fits = (0..3).all(|a| cells[a] >= KERNEL[a]);
    fits.then(|| std::array::from_fn(|a| (cells[a] - KERNEL[a]) / STRIDE + 1))
}

/// The cells of every window, in the order of [`Stage::mlp`]'s weights.
fn windows([x, y, z]: [usize; 3]) -> Vec<i32> {
    let [wx, wy, wz] = cells_after([x, y, z]).expect("the grid was checked");
    let mut cells = Vec::with_capacity(wx * wy * wz * KERNEL.iter().product::<usize>());
    for window in 0..wx * wy * wz {
        let [ox, oy, oz] = [window % wx, window / wx % wy, window / (wx * wy)].map(|v| v * STRIDE);
        for kz in 0..KERNEL[2] {
            for ky in 0..KERNEL[1] {
                let row = ((oz + kz) * y + oy + ky) * x + ox;
                cells.extend((0..KERNEL[0]).map(|kx| (row + kx) as i32));
            }
        }
    }
    cells
}

impl Stage {
    /// A stage on a grid of `cells`. Weights come from the device's random generator, as in the authors' code: normal with
    /// variance 2 / n, where n is the number of a kernel's cells times the output channels.
    pub(crate) fn new(
        cells: [usize; 3],
        inputs: usize,
        channels: usize,
        dropout: f64,
        device: &burn::tensor::Device,
    ) -> Self {
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
            windows: windows(cells),
            cells,
        }
    }

    /// Cells along x, y and z after it.
    pub fn cells_out(&self) -> [usize; 3] {
        cells_after(self.cells).expect("the grid was checked")
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

    /// Puts the cells of each window beside each other, `[clouds · windows, 4 · 3 · 3 · channels]`.
    fn gather(&self, x: Tensor<2>, clouds: usize) -> Tensor<2> {
        let ([rows, channels], device) = (x.dims(), x.device());
        let (cells, each) = (rows / clouds, self.windows.len());
        assert_eq!(cells, self.cells.iter().product::<usize>(), "VoxelCnn: cells of the grid");
        let first = Tensor::<1, Int>::arange(0..clouds as i64, &device).mul_scalar(cells as i32).reshape([clouds, 1]);
        let of_cloud = TensorData::new(self.windows.clone(), [1, each]);
        let indices = (Tensor::<2, Int>::from_data(of_cloud, &device) + first).reshape([clouds * each]);
        let kernel = KERNEL.iter().product();
        let windows = clouds * each / kernel;
        // relative to a center of zeros, the members of a group are what they are
        let zeros = Tensor::zeros([windows, channels], &device);
        functional::group(x, zeros, indices, kernel, clouds).reshape([windows, kernel * channels])
    }

    /// What it learns and computes for one cloud.
    pub(crate) fn counts(&self) -> Counts {
        Counts::of_mlp(&self.mlp, self.cells_out().iter().product())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_sizes() {
        let mut cells = [31, 31, 62];
        for after in [[15, 15, 30], [7, 7, 14], [3, 3, 6]] {
            assert_eq!(windows(cells).len(), after.iter().product::<usize>() * 36);
            cells = cells_after(cells).unwrap();
            assert_eq!(cells, after);
        }
        assert_eq!(cells_after([3, 3, 3]), None);
    }

    #[test]
    fn windows_by_hand() {
        // one window along x and y, two along z
        let windows = windows([4, 3, 6]);
        assert_eq!(windows.len(), 72);
        assert_eq!(windows[..9], [0, 1, 2, 4, 5, 6, 8, 9, 10]);
        assert_eq!(windows[9..12], [12, 13, 14]);
        assert_eq!(windows[36..39], [24, 25, 26]);
    }
}
