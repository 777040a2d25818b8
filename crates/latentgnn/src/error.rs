//! Errors of configurations.

/// Why no block can be built from a configuration.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The features have no channels.
    #[error("a block needs features of at least one channel")]
    NoChannels,
    /// The stride does not divide the number of channels.
    #[error(
        "{channels} channels cannot be reduced by a factor of {stride}; choose a `channel_stride` that divides them"
    )]
    ChannelStride {
        /// Number of channels of the features.
        channels: usize,
        /// The stride.
        stride: usize,
    },
    /// A LatentGNN block has no kernels.
    #[error("a LatentGNN block needs at least one kernel; list the number of latent nodes of each in `latent_dims`")]
    NoKernels,
    /// A kernel has no latent nodes.
    #[error("kernel {kernel} has no latent nodes; every number in `latent_dims` must be at least 1")]
    NoLatentNodes {
        /// Index of the kernel in `latent_dims`.
        kernel: usize,
    },
    /// A non-local block has no inner channels.
    #[error("a non-local block needs at least one inner channel; set `inner` to a positive number, or leave it out")]
    NoInnerChannels,
    /// A non-local block has no keys.
    #[error("a non-local block needs keys, so `sub_sample` cannot be 0; set it to 1 to use every point")]
    NoKeys,
    /// The epsilon of the batch normalisations is not a positive number.
    #[error("`epsilon` is {epsilon}; it must be a positive number")]
    Epsilon {
        /// The epsilon.
        epsilon: f64,
    },
}

/// Checks the epsilon of a block's batch normalisations.
pub(crate) fn check_epsilon(epsilon: f64) -> Result<(), ConfigError> {
    if epsilon > 0.0 && epsilon.is_finite() { Ok(()) } else { Err(ConfigError::Epsilon { epsilon }) }
}
