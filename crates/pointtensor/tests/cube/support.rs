//! Devices, test data and comparisons.

use burn::tensor::{Device, DeviceType, Int, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Every GPU that this build can use.
pub fn devices() -> Vec<Device> {
    let mut devices = Vec::new();
    #[cfg(feature = "cuda")]
    devices.extend(Device::enumerate(DeviceType::Cuda));
    #[cfg(feature = "wgpu")]
    devices.extend(Device::enumerate(DeviceType::Wgpu));
    if devices.is_empty() {
        assert!(
            std::env::var_os("SCANSEG_REQUIRE_GPU").is_none(),
            "SCANSEG_REQUIRE_GPU is set, but there is no GPU or software renderer; install mesa-vulkan-drivers"
        );
        println!("skipped: there is no GPU or software renderer");
    }
    devices
}

/// Random numbers, the same on every machine.
pub struct Random(ChaCha8Rng);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(ChaCha8Rng::seed_from_u64(seed))
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end)
    }

    pub fn value(&mut self) -> f32 {
        self.0.random_range(-1.0..1.0)
    }

    pub fn values(&mut self, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.value()).collect()
    }

    /// `each` row numbers per cloud, of the `rows` rows of that cloud.
    pub fn rows(&mut self, clouds: usize, each: usize, rows: usize) -> Vec<i32> {
        (0..clouds * each).map(|i| (i / each * rows + self.below(rows)) as i32).collect()
    }
}

pub fn floats<const D: usize>(values: &[f32], shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

pub fn ints(values: &[i32], device: &Device) -> Tensor<1, Int> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}

pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

pub fn indices<const D: usize>(tensor: Tensor<D, Int>) -> Vec<i32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// The largest difference relative to the largest value.
pub fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let scale = b.iter().fold(1e-3f32, |m, v| m.max(v.abs()));
    a.iter().zip(b).fold(0f32, |m, (a, b)| m.max((a - b).abs())) / scale
}
