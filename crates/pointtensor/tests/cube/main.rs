//! The kernels on every GPU that this build can use, against the CPU: geometry to the bit, values within 1e-5.
//!
//! A software renderer is enough: Mesa's lavapipe runs the wgpu kernels on the CPU. Without a device the tests print a
//! message and pass, or fail if `SCANSEG_REQUIRE_GPU` is set, as in CI.

mod features;
mod geometry;
mod support;
mod updates;
