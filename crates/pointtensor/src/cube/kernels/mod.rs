//! The kernels. They are separate from the code that launches them because `cubecl::prelude` and burn both have a
//! `Tensor`.
//!
//! Conventions: buffers are flat and row-major. A *unit* is a thread, a *cube* a block of them. No sum depends on the
//! order in which units run: one unit adds in a fixed order, or partial sums are added in a fixed order.

// kernels have Rust's syntax but not its library: no iterators, no `partial_cmp`
#![allow(clippy::needless_range_loop, clippy::neg_cmp_op_on_partial_ord)]

pub(super) mod adam;
pub(super) mod distance;
pub(super) mod dropout;
pub(super) mod geometry;
pub(super) mod grouping;
pub(super) mod index;
pub(super) mod latent;
pub(super) mod lists;
pub(super) mod loss;
pub(super) mod norm;
pub(super) mod plane;
pub(super) mod pool;
pub(super) mod product;
pub(super) mod sampling;
pub(super) mod sums;
pub(super) mod tiles;
pub(super) mod voxels;
