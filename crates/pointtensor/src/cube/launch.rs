//! What every launch needs: tensors as buffers, results, and how many cubes to start.

use burn::backend::TensorMetadata;
use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::tensor::CubeTensor;
use cubecl::client::Client;
use cubecl::ir::features::Plane;
use cubecl::ir::{ElemType, FloatKind};
use cubecl::prelude::BufferArg;
use cubecl::{CubeCount, CubeDim, calculate_cube_count_elemwise};

/// Units of a cube where the kernel does not ask for more.
pub(super) const UNITS: usize = 256;

/// A zero that the compiler does not know; see [`super::kernels::distance::rounded`].
pub(super) const ZERO: u32 = 0;

/// The kernel's name of a type of features.
pub(super) fn element(dtype: DType) -> ElemType {
    ElemType::Float(match dtype {
        DType::F16 => FloatKind::F16,
        DType::BF16 => FloatKind::BF16,
        _ => FloatKind::F32,
    })
}

/// Bytes of a tensor's values; those of one value where it has none, since no memory is empty.
fn bytes(tensor: &CubeTensor) -> u64 {
    let values = tensor.shape().num_elements();
    // kernels count in 32 bits
    assert!(values <= u32::MAX as usize, "{values} values are more than a kernel can count");
    (values.max(1) * tensor.dtype.size()) as u64
}

/// A row-major tensor of some element type.
#[derive(Clone)]
pub(super) struct Buffer(CubeTensor);

impl Buffer {
    /// `f32` values.
    pub fn floats(tensor: CubeTensor) -> Self {
        Buffer::of(tensor, DType::F32)
    }

    /// Values of features: `f32` or a half.
    pub fn features(tensor: CubeTensor) -> Self {
        let dtype = tensor.dtype;
        assert!(matches!(dtype, DType::F32 | DType::F16 | DType::BF16), "features cannot be {dtype:?}");
        Buffer::of(tensor, dtype)
    }

    /// `i32` values.
    pub fn indices(tensor: CubeTensor) -> Self {
        Buffer::of(tensor, DType::I32)
    }

    fn of(tensor: CubeTensor, dtype: DType) -> Self {
        assert_eq!(tensor.dtype, dtype, "point operations need f32 values and i32 indices");
        if tensor.shape().num_elements() == 0 {
            // that of others may have no memory at all
            return Buffer::like(&tensor, tensor.shape(), dtype);
        }
        let mut tensor = into_contiguous(tensor);
        // A kernel takes the memory's length for the buffer's, and CUDA rounds up the memory of what comes from the host and of burn's operations.
        let spare = tensor.handle.size_in_used().saturating_sub(bytes(&tensor));
        if spare > 0 {
            tensor.handle = tensor.handle.offset_end(spare);
        }
        Buffer(tensor)
    }

    /// A result on the device of a tensor, whose values are whatever was in memory.
    pub fn like(tensor: &CubeTensor, shape: impl Into<Shape>, dtype: DType) -> Self {
        let shape = shape.into();
        let handle = tensor.client.empty(shape.num_elements().max(1) * dtype.size());
        Buffer(CubeTensor::new_contiguous(tensor.client.clone(), tensor.device.clone(), shape, handle, dtype))
    }

    /// A result of some type.
    pub fn beside(&self, shape: impl Into<Shape>, dtype: DType) -> Self {
        Buffer::like(&self.0, shape, dtype)
    }

    /// Results of this tensor's own type.
    pub fn features_beside(&self, shape: impl Into<Shape>) -> Self {
        self.beside(shape, self.0.dtype)
    }

    /// `f32` results.
    pub fn floats_beside(&self, shape: impl Into<Shape>) -> Self {
        self.beside(shape, DType::F32)
    }

    /// `i32` results.
    pub fn indices_beside(&self, shape: impl Into<Shape>) -> Self {
        self.beside(shape, DType::I32)
    }

    /// The kernel's argument.
    pub fn arg(&self) -> BufferArg {
        assert_eq!(
            self.0.handle.size_in_used(),
            bytes(&self.0),
            "a buffer is as long as its values, to its kernel too"
        );
        self.0.clone().into_buffer_arg()
    }

    /// The kernel's type of the values.
    pub fn element(&self) -> ElemType {
        element(self.0.dtype)
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

    /// Cubes and units for one unit a value.
    pub fn each(&self, units: usize) -> (CubeCount, CubeDim) {
        let dim = CubeDim::new_1d(UNITS as u32);
        (calculate_cube_count_elemwise(self.client(), units, dim), dim)
    }

    /// Cubes and units for one unit for each `rows` rows of every column.
    pub fn each_rows(&self, rows: usize) -> (CubeCount, CubeDim) {
        self.each(self.rows().div_ceil(rows) * self.columns())
    }

    /// Units of a plane (a warp, a subgroup), where the device has operations among them and one size of planes only.
    pub fn plane(&self) -> Option<usize> {
        let properties = self.client().properties();
        // CubeCL does not count on software renderers for them; those through Vulkan whose planes have one size do have them.
        let software = properties.identity.physical.is_none() && !cfg!(windows);
        let has = properties.features.plane.contains(Plane::Ops) || software;
        let (least, most) = (properties.hardware.plane_size_min, properties.hardware.plane_size_max);
        (has && least == most && least.is_power_of_two()).then_some(least as usize)
    }

    /// Whether units of a plane may run apart, and be brought together again.
    pub fn planes_part(&self) -> bool {
        self.client().properties().features.plane.contains(Plane::Sync)
    }

    /// The largest power of two of units that a cube of this device may have, at most `most`.
    pub fn units(&self, most: usize) -> usize {
        let device = self.client().properties().hardware.max_units_per_cube as usize;
        let units = most.min(device).max(1);
        1 << units.ilog2()
    }
}
