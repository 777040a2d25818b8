//! Grids as sets of points.

use burn::tensor::Tensor;

/// Applies a layer on points to the pixels of a grid, in row-major order.
///
/// The image version of a block is its point version on the flattened pixels, since neither block looks at positions:
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use latentgnn::{LatentGnnConfig, on_grid};
/// # let device = Device::flex();
/// let block = LatentGnnConfig::new(8).with_latent_dims(vec![3]).init(&device);
/// let image = Tensor::<4>::ones([2, 8, 5, 4], &device);
/// assert_eq!(on_grid(image, |pixels| block.forward(pixels)).dims(), [2, 8, 5, 4]);
/// ```
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`
/// - `layer`: `[batch, height · width, channels]` to `[batch, height · width, any]`
/// - result: `[batch, any, height, width]`
pub fn on_grid(x: Tensor<4>, layer: impl FnOnce(Tensor<3>) -> Tensor<3>) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let points = layer(x.reshape([batch, channels, height * width]).swap_dims(1, 2));
    let channels = points.dims()[2];
    points.swap_dims(1, 2).reshape([batch, channels, height, width])
}
