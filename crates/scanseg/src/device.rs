//! The device that networks run on, chosen at run time.

use burn::tensor::Device;
use pointmodel::SearchOn;
use std::str::FromStr;

/// A device by name: `cpu`, `cuda`, `cuda:1`, `wgpu`, `wgpu:1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceName {
    /// This machine's CPU.
    #[default]
    Cpu,
    /// An NVIDIA GPU, by its number; the first if none is given.
    Cuda(Option<usize>),
    /// A GPU through Vulkan, Metal or DirectX, by its number; the fastest if none is given.
    Wgpu(Option<usize>),
}

/// A device that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// Not the name of a device.
    #[error("no device is called {0:?}; choose cpu, cuda or wgpu, or cuda:1 and so on if there are several")]
    NoSuchName(String),
    /// The program was built without it.
    #[error("this program was built without {0}; build it with `--features {0}` (docs/gpu.md), or use --device cpu")]
    NotBuilt(&'static str),
    /// The machine does not have it.
    #[error("there is no {name} device{why}; {remedy}, or use --device cpu (`scanseg doctor` says more)")]
    NotFound {
        /// The device asked for.
        name: DeviceName,
        /// The reason, where it is known.
        why: String,
        /// What to do.
        remedy: &'static str,
    },
}

impl FromStr for DeviceName {
    type Err = DeviceError;

    fn from_str(name: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::NoSuchName(name.to_owned());
        let (kind, number) = match name.split_once(':') {
            None => (name, None),
            Some((kind, number)) => (kind, Some(number.parse().map_err(|_| unknown())?)),
        };
        match (kind, number) {
            ("cpu", None) => Ok(DeviceName::Cpu),
            ("cuda", number) => Ok(DeviceName::Cuda(number)),
            ("wgpu", number) => Ok(DeviceName::Wgpu(number)),
            _ => Err(unknown()),
        }
    }
}

impl std::fmt::Display for DeviceName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, number) = match self {
            DeviceName::Cpu => ("cpu", &None),
            DeviceName::Cuda(number) => ("cuda", number),
            DeviceName::Wgpu(number) => ("wgpu", number),
        };
        match number {
            None => f.write_str(kind),
            Some(number) => write!(f, "{kind}:{number}"),
        }
    }
}

/// Opens a device for inference; its [`Device::autodiff`] is for training.
///
/// # Errors
/// If the program was built without it, or the machine does not have it. No other device takes its place.
pub fn open_device(name: DeviceName) -> Result<Device, DeviceError> {
    match name {
        DeviceName::Cpu => Ok(Device::flex()),
        DeviceName::Cuda(number) => cuda(number.unwrap_or(0)),
        DeviceName::Wgpu(number) => wgpu(number),
    }
}

/// Every device of this build, with the name that opens it.
pub fn devices() -> Vec<(DeviceName, Device)> {
    #[allow(unused_mut)]
    let mut devices = vec![(DeviceName::Cpu, Device::flex())];
    #[cfg(feature = "cuda")]
    devices.extend(
        Device::enumerate(burn::tensor::DeviceType::Cuda)
            .into_iter()
            .enumerate()
            .map(|(i, device)| (DeviceName::Cuda(Some(i)), device)),
    );
    #[cfg(feature = "wgpu")]
    devices.extend(
        Device::enumerate(burn::tensor::DeviceType::Wgpu)
            .into_iter()
            .enumerate()
            .map(|(i, device)| (DeviceName::Wgpu(Some(i)), device)),
    );
    devices
}

/// Whether a device is this machine's CPU.
pub(crate) fn is_cpu(device: &Device) -> bool {
    *device == Device::flex()
}

/// Where the neighbours in a device's batches are searched for: GPUs do it themselves.
pub(crate) fn search_on(device: &Device) -> SearchOn {
    if is_cpu(device) { SearchOn::Host } else { SearchOn::Device }
}

#[cfg(not(feature = "cuda"))]
fn cuda(_number: usize) -> Result<Device, DeviceError> {
    Err(DeviceError::NotBuilt("cuda"))
}

#[cfg(feature = "cuda")]
fn cuda(number: usize) -> Result<Device, DeviceError> {
    use crate::cuda;
    let name = DeviceName::Cuda(Some(number));
    let not_found = |why: &str, remedy| Err(DeviceError::NotFound { name, why: why.into(), remedy });
    if !cuda::has_driver() {
        return not_found(" (libcuda is not installed)", cuda::DRIVER_REMEDY);
    }
    if !cuda::has_compiler() {
        return not_found(" that kernels can be compiled for (libnvrtc is not installed)", cuda::COMPILER_REMEDY);
    }
    if cuda::toolkit().is_none() {
        return not_found(
            " that kernels can be compiled for (the CUDA toolkit's folder is not known)",
            cuda::TOOLKIT_REMEDY,
        );
    }
    let devices = Device::enumerate(burn::tensor::DeviceType::Cuda);
    let count = devices.len();
    match devices.into_iter().nth(number) {
        Some(device) => Ok(device),
        None if count == 0 => not_found(" (the driver sees no GPU)", cuda::DRIVER_REMEDY),
        None => not_found(&format!(" (the driver sees {count})"), "choose a lower number"),
    }
}

#[cfg(not(feature = "wgpu"))]
fn wgpu(_number: Option<usize>) -> Result<Device, DeviceError> {
    Err(DeviceError::NotBuilt("wgpu"))
}

#[cfg(feature = "wgpu")]
fn wgpu(number: Option<usize>) -> Result<Device, DeviceError> {
    use burn::tensor::DeviceKind;
    let devices = Device::enumerate(burn::tensor::DeviceType::Wgpu);
    let count = devices.len();
    let not_found = |why: String, remedy| Err(DeviceError::NotFound { name: DeviceName::Wgpu(number), why, remedy });
    match number {
        _ if count == 0 => not_found(
            String::new(),
            "install the GPU's driver with Vulkan support, or Mesa's software renderer (Debian and Ubuntu: \
             `apt install mesa-vulkan-drivers libvulkan1`)",
        ),
        None => Ok(Device::wgpu(DeviceKind::DefaultDevice)),
        Some(number) => match devices.into_iter().nth(number) {
            Some(device) => Ok(device),
            None => not_found(format!(" (there are {count})"), "choose a lower number"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_a_round_trip() {
        for name in ["cpu", "cuda", "cuda:3", "wgpu", "wgpu:0"] {
            assert_eq!(name.parse::<DeviceName>().unwrap().to_string(), name);
        }
        for name in ["", "gpu", "cpu:0", "cuda:", "cuda:x", "wgpu:-1", "CUDA"] {
            assert!(name.parse::<DeviceName>().is_err(), "{name}");
        }
    }

    #[test]
    fn the_cpu_is_recognised() {
        assert!(is_cpu(&open_device(DeviceName::Cpu).unwrap()));
        assert!(is_cpu(&Device::flex().autodiff()));
    }

    #[test]
    #[cfg(not(feature = "cuda"))]
    fn a_device_that_was_not_built_is_not_replaced() {
        let message = open_device(DeviceName::Cuda(None)).unwrap_err().to_string();
        assert!(message.contains("--features cuda"), "{message}");
    }
}
