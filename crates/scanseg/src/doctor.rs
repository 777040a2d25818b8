//! What this machine can run networks on, whether it computes what it should, and what to do where something is missing.

use crate::device::{DeviceError, DeviceName, devices, open_device};
use burn::tensor::Device;
pub use pointtensor::self_test::SelfTest;

/// How one part of the installation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// What was found.
    pub found: String,
    /// What to do, if something is missing.
    pub remedy: Option<String>,
}

/// A device and how it did.
#[derive(Debug, Clone)]
pub struct DeviceReport {
    /// The name that opens it.
    pub name: DeviceName,
    /// What it calls itself.
    pub model: String,
    /// Every operation.
    pub tests: Vec<SelfTest>,
}

impl DeviceReport {
    /// Whether every operation did what it should.
    pub fn sound(&self) -> bool {
        self.tests.iter().all(|test| test.outcome.is_ok())
    }
}

/// Looks at what this build can use.
pub fn installation() -> Vec<Finding> {
    let mut findings = vec![Finding {
        what: "this program",
        found: format!("{}, with {}", crate::run::program(), built_with().join(", ")),
        remedy: None,
    }];
    findings.extend(cuda());
    findings.extend(wgpu());
    findings
}

fn built_with() -> Vec<&'static str> {
    let mut kinds = vec!["cpu"];
    kinds.extend(cfg!(feature = "cuda").then_some("cuda"));
    kinds.extend(cfg!(feature = "wgpu").then_some("wgpu"));
    kinds
}

#[cfg(feature = "cuda")]
fn cuda() -> Vec<Finding> {
    use crate::cuda;
    let finding = |what, found: Option<String>, remedy: &str| match found {
        Some(found) => Finding { what, found, remedy: None },
        None => Finding { what, found: "not found".into(), remedy: Some(remedy.into()) },
    };
    vec![
        finding("NVIDIA driver (libcuda)", cuda::driver_version().map(|v| format!("CUDA {v}")), cuda::DRIVER_REMEDY),
        finding("run-time compiler (libnvrtc)", cuda::compiler_version(), cuda::COMPILER_REMEDY),
        finding("CUDA toolkit's folder", cuda::toolkit(), cuda::TOOLKIT_REMEDY),
        finding(
            "CUDA headers, for half precision",
            cuda::headers(),
            "only needed for train.precision other than f32: install the CUDA toolkit's headers, `crt` among them, and set \
             CUDA_PATH to the folder that has `include`",
        ),
    ]
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> Vec<Finding> {
    Vec::new()
}

#[cfg(feature = "wgpu")]
fn wgpu() -> Vec<Finding> {
    let count = devices().iter().filter(|(name, _)| matches!(name, DeviceName::Wgpu(_))).count();
    let remedy = "install the GPU's driver with Vulkan support, or Mesa's software renderer (Debian and Ubuntu: \
                  `apt install mesa-vulkan-drivers libvulkan1`)";
    vec![Finding {
        what: "devices through Vulkan, Metal or DirectX",
        found: count.to_string(),
        remedy: (count == 0).then(|| remedy.to_owned()),
    }]
}

#[cfg(not(feature = "wgpu"))]
fn wgpu() -> Vec<Finding> {
    Vec::new()
}

/// The operation that fails where a device is there and cannot be used.
pub const OPENING: &str = "opening the device";

/// Tests every device of this build, one after another; `starting` hears of each before its test.
pub fn test_devices(starting: &mut dyn FnMut(&DeviceName, &str)) -> Vec<DeviceReport> {
    let test = |(name, device): (DeviceName, Device)| {
        let model = model(&device);
        starting(&name, &model);
        // A driver alone shows its GPUs; what else a device needs is looked for when it is opened.
        let tests = match open_device(name) {
            Ok(device) => pointtensor::self_test::self_test(&device),
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

/// Name of this machine's processor, where the system tells it.
fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(": ").nth(1));
    let threads = rayon::current_num_threads();
    format!("{}, {threads} threads", name.unwrap_or(std::env::consts::ARCH))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_processor_is_always_there_and_sound() {
        let mut heard = 0;
        let reports = super::test_devices(&mut |_, _| heard += 1);
        assert_eq!(heard, reports.len());
        assert!(reports[0].name == crate::DeviceName::Cpu && reports[0].sound(), "{:?}", reports[0]);
        assert!(super::installation()[0].found.contains("cpu"));
    }
}
