//! The operations as CubeCL kernels. The same source runs on NVIDIA GPUs through CUDA and on others through wgpu.
//!
//! `geometry` and `features` implement the backend traits; `kernels` has the code that runs on the device.

mod adam;
mod features;
mod geometry;
mod kernels;
mod latent;
mod launch;
mod lists;
mod loss;
mod matmul;
mod norm;
mod normed_product;
mod running;
mod score;
mod sums;
