//! The configuration of the LatentGNN block.

use crate::error::{ConfigError, check_epsilon};
use crate::kernel::LatentKernel;
use crate::latent_gnn::LatentGnn;
use crate::projection::LayerInit;
use burn::module::Initializer;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

/// Where a LatentGNN block has the ReLU h of the paper's third step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// At the end of each kernel's graph convolution, as in the authors' code; without graph convolutions, nowhere.
    #[default]
    GraphConv,
    /// Over the sum of all kernels, as in the paper's equations, `X̃ = h(Σ Ψ F Ψᵀ X W)`. Projecting the concatenated
    /// results of the kernels back adds them up, each with weights of its own, so h follows this projection and its
    /// normalisation, before λ. Graph convolutions have no ReLU then.
    Sum,
}

/// Configuration of [`LatentGnn`]. The number of channels is not part of it, so that one configuration serves several
/// layers. The defaults are those of the authors' module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LatentGnnConfig {
    /// Number of latent nodes of each kernel; one kernel of 100 by default.
    pub latent_dims: Vec<usize>,
    /// Whether the ways from points to latent nodes and back share a channel reduction and a Ψ, which is normalised
    /// over the latent nodes. By default each way has its own: Ψ is normalised over the points on the way to the latent
    /// nodes, and over the latent nodes on the way back.
    pub symmetric: bool,
    /// Kernels work on `channels / channel_stride` channels; 4 by default.
    pub channel_stride: usize,
    /// Whether each kernel ends in a graph convolution: 1×1 projection, batch normalisation and, depending on
    /// `activation`, ReLU. Off by default; the authors' networks have it.
    pub graph_conv: bool,
    /// Where the ReLU is; in the graph convolutions by default.
    pub activation: Activation,
    /// Whether the result is λ times what the block computes, added to its input; so by default. Otherwise the result
    /// is what the block computes, without λ and without the input, like that of the authors' module with
    /// `without_residual`. Such a block does not start as the identity.
    pub residual: bool,
    /// Distribution of the weights of all projections, not part of files. By default as in the authors' code: normal
    /// with mean 0 and standard deviation 0.01 in graph convolutions, and elsewhere uniform up to ±1 / √(input channels),
    /// which is PyTorch's default (Kaiming). This matters little: a batch normalisation follows every projection and
    /// removes the scale of the weights.
    #[serde(skip)]
    pub initializer: Option<Initializer>,
    /// Added to the variance in the batch normalisations, not part of files; 1e-5 by default.
    #[serde(skip)]
    pub epsilon: f64,
}

impl Default for LatentGnnConfig {
    fn default() -> Self {
        LatentGnnConfig {
            latent_dims: vec![100],
            symmetric: false,
            channel_stride: 4,
            graph_conv: false,
            activation: Activation::default(),
            residual: true,
            initializer: None,
            epsilon: 1e-5,
        }
    }
}

impl LatentGnnConfig {
    /// Sets [`Self::latent_dims`].
    pub fn with_latent_dims(self, latent_dims: Vec<usize>) -> Self {
        Self { latent_dims, ..self }
    }

    /// Sets [`Self::symmetric`].
    pub fn with_symmetric(self, symmetric: bool) -> Self {
        Self { symmetric, ..self }
    }

    /// Sets [`Self::channel_stride`].
    pub fn with_channel_stride(self, channel_stride: usize) -> Self {
        Self { channel_stride, ..self }
    }

    /// Sets [`Self::graph_conv`].
    pub fn with_graph_conv(self, graph_conv: bool) -> Self {
        Self { graph_conv, ..self }
    }

    /// Sets [`Self::activation`].
    pub fn with_activation(self, activation: Activation) -> Self {
        Self { activation, ..self }
    }

    /// Sets [`Self::residual`].
    pub fn with_residual(self, residual: bool) -> Self {
        Self { residual, ..self }
    }

    /// Sets [`Self::initializer`], for all projections.
    pub fn with_initializer(self, initializer: Initializer) -> Self {
        Self { initializer: Some(initializer), ..self }
    }

    /// Sets [`Self::epsilon`].
    pub fn with_epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// Checks that a block for features of `channels` can be built.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn validate(&self, channels: usize) -> Result<(), ConfigError> {
        let stride = self.channel_stride;
        if channels == 0 {
            return Err(ConfigError::NoChannels);
        }
        if stride == 0 || !channels.is_multiple_of(stride) {
            return Err(ConfigError::ChannelStride { channels, stride });
        }
        if self.latent_dims.is_empty() {
            return Err(ConfigError::NoKernels);
        }
        if let Some(kernel) = self.latent_dims.iter().position(|&nodes| nodes == 0) {
            return Err(ConfigError::NoLatentNodes { kernel });
        }
        check_epsilon(self.epsilon)
    }

    /// Builds a block for features of `channels`, with weights from the device's random generator. λ is 0, so that a
    /// block with a residual connection starts as the identity. The momentum of its batch normalisations is 0.1, see
    /// [`LatentGnn::set_momentum`].
    ///
    /// # Panics
    /// With the message of [`Self::validate`] if that returns an error.
    pub fn init(&self, channels: usize, device: &Device) -> LatentGnn {
        self.validate(channels).unwrap_or_else(|error| panic!("{error}"));
        let initializer = |default| self.initializer.clone().unwrap_or(default);
        // PyTorch's default for convolutions
        let kaiming = initializer(Initializer::KaimingUniform { gain: 3f64.sqrt().recip(), fan_out_only: false });
        let narrow = initializer(Initializer::Normal { mean: 0.0, std: 0.01 });
        let init = LayerInit { initializer: &kaiming, epsilon: self.epsilon, device };
        let graph_conv = self.graph_conv.then_some(LayerInit { initializer: &narrow, ..init });
        let reduced = channels / self.channel_stride;
        let kernel = |&nodes: &usize| LatentKernel::new(reduced, nodes, self.symmetric, &init, graph_conv.as_ref());
        LatentGnn {
            reduce_to_latent: init.projection(channels, reduced),
            reduce_to_visible: (!self.symmetric).then(|| init.projection(channels, reduced)),
            kernels: self.latent_dims.iter().map(kernel).collect(),
            restore: init.projection(reduced * self.latent_dims.len(), channels),
            lambda: self.residual.then(|| Initializer::Zeros.init([1], device)),
            activation: self.activation,
        }
    }
}
