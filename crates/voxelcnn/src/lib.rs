//! 3DCNN for semantic voxel labelling (Dai, Chang, Savva, Halber, Funkhouser and Nießner 2017, "ScanNet",
//! <https://arxiv.org/abs/1702.04405>): a convolutional network that sees a column of voxels with its surroundings, and
//! labels all voxels of the column at once.
//!
//! | item | what it is |
//! |---|---|
//! | [`VoxelCnnConfig`] | sizes of the grid and the layers; the defaults are the authors' |
//! | [`VoxelGrids`] | the voxels of a batch of clouds, and the height of each point in them |
//! | [`VoxelCnn`] | the network |
//!
//! # How to cut clouds
//!
//! The column that is labelled is the one over the origin, which is the middle of a cloud on the floor. Points beside it
//! give context. So clouds have to be columns of about [`VoxelCnnConfig::cell`] with a margin that reaches to the end of
//! the grid: `crop.size = 0.048` and `crop.margin = 0.72` in an experiment of `scanseg`, with 15 cells of 4.8 cm on each
//! side of the middle one. The network cannot check this: it gets coordinates alone. On wider columns it runs as well,
//! but gives all points at one height the same scores.
//!
//! # What differs from the authors' data
//!
//! - Their grids are cut from a fused volume, in which camera poses tell free from unknown voxels. Here a cloud has
//!   surface points only, and [`VoxelGrids`] guesses what is known.
//! - Their grid begins where the scene does. Here it begins a little below the floor, see [`VoxelGrids`].
//! - Their units in training are voxels. Here they are points, so a voxel counts as often as it has points.
//!
//! # Whole scenes
//!
//! Neighbouring columns see mostly the same cells, so a whole scene is scored at once: every convolution is computed for
//! each place of a window once and not for each column that it belongs to. The scores are those of column after column,
//! to the last bit on CPUs. See [`VoxelCnn::scene`].
//!
//! On CPUs the convolutions are products of gathered windows: a training step on 64 columns takes less than a third of the
//! time that burn's `conv3d` and its gradients alone take, see the example `step_time`.
//!
//! ```
//! use burn::tensor::Device;
//! use pointmodel::{Network, NetworkConfig, NetworkShape, Prepared, SearchOn};
//! use voxelcnn::VoxelCnnConfig;
//!
//! let config = VoxelCnnConfig { grid: [7, 7, 10], channels: vec![4, 4], hidden: 8, ..VoxelCnnConfig::default() };
//! let device = Device::flex();
//! let network = config.init(&NetworkShape { points: 3, in_channels: 0, outputs: 21 }, &device);
//! let cloud = [[0.0, 0.0, 0.01], [0.01, 0.0, 0.3], [-0.1, 0.12, 0.0]];
//! let batch = config.prepare(&cloud, 1, SearchOn::Host)?.into_device(&device);
//! assert_eq!(network.forward(&batch, None).dims(), [3, 21]);
//! # Ok::<(), pointmodel::BoxError>(())
//! ```

#![warn(missing_docs)]

mod config;
mod error;
mod grid;
mod network;
mod scene;
mod stage;
mod windows;

pub use config::VoxelCnnConfig;
pub use error::VoxelError;
pub use grid::{GridsOnDevice, VoxelGrids};
pub use network::VoxelCnn;
pub use stage::Stage;
pub use windows::{KERNEL, STRIDE};
