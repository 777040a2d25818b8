//! The devices that this machine can run networks on, whether they compute correctly, and what to do if something is
//! missing.

use crate::device::{DeviceError, DeviceName, devices, open_device};
use burn::tensor::Device;
pub use pointtensor::SelfTest;

/// One part of the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstalledPart {
    /// Its name.
    pub what: &'static str,
    /// What was found.
    pub found: String,
    /// What to do, if something is missing.
    pub remedy: Option<String>,
}

/// A device and the results of its tests.
#[derive(Debug, Clone)]
pub struct DeviceReport {
    /// The name that opens it.
    pub name: DeviceName,
    /// The name of its model.
    pub model: String,
    /// Every operation.
    pub tests: Vec<SelfTest>,
}

impl DeviceReport {
    /// Whether every operation passed.
    pub fn passed(&self) -> bool {
        self.tests.iter().all(|test| test.outcome.is_ok())
    }
}

/// Lists what this build can use.
pub fn installation() -> Vec<InstalledPart> {
    let kinds = built_with();
    let hint = match kinds[..] {
        ["cpu"] => "; for a GPU, install it with --features cuda (NVIDIA) or wgpu (others)",
        _ => "",
    };
    let found = format!("{}, with {}{hint}", crate::run::program(), kinds.join(", "));
    let mut parts = vec![InstalledPart { what: "this program", found, remedy: None }];
    parts.extend(cuda());
    parts.extend(wgpu());
    parts
}

fn built_with() -> Vec<&'static str> {
    let mut kinds = vec!["cpu"];
    kinds.extend(cfg!(feature = "cuda").then_some("cuda"));
    kinds.extend(cfg!(feature = "wgpu").then_some("wgpu"));
    kinds
}

#[cfg(feature = "cuda")]
fn cuda() -> Vec<InstalledPart> {
    use crate::cuda;
    let part = |what, found: Option<String>, remedy: &str| match found {
        Some(found) => InstalledPart { what, found, remedy: None },
        None => InstalledPart { what, found: "not found".into(), remedy: Some(remedy.into()) },
    };
    vec![
        part("NVIDIA driver (libcuda)", cuda::driver_version().map(|v| format!("CUDA {v}")), cuda::DRIVER_REMEDY),
        part("run-time compiler (libnvrtc)", cuda::compiler_version(), cuda::COMPILER_REMEDY),
        part("CUDA toolkit's folder", cuda::toolkit(), cuda::TOOLKIT_REMEDY),
    ]
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> Vec<InstalledPart> {
    Vec::new()
}

#[cfg(feature = "wgpu")]
fn wgpu() -> Vec<InstalledPart> {
    let count = devices().iter().filter(|(name, _)| matches!(name, DeviceName::Wgpu(_))).count();
    let remedy = "install the GPU's driver with Vulkan support, or Mesa's software renderer (Debian and Ubuntu: \
                  `apt install mesa-vulkan-drivers libvulkan1`)";
    vec![InstalledPart {
        what: "devices through Vulkan, Metal or DirectX",
        found: count.to_string(),
        remedy: (count == 0).then(|| remedy.to_owned()),
    }]
}

#[cfg(not(feature = "wgpu"))]
fn wgpu() -> Vec<InstalledPart> {
    Vec::new()
}

/// Name of the test that fails if a device exists but cannot be used.
pub const OPENING: &str = "opening the device";

/// Tests every device of this build, one after another; `starting` is called before each test.
pub fn test_devices(starting: &mut dyn FnMut(&DeviceName, &str)) -> Vec<DeviceReport> {
    let test = |(name, device): (DeviceName, Device)| {
        let model = model(&device);
        starting(&name, &model);
        // a driver alone is enough to list GPUs; opening one looks for everything else that it needs
        let tests = match open_device(name) {
            Ok(device) => pointtensor::self_test(&device),
            Err(DeviceError::NotFound { remedy, .. }) => {
                vec![SelfTest { operation: OPENING, outcome: Err(remedy.into()) }]
            }
            Err(error) => vec![SelfTest { operation: OPENING, outcome: Err(error.to_string()) }],
        };
        DeviceReport { name, model, tests }
    };
    devices().into_iter().map(test).collect()
}

#[cfg(any(feature = "cuda", feature = "wgpu"))]
fn model(device: &Device) -> String {
    match device.identity() {
        Some(identity) => identity.name,
        None => processor(),
    }
}

#[cfg(not(any(feature = "cuda", feature = "wgpu")))]
fn model(_: &Device) -> String {
    processor()
}

/// Name of this machine's CPU, if the system tells it.
fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(": ").nth(1));
    let threads = rayon::current_num_threads();
    format!("{}, {threads} threads", name.unwrap_or(std::env::consts::ARCH))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_cpu_is_always_there_and_passes() {
        let mut started = 0;
        let reports = super::test_devices(&mut |_, _| started += 1);
        assert_eq!(started, reports.len());
        assert!(reports[0].name == crate::DeviceName::Cpu && reports[0].passed(), "{:?}", reports[0]);
        assert!(super::installation()[0].found.contains("cpu"));
    }
}
