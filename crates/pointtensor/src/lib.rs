//! Point operations on burn tensors, with fused CPU kernels and their own backward passes.
