//! Replaces `cubecl-llvm`, whose build downloads 100 MB of LLVM from one server.
//!
//! `cubecl-cuda` compiles kernels with LLVM or with NVIDIA's run-time compiler (its feature `cpp`, which this workspace
//! enables). It always links the first, so this crate has its names without an implementation: a build with `cpp` never
//! calls them.

use cubecl_core::prelude::KernelDefinition;
use cubecl_server::compiler::CompilationError;
use cubecl_server::kernel::BufferIOAttr;

/// PTX, NVIDIA's intermediate language.
pub mod nvptx {
    /// Its versions.
    pub mod ptx_version {
        /// A version of PTX; this crate supports none.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum PtxVersion {}

        impl PtxVersion {
            /// The newest version that the driver supports: unknown.
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

/// What targets share.
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

        /// Removes what LLVM cannot translate: nothing, since NVRTC translates everything.
        pub fn restrict_features(_properties: &mut DeviceProperties, _target: GpuTarget) {}
    }
}

/// A target of the compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LlvmTarget {
    /// NVIDIA GPUs.
    Nvptx,
}

/// The missing compiler.
#[derive(Clone, Debug)]
pub struct PlironCompiler {
    /// Its target.
    pub target: LlvmTarget,
}

/// Its options.
#[derive(Clone, Debug, Default)]
pub struct PlironOptions {
    /// Architecture of other targets.
    pub arch: Option<()>,
    /// Architecture of an NVIDIA GPU.
    pub sm_arch: Option<cubecl_core::ir::nvidia::SmArch>,
    /// Version of the language.
    pub ptx_version: Option<nvptx::ptx_version::PtxVersion>,
    /// Whether parameters are in constant memory.
    pub grid_constants: bool,
    /// Keeps the struct open, as the other fields of the original do.
    pub unused: (),
}

/// A translated kernel.
#[derive(Clone, Debug)]
pub struct NvptxModule {
    /// Its code.
    pub ptx: Vec<core::ffi::c_char>,
    /// Name of its function.
    pub entrypoint: String,
    /// Its source.
    pub ir: String,
    /// Shared memory it needs.
    pub shared_memory_size: usize,
    /// Which buffers it reads and writes.
    pub io: Vec<BufferIOAttr>,
}

/// The result of a translation.
pub enum PlironArtifact {
    /// A kernel for NVIDIA GPUs.
    NvptxCode(NvptxModule),
    /// Anything else.
    None,
}

impl PlironCompiler {
    /// Always fails.
    pub fn compile(&mut self, _: KernelDefinition, _: &PlironOptions) -> Result<PlironArtifact, CompilationError> {
        panic!("this build has no LLVM; build cubecl-cuda with its feature `cpp`, so that NVRTC compiles CUDA kernels")
    }

    /// Name of the language.
    pub fn lang_tag(&self) -> &'static str {
        "none"
    }

    /// Extension of its files.
    pub fn extension(&self) -> &'static str {
        "none"
    }
}
