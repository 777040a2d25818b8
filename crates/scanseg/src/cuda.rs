//! Which parts of CUDA are installed. Each is loaded on first use: a program built with CUDA starts without any of
//! them.

use std::path::Path;

/// What to do if there is no driver.
pub const DRIVER_REMEDY: &str = "install NVIDIA's driver (nvidia-smi must list the GPU)";

/// What to do if there is no run-time compiler.
pub const COMPILER_REMEDY: &str = "install libnvrtc, a part of the CUDA toolkit (Debian and Ubuntu: `apt install \
    libnvrtc12`; or `pip install nvidia-cuda-nvrtc-cu12`, with its `nvidia/cuda_nvrtc/lib` in LD_LIBRARY_PATH)";

/// Whether the driver's library can be loaded.
pub fn has_driver() -> bool {
    // SAFETY: tries to load the library, whose initialisation has no preconditions.
    unsafe { cudarc::driver::sys::is_culib_present() }
}

/// Whether the run-time compiler's library can be loaded.
pub fn has_compiler() -> bool {
    // SAFETY: as above.
    unsafe { cudarc::nvrtc::sys::is_culib_present() }
}

/// The newest CUDA version that the driver supports, for example "12.8".
pub fn driver_version() -> Option<String> {
    let mut version = 0;
    // SAFETY: the library is there, and the call writes one number.
    let result = has_driver().then(|| unsafe { cudarc::driver::sys::cuDriverGetVersion(&mut version) })?;
    result.result().ok()?;
    Some(format!("{}.{}", version / 1000, version % 1000 / 10))
}

/// The run-time compiler's version.
pub fn compiler_version() -> Option<String> {
    let (mut major, mut minor) = (0, 0);
    // SAFETY: the library is there, and the call writes two numbers.
    let result = has_compiler().then(|| unsafe { cudarc::nvrtc::sys::nvrtcVersion(&mut major, &mut minor) })?;
    (result == cudarc::nvrtc::sys::nvrtcResult::NVRTC_SUCCESS).then(|| format!("{major}.{minor}"))
}

/// What to do if the toolkit's folder is not found.
pub const TOOLKIT_REMEDY: &str = "set CUDA_PATH to the CUDA toolkit's folder, the one with `include` in it";

/// Folder of the toolkit, where the compiler looks for headers: `CUDA_PATH`, or one of the usual places.
pub fn toolkit() -> Option<String> {
    let usual = ["/usr/local/cuda", "/opt/cuda"].map(String::from).into_iter();
    let nvcc = Path::new("/usr/bin/nvcc").exists().then(|| "/usr".to_owned());
    // CUDA_PATH is not checked: the kernels include nothing
    std::env::var("CUDA_PATH").ok().or(usual.filter(|path| Path::new(path).exists()).chain(nvcc).next())
}
