//! The device that networks run on, chosen when the program runs.

use burn::tensor::Device;
use std::str::FromStr;

/// A device by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceName {
    /// This machine's processor.
    #[default]
    Cpu,
}

/// A device that is not there.
#[derive(Debug, thiserror::Error)]
#[error("no device is called {0:?} in this build; there is: cpu")]
pub struct DeviceError(String);

impl FromStr for DeviceName {
    type Err = DeviceError;

    fn from_str(name: &str) -> Result<Self, DeviceError> {
        match name {
            "cpu" => Ok(DeviceName::Cpu),
            other => Err(DeviceError(other.to_owned())),
        }
    }
}

impl std::fmt::Display for DeviceName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            DeviceName::Cpu => "cpu",
        })
    }
}

/// Opens a device for inference; [`Device::autodiff`] of it trains.
pub fn open_device(name: DeviceName) -> Device {
    match name {
        DeviceName::Cpu => Device::flex(),
    }
}
