//! Configurations that no block can be built from.

use burn::tensor::Device;
use latentgnn::{ConfigError, LatentGnnConfig, NonLocalConfig};

#[test]
fn latent_gnn_names_what_is_wrong() {
    let config = || LatentGnnConfig::new(64);
    assert_eq!(config().validate(), Ok(()));
    assert_eq!(LatentGnnConfig::new(0).validate(), Err(ConfigError::NoChannels));
    assert_eq!(config().with_channel_stride(3).validate(), Err(ConfigError::ChannelStride { channels: 64, stride: 3 }));
    assert_eq!(config().with_channel_stride(0).validate(), Err(ConfigError::ChannelStride { channels: 64, stride: 0 }));
    assert_eq!(config().with_latent_dims(vec![]).validate(), Err(ConfigError::NoKernels));
    assert_eq!(config().with_latent_dims(vec![4, 0]).validate(), Err(ConfigError::NoLatentNodes { kernel: 1 }));
    for config in [config().with_momentum(1.5), config().with_epsilon(0.0), config().with_epsilon(f64::NAN)] {
        assert!(matches!(config.validate(), Err(ConfigError::OutOfRange { .. })));
    }
}

#[test]
fn non_local_names_what_is_wrong() {
    assert_eq!(NonLocalConfig::new(1).validate(), Ok(()));
    assert_eq!(NonLocalConfig::new(0).validate(), Err(ConfigError::NoChannels));
    assert_eq!(NonLocalConfig::new(8).with_inner(Some(0)).validate(), Err(ConfigError::NoInnerChannels));
    assert_eq!(NonLocalConfig::new(8).with_sub_sample(0).validate(), Err(ConfigError::NoKeys));
    assert_eq!(NonLocalConfig::new(1).init(&Device::flex()).learned_params(), 3 * 2 + 2 + 2);
}

#[test]
#[should_panic(expected = "64 channels cannot be reduced by a factor of 3")]
fn init_says_why() {
    LatentGnnConfig::new(64).with_channel_stride(3).init(&Device::flex());
}

#[test]
fn initial_weights_are_the_devices_random_numbers() {
    let device = Device::flex();
    let weights = |seed| {
        device.seed(seed);
        crate::support::vec(LatentGnnConfig::new(16).init(&device).reduce_to_latent.weight.val())
    };
    assert_eq!(weights(1), weights(1));
    assert_ne!(weights(1), weights(2));
}
