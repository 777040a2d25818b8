//! Stands in for `cubecl-llvm`, whose build downloads 100 MB of LLVM from one server.
//!
//! `cubecl-cuda` can translate kernels by LLVM or by NVIDIA's run-time compiler (its feature `cpp`, which this workspace switches on). It
//! always links the first, so this crate has its names and nothing behind them: nothing calls them in a build with `cpp`.

use cubecl_core::prelude::KernelDefinition;
use cubecl_server::compiler::CompilationError;
use cubecl_server::kernel::BufferIOAttr;

/// NVIDIA's intermediate language.
pub mod nvptx {
    /// Its versions.
    pub mod ptx_version {
        /// A version of PTX; there is none here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum PtxVersion {}

        impl PtxVersion {
            /// The newest version that a driver takes: unknown.
            pub fn for_driver(_driver: i32) -> Option<Self> {
                None
            }
        }

        impl core::fmt::Display for PtxVersion {
            fn fmt(&self, _: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match *self {}
            }
        }
    }
}

/// What targets have in common.
pub mod shared {
    /// Features that LLVM cannot translate.
    pub mod lowered_features {
        use cubecl_core::ir::DeviceProperties;

        /// A target.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum GpuTarget {
            /// NVIDIA GPUs.
            Nvptx,
        }

        /// Takes away what LLVM cannot translate; NVRTC translates it all.
        pub fn restrict_features(_properties: &mut DeviceProperties, _target: GpuTarget) {}
    }
}

/// A target of the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LlvmTarget {
    /// NVIDIA GPUs.
    Nvptx,
}

/// The compiler that is not there.
#[derive(Clone, Debug)]
pub struct PlironCompiler {
    /// Its target.
    pub target: LlvmTarget,
}

/// Its options.
#[derive(Clone, Debug, Default)]
pub struct PlironOptions {
    /// Architecture of another target.
    pub arch: Option<()>,
    /// Architecture of an NVIDIA GPU.
    pub sm_arch: Option<cubecl_core::ir::nvidia::SmArch>,
    /// Version of the language.
    pub ptx_version: Option<nvptx::ptx_version::PtxVersion>,
    /// Whether parameters stand in constant memory.
    pub grid_constants: bool,
    /// Keeps the struct open, as the original's other fields do.
    pub unused: (),
}

/// A translated kernel.
#[derive(Clone, Debug)]
pub struct NvptxModule {
    /// Its code.
    pub ptx: Vec<core::ffi::c_char>,
    /// Name of its function.
    pub entrypoint: String,
    /// What it was translated from.
    pub ir: String,
    /// Shared memory it needs.
    pub shared_memory_size: usize,
    /// Which buffers it reads and writes.
    pub io: Vec<BufferIOAttr>,
}

/// What a translation gives.
pub enum PlironArtifact {
    /// A kernel for NVIDIA GPUs.
    NvptxCode(NvptxModule),
    /// Anything else.
    None,
}

impl PlironCompiler {
    /// Always fails.
    pub fn compile(&mut self, _: KernelDefinition, _: &PlironOptions) -> Result<PlironArtifact, CompilationError> {
        panic!("this build has no LLVM; CUDA kernels are compiled by NVRTC: build cubecl-cuda with its feature `cpp`")
    }

    /// Name of the language.
    pub fn lang_tag(&self) -> &'static str {
        "none"
    }

    /// Ending of its files.
    pub fn extension(&self) -> &'static str {
        "none"
    }
}
