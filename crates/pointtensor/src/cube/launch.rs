//! What every launch needs: buffers for inputs and results, and the number of cubes.

use burn::backend::TensorMetadata;
use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use cubecl::client::Client;
use cubecl::ir::features::Plane;
use cubecl::prelude::BufferArg;
use cubecl::{CubeCount, CubeDim, calculate_cube_count_elemwise};

/// Units per cube, unless a kernel needs more.
pub(super) const UNITS: usize = 256;

/// Cubes along one dimension, at most.
const MOST_CUBES: usize = 32768;

/// At least `count` cubes of `units` units each.
pub(super) fn cubes(count: usize, units: usize) -> (CubeCount, CubeDim) {
    let rows = count.div_ceil(MOST_CUBES);
    (CubeCount::Static(count.min(MOST_CUBES) as u32, rows as u32, 1), CubeDim::new_1d(units as u32))
}

/// A zero that the compiler does not know; see [`super::kernels::distance::rounded`].
pub(super) const ZERO: u32 = 0;

/// Size of a tensor's values in bytes; that of one value if it has none, because buffers cannot be empty.
fn bytes(tensor: &CubeTensor) -> u64 {
    let values = tensor.shape().num_elements();
    // kernels count with 32 bits
    assert!(values <= u32::MAX as usize, "{values} values are more than a kernel can count in 32 bits");
    (values.max(1) * tensor.dtype.size()) as u64
}

/// A contiguous tensor, as the argument of a kernel.
#[derive(Clone)]
pub(super) struct Buffer(CubeTensor);

impl Buffer {
    /// `f32` values.
    pub fn floats(tensor: CubeTensor) -> Self {
        Buffer::of(tensor, DType::F32)
    }

    /// `f32` values that a kernel may change: a copy, if anything else refers to them. An update of weights in place
    /// spares an allocation, which takes the host longer than a launch.
    pub fn own_floats(tensor: CubeTensor) -> Self {
        let own = tensor.can_mut();
        Buffer::floats(if own { tensor } else { tensor.copy() })
    }

    /// `i32` values.
    pub fn indices(tensor: CubeTensor) -> Self {
        Buffer::of(tensor, DType::I32)
    }

    fn of(tensor: CubeTensor, dtype: DType) -> Self {
        assert_eq!(tensor.dtype, dtype, "point operations need f32 values and i32 indices");
        if tensor.shape().num_elements() == 0 {
            // an empty tensor may have no memory at all
            return Buffer::like(&tensor, tensor.shape(), dtype);
        }
        let mut tensor = into_contiguous(tensor);
        // A kernel takes the length of the memory for that of the buffer, and CUDA rounds up the memory of tensors from
        // the host and from burn's operations.
        let spare = tensor.handle.size_in_used().saturating_sub(bytes(&tensor));
        if spare > 0 {
            tensor.handle = tensor.handle.offset_end(spare);
        }
        Buffer(tensor)
    }

    /// An uninitialised result on the device of a tensor.
    pub fn like(tensor: &CubeTensor, shape: impl Into<Shape>, dtype: DType) -> Self {
        let shape = shape.into();
        let handle = tensor.client.empty(shape.num_elements().max(1) * dtype.size());
        Buffer(CubeTensor::new_contiguous(tensor.client.clone(), tensor.device.clone(), shape, handle, dtype))
    }

    /// An uninitialised result on the same device.
    pub fn beside(&self, shape: impl Into<Shape>, dtype: DType) -> Self {
        Buffer::like(&self.0, shape, dtype)
    }

    /// An uninitialised `f32` result.
    pub fn floats_beside(&self, shape: impl Into<Shape>) -> Self {
        self.beside(shape, DType::F32)
    }

    /// An uninitialised `i32` result.
    pub fn indices_beside(&self, shape: impl Into<Shape>) -> Self {
        self.beside(shape, DType::I32)
    }

    /// The kernel's argument.
    pub fn arg(&self) -> BufferArg {
        assert_eq!(self.0.handle.size_in_used(), bytes(&self.0), "a kernel must see a buffer as long as its values");
        self.0.clone().into_buffer_arg()
    }

    pub fn tensor(self) -> CubeTensor {
        self.0
    }

    pub fn shape(&self) -> Shape {
        self.0.shape()
    }

    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.0.shape().num_elements()
    }

    /// Size of the first dimension.
    pub fn rows(&self) -> usize {
        self.0.shape()[0]
    }

    /// Size of the last dimension.
    pub fn columns(&self) -> usize {
        let shape = self.0.shape();
        shape[shape.num_dims() - 1]
    }

    /// Cubes with at least `units` units.
    pub fn each(&self, units: usize) -> (CubeCount, CubeDim) {
        let dim = CubeDim::new_1d(UNITS as u32);
        (calculate_cube_count_elemwise(self.client(), units, dim), dim)
    }

    /// Cubes with one unit for each `rows` rows of each column.
    pub fn each_rows(&self, rows: usize) -> (CubeCount, CubeDim) {
        self.each(self.rows().div_ceil(rows) * self.columns())
    }

    /// Units per plane (warp, subgroup), if the device has plane operations and only one plane size.
    pub fn plane(&self) -> Option<usize> {
        let properties = self.client().properties();
        // CubeCL does not report plane operations of software renderers; those on Vulkan with one plane size have them.
        let software = properties.identity.physical.is_none() && !cfg!(windows);
        let has = properties.features.plane.contains(Plane::Ops) || software;
        let (least, most) = (properties.hardware.plane_size_min, properties.hardware.plane_size_max);
        (has && least == most && least.is_power_of_two()).then_some(least as usize)
    }

    /// The largest power of two of units per cube that the device supports, at most `most`.
    pub fn units(&self, most: usize) -> usize {
        let device = self.client().properties().hardware.max_units_per_cube as usize;
        let units = most.min(device).max(1);
        1 << units.ilog2()
    }
}
