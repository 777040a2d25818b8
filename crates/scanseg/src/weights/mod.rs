//! Weights to and from other programs.
//!
//! | file | layout | out | in |
//! |---|---|---|---|
//! | `.safetensors` | [`WeightsLayout::Scanseg`] | yes | yes, checkpoints too |
//! | `.safetensors` | [`WeightsLayout::Pytorch`] | yes | yes |
//! | `.pth`, `.pt` | [`WeightsLayout::Pytorch`] | as a zip | zip or legacy pickle; at the top level, or under `model_state_dict`, `state_dict` or `model`; with or without the `module.` of data-parallel training |
//!
//! When reading, the contents of a file determine its format; when writing, its extension does.

mod file;
mod key_map;
mod pth;
mod source;

pub(crate) use file::{FileError, checked_safetensors, safetensors_metadata};

use crate::checkpoint::{Checkpoint, CheckpointError, Progress, Snapshot};
use crate::config::Config;
use crate::network::Network;
use crate::parameters::Entry;
use crate::run::{Run, RunError, WeightsOrigin, as_text};
use burn::tensor::Device;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Names and shapes of parameters in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightsLayout {
    /// This program's.
    Scanseg,
    /// The names that most public PyTorch implementations of PointNet++ use, after
    /// <https://github.com/yanx27/Pointnet_Pointnet2_pytorch>, for the single-scale network without blocks; others have
    /// none. Set abstraction i (from 1, the finest) is `sa<i>`; feature propagation to the points below it is `fp<i>`,
    /// which this program stores from the coarsest level, so `propagations.0` of a network of four levels is `fp4`.
    ///
    /// | this program | PyTorch | shape there |
    /// |---|---|---|
    /// | `abstractions.<i-1>.scales.0.mlp.weights.<j>` `[in, out]` | `sa<i>.mlp_convs.<j>.weight` | `[out, in, 1, 1]` |
    /// | (none) | `sa<i>.mlp_convs.<j>.bias` | `[out]` |
    /// | `abstractions.<i-1>.scales.0.mlp.norms.<j>.gamma` | `sa<i>.mlp_bns.<j>.weight` | `[out]` |
    /// | `….beta` | `….bias` | `[out]` |
    /// | `….running_mean`, `….running_var` | `….running_mean`, `….running_var` | `[out]` |
    /// | (none) | `….num_batches_tracked` | `[]`, integer |
    /// | `propagations.<levels-i>.mlp.…` | `fp<i>.mlp_convs.<j>.…`, `fp<i>.mlp_bns.<j>.…` | weights `[out, in, 1]`, the rest as above |
    /// | `head.weights.0`, `head.norms.0.…` | `conv1.…`, `bn1.…` | weights `[out, in, 1]`, the rest as above |
    /// | `classifier.weight` `[in, classes]` | `conv2.weight` | `[classes, in, 1]` |
    /// | `classifier.bias` | `conv2.bias` | `[classes]` |
    ///
    /// Inputs are in the same order in both: (relative position, features) in set abstraction, (features of the fine
    /// level, interpolated features) in feature propagation. When weights are read, there may be more or fewer trailing
    /// axes of 1.
    ///
    /// A convolution before a batch normalisation has a bias there and none here, where the normalisation would remove
    /// it again. It is folded into the running mean when it is read (`running_mean − bias`; the normalised values are
    /// the same), and written as 0. `num_batches_tracked` is not read; it is written as the number of steps of the
    /// training.
    ///
    /// Weights say nothing about the geometry: radii, neighbours, units, the features and their order must be those
    /// that the network was trained with, and the classes those of the configuration's label set, in its order.
    Pytorch,
}

/// Why weights cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file cannot be read.
    #[error("cannot read the weights ({reason}); check the path: {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What failed.
        reason: std::io::Error,
    },
    /// Neither safetensors nor a PyTorch checkpoint, or damaged.
    #[error(
        "not a weights file ({message}); give a .safetensors file, or a state dict that torch.save wrote: {}",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// No parameter has a name that the network knows in any layout.
    #[error(
        "no parameter of the file belongs to the configured network (the file has {found}, the network {wanted}); \
         give weights of the same architecture: {}",
        path.display()
    )]
    Unknown {
        /// The file.
        path: PathBuf,
        /// A parameter of the file.
        found: String,
        /// A parameter of the network.
        wanted: String,
    },
    /// A network of other programs that cannot be imported.
    #[error(
        "the file has {network} ({name}), which cannot be imported; import a single-scale PointNet++ in this program's \
         names or those of yanx27/Pointnet_Pointnet2_pytorch: {}",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What network it has.
        network: &'static str,
        /// A parameter that tells.
        name: String,
    },
    /// A parameter is missing.
    #[error("{name} is missing; give weights of the configured architecture: {}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// The parameter, as the file should name it.
        name: String,
    },
    /// The network has no such parameter.
    #[error("{name} is left over; the configured network has no such parameter: {}", path.display())]
    LeftOver {
        /// The file.
        path: PathBuf,
        /// The parameter, as the file names it.
        name: String,
    },
    /// A parameter has another shape.
    #[error("{name} is {found:?} but should be {expected:?}; {remedy}: {}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The parameter, as the file names it.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that the configured network has in the file's layout.
        expected: Vec<usize>,
        /// What to do, or why nothing can be done.
        remedy: Cow<'static, str>,
    },
    /// The head has another number of classes.
    #[error(
        "{name} has {found} classes but should have {wanted}; set data.labels to the label set that the weights were \
         trained on: {}",
        path.display()
    )]
    Classes {
        /// The file.
        path: PathBuf,
        /// The parameter, as the file names it.
        name: String,
        /// Classes of the file.
        found: usize,
        /// Outputs of the label set.
        wanted: usize,
    },
    /// A parameter with integers, or with numbers that no network can use.
    #[error("{name} {what}; export the weights again: {}", path.display())]
    Values {
        /// The file.
        path: PathBuf,
        /// The parameter, as the file names it.
        name: String,
        /// What is wrong with it.
        what: String,
    },
    /// The network has no PyTorch layout.
    #[error(
        "only the single-scale PointNet++ without blocks has a PyTorch layout, and {name} is not part of it; export a \
         .safetensors file in the scanseg layout"
    )]
    NoPytorchLayout {
        /// The first parameter without a counterpart.
        name: String,
    },
    /// A file name with an unknown extension, or the wrong one.
    #[error("{message}: {}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        message: &'static str,
    },
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] scannet::Error),
    /// The run cannot be made.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The checkpoint cannot be made.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// A tensor as it goes into a file.
