//! What a configuration can say that no block can be built from.

/// A configuration that no block can be built from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// There are no channels.
    #[error("a block needs at least one channel; set `channels` to that of the features it is applied to")]
    NoChannels,
    /// The channels cannot be divided by the stride.
    #[error(
        "{channels} channels cannot be reduced by a factor of {stride}; choose a `channel_stride` that divides them"
    )]
    ChannelStride {
        /// Channels of the block's input.
        channels: usize,
        /// The factor.
        stride: usize,
    },
    /// There are no kernels.
    #[error("a LatentGNN block needs at least one kernel; list the number of latent nodes of each in `latent_dims`")]
    NoKernels,
    /// A kernel has no latent nodes.
    #[error("kernel {kernel} has no latent nodes; every number in `latent_dims` must be at least 1")]
    NoLatentNodes {
        /// Position of the kernel in `latent_dims`.
        kernel: usize,
    },
    /// A non-local block has no inner channels.
    #[error("a non-local block needs at least one inner channel; set `inner` to a positive number, or leave it out")]
    NoInnerChannels,
    /// Every zeroth point cannot be a key.
    #[error("a non-local block cannot keep every 0th point as a key; set `sub_sample` to 1 for all points")]
    NoKeys,
    /// ε or the momentum is no usable number.
    #[error("{name} is {value}, which is not in {range}")]
    OutOfRange {
        /// Name of the field.
        name: &'static str,
        /// What it says.
        value: String,
        /// What it may be.
        range: &'static str,
    },
}

/// Checks what both blocks hand to their batch normalisations.
pub(crate) fn check_norm(momentum: f64, epsilon: f64) -> Result<(), ConfigError> {
    let wrong = |name, value: f64, range| Err(ConfigError::OutOfRange { name, value: value.to_string(), range });
    match (momentum, epsilon) {
        (momentum, _) if !(0.0..=1.0).contains(&momentum) => wrong("momentum", momentum, "0 to 1"),
        (_, epsilon) if !(epsilon > 0.0 && epsilon.is_finite()) => wrong("epsilon", epsilon, "the positive numbers"),
        _ => Ok(()),
    }
}
