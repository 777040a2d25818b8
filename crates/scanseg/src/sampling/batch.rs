//! Clouds of equal size, put together as a network takes them.

use super::{Crop, InputPoints};
use crate::architecture::Geometry;
use crate::config::Config;
use crate::device::is_cpu;
use burn::tensor::{Device, Int, Tensor, TensorData};
use pointmodel::{BoxError, SearchOn};
use pointtensor::functional::matrix;
use std::any::Any;

/// The input of a network on the host: everything that can be made before the network runs.
pub(crate) struct NetworkInput {
    pub geometry: Geometry,
    /// `[clouds · points, channels]`; `None` without features.
    pub features: Option<Tensor<2>>,
}

/// The input of a network on its device.
pub(crate) struct DeviceInput {
    pub geometry: Box<dyn Any>,
    /// `[clouds · points, channels]`; `None` without features.
    pub features: Option<Tensor<2>>,
}

impl NetworkInput {
    /// Puts clouds of equal size together and prepares their geometry.
    pub fn new<'a>(
        clouds: impl ExactSizeIterator<Item = &'a InputPoints> + Clone,
        config: &Config,
        search: SearchOn,
    ) -> Result<Self, BoxError> {
        let coord = clouds.clone().map(|cloud| &cloud.coord[..]).collect::<Vec<_>>().concat();
        let geometry = config.model.architecture().prepare(&coord, clouds.len(), search)?;
        let channels = config.data.channels();
        let features = (channels > 0).then(|| {
            let features = clouds.map(|cloud| &cloud.features[..]).collect::<Vec<_>>().concat();
            matrix(features, channels, &Device::flex())
        });
        Ok(NetworkInput { geometry, features })
    }

    /// Moves the input to a device.
    pub fn into_device(self, device: &Device) -> DeviceInput {
        DeviceInput {
            geometry: self.geometry.into_device(device),
            features: self.features.map(|features| onto(features, device)),
        }
    }

    /// A copy, for [`bench`](crate::bench()). For a device that searches neighbours itself it shares no memory, and is moved
    /// there as fast as a new input.
    pub fn copy(&self, search: SearchOn) -> Self {
        let features = self.features.clone().map(|features| match search {
            SearchOn::Host => features,
            SearchOn::Device => apart(features),
        });
        NetworkInput { geometry: self.geometry.copy(), features }
    }
}

/// A training batch on the host.
pub(crate) struct Batch {
    pub input: NetworkInput,
    /// Output index of every point's class, `[crops · points]`.
    pub targets: Tensor<1, Int>,
    /// Weight of every point in the loss, `[crops · points]`.
    pub weights: Tensor<1>,
}

impl Batch {
    /// Puts crops of equal size together.
    pub fn new(crops: &[Crop], config: &Config, search: SearchOn) -> Result<Self, BoxError> {
        let targets = crops.iter().map(|crop| &crop.targets[..]).collect::<Vec<_>>().concat();
        let weights = crops.iter().map(|crop| &crop.weights[..]).collect::<Vec<_>>().concat();
        let (device, rows) = (Device::flex(), targets.len());
        Ok(Batch {
            input: NetworkInput::new(crops.iter().map(|crop| &crop.input), config, search)?,
            targets: Tensor::from_data(TensorData::new(targets, [rows]), &device),
            weights: Tensor::from_data(TensorData::new(weights, [rows]), &device),
        })
    }

    /// Moves the batch to a device: input, targets and weights.
    pub fn into_device(self, device: &Device) -> (DeviceInput, Tensor<1, Int>, Tensor<1>) {
        let targets = match is_cpu(device) {
            true => self.targets,
            false => Tensor::from_data(self.targets.into_data(), device),
        };
        (self.input.into_device(device), targets, onto(self.weights, device))
    }

    /// A copy; see [`NetworkInput::copy`].
    pub fn copy(&self, search: SearchOn) -> Self {
        let (targets, weights) = (self.targets.clone(), self.weights.clone());
        let (targets, weights) = match search {
            SearchOn::Host => (targets, weights),
            SearchOn::Device => (Tensor::from_data(targets.into_data(), &Device::flex()), apart(weights)),
        };
        Batch { input: self.input.copy(search), targets, weights }
    }
}

/// A CPU tensor as a constant on a device that may record gradients. The host copies nothing if nothing else refers to the
/// tensor.
fn onto<const D: usize>(tensor: Tensor<D>, device: &Device) -> Tensor<D> {
    match is_cpu(device) {
        true if device.is_autodiff() => Tensor::from_inner(tensor),
        true => tensor,
        false => {
            let dims = tensor.dims();
            // burn pads the rows of a matrix that it copies to a GPU, see `functional::matrix`
            let flat = tensor.reshape([dims.iter().product::<usize>()]).into_data();
            Tensor::<1>::from_data(flat, device).reshape(dims)
        }
    }
}

/// A CPU tensor that shares no memory.
fn apart<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    Tensor::from_data(tensor.into_data(), &Device::flex())
}