pub(crate) struct Named {
    name: String,
    shape: Vec<usize>,
    values: Values,
}

pub(crate) enum Values {
    Floats(Vec<f32>),
    Count(i64),
}

impl Named {
    fn bytes(&self) -> &[u8] {
        match &self.values {
            Values::Floats(values) => bytemuck::cast_slice(values),
            Values::Count(count) => bytemuck::bytes_of(count),
        }
    }

    fn view(&self) -> (&str, TensorView<'_>) {
        let dtype = if matches!(self.values, Values::Floats(_)) { Dtype::F32 } else { Dtype::I64 };
        (&self.name, TensorView::new(dtype, self.shape.clone(), self.bytes()).expect("the shape fits the values"))
    }
}

/// Writes the weights of a checkpoint: `.safetensors`, or `.pth` or `.pt` for `torch.load`. Returns the number of
/// tensors.
///
/// The default layout is this program's in `.safetensors` and PyTorch's in `.pth`. The bytes depend only on the
/// checkpoint.
///
/// # Errors
/// If the network has no such layout, the file's extension is unknown, or the file cannot be written.
pub fn export_weights(
    checkpoint: &Checkpoint,
    layout: Option<WeightsLayout>,
    out: &Path,
) -> Result<usize, WeightsError> {
    let format = |message| WeightsError::Format { path: out.to_owned(), message };
    let pickle = match out.extension().and_then(|e| e.to_str()) {
        Some("safetensors") => false,
        Some("pth" | "pt") => true,
        _ => return Err(format("unknown weights format; end the file name with .safetensors or .pth")),
    };
    let tensors = match (layout, pickle) {
        (Some(WeightsLayout::Scanseg), true) => {
            return Err(format("only the PyTorch layout can be written as .pth; end the file name with .safetensors"));
        }
        (None | Some(WeightsLayout::Scanseg), false) => own(checkpoint.model()),
        _ => key_map::to_pytorch(checkpoint.model(), checkpoint.progress.step)
            .map_err(|name| WeightsError::NoPytorchLayout { name })?,
    };
    if pickle {
        scannet::atomic::write_bytes(out, &pth::write(&tensors))?;
    } else {
        scannet::atomic::write_bytes(out, &safetensors_bytes(&tensors))?;
    }
    Ok(tensors.len())
}

fn own(model: &BTreeMap<String, Entry>) -> Vec<Named> {
    let named = |(name, entry): (&String, &Entry)| Named {
        name: name.clone(),
        shape: entry.shape.clone(),
        values: Values::Floats(entry.values.clone()),
    };
    model.iter().map(named).collect()
}

fn safetensors_bytes(tensors: &[Named]) -> Vec<u8> {
    let views = tensors.iter().map(Named::view);
    // several readers of safetensors files expect to be told that the tensors are for PyTorch
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(views, Some(metadata)).expect("a small header of valid tensors")
}

/// Loads the weights of a file of any format and layout into a network of the same architecture.
///
/// # Errors
/// If the file cannot be read or is damaged, or a parameter is missing, left over, has another shape, or is not finite;
/// the error names the first one.
pub fn load_weights(file: &Path, network: Network) -> Result<Network, WeightsError> {
    let entries = matching(file, &network.weights())?;
    network.with_weights(&entries).map_err(|message| WeightsError::Damaged { path: file.to_owned(), message })
}

/// Reads the entries of a network from a file; `wanted` has their names and shapes.
fn matching(file: &Path, wanted: &BTreeMap<String, Entry>) -> Result<BTreeMap<String, Entry>, WeightsError> {
    let tensors = source::read(file)?;
    key_map::from_file(file, tensors, wanted)
}

/// Makes a run from a file of weights and a configuration, for evaluation and prediction; [`load_weights`] says which
/// files. Its folder has a configuration, a manifest and a checkpoint; there is no training to continue.
///
/// # Errors
/// See [`load_weights`]; also if the folder has a run already, or a file cannot be written. Weights that do not fit
/// leave no folder behind.
pub fn import_weights(file: &Path, config: &Config, out: &Path) -> Result<Run, WeightsError> {
    Run::check_free(out, config, None)?;
    let wanted = Network::new(config, &Device::flex()).weights();
    let entries = matching(file, &wanted)?;
    let bytes = scannet::source::read(file, u64::MAX);
    let bytes = bytes.map_err(|reason| WeightsError::Read { path: file.to_owned(), reason })?;
    let sha256 = scannet::sha256_hex(&bytes);
    let _lock = Run::claim(out, config, None, "weights import")?;
    let run = Run::create_imported(out, config, WeightsOrigin { file: as_text(file), sha256 })?;
    // last, so that an interrupted import has none and can be repeated
    Snapshot::of_weights(entries).save(&run.path("last.safetensors"), &Progress::default())?;
    Ok(run)
}
