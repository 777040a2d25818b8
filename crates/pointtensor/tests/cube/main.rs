//! The kernels on every GPU that this build reaches, against the CPU operations: geometry to the bit, values within 1e-5.
//!
//! A software renderer will do: Mesa's lavapipe runs the wgpu kernels on the processor. Without any device the tests pass and say so, or
//! fail if `SCANSEG_REQUIRE_GPU` is set, as it is in CI.

mod features;
mod geometry;
mod halves;
mod support;
