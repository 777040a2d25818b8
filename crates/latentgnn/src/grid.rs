//! Images as point clouds.

use burn::tensor::Tensor;

/// Applies a block for points to the pixels of an image, in row-major order.
///
/// Neither block uses positions, so its version for images is its version for points on the flattened pixels:
///
/// ```
/// # use burn::tensor::{Device, Tensor};
/// # use latentgnn::{LatentGnnConfig, on_grid};
/// # let device = Device::flex();
/// let block = LatentGnnConfig::default().with_latent_dims(vec![3]).init(8, &device);
/// let image = Tensor::<4>::ones([2, 8, 5, 4], &device);
/// assert_eq!(on_grid(image, |pixels| block.forward(pixels)).dims(), [2, 8, 5, 4]);
/// ```
///
/// # Shapes
/// - `x`: `[batch, channels, height, width]`
/// - `layer`: from `[batch, height · width, channels]` to `[batch, height · width, out_channels]`
/// - result: `[batch, out_channels, height, width]`
pub fn on_grid(x: Tensor<4>, layer: impl FnOnce(Tensor<3>) -> Tensor<3>) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let points = layer(x.reshape([batch, channels, height * width]).swap_dims(1, 2));
    let channels = points.dims()[2];
    points.swap_dims(1, 2).reshape([batch, channels, height, width])
}
