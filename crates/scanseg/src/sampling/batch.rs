//! Crops of equal size put together, on the host and on a device.

use super::Crop;
use burn::tensor::{Device, Int, Tensor, TensorData};
use pointnet2::{PointPyramid, Pyramid, PyramidError, PyramidSpec};
use pointtensor::functional::matrix;

/// Where the geometry of a batch is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Geometry {
    /// On the host, beside the step before.
    Host,
    /// On the device that the network runs on.
    Device,
}

impl Geometry {
    /// What suits a device: GPUs find the geometry themselves.
    pub fn of(device: &Device) -> Self {
        if crate::device::is_cpu(device) { Geometry::Host } else { Geometry::Device }
    }
}

/// A batch on the host: everything that can be made before the network runs.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub pyramid: Pyramid,
    pub features: Vec<f32>,
    pub channels: usize,
    pub labels: Vec<i32>,
    pub weights: Vec<f32>,
}

/// A batch on a device.
#[derive(Debug, Clone)]
pub(crate) struct DeviceBatch {
    pub pyramid: PointPyramid,
    /// `[crops · points, channels]`; `None` without features.
    pub features: Option<Tensor<2>>,
    /// `[crops · points]`.
    pub labels: Tensor<1, Int>,
    /// `[crops · points]`.
    pub weights: Tensor<1>,
}

impl Batch {
    /// Puts some crops of equal size together, with their geometry if it is found on the host.
    pub fn new(crops: &[&Crop], spec: &PyramidSpec, geometry: Geometry) -> Result<Self, PyramidError> {
        let coord: Vec<[f32; 3]> = crops.iter().flat_map(|c| c.coord.iter().copied()).collect();
        Ok(Batch {
            pyramid: match geometry {
                Geometry::Host => Pyramid::build(&coord, crops.len(), spec)?,
                Geometry::Device => Pyramid::prepare(&coord, crops.len(), spec)?,
            },
            features: crops.iter().flat_map(|c| c.features.iter().copied()).collect(),
            channels: crops[0].channels,
            labels: crops.iter().flat_map(|c| c.labels.iter().copied()).collect(),
            weights: crops.iter().flat_map(|c| c.weights.iter().copied()).collect(),
        })
    }

    /// Puts the batch onto a device.
    pub fn to_device(&self, device: &Device) -> DeviceBatch {
        let rows = self.labels.len();
        let features = (self.channels > 0).then(|| matrix(self.features.clone(), self.channels, device));
        DeviceBatch {
            pyramid: self.pyramid.to_device(device),
            features,
            labels: Tensor::from_data(TensorData::new(self.labels.clone(), [rows]), device),
            weights: Tensor::from_data(TensorData::new(self.weights.clone(), [rows]), device),
        }
    }
}
